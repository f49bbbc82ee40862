//! Recovery phrases: words on paper from which a wallet's key can be made again.

use std::fmt;

use bip39::{Language, Mnemonic};
use coinage_protocol::SecretKey;
use zeroize::Zeroizing;

use super::WalletError;

/// Purpose 44 of BIP-43, with all levels hardened, as SLIP-10 has it for Ed25519.
const PURPOSE: u32 = 44;
/// The network's number in place of a registered coin type: the letters `COIN`.
const COIN_TYPE: u32 = u32::from_be_bytes(*b"COIN");
/// The last index of an account; the higher half is what "hardened" means.
pub const INDEX_MAX: u32 = (1 << 31) - 1;
/// Bytes of randomness behind the 24 words of a new phrase.
const ENTROPY_BYTES: usize = 32;

/// A recovery phrase after BIP-39, in English. Wiped from memory when dropped.
pub struct Phrase(Mnemonic);

/// The reason why words are not a recovery phrase.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PhraseError {
    /// A phrase has 12, 15, 18, 21 or 24 words.
    #[error("a recovery phrase has 12, 15, 18, 21 or 24 words, not {0}")]
    Count(usize),
    /// A word that no phrase has.
    #[error("word {0} is not one of the 2048 words of a recovery phrase")]
    Unknown(usize),
    /// The words all exist, but do not belong together.
    #[error("the words do not belong together: one is wrong, missing or in another place")]
    Checksum,
}

impl Phrase {
    /// A new phrase of 24 words.
    ///
    /// # Errors
    ///
    /// [`WalletError::Random`] if the operating system gives no random bytes.
    pub fn generate() -> Result<Self, WalletError> {
        let mut entropy = Zeroizing::new([0; ENTROPY_BYTES]);
        getrandom::fill(entropy.as_mut_slice())?;
        let phrase = Mnemonic::from_entropy_in(Language::English, entropy.as_slice());
        Ok(Self(phrase.expect("32 bytes are a length that phrases have")))
    }

    /// The phrase that these words are, in any case and with any space between them. They may be
    /// numbered, as on paper: `1. word 2) word`; then the numbers say in which order they are.
    ///
    /// # Errors
    ///
    /// [`PhraseError`], which says which word is wrong if that can be seen.
    pub fn parse(text: &str) -> Result<Self, PhraseError> {
        let lower = Zeroizing::new(text.to_lowercase());
        let words = in_order(&lower);
        let count = words.len();
        let phrase =
            Mnemonic::parse_in(Language::English, Zeroizing::new(words.join(" ")).as_str());
        phrase.map(Self).map_err(|error| match error {
            bip39::Error::UnknownWord(at) => PhraseError::Unknown(at.saturating_add(1)),
            bip39::Error::BadWordCount(_) => PhraseError::Count(count),
            _ => PhraseError::Checksum,
        })
    }

    /// Returns the words of the phrase.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.0.words()
    }

    /// The key of an account: `m/44'/1129269582'/index'/0'` of SLIP-10, with an empty passphrase.
    ///
    /// # Errors
    ///
    /// `None` above [`INDEX_MAX`].
    pub fn key(&self, index: u32) -> Option<SecretKey> {
        if index > INDEX_MAX {
            return None;
        }
        let seed = Zeroizing::new(self.0.to_seed_normalized(""));
        let path = [PURPOSE, COIN_TYPE, index, 0];
        let key = slip10_ed25519::derive_ed25519_private_key(seed.as_slice(), &path);
        Some(SecretKey::new(*Zeroizing::new(key)))
    }
}

/// The words of a text without what is around them; by their numbers, if each has one of its own.
fn in_order(text: &str) -> Vec<&str> {
    let (mut words, mut number) = (Vec::new(), None::<usize>);
    for part in text.split_whitespace() {
        let begin = part.find(char::is_alphabetic).unwrap_or(part.len());
        let (before, word) = part.split_at(begin);
        let digits = before.trim_matches(|one: char| !one.is_ascii_digit());
        number = digits.parse().ok().or(number);
        let word = word.trim_end_matches(|one: char| !one.is_alphabetic());
        if !word.is_empty() {
            words.push((number.take(), word));
        }
    }
    let mut numbers: Vec<_> = words.iter().filter_map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    if numbers.iter().copied().eq(1..=words.len()) {
        words.sort_by_key(|(number, _)| *number);
    }
    words.into_iter().map(|(_, word)| word).collect()
}

