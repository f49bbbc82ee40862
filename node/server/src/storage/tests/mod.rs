//! Tests of the chain on real disks.

mod crash;
mod damage;
mod execution;
mod finality;
mod flips;
mod opening;
mod reorgs;
mod trial;

use std::fs;
use std::path::Path;

use coinage_protocol::limits::REORGS_KEPT;
use coinage_protocol::{Action, Amount, Entry, Height, Key};

use super::testing::{Branch, World, amount, symbol, user};
use super::*;
use crate::verify::verify;

pub(super) fn open(path: &Path, world: &World) -> Storage {
    Storage::open(path, &world.spec).expect("opened")
}

/// Makes a branch of that many blocks, one payment each, and a directory that holds it.
pub(super) fn stored(world: &World, blocks: u64) -> (tempfile::TempDir, Branch) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut branch = world.genesis();
    world.extend_by(&mut branch, blocks, 0);
    open(directory.path(), world).write(&branch.batches(1)).expect("written");
    (directory, branch)
}

/// Returns all that can be asked of a chain, as text.
pub(super) fn everything(storage: &Storage) -> String {
    let stored = storage.snapshot();
    let moment = stored.moment();
    let indexes = [
        rows::Table::Canonical,
        rows::Table::Transaction,
        rows::Table::History,
        rows::Table::Holder,
    ];
    let derived = indexes.into_iter().chain(rows::Table::STATE);
    let rows = derived.flat_map(|table| moment.table(table));
    rows.map(|row| format!("{:?}\n", row.expect("readable"))).collect()
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("listed");
        let to = to.join(entry.file_name());
        // The background thread may remove a file meanwhile, as between two instants of a crash.
        match entry.file_type().map(|kind| kind.is_dir()) {
            Ok(true) => copy(&entry.path(), &to),
            _ => drop(fs::copy(entry.path(), to)),
        }
    }
}

#[test]
fn what_was_written_is_read_back_after_a_restart() {
    let world = World::new("one");
    let (directory, branch) = stored(&world, 30);
    let storage = open(directory.path(), &world);
    let snapshot = storage.snapshot();
    assert_eq!(snapshot.head().expect("read"), branch.tip);
    for linked in &branch.blocks {
        let (hash, block) = (linked.block.hash(), &linked.block);
        assert_eq!(ChainReader::block(&storage, &hash), Some(block.to_block()));
        assert_eq!(
            ChainReader::header(&storage, &hash).as_ref(),
            Some(block.verified_header().signed())
        );
        assert_eq!(ChainReader::changes(&storage, &hash).as_ref(), Some(&*linked.changes));
        assert_eq!(ChainReader::canonical(&storage, block.header().height), Some(hash));
        for one in block.transactions() {
            assert_eq!(storage.included(&one.id()), Some(block.header().height));
        }
    }
    assert_eq!(storage.failure(), None);
    let entries = storage.entries().expect("read");
    let state = coinage_protocol::State::from_entries(entries);
    assert_eq!(state.root(), branch.state().root());
    let mut seen = 0;
    let verified = verify(&storage, &world.spec, |height, _| seen = height).expect("in order");
    assert_eq!((verified.head, seen), (branch.tip, 30));
}

#[test]
fn a_fresh_directory_holds_the_genesis() {
    let world = World::new("one");
    let directory = tempfile::tempdir().expect("a directory");
    for _ in 0..2 {
        let storage = open(directory.path(), &world);
        let hash = world.spec.genesis_hash();
        let snapshot = storage.snapshot();
        assert_eq!(snapshot.head().expect("read"), world.genesis().tip);
        let block = snapshot.block(&hash).expect("read").expect("block 0");
        assert!(block.transactions.is_empty());
        assert_eq!(block.header, *world.spec.genesis_header());
        assert_eq!(snapshot.changes(&hash).expect("read"), None);
        assert_eq!(snapshot.balance(user(3), symbol("COIN")).expect("read"), amount(1_000_000));
        assert_eq!(storage.entries().expect("read").len(), 11);
        verify(&storage, &world.spec, |_, _| {}).expect("in order");
    }
}

#[test]
fn balances_tokens_and_histories_are_read_in_pages() {
    let world = World::new("one");
    let (directory, mut branch) = stored(&world, 3);
    let storage = open(directory.path(), &world);
    let names = ["AAA", "ABC", "ZZZ9"];
    let created = names.iter().map(|name| world.creation(&branch, name, 1, 2)).collect();
    world.extend(&mut branch, 0, created);
    let hand_over = Action::SetIssuer { token: symbol("ABC"), issuer: user(1), new: Some(user(9)) };
    let set = world.transaction(&branch, 7, 8, vec![hand_over], &[1]);
    world.extend(&mut branch, 0, vec![set]);
    storage.write(&branch.batches(4)).expect("written");

    let stored = storage.snapshot();
    let all = stored.balances(user(2), None, 10).expect("read");
    let symbols: Vec<_> = all.iter().map(|(symbol, _)| symbol.as_str().to_owned()).collect();
    assert_eq!(symbols, ["AAA", "ABC", "COIN", "ZZZ9"]);
    let page = stored.balances(user(2), Some(symbol("ABC")), 1).expect("read");
    assert_eq!(page, all[2..3]);
    let tokens = stored.tokens(Some(symbol("AAA")), 2).expect("read");
    assert_eq!(
        tokens.iter().map(|(symbol, _)| symbol.as_str()).collect::<Vec<_>>(),
        ["ABC", "COIN"]
    );
    assert_eq!(stored.token(symbol("ABC")).expect("read").expect("there").issuer, Some(user(9)));
    assert_eq!(stored.token(symbol("NONE")).expect("read"), None);

    let newest = Place { height: Height::new(5), position: 0 };
    for touched in [1, 8, 9] {
        assert_eq!(stored.history(user(touched), None, 1).expect("read"), [newest], "{touched}");
    }
    let all = stored.history(user(1), None, 100).expect("read");
    assert!(all.is_sorted_by(|newer, older| newer > older));
    // Two payments, three creations, the handing over: once each, though they name it twice.
    assert_eq!(all.len(), 6);
    assert_eq!(stored.history(user(1), Some(all[1]), 2).expect("read"), all[2..4]);
    let first = Place { height: Height::new(0), position: 0 };
    assert_eq!(stored.history(user(1), Some(first), 2).expect("read"), []);
}

