//! The lesson: text and choices. What they point at is checked in [`super::check_lesson`].

use super::findings::Findings;
use super::limits::MAX_LIST;
use super::row::Row;
use super::{Asks, Bet, Echo, Judgement, Lesson, ReviewItem, Step, Variant, code, sections};
use crate::design::value::cut;

pub fn lesson(f: &mut Findings<'_>, root: &Row<'_, '_>) -> Lesson {
    let Some(row) = root.one(f, "lesson") else {
        return Lesson::default();
    };
    row.check_fields(f, "the table `lesson`", sections::LESSON, &[]);
    Lesson {
        hook: row.prose(f, "hook"),
        bets: bets(f, &row),
        unlocked: texts(f, &row, "unlocked"),
        fixes: variants(f, &row, "fix"),
        not_enough: variants(f, &row, "not_enough"),
        backfires: variants(f, &row, "backfire"),
        twists: variants(f, &row, "twist"),
        servers_help: row.flag(f, "servers_help"),
        hints: texts(f, &row, "hints"),
        review: review(f, &row),
        facilitator: row.prose(f, "facilitator"),
        steps: steps(f, &row),
        judgement: judgement(f, &row),
        echo: echo(f, &row),
        caveats: texts(f, &row, "caveats"),
        numbers: sets(f, &row, "numbers"),
    }
}

fn texts(f: &mut Findings<'_>, row: &Row<'_, '_>, name: &str) -> Vec<String> {
    row.texts(f, name)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

/// Named tables, at most [`MAX_LIST`] of them.
fn few<'t, 'a>(f: &mut Findings<'_>, row: &Row<'t, 'a>, name: &str) -> Vec<(String, Row<'t, 'a>)> {
    let mut rows = row.named(f, name);
    if rows.len() > MAX_LIST {
        f.error_at(
            code::LIMIT,
            &format!("{}.{name}", row.path),
            format!("there are {} of these", rows.len()),
        )
        .help(format!("at most {MAX_LIST}"));
        rows.truncate(MAX_LIST);
    }
    rows
}

fn bets(f: &mut Findings<'_>, row: &Row<'_, '_>) -> Vec<Bet> {
    let mut bets = Vec::new();
    for (key, row) in few(f, row, "bet") {
        row.check_fields(f, "a bet", sections::BET, &[]);
        bets.push(Bet {
            key,
            label: row.line(f, "label").unwrap_or_default(),
            right: row.flag(f, "right"),
            because: row.prose(f, "because"),
        });
    }
    bets
}

fn variants(f: &mut Findings<'_>, row: &Row<'_, '_>, name: &str) -> Vec<Variant> {
    let mut all = Vec::new();
    for (key, row) in few(f, row, name) {
        let is_twist = name == "twist";
        match is_twist {
            true => row.check_fields(f, "a twist", sections::TWIST, &[]),
            false => row.check_fields(f, "a variant", sections::VARIANT, &[]),
        }
        let changes = ["set", "add"]
            .iter()
            .any(|field| row.table.contains_key(*field));
        // An answer to the judgement may be to leave things as they are.
        if !changes && name != "answer" {
            f.error_at(code::MISSING, &row.path, "the variant changes nothing")
                .help("give it `set` or `add`");
        }
        let set = sets(f, &row, "set");
        all.push(Variant {
            key,
            label: row.line(f, "label").unwrap_or_default(),
            set,
            add: row.prose(f, "add"),
            unlocked: texts(f, &row, "unlocked"),
            worsens: row.line(f, "worsens"),
            passes: row.flag(f, "passes"),
            fixes: match is_twist {
                true => variants(f, &row, "fix"),
                false => Vec::new(),
            },
            because: row.prose(f, "because"),
        });
    }
    all
}

/// Changes to knobs, each a line "path = value".
fn sets(f: &mut Findings<'_>, row: &Row<'_, '_>, name: &str) -> Vec<(String, String)> {
    let mut set = Vec::new();
    for (i, (text, _)) in row.texts(f, name).into_iter().enumerate() {
        let (path, value) = text.split_once('=').unwrap_or((&text, ""));
        if !text.contains('=') {
            let at = format!("{}.{name}.{i}", row.path);
            f.error_at(
                code::BAD_VALUE,
                &at,
                format!("`{}` is no change", cut(&text)),
            )
            .help("write path and value: `link.browse.attempts = 5`");
        }
        set.push((path.trim().to_owned(), value.trim().to_owned()));
    }
    set
}

fn review(f: &mut Findings<'_>, row: &Row<'_, '_>) -> Vec<ReviewItem> {
    let mut items = Vec::new();
    for row in row.listed(f, "review", MAX_LIST) {
        row.check_fields(f, "a review item", sections::REVIEW, &[]);
        items.push(ReviewItem {
            question: row.prose(f, "question"),
            answer: row.prose(f, "answer"),
            set: sets(f, &row, "set"),
            asks: row.line(f, "asks").map(|asks| match asks.as_str() {
                "goals" => Asks::Goals,
                _ => Asks::Goal(asks),
            }),
        });
    }
    items
}

fn steps(f: &mut Findings<'_>, row: &Row<'_, '_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for row in row.listed(f, "step", MAX_LIST) {
        row.check_fields(f, "a step", sections::STEP, &[]);
        steps.push(Step {
            label: row.line(f, "label").unwrap_or_default(),
            minutes: row.whole(f, "minutes").unwrap_or_default(),
        });
    }
    steps
}

fn judgement(f: &mut Findings<'_>, row: &Row<'_, '_>) -> Option<Judgement> {
    let row = row.one(f, "judgement")?;
    row.check_fields(f, "the judgement", sections::JUDGEMENT, &[]);
    Some(Judgement {
        says: row.prose(f, "says"),
        answers: variants(f, &row, "answer"),
    })
}

fn echo(f: &mut Findings<'_>, row: &Row<'_, '_>) -> Option<Echo> {
    let row = row.one(f, "echo")?;
    row.check_fields(f, "the echo", sections::ECHO, &[]);
    let link = row.line(f, "link").unwrap_or_default();
    if !link.starts_with("https://") && row.table.contains_key("link") {
        f.error_at(
            code::BAD_VALUE,
            &format!("{}.link", row.path),
            format!("`{}` is no address", cut(&link)),
        )
        .help("begin it with `https://`");
    }
    Some(Echo {
        title: row.line(f, "title").unwrap_or_default(),
        link,
        caveat: row.prose(f, "caveat"),
    })
}
