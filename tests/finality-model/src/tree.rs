//! Trees of blocks: slots, parents, certificates in headers and changes of authorities.

use crate::authorities::AuthoritySet;
use crate::fault::{Fault, Rules};

/// Number of a block in its tree, in the order of slots; genesis is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block(pub(crate) u8);

impl Block {
    /// The block that everybody knows: never voted for, of slot 0, and "none" of a memory.
    pub const GENESIS: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Set of blocks of one tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Blocks(u16);

impl Blocks {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const GENESIS: Self = Self(1);

    pub(crate) fn insert(&mut self, block: Block) {
        self.0 |= 1 << block.0;
    }

    pub(crate) fn contains(self, block: Block) -> bool {
        self.0 >> block.0 & 1 == 1
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the block of the greatest number: on one chain, that of the greatest slot.
    pub(crate) fn highest(self) -> Block {
        let bits = u16::BITS - self.0.leading_zeros();
        Block(u8::try_from(bits.saturating_sub(1)).expect("a set has at most 16 blocks"))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Block> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let block = u8::try_from(rest.trailing_zeros()).expect("at most 16");
            let next = (rest != 0).then_some(Block(block));
            rest &= rest.wrapping_sub(1);
            next
        })
    }
}

/// Signatures that a certificate is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A quorum of votes; it can raise J.
    Votes,
    /// A quorum of commits; it can raise F and J.
    Commits,
}

/// A certificate in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Certificate {
    /// Kind of its signatures.
    pub kind: Kind,
    /// Block that they name.
    pub block: Block,
}

/// Header of a block, before it is in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Header {
    /// Slot, above that of the parent.
    pub slot: u8,
    /// Block that it stands on.
    pub parent: Block,
    /// The one certificate that there is room for.
    pub certificate: Option<Certificate>,
    /// Number of the set that the block's change of authorities leads to.
    pub change: Option<u8>,
}

/// A block in its tree, with what its chain says after it.
#[derive(Clone, Debug)]
struct Node {
    header: Header,
    /// The block itself and all below it.
    chain: Blocks,
    /// J: the highest block that a certificate on the chain names.
    justified: Block,
    /// F: the highest block that a commit certificate on the chain names.
    finalised: Block,
    /// Number of the set that signs for the block.
    set: u8,
    /// Block of the change that is not yet in force.
    pending: Option<Block>,
}

/// Blocks on a genesis block, with the sets of authorities that changes can lead to.
#[derive(Clone, Debug)]
pub struct Tree {
    sets: Vec<AuthoritySet>,
    nodes: Vec<Node>,
}

impl Tree {
    /// Returns a tree of genesis alone, where the first set is in force.
    pub fn new(sets: &[AuthoritySet]) -> Self {
        let header = Header { slot: 0, parent: Block::GENESIS, certificate: None, change: None };
        let genesis = Node {
            header,
            chain: Blocks::GENESIS,
            justified: Block::GENESIS,
            finalised: Block::GENESIS,
            set: 0,
            pending: None,
        };
        Self { sets: sets.to_vec(), nodes: vec![genesis] }
    }

    /// Returns the tree with one more block, of the highest slot yet, unless a rule forbids it.
    pub fn with(&self, header: Header, rules: Rules) -> Option<Self> {
        let parent = self.node(header.parent);
        let (mut justified, mut finalised) = (parent.justified, parent.finalised);
        if header.slot <= parent.header.slot {
            return None;
        }
        if let Some(certificate) = header.certificate {
            if !self.has_room_for(certificate, parent) {
                return None;
            }
            justified = justified.max(certificate.block);
            if certificate.kind == Kind::Commits {
                finalised = certificate.block;
            }
        }
        let number = Block(u8::try_from(self.nodes.len()).expect("trees are small"));
        let (set, mut pending) = self.set_after(header.parent, rules);
        if let Some(target) = header.change {
            if pending.is_some() || !self.is_allowed_change(set, target, rules) {
                return None;
            }
            pending = Some(number);
        }
        let mut chain = parent.chain;
        chain.insert(number);
        let mut tree = self.clone();
        tree.nodes.push(Node { header, chain, justified, finalised, set, pending });
        Some(tree)
    }

