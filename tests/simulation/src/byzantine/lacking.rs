//! Proper transactions made such that one who must agree has not.

use coinage_protocol::{Address, Bounded, ChainId, KeySignature, Lock, Transaction, Witness};

use crate::fixtures::account;
use crate::sim_network::{Family, World};

/// The names of all ways, as they are counted.
pub(crate) const WAYS: [&str; 9] = [
    "witness missing",
    "witness of a stranger",
    "witness too many",
    "witnesses out of order",
    "signature missing",
    "signature too many",
    "signature twice",
    "signature of a stranger",
    "signature for another body",
];

/// The key of somebody whom nobody has asked.
const STRANGER: u8 = 99;

/// Variants of a transaction one step away from what was agreed to: each witness and each of its
/// signatures missing, and at one witness, which a number names, everything else.
pub(crate) fn variants(
    agreed: &Transaction,
    chain: &ChainId,
    number: usize,
) -> Vec<(&'static str, Transaction)> {
    let id = agreed.body.id(chain);
    let stranger = |key| KeySignature { key, signature: account(STRANGER).sign(id.as_bytes()) };
    let lock = Lock::Key(account(STRANGER).public());
    let uninvited = Witness { lock, signatures: Bounded::first_of([stranger(0)]) };
    let all = agreed.witnesses.to_vec();
    let mut made = Vec::new();
    let mut add = |name, witnesses: Vec<Witness>| {
        let witnesses = Bounded::first_of(witnesses);
        made.push((name, Transaction { body: agreed.body.clone(), witnesses }));
    };
    for (at, witness) in all.iter().enumerate() {
        let with = |other: Option<Witness>| {
            let before = all[..at].iter().cloned().chain(other);
            before.chain(all[at + 1..].iter().cloned()).collect::<Vec<_>>()
        };
        let signed = |signatures: Vec<KeySignature>| {
            let signatures = Bounded::first_of(signatures);
            with(Some(Witness { lock: witness.lock.clone(), signatures }))
        };
        let signatures = witness.signatures.to_vec();
        let (first, rest) = signatures.split_first().expect("somebody signed");
        add("witness missing", with(None));
        add("signature missing", signed(rest.to_vec()));
        if at != number % all.len() {
            continue;
        }
        add("witness of a stranger", sorted(with(Some(uninvited.clone()))));
        // A list holds at most 16.
        if signatures.len() < 16 {
            add("signature too many", signed([&signatures[..], &[stranger(15)]].concat()));
        }
        add("signature of a stranger", signed([&[stranger(first.key)], rest].concat()));
        if rest.len() == 1 {
            add("signature twice", signed(vec![*first, *first]));
        }
    }
    add("witness too many", sorted([&all[..], &[uninvited]].concat()));
    if all.len() > 1 {
        add("witnesses out of order", all.iter().rev().cloned().collect());
    }
    let mut other = agreed.clone();
    other.body.salt = other.body.salt.wrapping_add(1);
    made.push(("signature for another body", other));
    made
}

fn sorted(mut witnesses: Vec<Witness>) -> Vec<Witness> {
    let address = |witness: &Witness| -> Address { witness.lock.address() };
    witnesses.sort_by_key(address);
    witnesses
}

impl World {
    /// Tries to get everything through to which one who must has not agreed.
    pub(crate) fn offer_lacking(&mut self, agreed: &Transaction, number: usize) {
        let lacking = variants(agreed, self.spec().chain(), number);
        for (at, (name, lacking)) in lacking.into_iter().enumerate() {
            self.tally.count(Family::Villain, name);
            // To decode a message takes long: every key is a point to be found.
            let told = (at + number).is_multiple_of(4);
            let taken = self.takes(&lacking, told);
            match (taken, self.auditor.consent(&lacking)) {
                (false, Err(_)) => {}
                (true, Err((rule, error))) => {
                    self.violation(rule, || format!("{name} is taken: {error}"));
                }
                (_, Ok(())) => self.violation("T-3", || format!("the auditor takes: {name}")),
            }
        }
    }
}
