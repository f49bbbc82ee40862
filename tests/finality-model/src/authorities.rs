//! Sets of authorities, honest ones and traitors.

/// Authorities in force on a branch, as masks over the same small numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthoritySet {
    /// Members that keep the rules; each is a voter of the model.
    pub honest: u8,
    /// Members that sign everything.
    pub traitors: u8,
}

impl AuthoritySet {
    /// Returns a set of the first honest voters and so many traitors, two at most.
    pub const fn of(honest: u8, traitors: u8) -> Self {
        Self { honest: (1 << honest) - 1, traitors: ((1 << traitors) - 1) << 6 }
    }

    /// Returns the set without one honest voter.
    #[must_use]
    pub const fn without(self, voter: u8) -> Self {
        Self { honest: self.honest & !(1 << voter), traitors: self.traitors }
    }

    /// Returns how many members the set has.
    pub const fn size(self) -> u8 {
        count(self.honest) + self.traitor_count()
    }

    /// Returns how many members sign everything.
    pub const fn traitor_count(self) -> u8 {
        count(self.traitors)
    }

    /// Checks whether a voter is an honest member.
    pub const fn has(self, voter: usize) -> bool {
        self.honest >> voter & 1 == 1
    }

    /// Returns the quorum: floor(2n/3) + 1.
    pub const fn quorum(self) -> u8 {
        self.size() * 2 / 3 + 1
    }

    /// Checks the assumption of the safety argument: fewer than a third are traitors.
    pub const fn is_trustworthy(self) -> bool {
        self.traitor_count() * 3 < self.size()
    }

    /// Returns how many members are in one of two sets only.
    pub const fn distance(self, other: Self) -> u8 {
        count((self.honest | self.traitors) ^ (other.honest | other.traitors))
    }
}

const fn count(mask: u8) -> u8 {
    let (mut rest, mut count) = (mask, 0);
    while rest != 0 {
        count += rest & 1;
        rest >>= 1;
    }
    count
}
