use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

const CHAIN: ChainId = ChainId::new([7; 32]);
const NOW: Slot = Slot::new(60);

fn made() -> (tempfile::TempDir, PathBuf, PublicKey) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("authority.json");
    let public = AuthorityKey::create(&path).expect("made");
    (directory, path, public)
}

#[test]
fn a_key_without_a_directory_is_no_missing_key() {
    let (_directory, path, _) = made();
    let refused = AuthorityKey::create(&path.join("below")).expect_err("no directory");
    assert!(matches!(refused, KeyFileError::Io { .. }), "{refused}");
}

#[test]
fn a_key_reads_back_and_only_its_owner_may_read_it() {
    let (_directory, path, public) = made();
    let key = AuthorityKey::open(&path, &CHAIN, NOW).expect("opened");
    assert_eq!(key.public(), public);
    assert_eq!(files::open_to_others(&path).expect("there"), None);
    assert_eq!(files::open_to_others(&memory_path(&path)).expect("there"), None);
    assert!(!format!("{key:?}").contains(&hex::encode(key.secret().expose())));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
    let refused = AuthorityKey::open(&path, &CHAIN, NOW).expect_err("others may read it");
    assert!(matches!(refused, KeyFileError::OpenToOthers { mode: 0o640, .. }), "{refused}");
}

#[test]
fn a_key_or_a_used_memory_is_never_replaced() {
    let (_directory, path, public) = made();
    let refused = AuthorityKey::create(&path).expect_err("it is there");
    assert!(matches!(refused, KeyFileError::Exists { .. }));
    let mut key = AuthorityKey::open(&path, &CHAIN, NOW).expect("opened");
    assert_eq!(key.public(), public);
    key.remember(Slot::new(5)).expect("later");
    drop(key);
    fs::remove_file(&path).expect("removed");
    let refused = AuthorityKey::create(&path).expect_err("a memory of another key");
    assert!(matches!(refused, KeyFileError::Exists { .. }));
}

#[test]
fn an_unused_memory_that_a_crash_left_is_taken_over() {
    let (_directory, path, _) = made();
    fs::remove_file(&path).expect("removed");
    AuthorityKey::create(&path).expect("made");
    AuthorityKey::open(&path, &CHAIN, NOW).expect("opened");
}

#[test]
fn a_second_process_cannot_take_the_key() {
    // A lock belongs to the open file, so a second opening stands for a second process.
    let (_directory, path, _) = made();
    let first = AuthorityKey::open(&path, &CHAIN, NOW).expect("opened");
    let refused = AuthorityKey::open(&path, &CHAIN, NOW).expect_err("in use");
    assert!(matches!(refused, KeyFileError::InUse { .. }));
    assert!(refused.to_string().contains("authority.json.memory"), "{refused}");
    let refused =
        AuthorityKey::recreate_memory(&path, Slot::new(900), Lock::Kept).expect_err("in use");
    assert!(matches!(refused, KeyFileError::InUse { .. }));
    drop(first);
    AuthorityKey::open(&path, &CHAIN, NOW).expect("free again");
}

#[test]
fn a_key_without_its_memory_does_not_sign_until_it_is_made_again() {
    let (_directory, path, _) = made();
    fs::remove_file(memory_path(&path)).expect("removed");
    let refused = AuthorityKey::open(&path, &CHAIN, NOW).expect_err("no memory");
    assert!(matches!(refused, KeyFileError::MemoryMissing { .. }));
    assert!(refused.to_string().contains("reset-signing-memory"), "{refused}");
    AuthorityKey::recreate_memory(&path, Slot::new(77), Lock::Kept).expect("made");
    let mut key = AuthorityKey::open(&path, &CHAIN, NOW).expect("opened");
    assert_eq!(key.signed().last(), 77);
    assert!(key.remember(Slot::new(77)).is_err());
    key.remember(Slot::new(78)).expect("later");
    drop(key);
    let signed =
        AuthorityKey::recreate_memory(&path, Slot::new(77), Lock::Kept).expect("made again");
    assert!(signed.contains(Slot::new(78)), "it was signed");
}

#[test]
fn a_key_signs_on_one_chain_only_and_who_only_opens_it_does_not_say_on_which() {
    let (_directory, path, _) = made();
    let other = ChainId::new([8; 32]);
    let before = fs::read(memory_path(&path)).expect("read");
    drop(AuthorityKey::open(&path, &other, NOW).expect("bound to none yet"));
    assert_eq!(fs::read(memory_path(&path)).expect("read"), before);
    AuthorityKey::open(&path, &CHAIN, NOW).expect("opened").remember(Slot::new(1)).expect("later");
    let refused = AuthorityKey::open(&path, &other, NOW).expect_err("bound to another");
    assert!(matches!(refused, KeyFileError::OtherChain { .. }));
}

#[test]
fn a_file_that_is_no_key_says_so() {
    let (_directory, path, public) = made();
    let text = fs::read_to_string(&path).expect("read");
    let other = SecretKey::new([1; 32]).public().to_string();
    let wrong = [
        String::new(),
        "{}".to_owned(),
        text.replace("authority", "wallet"),
        text.replace("\"version\":1", "\"version\":2"),
        text.replace(&public.to_string(), &other),
        text.replace("\"secret\":\"", "\"secret\":\"zz"),
        " ".repeat(5000),
    ];
    for text in wrong {
        fs::write(&path, &text).expect("written");
        assert!(AuthorityKey::open(&path, &CHAIN, NOW).is_err(), "{text:?}");
    }
    fs::remove_file(&path).expect("removed");
    let missing = AuthorityKey::open(&path, &CHAIN, NOW).expect_err("missing");
    assert!(matches!(missing, KeyFileError::Missing { .. }));
}
