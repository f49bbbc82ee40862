//! Known sets of authorities, by what headers name them (SPEC B-6).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;

use super::{AuthorityChange, AuthoritySet};
use crate::hash::AuthoritiesHash;
use crate::keys::PublicKey;

/// The sets of authorities that are or were in force on some branch, or wait to be. Cheap to clone.
///
/// A set is only added with a change that a quorum of a known one approved, so nobody else can make
/// this grow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownAuthorities(Arc<BTreeMap<AuthoritiesHash, Known>>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Known {
    set: AuthoritySet,
    /// The sets from which a change led here.
    before: BTreeSet<AuthoritiesHash>,
}

impl KnownAuthorities {
    /// The set of a genesis alone.
    pub fn of_genesis(set: AuthoritySet) -> Self {
        let known = Known { before: BTreeSet::new(), set };
        Self(Arc::new(BTreeMap::from([(known.set.hash(), known)])))
    }

    /// Checks, without looking at them, whether these are the very same sets; of equal ones it may
    /// not see that.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The set that a header names, if it is known.
    pub fn named(&self, hash: &AuthoritiesHash) -> Option<&AuthoritySet> {
        self.0.get(hash).map(|known| &known.set)
    }

    /// The sets from which a change led to this one: certificates in its first headers are theirs.
    pub(crate) fn before(&self, hash: &AuthoritiesHash) -> impl Iterator<Item = &AuthoritySet> {
        let before = self.0.get(hash).into_iter().flat_map(|known| &known.before);
        before.filter_map(|hash| self.named(hash))
    }

    /// Adds the set to which a verified change of a known one leads.
    pub fn learn(&mut self, change: &AuthorityChange) {
        let after = self.named(&change.authorities).map(|set| set.after(&change.step));
        if let Some(Ok(after)) = after {
            self.add(&change.authorities, &after);
        }
    }

    fn add(&mut self, before: &AuthoritiesHash, set: &AuthoritySet) {
        let leads_here = |known: &Known| known.before.contains(before);
        if self.0.get(&set.hash()).is_some_and(leads_here) {
            return;
        }
        let sets = Arc::make_mut(&mut self.0);
        let new = || Known { set: set.clone(), before: BTreeSet::new() };
        sets.entry(set.hash()).or_insert_with(new).before.insert(*before);
    }

    /// Checks whether a key is in any of the sets.
    pub fn contains(&self, key: &PublicKey) -> bool {
        self.0.values().any(|known| known.set.contains(key))
    }
}
