//! Slots: what may stand in a sentence where it differs from others of its kind.

use coinage_protocol::{
    AccountId, Address, Amount, Ceiling, ClauseId, Instant, Name, Period, PublicKey, Rate, RoleId,
    Symbol, Text, limits,
};

use crate::figures;
use crate::formula;
use crate::instant;
use crate::language::Language;
use crate::names::{Misfit, Names};
use crate::words::Word;

/// A value that stands in a slot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Value {
    Symbol(Symbol),
    Title(Text<{ limits::NAME_BYTES_MAX }>),
    Decimals(u8),
    Instant(Instant),
    Address(Address),
    Keys(Vec<PublicKey>),
    Name(Name),
    Account(AccountId),
    Role(RoleId),
    Clause(ClauseId),
    Count(u32),
    Amount(Amount),
    Ceiling(Ceiling),
    Period(Period),
    Rate(Rate),
}

/// The kind of a slot: its name without the number that tells two apart.
fn kind(slot: &str) -> &str {
    slot.trim_end_matches(|last: char| last.is_ascii_digit())
}

/// Descriptions, for people, of that which may stand in a slot.
pub(crate) fn described(slot: &str, names: &Names) -> Vec<String> {
    let listed = |names: &[Name], what: &str| {
        let known: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        if known.is_empty() { vec![format!("{what} (none is declared)")] } else { known }
    };
    let one = |text: &str| vec![text.to_owned()];
    match kind(slot) {
        "symbol" => one("a symbol of 2 to 12 of A-Z and 0-9"),
        "title" => one("a name between quotation marks"),
        "decimals" => one("a number from 0 to 18"),
        "instant" => one("an instant such as 2027-01-01 00:00 +09:00"),
        "address" => one("an address (coin1...)"),
        "keys" => one("public keys of 64 hexadecimal digits, with commas between them"),
        "new-account" => one("a name for an account"),
        "new-role" => one("a name for a role"),
        "account" => listed(&names.accounts, "an account"),
        "role" => listed(&names.roles, "a role"),
        "clause" => one("the number of a clause"),
        "count" => one("a number"),
        "amount" => vec![format!("an amount such as {}", figures::sample(names.decimals))],
        "ceiling" => {
            let sample = figures::sample(names.decimals);
            vec![format!("an amount such as {sample}"), "a formula in square brackets".to_owned()]
        }
        "period" => one("a duration such as `30 days`"),
        "rate" => one("a number of per cent, at most 100"),
        _ => Vec::new(),
    }
}