impl fmt::Debug for Phrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Phrase(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: &str = include_str!("../../../tests/vectors/phrases.json");

    #[test]
    fn published_phrases_give_the_published_seeds() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).expect("JSON");
        let phrases = vectors["bip39"].as_array().expect("a list");
        assert!(phrases.len() >= 4);
        for vector in phrases {
            let field = |name: &str| vector[name].as_str().expect("a string");
            let phrase = Phrase::parse(field("phrase")).expect("a phrase");
            assert_eq!(hex::encode(phrase.0.to_entropy()), field("entropy"));
            // The published ones have this passphrase; wallets have none.
            assert_eq!(hex::encode(phrase.0.to_seed_normalized("TREZOR")), field("seed"));
        }
    }

    #[test]
    fn published_seeds_give_the_published_keys() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).expect("JSON");
        for vector in vectors["slip10"].as_array().expect("a list") {
            let field = |name: &str| vector[name].as_str().expect("a string");
            let path: Vec<u32> = serde_json::from_value(vector["path"].clone()).expect("a path");
            let seed = hex::decode(field("seed")).expect("digits");
            let key = slip10_ed25519::derive_ed25519_private_key(&seed, &path);
            assert_eq!(hex::encode(key), field("private"), "{vector}");
            assert_eq!(SecretKey::new(key).public().to_string(), field("public"), "{vector}");
        }
    }

    #[test]
    fn the_path_of_an_account_never_changes() {
        let words = ["abandon"; 23].join(" ") + " art";
        let phrase = Phrase::parse(&words).expect("a phrase");
        let address = |index| {
            let key = phrase.key(index).expect("in range").public();
            coinage_protocol::Lock::Key(key).address().to_string()
        };
        assert_eq!(COIN_TYPE, 1_129_269_582);
        assert_eq!([address(0), address(1)], ADDRESSES);
        assert!(phrase.key(INDEX_MAX).is_some() && phrase.key(INDEX_MAX + 1).is_none());
    }

    /// Addresses made with another implementation of the derivation.
    const ADDRESSES: [&str; 2] = [
        "coin1kgys4y4r02up3qxsgsp8sn7dw8gp6jqfn82jth4x5kaps8xqzj6swwkva9",
        "coin1uydpvzhn4ukczqty0kxyw43hs27ygwzzssh9z598gstmk0c0z08sjzcgvh",
    ];

    #[test]
    fn a_new_phrase_has_24_words_and_reads_back_in_any_case() {
        let phrase = Phrase::generate().expect("random bytes");
        let words: Vec<_> = phrase.words().collect();
        assert_eq!(words.len(), 24);
        let again = Phrase::parse(&words.join(" \n").to_uppercase()).expect("the same");
        assert_eq!(again.key(0).map(|key| key.public()), phrase.key(0).map(|key| key.public()));
        assert!(!format!("{phrase:?}").contains(words[0]));
    }

    #[test]
    fn a_phrase_reads_back_from_paper_however_its_words_are_numbered() {
        let phrase = Phrase::generate().expect("random bytes");
        let words: Vec<_> = (1..).zip(phrase.words()).collect();
        let public = |phrase: &Phrase| phrase.key(0).map(|key| key.public());
        for form in ["N. W ", "N W  ", "N)W\n", "0N.W, ", "#N: W\t", "- W;\r\n"] {
            let written = words
                .iter()
                .map(|(at, word)| form.replace('N', &at.to_string()).replace('W', word));
            let written = written.collect::<String>();
            for text in [written.to_uppercase(), written] {
                assert_eq!(public(&Phrase::parse(&text).expect(form)), public(&phrase), "{form}");
            }
        }
        // Two columns, read line by line.
        let columns = (0..12).map(|row| {
            let [(one, left), (other, right)] = [words[row], words[row + 12]];
            format!("{one}. {left}   {other}. {right}\n")
        });
        let columns = columns.collect::<String>();
        assert_eq!(public(&Phrase::parse(&columns).expect("by number")), public(&phrase));
    }

    #[test]
    fn what_is_wrong_with_words_is_said_without_saying_them() {
        let refused = |text: &str| Phrase::parse(text).expect_err("no phrase");
        assert_eq!(refused("abandon abandon"), PhraseError::Count(2));
        assert_eq!(refused(&["abandon"; 24].join(" ")), PhraseError::Checksum);
        let typo = ["abandon"; 5].join(" ") + " abandom " + &["abandon"; 6].join(" ");
        assert_eq!(refused(&typo), PhraseError::Unknown(6));
        assert_eq!(refused(""), PhraseError::Count(0));
    }
}
