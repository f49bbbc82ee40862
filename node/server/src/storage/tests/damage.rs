//! Damaged directories: bytes that are not what was written.

use std::path::PathBuf;

use coinage_protocol::{Height, State};

use super::*;
use crate::verify::VerifyError;

/// Number of places that are tried in each file.
const DENSITY: usize = 24;

/// Lists every file of the database.
pub(super) fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).expect("listed").map(|entry| entry.expect("listed").path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

/// Makes a directory whose rows are partly in tables and partly in the journal.
pub(super) fn settled(world: &World) -> (tempfile::TempDir, Branch) {
    let (directory, mut branch) = stored(world, 20);
    let storage = open(directory.path(), world);
    storage.0.database.flush();
    world.extend_by(&mut branch, 5, 0);
    storage.write(&branch.batches(21)).expect("written");
    drop(storage);
    drop(open(directory.path(), world));
    (directory, branch)
}

/// Asserts that an error comes of damage, or the chain up to some block, and nothing else.
fn judge(path: &Path, world: &World, branch: &Branch, what: &str) {
    let Ok(storage) = Storage::open(path, &world.spec) else { return };
    if let Ok(verified) = verify(&storage, &world.spec, |_, _| {}) {
        let known = branch.blocks.iter().any(|one| one.block.hash() == verified.head.hash);
        assert!(known || verified.head.height == 0, "{what}: another chain");
    }
    // What the engine would start with is noticed by its root, if it is read at all.
    let (Ok(entries), Ok(head)) = (storage.entries(), storage.snapshot().head()) else { return };
    let Ok(Some(header)) = storage.snapshot().header(&head.hash) else { return };
    if State::from_entries(entries).root() == header.header.state_root {
        let at = usize::try_from(head.height.get()).expect("small");
        assert!(at == 0 || branch.blocks[at - 1].block.hash() == head.hash, "{what}");
    }
}

#[test]
fn flipped_bytes_give_an_error_or_a_part_of_the_chain() {
    let world = World::new("one");
    let (directory, branch) = settled(&world);
    for file in files(&directory.path().join(directory::DATABASE)) {
        let whole = fs::read(&file).expect("read");
        let masks = [0xff, 0x80, 0x01].into_iter().cycle();
        for (at, mask) in (0..whole.len()).step_by((whole.len() / DENSITY).max(1)).zip(masks) {
            let copied = tempfile::tempdir().expect("a directory");
            copy(directory.path(), copied.path());
            let mut flipped = whole.clone();
            flipped[at] ^= mask;
            let relative = file.strip_prefix(directory.path()).expect("inside");
            fs::write(copied.path().join(relative), flipped).expect("written");
            judge(copied.path(), &world, &branch, &format!("{} at {at}", relative.display()));
        }
    }
}

#[test]
fn truncated_files_give_an_error_or_a_part_of_the_chain() {
    let world = World::new("one");
    let (directory, branch) = settled(&world);
    for file in files(&directory.path().join(directory::DATABASE)) {
        let whole = fs::read(&file).expect("read");
        for cut in [0, whole.len() / 2, whole.len().saturating_sub(1)] {
            let copied = tempfile::tempdir().expect("a directory");
            copy(directory.path(), copied.path());
            let relative = file.strip_prefix(directory.path()).expect("inside");
            fs::write(copied.path().join(relative), &whole[..cut]).expect("written");
            judge(copied.path(), &world, &branch, &format!("{} cut at {cut}", relative.display()));
        }
    }
}

#[test]
fn a_file_that_is_read_whole_is_refused_when_it_is_long() {
    // A sparse file of an exabyte takes no room on disk; whoever reads it whole ends the process.
    let world = World::new("one");
    let (directory, _) = settled(&world);
    let mut refused = Vec::new();
    for name in ["version", "current"] {
        let database = directory.path().join(directory::DATABASE);
        let all = files(&database).into_iter();
        for file in all.filter(|file| file.file_name().is_some_and(|one| one == name)) {
            let whole = fs::read(&file).expect("read");
            let long = fs::OpenOptions::new().write(true).open(&file).expect("opened");
            long.set_len(1 << 40).expect("sparse");
            let error = Storage::look(directory.path()).expect_err("damaged").to_string();
            assert!(error.contains("damaged") || error.contains("more than 64 bytes"), "{error}");
            assert!(Storage::open(directory.path(), &world.spec).is_err());
            fs::write(&file, whole).expect("restored");
            refused.push(name);
        }
    }
    assert!(refused.contains(&"version") && refused.contains(&"current"), "{refused:?}");
    Storage::look(directory.path()).expect("nothing is wrong now");
}

#[test]
fn a_row_that_makes_no_sense_is_remembered_as_a_failure() {
    let world = World::new("one");
    let (directory, branch) = stored(&world, 3);
    let storage = open(directory.path(), &world);
    let (hash, other) = (branch.blocks[1].block.hash(), &branch.blocks[0].block);
    let key = rows::of_block(rows::Table::Header, &hash);
    // Another block's header is well-formed, but not the one that the hash names.
    let header = coinage_protocol::encode(other.verified_header().signed());
    storage.0.database.write(rows::Rows::from([(key, Some(header))])).expect("written");
    assert_eq!(storage.failure(), None);
    assert_eq!(ChainReader::block(&storage, &hash), None);
    let failure = storage.failure().expect("remembered");
    assert!(failure.contains("damaged"), "{failure}");
}

/// Returns the row that says what a user holds.
fn holder_of(branch: &Branch, one: u64) -> Vec<u8> {
    let token = symbol("COIN");
    rows::holder(token, branch.state().balance(user(one), token), &user(one))
}

#[test]
fn a_head_of_another_slot_than_its_block_is_damage() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 3);
    let storage = open(directory.path(), &world);
    let mut progress = storage.snapshot().progress().expect("read");
    progress.head.slot += 1;
    let mut rows = rows::Rows::new();
    write::put_progress(&mut rows, progress);
    storage.0.database.write(rows).expect("written");
    drop(storage);
    let refused = Storage::open(directory.path(), &world.spec).expect_err("damaged");
    assert!(matches!(refused, StorageError::Damaged { .. }), "{refused}");
}

