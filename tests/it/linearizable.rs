//! A general search for a linearization of a history: the oracle for what the ledger knows from the order of
//! versions. Tests only; the ledger itself needs no search.
//!
//! J. M. Wing, C. Gong: Testing and Verifying Concurrent Objects (1993), with the memory of configurations that
//! G. Lowe added (Testing for Linearizability, 2017), in the form that Porcupine gave it (A. Athalye, 2017): the
//! calls and returns stand in one list; an operation that can come next is lifted out; a configuration
//! (operations done, state) that was tried is not tried again; who meets a return that is not done goes back.

use std::collections::BTreeSet;

/// One operation on a register whose writes tell the version that they made.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub what: What,
    pub called: u64,
    /// `u64::MAX` for one that never returned.
    pub returned: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Gives the register this version, which follows that one.
    Write {
        version: u64,
        after: u64,
    },
    Read {
        version: u64,
    },
}

fn step(state: u64, what: What) -> Option<u64> {
    match what {
        What::Write { version, after } => (state == after).then_some(version),
        What::Read { version } => (state == version).then_some(state),
    }
}

/// A call or a return of an operation, in a list from which it can be lifted.
struct Entry {
    operation: usize,
    is_call: bool,
    before: usize,
    next: usize,
}

struct List {
    entries: Vec<Entry>,
    /// Of each operation.
    calls: Vec<usize>,
    returns: Vec<usize>,
}

/// The list's head stands at 0.
const HEAD: usize = 0;
const END: usize = usize::MAX;

impl List {
    fn of(operations: &[Operation]) -> List {
        let both = operations.iter().enumerate();
        let mut events: Vec<(u64, bool, usize)> = both
            .flat_map(|(i, op)| [(op.called, false, i), (op.returned, true, i)])
            .collect();
        // What is called at the instant of a return is concurrent with it.
        events.sort_unstable();
        let mut list = List {
            entries: vec![Entry {
                operation: END,
                is_call: false,
                before: END,
                next: END,
            }],
            calls: vec![END; operations.len()],
            returns: vec![END; operations.len()],
        };
        for (_, is_return, operation) in events {
            let at = list.entries.len();
            list.entries[at - 1].next = at;
            list.entries.push(Entry {
                operation,
                is_call: !is_return,
                before: at - 1,
                next: END,
            });
            match is_return {
                true => list.returns[operation] = at,
                false => list.calls[operation] = at,
            }
        }
        list
    }

    fn unlink(&mut self, at: usize) {
        let (before, next) = (self.entries[at].before, self.entries[at].next);
        self.entries[before].next = next;
        if next != END {
            self.entries[next].before = before;
        }
    }

    fn link(&mut self, at: usize) {
        let (before, next) = (self.entries[at].before, self.entries[at].next);
        self.entries[before].next = at;
        if next != END {
            self.entries[next].before = at;
        }
    }

    fn lift(&mut self, operation: usize) {
        self.unlink(self.calls[operation]);
        self.unlink(self.returns[operation]);
    }

    fn put_back(&mut self, operation: usize) {
        self.link(self.returns[operation]);
        self.link(self.calls[operation]);
    }
}

/// Ways that are tried at most.
const MOST_TRIED: usize = 20_000;

