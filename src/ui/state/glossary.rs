//! What a word on the page means, and which lesson teaches it. The words are in `terms`.

use std::borrow::Cow;

use super::terms::{TERMS, TO_COME};
use crate::scenario::built_in::BUILT_IN;

/// One word.
#[derive(Debug, PartialEq)]
pub struct Term {
    /// As the page says it.
    pub word: &'static str,
    /// As the field says it, where that is another word.
    pub formal: &'static str,
    /// Beginning of the name of the scenario that teaches it: `s04`.
    pub taught: &'static str,
    /// What it is about, separated by spaces: `kind.service`, `metric.lost`, `reason.shed`, `verdict.lost`,
    /// `fault.crash`, `chart.tries`, `strip.cost`, knobs as `link.timeout`. A star stands for any table at the
    /// beginning, and for any rest at the end.
    pub of: &'static str,
    /// How it stands in sentences, separated by semicolons, in small letters.
    pub prose: &'static str,
    /// At most 40 words.
    pub says: &'static str,
}

/// Where a word is taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// To open it, if it comes with this build.
    pub id: Option<&'static str>,
    pub title: &'static str,
}

/// The word for `metric.lost` or `link.timeout`: the pattern that says most decides. A knob that has no
/// word of its own has that of its kind.
pub fn of(key: &str) -> Option<&'static Term> {
    let fits = TERMS.iter().filter_map(|term| {
        let patterns = term.of.split(' ').filter(|pattern| matches(pattern, key));
        Some((patterns.map(weight).max()?, term))
    });
    let best = fits.max_by_key(|(weight, _)| *weight).map(|(_, term)| term);
    let (table, _) = key.split_once('.')?;
    match best {
        None if table != "kind" => of(&format!("kind.{table}")),
        best => best,
    }
}

fn matches(pattern: &str, key: &str) -> bool {
    let rest = |key: &str, pattern: &str| match pattern.strip_suffix('*') {
        Some(begin) => key.starts_with(begin),
        None => key == pattern,
    };
    match (pattern.strip_prefix("*."), key.split_once('.')) {
        (Some(pattern), Some((_, key))) => rest(key, pattern),
        _ => rest(key, pattern),
    }
}

/// A named table says more than any, a longer name more than a shorter one.
fn weight(pattern: &str) -> (usize, bool) {
    let name = pattern.split_once('.').map_or("", |(_, name)| name);
    (name.len(), !pattern.starts_with("*."))
}

pub fn by_word(word: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.word == word)
}

impl Term {
    pub fn lesson(&self) -> Lesson {
        let built_in = BUILT_IN.iter().find(|b| b.id.starts_with(self.taught));
        match built_in {
            Some(built_in) => Lesson {
                id: Some(built_in.id),
                title: title_of(built_in.text),
            },
            None => Lesson {
                id: None,
                title: TO_COME
                    .iter()
                    .find(|(id, _)| *id == self.taught)
                    .map_or("", |(_, title)| title),
            },
        }
    }

    /// Both words, where there are two: "Retry (attempt)".
    pub fn both(&self) -> String {
        match self.formal {
            "" => self.word.to_owned(),
            formal => format!("{} ({formal})", self.word),
        }
    }
}

