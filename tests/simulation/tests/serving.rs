//! Goal: what a node answers to questions at the edge is what SPEC says, to the letter.
//! Method: a lone engine that has a chain; the test asks as a node of another program might.

use coinage_protocol::engine::{Input, PeerRef, Question, Reply, SubmissionId};
use coinage_protocol::{Answer, Block, BlockHash, Bounded, Request, Slot, TransactionId, encode};
use coinage_simulation::block_builder::{Forge, tip};
use coinage_simulation::conformance::Answers;
use coinage_simulation::fixtures::{account, address, chain_spec, transfer};
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(2);
const STRANGE: BlockHash = BlockHash::new([9; 32]);

/// An engine that has the chain of these blocks, and the hashes of it, that of block 0 first.
fn having_three() -> (Target, Vec<Block>, Vec<BlockHash>) {
    let spec = chain_spec(4, 500);
    let mut forge = Forge::new(&spec);
    (1..=3).for_each(|slot| drop(forge.push(Slot::new(slot), Vec::new())));
    let mut target = Target::new(&spec, Slot::new(5));
    target.peer(PEER, forge.blocks.clone());
    target.wait_ms(1_000);
    assert_eq!(target.head(), forge.tip);
    let own = forge.blocks.iter().map(|block| tip(&spec, block).hash);
    let hashes = std::iter::once(spec.genesis_hash()).chain(own).collect();
    (target, forge.blocks, hashes)
}

fn ask(target: &mut Target, request: Request) -> Answer {
    match target.ask(PEER, Question::Request(request)) {
        Reply::Answer(answer) => answer,
        Reply::Status(_) => panic!("a status was not asked for"),
    }
}

#[test]
fn headers_follow_the_first_hash_that_is_known_or_block_0() {
    // SPEC N-4, N-12
    let (mut target, _, hashes) = having_three();
    let [genesis, first, second, third] = hashes[..] else { panic!("four") };
    let locators = [
        (vec![], 3),
        (vec![STRANGE], 3),
        (vec![genesis], 3),
        (vec![STRANGE, second, genesis], 1),
        (vec![first, third], 2),
        (vec![third], 0),
    ];
    for (locator, count) in locators {
        let answer = ask(&mut target, Request::Headers { locator: Bounded::first_of(locator) });
        let Answer::Headers(headers) = answer else { panic!("{answer:?}") };
        let heights: Vec<_> = headers.iter().map(|signed| signed.header.height).collect();
        assert_eq!(heights, (4 - count..=3).collect::<Vec<_>>());
    }
}

#[test]
fn blocks_are_a_prefix_of_those_asked_for_and_block_0_is_sent_to_nobody() {
    // SPEC G-4, N-4, N-12
    let (mut target, blocks, hashes) = having_three();
    let [genesis, first, second, _] = hashes[..] else { panic!("four") };
    let asked = [
        (vec![], vec![]),
        (vec![STRANGE, first], vec![]),
        (vec![genesis], vec![]),
        (vec![genesis, first], vec![]),
        (vec![second, genesis, first], vec![1]),
        (vec![second, first, first], vec![1, 0, 0]),
    ];
    for (hashes, given) in asked {
        let given = Bounded::first_of(given.into_iter().map(|at: usize| blocks[at].clone()));
        let answer = ask(&mut target, Request::Blocks { hashes: Bounded::first_of(hashes) });
        assert_eq!(answer, Answer::Blocks(given));
    }
}

#[test]
fn transactions_are_those_that_wait_as_often_as_they_were_asked_for() {
    // SPEC N-5, N-12
    let (mut target, ..) = having_three();
    let spec = chain_spec(4, 500);
    let expiry = spec.slot_time(Slot::new(100));
    let payment = transfer(&spec, &account(1), address(&account(9)), 5, 1, expiry);
    let (submission, transaction) = (SubmissionId(1), Box::new(payment.clone()));
    target.input(Input::Submit { submission, transaction, park: false });
    let (id, unknown) = (payment.id(), TransactionId::default());
    for (ids, count) in [(vec![], 0), (vec![unknown], 0), (vec![id, unknown, id], 2)] {
        let answer = ask(&mut target, Request::Transactions { ids: Bounded::first_of(ids) });
        let one = payment.transaction().clone();
        let given = Bounded::first_of(std::iter::repeat_n(one, count));
        assert_eq!(answer, Answer::Transactions(given));
    }
    let answer = ask(&mut target, Request::Waiting { after: Some(id) });
    assert_eq!(answer, Answer::Waiting(Bounded::default()), "nothing waits behind the last one");
}

#[test]
fn nobody_is_charged_for_having_nothing_to_give() {
    // SPEC N-12
    let spec = chain_spec(4, 500);
    let mut forge = Forge::new(&spec);
    let block = forge.push(Slot::new(1), Vec::new());
    let headers = Some(encode(&Answer::Headers(Bounded::first_of([block.header.clone()]))));
    let blocks = Some(encode(&Answer::Blocks(Bounded::default())));
    let waiting = Some(encode(&Answer::Waiting(Bounded::default())));
    let answers = Answers { headers, blocks, waiting, ..Answers::claiming(forge.tip) };
    let mut target = Target::new(&spec, Slot::new(5));
    target.lies.insert(PEER, answers);
    target.peer(PEER, forge.blocks.clone());
    target.wait_ms(10_000);
    let asked = |kind| target.asked.iter().filter(|(_, what)| *what == kind).count();
    assert!(asked("blocks") > 1, "it is asked again: {:?}", target.asked);
    assert_eq!(target.charges, []);
}
