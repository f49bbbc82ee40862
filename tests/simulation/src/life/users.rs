//! Users: what people ask of the nodes.

use std::collections::BTreeMap;

use coinage_protocol::engine::{MempoolBounds, SubmitOutcome};
use coinage_protocol::{
    Action, CheckedTransaction, CreateToken, Refusal, SecretKey, Symbol, Text, Transaction,
    TransactionId, UnixMillis,
};

use crate::accounts::{RICH, WILD, capped_token};
use crate::fixtures::{account, address, coin, transaction, units};
use crate::sim_network::{Family, World};

/// A use that somebody wants to make, with the numbers that make it this and no other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Use {
    kind: Kind,
    numbers: [u64; 3],
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A payment that is covered whatever happens: it must arrive.
    Pay,
    /// A payment that may be covered or not, of any size.
    Gamble,
    /// The same coins paid to two people through two nodes.
    PayTwice,
    Mint,
    Burn,
    Create,
    PassIssuer,
    /// A payment to somebody who has no balance yet.
    PayStranger,
    OutOfTime,
    UnknownToken,
    /// The bytes of an earlier transaction once more.
    Resend,
}

impl Use {
    pub(crate) const ALL: [Kind; 14] = [
        Kind::Pay,
        Kind::Pay,
        Kind::Pay,
        Kind::Pay,
        Kind::Gamble,
        Kind::PayTwice,
        Kind::Mint,
        Kind::Burn,
        Kind::Create,
        Kind::PassIssuer,
        Kind::PayStranger,
        Kind::OutOfTime,
        Kind::UnknownToken,
        Kind::Resend,
    ];
}

impl Kind {
    pub(crate) fn with(self, numbers: [u64; 3]) -> Use {
        Use { kind: self, numbers }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pay => "payment",
            Self::Gamble => "gamble",
            Self::PayTwice => "double spend",
            Self::Mint => "mint",
            Self::Burn => "burn",
            Self::Create => "create token",
            Self::PassIssuer => "pass issuer",
            Self::PayStranger => "pay a stranger",
            Self::OutOfTime => "out of time",
            Self::UnknownToken => "unknown token",
            Self::Resend => "resend",
        }
    }
}

/// The memory of people of what they sent.
#[derive(Debug, Default)]
pub(crate) struct Users {
    /// Transactions that must arrive: to which node each was given, and in which of its lives.
    pub(crate) sure: BTreeMap<TransactionId, (CheckedTransaction, usize, u64)>,
    sent: Vec<CheckedTransaction>,
    salt: u64,
}

impl Users {
    pub(crate) fn act(&mut self, world: &mut World, node: usize, what: Use) {
        let [one, two, three] = what.numbers;
        let wild = account(pick(&WILD, one));
        let other = address(&account(pick(&WILD, one + 1 + two % 2)));
        let me = address(&wild);
        world.tally.count(Family::Use, what.kind.name());
        let gold = capped_token();
        let some = units(u128::from(three % 700) + 1);
        let issuer = address(&account(WILD[0]));
        let pay = |token, amount| Action::Transfer { token, from: me, to: other, amount };
        match what.kind {
            Kind::Pay => self.pay(world, node, one, two),
            Kind::Resend => self.resend(world, node, one),
            Kind::Gamble => {
                let amount = units([1, 300_000, 900_000, 5_000_000][bounded(three, 4)]);
                self.send(world, node, &wild, three, pay(coin(), amount));
            }
            Kind::PayTwice => {
                let nodes = world.nodes.len();
                let elsewhere = (node + 1 + bounded(three, nodes)) % nodes;
                let to = [other, address(&account(rich(two)))];
                for (node, to) in [(node, to[0]), (elsewhere, to[1])] {
                    if world.is_usable(node) {
                        let amount = units(600_000);
                        let spend = Action::Transfer { token: coin(), from: me, to, amount };
                        self.send(world, node, &wild, 0, spend);
                    }
                }
            }
            Kind::Mint => {
                let mint = Action::Mint { token: gold, issuer: me, to: other, amount: some };
                self.send(world, node, &wild, three, mint);
            }
            Kind::Burn => {
                let token = [coin(), gold][bounded(three, 2)];
                self.send(world, node, &wild, two, Action::Burn { token, from: me, amount: some });
            }
            Kind::Create => {
                let token = symbol(three);
                let (supply, cap) = (units(u128::from(two % 50)), Some(units(50)));
                let create = CreateToken {
                    token,
                    name: Text::default(),
                    decimals: 2,
                    cap,
                    issuer: Some(me),
                    supply,
                    to: me,
                };
                self.send(world, node, &wild, two, Action::CreateToken(create));
            }
            Kind::PassIssuer => {
                let token = [gold, symbol(three), symbol(two)][bounded(two, 3)];
                let new = [None, Some(issuer), Some(other)][bounded(three, 3)];
                let new = new.filter(|new| *new != me);
                let pass = Action::SetIssuer { token, issuer: me, new };
                self.send(world, node, &wild, one, pass);
            }
            Kind::PayStranger => {
                let to = address(&account(40 + u8::try_from(three % 20).unwrap_or(0)));
                let pay = Action::Transfer { token: coin(), from: me, to, amount: units(1) };
                self.send(world, node, &wild, two, pay);
            }
            Kind::OutOfTime => {
                let slots = [1, 1_000_000][bounded(three, 2)];
                let expiry = world.expiry(slots).saturating_sub(500 * (three % 3) * (slots % 2));
                self.send_until(world, node, &wild, expiry.get(), 0, pay(coin(), some));
            }
            Kind::UnknownToken => self.send(world, node, &wild, two, pay(symbol(three), some)),
        }
    }

