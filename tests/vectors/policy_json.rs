//! Charters, and what is done by them, as JSON in the names of SPEC R.

use coinage_protocol::{
    AccountId, Action, Amendment, Ceiling, Charter, Clause, ClauseId, ClauseUse, Entry, Holder,
    Instant, Key, Name, NamedAccount, Party, Passes, Period, PeriodNumber, PolicyBounds,
    PolicyRefusal, Rate, RoleId, Standing, Term, Token, Usage,
};
use serde_json::{Value, json};

use crate::json::{ToJson, fields, structs};

macro_rules! by {
    ($($type:ty: $self:ident => $value:expr;)+) => {$(
        impl ToJson for $type {
            fn to_json(&$self) -> Value {
                json!($value)
            }
        }
    )+};
}

by! {
    AccountId: self => self.0;
    RoleId: self => self.0;
    ClauseId: self => self.0;
    Rate: self => self.millionths();
    Period: self => self.seconds();
    bool: self => self;
    PeriodNumber: self => self.to_string();
    coinage_protocol::CharterHash: self => self.to_string();
    Name: self => self.as_str();
}

structs! {
    NamedAccount { name, holder }
    PolicyBounds { charters_max, standings_max }
    ClauseUse { clause, period, amount }
    Usage { period, used, total, base }
    Amendment { before, amount, in_force_at }
    Standing { role, frozen, next_claim, owed, used }
    Charter { token, name, decimals, anchor, accounts, clauses }
}

