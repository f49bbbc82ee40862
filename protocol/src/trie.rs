//! A persistent binary Merkle trie over hashed keys (SPEC M-3, M-4).
//!
//! *Defined* without regard to memory: no keys hash to zeros; one key hashes to its leaf; several
//! hash to the node over those whose next bit is 0 and those whose next bit is 1. In memory,
//! successive versions share what did not change, so keeping the states of many blocks is cheap.

#![allow(clippy::arithmetic_side_effects)] // only depths, which end at 256

use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bounded::Bounded;
use crate::hash::{StateRoot, Tag, tagged};

/// A key after hashing; its first bit is the highest of its first byte.
pub(crate) type TrieKey = [u8; 32];

/// A value that a trie can hold.
pub(crate) trait TrieValue: Clone {
    /// A hash that commits to the value.
    fn commitment(&self) -> [u8; 32];
}

/// A map from hashed keys to values with a root that commits to all of them.
#[derive(Clone, Debug)]
pub(crate) struct Trie<V>(Option<Arc<Node<V>>>);

#[derive(Debug)]
struct Node<V> {
    hash: [u8; 32],
    kind: Kind<V>,
}

#[derive(Debug)]
enum Kind<V> {
    Leaf { key: TrieKey, value: V },
    Branch { zero: Option<Arc<Node<V>>>, one: Option<Arc<Node<V>>> },
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<V: TrieValue> Trie<V> {
    /// Commits to every key and value (SPEC M-3).
    pub(crate) fn root(&self) -> StateRoot {
        StateRoot::new(hash_of(self.0.as_ref()))
    }

    /// The value at a key.
    pub(crate) fn get(&self, wanted: &TrieKey) -> Option<&V> {
        let mut node = self.0.as_deref()?;
        let mut depth = 0;
        loop {
            match &node.kind {
                Kind::Leaf { key, value } => return (key == wanted).then_some(value),
                Kind::Branch { zero, one } => {
                    node = if bit(wanted, depth) { one } else { zero }.as_deref()?;
                    depth += 1;
                }
            }
        }
    }

    /// Returns the trie after setting (`Some`) and removing (`None`) keys.
    ///
    /// # Panics
    ///
    /// If the changes are not in strictly increasing order of their keys.
    pub(crate) fn with(&self, changes: Vec<(TrieKey, Option<V>)>) -> Self {
        assert!(changes.is_sorted_by(|one, next| one.0 < next.0), "one sorted change for each key");
        let changes: Vec<Change<V>> = changes
            .into_iter()
            .map(|(key, value)| (key, value.map(|value| leaf(key, value))))
            .collect();
        Self(changed(self.0.as_ref(), 0, &changes))
    }

    /// Every value, in the order of the hashed keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        let mut open: Vec<&Node<V>> = self.0.as_deref().into_iter().collect();
        core::iter::from_fn(move || {
            loop {
                match &open.pop()?.kind {
                    Kind::Leaf { value, .. } => return Some(value),
                    Kind::Branch { zero, one } => {
                        open.extend(one.as_deref());
                        open.extend(zero.as_deref());
                    }
                }
            }
        })
    }

    /// A proof of what is, or is not, at a key (SPEC M-4).
    pub(crate) fn prove(&self, wanted: &TrieKey) -> StateProof {
        let mut partners = Vec::new();
        let mut node = self.0.as_deref();
        let mut found = None;
        while let Some(present) = node {
            match &present.kind {
                Kind::Leaf { key, value } => {
                    found = Some((*key, value.commitment()));
                    break;
                }
                Kind::Branch { zero, one } => {
                    let (way, partner) =
                        if bit(wanted, partners.len()) { (one, zero) } else { (zero, one) };
                    partners.push(hash_of(partner.as_ref()));
                    node = way.as_deref();
                }
            }
        }
        StateProof { partners: Bounded::first_of(partners), found }
    }
}

