//! Execution of bad blocks: whoever executes one finds the same wrong with it.

use coinage_protocol::engine::{
    Batch, Effect, Engine, Event, GossipToken, Input, LinkedBlock, MempoolBounds, Now, PeerRef,
    Settings, Stored,
};
use coinage_protocol::{BlockExecution, CheckedGossip, Overlay, Text, Tip, Transaction};

use super::*;
use crate::verify::VerifyError;

/// Makes a block on top of a branch that claims to lead to the state before it.
fn bad(world: &World, branch: &Branch, skip: u64, transactions: Vec<Transaction>) -> LinkedBlock {
    let none = Overlay::new(branch.state()).into_changes();
    world.sign(branch, skip, transactions, branch.state(), none)
}

/// Returns what a running node says of a block that it hears of.
fn imported(world: &World, storage: &Storage, bad: &LinkedBlock) -> String {
    let wall = world.spec.slot_time(bad.block.header().slot);
    let settings = Settings {
        authority: None,
        agent: Text::default(),
        addresses: Vec::new(),
        expects_peers: false,
        clock_vouched: true,
        joins: false,
        heartbeat_ms: 0,
        pool: MempoolBounds::default(),
    };
    let head = Some(storage.snapshot().head().expect("read").hash);
    let entries = storage.entries().expect("read");
    let (reader, evidence) = (storage.clone(), Vec::new());
    let stored = Stored { reader, head, finalized: None, conflict: None, evidence, entries };
    let now = Now { wall, uptime: 1 };
    let spec = world.spec.clone();
    let mut engine = Engine::restore(spec, settings, now, stored).expect("sound");
    let peer = PeerRef(1);
    let _ = engine.handle(now, Input::Connected { peer });
    let message = Ok(CheckedGossip::Block(Box::new((*bad.block).clone())));
    let actions = engine.handle(now, Input::Gossip { peer, token: GossipToken(1), message });
    let rejected = actions.into_iter().find_map(|action| match action {
        Effect::Report(Event::BlockRejected { reason, .. }) => Some(reason),
        _ => None,
    });
    rejected.expect("it is refused")
}

#[test]
fn import_verification_rebuilding_and_production_find_the_same_wrong_with_a_block() {
    // SPEC B-7, T-7, T-8, L-1
    let world = World::new("one");
    let mut good = world.genesis();
    world.extend_by(&mut good, 2, 0);
    let repeated = good.blocks[0].block.transactions()[0].transaction().clone();
    let fine = world.payment(&good, 0, 5, 6, 1);
    let poor = world.payment(&good, 0, 5, 6, 1_000_001);
    for (name, skip, transaction) in [
        ("in this branch already", 0, repeated),
        ("expired", 600, fine.clone()),
        ("are needed", 0, poor),
        ("commits to state", 0, fine),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let storage = open(directory.path(), &world);
        storage.write(&good.batches(1)).expect("written");
        let bad = bad(&world, &good, skip, vec![transaction.clone()]);
        let header = bad.block.header();
        let (height, slot) = (header.height, header.slot);
        let context = world.spec.block_context(height, slot);
        let said = imported(&world, &storage, &bad);
        assert!(said.contains(name), "{said}");
        let (id, body) = (transaction.body.id(world.spec.chain()), &transaction.body);
        let mut produced = BlockExecution::new(good.state(), context);
        // The pool holds nothing that the branch holds, and no leader claims another state.
        if let Err(error) = produced.apply(id, body) {
            assert_eq!(error.to_string(), said);
        }
        let head = Tip { height, slot, hash: bad.block.hash() };
        let batch = Batch { applied: vec![bad], ..Batch::at(head) };
        storage.write(&[batch]).expect("written without a look");
        match verify(&storage, &world.spec, |_, _| {}).expect_err("it is bad") {
            VerifyError::Execution { height: at, error } => {
                assert_eq!((at, error.to_string()), (height, said.clone()));
            }
            other => panic!("{other}"),
        }
        let rebuilt = storage.rebuild(&world.spec, &mut |_, _| {}).expect_err("it is bad");
        assert!(rebuilt.to_string().contains(&said), "{rebuilt}");
    }
}
