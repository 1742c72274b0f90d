//! What a balancer believes of an endpoint, from checks: it takes so many failed in a row to be taken out
//! of rotation, and so many passed in a row to come back.

use crate::design::Settings;
use crate::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckPolicy {
    /// The check passes through what the endpoint depends on.
    pub deep: bool,
    pub interval: Duration,
    pub timeout: Duration,
    pub unhealthy_after: u32,
    pub healthy_after: u32,
}

impl CheckPolicy {
    pub fn compile(knobs: &Settings<'_>) -> Option<CheckPolicy> {
        let kind = knobs.choice("health_check");
        (kind != "none").then(|| CheckPolicy {
            deep: kind == "deep",
            interval: knobs.duration("check_interval"),
            timeout: knobs.duration("check_timeout"),
            unhealthy_after: knobs.count("unhealthy_after") as u32,
            healthy_after: knobs.count("healthy_after") as u32,
        })
    }
}

/// Healthy until checks say otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    pub is_out: bool,
    /// Checks in a row that spoke against what is believed.
    against: u32,
}

impl Health {
    /// Notes a check; whether the belief changes.
    pub fn note(&mut self, policy: &CheckPolicy, passed: bool) -> bool {
        if passed != self.is_out {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let enough = if self.is_out {
            policy.healthy_after
        } else {
            policy.unhealthy_after
        };
        let changes = self.against >= enough;
        if changes {
            *self = Health {
                is_out: !self.is_out,
                against: 0,
            };
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_so_many_in_a_row() {
        let policy = CheckPolicy {
            deep: false,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            unhealthy_after: 2,
            healthy_after: 3,
        };
        let mut health = Health::default();
        let checks = [
            false, true, false, false, true, true, false, true, true, true,
        ];
        let out: Vec<bool> = checks
            .iter()
            .map(|&passed| {
                health.note(&policy, passed);
                health.is_out
            })
            .collect();
        let expected = [
            false, false, false, true, true, true, true, true, true, false,
        ];
        assert_eq!(out, expected);
    }
}