/// A proof of what stands at a key of a state, or that nothing does (SPEC M-4).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StateProof {
    /// The partners met on the way from the root down.
    pub partners: Bounded<[u8; 32], 256>,
    /// The hashed key and the commitment of the leaf at the end of the way, if one is there.
    pub found: Option<(TrieKey, [u8; 32])>,
}

impl StateProof {
    /// Checks whether the proof shows that under this root the key has a value with this
    /// commitment, or none.
    pub(crate) fn proves(
        &self,
        root: &StateRoot,
        key: &TrieKey,
        commitment: Option<[u8; 32]>,
    ) -> bool {
        let depth = self.partners.len();
        let claim = match self.found {
            Some((found, there)) if found == *key => commitment == Some(there),
            // Another leaf ends the way: it must really lie on it.
            Some((found, _)) => {
                commitment.is_none() && (0..depth).all(|at| bit(&found, at) == bit(key, at))
            }
            None => commitment.is_none(),
        };
        let end = self.found.map(|(found, there)| leaf_hash(&found, &there)).unwrap_or_default();
        let top = self.partners.iter().enumerate().rev().fold(end, |hash, (at, partner)| {
            if bit(key, at) { node_hash(partner, &hash) } else { node_hash(&hash, partner) }
        });
        claim && top == *root.as_bytes()
    }
}

/// A key and its new leaf, or that it is to go.
type Change<V> = (TrieKey, Option<Arc<Node<V>>>);

fn changed<V: TrieValue>(
    node: Option<&Arc<Node<V>>>,
    depth: usize,
    changes: &[Change<V>],
) -> Option<Arc<Node<V>>> {
    let Some(node) = node else {
        let leaves: Vec<_> = changes.iter().filter_map(|(_, leaf)| leaf.clone()).collect();
        return built(depth, &leaves);
    };
    if changes.is_empty() {
        return Some(Arc::clone(node));
    }
    match &node.kind {
        Kind::Leaf { key, .. } => {
            let mut leaves: Vec<_> = changes.iter().filter_map(|(_, leaf)| leaf.clone()).collect();
            if changes.binary_search_by(|(changed, _)| changed.cmp(key)).is_err() {
                let place = leaves.partition_point(|leaf| key_of(leaf) < key);
                leaves.insert(place, Arc::clone(node));
            }
            built(depth, &leaves)
        }
        Kind::Branch { zero, one } => {
            let (zeros, ones) =
                changes.split_at(changes.partition_point(|(key, _)| !bit(key, depth)));
            let next = depth + 1;
            joined(changed(zero.as_ref(), next, zeros), changed(one.as_ref(), next, ones))
        }
    }
}

/// The subtrie of these leaves, which are sorted and agree in their first `depth` bits.
fn built<V: TrieValue>(depth: usize, leaves: &[Arc<Node<V>>]) -> Option<Arc<Node<V>>> {
    if let [] | [_] = leaves {
        return leaves.first().cloned();
    }
    let (zeros, ones) = leaves.split_at(leaves.partition_point(|leaf| !bit(key_of(leaf), depth)));
    joined(built(depth + 1, zeros), built(depth + 1, ones))
}

fn joined<V>(zero: Option<Arc<Node<V>>>, one: Option<Arc<Node<V>>>) -> Option<Arc<Node<V>>> {
    match (zero, one) {
        (None, None) => None,
        (Some(alone), None) | (None, Some(alone)) if matches!(alone.kind, Kind::Leaf { .. }) => {
            Some(alone)
        }
        (zero, one) => {
            let hash = node_hash(&hash_of(zero.as_ref()), &hash_of(one.as_ref()));
            Some(Arc::new(Node { hash, kind: Kind::Branch { zero, one } }))
        }
    }
}

fn leaf<V: TrieValue>(key: TrieKey, value: V) -> Arc<Node<V>> {
    let hash = leaf_hash(&key, &value.commitment());
    Arc::new(Node { hash, kind: Kind::Leaf { key, value } })
}

