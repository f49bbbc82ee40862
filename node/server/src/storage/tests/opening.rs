//! Directories that are not, or no longer, what they should be.

use super::*;

fn refused(path: &Path, world: &World) -> StorageError {
    Storage::open(path, &world.spec).expect_err("must be refused")
}

#[test]
fn another_chains_directory_is_refused_and_both_chains_are_named() {
    let (world, other) = (World::new("one"), World::new("two"));
    let (directory, _) = stored(&world, 1);
    let error = refused(directory.path(), &other);
    assert!(matches!(error, StorageError::OtherChain { .. }));
    for one in [&world, &other] {
        assert!(error.to_string().contains(&one.spec.chain().to_string()), "{error}");
    }
    // Also if only the marker was exchanged.
    let second = tempfile::tempdir().expect("a directory");
    drop(open(second.path(), &other));
    fs::copy(second.path().join(directory::MARKER), directory.path().join(directory::MARKER))
        .expect("copied");
    assert!(matches!(refused(directory.path(), &other), StorageError::OtherChain { .. }));
}

#[test]
fn a_second_process_is_refused_and_told_who_holds_the_lock() {
    // A lock belongs to the open file, so a second opening stands for a second process.
    let world = World::new("one");
    let (directory, _) = stored(&world, 1);
    let first = open(directory.path(), &world);
    let error = refused(directory.path(), &world);
    assert!(matches!(error, StorageError::InUse { .. }));
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    drop(first);
    drop(open(directory.path(), &world));
}

#[test]
fn a_clone_or_snapshot_keeps_the_directory_locked() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 1);
    let storage = open(directory.path(), &world);
    let clone = storage.clone();
    drop(storage);
    assert!(matches!(refused(directory.path(), &world), StorageError::InUse { .. }));
    let snapshot = clone.snapshot();
    drop(clone);
    assert!(matches!(refused(directory.path(), &world), StorageError::InUse { .. }));
    drop(snapshot);
    open(directory.path(), &world);
}

#[test]
fn a_lost_or_emptied_database_is_not_begun_anew_without_a_word() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 3);
    let chain = directory.path().join(directory::DATABASE);
    for file in fs::read_dir(&chain).expect("listed").map(|file| file.expect("listed").path()) {
        let copied = tempfile::tempdir().expect("a directory");
        copy(directory.path(), copied.path());
        let lost = copied.path().join(directory::DATABASE).join(file.file_name().expect("a name"));
        let removed =
            if lost.is_dir() { fs::remove_dir_all(&lost) } else { fs::remove_file(&lost) };
        removed.expect("removed");
        if !lost.ends_with("lock") {
            let error = refused(copied.path(), &world);
            let named = matches!(
                error,
                StorageError::DatabaseMissing { .. } | StorageError::Damaged { .. }
            );
            assert!(named, "{}: {error}", lost.display());
        }
    }
    fs::remove_dir_all(&chain).expect("removed");
    let error = refused(directory.path(), &world);
    assert!(matches!(error, StorageError::DatabaseMissing { .. }), "{error}");
    fs::create_dir(&chain).expect("made");
    let error = refused(directory.path(), &world);
    assert!(matches!(error, StorageError::DatabaseMissing { .. }), "{error}");
}

#[test]
fn a_database_without_its_marker_is_refused() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 1);
    let marker = directory.path().join(directory::MARKER);
    fs::remove_file(&marker).expect("removed");
    assert!(matches!(refused(directory.path(), &world), StorageError::MarkerMissing { .. }));
    for text in ["", "{}", "[]", "{\"kind\":\"x\",\"format\":1,\"chain\":\"\",\"complete\":true}"] {
        fs::write(&marker, text).expect("written");
        let error = refused(directory.path(), &world);
        assert!(matches!(error, StorageError::BadMarker { .. }), "{error}");
    }
}

#[test]
fn an_unfinished_creation_is_begun_again() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 0);
    let marker = directory.path().join(directory::MARKER);
    let text = fs::read_to_string(&marker).expect("read");
    fs::write(&marker, text.replace("true", "false")).expect("written");
    fs::remove_file(directory.path().join(directory::DATABASE).join("0.jnl")).expect("removed");
    let storage = open(directory.path(), &world);
    assert_eq!(storage.snapshot().head().expect("read").height, 0);
    assert!(fs::read_to_string(&marker).expect("read").contains("true"));
}

#[test]
fn a_newer_format_is_refused_by_marker_and_by_database() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 1);
    {
        let storage = open(directory.path(), &world);
        let newer =
            Identity { format: 9, chain: *world.spec.chain(), genesis: world.spec.genesis_hash() };
        let mut bytes = coinage_protocol::encode(&newer);
        bytes.extend([1, 2, 3]);
        let rows = rows::Rows::from([(rows::identity(), Some(bytes))]);
        storage.0.database.write(rows).expect("written");
    }
    let error = refused(directory.path(), &world);
    assert!(matches!(error, StorageError::NewerFormat { found: 9, known: FORMAT, .. }), "{error}");
    let marker = directory.path().join(directory::MARKER);
    let text = fs::read_to_string(&marker).expect("read");
    fs::write(&marker, text.replace("\"format\": 3", "\"format\": 4")).expect("written");
    let error = refused(directory.path(), &world);
    assert!(matches!(error, StorageError::NewerFormat { found: 4, .. }), "{error}");
}

/// Makes a directory as of format 1; the holders are listed wrongly where that format would not
/// list them at all.
fn of_format_1(path: &Path, world: &World) {
    let storage = open(path, world);
    let (chain, genesis) = (*world.spec.chain(), world.spec.genesis_hash());
    let old = coinage_protocol::encode(&Identity { format: 1, chain, genesis });
    let mut rows = rows::Rows::from([(rows::identity(), Some(old))]);
    for row in storage.snapshot().moment().table(rows::Table::Holder) {
        rows.insert(row.expect("readable").0.to_vec(), None);
    }
    rows.insert(rows::holder(symbol("COIN"), amount(7), &user(77)), Some(Vec::new()));
    storage.0.database.write(rows).expect("written");
    let marker = path.join(directory::MARKER);
    let text = fs::read_to_string(&marker).expect("read");
    fs::write(&marker, text.replace("\"format\": 3", "\"format\": 1")).expect("written");
}

#[test]
fn a_directory_of_the_older_format_is_brought_up_to_date_and_loses_nothing() {
    let world = World::new("one");
    let (directory, branch) = stored(&world, 30);
    let before = everything(&open(directory.path(), &world));
    of_format_1(directory.path(), &world);
    let storage = open(directory.path(), &world);
    assert_eq!(everything(&storage), before);
    assert_eq!(storage.snapshot().head().expect("read"), branch.tip);
    verify(&storage, &world.spec, |_, _| {}).expect("in order");
    let text = fs::read_to_string(directory.path().join(directory::MARKER)).expect("read");
    assert!(text.contains("\"format\": 3"), "{text}");
}

#[test]
fn a_marker_that_a_crash_left_behind_its_database_is_written_at_the_next_start() {
    let world = World::new("one");
    let (directory, _) = stored(&world, 3);
    let marker = directory.path().join(directory::MARKER);
    let text = fs::read_to_string(&marker).expect("read");
    fs::write(&marker, text.replace("\"format\": 3", "\"format\": 1")).expect("written");
    drop(open(directory.path(), &world));
    assert_eq!(fs::read_to_string(&marker).expect("read"), text);
}

#[test]
fn a_path_that_cannot_be_a_directory_is_an_error() {
    let world = World::new("one");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("written");
    assert!(matches!(refused(&file.join("data"), &world), StorageError::Io { .. }));
}
