//! The lessons of this build, with what the map needs of each: its track, how hard it is, and what comes before it.

use std::sync::OnceLock;

use crate::scenario::built_in::BUILT_IN;

/// One lesson, as the first lines of its file say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: &'static str,
    pub title: &'static str,
    /// "B: correctness"
    pub track: &'static str,
    /// From 1 to 5: the place of the track's letter, of "A to D" the later one.
    pub level: u8,
    pub minutes: u32,
    /// Ids of what is better known before.
    pub prerequisites: Vec<&'static str>,
}

/// All of them, by their ids.
pub fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        let entries = BUILT_IN.iter();
        entries.map(|it| entry(it.id, it.text)).collect()
    })
}

pub fn find(id: &str) -> Option<&'static Entry> {
    all().iter().find(|entry| entry.id == id)
}

/// Of the lines themselves: reading fifteen whole files would take longer than the page has to open. A test reads
/// them properly and compares.
fn entry(id: &'static str, text: &'static str) -> Entry {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or("", |rest| rest.trim_start_matches([' ', '=']).trim())
    };
    let track = field("track").trim_matches('"');
    let listed = field("prerequisites").trim_matches(['[', ']']).split(',');
    let named = listed.map(|name| name.trim().trim_matches('"'));
    Entry {
        id,
        title: field("title").trim_matches('"'),
        track,
        level: level(track),
        minutes: field("minutes").parse().unwrap_or(0),
        prerequisites: named.filter(|name| !name.is_empty()).collect(),
    }
}

fn level(track: &str) -> u8 {
    let letters = track.split(':').next().unwrap_or_default();
    let letters = letters.split_whitespace().filter(|word| word.len() == 1);
    let places = letters.filter_map(|word| "ABCDE".find(word));
    places.max().map_or(1, |place| place as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn the_lines_say_what_the_files_say() {
        for (entry, built_in) in all().iter().zip(BUILT_IN) {
            let about = Scenario::parse(built_in.text).unwrap().about;
            assert_eq!(entry.title, about.title);
            assert_eq!(entry.track, about.track);
            assert_eq!(entry.minutes, about.minutes);
            assert_eq!(entry.prerequisites, about.prerequisites);
            for before in &entry.prerequisites {
                assert!(find(before).is_some(), "{} needs {before}", entry.id);
            }
        }
    }

    #[test]
    fn the_later_letter_is_the_level() {
        let levels = ["A: basics", "A to D", "E: staff", "somewhere"].map(level);
        assert_eq!(levels, [1, 4, 5, 1]);
    }
}
