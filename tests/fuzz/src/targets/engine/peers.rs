//! Peers: what they ask and what they answer, honest or not.

use std::sync::Arc;

use coinage_protocol::engine::{Outcome, Question};
use coinage_protocol::limits::WIRE_VERSION;
use coinage_protocol::{
    BlockHash, Bounded, CheckedAnswer, CheckedBlock, CheckedTransaction, Height, Offence,
    Rejection, Request, Slot, Status, Text, Tip, TransactionId, UnixMillis, check_answer,
};
use coinage_simulation::fixtures::random;

use super::script::Script;
use super::world::{Place, World};

/// Draws a question that a peer may ask, or a status that it tells.
pub(super) fn question(world: &World, places: &[Arc<Place>], script: &mut Script<'_>) -> Question {
    let count = usize::from(script.byte() % 8);
    let hashes = |script: &mut Script<'_>| -> Vec<BlockHash> {
        let chosen = (0..count).filter_map(|_| script.choose(places));
        chosen.map(|place| place.tip().hash).collect()
    };
    let request = match script.byte() % 6 {
        0 => Request::Headers { locator: Bounded::first_of(hashes(script)) },
        1 => Request::Blocks { hashes: Bounded::first_of(hashes(script)) },
        2 => Request::Waiting { after: some_id(world, script) },
        3 => {
            let ids = (0..count).filter_map(|_| some_id(world, script));
            Request::Transactions { ids: Bounded::first_of(ids) }
        }
        _ => {
            let place = usize::from(script.byte()) % places.len();
            return Question::Status(status(world, places, place, script));
        }
    };
    Question::Request(request)
}

/// Draws the outcome of a question to a peer whose chain ends at `place`: mostly what it should be.
pub(super) fn outcome(
    world: &World,
    places: &[Arc<Place>],
    place: usize,
    asked: Question,
    script: &mut Script<'_>,
) -> Outcome {
    match script.byte() % 12 {
        0 => Outcome::None,
        1 => {
            let offence = Offence::Undecodable;
            Outcome::Rejected(Rejection { offence, detail: String::new() })
        }
        2 => Outcome::Answer(CheckedAnswer::Busy),
        3 => {
            let bytes = script.bytes(12);
            check_answer(bytes, &world.spec, &(), random())
                .map_or_else(Outcome::Rejected, Outcome::Answer)
        }
        4 | 5 => wrong(world, places, script),
        _ => honest(world, places, place, asked, script),
    }
}

/// The answer of an honest peer whose chain ends at `place`.
fn honest(
    world: &World,
    places: &[Arc<Place>],
    place: usize,
    asked: Question,
    script: &mut Script<'_>,
) -> Outcome {
    let request = match asked {
        Question::Status(_) => return Outcome::Status(status(world, places, place, script)),
        Question::Request(request) => request,
    };
    let path = path(places, place);
    Outcome::Answer(match request {
        Request::Headers { locator } => {
            let from = path.iter().rposition(|block| locator.contains(&block.hash()));
            let rest = path.iter().skip(from.map_or(0, |at| at + 1));
            CheckedAnswer::Headers(rest.map(|block| block.verified_header().clone()).collect())
        }
        Request::Blocks { hashes } => {
            let find = |hash: &BlockHash| path.iter().find(|block| block.hash() == *hash);
            CheckedAnswer::Blocks(hashes.iter().map_while(find).map(|one| (*one).clone()).collect())
        }
        Request::Waiting { after } => {
            let mut ids: Vec<_> = world.transactions.iter().map(CheckedTransaction::id).collect();
            ids.sort_unstable();
            ids.dedup();
            CheckedAnswer::Waiting(ids.into_iter().filter(|id| Some(*id) > after).collect())
        }
        Request::Certificates => {
            CheckedAnswer::Certificates { certificates: Vec::new(), of_unknown: None, change: None }
        }
        Request::Evidence { .. } => CheckedAnswer::Evidence(Vec::new()),
        Request::Ballots { .. } => CheckedAnswer::Ballots(Vec::new()),
        Request::Transactions { ids } => {
            let asked = world.transactions.iter().filter(|one| ids.contains(&one.id()));
            CheckedAnswer::Transactions(asked.cloned().collect())
        }
    })
}

/// Draws a well-formed answer that may have nothing to do with the question.
fn wrong(world: &World, places: &[Arc<Place>], script: &mut Script<'_>) -> Outcome {
    let count = usize::from(script.byte() % 8);
    let blocks = |script: &mut Script<'_>| -> Vec<CheckedBlock> {
        (0..count).filter_map(|_| script.choose(places)?.block.clone()).collect()
    };
    Outcome::Answer(match script.byte() % 5 {
        0 => {
            let blocks = blocks(script);
            let header = |block: &CheckedBlock| block.verified_header().clone();
            CheckedAnswer::Headers(blocks.iter().map(header).collect())
        }
        1 => CheckedAnswer::Blocks(blocks(script)),
        2 => {
            let mut ids: Vec<_> =
                (0..count).map(|_| TransactionId::new([script.byte(); 32])).collect();
            ids.sort_unstable();
            ids.dedup();
            CheckedAnswer::Waiting(ids)
        }
        3 => {
            let some = (0..count).filter_map(|_| script.choose(&world.transactions));
            CheckedAnswer::Transactions(some.cloned().collect())
        }
        _ => {
            let place = usize::from(script.byte()) % places.len();
            return Outcome::Status(status(world, places, place, script));
        }
    })
}

/// Draws the status of a peer, mostly the truth.
fn status(
    world: &World,
    places: &[Arc<Place>],
    place: usize,
    script: &mut Script<'_>,
) -> Box<Status> {
    let mut status = Status {
        version: WIRE_VERSION,
        chain: *world.spec.chain(),
        genesis: world.spec.genesis_hash(),
        head: places.get(place).map_or_else(|| places[0].tip(), |place| place.tip()),
        time: UnixMillis::new(0),
        agent: Text::default(),
        addresses: Bounded::default(),
    };
    match script.byte() {
        250 => status.version = 1,
        251 => status.chain = Default::default(),
        252 => status.genesis = Default::default(),
        253 => status.head.height = Height::new(script.word()),
        254 => {
            let hash = BlockHash::new([script.byte(); 32]);
            status.head =
                Tip { height: Height::new(script.word()), slot: Slot::new(script.word()), hash };
        }
        255 => status.time = UnixMillis::new(script.word()),
        _ => {}
    }
    Box::new(status)
}

fn some_id(world: &World, script: &mut Script<'_>) -> Option<TransactionId> {
    let number = usize::from(script.byte());
    world.transactions.get(number).map(CheckedTransaction::id)
}

/// The blocks that lead to a place, the lowest first.
fn path(places: &[Arc<Place>], place: usize) -> Vec<&CheckedBlock> {
    let mut path = Vec::new();
    let mut at = place;
    while let Some(place) = places.get(at)
        && let Some(block) = &place.block
    {
        path.push(block);
        at = place.before;
    }
    path.reverse();
    path
}
