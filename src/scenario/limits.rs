//! Everything has a limit, so that a hostile file is refused before it costs anything.

/// Bytes of a scenario file.
pub const MAX_BYTES: usize = 1_000_000;
pub const MAX_NODES: usize = 200;
pub const MAX_LINKS: usize = 400;
pub const MAX_OPERATIONS: usize = 50;
pub const MAX_ALERTS: usize = 50;
pub const MAX_SLOS: usize = 10;
pub const MAX_INVARIANTS: usize = 50;
pub const MAX_TIMELINE: usize = 1_000;
pub const MAX_GOALS: usize = 50;
pub const MAX_STEPS: usize = crate::design::STEPS_MAX;
/// Calls that one step of a plan makes at the same time.
pub const MAX_CALLS: usize = crate::design::CALLS_MAX;
/// Effects that one operation promises: what the ledger has room for.
pub const MAX_EFFECTS: usize = crate::design::PROMISED_MAX;
/// Bets, variants of one kind, hints, review items, and entries of other lists.
pub const MAX_LIST: usize = 50;
/// Minutes that all steps of a lesson in a room take together.
pub const MAX_ROOM_MINUTES: u32 = 480;
/// Characters of one line, and of one piece of prose.
pub const MAX_LINE: usize = 300;
pub const MAX_PROSE: usize = 4_000;
pub const MAX_CONCEPT_WORDS: usize = 120;
/// Words of the sentence about where a design fails first.
pub const MAX_SENTENCE_WORDS: usize = 40;
/// Letters of a name.
pub const MAX_NAME: usize = 40;
/// Calls that one user action causes when nothing is retried.
pub const MAX_CALLS_PER_ACTION: u64 = 1_000;
/// User actions that a run expects to see, at the rates of its start.
pub const MAX_ACTIONS: u64 = 1_000_000_000;
/// Findings that are listed; the others are counted.
pub const MAX_FINDINGS: usize = 100;
