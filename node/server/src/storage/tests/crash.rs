//! Crashes: what each leaves is a copy of the directory, made while the storage is in use.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::*;
use coinage_protocol::Height;

#[test]
fn a_directory_copied_at_any_moment_holds_a_prefix_of_the_chain() {
    let world = World::new("one");
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 40, 0);
    let batches = branch.batches(1);
    let directory = tempfile::tempdir().expect("a directory");
    let storage = open(directory.path(), &world);
    for (height, batch) in (1..).zip(&batches) {
        storage.write(std::slice::from_ref(batch)).expect("written");
        if height % 8 == 0 {
            let copied = tempfile::tempdir().expect("a directory");
            copy(directory.path(), copied.path());
            let reopened = open(copied.path(), &world);
            let head = reopened.snapshot().head().expect("read");
            assert_eq!(head.hash, batch.head.hash, "what was written is durable");
            verify(&reopened, &world.spec, |_, _| {}).expect("in order");
        }
    }
}

#[test]
fn a_journal_cut_at_any_place_holds_a_prefix_of_the_chain() {
    let world = World::new("one");
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 6, 0);
    let directory = tempfile::tempdir().expect("a directory");
    let storage = open(directory.path(), &world);
    for batch in branch.batches(1) {
        storage.write(&[batch]).expect("written");
    }
    drop(storage);
    let journal = Path::new(directory::DATABASE).join("0.jnl");
    // Opening once cuts the space that was reserved for more.
    drop(open(directory.path(), &world));
    let whole = fs::read(directory.path().join(&journal)).expect("read");
    let mut heights = std::collections::BTreeSet::new();
    for cut in (0..=whole.len()).rev().step_by(whole.len() / 40) {
        let copied = tempfile::tempdir().expect("a directory");
        copy(directory.path(), copied.path());
        fs::write(copied.path().join(&journal), &whole[..cut]).expect("written");
        match Storage::open(copied.path(), &world.spec) {
            Ok(storage) => {
                let verified = verify(&storage, &world.spec, |_, _| {}).expect("a prefix");
                heights.insert(verified.head.height);
            }
            // Cut before the genesis was written.
            Err(error) => assert!(matches!(error, StorageError::DatabaseMissing { .. }), "{error}"),
        }
    }
    assert!(heights.len() > 3, "{heights:?}");
}

#[test]
fn a_rebuild_gives_what_there_was_and_is_finished_after_a_crash() {
    let world = World::new("one");
    let (directory, branch) = stored(&world, 20);
    let storage = open(directory.path(), &world);
    let before = everything(&storage);
    storage.rebuild(&world.spec, &mut |_, _| {}).expect("rebuilt");
    assert_eq!(everything(&storage), before);

    // A crash in the middle: the flag is set, some rows have gone, others are wrong.
    let mut rows = rows::Rows::new();
    let progress = storage.snapshot().progress().expect("read");
    write::put_progress(&mut rows, rows::Progress { rebuilding: true, ..progress });
    let wrong = Entry::Balance(amount(5));
    let (nobodys, coin) = (Key::Balance(user(77), symbol("COIN")), Key::Token(symbol("COIN")));
    rows::put_entry(&mut rows, &nobodys, None, Some(&wrong));
    rows::put_entry(&mut rows, &coin, None, None);
    storage.0.database.write(rows).expect("written");
    drop(storage);
    let storage = open(directory.path(), &world);
    assert_eq!(everything(&storage), before);
    assert!(!storage.snapshot().progress().expect("read").rebuilding);
    assert_eq!(storage.snapshot().head().expect("read"), branch.tip);
}

#[test]
fn a_thousand_blocks_are_written_and_read_back() {
    let world = World::new("one");
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 1000, 0);
    let directory = tempfile::tempdir().expect("a directory");
    let storage = open(directory.path(), &world);
    for batches in branch.batches(1).chunks(64) {
        storage.write(batches).expect("written");
    }
    drop(storage);
    let storage = open(directory.path(), &world);
    let verified = verify(&storage, &world.spec, |_, _| {}).expect("in order");
    assert_eq!(verified.head, branch.tip);
}

const WRITE_INTO: &str = "COINAGE_TEST_WRITE_INTO";

/// Plays the other process of the next test: extends a chain for ever, and says each height once it
/// is durable.
#[test]
fn writes_until_it_is_killed() {
    let Some(directory) = std::env::var_os(WRITE_INTO) else { return };
    let world = World::new("one");
    let storage = open(Path::new(&directory), &world);
    let mut branch = world.genesis();
    // The blocks are the same every time, so those that are there need not be read.
    let there = storage.snapshot().head().expect("read").height;
    world.extend_by(&mut branch, there.get(), 0);
    loop {
        world.extend_by(&mut branch, 1, 0);
        storage.write(&branch.batches(branch.tip.height.get())).expect("written");
        writeln!(io::stdout(), "durable {}", branch.tip.height).expect("the parent listens");
    }
}

#[test]
fn a_process_killed_at_any_moment_loses_nothing_it_called_durable() {
    let world = World::new("one");
    let directory = tempfile::tempdir().expect("a directory");
    for round in 1..=8 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "storage::tests::crash::writes_until_it_is_killed", "--nocapture"])
            .env(WRITE_INTO, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let lines = output.lines().map(|line| line.expect("text"));
        let mut heights =
            lines.filter_map(|line| line.split("durable ").nth(1)?.parse::<u64>().ok());
        let early = heights.by_ref().take(3 * round).last().expect("some were written");
        let error = Storage::open(directory.path(), &world.spec).expect_err("in use");
        assert!(error.to_string().contains(&child.id().to_string()), "{error}");
        child.kill().expect("killed");
        child.wait().expect("gone");
        let durable = heights.last().unwrap_or(early);
        let storage = open(directory.path(), &world);
        let verified = verify(&storage, &world.spec, |_, _| {}).expect("in order");
        assert!(
            verified.head.height >= Height::new(durable),
            "{} < {durable}",
            verified.head.height
        );
    }
}
