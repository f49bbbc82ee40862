//! A ledger of one token: the network's own rules on a clock that is asked for, not waited for.

use std::collections::BTreeMap;

use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, Charter, Entry, Key, LedgerError, Overlay,
    PolicyBounds, Rules, State, Symbol, Text, UnixMillis, apply_transaction,
};

/// A ledger that holds one token with a charter, and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    state: State,
    rules: Rules,
    token: Symbol,
}

/// A moment of a ledger, in which actions are tried one after the other.
pub(crate) struct Moment<'l> {
    overlay: Overlay<'l>,
    rules: &'l Rules,
    time: UnixMillis,
}

impl Ledger {
    /// The ledger in which the token was created by its charter at that time.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the creation is refused, which no checked charter's is.
    pub(crate) fn create(charter: &Charter, time: UnixMillis) -> Result<Self, LedgerError> {
        let mut ledger =
            Self { state: State::default(), rules: without_bounds(), token: charter.token };
        let create = Action::CreateWithCharter(Box::new(charter.clone()));
        ledger.at(time, |moment| moment.act(NOBODY, vec![create]))?;
        Ok(ledger)
    }

    /// Gives accounts coins that they have by no clause, of a token that is older than its history.
    pub(crate) fn endow(&mut self, balances: impl IntoIterator<Item = (Address, Amount)>) {
        let entries = self.state.entries();
        let mut entries: BTreeMap<_, _> =
            entries.map(|(key, entry)| (*key, entry.clone())).collect();
        let Some(Entry::Token(token)) = entries.get(&Key::Token(self.token)) else { return };
        let mut token = (**token).clone();
        for (address, amount) in balances {
            let entry = entries.entry(Key::Balance(address, self.token));
            let entry = entry.or_insert(Entry::Balance(Amount::ZERO));
            let (Entry::Balance(has), Some(supply)) = (entry, token.supply.checked_add(amount))
            else {
                continue;
            };
            *has = has.checked_add(amount).unwrap_or(*has);
            token.supply = supply;
        }
        entries.insert(Key::Token(self.token), token.into());
        self.state = State::from_entries(entries);
    }

    pub(crate) fn supply(&self) -> Amount {
        self.state.token(self.token).map_or(Amount::ZERO, |token| token.supply)
    }

    /// Has actions done at a time; what they change stays.
    pub(crate) fn at<T>(&mut self, time: UnixMillis, act: impl FnOnce(&mut Moment<'_>) -> T) -> T {
        let overlay = Overlay::new(&self.state);
        let mut moment = Moment { overlay, rules: &self.rules, time };
        let done = act(&mut moment);
        let changes = moment.overlay.into_changes();
        self.state = self.state.with(&changes);
        done
    }
}

impl Moment<'_> {
    pub(crate) fn time(&self) -> UnixMillis {
        self.time
    }

    /// Does all of these actions, or nothing if the ledger refuses one.
    ///
    /// # Panics
    ///
    /// If there are more actions than a transaction has.
    pub(crate) fn act(&mut self, sender: Address, actions: Vec<Action>) -> Result<(), LedgerError> {
        let body = Body {
            sender,
            salt: 0,
            expires_at: self.time,
            actions: Bounded::new(actions).expect("no more actions than a transaction has"),
            memo: Text::default(),
        };
        apply_transaction(&mut self.overlay, self.rules, self.time, &body)
    }
}

/// The creator, who has no part in what follows.
const NOBODY: Address = Address::new([0; 32]);

/// Rules of a network that has room for everything and asks for nothing.
fn without_bounds() -> Rules {
    Rules {
        lifetime_ms_max: u64::MAX,
        balances_max: u64::MAX,
        tokens_max: u64::MAX,
        creators: None,
        fee: None,
        growth: None,
        policies: Some(PolicyBounds { charters_max: u64::MAX, standings_max: u64::MAX }),
    }
}
