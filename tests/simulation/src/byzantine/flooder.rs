//! A peer that sends more, and worse, than anybody wants.

use std::rc::Rc;

use coinage_protocol::engine::{Question, RequestId};
use coinage_protocol::{
    Action, Bounded, Request, Signature, Topic, Transaction, TransactionBatch, decode, encode,
};
use rand_chacha::rand_core::Rng as _;

use super::Villainy;
use crate::accounts::VILLAIN;
use crate::fixtures::{account, address, coin, transaction, units};
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

/// Questions in a flood: more than a budget and a debt of 400 points pay for.
const FLOOD: u64 = 450;

impl World {
    /// Gives a spammer what a node publishes, to work with.
    pub(crate) fn overhear(&mut self, node: usize, message: &Rc<Message>) {
        if let Some(villain) = &mut self.nodes[node].villain {
            villain.heard = Some(Rc::clone(message));
        }
    }

    pub(super) fn spam(&mut self, node: usize) {
        for _ in 0..self.chance(4) {
            let peers = self.peers_of(node);
            if peers.is_empty() {
                return;
            }
            let to = peers[usize::try_from(self.chance(peers.len() as u64)).unwrap_or(0)];
            self.tally.count(Family::Villain, Villainy::Spammer.name());
            match self.chance(8) {
                0 => self.garbage(node, to),
                1 => self.worsen(node, to),
                2 => self.steal_name(node, to),
                3 => self.flood(node, to),
                4 => self.replay(node, to),
                5 => self.worthless(node, to),
                6 => self.stolen(node, to),
                _ => self.out_of_time(node, to),
            }
        }
    }

    fn garbage(&mut self, node: usize, to: usize) {
        let mut bytes = vec![0; usize::try_from(self.chance(200)).unwrap_or(0)];
        self.random.fill_bytes(&mut bytes);
        let topic = Topic::ALL[usize::try_from(self.chance(2)).unwrap_or(0)];
        self.send(node, to, topic, bytes, Some("garbage"));
    }

    /// Sends what the spammer heard with one bit changed, or with a byte more.
    fn worsen(&mut self, node: usize, to: usize) {
        let Some(heard) = self.villain(node).heard.clone() else { return };
        let mut bytes = heard.bytes.clone();
        if self.chance(2) == 0 || bytes.is_empty() {
            bytes.push(0);
        } else {
            let bit = usize::try_from(self.chance(bytes.len() as u64 * 8)).unwrap_or(0);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        self.send(node, to, heard.topic, bytes, Some("worsened message"));
    }

    /// The id of an honest transaction with a signature that is none.
    fn steal_name(&mut self, node: usize, to: usize) {
        let heard = self.villain(node).heard.clone();
        let batch = heard.filter(|heard| heard.topic == Topic::Transactions);
        let Some(batch) = batch
            .and_then(|heard| decode::<TransactionBatch>(&heard.bytes, heard.bytes.len()).ok())
        else {
            return;
        };
        let spoil = |mut one: Transaction| {
            let witnesses = one.witnesses.into_vec().into_iter().map(|mut witness| {
                let spoiled = witness.signatures.into_vec().into_iter().map(|mut signature| {
                    signature.signature = Signature::new([9; 64]);
                    signature
                });
                witness.signatures = Bounded::first_of(spoiled);
                witness
            });
            one.witnesses = Bounded::first_of(witnesses);
            one
        };
        let spoiled: Vec<_> = batch.into_vec().into_iter().map(spoil).collect();
        self.send(node, to, Topic::Transactions, encode(&spoiled), Some("spoiled signature"));
    }

    fn flood(&mut self, node: usize, to: usize) {
        for number in 0..FLOOD {
            let question = Question::Request(Request::Waiting { after: None });
            self.question(node, to, RequestId(u64::MAX - number), question);
        }
    }

    fn replay(&mut self, node: usize, to: usize) {
        if let Some(heard) = self.villain(node).heard.clone() {
            self.gossip(node, to, &heard);
        }
    }

    /// Signed by somebody who has nothing.
    fn worthless(&mut self, node: usize, to: usize) {
        let poor = account(100 + u8::try_from(self.chance(100)).unwrap_or(0));
        let payment = self.payment_by(&poor, &poor, 20);
        self.send(node, to, Topic::Transactions, encode(&vec![payment]), None);
    }

    /// Sends somebody else's money under the villain's signature.
    fn stolen(&mut self, node: usize, to: usize) {
        let payment = self.payment_by(&account(1), &account(VILLAIN), 20);
        let bytes = encode(&vec![payment]);
        self.send(node, to, Topic::Transactions, bytes, Some("stolen money"));
    }

    fn out_of_time(&mut self, node: usize, to: usize) {
        let slots = [0, 1_000_000][usize::try_from(self.chance(2)).unwrap_or(0)];
        let payment = self.payment_by(&account(VILLAIN), &account(VILLAIN), slots);
        self.send(node, to, Topic::Transactions, encode(&vec![payment]), None);
    }

    /// A payment of the villains' own money that is in order.
    pub(super) fn villains_payment(&mut self, slots: u64) -> Transaction {
        self.payment_by(&account(VILLAIN), &account(VILLAIN), slots + 10)
    }

    fn payment_by(
        &mut self,
        from: &coinage_protocol::SecretKey,
        signer: &coinage_protocol::SecretKey,
        slots: u64,
    ) -> Transaction {
        let to = address(&account(2));
        let pay = Action::Transfer { token: coin(), from: address(from), to, amount: units(1) };
        let (salt, expiry) = (self.chance(u64::MAX), self.expiry(slots));
        transaction(self.spec().chain(), &[signer], salt, expiry, vec![pay])
    }

    fn send(
        &mut self,
        node: usize,
        to: usize,
        topic: Topic,
        bytes: Vec<u8>,
        forbidden: Option<&'static str>,
    ) {
        let message = Message::new(topic, bytes);
        if let Some(what) = forbidden {
            self.forbidden.insert(message.digest, what);
        }
        self.gossip(node, to, &message);
    }
}
