//! Bytes that are no message of their kind.

use coinage_protocol::limits::WIRE_VERSION;
use coinage_protocol::{
    Action, Answer, Bounded, ChainSpec, CreateToken, Offence, Request, Status, Text, Tip, Topic,
    Transaction, encode,
};

use super::limits::{signed, single, threshold};
use super::setup::{Ground, pay, whose};
use super::{Answers, Delivery, Expected, Sample};
use crate::block_builder::Forge;
use crate::fixtures::{account, coin, transaction, units};

pub(super) const UNDECODABLE: &[Offence] = &[Offence::Undecodable];

/// A kind of message, and thereby how it comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Batch,
    Block,
    Question,
    Status,
    StatusAnswer,
    Headers,
    Waiting,
    Transactions,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Batch,
        Self::Block,
        Self::Question,
        Self::Status,
        Self::StatusAnswer,
        Self::Headers,
        Self::Waiting,
        Self::Transactions,
    ];

    /// A good message.
    pub(super) fn good(self, ground: &Ground) -> Vec<u8> {
        match self {
            Self::Batch => encode(&vec![rich(ground, Some(5))]),
            Self::Block => {
                let slot = ground.free_slot(0);
                encode(&ground.chain.clone().push(slot, vec![ground.payment()]))
            }
            Self::Question => encode(&Request::Headers {
                locator: Bounded::first_of([ground.chain.tip.hash, ground.spec.genesis_hash()]),
            }),
            Self::Status | Self::StatusAnswer => {
                encode(&status(&ground.spec, ground.chain.tip, "wandering agent"))
            }
            Self::Headers => encode(&Answer::Headers(Bounded::first_of(
                longer(ground).blocks.iter().skip(5).map(|block| block.header.clone()),
            ))),
            Self::Waiting => {
                let ids = [rich(ground, None), rich(ground, Some(6))];
                let mut ids = ids.map(|one| one.body.id(ground.spec.chain()));
                ids.sort_unstable();
                encode(&Answer::Waiting(Bounded::first_of(ids)))
            }
            Self::Transactions => {
                encode(&Answer::Transactions(Bounded::first_of([rich(ground, None)])))
            }
        }
    }

    /// The delivery of these bytes as a message of this kind.
    pub(super) fn deliver(self, ground: &Ground, bytes: Vec<u8>) -> Delivery {
        let silent = Answers::claiming(ground.chain.tip);
        match self {
            Self::Batch => Delivery::News(super::News { topic: Topic::Transactions, bytes }),
            Self::Block => Delivery::News(super::News { topic: Topic::Blocks, bytes }),
            Self::Question => Delivery::Question(bytes),
            Self::Status => Delivery::Status(bytes),
            Self::StatusAnswer => Delivery::Answers(Answers { status: Some(bytes), ..silent }),
            Self::Headers => {
                let head = longer(ground).tip;
                Delivery::Answers(Answers { headers: Some(bytes), ..Answers::claiming(head) })
            }
            Self::Waiting => Delivery::Answers(Answers { waiting: Some(bytes), ..silent }),
            Self::Transactions => {
                let ids = Bounded::first_of([rich(ground, None).body.id(ground.spec.chain())]);
                let waiting = Some(encode(&Answer::Waiting(ids)));
                Delivery::Answers(Answers { waiting, transactions: Some(bytes), ..silent })
            }
        }
    }

    /// The expectation for bytes that are no message of this kind.
    pub(super) fn refused(self) -> Expected {
        match self {
            Self::Batch | Self::Block => Expected::reject(UNDECODABLE),
            Self::Question | Self::Status => Expected::part(),
            Self::StatusAnswer | Self::Headers | Self::Waiting | Self::Transactions => {
                Expected::charge(UNDECODABLE)
            }
        }
    }

    pub(super) fn bad(self, ground: &Ground, what: impl Into<String>, bytes: Vec<u8>) -> Sample {
        Sample::new(what, self.deliver(ground, bytes), self.refused())
    }
}

pub(super) fn empty(ground: &Ground) -> Vec<Sample> {
    // SPEC E-2, N-2, X-1, X-3
    let nothing = |kind: Kind| kind.bad(ground, format!("{kind:?} of no bytes"), Vec::new());
    let mut all: Vec<_> = Kind::ALL.into_iter().map(nothing).collect();
    all.push(Kind::Batch.bad(ground, "a list of no transactions", vec![0; 8]));
    all
}

