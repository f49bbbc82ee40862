//! Bytes from peers become checked messages on worker threads.

use coinage_protocol::engine::{GossipToken, Input, Outcome, PeerRef, RequestId};
use coinage_protocol::{Network, Offence, Rejection, Topic, check_answer, check_gossip};
use tokio::sync::mpsc;

use super::Notice;
use crate::workers::Lane;

/// KiB of transactions that wait to be checked.
const TRANSACTIONS_KIB: usize = 16 * 1024;
/// KiB of blocks and answers that wait to be checked.
const CHAIN_KIB: usize = 64 * 1024;

/// Where messages are checked. Blocks do not wait for transactions.
#[derive(Clone, Debug)]
pub(super) struct Checks {
    network: Network,
    notices: mpsc::Sender<Notice>,
    transactions: Lane,
    chain: Lane,
}

impl Checks {
    pub(super) fn new(network: Network, notices: mpsc::Sender<Notice>) -> Self {
        let (transactions, chain) = (Lane::new(TRANSACTIONS_KIB), Lane::new(CHAIN_KIB));
        Self { network, notices, transactions, chain }
    }

    /// Checks a gossip message and passes it on; `false` if there is no room.
    pub(super) fn gossip(
        &self,
        peer: PeerRef,
        token: GossipToken,
        topic: Topic,
        bytes: Vec<u8>,
    ) -> bool {
        let lane = match topic {
            Topic::Transactions => &self.transactions,
            Topic::Blocks => &self.chain,
        };
        let network = self.network.clone();
        let size = bytes.len();
        let check = move |random| check_gossip(topic, &bytes, &network, random);
        let Some(checked) = lane.run(size, check) else { return false };
        let notices = self.notices.clone();
        tokio::spawn(async move {
            // What is never passed on is judged by its age.
            if let Some(message) = checked.await {
                let input = Input::Gossip { peer, token, message };
                let _ = notices.send(Notice::Input(input)).await;
            }
        });
        true
    }

    /// Checks an answer and passes its outcome on; `false` if there is no room.
    pub(super) fn answer(&self, request: RequestId, bytes: Vec<u8>) -> bool {
        let network = self.network.clone();
        let size = bytes.len();
        let check = move |random| check_answer(&bytes, &network, random);
        let Some(checked) = self.chain.run(size, check) else { return false };
        let notices = self.notices.clone();
        tokio::spawn(async move {
            let outcome = match checked.await {
                Some(Ok(answer)) => Outcome::Answer(answer),
                Some(Err(rejection)) => Outcome::Rejected(rejection),
                None => Outcome::None,
            };
            let _ = notices.send(answered(request, outcome)).await;
        });
        true
    }
}

/// The outcome of a question.
pub(super) fn answered(request: RequestId, outcome: Outcome) -> Notice {
    Notice::Input(Input::Answered { request, outcome })
}

/// An answer that is no answer.
pub(super) fn undecodable(detail: impl ToString) -> Outcome {
    Outcome::Rejected(Rejection { offence: Offence::Undecodable, detail: detail.to_string() })
}
