//! The final block: kept with its commits, and never taken for granted.

use coinage_protocol::engine::{Batch, ChainReader as _, Finalized};
use coinage_protocol::limits::VOTES_KEPT_SLOTS;
use coinage_protocol::{Certificate, Phase, Slot};

use super::*;
use crate::verify::VerifyError;

/// Writes this as the final block.
fn put(storage: &Storage, finalized: &Finalized) {
    let bytes = coinage_protocol::encode(finalized);
    let row = (rows::finalized(), Some(bytes));
    storage.0.database.write(rows::Rows::from([row])).expect("written");
}

#[test]
fn the_final_block_outlives_restarts_reorgs_above_it_and_rebuilds() {
    // SPEC F-8
    let world = World::new("one");
    let (directory, branch) = stored(&world, 9);
    let storage = open(directory.path(), &world);
    assert_eq!(storage.snapshot().finalized().expect("read"), None, "nothing at first");
    verify(&storage, &world.spec, |_, _| {}).expect("in order");
    for height in [3, 7] {
        let batch = world.finalize(&branch, height);
        storage.write(std::slice::from_ref(&batch)).expect("written");
        assert_eq!(storage.snapshot().finalized().expect("read"), batch.finalized);
    }
    let mut other = world.genesis();
    world.extend_by(&mut other, 7, 0);
    world.extend_by(&mut other, 3, 1);
    storage.write(&[branch.reorg_to(&other)]).expect("written");
    storage.rebuild(&world.spec, &mut |_, _| {}).expect("rebuilt");
    drop(storage);
    let storage = open(directory.path(), &world);
    let kept = storage.snapshot().finalized().expect("read").expect("there");
    assert_eq!(kept.tip.height, 7);
    assert_eq!(kept.certificate.phase, Phase::Commit);
    verify(&storage, &world.spec, |_, _| {}).expect("in order");
}

#[test]
fn votes_behind_commits_are_kept_in_a_ring_and_outlive_restarts() {
    // SPEC F-12
    let world = World::new("one");
    let (directory, branch) = stored(&world, 9);
    let storage = open(directory.path(), &world);
    let certificate = |slot| {
        let finalized = world.finalize(&branch, 7).finalized.expect("a final block");
        Certificate { phase: Phase::Vote, slot: Slot::new(slot), ..finalized.certificate }
    };
    let (old, new) = (certificate(7), certificate(7 + VOTES_KEPT_SLOTS));
    let keep = |votes: &Certificate| {
        let head = storage.snapshot().head().expect("read");
        storage.write(&[Batch { votes: Some(votes.clone()), ..Batch::at(head) }]).expect("written");
    };
    let read = |storage: &Storage, votes: &Certificate| storage.votes(votes.slot);
    assert_eq!(read(&storage, &old), None);
    keep(&old);
    assert_eq!((read(&storage, &old), read(&storage, &new)), (Some(old.clone()), None));
    keep(&new);
    drop(storage);
    let storage = open(directory.path(), &world);
    assert_eq!((read(&storage, &old), read(&storage, &new)), (None, Some(new.clone())));
    assert_eq!(storage.failure(), None);
}

#[test]
fn a_final_block_that_is_not_on_the_chain_is_damage_at_the_start() {
    // SPEC F-8
    let world = World::new("one");
    let (_, longer) = stored(&world, 6);
    let mut other = world.genesis();
    world.extend_by(&mut other, 4, 1);
    for (branch, height) in [(&longer, 6), (&other, 3)] {
        let (directory, _) = stored(&world, 5);
        let storage = open(directory.path(), &world);
        put(&storage, &world.finalize(branch, height).finalized.expect("one"));
        drop(storage);
        let refused = Storage::open(directory.path(), &world.spec).expect_err("damaged");
        assert!(refused.to_string().contains("final block"), "{refused}");
    }
}

#[test]
fn a_final_block_whose_commits_were_altered_is_found() {
    // SPEC F-3, F-8
    let world = World::new("one");
    let (directory, branch) = stored(&world, 5);
    let storage = open(directory.path(), &world);
    let good = world.finalize(&branch, 4).finalized.expect("one");
    let lower = world.finalize(&branch, 3).finalized.expect("one");
    let mut few = good.clone();
    few.certificate.signatures = coinage_protocol::Bounded::default();
    let mut votes = good.clone();
    votes.certificate.phase = Phase::Vote;
    let mut forged = good.clone();
    forged.certificate.signatures = lower.certificate.signatures.clone();
    let mut later = good.clone();
    later.tip.slot += 1;
    let of_another = Finalized { certificate: lower.certificate, ..good.clone() };
    for wrong in [few, votes, forged, later, of_another] {
        put(&storage, &wrong);
        let found = verify(&storage, &world.spec, |_, _| {}).expect_err("altered");
        assert!(matches!(found, VerifyError::Final { .. }), "{found}");
    }
    put(&storage, &good);
    verify(&storage, &world.spec, |_, _| {}).expect("in order");
    let bytes = coinage_protocol::encode(&good);
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let row = (rows::finalized(), Some(flipped));
        storage.0.database.write(rows::Rows::from([row])).expect("written");
        assert!(verify(&storage, &world.spec, |_, _| {}).is_err(), "byte {at} does not matter");
    }
}