pub(super) fn truncated(ground: &Ground) -> Vec<Sample> {
    // SPEC E-2, X-1
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let good = kind.good(ground);
        all.extend((1..good.len()).map(|length| {
            kind.bad(ground, format!("{kind:?} of {length} bytes"), good[..length].to_vec())
        }));
    }
    all
}

pub(super) fn trailing(ground: &Ground) -> Vec<Sample> {
    // SPEC E-2
    let longer = |kind: Kind| {
        let bytes = [&*kind.good(ground), &[0]].concat();
        kind.bad(ground, format!("{kind:?} and a byte"), bytes)
    };
    Kind::ALL.into_iter().map(longer).collect()
}

pub(super) fn tags(ground: &Ground) -> Vec<Sample> {
    // SPEC E-1, E-2, N-4
    let by = |action: Action| {
        let (chain, until) = (ground.spec.chain(), ground.expires_at());
        encode(&vec![transaction(chain, &[&account(7)], 9, until, vec![action])])
    };
    let Action::Transfer { token, from, amount, .. } = pay(7, 61, coin(), 1) else {
        unreachable!("it is a transfer")
    };
    let good = by(Action::Burn { token, from, amount });
    let action_at = difference(&good, &by(pay(7, 61, coin(), 1)));
    let lock_at = position(&good, account(7).public().as_bytes()) - 4;
    let mut all = Vec::new();
    for (what, at, first) in [("action", action_at, 5_u32), ("lock", lock_at, 2)] {
        for tag in [first, 255, u32::MAX] {
            let bytes = patched(&good, at, &tag.to_le_bytes());
            all.push(Kind::Batch.bad(ground, format!("{what} {tag}"), bytes));
        }
    }
    for (kind, first) in [(Kind::Question, 5_u32), (Kind::Headers, 6), (Kind::Waiting, 6)] {
        for tag in [first, 255, u32::MAX] {
            let bytes = patched(&kind.good(ground), 0, &tag.to_le_bytes());
            all.push(kind.bad(ground, format!("{kind:?} with tag {tag}"), bytes));
            all.push(kind.bad(ground, format!("tag {tag} alone"), tag.to_le_bytes().to_vec()));
        }
    }
    all
}

/// A header has so many bytes before its two reserved places (SPEC B-1).
const RESERVED_AT: usize = 2 + 8 + 8 + 4 * 32;

pub(super) fn presence(ground: &Ground) -> Vec<Sample> {
    // SPEC E-1, B-5
    let with = encode(&vec![rich(ground, Some(5))]);
    let at = difference(&with, &encode(&vec![rich(ground, None)]));
    let block = Kind::Block.good(ground);
    let mut all = Vec::new();
    for byte in [2, 3, 0x80, 0xff] {
        all.push(Kind::Batch.bad(ground, format!("a cap, {byte}"), patched(&with, at, &[byte])));
        let waiting = vec![2, 0, 0, 0, byte];
        all.push(Kind::Question.bad(ground, format!("after, {byte}"), waiting));
    }
    // One byte does not make a certificate or a change of what follows.
    for byte in [1, 2, 0xff] {
        for (what, at) in [("certificate", RESERVED_AT), ("authorities", RESERVED_AT + 1)] {
            let bytes = patched(&block, at, &[byte]);
            all.push(Kind::Block.bad(ground, format!("{what}, {byte}"), bytes));
        }
    }
    all
}

