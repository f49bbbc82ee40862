//! `coinage statement`: what came to an account and left it, with running balances.
//!
//! The balances are those of the genesis and what the transactions did since; at the end they must
//! be what the node says the account has. All pages are of one chain: they are pinned to the block
//! that is the head when it begins, and if a reorg takes that away, it begins again. Nothing is
//! printed before all of it is right; until then it waits in a file without a name.

mod movement;
pub(crate) mod period;
mod sheet;

use std::collections::BTreeMap;
use std::fs::File;

use clap::Args;
use coinage_protocol::{Address, Amount, BlockHash, Body, Symbol};

use self::movement::movements;
use self::period::{End, Period};
use self::sheet::{Form, Line, Sheet, Side};
use super::account;
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use crate::model::account::{AccountJson, HistoryItem, Page, TokenJson};
use crate::model::chain::TipJson;
use crate::model::code;
use crate::model::status::StatusJson;

/// How often it begins again when a reorg comes in between.
const ATTEMPTS: u32 = 5;
/// Items on a page.
const PAGE: &str = "1000";

/// Whose statement, and of when.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage statement alice --from 2026-11-01 --token COIN --csv

Times are UTC; --from and --to belong to the period. A memo that a spreadsheet would take for a
formula (it begins with = + - @) gets a ' before it in --csv, nowhere else.")]
pub(crate) struct StatementArguments {
    /// A wallet's name or an address
    of: String,
    /// The first day, time or height [default: the genesis]
    #[arg(long, value_name = "DAY|TIME|HEIGHT")]
    from: Option<End>,
    /// The last day, time or height [default: the head]
    #[arg(long, value_name = "DAY|TIME|HEIGHT")]
    to: Option<End>,
    /// Of this token alone
    #[arg(long)]
    token: Option<Symbol>,
    /// As comma-separated values
    #[arg(long)]
    csv: bool,
}

pub(crate) fn run(arguments: &StatementArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let account = account::address(context, &arguments.of)?;
    let form = match (context.printer.is_json(), arguments.csv) {
        (true, true) => return Err(Failure::usage("give --json or --csv, not both")),
        (true, false) => Form::Json,
        (false, true) => Form::Csv,
        (false, false) => Form::Text,
    };
    let mut again = 0;
    loop {
        match attempt(arguments, context, account, form) {
            Err(failure) if again < ATTEMPTS && is_reorg(&failure) => {
                context.printer.note("a reorg came in between: beginning again");
                again += 1;
            }
            Err(failure) => return Err(failure),
            Ok(written) => {
                let printed = context.printer.stream(written);
                return printed.map(|()| Output::printed()).map_err(|error| spool(&error));
            }
        }
    }
}

fn attempt(
    arguments: &StatementArguments,
    context: &Context,
    account: Address,
    form: Form,
) -> Result<File, Failure> {
    let status: StatusJson = context.client.get("/v1/status", &[])?;
    let to = arguments.to.unwrap_or(End::Height(status.head.height));
    let period = Period { from: arguments.from, to };
    if arguments.to.is_some() && period.may_grow(status.head.height, status.head.time) {
        context.printer.note(&format!(
            "the chain has only got to block {}: this statement may still grow",
            status.head.height
        ));
    }
    let mut books = Books {
        context,
        account,
        status: &status,
        only: arguments.token,
        balances: BTreeMap::new(),
        decimals: BTreeMap::new(),
    };
    books.balances = books.balances_after(status.genesis_hash)?;
    let mut sheet = Sheet::new(form, account, period, arguments.token)?;
    books.write(&mut sheet, &period)?;
    let known = books.balances_after(status.head.hash)?;
    books.balances.retain(|_, amount| *amount != Amount::ZERO);
    if books.balances != known {
        return Err(inconsistent("the movements do not sum to the balances"));
    }
    sheet.finish()
}

/// The account, while its transactions go by.
struct Books<'a> {
    context: &'a Context,
    account: Address,
    status: &'a StatusJson,
    only: Option<Symbol>,
    balances: BTreeMap<Symbol, Amount>,
    decimals: BTreeMap<Symbol, u8>,
}

