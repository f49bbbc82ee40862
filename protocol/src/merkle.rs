//! The tree over a block's transactions, and proofs that one of them is in it (SPEC M-1, M-2).
//!
//! Leaves and nodes have tags of their own, the number of leaves is committed, and a node without a
//! partner rises unchanged: no two lists share a root (CVE-2012-2459).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bounded::Bounded;
use crate::hash::{FullHash, Tag, TransactionsRoot, tagged};

/// The root over these leaves in this order (SPEC M-1).
pub fn transactions_root(leaves: &[FullHash]) -> TransactionsRoot {
    let mut level: Vec<[u8; 32]> = leaves.iter().map(|leaf| *leaf.as_bytes()).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(parent).collect();
    }
    let top = level.first().copied().unwrap_or_default();
    root(count(leaves.len()), &top)
}

/// A proof that a leaf is at a position of a list with a certain root (SPEC M-2).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct InclusionProof {
    /// The leaf's position in the block, from 0.
    pub position: u32,
    /// Number of leaves in the list.
    pub count: u32,
    /// The partners met on the way from the leaf to the top.
    pub partners: Bounded<[u8; 32], 32>,
}

impl InclusionProof {
    /// The proof for the leaf at `position`, or `None` if there is no such leaf.
    pub fn new(leaves: &[FullHash], position: usize) -> Option<Self> {
        leaves.get(position)?;
        let mut level: Vec<[u8; 32]> = leaves.iter().map(|leaf| *leaf.as_bytes()).collect();
        let mut at = position;
        let mut partners = Vec::new();
        while level.len() > 1 {
            partners.extend(level.get(at ^ 1));
            level = level.chunks(2).map(parent).collect();
            at /= 2;
        }
        let partners = Bounded::first_of(partners);
        Some(Self { position: count(position), count: count(leaves.len()), partners })
    }

    /// Checks whether the proof shows that `leaf` is in the list with this root.
    pub fn proves(&self, leaf: &FullHash, expected: &TransactionsRoot) -> bool {
        if self.position >= self.count {
            return false;
        }
        let (mut at, mut width) = (self.position, self.count);
        let mut partners = self.partners.iter();
        let mut hash = *leaf.as_bytes();
        while width > 1 {
            let last_and_alone = at % 2 == 0 && at.saturating_add(1) == width;
            if !last_and_alone {
                let Some(partner) = partners.next() else { return false };
                hash = if at % 2 == 0 { node(&hash, partner) } else { node(partner, &hash) };
            }
            at /= 2;
            width = width.div_ceil(2);
        }
        partners.next().is_none() && root(self.count, &hash) == *expected
    }
}

fn parent(pair: &[[u8; 32]]) -> [u8; 32] {
    match pair {
        [left, right] => node(left, right),
        [alone] => *alone,
        _ => unreachable!("chunks(2) gives one or two"),
    }
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    tagged(Tag::TransactionNode, &[left, right])
}

fn root(count: u32, top: &[u8; 32]) -> TransactionsRoot {
    TransactionsRoot::new(tagged(Tag::TransactionsRoot, &[&count.to_le_bytes(), top]))
}

fn count(len: usize) -> u32 {
    u32::try_from(len).expect("a block has far fewer than 2^32 transactions")
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn leaves(count: u8) -> Vec<FullHash> {
        (0..count).map(|byte| FullHash::new([byte; 32])).collect()
    }

    #[test]
    fn a_repeated_last_leaf_changes_the_root() {
        // SPEC M-1
        let mut roots = BTreeSet::new();
        for count in 0..20 {
            let mut list = leaves(count);
            assert!(roots.insert(transactions_root(&list)), "{count}");
            if let Some(last) = list.last().copied() {
                list.push(last);
                assert!(roots.insert(transactions_root(&list)), "{count} with the last repeated");
            }
        }
    }

    #[test]
    fn every_leaf_of_every_small_list_is_provable_and_nothing_else() {
        // SPEC M-2
        for count in 1..20 {
            let list = leaves(count);
            let root = transactions_root(&list);
            for (position, leaf) in list.iter().enumerate() {
                let proof = InclusionProof::new(&list, position).expect("in the list");
                assert!(proof.proves(leaf, &root), "{position} of {count}");
                assert!(!proof.proves(&FullHash::new([99; 32]), &root));
                for other in (0..70).chain([u32::MAX]).filter(|other| *other != proof.position) {
                    let elsewhere = InclusionProof { position: other, ..proof.clone() };
                    assert!(!elsewhere.proves(leaf, &root), "{position} of {count} at {other}");
                }
                let longer = InclusionProof { count: proof.count + 1, ..proof };
                assert!(!longer.proves(leaf, &root));
            }
            assert_eq!(InclusionProof::new(&list, list.len()), None);
        }
    }

    proptest! {
        #[test]
        fn different_lists_have_different_roots(
            one in prop::collection::vec(0_u8..4, 0..9),
            other in prop::collection::vec(0_u8..4, 0..9),
        ) {
            // SPEC M-1
            let root = |list: &[u8]| {
                let list: Vec<_> = list.iter().map(|byte| FullHash::new([*byte; 32])).collect();
                transactions_root(&list)
            };
            prop_assert_eq!(one == other, root(&one) == root(&other));
        }
    }
}
