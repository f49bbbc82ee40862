//! Bytes from peers become checked messages on worker threads.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use coinage_protocol::engine::{GossipToken, Input, Outcome, PeerRef, RequestId};
use coinage_protocol::limits::{BALLOT_BYTES, MESSAGE_BYTES_MAX};
use coinage_protocol::{
    Answer, Ballot, ChainId, HeaderContext, Offence, Rejection, Topic, check_answer, check_gossip,
    decode, is_truncated,
};
use tokio::sync::mpsc;

use super::{Notice, Outlets};
use crate::metrics::SignatureChecks;
use crate::workers::{Known, Queue, Sets};

/// KiB of transactions at most that wait to be checked, or to be heard of: what a node takes in
/// within some seconds. What finds no room is fetched later.
const TRANSACTIONS_KIB: usize = 8 * 1024;
/// KiB of blocks, votes and answers at most that wait to be checked, or to be heard of.
const CHAIN_KIB: usize = 64 * 1024;
/// Number of shares of the room, of which one peer's messages may take up one: nobody can fill it
/// alone.
const SHARES: usize = 8;

/// Lanes in which messages are checked. Blocks and votes do not wait for transactions; a message
/// keeps its place until the node has heard of it, so a slow node takes no more than fits here.
#[derive(Debug)]
pub(super) struct Checks {
    chain_id: ChainId,
    sets: Sets,
    verified: Known,
    outlets: Outlets,
    transactions: Queue,
    chain: Queue,
    shares: BTreeMap<PeerRef, Share>,
    counted: SignatureChecks,
}

/// Share of the lanes that one peer may take up.
#[derive(Debug)]
struct Share {
    transactions: Queue,
    chain: Queue,
}

impl Checks {
    pub(super) fn new(
        chain_id: ChainId,
        sets: Sets,
        verified: Known,
        outlets: Outlets,
        counted: SignatureChecks,
    ) -> Self {
        let (transactions, chain) = (Queue::patient(TRANSACTIONS_KIB), Queue::urgent(CHAIN_KIB));
        let shares = BTreeMap::new();
        Self { chain_id, sets, verified, outlets, transactions, chain, shares, counted }
    }

    /// Checks a gossip message and passes it on; `false` if there is no room, or if there are more
    /// transactions than blocks hold: who has them keeps them, and they are asked for later. A vote
    /// of who is no authority counts for nothing, and its signature is not worth a look.
    pub(super) fn gossip(
        &mut self,
        peer: PeerRef,
        token: GossipToken,
        topic: Topic,
        bytes: Vec<u8>,
    ) -> bool {
        let worthless = match topic {
            Topic::Transactions => self.outlets.flooded.load(Relaxed),
            Topic::Blocks => false,
            Topic::Votes => self.is_of_stranger(&bytes),
        };
        if worthless {
            return false;
        }
        let share = self.shares.entry(peer).or_insert_with(|| Share {
            transactions: Queue::patient(TRANSACTIONS_KIB / SHARES),
            chain: Queue::urgent(CHAIN_KIB / SHARES),
        });
        let own = match topic {
            Topic::Transactions => share.transactions.room(bytes.len()),
            Topic::Blocks | Topic::Votes => share.chain.room(bytes.len()),
        };
        let Some(own) = own else { return false };
        let (lane, outlet) = self.way(topic);
        let (chain, sets, verified) = (self.chain_id, self.sets.get(), self.verified.clone());
        let size = bytes.len();
        let check = move |random| {
            let context = HeaderContext { chain: &chain, authorities: &sets };
            check_gossip(topic, &bytes, context, &verified, random)
        };
        let Some(checked) = lane.run(size, check) else { return false };
        self.counted.count("gossip");
        tokio::spawn(async move {
            let (checked, room) = checked.await;
            // What is never passed on is judged by its age.
            if let Some(message) = checked {
                let input = Input::Gossip { peer, token, message };
                let _ = outlet.send(Notice::Input(input)).await;
            }
            drop((room, own));
        });
        true
    }

