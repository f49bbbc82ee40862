//! Votes and commits between nodes.

use coinage_protocol::engine::Input;
use coinage_protocol::limits::BALLOT_BYTES;
use coinage_protocol::{
    Ballot, BlockHash, ChainSpec, CheckedGossip, Offence, Phase, Rejection, SecretKey, Slot, Topic,
    encode,
};

use super::support::{Node, chain_spec};
use crate::network::Notice;

fn ballot(spec: &ChainSpec, signer: u8, slot: u64) -> Ballot {
    let (place, key) = ((Slot::new(slot), BlockHash::new([7; 32])), SecretKey::new([signer; 32]));
    Ballot::new(Phase::Commit, place, spec.chain(), &key)
}

impl Node {
    /// Returns what the next gossip was found to be.
    async fn heard(&mut self) -> Result<CheckedGossip, Rejection> {
        self.expect("gossip", |notice| match notice {
            Notice::Input(Input::Gossip { message, .. }) => Some(message),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn ballots_of_authorities_are_heard_and_those_of_strangers_are_not() {
    // SPEC F-2, N-2, N-10
    let spec = chain_spec("one");
    let mut first = Node::start(&spec, &[]).await;
    let mut second = Node::start(&spec, &[&first]).await;
    first.connected().await;
    first.reaches(&mut second, &spec).await;
    let [of_stranger, sound] = [2, 1].map(|signer| ballot(&spec, signer, 5));
    let bytes = encode(&sound);
    assert_eq!(bytes.len(), BALLOT_BYTES);
    first.publish_on(Topic::Votes, encode(&of_stranger)).await;
    first.publish_on(Topic::Votes, bytes).await;
    let heard = second.heard().await.expect("sound");
    assert!(matches!(&heard, CheckedGossip::Ballot(one) if *one.ballot() == sound), "{heard:?}");
    let forged = Ballot { slot: Slot::new(6), ..sound };
    first.publish_on(Topic::Votes, encode(&forged)).await;
    let refused = second.heard().await.expect_err("not signed");
    assert_eq!(refused.offence, Offence::BadBallot);
    let longer = [encode(&ballot(&spec, 1, 7)), vec![0]].concat();
    first.publish_on(Topic::Votes, longer).await;
    let refused = second.heard().await.expect_err("a byte too many");
    assert_eq!(refused.offence, Offence::Undecodable);
}
