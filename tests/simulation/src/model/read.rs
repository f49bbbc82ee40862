//! A node's state, as the model would hold it.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{Amount, Entry, Key, State, Token};

use super::{Charted, Model, ModelToken, folded};

impl Model {
    /// The state as the model would hold it, on a network that has look-alikes or has none.
    ///
    /// # Panics
    ///
    /// If an entry is of another kind than its key.
    pub fn of(state: &State, folds: bool) -> Self {
        let (mut balances, mut deposits) = (BTreeMap::new(), BTreeMap::new());
        let (mut tokens, mut charters) = (BTreeMap::new(), BTreeMap::new());
        let (mut rest, mut looks) = (Vec::new(), BTreeSet::new());
        for (key, entry) in state.entries() {
            match (key, entry) {
                (Key::Balance(address, token), Entry::Balance(amount)) => {
                    balances.insert((*address, *token), amount.units());
                }
                (Key::Deposit(address, token), Entry::Balance(amount)) => {
                    deposits.insert((*address, *token), amount.units());
                }
                (Key::Token(token), Entry::Token(record)) => {
                    tokens.insert(*token, ModelToken::from(&**record));
                }
                (Key::Charter(token), Entry::Charter(charter)) => {
                    charters.insert(*token, Charted::new(charter));
                }
                (Key::Lookalike(looks_like), Entry::Symbol(token)) => {
                    assert_eq!(folded(*token), looks_like.as_str());
                    looks.insert(*token);
                }
                (
                    Key::Usage(token, _) | Key::Amendment(token, _) | Key::Standing(_, token),
                    entry,
                ) => rest.push((*token, *key, entry)),
                _ => panic!("{key:?} has an entry of another kind"),
            }
        }
        for (token, key, entry) in rest {
            charters.get_mut(&token).expect("its charter is there").put(&key, entry);
        }
        let named = tokens.keys().copied().filter(|_| folds).collect();
        assert_eq!(looks, named, "each token has a name that nothing else looks like");
        let mut model = Self { balances, tokens, deposits, charters, folds, before: 0 };
        model.begin_block();
        model
    }
}

impl From<&Token> for ModelToken {
    fn from(record: &Token) -> Self {
        Self {
            name: record.name.as_str().to_owned(),
            decimals: record.decimals,
            capped: record.cap.map(Amount::units),
            issuer: record.issuer,
            supply: record.supply.units(),
            charter: record.charter.map(|charter| *charter.hash.as_bytes()),
            issued: record.issued().units(),
        }
    }
}
