//! Documents from the design on the page and its runs: asked for, waited for, read, and taken away. The worker makes
//! the runs and the text; here is what the dialog shows, and how its Markdown is read.

use std::sync::Arc;

use crate::design::diagnostic::Diagnostic;
use crate::document::{Asked, Kind};
use crate::worker::protocol::Command;

use super::model::{Dialog, Model, Status};
use super::sharing;
use super::update::Effect;

/// The element that is printed.
pub const PAPER: &str = "paper";

#[derive(Clone, Debug)]
pub enum Ask {
    Open,
    Make(Kind),
    Stop,
    Goes {
        number: u32,
        made: usize,
        needed: usize,
    },
    Made {
        number: u32,
        text: String,
    },
    Refused {
        number: u32,
        diagnostics: Vec<Diagnostic>,
    },
    Copy,
    Download,
    Print,
}

#[derive(Clone, Debug, Default)]
pub struct Papers {
    asked: u32,
    /// What is under way.
    pub waits: Option<Waits>,
    pub shown: Option<Arc<Shown>>,
    /// Why there is none.
    pub why: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Waits {
    pub kind: Kind,
    pub made: usize,
    pub needed: usize,
    text: String,
    seed: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub kind: Kind,
    pub markdown: String,
    pub blocks: Vec<Block>,
    /// What it is about.
    text: String,
    seed: u64,
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Open => {
            model.dialog = Some(Dialog::Papers);
            Vec::new()
        }
        Ask::Make(kind) => make(model, kind),
        Ask::Stop => {
            model.papers.asked += 1;
            model.papers.waits = None;
            model.said.answer("Stopped.");
            vec![Effect::Send(Command::StopDocument)]
        }
        Ask::Goes {
            number,
            made,
            needed,
        } => {
            if number == model.papers.asked
                && let Some(waits) = &mut model.papers.waits
            {
                (waits.made, waits.needed) = (made, needed);
            }
            Vec::new()
        }
        Ask::Made { number, text } => came(model, number, text),
        Ask::Refused {
            number,
            diagnostics,
        } => {
            if number == model.papers.asked {
                model.papers.waits = None;
                let why = diagnostics.first().map_or("", |it| &it.message);
                cannot(model, format!("It cannot run: {why}."));
            }
            Vec::new()
        }
        Ask::Copy => of_shown(model, |shown| Effect::Copy(shown.markdown.clone())),
        Ask::Download => {
            let stem = model.doc.name().trim_end_matches(".toml").to_owned();
            of_shown(model, |shown| Effect::Download {
                name: format!("{stem}-{}.md", shown.kind.code()),
                text: shown.markdown.clone(),
            })
        }
        Ask::Print => of_shown(model, |_| Effect::Print(PAPER)),
    }
}

fn of_shown(model: &Model, effect: impl Fn(&Shown) -> Effect) -> Vec<Effect> {
    model
        .papers
        .shown
        .as_deref()
        .map(effect)
        .into_iter()
        .collect()
}

fn cannot(model: &mut Model, why: String) {
    model.said.answer(why.clone());
    model.papers.why = Some(why);
}

fn make(model: &mut Model, kind: Kind) -> Vec<Effect> {
    model.papers.why = None;
    if !model.has_predicted() {
        let why = "A document says how it ends. Predict first, or skip the prediction.";
        cannot(model, why.to_owned());
        return Vec::new();
    }
    if let Some(why) = model.why_not_run() {
        cannot(model, format!("It cannot run yet. {why}"));
        return Vec::new();
    }
    if matches!(model.run.status, Status::Crashed(_)) {
        let why = "The simulator has crashed. Start it again, then ask again.";
        cannot(model, why.to_owned());
        return Vec::new();
    }
    let papers = &mut model.papers;
    papers.asked += 1;
    papers.shown = None;
    papers.waits = Some(Waits {
        kind,
        made: 0,
        needed: 1,
        text: model.doc.text.clone(),
        seed: model.seed,
    });
    let number = papers.asked;
    model.said.answer("Runs are made for it.");
    let asked = Asked {
        kind,
        text: model.doc.text.clone(),
        seed: model.seed,
        file: model.doc.name().to_owned(),
        given: Vec::new(),
        link: sharing::fragment(model).unwrap_or_default(),
    };
    vec![Effect::Send(Command::Document { number, asked })]
}