#[test]
fn holders_are_listed_by_what_they_have_and_paged() {
    let world = World::new("one");
    let (directory, mut branch) = stored(&world, 12);
    let storage = open(directory.path(), &world);
    let created = world.creation(&branch, "GOLD", 1, 2);
    world.extend(&mut branch, 0, vec![created]);
    storage.write(&branch.batches(13)).expect("written");
    let stored = storage.snapshot();
    assert_eq!(stored.holders(symbol("GOLD"), None, 9).expect("read"), [(user(2), amount(500))]);
    let all = stored.holders(symbol("COIN"), None, 99).expect("read");
    assert_eq!(all.len(), 10);
    assert!(all.is_sorted_by_key(|(address, amount)| (!amount.units(), *address)));
    for (address, amount) in &all {
        assert_eq!(branch.state().balance(*address, symbol("COIN")), *amount);
    }
    let page = stored.holders(symbol("COIN"), Some(all[3]), 2).expect("read");
    assert_eq!(page, all[4..6]);
    assert_eq!(stored.holders(symbol("NONE"), None, 9).expect("read"), []);
}

#[test]
fn what_an_account_had_is_known_at_every_height_also_after_a_reorg() {
    let world = World::new("one");
    let (directory, mut branch) = stored(&world, 5);
    let storage = open(directory.path(), &world);
    let mut other = branch.clone();
    world.extend_by(&mut branch, 20, 0);
    let gold = world.creation(&branch, "GOLD", 1, 2);
    world.extend(&mut branch, 0, vec![gold]);
    world.extend_by(&mut other, 30, 1);
    let silver = world.creation(&other, "SILVER", 3, 4);
    world.extend(&mut other, 0, vec![silver]);
    storage.write(&branch.batches(6)).expect("written");
    check_past(&world, &storage.snapshot(), &branch);
    storage.write(&[branch.reorg_to(&other)]).expect("written");
    check_past(&world, &storage.snapshot(), &other);
}

/// Compares every balance at every height with a replay from the genesis.
fn check_past(world: &World, stored: &Snapshot, branch: &Branch) {
    let mut state = world.spec.genesis_state().clone();
    let symbols = ["COIN", "GOLD", "SILVER"].map(symbol);
    for height in 0..=branch.tip.height.get() {
        if let Some(at) = height.checked_sub(1) {
            state = state.with(&branch.blocks[usize::try_from(at).expect("small")].changes);
        }
        for who in (0..10).map(user) {
            let expected = symbols.map(|token| (token, state.balance(who, token)));
            let expected: Vec<_> =
                expected.into_iter().filter(|(_, amount)| *amount != Amount::ZERO).collect();
            let past = stored.balances_at(who, Height::new(height), None, 9).expect("read");
            assert_eq!(past, Past::Kept(expected.clone()), "{height}");
            let rest =
                stored.balances_at(who, Height::new(height), Some(symbols[0]), 1).expect("read");
            let expected = expected.into_iter().filter(|(token, _)| *token > symbols[0]).take(1);
            assert_eq!(rest, Past::Kept(expected.collect()), "{height}");
        }
    }
}

#[test]
fn a_snapshot_does_not_see_what_is_written_later() {
    let world = World::new("one");
    let (directory, mut branch) = stored(&world, 2);
    let storage = open(directory.path(), &world);
    let (before, tip) = (storage.snapshot(), branch.tip);
    world.extend_by(&mut branch, 1, 0);
    storage.write(&branch.batches(3)).expect("written");
    assert_eq!(before.head().expect("read"), tip);
    assert_eq!(before.canonical(Height::new(3)).expect("read"), None);
    assert_eq!(storage.snapshot().head().expect("read"), branch.tip);
}

#[test]
fn a_batch_that_does_not_continue_the_chain_is_not_written() {
    let world = World::new("one");
    let (directory, mut branch) = stored(&world, 2);
    let storage = open(directory.path(), &world);
    world.extend_by(&mut branch, 2, 0);
    let refused = storage.write(&branch.batches(4)).expect_err("block 3 is missing");
    assert!(matches!(refused, StorageError::OutOfOrder { .. }));
    assert_eq!(storage.snapshot().head().expect("read").height, 2);
}
