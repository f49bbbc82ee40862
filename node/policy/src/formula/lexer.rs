//! Tokens of a formula, each with the word of the line that it stands in.

use super::{MEMBERS, OF};

/// A token of a formula.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    /// Digits with commas and a point: an amount, a number or a rate.
    Figure(&'a str),
    /// A name of a quantity, a function or a role.
    Name(&'a str),
    /// Any other character.
    Sign(char),
}

/// The tokens of some words, each with the place of its word.
pub(super) fn tokens<'a>(words: &[&'a str]) -> Vec<(Token<'a>, usize)> {
    let mut found: Vec<(Token<'a>, usize)> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let mut rest = *word;
        while let Some(first) = rest.chars().next() {
            // The name of a role is whole, whatever it ends with and whatever is in it.
            let is_role = is_before_role(&found);
            let length = length(rest, first, is_role);
            let (text, behind) = rest.split_at(length);
            rest = behind;
            if first.is_ascii_digit() {
                found.push((Token::Figure(text), place));
            } else if !is_letter(first) {
                found.push((Token::Sign(first), place));
            } else if let Some(name) =
                text.strip_suffix(OF).filter(|name| !is_role && is_quantity(name))
            {
                // A particle stands right behind its word, and names no quantity itself.
                found.extend([(Token::Name(name), place), (Token::Name(OF), place)]);
            } else {
                found.push((Token::Name(text), place));
            }
        }
    }
    found
}

/// Checks whether a role stands behind these tokens.
fn is_before_role(tokens: &[(Token<'_>, usize)]) -> bool {
    let [.., (Token::Name(name), _), (Token::Sign('('), _)] = tokens else { return false };
    [MEMBERS.0, MEMBERS.1].contains(name)
}

/// Bytes of the token with which a text begins.
fn length(text: &str, first: char, is_role: bool) -> usize {
    let bytes = text.as_bytes();
    let is_part = |(at, one): (usize, char)| {
        if first.is_ascii_digit() {
            let before_digit = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
            return one.is_ascii_digit() || matches!(one, ',' | '.') && before_digit;
        }
        is_letter(one) || one.is_ascii_digit() || one == '-' && is_role
    };
    if !first.is_ascii_digit() && !is_letter(first) {
        return first.len_utf8();
    }
    let end = text.char_indices().find(|one| !is_part(*one));
    end.map_or(text.len(), |(at, _)| at)
}

fn is_letter(one: char) -> bool {
    one.is_ascii_lowercase() || ('가'..='힣').contains(&one)
}

fn is_quantity(name: &str) -> bool {
    super::QUANTITIES.iter().any(|(_, korean, _)| *korean == name)
}
