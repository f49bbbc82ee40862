//! Looks: characters of names that nobody sees, or that turn the text around them (SPEC A-4).

/// The ranges of such characters, in increasing order; fixed, because a table that grows with
/// Unicode would split the chain.
const HIDDEN: [(char, char); 19] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{13430}', '\u{1345f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// The byte offset of the first such character.
pub(crate) fn hidden_character(text: &str) -> Option<usize> {
    let hidden = |c: char| HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&c));
    { text.char_indices() }.find(|(_, character)| hidden(*character)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_found_and_what_people_write_is_not() {
        // SPEC A-4
        assert!(HIDDEN.is_sorted());
        for plain in ["Club points", "마을 화폐", "Crédits été", "ポイント", "नक़द"]
        {
            assert_eq!(hidden_character(plain), None, "{plain}");
        }
        for (text, at) in [("Go\u{200b}ld", 2), ("\u{202e}dloG", 0), ("Gold\u{e0041}", 4), ("ㅤ", 0)]
        {
            assert_eq!(hidden_character(text), Some(at), "{text:?}");
        }
    }
}
