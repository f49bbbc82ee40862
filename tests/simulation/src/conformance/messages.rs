//! Answers that fit no question, and peers of other networks.

use coinage_protocol::{
    Answer, Ballot, Block, BlockHash, Bounded, Evidence, Offence, Phase, SecretKey, Signature,
    Slot, Tip, TransactionId, encode,
};

use super::setup::Ground;
use super::shapes::{Kind, longer, rich, status};
use super::{Answers, Delivery, Expected, Sample};
use crate::block_builder::{Forge, seal};
use crate::fixtures::{authority, genesis};

type Case = (&'static str, &'static [Offence], Answers);

pub(super) fn answers(ground: &Ground) -> Vec<Sample> {
    // SPEC N-4, N-5, X-1, X-2, B-10
    let mut all = about_headers(ground);
    all.extend(about_blocks(ground));
    all.extend(about_waiting(ground));
    all.extend(about_evidence(ground));
    let sample = |(what, blame, answers): Case| {
        Sample::new(what, Delivery::Answers(answers), Expected::charge(blame))
    };
    all.into_iter().map(sample).collect()
}

fn about_evidence(ground: &Ground) -> Vec<Case> {
    // SPEC F-11
    let blame: &[Offence] = &[Offence::BadEvidence];
    let leader = ground.spec.genesis_authorities().leader(Slot::new(1));
    let vote = |block| {
        let place = (Slot::new(1), BlockHash::new([block; 32]));
        Ballot::new(Phase::Vote, place, ground.spec.chain(), &authority(77))
    };
    let answer = |ballots| {
        encode(&Answer::Evidence(Bounded::first_of([Evidence::Ballots(Box::new(ballots))])))
    };
    let named = |ballot: Ballot| Ballot { signer: *leader, ..ballot };
    let certificates = encode(&Answer::Certificates { votes: None, commits: None, change: None });
    let head = ground.chain.tip;
    let case = |what, blame, bytes| {
        (what, blame, Answers { evidence: Some(bytes), ..Answers::claiming(head) })
    };
    vec![
        case("votes that another key signed", blame, answer([1, 2].map(vote).map(named))),
        case("one vote twice as evidence", blame, answer([1, 1].map(vote))),
        case("votes out of order as evidence", blame, answer([2, 1].map(vote))),
        case("certificates for evidence", &[Offence::WrongAnswer], certificates),
        // Strangers may sign what they want, and an authority may be one that is not known here.
        case("evidence against a stranger", &[], answer([1, 2].map(vote))),
    ]
}

fn headers(blocks: &[Block]) -> Vec<u8> {
    encode(&Answer::Headers(Bounded::first_of(blocks.iter().map(|block| block.header.clone()))))
}

fn blocks(blocks: &[Block]) -> Vec<u8> {
    encode(&Answer::Blocks(Bounded::first_of(blocks.iter().cloned())))
}

fn about_headers(ground: &Ground) -> Vec<Case> {
    let wrong: &[Offence] = &[Offence::WrongAnswer];
    let fork = longer(ground);
    let new = &fork.blocks[ground.chain.blocks.len()..];
    let reversed: Vec<_> = new.iter().rev().cloned().collect();
    let gap = [new[0].clone(), new[2].clone()];
    let waiting = encode(&Answer::Waiting(Bounded::default()));
    let transactions = encode(&Answer::Transactions(Bounded::first_of([ground.payment()])));
    let resigned =
        |key: &SecretKey| seal(&ground.spec, new[0].header.header.clone(), key, Vec::new());
    let (stranger, other) = (resigned(&authority(77)), ground.chain.leader(ground.free_slot(1)));
    let mut unsigned = new[0].clone();
    unsigned.header.signature = Signature::new([0; 64]);
    let forged: &[Offence] = &[Offence::BadHeader];
    let unclaimed = Tip { height: fork.tip.height + 9, ..fork.tip };
    let mut cases = vec![
        ("headers in reverse", wrong, headers(&reversed)),
        ("headers that begin too late", wrong, headers(&new[1..])),
        ("headers with a gap", wrong, headers(&gap)),
        ("the first header twice", wrong, headers(&[new[0].clone(), new[0].clone()])),
        ("ids for headers", wrong, waiting),
        ("transactions for headers", wrong, transactions),
        ("blocks for headers", wrong, blocks(new)),
        ("a header of a stranger", forged, headers(&[stranger])),
        ("a header of the wrong leader", forged, headers(&[resigned(&other)])),
        ("an unsigned header", forged, headers(&[unsigned])),
        ("no headers for a better head", &[Offence::LyingStatus], headers(&[])),
        ("a header of a false height", &[Offence::BrokenLink], {
            headers(&[with_height(ground, &new[0], 2)])
        }),
        ("a header of its parent's slot", &[Offence::BrokenLink], {
            let mut header = new[0].header.header.clone();
            header.slot = ground.chain.tip.slot;
            let key = ground.chain.leader(header.slot);
            headers(&[seal(&ground.spec, header, &key, Vec::new())])
        }),
    ];
    let claim = |(what, blame, bytes)| {
        let headers = Some(bytes);
        (what, blame, Answers { headers, ..Answers::claiming(fork.tip) })
    };
    let mut all: Vec<Case> = cases.drain(..).map(claim).collect();
    let known = headers(&ground.chain.blocks[..1]);
    let hash = BlockHash::new([9; 32]);
    let liar = Answers::claiming(Tip { hash, ..unclaimed });
    all.push(("a head that does not exist", &[Offence::LyingStatus, Offence::WrongAnswer], {
        Answers { headers: Some(known), ..liar }
    }));
    all
}