/// Number of these words that a slot takes; at least one.
pub(crate) fn width(slot: &str, words: &[Word<'_>], language: Language) -> usize {
    match (kind(slot), language) {
        ("instant", _) => 3,
        ("period", Language::English) => {
            let single = words.first().is_some_and(|word| figures::is_single_unit(word.text));
            if single { 1 } else { 2 }
        }
        ("keys", _) => {
            // Keys and commas take turns.
            let commas =
                words.iter().skip(1).step_by(2).take_while(|word| word.text == ",").count();
            2 * commas + 1
        }
        ("ceiling", _) if words.first().is_some_and(|word| word.text.starts_with('[')) => {
            let end = words.iter().position(|word| word.text.contains(']'));
            end.map_or(words.len(), |end| end + 1)
        }
        _ => 1,
    }
}

/// Reads what stands in a slot.
pub(crate) fn read(
    slot: &str,
    words: &[&str],
    names: &Names,
    language: Language,
) -> Result<Value, Misfit> {
    let text = words.join(" ");
    if kind(slot) == "ceiling" && text.starts_with('[') {
        let formula = formula::read(words, names, language)?;
        return Ok(Value::Ceiling(Ceiling::Formula(formula)));
    }
    let value = value(slot, words, names, language).map_err(|message| Misfit {
        message,
        expected: described(slot, names),
        words: None,
    })?;
    let canonical = write(&value, names, language);
    let lenient =
        matches!(value, Value::Amount(_) | Value::Ceiling(_) | Value::Count(_) | Value::Keys(_));
    if canonical == text || lenient {
        return Ok(value);
    }
    let message = format!("this is written `{canonical}`");
    Err(Misfit { message, expected: vec![canonical], words: None })
}

fn value(slot: &str, words: &[&str], names: &Names, language: Language) -> Result<Value, String> {
    let text = words.join(" ");
    let none = || format!("`{text}` does not fit here");
    let known = |list: &[Name], what: &str| {
        let place = list.iter().position(|name| name.as_str() == text);
        let place = place.and_then(|place| u8::try_from(place).ok());
        place.ok_or_else(|| format!("no {what} is called `{text}`"))
    };
    match kind(slot) {
        "symbol" => text.parse().map(Value::Symbol).map_err(|_| none()),
        "title" => {
            let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let inner = inner.ok_or_else(|| "a name stands between quotation marks".to_owned())?;
            Text::try_from(inner).map(Value::Title).map_err(|error| error.to_string())
        }
        "decimals" => figures::parse_count(&text)
            .and_then(|count| u8::try_from(count).ok())
            .filter(|decimals| *decimals <= limits::DECIMALS_MAX)
            .map(Value::Decimals)
            .ok_or_else(none),
        "instant" => match words {
            [date, time, offset] => {
                instant::parse(date, time, offset).map(Value::Instant).ok_or_else(none)
            }
            _ => Err(none()),
        },
        "address" => text.parse().map(Value::Address).map_err(|error| format!("{error}")),
        "keys" => {
            let keys = words.iter().filter(|word| **word != ",");
            let keys = keys.map(|key| key.parse().map_err(|_| format!("`{key}` is no public key")));
            keys.collect::<Result<_, _>>().map(Value::Keys)
        }
        "new-account" | "new-role" => {
            text.parse().map(Value::Name).map_err(|error| format!("`{text}`: {error}"))
        }
        "account" => known(&names.accounts, "account").map(|id| Value::Account(AccountId(id))),
        "role" => known(&names.roles, "role").map(|id| Value::Role(RoleId(id))),
        "clause" => figures::parse_count(&text)
            .and_then(|number| u8::try_from(number.checked_sub(1)?).ok())
            .map(|id| Value::Clause(ClauseId(id)))
            .ok_or_else(none),
        "count" => figures::parse_count(&text).map(Value::Count).ok_or_else(none),
        "amount" => {
            figures::parse_amount(&text, names.decimals).map(Value::Amount).ok_or_else(none)
        }
        "ceiling" => figures::parse_amount(&text, names.decimals)
            .map(|amount| Value::Ceiling(amount.into()))
            .ok_or_else(none),
        "period" => figures::parse_duration(words, language).map(Value::Period).ok_or_else(none),
        "rate" => figures::parse_percent(&text).map(Value::Rate).ok_or_else(none),
        _ => Err(none()),
    }
}

/// Writes what stands in a slot.
pub(crate) fn write(value: &Value, names: &Names, language: Language) -> String {
    let name = |list: &[Name], place: u8| {
        list.get(usize::from(place)).map(ToString::to_string).unwrap_or_default()
    };
    match value {
        Value::Symbol(symbol) => symbol.to_string(),
        Value::Title(title) => format!("\"{title}\""),
        Value::Decimals(decimals) => decimals.to_string(),
        Value::Instant(at) => instant::format(*at),
        Value::Address(address) => address.to_string(),
        Value::Keys(keys) => {
            let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
            keys.join(", ")
        }
        Value::Name(name) => name.to_string(),
        Value::Account(AccountId(place)) => name(&names.accounts, *place),
        Value::Role(RoleId(place)) => name(&names.roles, *place),
        Value::Clause(clause) => clause.to_string(),
        Value::Count(count) => figures::count(*count),
        Value::Amount(amount) | Value::Ceiling(Ceiling::Amount(amount)) => {
            figures::amount(*amount, names.decimals)
        }
        Value::Ceiling(Ceiling::Formula(formula)) => formula::write(formula, names, language),
        Value::Period(period) => figures::duration(*period, language),
        Value::Rate(rate) => figures::percent(*rate),
    }
}
