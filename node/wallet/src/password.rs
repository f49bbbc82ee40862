//! Forms of a password: the same letters may come as different bytes.
//!
//! An `é` is one character or an `e` and an accent, depending on who typed it, and some editors put
//! a mark before the first line of a file. A wallet is sealed with the composed form (Unicode NFC)
//! without that mark, so that all of them open it.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Bytes of UTF-8 that a byte may become at most by composing or decomposing (Unicode annex 15).
const GROWTH_MAX: usize = 4;

/// Mark at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Returns the number of characters of a password, however they were typed.
pub fn password_length(password: &str) -> usize {
    composed(password).chars().count()
}

/// The form with which wallets are sealed.
pub(crate) fn composed(password: &str) -> Zeroizing<String> {
    let password = password.strip_prefix(BYTE_ORDER_MARK).unwrap_or(password);
    collected(password, password.nfc())
}

/// The forms that may open a wallet, the likeliest first: one made by an earlier version was sealed
/// with whatever had been typed.
pub(crate) fn forms(password: &str) -> Vec<Zeroizing<String>> {
    let as_typed = Zeroizing::new(password.to_owned());
    let mut forms = vec![composed(password), as_typed, collected(password, password.nfd())];
    forms.dedup();
    forms
}

/// Characters with room for all of them, as a text that has to grow leaves copies in memory.
fn collected(password: &str, characters: impl Iterator<Item = char>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(password.len() * GROWTH_MAX));
    text.extend(characters);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_letters_are_one_password_of_as_many_characters() {
        let (one, two) = ("caf\u{e9}", "cafe\u{301}");
        assert_eq!(composed(one), composed(two));
        assert_eq!((password_length(one), password_length(two)), (4, 4));
        for typed in [one, two] {
            let forms = forms(typed);
            assert!(forms.iter().any(|form| form.as_str() == one), "{forms:?}");
            assert!(forms.iter().any(|form| form.as_str() == two), "{forms:?}");
        }
        assert_eq!(composed("\u{feff}a").as_str(), "a");
        assert!(forms("\u{feff}a").iter().any(|form| form.as_str() == "\u{feff}a"));
        assert_eq!(forms("a password").len(), 1, "one guess costs one guess");
        assert_ne!(composed("\u{fb01}"), composed("fi"), "what looks different stays different");
    }

    #[test]
    fn no_character_needs_more_room_than_there_is() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            let (nfc, nfd) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
            assert!(nfc.len().max(nfd.len()) <= text.len() * GROWTH_MAX, "{character:?}");
        }
    }
}
