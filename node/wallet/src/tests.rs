use coinage_protocol::Threshold;

use super::*;

fn name(text: &str) -> WalletName {
    text.parse().expect("a name")
}

fn key(seed: u8) -> SecretKey {
    SecretKey::new([seed; 32])
}

fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(directory.path().join("wallets")).expect("nothing is there");
    (directory, store)
}

#[test]
fn a_key_comes_back_with_its_password_and_only_with_it() {
    let (_kept, store) = store();
    let address = store.create(&name("alice"), &key(1), "a", Strength::Light).expect("created");
    assert_eq!(store.address(&name("alice")).expect("readable"), address);
    let back = store.unlock(&name("alice"), "a").expect("the right password");
    assert_eq!(back.public(), key(1).public());
    let refused = store.unlock(&name("alice"), "b").expect_err("the wrong password");
    assert_eq!(refused.code(), "wallet.wrong_password");
}

#[test]
fn nothing_is_ever_overwritten_and_nothing_is_left_behind() {
    let (_kept, store) = store();
    store.create(&name("a"), &key(1), "", Strength::Light).expect("created");
    let again = store.create(&name("a"), &key(2), "", Strength::Light);
    assert_eq!(again.expect_err("taken").code(), "wallet.exists");
    let watched = store.watch(&name("a"), Lock::Key(key(3).public()));
    assert_eq!(watched.expect_err("taken").code(), "wallet.exists");
    assert_eq!(store.unlock(&name("a"), "").expect("kept").public(), key(1).public());
    assert_eq!(fs::read_dir(store.directory()).expect("listed").count(), 1);
}

#[test]
fn only_the_owner_can_read_a_wallet() {
    use std::os::unix::fs::PermissionsExt;
    let (_kept, store) = store();
    store.create(&name("a"), &key(1), "", Strength::Light).expect("created");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&store.path(&name("a"))), 0o600);
    assert_eq!(mode(store.directory()), 0o700);
}

#[test]
fn a_shared_lock_is_remembered_without_any_secret() {
    let (_kept, store) = store();
    let keys = vec![key(1).public(), key(2).public(), key(3).public()];
    let lock = Lock::Threshold(Threshold::new(2, keys).expect("2 of 3"));
    store.watch(&name("board"), lock.clone()).expect("saved");
    let entry = store.entry(&name("board")).expect("there");
    assert_eq!((entry.lock, entry.has_secret), (lock, false));
    let refused = store.unlock(&name("board"), "").expect_err("there is none");
    assert_eq!(refused.code(), "wallet.no_secret");
}

#[test]
fn wallets_are_listed_by_name_and_what_is_gone_is_not_found() {
    let (_kept, store) = store();
    assert!(store.list().expect("no directory yet").wallets.is_empty());
    for one in ["b", "a"] {
        store.watch(&name(one), Lock::Key(key(1).public())).expect("saved");
    }
    fs::write(store.directory().join("NOTES.txt"), "mine").expect("written");
    let listed = store.list().expect("listed");
    let names: Vec<_> = listed.wallets.into_iter().map(|one| one.name).collect();
    assert!(listed.unreadable.is_empty(), "no wallet has that name");
    assert_eq!(names, [name("a"), name("b")]);
    store.remove(&name("a")).expect("removed");
    assert_eq!(store.remove(&name("a")).expect_err("gone").code(), "wallet.not_found");
}

#[test]
fn a_file_that_is_no_wallet_hides_no_other() {
    let (_kept, store) = store();
    store.watch(&name("good"), Lock::Key(key(1).public())).expect("saved");
    let at = |name: &str| store.directory().join(name);
    fs::write(at("empty.json"), "").expect("written");
    fs::create_dir(at("folder.json")).expect("made");
    std::os::unix::fs::symlink("nowhere", at("broken.json")).expect("linked");
    let listed = store.list().expect("listed");
    assert_eq!(listed.wallets.len(), 1);
    let said: Vec<_> = listed.unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    for (said, file) in said.iter().zip(["broken", "empty.json", "folder.json"]) {
        assert!(said.contains(file), "{said}");
    }
}

#[test]
fn a_changed_password_opens_the_same_key_and_the_old_one_no_longer() {
    let (_kept, store) = store();
    store.create(&name("a"), &key(1), "old", Strength::Light).expect("created");
    let change = |old, new| store.change_password(&name("a"), old, new, Strength::Strong);
    assert_eq!(change("wrong", "new").expect_err("refused").code(), "wallet.wrong_password");
    change("old", "new").expect("changed");
    assert_eq!(store.unlock(&name("a"), "new").expect("opens").public(), key(1).public());
    assert!(store.unlock(&name("a"), "old").is_err());
    let file = fs::read_to_string(store.path(&name("a"))).expect("read").replace(' ', "");
    assert!(file.contains("\"log_n\":17"), "as strong as was asked: {file}");
    assert_eq!(fs::read_dir(store.directory()).expect("listed").count(), 1);
}

#[test]
fn a_copy_of_a_file_is_taken_over_with_its_password_and_nothing_else_is() {
    let (kept, store) = store();
    store.create(&name("a"), &key(1), "p", Strength::Light).expect("created");
    let copy = kept.path().join("copy");
    fs::write(&copy, store.encrypted(&name("a")).expect("read")).expect("written");
    assert_eq!(store.adopt(&name("a"), &copy).expect_err("taken").code(), "wallet.exists");
    let entry = store.adopt(&name("b"), &copy).expect("taken over");
    assert!(entry.has_secret);
    assert_eq!(store.unlock(&name("b"), "p").expect("opens").public(), key(1).public());
    fs::write(&copy, "{}").expect("written");
    assert_eq!(store.adopt(&name("c"), &copy).expect_err("damaged").code(), "wallet.damaged");
    assert!(!store.contains(&name("c")));
    let gone = store.adopt(&name("c"), &kept.path().join("none")).expect_err("gone");
    assert_eq!(gone.code(), "wallet.io");
}

#[test]
fn a_file_that_an_earlier_version_wrote_still_opens() {
    let (_kept, store) = store();
    store.make_directory().expect("made");
    let file = include_bytes!("../../../tests/vectors/wallet-1.json");
    fs::write(store.path(&name("old")), file).expect("written");
    let secret = store.unlock(&name("old"), "an old password").expect("opens");
    assert_eq!(secret.public(), key(7).public());
}

#[test]
fn an_enormous_file_is_damaged_not_read() {
    let (_kept, store) = store();
    store.make_directory().expect("made");
    fs::write(store.path(&name("a")), vec![b' '; 1 << 20]).expect("written");
    assert_eq!(store.address(&name("a")).expect_err("too large").code(), "wallet.damaged");
}
