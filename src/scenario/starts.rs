//! Starting points: well-known shapes of systems to draw on, all files of `scenarios/start/`. They have no
//! goals and no lesson, and say where they fail first.

/// One of them, without its text: the page has the list, and fetches the text of the one that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The file's name without its ending, which is also the scenario's `id`.
    pub id: &'static str,
    pub title: &'static str,
    /// Where it fails first, in one sentence.
    pub says: &'static str,
}

/// All of them, in the order of their names (made by build.rs).
pub static STARTS: &[Start] = include!(concat!(env!("OUT_DIR"), "/starts.rs"));

/// The starting point with this id.
pub fn find(id: &str) -> Option<&'static Start> {
    STARTS.iter().find(|start| start.id == id)
}

/// Their texts, for who is no page.
#[cfg(feature = "cli")]
static TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/start_texts.rs"));

/// The text of the starting point with this id.
#[cfg(feature = "cli")]
pub fn text(id: &str) -> Option<&'static str> {
    let found = TEXTS.iter().find(|(name, _)| *name == id);
    found.map(|(_, text)| *text)
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;
    use crate::scenario::{Scenario, built_in};

    #[test]
    fn the_list_says_what_the_files_say() {
        assert_eq!(STARTS.len(), 10);
        assert_eq!(TEXTS.len(), 10);
        for start in STARTS {
            let scenario = Scenario::parse(text(start.id).unwrap()).unwrap();
            assert_eq!(scenario.about.id, start.id);
            assert_eq!(scenario.about.title, start.title);
            assert_eq!(scenario.fails_first.unwrap().says, start.says);
            assert!(
                built_in::text(start.id).is_none(),
                "{} is a lesson",
                start.id
            );
        }
        assert!(find("web-shop").is_some() && find("web").is_none());
        assert_eq!(text("web"), None);
    }
}