impl ToJson for coinage_protocol::ClauseUses {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

impl ToJson for Instant {
    fn to_json(&self) -> Value {
        json!({ "minutes": self.minutes(), "offset": self.offset() })
    }
}

impl ToJson for Holder {
    fn to_json(&self) -> Value {
        match self {
            Self::Address(address) => json!({ "Address": address.to_json() }),
            Self::Threshold(lock) => coinage_protocol::Lock::Threshold(lock.clone()).to_json(),
        }
    }
}

impl ToJson for Party {
    fn to_json(&self) -> Value {
        match self {
            Self::Role(role) => json!({ "Role": role.0 }),
            Self::Account(account) => json!({ "Account": account.0 }),
        }
    }
}

impl ToJson for Ceiling {
    fn to_json(&self) -> Value {
        match self {
            Self::Amount(amount) => json!({ "Amount": amount.to_json() }),
            Self::Formula(formula) => json!({ "Formula": (**formula).to_json() }),
        }
    }
}

impl ToJson for Term {
    fn to_json(&self) -> Value {
        let name = format!("{self:?}");
        let name: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
        let inside = match self {
            Self::Amount(amount) => amount.to_json(),
            Self::Number(number) => json!(number),
            Self::Members(role) => role.to_json(),
            Self::Part(rate) => rate.to_json(),
            _ => Value::Null,
        };
        json!({ name: inside })
    }
}

/// An enum of these variants, each with its fields in order.
macro_rules! variants {
    ($self:expr; $($variant:ident { $($field:ident),+ })+) => {
        match $self {
            $(Clause::$variant { $($field),+ } => {
                json!({ stringify!($variant): { $(stringify!($field): $field.to_json()),+ } })
            })+
        }
    };
}

impl ToJson for Clause {
    fn to_json(&self) -> Value {
        variants! {
            self;
            Creation { to, amount }
            Outstanding { amount }
            Ever { amount }
            Issue { officer, amount, period }
            IssueFreely { officer }
            Growth { officer, rate, period }
            Halving { account, amount, period, every }
            Evenly { account, total, days, from, first_days }
            Claim { role, amount, period, missed }
            Receive { role, amount, period }
            NotBefore { from }
            NotFrom { from }
            Role { officer, name, max }
            Send { from, to }
            Hold { role, amount }
            SendLimit { role, amount, period }
            Freeze { officer }
            Move { officer }
            End { from, to }
            HandOver { account }
            Amend { officer, clause, min, max, notice }
            Owe { role, amount }
        }
    }
}

/// Actions that only tokens with a charter know; `None` of others.
pub(crate) fn of_action(action: &Action) -> Option<Value> {
    macro_rules! fields {
        ($name:literal; $($field:ident),+) => {
            Some(json!({ $name: { $(stringify!($field): $field.to_json()),+ } }))
        };
    }
    match action {
        Action::CreateWithCharter(charter) => {
            Some(json!({ "CreateWithCharter": charter.to_json() }))
        }
        Action::Draw { token, account, clause, amount } => {
            fields!("Draw"; token, account, clause, amount)
        }
        Action::Claim { token, account, clause, amount } => {
            fields!("Claim"; token, account, clause, amount)
        }
        Action::SetRole { token, officer, account, role } => {
            fields!("SetRole"; token, officer, account, role)
        }
        Action::SetFrozen { token, officer, account, frozen } => {
            fields!("SetFrozen"; token, officer, account, frozen)
        }
        Action::Move { token, officer, from, to, amount } => {
            fields!("Move"; token, officer, from, to, amount)
        }
        Action::HandOver { token, account, from, to } => {
            fields!("HandOver"; token, account, from, to)
        }
        Action::Amend { token, officer, clause, amount, in_force_at } => {
            fields!("Amend"; token, officer, clause, amount, in_force_at)
        }
        Action::CreateToken(_)
        | Action::Mint { .. }
        | Action::Transfer { .. }
        | Action::Burn { .. }
        | Action::SetIssuer { .. } => None,
    }
}

/// Keys that only networks of version 3 have; `None` of others.
pub(crate) fn of_key(key: &Key) -> Option<Value> {
    Some(match key {
        Key::Charter(token) => json!({ "Charter": token.to_json() }),
        Key::Usage(token, clause) => json!({ "Usage": {
            "token": token.to_json(), "clause": clause.to_json(),
        }}),
        Key::Amendment(token, clause) => json!({ "Amendment": {
            "token": token.to_json(), "clause": clause.to_json(),
        }}),
        Key::Standing(address, token) => json!({ "Standing": {
            "address": address.to_json(), "token": token.to_json(),
        }}),
        Key::Lookalike(folded) => json!({ "Lookalike": folded.as_str() }),
        Key::Balance(..) | Key::Token(_) | Key::Deposit(..) => return None,
    })
}

/// Entries that only networks of version 3 have; `None` of others.
pub(crate) fn of_entry(entry: &Entry) -> Option<Value> {
    Some(match entry {
        Entry::Charter(charter) => json!({ "Charter": charter.to_json() }),
        Entry::Usage(usage) => json!({ "Usage": usage.to_json() }),
        Entry::Amendment(amendment) => json!({ "Amendment": amendment.to_json() }),
        Entry::Standing(standing) => json!({ "Standing": standing.to_json() }),
        Entry::Symbol(token) => json!({ "Symbol": token.to_json() }),
        Entry::Token(token) => {
            let Token { name, decimals, supply, charter, .. } = &**token;
            let charter = charter.as_ref()?;
            json!({ "CharteredToken": {
                "name": name.to_json(), "decimals": decimals, "supply": supply.to_json(),
                "issued": charter.issued.to_json(), "charter": charter.hash.to_json(),
            }})
        }
        Entry::Balance(_) => return None,
    })
}

/// A refusal in the words of SPEC R: clause, reason with its numbers, and when it would pass.
pub(crate) fn of_refusal(refusal: &PolicyRefusal) -> Value {
    let text = format!("{:?}", refusal.reason);
    let kind: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    let mut value = json!({
        "clause": refusal.clause.to_json(),
        "reason": kind,
        "passes": match refusal.passes {
            Passes::At(time) => time.to_json(),
            Passes::Later => json!("later"),
            Passes::Never => json!("never"),
        },
    });
    if let coinage_protocol::PolicyReason::Limit { used, allowed, need } = refusal.reason {
        value["used"] = used.to_json();
        value["allowed"] = allowed.to_json();
        value["need"] = need.to_json();
    }
    value
}