fn came(model: &mut Model, number: u32, markdown: String) -> Vec<Effect> {
    if number != model.papers.asked {
        return Vec::new();
    }
    let Some(Waits {
        kind, text, seed, ..
    }) = model.papers.waits.take()
    else {
        return Vec::new();
    };
    let blocks = blocks(&markdown);
    model.said.answer(format!("{} is there.", kind.word()));
    model.papers.shown = Some(Arc::new(Shown {
        kind,
        markdown,
        blocks,
        text,
        seed,
    }));
    vec![Effect::Focus(PAPER)]
}

/// A new worker knows nothing of what the one before it was asked.
pub fn lost(model: &mut Model) {
    if model.papers.waits.take().is_some() {
        cannot(
            model,
            "The simulator was started again. Ask again.".to_owned(),
        );
    }
}

/// The drawing or the seed has changed since.
pub fn is_old(model: &Model) -> bool {
    let shown = model.papers.shown.as_deref();
    shown.is_some_and(|it| it.text != model.doc.text || it.seed != model.seed)
}

/// A part of a document, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// How deep, from 1.
    Head(u8, Vec<Span>),
    Text(Vec<Span>),
    Quote(Vec<Span>),
    List {
        numbered: bool,
        items: Vec<Vec<Span>>,
    },
    Table {
        head: Vec<Vec<Span>>,
        rows: Vec<Vec<Vec<Span>>>,
    },
    Code(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Plain(String),
    Strong(String),
    Soft(String),
    Code(String),
    /// Which run a number is from.
    Cited(String),
    /// What only people can fill in.
    Blank(String),
}

/// As much of Markdown as documents are written in.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        let fence = line.len() - line.trim_start_matches('`').len();
        let depth = line.len() - line.trim_start_matches('#').len();
        let of_kind = |line: &str, other: &str| kind_of(line) == kind_of(other);
        let mut more = |first: &str| {
            let mut all = vec![first.to_owned()];
            while let Some(next) = lines.next_if(|next| of_kind(first, next)) {
                all.push(next.to_owned());
            }
            all
        };
        match kind_of(line) {
            'e' => {}
            'f' => {
                let mut text = String::new();
                for next in lines.by_ref() {
                    if next.len() >= fence && next.chars().all(|c| c == '`') {
                        break;
                    }
                    text.push_str(next);
                    text.push('\n');
                }
                blocks.push(Block::Code(text));
            }
            'h' => blocks.push(Block::Head(depth as u8, spans(line[depth..].trim()))),
            't' => {
                let mut rows = more(line).into_iter().map(|line| cells(&line));
                let head = rows.next().unwrap_or_default();
                // The rule below the head says nothing here.
                let rows = rows.skip(1).collect();
                blocks.push(Block::Table { head, rows });
            }
            kind @ ('l' | 'n') => {
                let items = more(line).into_iter().map(|line| {
                    let item = line.split_once(' ').map_or("", |(_, item)| item);
                    spans(item)
                });
                blocks.push(Block::List {
                    numbered: kind == 'n',
                    items: items.collect(),
                });
            }
            'q' => blocks.push(Block::Quote(spans(line.trim_start_matches("> ")))),
            _ => blocks.push(Block::Text(spans(line))),
        }
    }
    blocks
}

/// Empty, fence, heading, table, list, numbered, quote, text.
fn kind_of(line: &str) -> char {
    let is_numbered = line.split_once(". ").is_some_and(|(number, _)| {
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    });
    match line {
        "" => 'e',
        line if line.starts_with("```") => 'f',
        line if line.starts_with('#') => 'h',
        line if line.starts_with("| ") => 't',
        line if line.starts_with("- ") => 'l',
        line if line.starts_with("> ") => 'q',
        _ if is_numbered => 'n',
        _ => 'p',
    }
}

