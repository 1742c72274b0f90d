//! Links and result codes on the page: what is handed out, what a link that is opened brings, and whether
//! what it says is so.

use crate::scenario::built_in;
use crate::share::verify::{State, judge};
use crate::share::{Code, Content, Fingerprint, Notice, Receipt, Shared, link, read, receipt};

use super::model::{Bet, Dialog, Model};
use super::update::{Effect, import_text};

/// A link that is longer than this is better sent as a file.
pub const LONG: usize = 8_000;

/// What a link said that was opened here, for the run that follows.
#[derive(Clone, Debug)]
pub struct Claim {
    pub code: Code,
    pub notices: Vec<Notice>,
    /// The text and seed that it is about.
    text: String,
    seed: u64,
}

/// What is shown about a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub proved: bool,
    pub sentences: Vec<String>,
}

/// Text to hand out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handout {
    /// The part of an address behind `#`.
    pub fragment: String,
    /// The result code; there is one if a run of this design came to its end.
    pub receipt: Option<String>,
}

/// Opens the dialog with a link to what is on the page.
pub fn share(model: &mut Model) -> Vec<Effect> {
    model.handout = handout(model);
    model.dialog = Some(Dialog::Share);
    Vec::new()
}

/// The result code says who made the run.
pub fn called(model: &mut Model, who: String) -> Vec<Effect> {
    model.who = who;
    model.handout = handout(model);
    Vec::new()
}

/// The part behind `#` of an address with what is on the page; none if programs would cut it.
pub fn fragment(model: &Model) -> Option<String> {
    Some(handout(model).fragment).filter(|it| it.len() <= LONG)
}

fn handout(model: &Model) -> Handout {
    let whole = || Shared {
        content: Content::Whole(model.doc.text.clone()),
        seed: model.seed,
        bet: None,
        run: None,
    };
    // What cannot run yet has no shorter form.
    let of_text = Shared::of(&model.doc.text, model.seed, built_in::text);
    let mut shared = of_text.unwrap_or_else(|_| whole());
    shared.bet = match &model.bet {
        Bet::Chosen(key) => Some(key.clone()),
        Bet::Open | Bet::Skipped => None,
    };
    let of_this = model.is_over() && !model.has_pending();
    let report = model.run.report.as_ref().filter(|_| of_this);
    shared.run = report.map(|report| Fingerprint::of(report));
    let who = Some(model.who.trim()).filter(|who| !who.is_empty());
    Handout {
        fragment: link::encode(&shared),
        receipt: report.map(|report| receipt::encode(&Receipt::of(shared.clone(), report, who))),
    }
}

/// A link was opened: its design comes in the place of this one, which undo brings back. A link that cannot
/// be read changes nothing.
pub fn open(model: &mut Model, text: &str) -> Vec<Effect> {
    let (code, mut notices) = match read(text) {
        Ok(found) => found,
        Err(why) => return refused(model, vec![*why]),
    };
    let shared = code.shared().clone();
    let text = match shared.to_text(built_in::text) {
        Ok((text, more)) => {
            notices.extend(more);
            text
        }
        Err(why) => return refused(model, why),
    };
    let name = match &shared.content {
        Content::Changed(changed) => format!("{}.toml", changed.id),
        Content::Whole(_) => "shared.toml".to_owned(),
    };
    let mut effects = import_text(model, &name, &text);
    if model.doc.refused.is_some() {
        return effects;
    }
    model.seed = shared.seed;
    let bets = &model.doc.scenario.lesson.bets;
    if let Some(key) = shared
        .bet
        .filter(|key| bets.iter().any(|bet| bet.key == *key))
    {
        model.bet = Bet::Chosen(key);
    }
    let words: Vec<String> = notices
        .iter()
        .map(|notice| notice.message.clone())
        .collect();
    if !words.is_empty() {
        model.toast(format!("Opened without some of it: {}.", words.join("; ")));
    }
    model.claim = Some(Claim {
        code,
        notices,
        text,
        seed: model.seed,
    });
    effects.extend(super::running::restart(model, false));
    effects
}

fn refused(model: &mut Model, diagnostics: Vec<Notice>) -> Vec<Effect> {
    model.doc.refused = Some(super::document::Refused {
        name: "The link".to_owned(),
        diagnostics,
        text: None,
    });
    model.story_open = true;
    vec![Effect::Focus("refused")]
}

/// Whether the run on the screen is what the opened link says; nothing while it goes on, or if it is
/// about another design.
pub fn judged(model: &Model) -> Option<Judged> {
    let claim = model.claim.as_ref()?;
    let report = model.run.report.as_ref()?;
    if model.run.text != claim.text || model.run.seed != claim.seed {
        return None;
    }
    let verdict = judge(&claim.code, &claim.notices, report);
    if verdict.state == State::NoClaim {
        return None;
    }
    let sentences = verdict
        .differences
        .iter()
        .map(|difference| difference.sentence());
    Some(Judged {
        proved: verdict.state == State::Proved,
        sentences: sentences.collect(),
    })
}
