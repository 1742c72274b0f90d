//! The stable codes of findings. A code keeps its meaning for ever; what is no longer reported is not
//! given to something else.

/// A code, and in one line what it stands for.
#[derive(Debug)]
pub struct Code {
    pub id: &'static str,
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident $id:literal $meaning:literal;)*) => {
        $(pub const $name: &str = $id;)*
        /// All codes, in the order of the documentation.
        pub static CODES: &[Code] = &[$(Code { id: $id, meaning: $meaning }),*];
    };
}

codes! {
    SYNTAX "E0101" "the text is not TOML";
    TOO_LONG "E0102" "the file is over the size limit";
    FORMAT "E0103" "the format version is missing or unknown";
    UNKNOWN_TABLE "E0201" "there is no such table";
    UNKNOWN_FIELD "E0202" "there is no such field";
    DUPLICATE "E0203" "a name is used twice";
    MISSING "E0204" "a field is missing";
    WRONG_TYPE "E0205" "a field holds the wrong type of value";
    BAD_NAME "E0206" "a name has letters that names cannot have";
    BAD_VALUE "E0301" "a value cannot be read or is out of range";
    NO_NODE "E0401" "a link, effect or list names a node that does not exist";
    NO_TARGET "E0402" "a timeline entry happens to something that does not exist or cannot have it";
    NO_KNOB "E0403" "a path names no knob";
    NO_LINK "E0404" "a plan names a link that does not leave the node";
    NO_OPERATION "E0405" "a plan is for an operation that does not exist";
    BAD_STEP "E0406" "a step of a plan cannot be read";
    BAD_LINK "E0501" "a link begins or ends where none can";
    IMPOSSIBLE "E0502" "values that cannot go together";
    CIRCLE "E0503" "calls that go round in a circle without an end";
    OUTSIDE_RUN "E0504" "a measured part that is not inside the run";
    BAD_CHANGE "E0505" "a variant of the lesson does not give a valid design";
    NOT_LIVE "E0506" "a change that a run under way cannot take";
    BARE_NUMBER "E0507" "a number in the text of a lesson without a reference";
    UNTRUE "E0508" "a number in the text of a lesson that is not what it refers to";
    LIMIT "E0601" "more than the limit";
    NO_CODE "E0801" "text that is no link and no result code";
    NEWER_CODE "E0802" "a link or result code of a newer version";
    BROKEN_CODE "E0803" "a link or result code that was cut or changed on its way";
    LONG_CODE "E0804" "a link or result code that is over the size limit";
    NO_BUILT_IN "E0805" "a link to a scenario that this build does not have";
    UNUSED "W0701" "something that nothing uses";
    NO_EFFECT "W0702" "a setting without effect";
    NEVER_HAPPENS "W0703" "a timeline entry that reaches beyond the end";
    NO_ANSWER "W0704" "a caller that may wait for ever";
    NO_COLUMN "W0705" "statements name a column that is never there";
    EXTRA_IN_CODE "W0811" "something in a link or result code that this build does not know";
    DROPPED_OF_CODE "W0812" "a change in a link that this build cannot make; the design is another";
    BUILT_IN_CHANGED "W0813" "the scenario that a link is about has changed since";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_say_their_severity() {
        let mut ids: Vec<_> = CODES.iter().map(|code| code.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CODES.len());
        assert!(
            ids.iter()
                .all(|id| id.len() == 5 && id.starts_with(['E', 'W']))
        );
    }
}