    /// Checks an answer and passes its outcome on; `false` if there is no room.
    pub(super) fn answer(&self, request: RequestId, topic: Topic, bytes: Vec<u8>) -> bool {
        let (chain, sets, verified) = (self.chain_id, self.sets.get(), self.verified.clone());
        let size = bytes.len();
        let check = move |random| {
            let context = HeaderContext { chain: &chain, authorities: &sets };
            match check_answer(&bytes, context, &verified, random) {
                // A cut answer is none (SPEC X-1).
                Err(_) if is_truncated::<Answer>(&bytes, MESSAGE_BYTES_MAX) => None,
                checked => Some(checked),
            }
        };
        let (lane, outlet) = self.way(topic);
        let Some(checked) = lane.run(size, check) else { return false };
        self.counted.count("answer");
        tokio::spawn(async move {
            let (checked, room) = checked.await;
            let outcome = match checked.flatten() {
                Some(Ok(answer)) => Outcome::Answer(answer),
                Some(Err(rejection)) => Outcome::Rejected(rejection),
                None => Outcome::None,
            };
            let _ = outlet.send(answered(request, outcome)).await;
            drop(room);
        });
        true
    }

    fn is_of_stranger(&self, bytes: &[u8]) -> bool {
        let ballot = decode::<Ballot>(bytes, BALLOT_BYTES);
        // What is none is judged as such.
        ballot.is_ok_and(|ballot| !self.sets.get().contains(&ballot.signer))
    }

    /// Returns the lane in which messages of a topic are checked, and the channel that they go to
    /// then.
    fn way(&self, topic: Topic) -> (&Queue, mpsc::Sender<Notice>) {
        match topic {
            Topic::Transactions => (&self.transactions, self.outlets.transactions.clone()),
            Topic::Blocks | Topic::Votes => (&self.chain, self.outlets.notices.clone()),
        }
    }

    /// Forgets a peer that is gone.
    pub(super) fn forget(&mut self, peer: PeerRef) {
        self.shares.remove(&peer);
    }
}

/// Returns the notice of a question's outcome.
pub(super) fn answered(request: RequestId, outcome: Outcome) -> Notice {
    Notice::Input(Input::Answered { request, outcome })
}

/// Returns the outcome for an answer that is no answer.
pub(super) fn undecodable(detail: impl ToString) -> Outcome {
    Outcome::Rejected(Rejection { offence: Offence::Undecodable, detail: detail.to_string() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use coinage_protocol::limits::BLOCK_BYTES_MAX;

    use super::*;
    use crate::network::tests::support::chain_spec;

    #[tokio::test]
    async fn one_peer_cannot_take_the_room_of_the_others() {
        let (notices, mut taken) = mpsc::channel(1);
        let (known, counted) = (Known::default(), SignatureChecks::unread());
        let outlets =
            Outlets { transactions: notices.clone(), notices, flooded: Default::default() };
        let spec = chain_spec("one");
        let sets = Sets::new(HeaderContext::from(&spec).authorities.clone());
        let mut checks = Checks::new(*spec.chain(), sets, known, outlets, counted);
        let mut offer = |peer, token| {
            checks.gossip(
                PeerRef(peer),
                GossipToken(token),
                Topic::Blocks,
                vec![0; BLOCK_BYTES_MAX],
            )
        };
        let admitted = (1..=100).filter(|token| offer(1, *token)).count();
        assert_eq!(admitted, 3, "an eighth of 64 MiB");
        assert!(offer(2, 101));
        // The node listens to none of it: what is checked keeps its place.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!(102..=200).all(|token| offer(1, token)));
        for _ in 0..4 {
            taken.recv().await.expect("checked");
        }
        tokio::time::timeout(Duration::from_secs(10), async {
            while !offer(1, 201) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("there is room again");
    }
}
