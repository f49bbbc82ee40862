//! Codes and words of what a charter refuses.

use coinage_policy::{Language, amount, sentence};
use coinage_protocol::{Amount, Passes, PolicyReason, PolicyRefusal};
use serde_json::{Map, Value};

use super::{Code, Coded};
use crate::time;

impl Coded for PolicyRefusal {
    fn code(&self) -> Code {
        match self.reason {
            PolicyReason::NotEntitled { .. } => Code::NotEntitled,
            PolicyReason::OtherClause => Code::OtherClause,
            PolicyReason::NoIssuer => Code::NoIssuer,
            PolicyReason::TooEarly => Code::TooEarly,
            PolicyReason::TooLate => Code::TooLate,
            PolicyReason::Frozen { .. } => Code::Frozen,
            PolicyReason::NoWay { .. } => Code::NoWay,
            PolicyReason::NotAReceiver { .. } => Code::NotAReceiver,
            PolicyReason::Limit { .. } => Code::PolicyLimit,
            PolicyReason::NotWhole { .. } => Code::NotWhole,
            PolicyReason::RoleFull { .. } => Code::RoleFull,
            PolicyReason::NothingChanges => Code::NothingChanges,
            PolicyReason::NothingToFreeze { .. } => Code::NothingToFreeze,
            PolicyReason::OwesLess { .. } => Code::OwesLess,
            PolicyReason::Owes { .. } => Code::Owes,
            PolicyReason::OutOfBounds { .. } => Code::OutOfBounds,
            PolicyReason::Notice { .. } => Code::Notice,
        }
    }

    fn details(&self) -> Value {
        let mut details = Map::new();
        let mut put = |name: &str, value: String| {
            details.insert(name.to_owned(), Value::String(value));
        };
        put("token", self.charter.token.to_string());
        for (name, value) in seen(self.reason) {
            put(name, value);
        }
        if let Some(clause) = self.clause {
            put("sentence", sentence(&self.charter, clause, Language::English));
            details.insert("clause".to_owned(), Value::from(clause.number()));
        }
        if let Passes::At(time) = self.passes {
            details.insert("passes_at".to_owned(), Value::String(time::format(time.get())));
        }
        Value::Object(details)
    }

    fn worded(&self) -> Option<String> {
        let token = self.charter.token;
        let why = words(self);
        let said = self.clause.map(|clause| {
            let sentence = sentence(&self.charter, clause, Language::English);
            format!("clause {clause} of {token} says \"{sentence}\": {why}")
        });
        let text = said.unwrap_or_else(|| format!("the charter of {token} refuses this: {why}"));
        Some(match self.passes {
            Passes::At(at) => format!("{text}; it passes from {} on", time::format(at.get())),
            Passes::Later | Passes::Never => text,
        })
    }
}

/// Facts that were seen and that were needed, by name.
fn seen(reason: PolicyReason) -> Vec<(&'static str, String)> {
    match reason {
        PolicyReason::NotEntitled { address }
        | PolicyReason::Frozen { address }
        | PolicyReason::NothingToFreeze { address } => vec![("address", address.to_string())],
        PolicyReason::NoWay { from, to } => {
            vec![("from", from.to_string()), ("to", to.to_string())]
        }
        PolicyReason::NotAReceiver { to } => vec![("to", to.to_string())],
        PolicyReason::Limit { used, allowed, need } => vec![
            ("used", used.to_string()),
            ("allowed", allowed.to_string()),
            ("need", need.to_string()),
        ],
        PolicyReason::NotWhole { each, need } => {
            vec![("each", each.to_string()), ("need", need.to_string())]
        }
        PolicyReason::RoleFull { max } => vec![("max", max.to_string())],
        PolicyReason::OwesLess { address, owed } | PolicyReason::Owes { address, owed } => {
            vec![("address", address.to_string()), ("owed", owed.to_string())]
        }
        PolicyReason::OutOfBounds { min, max } => {
            vec![("min", min.to_string()), ("max", max.to_string())]
        }
        PolicyReason::Notice { earliest, latest } => {
            vec![("earliest", time::format(earliest.get())), ("latest", time::format(latest.get()))]
        }
        PolicyReason::OtherClause
        | PolicyReason::NoIssuer
        | PolicyReason::TooEarly
        | PolicyReason::TooLate
        | PolicyReason::NothingChanges => Vec::new(),
    }
}

/// The reason in words, with amounts and times as people write them.
fn words(refusal: &PolicyRefusal) -> String {
    let shown = |units: Amount| amount(units, refusal.charter.decimals);
    match refusal.reason {
        PolicyReason::Limit { used, allowed, need } if need.is_zero() => {
            format!("{} would be more than {}", shown(used), shown(allowed))
        }
        PolicyReason::Limit { used, allowed, need } => format!(
            "{} of {} are used, {} more would be too much",
            shown(used),
            shown(allowed),
            shown(need)
        ),
        PolicyReason::NotWhole { each, need } => {
            format!("{} is no whole number of times {}", shown(need), shown(each))
        }
        PolicyReason::OutOfBounds { min, max } => {
            format!("the amount must be between {} and {}", shown(min), shown(max))
        }
        PolicyReason::OwesLess { address, owed } => {
            format!("{address} owes {}, and coins are burned only to repay", shown(owed))
        }
        PolicyReason::Owes { address, owed } => {
            format!("{address} owes {}, and keeps its role until that is repaid", shown(owed))
        }
        PolicyReason::Notice { earliest, latest } => format!(
            "the change can be in force from {} to {}",
            time::format(earliest.get()),
            time::format(latest.get())
        ),
        other => other.to_string(),
    }
}
