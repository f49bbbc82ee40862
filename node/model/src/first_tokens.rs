//! Tokens that a network began with, and names that look like theirs.

use coinage_protocol::{Genesis, Symbol};
use unicode_security::skeleton;

/// The tokens of a genesis, each with how its name looks.
///
/// Anybody may give a new token any name. Symbols are compared by the rules of the network (SPEC
/// A-4); names are compared here, by Unicode's table of confusable characters (UTS 39), which no
/// rule may depend on, because it changes from year to year.
#[derive(Clone, Debug)]
pub struct FirstTokens(Vec<(Symbol, Looks)>);

impl FirstTokens {
    /// The tokens of a genesis, with and without a charter.
    pub fn of(genesis: &Genesis) -> Self {
        let plain = genesis.tokens.iter().map(|token| (token.token, token.name.as_str()));
        let chartered = genesis.charters.iter().map(|one| (one.token, one.name.as_str()));
        Self::named(plain.chain(chartered))
    }

    fn named<'n>(tokens: impl Iterator<Item = (Symbol, &'n str)>) -> Self {
        Self(tokens.map(|(token, name)| (token, Looks::of(name))).collect())
    }

    /// Checks whether the network began with a token.
    pub fn has(&self, token: Symbol) -> bool {
        self.0.iter().any(|(first, _)| *first == token)
    }

    /// The token of the genesis that another token's name looks like, or looks like the symbol of.
    pub fn looks_like(&self, token: Symbol, name: &str) -> Option<Symbol> {
        let looks = Looks::of(name);
        let alike = |(first, name): &&(Symbol, Looks)| {
            let symbol = Looks::of(first.as_str());
            *first != token && (name.are_alike(&looks) || symbol.are_alike(&looks))
        };
        self.0.iter().find(alike).map(|(first, _)| *first)
    }
}

/// A text by how it looks, without blanks: in small letters, and as it is written. A capital I
/// looks like a small l, but only before it is made small.
#[derive(Clone, Debug)]
struct Looks([String; 2]);

impl Looks {
    fn of(name: &str) -> Self {
        let seen: String = name.chars().filter(|one| !one.is_whitespace()).collect();
        let small = |text: &str| skeleton(text).collect::<String>().to_lowercase();
        Self([small(&seen.to_lowercase()), small(&seen)])
    }

    fn are_alike(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one == other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str) -> Symbol {
        text.parse().expect("a symbol")
    }

    #[test]
    fn names_that_look_like_a_first_tokens_are_noticed_and_others_are_not() {
        let (own, other) = (symbol("COIN"), symbol("OTHER"));
        let first = FirstTokens::named([(own, "Village Gold")].into_iter());
        let alike = [
            "Village Gold",
            "village gold",
            "VillageGold",
            "Village G\u{43e}ld",
            "Village G0ld",
            "V\u{456}llage Gold",
            "COIN",
            "C0IN",
            "co\u{456}n",
        ];
        for name in alike {
            assert_eq!(first.looks_like(other, name), Some(own), "{name}");
        }
        for name in ["", "Village Silver", "Gold", "Coins"] {
            assert_eq!(first.looks_like(other, name), None, "{name}");
        }
        assert_eq!(
            first.looks_like(own, "Village Gold"),
            None,
            "a token does not look like itself"
        );
        assert!(first.has(own) && !first.has(other));
    }
}
