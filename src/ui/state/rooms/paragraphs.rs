//! Notes for whoever teaches, as the page shows them. Whoever collects what is to be translated reads this, too.

/// As they stand in the file. A line that ends within a sentence goes on in the next one.
pub fn paragraphs(text: &str) -> Vec<String> {
    let blocks = text.trim().split("\n\n");
    let lines = blocks.flat_map(|block| {
        let mut lines: Vec<String> = Vec::new();
        for line in block.lines() {
            match lines
                .last_mut()
                .filter(|last| !last.ends_with(['.', '?', '!']))
            {
                Some(last) => {
                    last.push(' ');
                    last.push_str(line);
                }
                None => lines.push(line.to_owned()),
            }
        }
        lines
    });
    lines.collect()
}
