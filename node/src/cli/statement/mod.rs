//! The command `coinage statement`: what came to an account and left it, with running balances.
//!
//! The balances are those of the genesis and what the transactions did since; at the end they must
//! be what the node says the account has. If they are not, the network may have taken deposits for
//! new balances (SPEC L-10): then what the account had after each of its blocks is asked for, and
//! the difference is a movement of its own. All pages are of one chain: they are pinned to the
//! block that is the head when it begins, and if a reorg takes that away, it begins again. Nothing
//! is printed before all of it is right; until then it waits in a file without a name.

mod movement;
pub(crate) mod period;
mod sheet;

use std::collections::BTreeMap;
use std::fs::File;

use clap::Args;
use coinage_model::account::{AccountJson, HistoryItem, Page, TokenJson};
use coinage_model::chain::TipJson;
use coinage_model::code::Code;
use coinage_model::status::StatusJson;
use coinage_model::time;
use coinage_protocol::{Address, Amount, BlockHash, Body, Height, Symbol};

use self::movement::{Kind, Movement, movements};
use self::period::{End, Period};
use self::sheet::{Form, Line, Sheet, Side};
use super::account;
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;

/// Number of times that a statement is begun again when a reorg comes in between.
const ATTEMPTS: u32 = 5;
/// The code of answers that contradict each other.
const INCONSISTENT: &str = "statement.inconsistent";
/// The code of a period in which nothing can have happened.
const BAD_PERIOD: &str = "usage.bad_period";
/// Items on a page.
const PAGE: &str = "1000";

/// Whose statement, and of when.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage statement alice --from 2026-11-01 --token COIN --csv

Times are UTC; --from and --to belong to the period. A memo that a spreadsheet would take for a
formula (it, or what follows a ; or | in it, begins with = + - @) gets a ' there in --csv, nowhere
else.")]
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
    if let Some(token) = arguments.token {
        // A token that is not there has no movements either, which would look like an answer.
        context.token(token)?;
    }
    let form = match (context.printer.is_json(), arguments.csv) {
        (true, true) => return Err(Failure::usage("give --json or --csv, not both")),
        (true, false) => Form::Json,
        (false, true) => Form::Csv,
        (false, false) => Form::Text,
    };
    let (mut again, mut deposits) = (0, false);
    loop {
        match attempt(arguments, context, account, form, deposits) {
            Err(failure) if again < ATTEMPTS && is_reorg(&failure) => {
                context.printer.note("a reorg came in between: beginning again");
                again += 1;
            }
            Err(failure) if !deposits && failure.code == INCONSISTENT => deposits = true,
            Err(failure) => return Err(failure),
            Ok(written) => {
                return context.printer.stream(written).map(|()| Output::printed());
            }
        }
    }
}

fn attempt(
    arguments: &StatementArguments,
    context: &Context,
    account: Address,
    form: Form,
    deposits: bool,
) -> Result<File, Failure> {
    let status: StatusJson = context.client.get("/v1/status", &[])?;
    let to = arguments.to.unwrap_or(End::Height(status.head.height));
    let period = Period { from: arguments.from, to };
    arguments.from.iter().chain(&arguments.to).filter_map(|end| end.doubt()).for_each(|doubt| {
        context.printer.note(&doubt);
    });
    sense(context, account, &period, &status.head)?;
    if arguments.to.is_some() && period.may_grow(Height::new(status.head.height), status.head.time)
    {
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
        deposit: status.room.as_ref().filter(|_| deposits).and_then(|room| room.deposit),
        balances: BTreeMap::new(),
        decimals: BTreeMap::new(),
    };
    books.balances = books.balances_after(status.genesis_hash)?;
    let mut sheet = Sheet::new(form, context, account, period, arguments.token)?;
    books.write(&mut sheet, &period)?;
    let known = books.balances_after(status.head.hash)?;
    books.balances.retain(|_, amount| *amount != Amount::ZERO);
    if books.balances != known {
        return Err(inconsistent("the movements do not sum to the balances"));
    }
    sheet.finish()
}

