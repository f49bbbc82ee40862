//! The texts of the charters that ship.

use coinage_policy::{Language, charters, read, write};
use coinage_protocol::{Holder, Lock, PublicKey};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

#[test]
fn every_shipped_text_is_as_it_would_be_printed() {
    for shipped in charters() {
        for language in Language::ALL {
            let text = shipped.text(language);
            let charter = read(text).unwrap_or_else(|error| panic!("{}: {error}", shipped.name));
            let said = |text: &str| {
                let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
                lines.map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(said(text), said(&write(&charter, language)), "{}", shipped.name);
            assert!((3..=10).contains(&charter.clauses.len()), "{}", shipped.name);
        }
    }
}

#[test]
fn both_languages_say_the_same() {
    for shipped in charters() {
        let [english, korean] =
            Language::ALL.map(|language| read(shipped.text(language)).expect("a policy").hash());
        assert_eq!(english, korean, "{}", shipped.name);
    }
}

#[test]
fn every_shipped_text_says_at_its_head_what_to_replace() {
    for shipped in charters() {
        for (language, words) in
            [(Language::English, "# Replace: "), (Language::Korean, "# 바꿀 것: ")]
        {
            let lines: Vec<_> = shipped.text(language).lines().take(4).collect();
            assert!(lines[1].starts_with(words), "{}: {lines:?}", shipped.name);
            assert!(lines[2].starts_with('#') && lines[3].is_empty(), "{}", shipped.name);
        }
    }
}

/// A key that is a point picked by chance: nobody has its secret.
fn placeholder(seed: u64) -> PublicKey {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let mut drawn = std::iter::repeat_with(|| {
        let mut bytes = [0; 32];
        random.fill_bytes(&mut bytes);
        PublicKey::try_from(bytes)
    });
    drawn.find_map(Result::ok).expect("every second one is a point")
}

#[test]
fn nobody_has_the_keys_of_a_shipped_text() {
    let keys: Vec<_> = (1..=12).map(placeholder).collect();
    let addresses: Vec<_> = keys.iter().map(|key| Lock::Key(*key).address()).collect();
    for shipped in charters() {
        let charter = read(shipped.text(Language::English)).expect("a policy");
        for account in charter.accounts.iter() {
            let known = match &account.holder {
                Holder::Address(address) => addresses.contains(address),
                Holder::Threshold(lock) => lock.keys().iter().all(|key| keys.contains(key)),
            };
            assert!(known, "{}: {} is somebody's", shipped.name, account.name);
        }
    }
}

#[test]
fn the_names_are_those_of_the_files() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/charters");
    let entries = std::fs::read_dir(directory).expect("the charters are there");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("the charters are there").file_name().into_string().expect("UTF-8")
    };
    let files = entries.map(name).filter(|name| name.ends_with(".policy")).count();
    assert_eq!(files, 2 * charters().len(), "each file is shipped, in both languages");
}