/// The title of a scenario, without reading all of it.
fn title_of(text: &'static str) -> &'static str {
    let line = text.lines().find_map(|l| l.strip_prefix("title"));
    let value = line.map(|l| l.trim_start_matches([' ', '=']));
    value.map_or("", |v| v.trim().trim_matches('"'))
}

/// A sentence, cut where words of the glossary stand in it: each is marked once.
pub fn pieces(text: &str) -> Vec<(&str, Option<&'static Term>)> {
    pieces_in(text, Cow::Borrowed)
}

/// The same for a text in another language, in which `said` tells how words stand in sentences.
pub fn pieces_in(
    text: &str,
    said: impl Fn(&'static str) -> Cow<'static, str>,
) -> Vec<(&str, Option<&'static Term>)> {
    let small = text.to_ascii_lowercase();
    let mut found: Vec<(usize, usize, &'static Term)> = Vec::new();
    for term in TERMS {
        let prose = said(term.prose);
        let phrases = prose.split(';').filter(|phrase| !phrase.is_empty());
        let places = phrases.filter_map(|phrase| Some((place(&small, phrase)?, phrase.len())));
        if let Some((at, length)) = places.min_by_key(|&(at, length)| (at, usize::MAX - length)) {
            found.push((at, length, term));
        }
    }
    // Of two that overlap the one that begins first, of those the longer one.
    found.sort_by_key(|&(at, length, _)| (at, usize::MAX - length));
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, length, term) in found {
        if at < from {
            continue;
        }
        if at > from {
            pieces.push((&text[from..at], None));
        }
        pieces.push((&text[at..at + length], Some(term)));
        from = at + length;
    }
    if from < text.len() {
        pieces.push((&text[from..], None));
    }
    pieces
}

/// Where a phrase stands as whole words.
fn place(text: &str, phrase: &str) -> Option<usize> {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase).map(|(at, _)| at).find(|&at| {
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        !is_letter(before.chars().next_back()) && !is_letter(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::reasons::GROUPS;
    use crate::design::registry::{self, ALERT, KINDS, LINK, MONITORING, OPERATION, SLO};
    use crate::scenario::metric::METRICS;
    use crate::ui::state::model::ChartTab;

    #[test]
    fn words_are_few_and_in_order() {
        for term in TERMS {
            let words = term.says.split_whitespace().count();
            assert!((8..=40).contains(&words), "{}: {words} words", term.word);
        }
        let order: Vec<String> = TERMS.iter().map(|t| t.word.to_lowercase()).collect();
        assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
    }

    /// Everything that has a name on the page has a word.
    fn named() -> Vec<String> {
        let kinds = KINDS.iter().map(|k| format!("kind.{}", k.name));
        let faults = registry::timeline_kinds().map(|k| format!("fault.{}", k.name));
        let metrics = METRICS.iter().map(|m| format!("metric.{}", m.bound.name));
        let reasons = GROUPS.iter().flat_map(|(_, reasons)| reasons.iter());
        let reasons = reasons.chain([&"cancelled"]).map(|r| format!("reason.{r}"));
        // As the report has them; the page does not know the ledger itself.
        let verdicts = [
            "lost",
            "duplicate",
            "phantom",
            "partial",
            "parked",
            "stale",
            "own_write_missed",
            "went_back",
            "out_of_order",
            "unauthorised",
        ];
        let verdicts = verdicts.map(|v| format!("verdict.{v}"));
        let charts = [
            ChartTab::Throughput,
            ChartTab::Latency,
            ChartTab::Heat,
            ChartTab::Tries,
            ChartTab::Reasons,
            ChartTab::Wrong,
            ChartTab::Cost,
            ChartTab::Budget,
            ChartTab::Node(0),
            ChartTab::Queue(0),
            ChartTab::Age(0),
            ChartTab::Hits(0),
            ChartTab::Lag(0),
            ChartTab::Pool(0),
            ChartTab::Instances(0),
        ];
        let charts = charts.map(|chart| format!("chart.{}", chart.key()));
        kinds
            .chain(["kind.link".to_owned()])
            .chain(faults)
            .chain(metrics)
            .chain(reasons)
            .chain(verdicts)
            .chain(charts)
            .collect()
    }

    fn knobs() -> Vec<String> {
        let tables = KINDS
            .iter()
            .copied()
            .chain([&LINK, &OPERATION, &MONITORING, &ALERT, &SLO]);
        let of = |kind: &'static registry::KindSpec| {
            let knobs = kind.knobs.iter();
            knobs.map(move |knob| format!("{}.{}", kind.name, knob.name))
        };
        tables.flat_map(of).collect()
    }

    #[test]
    fn whatever_the_page_names_is_explained() {
        for key in named().iter().chain(&knobs()) {
            let term = of(key).unwrap_or_else(|| panic!("{key} has no word"));
            let own = term.of.split(' ').any(|pattern| matches(pattern, key));
            let kind = format!("kind.{}", key.split_once('.').unwrap().0);
            let by_kind = term.of.split(' ').any(|pattern| pattern == kind);
            assert!(own || by_kind, "{key}: {}", term.word);
        }
        let own = |key: &&String| {
            TERMS
                .iter()
                .any(|t| t.of.split(' ').any(|p| matches(p, key)))
        };
        let bare: Vec<_> = named().into_iter().filter(|key| !own(&key)).collect();
        assert!(bare.is_empty(), "{bare:?}");
    }

    /// Of two words for one thing only one would ever be seen.
    #[test]
    fn every_word_is_of_something_on_the_page() {
        let mut things = named();
        things.extend(knobs());
        let sources = [
            include_str!("../live/strip.rs"),
            include_str!("../live/transport.rs"),
            include_str!("../learn/numbers.rs"),
            include_str!("../learn/evidence.rs"),
            include_str!("../learn/twin.rs"),
            include_str!("../learn/requests.rs"),
            include_str!("../learn/pager.rs"),
            include_str!("../editor/inspector.rs"),
            include_str!("../editor/watching.rs"),
        ];
        for term in TERMS {
            let mut seen = false;
            for pattern in term.of.split(' ').filter(|p| !p.is_empty()) {
                let hits = things.iter().filter(|key| matches(pattern, key));
                let said = format!("\"{pattern}\"");
                let in_page = sources.iter().any(|source| source.contains(&said));
                assert!(hits.count() > 0 || in_page, "{}: {pattern}", term.word);
                seen |= in_page || things.iter().any(|key| of(key) == Some(term));
            }
            let phrases = term.prose.split(';').filter(|p| !p.is_empty());
            seen |= phrases.into_iter().any(|phrase| {
                assert_eq!(phrase, phrase.to_ascii_lowercase());
                let texts = BUILT_IN.iter().map(|b| b.text.to_ascii_lowercase());
                texts.into_iter().any(|t| place(&t, phrase).is_some())
            });
            assert!(seen, "{} is never seen", term.word);
        }
    }

    #[test]
    fn no_phrase_stands_for_two_words() {
        let all = || {
            TERMS
                .iter()
                .flat_map(|t| t.prose.split(';').map(move |p| (p, t.word)))
        };
        for (phrase, word) in all().filter(|(p, _)| !p.is_empty()) {
            let others: Vec<_> = all().filter(|&(p, w)| p == phrase && w != word).collect();
            assert!(others.is_empty(), "{word}, {phrase}: {others:?}");
        }
    }

    #[test]
    fn lessons_are_there_or_named() {
        for term in TERMS {
            let lesson = term.lesson();
            assert!(!lesson.title.is_empty(), "{}: {}", term.word, term.taught);
        }
        let built = |id: &str| BUILT_IN.iter().any(|b| b.id.starts_with(id));
        let there: Vec<_> = TO_COME.iter().filter(|(id, _)| built(id)).collect();
        assert!(there.is_empty(), "they have come: {there:?}");
        let retry = by_word("Retry").unwrap().lesson();
        assert_eq!(retry.id, Some("s04-retry-storm"));
        assert_eq!(retry.title, "The retry that ate production");
    }

    #[test]
    fn the_pattern_that_says_most_decides() {
        let word = |key| of(key).unwrap().word;
        assert_eq!(word("link.attempts"), "Retry");
        assert_eq!(word("link.retry_budget"), "Retry budget");
        assert_eq!(word("link.backoff_cap"), "Backoff");
        assert_eq!(word("worker.rate_limit"), "Rate limit");
        assert_eq!(word("third_party.price"), "Cost");
        assert_eq!(word("metric.latency_p99"), "p99");
        assert_eq!(of("nothing.at_all"), None);
        assert_eq!(of("nothing"), None);
    }

    #[test]
    fn sentences_are_cut_at_whole_words_once() {
        let text = "A retry, and Retries again: the queue is p99. Retrying.";
        let cut = pieces(text);
        let joined: String = cut.iter().map(|(text, _)| *text).collect();
        assert_eq!(joined, text);
        let marked: Vec<_> = cut
            .iter()
            .filter_map(|(text, term)| Some((*text, (*term)?.word)))
            .collect();
        assert_eq!(
            marked,
            [
                ("retry", "Retry"),
                ("queue", "Waiting line"),
                ("p99", "p99")
            ]
        );
        assert!(pieces("").is_empty());
        let one = pieces("Größe – nichts davon");
        assert_eq!(one.len(), 1);
    }
}
