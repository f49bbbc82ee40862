//! Answers of villains and honest peers.

use coinage_protocol::{Answer, Block, BlockHash, Bounded, ChainSpec, Request, decode, encode};
use coinage_simulation::block_builder::tip;
use coinage_simulation::conformance::{Answers, Delivery, Ground};
use coinage_tests::villain::{Script, Speech, claiming, genesis, serving};

/// The script of a peer that brings this.
pub(super) fn of(delivery: &Delivery, ground: &Ground) -> Script {
    match delivery {
        Delivery::Answers(answers) => whatever(&ground.spec, answers.clone()),
        Delivery::Chain(blocks) => chain(&ground.spec, blocks.clone()),
        _ => claiming(&ground.spec, ground.chain.tip),
    }
}

fn whatever(spec: &ChainSpec, answers: Answers) -> Script {
    let spec = spec.clone();
    Box::new(move |speech, bytes| match speech {
        Speech::Status => Some(answers.to_status(&spec)),
        Speech::Sync => {
            let request = decode::<Request>(bytes, bytes.len()).expect("the node asks properly");
            Some(answers.to_request(&request))
        }
        Speech::Gossip => None,
    })
}

/// Serves a branch as its chain, as an honest peer serves its own.
pub(super) fn chain(spec: &ChainSpec, blocks: Vec<Block>) -> Script {
    let head = blocks.last().map_or_else(|| genesis(spec), |block| tip(spec, block));
    let hash = |block: Block| (block.header.header.hash(spec.chain()), block);
    let blocks: Vec<(BlockHash, Block)> = blocks.into_iter().map(hash).collect();
    serving(spec, head, move |request| {
        let answer = match request {
            Request::Headers { locator } => {
                let from = blocks.iter().rposition(|(hash, _)| locator.contains(hash));
                let rest = blocks.iter().skip(from.map_or(0, |at| at + 1));
                Answer::Headers(Bounded::first_of(rest.map(|(_, block)| block.header.clone())))
            }
            Request::Blocks { hashes } => {
                let find = |wanted: &BlockHash| blocks.iter().find(|(hash, _)| hash == wanted);
                let found = hashes.iter().map_while(find).map(|(_, block)| block.clone());
                Answer::Blocks(Bounded::first_of(found))
            }
            Request::Waiting { .. } => Answer::Waiting(Bounded::default()),
            Request::Transactions { .. } => Answer::Transactions(Bounded::default()),
            Request::Certificates => {
                Answer::Certificates { votes: None, commits: None, change: None }
            }
            Request::Evidence { .. } => Answer::Evidence(Bounded::default()),
            Request::Ballots { .. } => Answer::Ballots { vote: None, commit: None },
        };
        Some(encode(&answer))
    })
}