/// Fails if the period ends before it begins or before the network did, or begins after the newest
/// block.
fn sense(
    context: &Context,
    account: Address,
    period: &Period,
    head: &TipJson,
) -> Result<(), Failure> {
    // A height and a time are compared by the time of the block.
    let time_of = |height: u64| -> Result<u64, Failure> {
        let query = [("height", height.to_string()), ("limit", "1".to_owned())];
        let path = format!("/v1/accounts/{account}");
        Ok(context.client.get::<AccountJson>(&path, &query)?.head.time)
    };
    let bad = |sentence: String, hint: &str| Err(Failure::new(BAD_PERIOD, sentence).hint(hint));
    let ends_before_all = || -> Result<(), Failure> {
        let began = match period.to {
            End::Height(_) => return Ok(()),
            End::Time(_) | End::Day(_) => time_of(0)?,
        };
        if !period.is_before(Height::new(0), began) {
            return Ok(());
        }
        let (to, began) = (period.to, time::format(began));
        bad(format!("to {to}: the network began only at {began}"), period::WHAT)
    };
    let Some(from) = period.from else { return ends_before_all() };
    let (newest, now) = (head.height, time::format(head.time));
    if period.is_after(Height::new(head.height), head.time) {
        let sentence =
            format!("from {from}: the chain has only got to block {newest}, which is of {now}");
        return bad(sentence, period::WHAT);
    }
    let backwards = match (from, period.to) {
        (End::Height(first), End::Height(last)) => first > last,
        (End::Height(first), _) => period.is_before(Height::new(first), time_of(first)?),
        (_, End::Height(last)) if last > newest => false,
        (_, End::Height(last)) => period.is_after(Height::new(last), time_of(last)?),
        (End::Time(first) | End::Day(first), _) => period.is_before(Height::new(0), first),
    };
    if backwards {
        let sentence = format!("the period ends before it begins: from {from} to {}", period.to);
        return bad(sentence, "give the earlier end to --from");
    }
    ends_before_all()
}

/// The books of the account, while its transactions go by.
struct Books<'a> {
    context: &'a Context,
    account: Address,
    status: &'a StatusJson,
    only: Option<Symbol>,
    /// The token of deposits, if they are looked for.
    deposit: Option<Symbol>,
    balances: BTreeMap<Symbol, Amount>,
    decimals: BTreeMap<Symbol, u8>,
}

