//! Damage that only opening the database shows, and directories that go under a running node.

use std::fs;
use std::path::{Path, PathBuf};

use coinage_tests::program::eventually;

use super::directories::{KEY, Village};

/// The journal of a node that was stopped, with what was written to it.
fn journal(chain: &Path) -> (PathBuf, Vec<u8>) {
    let files = fs::read_dir(chain).expect("listed").flatten().map(|entry| entry.path());
    let mut journals = files.filter(|path| path.extension().is_some_and(|one| one == "jnl"));
    let path = journals.next().expect("a journal");
    let mut bytes = fs::read(&path).expect("read");
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.truncate(end);
    (path, bytes)
}

pub(super) fn a_damaged_journal_is_told_without_being_touched() {
    let village = Village::new();
    let mut node = village.start("data", &KEY);
    node.wait_for("block.produced height=4");
    Village::stop(node);
    let examine = || village.doctor(&["--data", "data", KEY[0], KEY[1]]);
    assert_eq!(examine().codes(), ["node.stopped"]);
    let (path, sound) = journal(&village.desk.path("data/chain"));
    let memory = fs::read(village.desk.path("village.key.memory")).expect("read");
    // The mark of the last write's end, then the contents of one in the middle.
    for (at, code) in [(sound.len() - 2, "data.journal_cut"), (sound.len() / 2, "data.unusable")] {
        let mut flipped = sound.clone();
        // Of an entry's contents whichever byte: the checksum does not fit.
        flipped[at..(at + 2).min(sound.len())].fill(0xff);
        fs::write(&path, &flipped).expect("written");
        let found = examine();
        assert_eq!(found.code, 1, "{:?}", found.codes());
        assert!(found.get(code).is_some(), "{at}: {:?}", found.findings);
        let mend = found.mend(code);
        assert!(mend.contains("the keys stay") || mend.contains("The keys stay"), "{mend}");
        assert!(fs::read(&path).expect("read") == flipped, "it was changed");
    }
    assert!(memory == fs::read(village.desk.path("village.key.memory")).expect("read"));
    fs::write(&path, &sound).expect("restored");
    Village::stop(village.start("data", &KEY));
}

#[test]
fn a_node_whose_directory_is_deleted_or_replaced_ends_and_says_so() {
    let village = Village::new();
    let path = village.desk.path("data");
    for replaced in [false, true] {
        let mut node = village.start("data", &KEY);
        node.wait_for("block.produced");
        fs::remove_dir_all(&path).expect("deleted");
        if replaced {
            fs::create_dir(&path).expect("made");
            fs::write(path.join("lock"), "").expect("written");
        }
        eventually("it ends", || node.ended());
        assert_eq!(node.wait(), 1, "{}", node.said());
        let said = node.said();
        assert!(said.contains("was deleted, moved or replaced"), "{said}");
        fs::remove_dir_all(&path).ok();
    }
}
