//! Why an attempt did not succeed. Every failed attempt has exactly one reason (docs/semantics.md 7): the
//! innermost cause keeps it, a parent says "error from callee".

use crate::design::order::arrange;

macro_rules! reasons {
    ($($variant:ident $code:literal $words:literal),* $(,)?) => {
        /// One reason; the number is part of the digest, so new ones go to the end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reason { $($variant),* }

        impl Reason {
            pub const ALL: &'static [Reason] = &[$(Reason::$variant),*];
            pub const COUNT: usize = Self::ALL.len();

            /// Stable name in reports and files.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$variant => $code),* }
            }

            /// What people read.
            pub fn words(self) -> &'static str {
                match self { $(Reason::$variant => $words),* }
            }
        }
    };
}

reasons! {
    TimedOutWaiting "timed_out_waiting" "timed out waiting",
    TimedOutInService "timed_out_in_service" "timed out in service",
    ConnectionRefused "connection_refused" "connection refused",
    PoolExhausted "pool_exhausted" "no connection free",
    QueueFull "queue_full" "waiting line full",
    Shed "shed" "shed",
    RateLimited "rate_limited" "rate limited",
    BreakerOpen "breaker_open" "breaker open",
    DroppedByNetwork "dropped_by_network" "lost in the network",
    ErrorFromCallee "error_from_callee" "error from callee",
    CrashedWhileWorking "crashed_while_working" "crashed while working",
    DeadlinePassed "deadline_passed" "deadline passed",
    Conflict "conflict" "conflict",
    Constraint "constraint" "constraint",
    Unauthenticated "unauthenticated" "not signed in",
    Forbidden "forbidden" "not allowed",
    InvalidInput "invalid_input" "invalid input",
    ContractMismatch "contract_mismatch" "contract mismatch",
    StorageFull "storage_full" "storage full",
    Poison "poison" "poison message",
    ExpiredInQueue "expired_in_queue" "expired in queue",
    Cancelled "cancelled" "cancelled by its caller",
    NoBackend "no_backend" "no backend",
    NotPrimary "not_primary" "not the primary",
    NoQuorum "no_quorum" "no quorum",
    DeadlockVictim "deadlock_victim" "deadlock victim",
    LockTimeout "lock_timeout" "lock timeout",
    // The message was still travelling (a long delay, a hold) when the caller gave
    // up. Calling it "waiting" would accuse a queue that never saw it.
    TimedOutInNetwork "timed_out_in_network" "timed out on the way",
    StatementTimeout "statement_timeout" "statement timeout",
    SoldOut "sold_out" "sold out",
}

impl Reason {
    /// The caller gave up by itself; nobody told it anything.
    pub fn is_patience(self) -> bool {
        use Reason::*;
        matches!(
            self,
            TimedOutWaiting | TimedOutInService | TimedOutInNetwork | DroppedByNetwork | Cancelled
        )
    }
}

/// How often each reason occurred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByReason(pub [u64; Reason::COUNT]);

impl Default for ByReason {
    fn default() -> Self {
        ByReason([0; Reason::COUNT])
    }
}

impl ByReason {
    #[inline]
    pub fn add(&mut self, reason: Reason) {
        self.0[reason as usize] += 1;
    }

    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub fn of(&self, reason: Reason) -> u64 {
        self.0[reason as usize]
    }

    /// What came on top of an earlier count.
    pub fn since(&self, earlier: &ByReason) -> ByReason {
        ByReason(std::array::from_fn(|i| self.0[i] - earlier.0[i]))
    }

    /// Those that occurred, most frequent first, ties in the order of the list.
    pub fn listed(&self) -> Vec<(&'static str, u64)> {
        let mut rows: Vec<_> = Reason::ALL
            .iter()
            .map(|&r| (r.code(), self.0[r as usize]))
            .filter(|&(_, n)| n > 0)
            .collect();
        arrange(&mut rows, |a, b| b.1.cmp(&a.1));
        rows
    }
}
