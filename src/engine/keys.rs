//! What was done already, by key, for a while: idempotency stores and deduplication windows.
//!
//! A key is taken while somebody is at it, then remembered until its time is over. Keys are in order,
//! so nothing depends on a hash; those whose time is over are dropped as the clock passes them.

use std::collections::{BTreeMap, VecDeque};

use crate::time::{Duration, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    New,
    /// Somebody is at it.
    UnderWay,
    Done,
}

#[derive(Clone, Debug, Default)]
pub struct KeyStore {
    /// When it is forgotten; [`Time::NEVER`] while it is under way.
    keys: BTreeMap<u64, Time>,
    order: VecDeque<(Time, u64)>,
}

impl KeyStore {
    /// Asks for a key and takes it if it is new.
    pub fn take(&mut self, now: Time, key: u64) -> Seen {
        while let Some(&(until, old)) = self.order.front().filter(|(until, _)| *until <= now) {
            self.order.pop_front();
            if self.keys.get(&old) == Some(&until) {
                self.keys.remove(&old);
            }
        }
        match self.keys.get(&key) {
            None => {
                self.keys.insert(key, Time::NEVER);
                Seen::New
            }
            Some(&Time::NEVER) => Seen::UnderWay,
            Some(&until) if until <= now => {
                // The time to remember was made shorter in between, so the order is not strict.
                self.keys.insert(key, Time::NEVER);
                Seen::New
            }
            Some(_) => Seen::Done,
        }
    }

    /// What was under way is done, and is remembered for so long.
    pub fn done(&mut self, now: Time, key: u64, ttl: Duration) {
        let until = now + ttl;
        self.keys.insert(key, until);
        self.order.push_back((until, key));
    }

    /// What was under way did not come to an end.
    pub fn give_up(&mut self, key: u64) {
        if self.keys.get(&key) == Some(&Time::NEVER) {
            self.keys.remove(&key);
        }
    }

    /// A key that was done is as if it had never been.
    pub fn forget(&mut self, key: u64) {
        self.keys.remove(&key);
    }

    /// Whether it is remembered.
    pub fn remembers(&self, now: Time, key: u64) -> bool {
        self.keys.get(&key).is_some_and(|&until| until > now)
    }

    pub fn clear(&mut self) {
        *self = KeyStore::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_under_way_done_and_new_again() {
        let mut keys = KeyStore::default();
        assert_eq!(keys.take(Time(1), 7), Seen::New);
        assert_eq!(keys.take(Time(2), 7), Seen::UnderWay);
        keys.give_up(7);
        assert_eq!(keys.take(Time(3), 7), Seen::New);
        keys.done(Time(4), 7, Duration(10));
        keys.give_up(7);
        assert_eq!(keys.take(Time(13), 7), Seen::Done);
        assert_eq!(keys.take(Time(14), 7), Seen::New);
    }
}
