//! Text of strangers on a terminal: the one table of characters that must not reach it as they are.

use std::path::Path;

/// True for what a terminal would obey, and for what changes how the characters around it are read:
/// control characters, marks of direction, and characters that cannot be seen.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text of several lines, with what is unsafe spelled out: `\u{202e}`.
pub fn spelled_out(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) && !matches!(character, '\n' | '\t') {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The text of a JSON value, with what is unsafe written as escapes: whoever parses it reads the
/// same value.
pub fn escaped_in_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        // Between the tokens there may be ends of lines; elsewhere JSON has none as they are.
        if is_unsafe(character) && !matches!(character, '\n' | '\t' | '\r') {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A text on one line, with a replacement character for each that is unsafe; a tab is a space.
pub fn masked(text: &str) -> String {
    let one = |character| match character {
        '\t' => ' ',
        unsafe_one if is_unsafe(unsafe_one) => char::REPLACEMENT_CHARACTER,
        safe => safe,
    };
    text.chars().map(one).collect()
}

/// A path as a word of a command to type: in quotes where a shell would split or change it.
pub fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    // No path has a NUL, for which there are no quotes.
    shlex::try_quote(&text).map_or_else(|_| text.clone(), |quoted| quoted.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_s_text_neither_steers_a_terminal_nor_hides_in_it() {
        assert_eq!(spelled_out("a\u{1b}[2Jb\r\nc\td"), "a\\u{1b}[2Jb\\u{d}\nc\td");
        assert_eq!(spelled_out("5\u{202e}01 äé한글"), "5\\u{202e}01 äé한글");
        assert_eq!(spelled_out("bob\u{200b}\u{e0041}"), "bob\\u{200b}\\u{e0041}");
        assert_eq!(
            escaped_in_json("[\"a\u{200f}\u{e0041}\",\n\t1]"),
            "[\"a\\u200f\\udb40\\udc41\",\n\t1]"
        );
        assert_eq!(typed(Path::new("/tmp/net-1/a.json")), "/tmp/net-1/a.json");
        assert_eq!(typed(Path::new("my net; rm $HOME")), "'my net; rm $HOME'");
        assert_eq!(masked("a\tb\nc\u{200d}"), "a b\u{fffd}c\u{fffd}");
    }
}
