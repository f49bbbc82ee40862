//! The sheet on which a statement is written. The same movements give the same bytes, on whatever
//! machine.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use coinage_model::account::HistoryItem;
use coinage_model::terminal::{escaped_in_json, spelled_out};
use coinage_model::time;
use coinage_protocol::{Address, Amount, Symbol};
use serde::Serialize;
use serde_json::{Value, json};

use super::movement::Movement;
use super::period::Period;
use super::spool;
use crate::cli::account::{self, Found};
use crate::cli::amount;
use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// The form in which a statement is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// Text for people, in columns.
    Text,
    /// Comma-separated values for spreadsheets.
    Csv,
    /// JSON for programs.
    Json,
}

/// The side of a period: its beginning or its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    /// The beginning of the period.
    Opening,
    /// The end of the period.
    Closing,
}

/// A line of the statement: one movement.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) item: &'a HistoryItem,
    pub(super) movement: Movement,
    pub(super) memo: &'a str,
    pub(super) balance: Amount,
    pub(super) decimals: u8,
}

/// A statement being written to a file without a name.
pub(super) struct Sheet {
    form: Form,
    /// Wallets that have a name here; none in forms for programs, which are the same everywhere.
    wallets: Vec<Found>,
    file: BufWriter<File>,
    moved: BTreeSet<Symbol>,
    first: bool,
}

/// A row, whatever the form.
#[derive(Debug, Serialize)]
struct Row<'a> {
    time: String,
    height: String,
    transaction: String,
    kind: &'a str,
    token: String,
    amount: String,
    balance: String,
    counterparty: String,
    memo: &'a str,
}

impl Sheet {
    pub(super) fn new(
        form: Form,
        context: &Context,
        address: Address,
        period: Period,
        token: Option<Symbol>,
    ) -> Result<Self, Failure> {
        let file = BufWriter::new(tempfile::tempfile().map_err(|error| spool(&error))?);
        let wallets = match form {
            Form::Text => account::everything(context).unwrap_or_default(),
            Form::Csv | Form::Json => Vec::new(),
        };
        let mut sheet = Self { form, wallets, file, moved: BTreeSet::new(), first: true };
        let from = period.from.map_or_else(|| "the genesis".to_owned(), |from| from.to_string());
        let to = period.to.to_string();
        let head = match form {
            Form::Text => {
                let of = token.map(|token| format!(" in {token}")).unwrap_or_default();
                let who = account::shown(&sheet.wallets, address);
                format!("statement of {who}{of}\nfrom {from} to {to}\n")
            }
            Form::Csv => {
                "time,height,transaction,kind,token,amount,balance,counterparty,memo\n".to_owned()
            }
            Form::Json => {
                let (from, token) = (json!(from), json!(token));
                format!(
                    "{{\"success\":true,\"data\":{{\"account\":\"{address}\",\"from\":{from},\
                     \"to\":{},\"token\":{token},",
                    json!(to)
                )
            }
        };
        sheet.raw(&head)?;
        Ok(sheet)
    }

    /// True if a movement of this token was written.
    pub(super) fn has_moved(&self, token: Symbol) -> bool {
        self.moved.contains(&token)
    }

    /// Writes what the account has of each token at an end of the period.
    pub(super) fn summary(
        &mut self,
        side: Side,
        balances: &[(Symbol, Amount, u8)],
    ) -> Result<(), Failure> {
        let kind = match side {
            Side::Opening => "opening",
            Side::Closing => "closing",
        };
        if self.form == Form::Json {
            let items: Vec<Value> = balances
                .iter()
                .map(|(token, units, decimals)| {
                    json!({ "token": token, "balance": amount::format(*units, *decimals) })
                })
                .collect();
            let items = json!(items);
            return match side {
                Side::Opening => self.raw(&format!("\"opening\":{items},\"movements\":[")),
                Side::Closing => self.raw(&format!("],\"closing\":{items}}}}}\n")),
            };
        }
        for (token, units, decimals) in balances {
            let balance = amount::format(*units, *decimals);
            self.row(&Row {
                time: String::new(),
                height: String::new(),
                transaction: String::new(),
                kind,
                token: token.to_string(),
                amount: String::new(),
                balance,
                counterparty: String::new(),
                memo: "",
            })?;
        }
        if balances.is_empty() && self.form == Form::Text {
            self.raw(&format!("{kind}: nothing\n"))?;
        }
        Ok(())
    }

