//! A pool of plain records with generation-checked handles: a handle to a record that is gone is
//! recognised, so a late event finds nothing instead of somebody else.

use std::fmt;
use std::marker::PhantomData;

/// Handle of a record of type `T`. 8 bytes, `Copy`.
pub struct Id<T> {
    slot: u32,
    generation: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Refers to nothing.
    pub const NONE: Id<T> = Id {
        slot: u32::MAX,
        generation: 0,
        of: PhantomData,
    };

    /// Position in the slab; recycled after the record is gone.
    #[inline]
    pub fn slot(self) -> usize {
        self.slot as usize
    }

    /// The handle as a number, for events that carry one.
    #[inline]
    pub fn bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.slot)
    }

    /// The handle that [`Id::bits`] was asked of.
    #[inline]
    pub fn from_bits(bits: u64) -> Id<T> {
        Id {
            slot: bits as u32,
            generation: (bits >> 32) as u32,
            of: PhantomData,
        }
    }

    #[inline]
    pub fn is_none(self) -> bool {
        self.slot == u32::MAX
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.slot == other.slot && self.generation == other.generation
    }
}
impl<T> Eq for Id<T> {}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}.{}", self.slot, self.generation)
    }
}

#[derive(Clone, Copy)]
struct Entry<T> {
    /// Odd while the record lives.
    generation: u32,
    value: T,
}

/// Records of type `T`; insertion and removal are O(1), freed places are used again last in, first out.
#[derive(Clone)]
pub struct Slab<T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab {
            entries: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T: Copy> Slab<T> {
    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Places ever needed at the same time: what the slab costs.
    pub fn places(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn insert(&mut self, value: T) -> Id<T> {
        if let Some(slot) = self.free.pop() {
            let entry = &mut self.entries[slot as usize];
            entry.generation = entry.generation.wrapping_add(1);
            entry.value = value;
            return Id {
                slot,
                generation: entry.generation,
                of: PhantomData,
            };
        }
        let slot =
            u32::try_from(self.entries.len()).expect("the in-flight limit is far below 2^32");
        self.entries.push(Entry {
            generation: 1,
            value,
        });
        Id {
            slot,
            generation: 1,
            of: PhantomData,
        }
    }

    #[inline]
    pub fn remove(&mut self, id: Id<T>) -> T {
        let entry = &mut self.entries[id.slot()];
        assert_eq!(entry.generation, id.generation, "a record is removed once");
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(id.slot);
        entry.value
    }

    #[inline]
    pub fn get(&self, id: Id<T>) -> Option<&T> {
        match self.entries.get(id.slot()) {
            Some(e) if e.generation == id.generation => Some(&e.value),
            _ => None,
        }
    }

    #[inline]
    pub fn get_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        match self.entries.get_mut(id.slot()) {
            Some(e) if e.generation == id.generation => Some(&mut e.value),
            _ => None,
        }
    }

    /// All living records in slot order.
    pub fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, e)| e.generation % 2 == 1)
            .map(|(slot, e)| {
                (
                    Id {
                        slot: slot as u32,
                        generation: e.generation,
                        of: PhantomData,
                    },
                    &e.value,
                )
            })
    }
}

impl<T: Copy> std::ops::Index<Id<T>> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, id: Id<T>) -> &T {
        let entry = &self.entries[id.slot()];
        debug_assert_eq!(entry.generation, id.generation, "a living record");
        &entry.value
    }
}

impl<T: Copy> std::ops::IndexMut<Id<T>> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        let entry = &mut self.entries[id.slot()];
        debug_assert_eq!(entry.generation, id.generation, "a living record");
        &mut entry.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_outlives_its_record_harmlessly() {
        let mut slab = Slab::default();
        let a = slab.insert('a');
        slab.remove(a);
        let b = slab.insert('b');
        assert_eq!(a.slot(), b.slot());
        assert_eq!(slab.get(a), None);
        assert_eq!(slab.get(b), Some(&'b'));
        assert_eq!(slab.len(), 1);
        assert_eq!(slab.get(Id::NONE), None);
    }
}
