//! Retry budgets: how many retries a caller may send, whatever its attempts knob says.
//!
//! *Ratio* (Finagle's `RetryBudget`): each first try deposits `ratio` of a token, a retry takes one.
//! Deposits are forgotten after 10 s, so the credit never exceeds what was deposited in the last
//! 10 s; it starts at nothing.
//!
//! *Quota* (AWS SDK standard retry mode): a bucket of tokens, full at the start. A retry takes
//! `cost`; when a call succeeds after a retry its cost comes back, a success at the first try brings
//! one token.

use crate::design::Settings;
use crate::design::value::NANO;
use crate::time::{NS_PER_S, Time};

/// Deposits are kept in slices of one second.
const SLICES: usize = 10;

/// What a link allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetPolicy {
    Unlimited,
    /// Deposit per first try, in billionths of a token.
    Ratio {
        deposit: u64,
    },
    Quota {
        capacity: u64,
        cost: u64,
    },
}

impl BudgetPolicy {
    pub fn compile(link: &Settings<'_>) -> BudgetPolicy {
        if let Some(ratio) = link.opt_share("retry_budget") {
            return BudgetPolicy::Ratio { deposit: ratio.0 };
        }
        match link.opt_count("retry_quota") {
            Some(capacity) => BudgetPolicy::Quota {
                capacity,
                cost: link.count("retry_cost"),
            },
            None => BudgetPolicy::Unlimited,
        }
    }
}

/// The credit of one caller instance.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Ratio: billionths of a token. Quota: tokens.
    credit: u64,
    deposits: [u64; SLICES],
    /// The second that the newest slice stands for.
    second: u64,
}

impl Budget {
    pub fn new(policy: BudgetPolicy) -> Budget {
        let credit = match policy {
            BudgetPolicy::Quota { capacity, .. } => capacity,
            _ => 0,
        };
        Budget {
            credit,
            deposits: [0; SLICES],
            second: 0,
        }
    }

    /// A call begins.
    #[inline]
    pub fn first_try(&mut self, policy: BudgetPolicy, now: Time) {
        if let BudgetPolicy::Ratio { deposit } = policy {
            self.pay_in(deposit, now);
        }
    }

    #[inline(never)]
    fn pay_in(&mut self, deposit: u64, now: Time) {
        self.forget(now);
        self.deposits[(self.second % SLICES as u64) as usize] += deposit;
        self.credit += deposit;
    }

    /// May a retry be sent? If so, it is paid for.
    pub fn retry(&mut self, policy: BudgetPolicy, now: Time) -> bool {
        let price = match policy {
            BudgetPolicy::Unlimited => return true,
            BudgetPolicy::Ratio { .. } => {
                self.forget(now);
                NANO
            }
            BudgetPolicy::Quota { cost, .. } => cost,
        };
        let paid = self.credit >= price;
        if paid {
            self.credit -= price;
        }
        paid
    }

    /// A call succeeded at its `tries`-th try.
    #[inline]
    pub fn success(&mut self, policy: BudgetPolicy, tries: u16) {
        if let BudgetPolicy::Quota { capacity, cost } = policy {
            let back = if tries > 1 { cost } else { 1 };
            self.credit = (self.credit + back).min(capacity);
        }
    }

    /// Drops deposits older than ten seconds; what is left bounds the credit.
    fn forget(&mut self, now: Time) {
        let second = now.0 / NS_PER_S;
        if second == self.second {
            return;
        }
        let passed = (second - self.second).min(SLICES as u64);
        for i in 1..=passed {
            self.deposits[((self.second + i) % SLICES as u64) as usize] = 0;
        }
        self.second = second;
        self.credit = self.credit.min(self.deposits.iter().sum());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_grants_its_share_and_forgets_after_ten_seconds() {
        let policy = BudgetPolicy::Ratio { deposit: NANO / 10 };
        let mut budget = Budget::new(policy);
        assert!(!budget.retry(policy, Time(0)), "it starts at nothing");
        for _ in 0..1_000 {
            budget.first_try(policy, Time(0));
        }
        let granted = (0..1_000).filter(|_| budget.retry(policy, Time(0))).count();
        assert_eq!(granted, 100);
        for _ in 0..1_000 {
            budget.first_try(policy, Time(0));
        }
        assert!(budget.retry(policy, Time(9 * NS_PER_S)));
        assert!(
            !budget.retry(policy, Time(10 * NS_PER_S)),
            "the deposits are ten seconds old"
        );
    }

    #[test]
    fn a_quota_of_500_at_5_a_retry_allows_100() {
        let policy = BudgetPolicy::Quota {
            capacity: 500,
            cost: 5,
        };
        let mut budget = Budget::new(policy);
        assert_eq!(
            (0..1_000).filter(|_| budget.retry(policy, Time(0))).count(),
            100
        );
        budget.success(policy, 2);
        assert!(budget.retry(policy, Time(0)));
        assert!(!budget.retry(policy, Time(0)));
    }
}
