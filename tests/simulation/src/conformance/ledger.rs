//! Transactions that the state refuses, which is nobody's fault but a leader's.

use coinage_protocol::{Action, Amount, CreateToken, Slot, Symbol, Text, UnixMillis, encode};

use super::setup::{Ground, gold, mint, pay, shut, whose};
use super::transactions::{Fault, offer};
use super::{Delivery, Expected, News, Sample};
use crate::fixtures::{coin, units};

const SHORT: Fault = Fault::Later("transaction.insufficient_balance");
const ABOVE_CAP: Fault = Fault::Later("transaction.cap_exceeded");
const CLOSED: Fault = Fault::Never("transaction.issuance_closed");

/// Some actions of an account in all three ways.
fn by(ground: &Ground, what: &str, account: u8, fault: Fault, actions: &[Action]) -> Vec<Sample> {
    offer(ground, what, fault, &|| ground.sign(&[account], actions.to_vec()))
}

pub(super) fn overflow(ground: &Ground) -> Vec<Sample> {
    // SPEC A-1, L-3, L-4
    let most = Amount::MAX.units();
    let mut all = by(ground, "10^30", 7, SHORT, &[pay(7, 61, coin(), most)]);
    let half = mint(1, coin(), most / 2);
    all.extend(by(ground, "a sum above 10^30", 1, ABOVE_CAP, &[half.clone(), half]));
    all.extend(by(ground, "10^30 more", 1, ABOVE_CAP, &[mint(1, coin(), most)]));
    // Larger numbers are no amounts.
    let one = ground.sign(&[7], vec![pay(7, 61, coin(), most)]);
    let good = encode(&one);
    let at = super::shapes::position(&good, &most.to_le_bytes());
    for (what, number) in [("10^30 + 1", most + 1), ("2^127", 1 << 127), ("2^128 - 1", u128::MAX)] {
        let bytes = super::shapes::patched(&good, at, &number.to_le_bytes());
        all.extend(super::transactions::garbled(ground, what, &bytes));
    }
    all
}

pub(super) fn overdraft(ground: &Ground) -> Vec<Sample> {
    // SPEC L-4, L-5, P-2
    let burn = Action::Burn { token: coin(), from: whose(2), amount: units(1_000_001) };
    let mut all = by(ground, "one unit", 2, SHORT, &[pay(2, 61, coin(), 1_000_001)]);
    all.extend(by(ground, "a burn", 2, SHORT, &[burn]));
    all.extend(by(ground, "of nothing", 80, SHORT, &[pay(80, 61, coin(), 1)]));
    all.extend(by(ground, "of another token", 2, SHORT, &[pay(2, 61, gold(), 1)]));
    let twice = [pay(2, 61, coin(), 600_000), pay(2, 62, coin(), 600_000)];
    all.extend(by(ground, "in two actions", 2, SHORT, &twice));
    all
}

pub(super) fn receiver(ground: &Ground) -> Vec<Sample> {
    // SPEC A-1, L-3, L-9
    let left = Amount::MAX.units() - 9_000_000;
    let mut all = by(ground, "up to 10^30", 1, Fault::Fine, &[mint(1, coin(), left)]);
    all.extend(by(ground, "one more", 1, ABOVE_CAP, &[mint(1, coin(), left + 1)]));
    all
}

pub(super) fn stranger(ground: &Ground) -> Vec<Sample> {
    // SPEC L-3, L-6
    let not = Fault::Later("transaction.not_the_issuer");
    let take = Action::SetIssuer { token: coin(), issuer: whose(2), new: Some(whose(3)) };
    let close = Action::SetIssuer { token: coin(), issuer: whose(2), new: None };
    let mut all = by(ground, "a mint", 2, not, &[mint(2, coin(), 1)]);
    all.extend(by(ground, "passing it on", 2, not, &[take]));
    all.extend(by(ground, "closing it", 2, not, &[close]));
    all
}

pub(super) fn cap(ground: &Ground) -> Vec<Sample> {
    // SPEC L-3
    let mut all = by(ground, "exactly", 1, Fault::Fine, &[mint(1, gold(), 500)]);
    all.extend(by(ground, "one more", 1, ABOVE_CAP, &[mint(1, gold(), 501)]));
    all
}

