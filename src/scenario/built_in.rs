//! The scenarios that come with the program: all files of `scenarios/`.

/// A scenario that every build has, by the name that links use.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// The file's name without its ending, which is also the scenario's `id`.
    pub id: &'static str,
    pub text: &'static str,
}

/// All of them, in the order of their names (made by build.rs).
pub static BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The text of the scenario with this id.
pub fn text(id: &str) -> Option<&'static str> {
    let found = BUILT_IN.iter().find(|built_in| built_in.id == id);
    found.map(|built_in| built_in.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn files_are_named_by_their_ids() {
        assert!(BUILT_IN.len() >= 3, "{}", BUILT_IN.len());
        for built_in in BUILT_IN {
            let scenario = Scenario::parse(built_in.text).unwrap();
            assert_eq!(scenario.about.id, built_in.id);
            assert_eq!(text(built_in.id), Some(built_in.text));
        }
        assert_eq!(text("s04"), None);
    }
}
