//! Claims: whether each holds, by what the nodes say.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{Height, Slot, TransactionId, UnixMillis};

use super::play::Play;
use super::stage::{Answer, Standing, Status};
use super::story::{Claim, decimal};

/// The verdict on a claim: whether it holds, and what was seen on each node.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) holds: bool,
    pub(super) seen: Vec<(u16, String)>,
}

/// The view of one node on a claim.
#[derive(Debug)]
struct Seen {
    holds: bool,
    what: String,
}

impl Seen {
    fn new(holds: bool, what: String) -> Self {
        Self { holds, what }
    }
}

/// The ground that a claim compares with: how things stood when it was made.
#[derive(Debug)]
pub(super) struct Ground {
    heights: BTreeMap<u16, Height>,
    slot: Slot,
}

impl Play<'_> {
    /// Notes how things stand before something is expected; a claim that time must pass for waits
    /// here.
    pub(super) fn ground(&mut self, claim: &Claim) -> Ground {
        let slot =
            self.stage.spec().slot_at(UnixMillis::new(self.stage.time())).unwrap_or_default();
        let heights = match claim {
            Claim::MoreBlocks(_) => {
                let height = |node: u16| Some((node, self.stage.head(node)?.height));
                self.awake().into_iter().filter_map(height).collect()
            }
            _ => BTreeMap::new(),
        };
        if let Claim::NoBlocksBy { slots, .. } = claim {
            self.stage.wait(*slots);
        }
        Ground { heights, slot }
    }

    /// Checks whether a claim holds on these nodes; for some claims one is enough, unless the story
    /// has `named` them.
    pub(super) fn look(
        &self,
        claim: &Claim,
        nodes: &[u16],
        named: bool,
        ground: &Ground,
    ) -> Verdict {
        let one_is_enough = matches!(claim, Claim::Reorg | Claim::Reverted(..)) && !named;
        let mut looked: Vec<(u16, Seen)> = match claim {
            Claim::EqualHeads | Claim::DifferentHeads | Claim::EqualHeights => {
                self.heads(nodes, claim)
            }
            Claim::Refused(name, code) => vec![self.refused(name, code)],
            _ => nodes.iter().map(|node| (*node, self.at(*node, claim, ground))).collect(),
        };
        let mut holds = looked.iter().map(|(_, seen)| seen.holds);
        let all = !looked.is_empty() && holds.clone().all(|holds| holds);
        let holds = if one_is_enough { holds.any(|holds| holds) } else { all };
        Verdict { holds, seen: looked.drain(..).map(|(node, seen)| (node, seen.what)).collect() }
    }

    fn heads(&self, nodes: &[u16], claim: &Claim) -> Vec<(u16, Seen)> {
        let heads = self.stage.heads(nodes);
        let hashes: BTreeSet<_> = heads.iter().flatten().map(|head| &head.hash).collect();
        let height = |node: &u16| self.stage.head(*node).map(|head| head.height);
        let heights: BTreeSet<_> = nodes.iter().map(height).collect();
        let so = match claim {
            Claim::EqualHeights => heights.len() == 1,
            Claim::EqualHeads => hashes.len() == 1,
            _ => hashes.len() > 1,
        };
        let holds = so && heads.iter().all(Option::is_some);
        nodes.iter().map(|node| (*node, Seen::new(holds, self.place(*node)))).collect()
    }

    fn refused(&self, name: &str, code: &str) -> (u16, Seen) {
        let sent = self.sent(name);
        let told = match &sent.answer {
            Answer::Taken => format!("{name} was taken"),
            Answer::Refused(other) => format!("{name} was refused {other}"),
            Answer::Silence => "no answer".to_owned(),
        };
        (sent.via, Seen::new(sent.answer == Answer::Refused(code.to_owned()), told))
    }

    /// Asks one node about a claim.
    fn at(&self, node: u16, claim: &Claim, ground: &Ground) -> Seen {
        match claim {
            Claim::HeightAtLeast(height) => {
                let high =
                    self.stage.head(node).is_some_and(|head| head.height >= Height::new(*height));
                Seen::new(high, self.place(node))
            }
            Claim::MoreBlocks(count) => {
                let height = self.stage.head(node).map(|head| head.height).unwrap_or_default();
                let before = ground.heights.get(&node).copied().unwrap_or_default();
                let seen = format!("height {height}, before it was {before}");
                Seen::new(height >= before + *count, seen)
            }
            Claim::BlocksBy(leader) | Claim::NoBlocksBy { node: leader, .. } => {
                let blocks = self.blocks_by(node, *leader, ground.slot);
                let wanted = matches!(claim, Claim::BlocksBy(_));
                let seen = format!("{blocks} blocks by n{leader} since slot {}", ground.slot);
                Seen::new((blocks > 0) == wanted, seen)
            }
            Claim::Synced => self.standing(node, |standing| standing.synced),
            Claim::Clock { wrong } => self.standing(node, |one| one.wrong_clock == *wrong),
            Claim::Reorg => {
                let count = self.stage.reorgs(node).len();
                Seen::new(count > 0, format!("{count} reorgs"))
            }
            Claim::Has(who, amount, token) => {
                let has = self.stage.balance(node, who.address(), *token);
                let seen = format!("{} has {} {token}", who.0, decimal(has));
                Seen::new(has == amount.units(), seen)
            }
            Claim::Supply(token, amount) => match self.stage.supply(node, *token) {
                Some(supply) => {
                    let seen = format!("the supply of {token} is {}", decimal(supply));
                    Seen::new(supply == amount.units(), seen)
                }
                None => Seen::new(false, format!("there is no {token}")),
            },
            _ => self.became(node, claim),
        }
    }

    /// Asks one node what became of transactions.
    fn became<'a>(&self, node: u16, claim: &'a Claim) -> Seen {
        let status = |name: &String| self.stage.status(node, &self.sent(name).id);
        let is = |name: &String, holds: &dyn Fn(&Status) -> bool| {
            let status = status(name);
            Seen::new(holds(&status), told(&status))
        };
        match claim {
            Claim::OneOf(names) => {
                let times = |name: &'a String| (name, self.times(node, &self.sent(name).id));
                let counts: Vec<(&String, usize)> = names.iter().map(times).collect();
                let sum = counts.iter().map(|(_, times)| times).sum::<usize>();
                let one = |(name, times): &(&String, usize)| format!("{name} {times} times");
                let all = counts.iter().map(one).collect::<Vec<_>>().join(", ");
                Seen::new(sum == 1, format!("included: {all}"))
            }
            Claim::IncludedOnce(name) => {
                let times = self.times(node, &self.sent(name).id);
                let seen = if times == 1 { "included".to_owned() } else { told(&status(name)) };
                Seen::new(times == 1, format!("{seen}, {times} times on the chain"))
            }
            Claim::Reverted(name, outcome) => self.reverted(node, name, outcome),
            Claim::NotIncluded(name) => is(name, &|status| *status != Status::Included),
            Claim::Waiting(name) => is(name, &|status| *status == Status::Waiting),
            Claim::Parked(name, code) => {
                is(name, &|status| *status == Status::Parked(code.clone()))
            }
            Claim::Expired(name) => {
                is(name, &|status| *status == Status::Dropped("expired".to_owned()))
            }
            other => unreachable!("not of a transaction: {other:?}"),
        }
    }

    /// Describes where a node stands, for people.
    pub(super) fn place(&self, node: u16) -> String {
        match self.stage.head(node) {
            Some(head) => format!("height {}, {}", head.height, head.hash.get(..12).unwrap_or("")),
            None => "no answer".to_owned(),
        }
    }

    fn standing(&self, node: u16, holds: impl Fn(Standing) -> bool) -> Seen {
        match self.stage.standing(node) {
            Some(standing) => {
                let synced = if standing.synced { "synced" } else { "not synced" };
                let clock = if standing.wrong_clock { "wrong" } else { "right" };
                Seen::new(holds(standing), format!("{synced}, its clock is {clock}"))
            }
            None => Seen::new(false, "no answer".to_owned()),
        }
    }

    /// Counts how often a transaction is on a node's chain.
    fn times(&self, node: u16, id: &TransactionId) -> usize {
        if self.stage.status(node, id) != Status::Included {
            return 0;
        }
        let chain = self.stage.spec().chain();
        let blocks = self.stage.chain(node);
        let bodies = blocks.iter().flat_map(|block| &block.transactions);
        bodies.filter(|body| body.id(chain) == *id).count()
    }

    /// Counts the blocks of a node's chain that another wrote after a slot. The first node leads
    /// the first slot of each round (SPEC B-3).
    fn blocks_by(&self, node: u16, leader: u16, after: Slot) -> usize {
        let authorities = self.stage.spec().genesis_authorities().len();
        let round = u64::try_from(authorities).unwrap_or(u64::MAX);
        let turn = u64::from(leader - 1);
        let chain = self.stage.chain(node);
        chain.iter().filter(|one| one.slot > after + 1 && one.slot.get() % round == turn).count()
    }

    fn reverted(&self, node: u16, name: &str, outcome: &str) -> Seen {
        let id = self.sent(name).id;
        let reorgs = self.stage.reorgs(node);
        let of_it = reorgs.iter().flatten().filter(|(one, _)| *one == id);
        let outcomes: Vec<_> = of_it.map(|(_, outcome)| outcome.clone()).collect();
        let status = self.stage.status(node, &id);
        let is_told = |word: &str| outcomes.iter().any(|one| one == word);
        // A branch can come in two steps: what the first one put back conflicts with the second.
        let is_impossible = match &status {
            Status::Parked(_) => true,
            Status::Dropped(code) => code != "expired",
            Status::Unknown | Status::Waiting | Status::Included => false,
        };
        let later = outcome == "conflicting" && is_told("back_in_pool") && is_impossible;
        let seen =
            format!("{} reorgs, of {name}: {outcomes:?}, now {}", reorgs.len(), told(&status));
        Seen::new(is_told(outcome) || later, seen)
    }
}

fn told(status: &Status) -> String {
    match status {
        Status::Unknown => "not known".to_owned(),
        Status::Waiting => "waiting".to_owned(),
        Status::Parked(code) => format!("parked {code}"),
        Status::Included => "included".to_owned(),
        Status::Dropped(code) => format!("dropped {code}"),
    }
}