fn key_of<V>(leaf: &Node<V>) -> &TrieKey {
    match &leaf.kind {
        Kind::Leaf { key, .. } => key,
        Kind::Branch { .. } => unreachable!("only leaves are collected"),
    }
}

fn hash_of<V>(node: Option<&Arc<Node<V>>>) -> [u8; 32] {
    node.map(|node| node.hash).unwrap_or_default()
}

fn leaf_hash(key: &TrieKey, commitment: &[u8; 32]) -> [u8; 32] {
    tagged(Tag::StateLeaf, &[key, commitment])
}

fn node_hash(zero: &[u8; 32], one: &[u8; 32]) -> [u8; 32] {
    tagged(Tag::StateNode, &[zero, one])
}

fn bit(key: &TrieKey, depth: usize) -> bool {
    key.get(depth / 8).is_some_and(|byte| byte & (0x80 >> (depth % 8)) != 0)
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl TrieValue for u8 {
        fn commitment(&self) -> [u8; 32] {
            [*self; 32]
        }
    }

    /// The root by its definition, word by word.
    fn naive_root(entries: &BTreeMap<TrieKey, u8>, depth: usize) -> [u8; 32] {
        let mut all = entries.iter();
        match (all.next(), all.next()) {
            (None, _) => [0; 32],
            (Some((key, value)), None) => leaf_hash(key, &value.commitment()),
            _ => {
                let side = |wanted| {
                    let part = entries.iter().filter(|(key, _)| bit(key, depth) == wanted);
                    naive_root(&part.map(|(key, value)| (*key, *value)).collect(), depth + 1)
                };
                node_hash(&side(false), &side(true))
            }
        }
    }

    /// Keys that share long prefixes, which hashed keys hardly ever do.
    fn near_keys() -> impl Strategy<Value = TrieKey> {
        (0_u8..8, 0_u8..4, 0_u8..2).prop_map(|(first, middle, last)| {
            let mut key = [0; 32];
            (key[0], key[15], key[31]) = (first << 5, middle, last);
            key
        })
    }

    type Batch = BTreeMap<TrieKey, Option<u8>>;

    fn batches() -> impl Strategy<Value = Vec<Batch>> {
        let batch = prop::collection::btree_map(near_keys(), any::<Option<u8>>(), 0..12);
        prop::collection::vec(batch, 1..8)
    }

    proptest! {
        #[test]
        fn the_root_is_the_defined_one_after_any_batches(batches in batches()) {
            // SPEC M-3
            let (mut model, mut trie) = (BTreeMap::new(), Trie::default());
            let mut versions = Vec::new();
            for batch in batches {
                for (key, value) in &batch {
                    match value {
                        Some(value) => model.insert(*key, *value),
                        None => model.remove(key),
                    };
                }
                trie = trie.with(batch.into_iter().collect());
                prop_assert_eq!(trie.root(), StateRoot::new(naive_root(&model, 0)));
                prop_assert!(trie.values().eq(model.values()));
                versions.push((trie.clone(), trie.root()));
            }
            // Older versions are untouched.
            prop_assert!(versions.iter().all(|(version, root)| version.root() == *root));
        }

        #[test]
        fn presence_and_absence_are_provable_and_nothing_else(
            batch in prop::collection::btree_map(near_keys(), any::<u8>(), 0..12),
            wanted in near_keys(),
        ) {
            // SPEC M-4
            let changes = batch.iter().map(|(key, value)| (*key, Some(*value))).collect();
            let trie = Trie::<u8>::default().with(changes);
            let proof = trie.prove(&wanted);
            let there = batch.get(&wanted).map(TrieValue::commitment);
            prop_assert!(proof.proves(&trie.root(), &wanted, there));
            for lie in [None, Some([0xee; 32])] {
                let accepted = proof.proves(&trie.root(), &wanted, lie);
                prop_assert_eq!(accepted, lie == there);
            }
        }
    }
}