pub(super) fn texts(ground: &Ground) -> Vec<Sample> {
    // SPEC E-4
    let bad: [(&str, &[u8]); 8] = [
        ("a lone continuation", b"\x80"),
        ("a byte of no UTF-8", b"\xff"),
        ("an overlong slash", b"\xc0\xaf"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("a line break", b"\n"),
        ("an escape", b"\x1b["),
        ("a delete", b"\x7f"),
        ("a C1 control", b"\xc2\x85"),
    ];
    let batch = encode(&vec![rich(ground, Some(5))]);
    let status = Kind::Status.good(ground);
    let mut all = Vec::new();
    for (what, bytes) in bad {
        for place in ["invoice 17", "A fine token"] {
            let broken = patched(&batch, position(&batch, place.as_bytes()), bytes);
            all.push(Kind::Batch.bad(ground, format!("{what} in {place}"), broken));
        }
        let broken = patched(&status, position(&status, b"wandering agent"), bytes);
        all.push(Kind::Status.bad(ground, format!("{what} in an agent"), broken.clone()));
        all.push(Kind::StatusAnswer.bad(ground, format!("{what} in an agent"), broken));
    }
    all
}

pub(super) fn wrong_topic(ground: &Ground) -> Vec<Sample> {
    // SPEC N-1, N-4
    let mut all = Vec::new();
    for heard in [Kind::Batch, Kind::Block, Kind::Question, Kind::Status] {
        for said in [Kind::Batch, Kind::Block, Kind::Question, Kind::Status, Kind::Headers] {
            if heard != said {
                all.push(heard.bad(ground, format!("{said:?} as {heard:?}"), said.good(ground)));
            }
        }
    }
    all
}

pub(super) fn flipped(ground: &Ground) -> Vec<Sample> {
    // SPEC X-3, B-2, T-4
    let cases: [(Kind, &'static [Offence]); 4] = [
        (Kind::Batch, &[Offence::Undecodable, Offence::BadTransaction]),
        (
            Kind::Block,
            &[
                Offence::Undecodable,
                Offence::BadHeader,
                Offence::OtherBody,
                // It names authorities that are not those after the block before it.
                Offence::BrokenLink,
            ],
        ),
        (Kind::Headers, &[Offence::Undecodable, Offence::BadHeader, Offence::WrongAnswer]),
        (Kind::Transactions, &[Offence::Undecodable, Offence::BadTransaction]),
    ];
    let mut all = Vec::new();
    for (kind, blame) in cases {
        let good = kind.good(ground);
        for at in 0..good.len() {
            let bytes = patched(&good, at, &[good[at] ^ (1 << (at % 8))]);
            let expected = match kind.refused().verdict {
                Some(_) => Expected::reject(blame),
                None => Expected::charge(blame),
            };
            let what = format!("{kind:?} with another bit in byte {at}");
            all.push(Sample::new(what, kind.deliver(ground, bytes), expected));
        }
        // None of them keeps the good one out.
        if let (Some(last), Delivery::News(news)) = (all.last_mut(), kind.deliver(ground, good)) {
            last.cure = Some(news);
        }
    }
    all
}

/// A transaction that has a bit of everything; the same for the same cap.
pub(super) fn rich(ground: &Ground, cap: Option<u128>) -> Transaction {
    let create = Action::CreateToken(CreateToken {
        token: "RICH".parse().expect("a symbol"),
        name: Text::try_from("A fine token").expect("short"),
        decimals: 2,
        cap: cap.map(units),
        issuer: Some(whose(7)),
        supply: units(5),
        to: whose(61),
    });
    let (chain, until) = (ground.spec.chain(), ground.expires_at());
    let actions = vec![create, pay(7, 61, coin(), 3)];
    let mut one = transaction(chain, &[&account(7)], 9, until, actions);
    one.body.memo = Text::try_from("invoice 17").expect("short");
    let crowd = threshold(2, 30..33);
    let from = crowd.lock.address();
    let more = Action::Transfer { token: coin(), from, to: whose(61), amount: units(1) };
    one.body.actions = Bounded::first_of(one.body.actions.iter().cloned().chain([more]));
    signed(ground, one.body, &[single(7), crowd])
}

/// A branch of three more blocks than the honest chain, on it.
pub(super) fn longer(ground: &Ground) -> Forge {
    let mut fork = ground.chain.clone();
    (0..3).for_each(|number| drop(fork.push(ground.free_slot(number), Vec::new())));
    fork
}

/// The status of an honest node at this head.
pub(super) fn status(spec: &ChainSpec, head: Tip, agent: &str) -> Status {
    Status {
        version: WIRE_VERSION,
        chain: *spec.chain(),
        genesis: spec.genesis_hash(),
        head,
        time: spec.slot_time(head.slot),
        agent: Text::try_from(agent).expect("short"),
        addresses: Bounded::default(),
    }
}

/// The bytes with those from `at` replaced.
pub(super) fn patched(bytes: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

/// The byte offset at which a text begins.
pub(super) fn position(bytes: &[u8], text: &[u8]) -> usize {
    bytes.windows(text.len()).position(|part| part == text).expect("it is there")
}

/// The first place at which two encodings differ.
fn difference(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).position(|(one, other)| one != other).expect("they differ")
}