/// The cells of a row; a bar with a backslash before it is none.
fn cells(line: &str) -> Vec<Vec<Span>> {
    let inner = line.trim().trim_start_matches('|');
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut before = ' ';
    for c in inner.chars() {
        if c == '|' && before != '\\' {
            cells.push(spans(cell.trim()));
            cell.clear();
        } else {
            cell.push(c);
        }
        before = c;
    }
    cells
}

/// What stands in a line.
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let found = marked(rest);
        if let Some((span, length)) = found {
            if !plain.is_empty() {
                spans.push(Span::Plain(std::mem::take(&mut plain)));
            }
            spans.push(span);
            rest = &rest[length..];
            continue;
        }
        let mut taken = c.len_utf8();
        let next = rest[taken..]
            .chars()
            .next()
            .filter(char::is_ascii_punctuation);
        match (c, next) {
            ('\\', Some(next)) => {
                plain.push(next);
                taken += next.len_utf8();
            }
            _ => plain.push(c),
        }
        rest = &rest[taken..];
    }
    if !plain.is_empty() {
        spans.push(Span::Plain(plain));
    }
    spans
}

/// What begins here with a mark, and how long it is with its marks.
fn marked(text: &str) -> Option<(Span, usize)> {
    let between = |open: &str, close: &str| {
        let inner = text.strip_prefix(open)?;
        let end = inner.find(close).filter(|end| *end > 0)?;
        Some((&inner[..end], open.len() + end + close.len()))
    };
    let plain = |inner: &str| inner.replace("\\|", "|");
    if let Some((inner, length)) = between("`", "`") {
        return Some((Span::Code(plain(inner)), length));
    }
    if let Some((inner, length)) = between("**", "**") {
        // Names within keep their marks, which say nothing here.
        return Some((Span::Strong(inner.replace(['`', '\\'], "")), length));
    }
    if let Some((inner, length)) = between("*", "*") {
        return Some((Span::Soft(inner.to_owned()), length));
    }
    if let Some((inner, length)) = between("[", "](#runs)") {
        let is_run = inner.len() > 1
            && inner.starts_with('R')
            && inner[1..].bytes().all(|b| b.is_ascii_digit());
        return is_run.then(|| (Span::Cited(inner.to_owned()), length));
    }
    let (inner, length) = between("‹", "›")?;
    Some((Span::Blank(inner.to_owned()), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_as_they_are_written() {
        let text = "# A: b\n\nOne `c|d` and **all** ‹fill in: who›.\n\n| a | b |\n| --- | --- |\n| x\\|y | [R3](#runs) |\n\n\
                    - one\n- two\n\n1. first\n\n> said\n\n````toml\n```\nx = 1\n````\n";
        let plain = |text: &str| Span::Plain(text.to_owned());
        assert_eq!(
            blocks(text),
            [
                Block::Head(1, vec![plain("A: b")]),
                Block::Text(vec![
                    plain("One "),
                    Span::Code("c|d".into()),
                    plain(" and "),
                    Span::Strong("all".into()),
                    plain(" "),
                    Span::Blank("fill in: who".into()),
                    plain("."),
                ]),
                Block::Table {
                    head: vec![vec![plain("a")], vec![plain("b")]],
                    rows: vec![vec![vec![plain("x|y")], vec![Span::Cited("R3".into())]]],
                },
                Block::List {
                    numbered: false,
                    items: vec![vec![plain("one")], vec![plain("two")]],
                },
                Block::List {
                    numbered: true,
                    items: vec![vec![plain("first")]],
                },
                Block::Quote(vec![plain("said")]),
                Block::Code("```\nx = 1\n".into()),
            ]
        );
    }

    #[test]
    fn what_people_type_has_no_marks() {
        let spans = spans("\\*no\\* \\[x\\](#runs) \\`y\\`");
        assert_eq!(spans, [Span::Plain("*no* [x](#runs) `y`".into())]);
    }
}