    /// H1: votes are for a block above the parent's J, commits for one above its F.
    fn has_room_for(&self, certificate: Certificate, parent: &Node) -> bool {
        let known = match certificate.kind {
            Kind::Votes => parent.justified,
            Kind::Commits => parent.finalised,
        };
        let block = certificate.block;
        parent.chain.contains(block) && self.slot(block) > self.slot(known)
    }

    /// Returns the set that signs for the children of a block, and the change still pending there.
    ///
    /// A change is in force once the parent's own chain says that its block is final.
    fn set_after(&self, parent: Block, rules: Rules) -> (u8, Option<Block>) {
        let parent = self.node(parent);
        let Some(change) = parent.pending else { return (parent.set, None) };
        let is_final = self.is_on(change, parent.finalised);
        let target = self.node(change).header.change.unwrap_or(parent.set);
        if is_final || rules.have(Fault::ChangeAtOnce) {
            (target, None)
        } else {
            (parent.set, parent.pending)
        }
    }

    /// Checks that a change adds or removes one authority.
    fn is_allowed_change(&self, from: u8, to: u8, rules: Rules) -> bool {
        let (from, to) = (self.sets[usize::from(from)], self.sets[usize::from(to)]);
        match from.distance(to) {
            1 => true,
            2 => rules.have(Fault::Replacement) && from.size() == to.size(),
            _ => false,
        }
    }

    /// Returns the sets that changes can lead to, the first of them in force at genesis.
    pub fn sets(&self) -> &[AuthoritySet] {
        &self.sets
    }

    /// Returns the blocks above genesis, in the order of slots.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + use<> {
        (1..u8::try_from(self.nodes.len()).expect("trees are small")).map(Block)
    }

    /// Returns the slot of a block.
    pub fn slot(&self, block: Block) -> u8 {
        self.node(block).header.slot
    }

    /// Returns the header of a block.
    pub fn header(&self, block: Block) -> Header {
        self.node(block).header
    }

    /// Checks whether a block is another one or stands below it.
    pub fn is_on(&self, below: Block, above: Block) -> bool {
        self.node(above).chain.contains(below)
    }

    /// Returns a block and all below it.
    pub fn chain(&self, block: Block) -> Blocks {
        self.node(block).chain
    }

    /// J: the highest block that a certificate on the chain of a block names.
    pub fn justified(&self, block: Block) -> Block {
        self.node(block).justified
    }

    /// Returns the set that signs for a block.
    pub fn set(&self, block: Block) -> AuthoritySet {
        self.sets[usize::from(self.node(block).set)]
    }

    /// Checks whether some block is signed for by another set than the first.
    pub fn has_changed_set(&self) -> bool {
        self.nodes.iter().any(|node| node.set != 0)
    }

    /// Returns the name of a block: its slot, and a letter among the blocks of the slot.
    pub fn name(&self, block: Block) -> String {
        if block == Block::GENESIS {
            return "genesis".to_owned();
        }
        let before = self.blocks().filter(|one| *one < block);
        let siblings = before.filter(|one| self.slot(*one) == self.slot(block)).count();
        let letter = ["a", "b", "c", "d"].get(siblings).unwrap_or(&"?");
        format!("{}{letter}", self.slot(block))
    }

    /// Returns a line that shows each block on its parent, with certificates and changes.
    pub fn describe(&self) -> String {
        let blocks = self.blocks().map(|block| self.describe_block(block));
        blocks.collect::<Vec<_>>().join(", ")
    }

    fn describe_block(&self, block: Block) -> String {
        let node = self.node(block);
        let mut text = format!("{} on {}", self.name(block), self.name(node.header.parent));
        if let Some(certificate) = node.header.certificate {
            let kind = match certificate.kind {
                Kind::Votes => "votes",
                Kind::Commits => "commits",
            };
            text += &format!(" with {kind} for {}", self.name(certificate.block));
        }
        if let Some(change) = node.header.change {
            text += &format!(" changing to set {change}");
        }
        if node.set != 0 {
            text += &format!(" (set {})", node.set);
        }
        text
    }

    fn node(&self, block: Block) -> &Node {
        &self.nodes[block.index()]
    }
}