    /// Sends again what was given to a process that is no more. What was given to one that lives
    /// must be on its way by itself.
    pub(crate) fn repeat_what_may_be_lost(&mut self, world: &mut World) {
        let lost = self.sure.values().filter(|(_, node, life)| world.nodes[*node].life != *life);
        let lost: Vec<_> = lost.map(|(transaction, ..)| transaction.clone()).collect();
        let Some(node) = world.honest().next() else { return };
        for transaction in lost {
            self.pay_with(world, node, transaction);
        }
    }

    /// Takes off those payments whose senders are told that there is no room: they count on them no
    /// longer.
    pub(crate) fn hear(&mut self, world: &mut World) {
        for (node, id) in world.without_room.drain(..) {
            if self.sure.get(&id).is_some_and(|(_, given_to, _)| *given_to == node) {
                self.sure.remove(&id);
                world.tally.count(Family::Use, "payment given back");
            }
        }
    }

    /// A number that no other transaction of these users has.
    pub(super) fn next_salt(&mut self) -> u64 {
        self.salt += 1;
        self.salt
    }

    /// Gives a node what is signed.
    pub(super) fn hand_in(
        &mut self,
        world: &mut World,
        node: usize,
        signed: Transaction,
        park: bool,
    ) {
        let signed = world.signed(signed);
        self.sent.push(signed.clone());
        world.submit(node, signed, park);
    }

    /// Pays what is covered whatever happens.
    pub(super) fn pay(&mut self, world: &mut World, node: usize, from: u64, to: u64) {
        let payer = account(rich(from));
        let to = address(&account(rich(from + 1 + to % 4)));
        let (from, amount) = (address(&payer), units(3));
        let pay = Action::Transfer { token: coin(), from, to, amount };
        let (salt, expiry) = (self.next_salt(), world.expiry(20_000));
        let signed = transaction(world.spec().chain(), &[&payer], salt, expiry, vec![pay]);
        let signed = world.signed(signed);
        self.sent.push(signed.clone());
        self.pay_with(world, node, signed);
    }

    /// Submits a payment that is covered. Only want of room may keep it from being taken, and only
    /// where there is little; or that the node's chain is beyond its time, which it may be where
    /// authorities with wrong clocks were among themselves.
    fn pay_with(&mut self, world: &mut World, node: usize, payment: CheckedTransaction) {
        let life = world.nodes[node].life;
        self.sure.insert(payment.id(), (payment.clone(), node, life));
        let head = world.nodes[node].engine().view().head;
        let beyond = world.spec().slot_time(head.slot) > payment.transaction().body.expires_at;
        let before = world.outcomes.len();
        world.submit(node, payment, false);
        let little = world.nodes[node].pool != MempoolBounds::default();
        for (id, outcome) in world.outcomes.split_off(before) {
            if let SubmitOutcome::Refused(refusal) = outcome
                && !(little && refusal == Refusal::PoolFull)
                && !(beyond && matches!(refusal, Refusal::Expiry(_)))
            {
                world.violation("P-2", || format!("node {} refuses {id}: {refusal}", node + 1));
            }
        }
    }

    fn resend(&mut self, world: &mut World, node: usize, which: u64) {
        if let Some(at) = which.checked_rem(self.sent.len() as u64) {
            let again = self.sent[usize::try_from(at).unwrap_or(0)].clone();
            world.submit(node, again, which.is_multiple_of(2));
        }
    }

    fn send(&mut self, world: &mut World, node: usize, by: &SecretKey, park: u64, what: Action) {
        let expiry = world.expiry(10 + park % 300);
        self.send_until(world, node, by, expiry.get(), park, what);
    }

    fn send_until(
        &mut self,
        world: &mut World,
        node: usize,
        by: &SecretKey,
        expiry: u64,
        park: u64,
        what: Action,
    ) {
        let salt = self.next_salt();
        let signed =
            transaction(world.spec().chain(), &[by], salt, UnixMillis::new(expiry), vec![what]);
        self.hand_in(world, node, signed, park % 2 == 1);
    }
}

fn pick(of: &[u8], number: u64) -> u8 {
    of[bounded(number, of.len())]
}

fn bounded(number: u64, below: usize) -> usize {
    usize::try_from(number % below as u64).unwrap_or(0)
}

fn symbol(number: u64) -> Symbol {
    ["T0", "T1", "T2", "T3"][bounded(number, 4)].parse().expect("a symbol")
}

/// Chooses a receiver for payments that must arrive: among people who have balances already.
pub(super) fn rich(number: u64) -> u8 {
    RICH[usize::try_from(number % RICH.len() as u64).unwrap_or(0)]
}
