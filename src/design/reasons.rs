//! The words by which a policy names failures: single reasons (`engine::reason` has what they mean) and
//! groups of them. Every reason is in exactly one group, but `cancelled`, which is no failure: the caller
//! itself had gone.

/// A group and its reasons.
pub static GROUPS: &[(&str, &[&str])] = &[
    (
        "timeouts",
        &[
            "timed_out_waiting",
            "timed_out_in_service",
            "timed_out_in_network",
            "dropped_by_network",
            "deadline_passed",
            "expired_in_queue",
            "statement_timeout",
        ],
    ),
    (
        "refused",
        &[
            "connection_refused",
            "no_backend",
            "not_primary",
            "no_quorum",
        ],
    ),
    (
        "errors",
        &["error_from_callee", "crashed_while_working", "storage_full"],
    ),
    (
        "overload",
        &[
            "queue_full",
            "shed",
            "rate_limited",
            "breaker_open",
            "pool_exhausted",
        ],
    ),
    (
        "conflicts",
        &["conflict", "deadlock_victim", "lock_timeout"],
    ),
    (
        "rejected",
        &[
            "constraint",
            "sold_out",
            "unauthenticated",
            "forbidden",
            "invalid_input",
            "contract_mismatch",
            "poison",
        ],
    ),
];

/// The reasons that a word stands for; none if nobody knows it.
pub fn named(word: &str) -> &'static [&'static str] {
    if let Some((_, reasons)) = GROUPS.iter().find(|(name, _)| *name == word) {
        return reasons;
    }
    let mut all = GROUPS.iter().flat_map(|(_, reasons)| *reasons);
    all.find(|reason| **reason == word)
        .map_or(&[], std::slice::from_ref)
}

/// All words that a policy can list: groups first.
pub fn words() -> impl Iterator<Item = &'static str> + Clone {
    let reasons = GROUPS
        .iter()
        .flat_map(|(_, reasons)| reasons.iter().copied());
    GROUPS.iter().map(|(name, _)| *name).chain(reasons)
}
