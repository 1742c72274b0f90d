//! Markdown that reads well as plain text, too. What people have typed is escaped: it is text here, whatever
//! it looks like.

/// A blank that only people can fill in.
pub fn blank(what: &str) -> String {
    format!("‹fill in: {what}›")
}

/// Text of a file, in one line, with no meaning in Markdown.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            if matches!(
                c,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~'
            ) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// A sentence of Brownout's own, which names parts in backquotes.
pub fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // Without a partner it opens nothing.
    if parts.len().is_multiple_of(2) {
        return plain(text);
    }
    let mut out = String::new();
    for (number, part) in parts.iter().enumerate() {
        match number % 2 {
            1 => out.push_str(&code(part)),
            _ => {
                let space = |is: bool| if is { " " } else { "" };
                let said = plain(part);
                let ends = !said.is_empty() && part.ends_with(char::is_whitespace);
                out.push_str(space(part.starts_with(char::is_whitespace)));
                out.push_str(&said);
                out.push_str(space(ends));
            }
        }
    }
    out
}

/// A name or a value, as code.
pub fn code(text: &str) -> String {
    let text = text.replace('`', "'").replace('\n', " ");
    format!("`{}`", text.trim())
}

/// A block of a file. The fence is longer than any in it.
pub fn fenced(language: &str, text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// A table. Cells are Markdown already; a bar in one is escaped.
pub struct Table {
    columns: usize,
    text: String,
}

impl Table {
    pub fn new(head: &[&str]) -> Table {
        let rule = vec!["---"; head.len()].join(" | ");
        Table {
            columns: head.len(),
            text: format!("| {} |\n| {rule} |\n", head.join(" | ")),
        }
    }

    pub fn row(&mut self, cells: &[String]) {
        debug_assert_eq!(cells.len(), self.columns, "a cell for each column");
        let cells: Vec<String> = cells.iter().map(|cell| cell_of(cell)).collect();
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    pub fn text(&self) -> String {
        self.text.clone()
    }
}

/// In one line, with no bar that is not escaped yet.
fn cell_of(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    let mut before = ' ';
    for c in cell.chars() {
        match c {
            '\n' => out.push(' '),
            '|' if before != '\\' => out.push_str("\\|"),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Lines of a list.
pub fn list(items: impl IntoIterator<Item = String>) -> String {
    let lines = items.into_iter().map(|item| format!("- {item}\n"));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_stays_text() {
        assert_eq!(
            plain("a|b\n<script> *x* `y`"),
            "a\\|b \\<script\\> \\*x\\* \\`y\\`"
        );
        let mut table = Table::new(&["a", "b"]);
        table.row(&[plain("x|y"), code("x|y`")]);
        let last = table.text().lines().last().unwrap().to_owned();
        assert_eq!(last, "| x\\|y | `x\\|y'` |");
        assert!(fenced("", "```").starts_with("````"));
        assert_eq!(
            prose("look at `a_b`: *x* or `c`"),
            "look at `a_b`: \\*x\\* or `c`"
        );
        assert_eq!(prose("one ` only"), "one \\` only");
    }
}
