//! Writer: a charter as sentences.

use coinage_protocol::{Charter, CharterParts, ClauseId, Holder};

use crate::clauses::{Values, sentence_of};
use crate::language::Language;
use crate::names::Names;
use crate::slot::{self, Value};
use crate::table::{Kind, ROWS};
use crate::words::{Part, joined, parts};

/// The text of a charter, in its one canonical form.
pub fn write(charter: &Charter, language: Language) -> String {
    let mut lines = head(charter, language);
    lines.push(String::new());
    lines.extend(charter.numbered().map(|(id, _)| sentence(charter, id, language)));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The sentence of a clause; empty if there is no such clause.
pub fn sentence(charter: &CharterParts, id: ClauseId, language: Language) -> String {
    let Some(clause) = charter.clause(id) else { return String::new() };
    let (kind, values) = sentence_of(clause);
    line(kind, &values, &Names::of(charter), language)
}

/// The lines before the clauses: the coin, its anchor, its accounts.
pub(crate) fn head(charter: &CharterParts, language: Language) -> Vec<String> {
    let names = Names::of(charter);
    let coin = [
        ("symbol", Value::Symbol(charter.token)),
        ("title", Value::Title(charter.name.clone())),
        ("decimals", Value::Decimals(charter.decimals)),
    ];
    let anchor = [("instant", Value::Instant(charter.anchor))];
    let accounts = charter.accounts.iter().map(|account| {
        let name = ("new-account", Value::Name(account.name.clone()));
        match &account.holder {
            Holder::Address(address) => {
                let values = [name, ("address", Value::Address(*address))];
                line(Kind::AddressAccount, &values.into(), &names, language)
            }
            Holder::Threshold(threshold) => {
                let count = ("count", Value::Count(u32::from(threshold.required())));
                let keys = ("keys", Value::Keys(threshold.keys().to_vec()));
                line(Kind::ThresholdAccount, &[name, count, keys].into(), &names, language)
            }
        }
    });
    let coin = line(Kind::Coin, &coin.into(), &names, language);
    let anchor = line(Kind::Anchor, &anchor.into(), &names, language);
    [coin, anchor].into_iter().chain(accounts).collect()
}

fn line(kind: Kind, values: &Values, names: &Names, language: Language) -> String {
    let row = ROWS.iter().find(|row| row.kind == kind).expect("each kind has a row");
    let words = parts(row.template(language)).map(|part| match part {
        Part::Word(word) => word.to_owned(),
        Part::Slot { name, suffix } => {
            let value = values.get(name).expect("each slot has a value");
            format!("{}{suffix}", slot::write(value, names, language))
        }
    });
    joined(words)
}