pub(super) fn cap_together(ground: &Ground) -> Vec<Sample> {
    // SPEC L-1, L-3, P-1
    let some = || ground.sign(&[1], vec![mint(1, gold(), 300)]);
    let block = super::blocks::block_of(ground, vec![some(), some()]);
    let news = Delivery::News(News::transactions(&[some(), some()]));
    let one = [mint(1, gold(), 300), mint(1, gold(), 300)];
    let mut all = by(ground, "two actions", 1, ABOVE_CAP, &one);
    all.push(Sample::new("two waiting", news, Expected::accept()));
    all.push(Sample::block("two in a block", &block, Expected::accept()));
    all
}

pub(super) fn closed(ground: &Ground) -> Vec<Sample> {
    // SPEC L-3, L-6, P-2
    let open = Action::SetIssuer { token: shut(), issuer: whose(1), new: Some(whose(2)) };
    let mut all = by(ground, "a mint", 1, CLOSED, &[mint(1, shut(), 1)]);
    all.extend(by(ground, "opening it", 1, CLOSED, &[open]));
    // The issuer closes it and mints in the same transaction.
    let close = Action::SetIssuer { token: gold(), issuer: whose(1), new: None };
    all.extend(by(ground, "at once", 1, CLOSED, &[close, mint(1, gold(), 1)]));
    all
}

pub(super) fn replayed(ground: &Ground) -> Vec<Sample> {
    // SPEC T-8
    offer(ground, "a payment", Fault::Known, &|| ground.paid())
}

pub(super) fn replayed_after_reorg(ground: &Ground) -> Vec<Sample> {
    // SPEC T-8, C-6
    let paid = ground.payment();
    let (mut left, mut won) = (ground.chain.clone(), ground.chain.clone());
    let first = left.push(ground.free_slot(0), vec![paid.clone()]);
    won.push(ground.free_slot(1), vec![paid.clone()]);
    won.push(ground.free_slot(2), Vec::new());
    let kept = ground.chain.blocks.len();
    let before: Vec<_> = [first].into_iter().chain(won.blocks[kept..].to_vec()).collect();
    let again = won.push(ground.free_slot(3), vec![paid.clone()]);
    let news = Delivery::News(News::transactions(&[paid]));
    vec![
        Sample::new("gossip", news, Expected::ignore()).after(before.clone()),
        Sample::block("in a block", &again, Expected::accept()).after(before),
    ]
}

pub(super) fn expired(ground: &Ground) -> Vec<Sample> {
    // SPEC T-7, P-1
    let action = || vec![pay(7, 61, coin(), 1)];
    let until = ground.spec.slot_time(Slot::new(1));
    let make = || ground.sign_until(&[7], action(), until);
    let mut all = offer(ground, "long ago", Fault::Never("transaction.expired"), &make);
    let make = || ground.sign_until(&[7], action(), UnixMillis::new(0));
    all.extend(offer(ground, "in 1970", Fault::Never("transaction.expired"), &make));
    all
}

pub(super) fn too_far_ahead(ground: &Ground) -> Vec<Sample> {
    // SPEC T-7
    const HOUR: u64 = 3_600_000;
    let now = ground.spec.slot_time(ground.slot);
    let late = now + ground.spec.rules().lifetime_ms_max + HOUR;
    let mut all = Vec::new();
    for (what, until) in [("an hour", late), ("for ever", UnixMillis::MAX)] {
        let make = || ground.sign_until(&[7], vec![pay(7, 61, coin(), 1)], until);
        all.extend(offer(ground, what, Fault::Never("transaction.too_far_ahead"), &make));
    }
    all
}

fn create(token: Symbol) -> Action {
    Action::CreateToken(CreateToken {
        token,
        name: Text::default(),
        decimals: 0,
        cap: None,
        issuer: None,
        supply: units(1),
        to: whose(2),
    })
}

pub(super) fn symbol_taken(ground: &Ground) -> Vec<Sample> {
    // SPEC L-2
    let taken = Fault::Never("transaction.symbol_taken");
    let mut all = by(ground, "of a token", 2, taken, &[create(gold())]);
    let new: Symbol = "NEW".parse().expect("a symbol");
    all.extend(by(ground, "by itself", 2, taken, &[create(new), create(new)]));
    all
}

pub(super) fn unknown_token(ground: &Ground) -> Vec<Sample> {
    // SPEC L-4, P-2
    let nope: Symbol = "NOPE".parse().expect("a symbol");
    let unknown = Fault::Later("transaction.unknown_token");
    let mut all = by(ground, "a transfer", 2, unknown, &[pay(2, 61, nope, 1)]);
    all.extend(by(ground, "a mint", 2, unknown, &[mint(2, nope, 1)]));
    all
}