impl Books<'_> {
    fn write(&mut self, sheet: &mut Sheet, period: &Period) -> Result<(), Failure> {
        let path = format!("/v1/accounts/{}/transactions", self.account);
        let (mut cursor, mut opened, mut closed) = (None, false, false);
        loop {
            let block = self.status.head.hash.to_string();
            let order = ("order", "oldest".to_owned());
            let mut query = vec![order, ("block", block), ("limit", PAGE.to_owned())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let page: Page<HistoryItem> = self.context.client.get(&path, &query)?;
            for item in page.items {
                let TipJson { height, time, .. } = item.block;
                if !opened && !period.is_after(height, time) {
                    self.summary(sheet, Side::Opening)?;
                    opened = true;
                }
                if !closed && period.is_before(height, time) {
                    self.summary(sheet, Side::Closing)?;
                    closed = true;
                }
                self.transaction(opened && !closed, &item, sheet)?;
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        if !opened {
            self.summary(sheet, Side::Opening)?;
        }
        if closed { Ok(()) } else { self.summary(sheet, Side::Closing) }
    }

    fn summary(&mut self, sheet: &mut Sheet, side: Side) -> Result<(), Failure> {
        // What came and went again is said to be zero at the end; at the beginning it is not there.
        let shown = self.balances.clone().into_iter().filter(|(token, amount)| {
            let moved = side == Side::Closing && sheet.has_moved(*token);
            self.is_shown(*token) && (moved || *amount != Amount::ZERO)
        });
        let shown: Vec<_> = shown.collect();
        let mut lines = Vec::with_capacity(shown.len());
        for (token, amount) in shown {
            lines.push((token, amount, self.decimals_of(token)?));
        }
        sheet.summary(side, &lines)
    }

    fn transaction(
        &mut self,
        shown: bool,
        item: &HistoryItem,
        sheet: &mut Sheet,
    ) -> Result<(), Failure> {
        let body = Body::from(item.transaction.transaction.body.clone());
        for movement in movements(&body, self.status.fee, self.account) {
            let token = movement.token;
            let before = self.balances.get(&token).copied().unwrap_or(Amount::ZERO).units();
            let units = movement.amount.units();
            let after = if movement.incoming {
                before.checked_add(units)
            } else {
                before.checked_sub(units)
            };
            let balance = after.and_then(|units| Amount::try_from(units).ok());
            let balance = balance.ok_or_else(|| inconsistent("a movement fits no balance"))?;
            self.balances.insert(token, balance);
            if shown && self.is_shown(token) {
                let decimals = self.decimals_of(token)?;
                let memo = body.memo.as_str();
                sheet.line(&Line { item, movement, memo, balance, decimals })?;
            }
        }
        Ok(())
    }

    fn is_shown(&self, token: Symbol) -> bool {
        self.only.is_none_or(|only| only == token)
    }

    fn decimals_of(&mut self, token: Symbol) -> Result<u8, Failure> {
        if let Some(known) = self.decimals.get(&token) {
            return Ok(*known);
        }
        let known: TokenJson = self.context.client.get(&format!("/v1/tokens/{token}"), &[])?;
        self.decimals.insert(token, known.decimals);
        Ok(known.decimals)
    }

    /// What the node says that the account had after a block, which must be on the chain.
    fn balances_after(&mut self, block: BlockHash) -> Result<BTreeMap<Symbol, Amount>, Failure> {
        let path = format!("/v1/accounts/{}", self.account);
        let (mut balances, mut cursor) = (BTreeMap::new(), None);
        loop {
            let mut query = vec![("block", block.to_string()), ("limit", PAGE.to_owned())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let page: AccountJson = self.context.client.get(&path, &query)?;
            for one in page.balances.items {
                balances.insert(one.token, one.amount);
                self.decimals.insert(one.token, one.decimals);
            }
            match page.balances.next {
                Some(next) => cursor = Some(next),
                None => return Ok(balances),
            }
        }
    }
}

/// Whether a block that was there is so no longer: the one it is pinned to, or one that created a
/// token.
fn is_reorg(failure: &Failure) -> bool {
    [code::NOT_ON_CHAIN, code::UNKNOWN_BLOCK, code::UNKNOWN_TOKEN]
        .iter()
        .any(|code| failure.code == code.code)
}

fn inconsistent(what: &str) -> Failure {
    Failure::new(
        "statement.inconsistent",
        format!("the node's answers do not fit together: {what}"),
    )
    .hint(
        "if this network has taken deposits for new balances, a statement cannot show them yet; \
         else ask another node, and let `coinage node verify` check this one's chain",
    )
}

fn spool(error: &dyn std::fmt::Display) -> Failure {
    Failure::new("file.write", format!("cannot keep the statement until it is complete: {error}"))
}
