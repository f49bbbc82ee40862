//! A ledger with one coin on a synthetic clock, spoken to in the words of the tables.

use coinage_policy::{amount, read};
use coinage_protocol::{
    AccountId, Action, Address, Amount, Body, Bounded, Charter, ClauseId, LedgerError, Lock,
    Overlay, PolicyBounds, PolicyReason, PolicyRefusal, RoleId, Rules, SecretKey, State, Text,
    UnixMillis, apply_transaction,
};

pub(crate) const DAY_MS: u64 = 86_400_000;

/// Action in words: accounts and roles by name, amounts as sentences write them.
///
/// `#` in the name of a person stands for the number of the repetition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Issue { officer: &'static str, to: &'static str, amount: &'static str },
    Send { from: &'static str, to: &'static str, amount: &'static str },
    Burn { from: &'static str, amount: &'static str },
    Draw { account: &'static str, clause: u8, amount: &'static str },
    Claim { account: &'static str, clause: u8, amount: &'static str },
    Give { officer: &'static str, to: &'static str, role: &'static str },
    Take { officer: &'static str, from: &'static str },
    Freeze { officer: &'static str, account: &'static str, frozen: bool },
    Move { officer: &'static str, from: &'static str, to: &'static str, amount: &'static str },
    HandOver { place: &'static str, from: &'static str, to: &'static str },
    Amend { officer: &'static str, clause: u8, amount: &'static str, after_days: u64 },
}

/// A ledger with one coin, and the time of its next block.
pub(crate) struct World {
    /// Charter as it was at creation.
    pub(crate) charter: Charter,
    pub(crate) state: State,
    rules: Rules,
    time: UnixMillis,
}

impl World {
    /// The ledger on which the coin of this policy was created, a day before its periods begin.
    pub(crate) fn new(policy: &str) -> Self {
        let charter = read(policy).unwrap_or_else(|error| panic!("{error}"));
        let rules = Rules {
            lifetime_ms_max: DAY_MS,
            balances_max: 10_000,
            tokens_max: 1,
            creators: None,
            fee: None,
            growth: None,
            policies: Some(PolicyBounds { charters_max: 1, standings_max: 10_000 }),
        };
        let time = charter.anchor.millis().saturating_sub(DAY_MS);
        let mut world = Self { charter, state: State::default(), rules, time };
        let create = Action::CreateWithCharter(Box::new(world.charter.clone()));
        world.apply(create).expect("a coin with a charter that was read");
        world
    }

    /// Sets the clock to a day, counted from the anchor.
    pub(crate) fn set_day(&mut self, day: u64) {
        let time = self.charter.anchor.millis().saturating_add(day * DAY_MS);
        assert!(time >= self.time, "day {day} is over");
        self.time = time;
    }

    /// Tries an action, and says in words what came of it.
    pub(crate) fn answer(&mut self, act: Act, turn: u64) -> String {
        match self.apply(self.action(act, turn)) {
            Ok(()) => "yes".to_owned(),
            Err(LedgerError::Policy(refusal)) => self.refusal(&refusal),
            Err(LedgerError::InsufficientBalance { have, .. }) => {
                format!("has {}", self.text(have))
            }
            Err(other) => panic!("{act:?}: {other}"),
        }
    }

    /// Applies an action in a block of its own.
    pub(crate) fn apply(&mut self, action: Action) -> Result<(), LedgerError> {
        let body = Body {
            sender: person("a stranger"),
            salt: 0,
            expires_at: self.time,
            actions: Bounded::first_of([action]),
            memo: Text::default(),
        };
        let mut overlay = Overlay::new(&self.state);
        apply_transaction(&mut overlay, &self.rules, self.time, &body)?;
        self.state = self.state.with(&overlay.into_changes());
        Ok(())
    }

    pub(crate) fn supply(&self) -> String {
        let record = self.state.token(self.charter.token).expect("created");
        self.text(record.supply)
    }

    /// The address that a name stands for now; with `first` before it, at creation.
    pub(crate) fn who(&self, name: &str) -> Address {
        if let Some(name) = name.strip_prefix("first ") {
            return named(&self.charter, name).expect("a name of the charter");
        }
        let now = self.state.charter(self.charter.token).expect("created");
        named(now, name).unwrap_or_else(|| person(name))
    }

    pub(crate) fn role(&self, name: &str) -> RoleId {
        let found = self.charter.roles().find(|(.., known, _)| known.as_str() == name);
        found.expect("a role of the charter").0
    }

    /// The action that the words mean.
    fn action(&self, act: Act, turn: u64) -> Action {
        let token = self.charter.token;
        let who = |name: &str| self.who(&name.replace('#', &turn.to_string()));
        let units = |text| self.units(text);
        let clause = |number: u8| ClauseId(number - 1);
        match act {
            Act::Issue { officer, to, amount } => {
                Action::Mint { token, issuer: who(officer), to: who(to), amount: units(amount) }
            }
            Act::Send { from, to, amount } => {
                Action::Transfer { token, from: who(from), to: who(to), amount: units(amount) }
            }
            Act::Burn { from, amount } => {
                Action::Burn { token, from: who(from), amount: units(amount) }
            }
            Act::Draw { account, clause: number, amount } => {
                let (account, clause) = (who(account), clause(number));
                Action::Draw { token, account, clause, amount: units(amount) }
            }
            Act::Claim { account, clause: number, amount } => {
                let (account, clause) = (who(account), clause(number));
                Action::Claim { token, account, clause, amount: units(amount) }
            }
            Act::Give { officer, to, role } => {
                let (officer, account, role) = (who(officer), who(to), Some(self.role(role)));
                Action::SetRole { token, officer, account, role }
            }
            Act::Take { officer, from } => {
                let (officer, account) = (who(officer), who(from));
                Action::SetRole { token, officer, account, role: None }
            }
            Act::Freeze { officer, account, frozen } => {
                let (officer, account) = (who(officer), who(account));
                Action::SetFrozen { token, officer, account, frozen }
            }
            Act::Move { officer, from, to, amount } => {
                let (officer, from, to) = (who(officer), who(from), who(to));
                Action::Move { token, officer, from, to, amount: units(amount) }
            }
            Act::HandOver { place, from, to } => {
                let place = self.place(place);
                Action::HandOver { token, account: place, from: who(from), to: who(to) }
            }
            Act::Amend { officer, clause: number, amount, after_days } => {
                let in_force_at = self.time.saturating_add(after_days * DAY_MS);
                let (officer, clause) = (who(officer), clause(number));
                Action::Amend { token, officer, clause, amount: units(amount), in_force_at }
            }
        }
    }

    fn place(&self, name: &str) -> AccountId {
        let mut accounts = (0..).zip(self.charter.accounts.iter());
        let found = accounts.find(|(_, account)| account.name.as_str() == name);
        AccountId(found.expect("a name of the charter").0)
    }

    /// The amount that a text names, with all decimals of the coin.
    fn units(&self, text: &str) -> Amount {
        let units: u128 = text.replace([',', '.'], "").parse().expect("an amount");
        let units = Amount::try_from(units).expect("an amount");
        assert_eq!(self.text(units), text, "amounts of a table are written as sentences do");
        units
    }

    fn text(&self, units: Amount) -> String {
        amount(units, self.charter.decimals)
    }

    fn refusal(&self, refusal: &PolicyRefusal) -> String {
        let text = |units| self.text(units);
        let reason = match refusal.reason {
            PolicyReason::Limit { used, allowed, need } => {
                format!("used {} of {}, asked {}", text(used), text(allowed), text(need))
            }
            PolicyReason::OutOfBounds { min, max } => {
                format!("between {} and {}", text(min), text(max))
            }
            PolicyReason::NotWhole { each, .. } => format!("whole times {}", text(each)),
            PolicyReason::RoleFull { max } => format!("{max} accounts have the role"),
            PolicyReason::NotEntitled { .. } => "not entitled".to_owned(),
            PolicyReason::NoWay { .. } => "no way".to_owned(),
            PolicyReason::NotAReceiver { .. } => "not a receiver".to_owned(),
            PolicyReason::Frozen { .. } => "frozen".to_owned(),
            PolicyReason::Notice { .. } => "too short a notice".to_owned(),
            PolicyReason::OwesLess { owed, .. } | PolicyReason::Owes { owed, .. } => {
                format!("it owes {}", text(owed))
            }
            other => other.to_string(),
        };
        match refusal.clause {
            Some(clause) => format!("clause {clause}: {reason}"),
            None => reason,
        }
    }
}

fn named(charter: &Charter, name: &str) -> Option<Address> {
    let account = charter.accounts.iter().find(|account| account.name.as_str() == name);
    account.map(|account| account.holder.address())
}

/// A person whose key is made of its name.
fn person(name: &str) -> Address {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    Lock::Key(SecretKey::new(seed).public()).address()
}

pub(crate) const fn issue(officer: &'static str, to: &'static str, amount: &'static str) -> Act {
    Act::Issue { officer, to, amount }
}

pub(crate) const fn send(from: &'static str, to: &'static str, amount: &'static str) -> Act {
    Act::Send { from, to, amount }
}

pub(crate) const fn burn(from: &'static str, amount: &'static str) -> Act {
    Act::Burn { from, amount }
}

pub(crate) const fn draw(account: &'static str, clause: u8, amount: &'static str) -> Act {
    Act::Draw { account, clause, amount }
}

pub(crate) const fn claim(account: &'static str, clause: u8, amount: &'static str) -> Act {
    Act::Claim { account, clause, amount }
}

pub(crate) const fn give(officer: &'static str, to: &'static str, role: &'static str) -> Act {
    Act::Give { officer, to, role }
}

pub(crate) const fn freeze(officer: &'static str, account: &'static str) -> Act {
    Act::Freeze { officer, account, frozen: true }
}

pub(crate) const fn unfreeze(officer: &'static str, account: &'static str) -> Act {
    Act::Freeze { officer, account, frozen: false }
}

pub(crate) const fn hand_over(place: &'static str, from: &'static str, to: &'static str) -> Act {
    Act::HandOver { place, from, to }
}

pub(crate) const fn take(officer: &'static str, from: &'static str) -> Act {
    Act::Take { officer, from }
}

pub(crate) const fn move_coins(
    officer: &'static str,
    from: &'static str,
    to: &'static str,
    amount: &'static str,
) -> Act {
    Act::Move { officer, from, to, amount }
}

pub(crate) const fn amend(
    officer: &'static str,
    clause: u8,
    amount: &'static str,
    after_days: u64,
) -> Act {
    Act::Amend { officer, clause, amount, after_days }
}
