//! What a write is based on, as its request says: the version of the row that its maker had read, and
//! whether it is meant for that version only (a conditional write, compare and set).
//!
//! It travels as the payload of a call that writes; who keeps no versions takes no notice of it.

/// What the maker of a write knew of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Nothing that it says: an increment, a new row.
    Unsaid,
    /// It computed the new value from this version, and writes over whatever is there.
    Read(u64),
    /// The same, and only if the row still has this version.
    Only(u64),
}

impl Basis {
    pub fn bits(self) -> u64 {
        match self {
            Basis::Unsaid => 0,
            Basis::Read(version) => version << 2 | 1,
            Basis::Only(version) => version << 2 | 2,
        }
    }

    pub fn from_bits(bits: u64) -> Basis {
        match bits & 3 {
            0 => Basis::Unsaid,
            1 => Basis::Read(bits >> 2),
            _ => Basis::Only(bits >> 2),
        }
    }

    /// The version that was read, if it says so.
    pub fn version(self) -> Option<u64> {
        match self {
            Basis::Unsaid => None,
            Basis::Read(version) | Basis::Only(version) => Some(version),
        }
    }

    /// Whether a row of this version may be written.
    pub fn permits(self, version: u64) -> bool {
        match self {
            Basis::Unsaid | Basis::Read(_) => true,
            Basis::Only(wanted) => wanted == version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_survives_its_way() {
        for basis in [
            Basis::Unsaid,
            Basis::Read(0),
            Basis::Read(7),
            Basis::Only(0),
            Basis::Only(1 << 40),
        ] {
            assert_eq!(Basis::from_bits(basis.bits()), basis);
        }
        assert!(
            Basis::Only(3).permits(3) && !Basis::Only(3).permits(4) && Basis::Read(3).permits(4)
        );
    }
}