fn with_height(ground: &Ground, block: &Block, more: u64) -> Block {
    let mut header = block.header.header.clone();
    header.height += more;
    let key = ground.chain.leader(header.slot);
    seal(&ground.spec, header, &key, Vec::new())
}

/// A branch of its own for each case, so that its headers are new.
fn branch(ground: &Ground) -> Forge {
    let mut fork = ground.chain.clone();
    fork.push(ground.free_slot(0), vec![ground.payment()]);
    fork.push(ground.free_slot(1), vec![ground.payment()]);
    fork
}

fn about_blocks(ground: &Ground) -> Vec<Case> {
    let wrong: &[Offence] = &[Offence::WrongAnswer];
    let kept = ground.chain.blocks.len();
    let case = |what, blame, answer: &dyn Fn(&Forge) -> Vec<u8>| -> Case {
        let fork = branch(ground);
        let new = Some(headers(&fork.blocks[kept..]));
        let blocks = Some(answer(&fork));
        (what, blame, Answers { headers: new, blocks, ..Answers::claiming(fork.tip) })
    };
    let other_body = |fork: &Forge| {
        let mut block = fork.blocks[kept].clone();
        block.transactions = Bounded::first_of([ground.payment()]);
        blocks(&[block])
    };
    let surplus = |fork: &Forge| {
        let more = fork.blocks[kept..].iter().chain(&ground.chain.blocks[..1]);
        blocks(&more.cloned().collect::<Vec<_>>())
    };
    let reversed =
        |fork: &Forge| blocks(&fork.blocks[kept..].iter().rev().cloned().collect::<Vec<_>>());
    vec![
        case("blocks in reverse", wrong, &reversed),
        case("the second block", wrong, &|fork| blocks(&fork.blocks[kept + 1..])),
        case("a block that was not asked for", wrong, &|_| blocks(&ground.chain.blocks[..1])),
        case("a block too many", wrong, &surplus),
        case("headers for blocks", wrong, &|fork| headers(&fork.blocks[kept..])),
        case("ids for blocks", wrong, &|_| encode(&Answer::Waiting(Bounded::default()))),
        case("another body", &[Offence::OtherBody], &other_body),
        bad_body(ground),
    ]
}

/// A block whose leader put in what can never be valid.
fn bad_body(ground: &Ground) -> Case {
    let mut forged = ground.payment();
    forged.witnesses = ground.payment().witnesses;
    let mut fork = ground.chain.clone();
    let block = fork.push(ground.free_slot(0), vec![forged]);
    let answers = Answers {
        headers: Some(headers(std::slice::from_ref(&block))),
        blocks: Some(blocks(&[block])),
        ..Answers::claiming(fork.tip)
    };
    ("a block with a forged payment", &[Offence::BadBody], answers)
}

fn about_waiting(ground: &Ground) -> Vec<Case> {
    let wrong: &[Offence] = &[Offence::WrongAnswer];
    let at = ground.chain.tip;
    let id = |byte| TransactionId::new([byte; 32]);
    let ids = |ids: &[TransactionId]| encode(&Answer::Waiting(Bounded::first_of(ids.to_vec())));
    let listed = |what, blame, waiting| -> Case {
        (what, blame, Answers { waiting: Some(waiting), ..Answers::claiming(at) })
    };
    let fetched = |what, blame, transactions| -> Case {
        let waiting = Some(ids(&[rich(ground, None).body.id(ground.spec.chain())]));
        let transactions = Some(transactions);
        (what, blame, Answers { waiting, transactions, ..Answers::claiming(at) })
    };
    let batch = |one| encode(&Answer::Transactions(Bounded::first_of([one])));
    let mut forged = rich(ground, None);
    forged.witnesses = ground.payment().witnesses;
    vec![
        listed("ids that fall", &[Offence::Undecodable], ids(&[id(2), id(1)])),
        listed("an id twice", &[Offence::Undecodable], ids(&[id(1), id(1)])),
        // It is asked for those after them, and gives the same again.
        listed("a full page of ids twice", wrong, {
            encode(&Answer::Waiting(Bounded::first_of(super::limits::ids())))
        }),
        listed("headers for ids", wrong, headers(&ground.chain.blocks[..1])),
        listed("blocks for ids", wrong, blocks(&ground.chain.blocks[..1])),
        fetched("a payment that was not asked for", wrong, batch(ground.payment())),
        fetched("ids for payments", wrong, ids(&[id(1)])),
        fetched("a forged payment", &[Offence::BadTransaction], batch(forged)),
    ]
}

pub(super) fn strangers(ground: &Ground) -> Vec<Sample> {
    // SPEC N-3
    let ours = status(&ground.spec, ground.chain.tip, "");
    let mut value = genesis(1, 1_000);
    value.time += 1;
    let elsewhere = coinage_protocol::ChainSpec::new(value).expect("a genesis");
    let mut chain = ours.clone();
    chain.chain = *elsewhere.chain();
    let mut block = ours.clone();
    block.genesis = elsewhere.genesis_hash();
    let mut samples = Vec::new();
    let version = |version| {
        let mut status = ours.clone();
        status.version = version;
        status
    };
    for (what, status) in [
        ("another chain", chain),
        ("another block 0", block),
        ("version 0", version(0)),
        ("version 1", version(1)),
        ("version 2", version(2)),
        ("version 4", version(4)),
        ("version 65535", version(u16::MAX)),
    ] {
        for kind in [Kind::Status, Kind::StatusAnswer] {
            let delivery = kind.deliver(ground, encode(&status));
            samples.push(Sample::new(format!("{kind:?} of {what}"), delivery, Expected::part()));
        }
    }
    samples
}
