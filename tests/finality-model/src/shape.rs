//! Shapes of trees, and every tree of a shape.

use std::ops::{ControlFlow, Range};

use crate::authorities::AuthoritySet;
use crate::fault::Rules;
use crate::tree::{Block, Certificate, Header, Kind, Tree};

/// Certificates that the headers of a shape's trees carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// None.
    Nothing,
    /// None, or votes.
    Votes,
    /// None, or commits.
    Commits,
    /// None, or either kind.
    Both,
}

/// All trees with so many blocks in each slot.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s> {
    /// Blocks of each slot, from slot 1 on.
    pub blocks: &'s [u8],
    /// Sets of authorities that changes can lead to; with one there are no changes.
    pub sets: &'s [AuthoritySet],
    /// Certificates in headers.
    pub written: Written,
}

impl Shape<'_> {
    /// Visits every tree once; trees that differ in the order of a slot's blocks are one.
    pub fn for_each_tree(
        &self,
        rules: Rules,
        visit: &mut dyn FnMut(&Tree) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let orders = self.orders();
        let mut canonical = |tree: &Tree| {
            if is_canonical(tree, &orders) { visit(tree) } else { ControlFlow::Continue(()) }
        };
        let slots = self.blocks.iter().zip(1..);
        let slots: Vec<u8> =
            slots.flat_map(|(count, slot)| (0..*count).map(move |_| slot)).collect();
        self.grow(&Tree::new(self.sets), &slots, rules, &mut canonical)
    }

    /// Puts the blocks of the slots ahead on a tree, in every way.
    fn grow(
        &self,
        tree: &Tree,
        ahead: &[u8],
        rules: Rules,
        visit: &mut dyn FnMut(&Tree) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some((slot, ahead)) = ahead.split_first() else { return visit(tree) };
        for parent in std::iter::once(Block::GENESIS).chain(tree.blocks()) {
            for certificate in self.certificates(tree, parent) {
                for change in self.changes() {
                    let header = Header { slot: *slot, parent, certificate, change };
                    if let Some(grown) = tree.with(header, rules) {
                        self.grow(&grown, ahead, rules, visit)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn certificates(&self, tree: &Tree, parent: Block) -> Vec<Option<Certificate>> {
        let kinds: &[Kind] = match self.written {
            Written::Nothing => &[],
            Written::Votes => &[Kind::Votes],
            Written::Commits => &[Kind::Commits],
            Written::Both => &[Kind::Votes, Kind::Commits],
        };
        let blocks = tree.chain(parent).iter().filter(|block| *block != Block::GENESIS);
        let all = blocks.flat_map(|block| kinds.iter().map(move |kind| (*kind, block)));
        let all = all.map(|(kind, block)| Some(Certificate { kind, block }));
        std::iter::once(None).chain(all).collect()
    }

    fn changes(&self) -> impl Iterator<Item = Option<u8>> + use<> {
        let sets = u8::try_from(self.sets.len()).expect("few sets");
        let all = if sets > 1 { 0..sets } else { 0..0 };
        std::iter::once(None).chain(all.map(Some))
    }

    /// Lists all ways to number the blocks of each slot otherwise, by old number.
    fn orders(&self) -> Vec<Vec<Block>> {
        let mut orders = vec![vec![Block::GENESIS]];
        let mut first = 1;
        for count in self.blocks {
            let ways = permutations(first..first + count);
            let extended = orders.iter().flat_map(|order| {
                ways.iter().map(|way| [order.as_slice(), way.as_slice()].concat())
            });
            orders = extended.collect();
            first += count;
        }
        orders
    }
}

fn permutations(range: Range<u8>) -> Vec<Vec<Block>> {
    let mut found: Vec<Vec<Block>> = vec![Vec::new()];
    for _ in range.clone() {
        let longer = found.iter().flat_map(|way| {
            let rest = range.clone().map(Block).filter(|block| !way.contains(block));
            rest.map(|block| [way.as_slice(), &[block]].concat())
        });
        found = longer.collect();
    }
    found
}

/// Checks that no other numbering of a tree comes first.
fn is_canonical(tree: &Tree, orders: &[Vec<Block>]) -> bool {
    let headers: Vec<Header> = tree.blocks().map(|block| tree.header(block)).collect();
    orders.iter().all(|order| {
        let mut renamed = headers.clone();
        for (header, to) in headers.iter().zip(&order[1..]) {
            let named = |block: Block| order[block.index()];
            let certificate = header
                .certificate
                .map(|one| Certificate { kind: one.kind, block: named(one.block) });
            renamed[to.index() - 1] =
                Header { parent: named(header.parent), certificate, ..*header };
        }
        headers <= renamed
    })
}
