//! Short lists, one per slot, in one shared pool: what is remembered of an intent while it is open.

const END: u32 = u32::MAX;

/// Adding costs O(1); freed places are used again, so memory follows what is open, not what was.
#[derive(Clone, Debug)]
pub struct Chains<T> {
    heads: Vec<u32>,
    entries: Vec<(T, u32)>,
    free: u32,
}

impl<T> Default for Chains<T> {
    fn default() -> Self {
        Chains {
            heads: Vec::new(),
            entries: Vec::new(),
            free: END,
        }
    }
}

impl<T: Copy> Chains<T> {
    /// Adds to the slot's list.
    #[inline]
    pub fn push(&mut self, slot: usize, value: T) {
        self.push_made(slot, || value);
    }

    /// The same with what is made in its place, instead of made and then copied there.
    #[inline]
    pub fn push_made(&mut self, slot: usize, make: impl FnOnce() -> T) {
        if slot >= self.heads.len() {
            self.heads.resize((slot + 1).next_power_of_two(), END);
        }
        let head = &mut self.heads[slot];
        let next = *head;
        if self.free == END {
            *head = u32::try_from(self.entries.len()).expect("in-flight limits are far below 2^32");
            self.entries.push((make(), next));
        } else {
            *head = self.free;
            let entry = &mut self.entries[self.free as usize];
            self.free = entry.1;
            *entry = (make(), next);
        }
    }

    /// The slot's list in the order of adding.
    pub fn collect(&self, slot: usize) -> Vec<T> {
        let mut out = Vec::new();
        let mut at = self.heads.get(slot).copied().unwrap_or(END);
        while at != END {
            let (value, next) = self.entries[at as usize];
            out.push(value);
            at = next;
        }
        out.reverse();
        out
    }

    /// Empties the slot's list.
    #[inline]
    pub fn clear(&mut self, slot: usize) {
        let Some(head) = self.heads.get_mut(slot) else {
            return;
        };
        let mut at = std::mem::replace(head, END);
        while at != END {
            let next = self.entries[at as usize].1;
            self.entries[at as usize].1 = self.free;
            self.free = at;
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_kept_apart_and_places_are_reused() {
        let mut chains = Chains::default();
        for i in 0..6 {
            chains.push(i % 2, i);
        }
        assert_eq!(chains.collect(0), [0, 2, 4]);
        assert_eq!(chains.collect(1), [1, 3, 5]);
        chains.clear(0);
        assert!(chains.collect(0).is_empty());
        for i in 6..9 {
            chains.push(7, i);
        }
        assert_eq!(chains.collect(7), [6, 7, 8]);
        assert_eq!(chains.collect(1), [1, 3, 5]);
        assert_eq!(chains.entries.len(), 6);
    }
}
