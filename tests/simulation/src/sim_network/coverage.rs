//! Tally: how often what happened. A fault, a villain or a rule that never fires tests nothing.

use std::collections::BTreeMap;

/// A family of what is counted together.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// A misfortune that struck.
    Fault,
    /// A deed about damage on a disk.
    Disk,
    /// A villain's deed.
    Villain,
    /// A message that arrived.
    Message,
    /// A verdict, a charge, a refusal.
    Rejection,
    /// A use that users asked for.
    Use,
    /// An event of the chain.
    Chain,
}

/// Counters by family and name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally(BTreeMap<(Family, &'static str), u64>);

impl Tally {
    /// Counts one occurrence.
    pub(crate) fn count(&mut self, family: Family, name: &'static str) {
        *self.0.entry((family, name)).or_default() += 1;
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(*key).or_default() += count;
        }
    }

    /// Number of times that something happened.
    pub fn get(&self, family: Family, name: &'static str) -> u64 {
        self.0.get(&(family, name)).copied().unwrap_or(0)
    }

    /// Lists everything counted.
    pub fn iter(&self) -> impl Iterator<Item = (Family, &'static str, u64)> {
        self.0.iter().map(|((family, name), count)| (*family, *name, *count))
    }
}