impl Books<'_> {
    fn write(&mut self, sheet: &mut Sheet, period: &Period) -> Result<(), Failure> {
        let path = format!("/v1/accounts/{}/transactions", self.account);
        let (mut cursor, mut opened, mut closed) = (None, false, false);
        let mut unread = Vec::<HistoryItem>::new();
        loop {
            let block = self.status.head.hash.to_string();
            let order = ("order", "oldest".to_owned());
            let mut query = vec![order, ("block", block), ("limit", PAGE.to_owned())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let page: Page<HistoryItem> = self.context.client.get(&path, &query)?;
            unread.extend(page.items);
            // The last block may go on on the next page.
            let last = unread.last().map(|item| item.block.height);
            let goes_on =
                |item: &HistoryItem| page.next.is_some() && Some(item.block.height) == last;
            let whole = unread.iter().position(goes_on).unwrap_or(unread.len());
            let items: Vec<_> = unread.drain(..whole).collect();
            for items in items.chunk_by(|one, next| one.block.height == next.block.height) {
                let Some(TipJson { height, time, .. }) = items.first().map(|one| one.block) else {
                    continue;
                };
                let over = period.is_before(Height::new(height), time);
                if !opened && (over || !period.is_after(Height::new(height), time)) {
                    self.summary(sheet, Side::Opening)?;
                    opened = true;
                }
                if !closed && over {
                    self.summary(sheet, Side::Closing)?;
                    closed = true;
                }
                self.block(opened && !closed, items, sheet)?;
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

    /// The transactions of a block, and what deposits moved in it: what is given back comes first,
    /// what is taken last, so that no balance is ever too small.
    fn block(
        &mut self,
        shown: bool,
        items: &[HistoryItem],
        sheet: &mut Sheet,
    ) -> Result<(), Failure> {
        let of_item = |item: &HistoryItem| {
            let body = Body::from(item.transaction.transaction.body.clone());
            (movements(&body, self.status.fee, self.account), body)
        };
        let read: Vec<_> = items.iter().map(of_item).collect();
        let deposit = self.deposit(items, read.iter().flat_map(|(movements, _)| movements))?;
        let (back, taken) = match deposit {
            Some(deposit) if deposit.incoming => (Some(deposit), None),
            taken => (None, taken),
        };
        let last = items.len().saturating_sub(1);
        for (at, (item, (movements, body))) in items.iter().zip(read).enumerate() {
            let before = back.filter(|_| at == 0).into_iter();
            let after = taken.filter(|_| at == last);
            for movement in before.chain(movements).chain(after) {
                let (token, balance) = (movement.token, self.after(&movement)?);
                self.balances.insert(token, balance);
                if shown && self.is_shown(token) {
                    let decimals = self.decimals_of(token)?;
                    let memo = body.memo.as_str();
                    sheet.line(&Line { item, movement, memo, balance, decimals })?;
                }
            }
        }
        Ok(())
    }

    /// Returns what is there of a movement's token after it.
    fn after(&self, movement: &Movement) -> Result<Amount, Failure> {
        let before = self.balances.get(&movement.token).copied().unwrap_or(Amount::ZERO).units();
        let units = movement.amount.units();
        let after =
            if movement.incoming { before.checked_add(units) } else { before.checked_sub(units) };
        let balance = after.and_then(|units| Amount::try_from(units).ok());
        balance.ok_or_else(|| inconsistent("a movement fits no balance"))
    }

    /// Returns what deposits moved in a block, all together: what its transactions leave
    /// unexplained.
    fn deposit<'m>(
        &mut self,
        items: &[HistoryItem],
        movements: impl Iterator<Item = &'m Movement>,
    ) -> Result<Option<Movement>, Failure> {
        let (Some(token), Some(item)) = (self.deposit, items.last()) else { return Ok(None) };
        let known = self.balances_after(item.block.hash)?;
        let units = |balances: &BTreeMap<Symbol, Amount>| {
            balances.get(&token).copied().unwrap_or(Amount::ZERO).units()
        };
        let (mut plus, mut minus) = (units(&self.balances), units(&known));
        for one in movements.filter(|one| one.token == token) {
            let side = if one.incoming { &mut plus } else { &mut minus };
            *side = side.saturating_add(one.amount.units());
        }
        let amount = Amount::try_from(plus.abs_diff(minus)).unwrap_or(Amount::ZERO);
        let (kind, incoming, counterparty) = (Kind::Deposit, minus > plus, None);
        let deposit = Movement { kind, token, amount, incoming, counterparty };
        Ok((amount != Amount::ZERO).then_some(deposit))
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

    /// Returns what the node says that the account had after a block, which must be on the chain.
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

/// True if a block that was there is so no longer: the one it is pinned to, or one that created a
/// token.
fn is_reorg(failure: &Failure) -> bool {
    [Code::NotOnChain, Code::UnknownBlock, Code::UnknownToken]
        .iter()
        .any(|code| failure.code == code.name())
}

fn inconsistent(what: &str) -> Failure {
    Failure::new(INCONSISTENT, format!("the node's answers do not fit together: {what}"))
        .hint("ask another node, and let `coinage node verify` check this one's chain")
}

fn spool(error: &dyn std::fmt::Display) -> Failure {
    Failure::new("file.write", format!("cannot keep the statement until it is complete: {error}"))
}