#[test]
fn verification_finds_whatever_was_altered() {
    let world = World::new("one");
    let (directory, branch) = stored(&world, 6);
    let storage = open(directory.path(), &world);
    let (hash, place) =
        (branch.blocks[2].block.hash(), Place { height: Height::new(2), position: 9 });
    let id = branch.blocks[2].block.transactions()[0].id();
    let body = rows::of_block(rows::Table::Body, &branch.blocks[3].block.hash());
    let balance = coinage_protocol::encode(&Entry::Balance(amount(1)));
    let altered = [
        (rows::transaction(&id), None, "indexes"),
        (rows::transaction(&TransactionId::default()), Some(vec![0; 12]), "indexes"),
        (rows::history(&user(5), place), Some(vec![]), "histories"),
        (rows::state(&Key::Balance(user(3), symbol("COIN"))), Some(balance.clone()), "entries"),
        (rows::state(&Key::Balance(user(88), symbol("COIN"))), Some(balance), "entries"),
        (rows::holder(symbol("COIN"), amount(5), &user(3)), Some(vec![]), "holders"),
        (holder_of(&branch, 4), None, "holders"),
        (rows::of_block(rows::Table::Changes, &hash), Some(vec![0; 8]), "undo records"),
        (body, Some(vec![0; 8]), "not those that the header commits to"),
    ];
    for (key, value, named) in altered {
        let copied = tempfile::tempdir().expect("a directory");
        copy(directory.path(), copied.path());
        let storage = open(copied.path(), &world);
        storage.0.database.write(rows::Rows::from([(key, value)])).expect("written");
        let error = verify(&storage, &world.spec, |_, _| {}).expect_err(named);
        assert!(error.to_string().contains(named), "{named}: {error}");
        if matches!(error, VerifyError::Derived { .. }) {
            storage.rebuild(&world.spec, &mut |_, _| {}).expect("rebuilt");
            verify(&storage, &world.spec, |_, _| {}).expect("in order again");
        }
    }
    drop(storage);
}