/// Whether there is an order of the operations that a register would have answered like this, in which none
/// stands before one that had returned when it was called.
///
/// `None` if there are more ways than it tries: the problem is NP-complete (Gibbons and Korach 1997), so some
/// histories have no answer in any time.
pub fn is_linearizable(operations: &[Operation]) -> Option<bool> {
    let mut list = List::of(operations);
    let (mut state, mut done) = (0, vec![0u64; operations.len().div_ceil(64)]);
    let mut tried = BTreeSet::new();
    let mut taken: Vec<(usize, u64)> = Vec::new();
    let mut at = list.entries[HEAD].next;
    while list.entries[HEAD].next != END {
        let entry = &list.entries[at];
        let operation = entry.operation;
        let bit = |done: &mut Vec<u64>| done[operation / 64] ^= 1 << (operation % 64);
        if entry.is_call {
            let next = entry.next;
            if let Some(then) = step(state, operations[operation].what) {
                bit(&mut done);
                if tried.len() >= MOST_TRIED {
                    return None;
                }
                if tried.insert((done.clone(), then)) {
                    taken.push((operation, state));
                    state = then;
                    list.lift(operation);
                    at = list.entries[HEAD].next;
                    continue;
                }
                bit(&mut done);
            }
            at = next;
        } else {
            let Some((last, before)) = taken.pop() else {
                return Some(false);
            };
            state = before;
            done[last / 64] ^= 1 << (last % 64);
            list.put_back(last);
            at = list.entries[list.calls[last]].next;
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(version: u64, called: u64, returned: u64) -> Operation {
        let after = version - 1;
        Operation {
            what: What::Write { version, after },
            called,
            returned,
        }
    }

    fn read(version: u64, called: u64, returned: u64) -> Operation {
        Operation {
            what: What::Read { version },
            called,
            returned,
        }
    }

    #[test]
    fn the_search_knows_the_textbook_histories() {
        let never = u64::MAX;
        let yes: [&[Operation]; 5] = [
            &[],
            &[write(1, 0, 10), read(0, 5, 6), read(1, 7, 8)],
            &[write(1, 0, never), read(1, 5, 6), read(1, 7, 8)],
            // Called at the instant of the return: concurrent.
            &[write(1, 0, 10), read(0, 10, 12)],
            &[
                write(1, 0, 30),
                write(2, 5, 20),
                read(2, 10, 40),
                read(0, 1, 3),
                read(1, 2, 15),
            ],
        ];
        let no: [&[Operation]; 5] = [
            &[write(1, 0, 10), read(0, 11, 12)],
            // One has seen it, a later one not.
            &[write(1, 0, never), read(1, 5, 6), read(0, 7, 8)],
            &[read(1, 0, 10)],
            // Done in the other order than they were asked for.
            &[write(2, 0, 10), write(1, 11, 20)],
            &[
                write(1, 0, 30),
                write(2, 5, 20),
                read(2, 6, 8),
                read(1, 9, 15),
            ],
        ];
        for history in yes {
            assert_eq!(is_linearizable(history), Some(true), "{history:?}");
        }
        for history in no {
            assert_eq!(is_linearizable(history), Some(false), "{history:?}");
        }
    }

    /// All orders, one after the other: as slow as it is plain.
    fn by_brute_force(operations: &[Operation], done: u32, state: u64) -> bool {
        let is_open = |i: usize| done & 1 << i == 0;
        let all = 0..operations.len();
        if all.clone().all(|i| !is_open(i)) {
            return true;
        }
        let first = all
            .clone()
            .filter(|&i| is_open(i))
            .map(|i| operations[i].returned)
            .min();
        all.filter(|&i| is_open(i) && operations[i].called <= first.unwrap())
            .any(|i| {
                step(state, operations[i].what)
                    .is_some_and(|then| by_brute_force(operations, done | 1 << i, then))
            })
    }

    #[test]
    fn the_search_finds_what_trying_all_orders_finds() {
        let mut draw = 88_172_645_463_325_252u64;
        let mut below = |n: u64| {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            draw % n
        };
        let mut found = [0; 2];
        for _ in 0..4_000 {
            let writes = 1 + below(3);
            let mut history = Vec::new();
            for i in 0..writes + 1 + below(4) {
                let called = below(20);
                let returned = if below(8) == 0 {
                    u64::MAX
                } else {
                    called + below(12)
                };
                let write = write(i + 1, called, returned);
                let read = read(below(writes + 1), called, returned);
                history.push(if i < writes { write } else { read });
            }
            let expected = by_brute_force(&history, 0, 0);
            assert_eq!(is_linearizable(&history), Some(expected), "{history:?}");
            found[usize::from(expected)] += 1;
        }
        assert!(found.iter().all(|&n| n > 400), "{found:?}");
    }
}
