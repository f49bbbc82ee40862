//! Databases that are opened for trial, and directories that go while they are in use.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::damage::{files, settled};
use super::*;

/// Number of places in the journal that are tried.
const DENSITY: usize = 40;

/// Every file of the database with its bytes.
fn bytes(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files(&path.join(directory::DATABASE)).into_iter();
    files.map(|file| (file.clone(), fs::read(file).expect("read"))).collect()
}

#[test]
fn a_trial_finds_what_a_start_finds_and_changes_nothing() {
    let world = World::new("one");
    let (directory, branch) = settled(&world);
    let sound = Storage::trial(directory.path(), &world.spec).expect("sound").expect("there");
    assert_eq!(sound, Trial { head: branch.tip, cut: Cut::default() });
    let (journal, whole) = bytes(directory.path())
        .into_iter()
        .find(|(path, bytes)| journal::is_journal(path) && !bytes.is_empty())
        .expect("a journal with blocks");
    let (mut cut_off, mut refused) = (0, 0);
    for at in (0..whole.len()).step_by((whole.len() / DENSITY).max(1)) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x40;
        fs::write(&journal, &flipped).expect("written");
        let before = bytes(directory.path());
        let trial = Storage::trial(directory.path(), &world.spec);
        assert!(bytes(directory.path()) == before, "byte {at}: the trial changed something");
        let started = Storage::open(directory.path(), &world.spec);
        match (trial, started) {
            (Ok(Some(trial)), Ok(storage)) => {
                assert_eq!(trial.head, storage.snapshot().head().expect("read"), "byte {at}");
                assert_eq!(trial.cut, storage.cut(), "byte {at}");
                assert!(trial.cut.bytes > 0, "byte {at} was not noticed");
                cut_off += 1;
            }
            (Err(told), Err(said)) => {
                assert_eq!(told.to_string(), said.to_string(), "byte {at}");
                refused += 1;
            }
            differ => panic!("byte {at}: {differ:?}"),
        }
        // The start has changed it.
        for (path, bytes) in before {
            fs::write(path, bytes).expect("restored");
        }
    }
    assert!(cut_off > 0 && refused > 0, "{cut_off} were cut off, {refused} refused");
}

#[test]
fn a_trial_leaves_alone_what_is_in_use_or_not_there_yet() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 3);
    let storage = open(directory.path(), &world);
    let refused = Storage::trial(directory.path(), &world.spec).expect_err("in use");
    assert!(matches!(refused, StorageError::InUse { .. }), "{refused}");
    drop(storage);
    let empty = tempfile::tempdir().expect("a directory");
    assert_eq!(Storage::trial(empty.path(), &world.spec).expect("no error"), None);
    assert_eq!(fs::read_dir(empty.path()).expect("listed").count(), 0, "nothing was made");
}

#[test]
fn nothing_is_written_to_a_directory_that_was_moved_or_replaced() {
    let world = World::new("one");
    let home = tempfile::tempdir().expect("a directory");
    let (path, moved) = (home.path().join("data"), home.path().join("moved"));
    let storage = open(&path, &world);
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 1, 0);
    storage.check_place().expect("it is there");
    fs::rename(&path, &moved).expect("moved");
    let is_gone = || matches!(storage.check_place(), Err(StorageError::Gone { .. }));
    assert!(is_gone());
    let written = storage.write(&branch.batches(1));
    assert!(matches!(written, Err(StorageError::Gone { .. })), "{written:?}");
    let other = open(&path, &world);
    assert!(is_gone(), "another has its place");
    other.check_place().expect("it is the other's");
}