    /// Writes a movement.
    pub(super) fn line(&mut self, line: &Line<'_>) -> Result<(), Failure> {
        let Line { item, movement, memo, balance, decimals } = line;
        self.moved.insert(movement.token);
        let sign = if movement.incoming { "" } else { "-" };
        self.row(&Row {
            time: time::format(item.block.time),
            height: item.block.height.to_string(),
            transaction: item.transaction.id.to_string(),
            kind: movement.kind.word(),
            token: movement.token.to_string(),
            amount: format!("{sign}{}", amount::format(movement.amount, *decimals)),
            balance: amount::format(*balance, *decimals),
            counterparty: movement
                .counterparty
                .map_or_else(String::new, |who| account::shown(&self.wallets, who)),
            memo,
        })
    }

    /// Returns the whole statement, from the beginning.
    pub(super) fn finish(self) -> Result<File, Failure> {
        let file = self.file.into_inner().map_err(|error| error.into_error());
        let rewound = file.and_then(|mut file| file.rewind().map(|()| file));
        rewound.map_err(|error| spool(&error))
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), Failure> {
        let written = match self.form {
            Form::Text => text(row),
            Form::Csv => csv(row).map_err(|error| spool(&error))?,
            Form::Json => {
                let comma = if self.first { "" } else { "," };
                self.first = false;
                format!("{comma}{}", escaped_in_json(&json!(row).to_string()))
            }
        };
        self.raw(&written)
    }

    fn raw(&mut self, written: &str) -> Result<(), Failure> {
        self.file.write_all(written.as_bytes()).map_err(|error| spool(&error))
    }
}

fn text(row: &Row<'_>) -> String {
    let Row { time, height, transaction, kind, token, amount, balance, counterparty, memo } = row;
    let line = format!("{time:24}  {height:>9}  {kind:8}  {amount:>20}  {balance:>20} {token:12}");
    let mut text = format!("{}\n", line.trim_end());
    let memo = spelled_out(memo);
    let with = [("with", counterparty.as_str()), ("memo", &memo), ("id", transaction.as_str())];
    for (name, fact) in with.iter().filter(|(_, fact)| !fact.is_empty()) {
        text.push_str(&format!("    {name:4}  {fact}\n"));
    }
    text
}

fn csv(row: &Row<'_>) -> io::Result<String> {
    let harmless = no_formula(row.memo);
    let row = [
        &row.time,
        &row.height,
        &row.transaction,
        row.kind,
        &row.token,
        &row.amount,
        &row.balance,
        &row.counterparty,
        &harmless,
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(row)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Returns a memo that a spreadsheet shows as it is: what it would take for a formula gets a `'`
/// before it, also where programs of other countries than ours begin a new cell.
fn no_formula(memo: &str) -> String {
    let cells = memo.split_inclusive([';', '|', '\t']);
    let harmless = cells.map(|cell| {
        // Some programs skip blanks and quotes before they look.
        let begins = cell.trim_start_matches(|one: char| one.is_whitespace() || one == '"');
        let formula = begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        format!("{}{cell}", if formula { "'" } else { "" })
    });
    harmless.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_memo_makes_the_amounts_of_a_statement_read_otherwise() {
        let row = Row {
            time: "t".into(),
            height: "1".into(),
            transaction: "x".into(),
            kind: "transfer",
            token: "COIN".into(),
            amount: "-5".into(),
            balance: "0".into(),
            counterparty: String::new(),
            memo: "rent \u{202e}evif",
        };
        let written = text(&row);
        assert!(written.contains("rent \\u{202e}evif"), "{written}");
    }

    #[test]
    fn no_memo_is_a_formula_and_none_breaks_its_row() {
        let memo_in_csv = |memo| {
            let row = Row {
                time: "t".into(),
                height: "1".into(),
                transaction: "x".into(),
                kind: "transfer",
                token: "COIN".into(),
                amount: "-5".into(),
                balance: "0".into(),
                counterparty: String::new(),
                memo,
            };
            let line = csv(&row).expect("in memory");
            assert_eq!(line.lines().count(), 1);
            line.trim_end().strip_prefix("t,1,x,transfer,COIN,-5,0,,").expect("whole").to_owned()
        };
        assert_eq!(memo_in_csv("rent"), "rent");
        assert_eq!(memo_in_csv("a, \"b\""), "\"a, \"\"b\"\"\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1"] {
            assert_eq!(memo_in_csv(formula), format!("'{formula}"));
        }
        assert_eq!(memo_in_csv("=a,b"), "\"'=a,b\"");
        assert_eq!(memo_in_csv("rent;=1+1"), "rent;'=1+1");
        assert_eq!(memo_in_csv("a|+1; @b;c"), "a|'+1;' @b;c");
        assert_eq!(memo_in_csv("a;\"=1\""), "\"a;'\"\"=1\"\"\"");
    }
}
