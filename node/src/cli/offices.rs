//! Offices by a token's charter: draw, claim, give roles, freeze, move, hand over, amend.

use std::time::{Duration, SystemTime};

use clap::Args;
use coinage_model::time;
use coinage_protocol::{
    AccountId, Action, Amount, Charter, Clause, ClauseId, RoleId, Symbol, UnixMillis,
};

use super::account::{self, Found};
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use super::send::units;
use super::submission::{self, Delivery};
use super::{duration, suggest};

/// Whoever acts, and for which token.
#[derive(Args, Debug)]
pub(crate) struct Actor {
    /// The wallet that acts
    #[arg(long, value_name = "NAME", add = suggest::wallets())]
    from: String,
    #[command(flatten)]
    delivery: Delivery,
}

#[derive(Args, Debug)]
pub(crate) struct DrawArguments {
    /// How much
    amount: String,
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The number of the clause, if several let the account draw
    #[arg(long, value_name = "NUMBER")]
    clause: Option<u8>,
    /// The amount is in base units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Args, Debug)]
pub(crate) struct ClaimArguments {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// How many periods to claim, the oldest first
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    periods: u32,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Args, Debug)]
pub(crate) struct RoleArguments {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The role to give, or none to take the one that the account has
    role: String,
    /// The account: a wallet or an address
    #[arg(add = suggest::wallets())]
    account: String,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Args, Debug)]
pub(crate) struct FreezeArguments {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The account: a wallet or an address
    #[arg(add = suggest::wallets())]
    account: String,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Args, Debug)]
pub(crate) struct MoveArguments {
    /// How much
    amount: String,
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The account that loses, and is not asked
    #[arg(add = suggest::wallets())]
    loser: String,
    /// The account that receives
    #[arg(add = suggest::wallets())]
    to: String,
    /// The amount is in base units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Args, Debug)]
pub(crate) struct HandOverArguments {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The name of the account in the charter
    place: String,
    /// Whoever takes the place, and signs, too: a wallet or an address
    #[arg(add = suggest::wallets())]
    to: String,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Args, Debug)]
pub(crate) struct AmendArguments {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The number of the clause
    clause: u8,
    /// The amount from then on
    amount: String,
    /// How long from now on it is in force; at least the notice of the charter [default: the
    /// notice and a minute]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    after: Option<Duration>,
    /// The amount is in base units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    actor: Actor,
}

/// Time that a transaction takes to get into a block, at most.
const SLACK: Duration = Duration::from_secs(60);

pub(crate) fn draw(arguments: &DrawArguments, context: &Context) -> Result<Output, Failure> {
    let DrawArguments { amount, symbol, clause, raw, actor } = arguments;
    let (from, charter) = begin(context, *symbol, actor)?;
    let account = from.entry.address();
    let role = if charter.has_debts() { context.role_of(*symbol, account)? } else { None };
    let draws = |clause: &Clause| match clause {
        Clause::Halving { account: named, .. } | Clause::Evenly { account: named, .. } => {
            charter.is(*named, account)
        }
        Clause::Owe { role: of, .. } => role == Some(*of),
        _ => false,
    };
    let clause = chosen(&charter, *clause, draws, "draw")?;
    let amount = units(context, amount, *symbol, *raw)?;
    let action = Action::Draw { token: *symbol, account, clause, amount };
    submission::deliver(context, &from, vec![action], &actor.delivery)
}

pub(crate) fn claim(arguments: &ClaimArguments, context: &Context) -> Result<Output, Failure> {
    let ClaimArguments { symbol, periods, actor } = arguments;
    let (from, charter) = begin(context, *symbol, actor)?;
    let account = from.entry.address();
    let role = context.role_of(*symbol, account)?;
    let mut named = charter.numbered().filter_map(|(id, clause)| match clause {
        Clause::Claim { role: of, .. } if role.is_none_or(|role| role == *of) => Some(id),
        _ => None,
    });
    let nothing = || Failure::new("policy.not_entitled", format!("nobody claims {symbol}"));
    let clause = named.next().ok_or_else(nothing)?;
    let each = context.in_force(*symbol, clause)?.unwrap_or(Amount::ZERO);
    let all = each.units().checked_mul(u128::from(*periods)).map(Amount::try_from);
    let amount = all.and_then(Result::ok).ok_or_else(|| Failure::usage("too many periods"))?;
    let action = Action::Claim { token: *symbol, account, clause, amount };
    submission::deliver(context, &from, vec![action], &actor.delivery)
}

pub(crate) fn role(arguments: &RoleArguments, context: &Context) -> Result<Output, Failure> {
    let RoleArguments { symbol, role, account, actor } = arguments;
    let (from, charter) = begin(context, *symbol, actor)?;
    let role = if role == "none" { None } else { Some(role_id(&charter, role)?) };
    let (officer, account) = (from.entry.address(), account::address(context, account)?);
    let action = Action::SetRole { token: *symbol, officer, account, role };
    submission::deliver(context, &from, vec![action], &actor.delivery)
}

pub(crate) fn freeze(
    arguments: &FreezeArguments,
    frozen: bool,
    context: &Context,
) -> Result<Output, Failure> {
    let FreezeArguments { symbol, account, actor } = arguments;
    let (from, _) = begin(context, *symbol, actor)?;
    let (officer, account) = (from.entry.address(), account::address(context, account)?);
    let action = Action::SetFrozen { token: *symbol, officer, account, frozen };
    submission::deliver(context, &from, vec![action], &actor.delivery)
}

pub(crate) fn move_coins(arguments: &MoveArguments, context: &Context) -> Result<Output, Failure> {
    let MoveArguments { amount, symbol, loser, to, raw, actor } = arguments;
    let (from, _) = begin(context, *symbol, actor)?;
    let amount = units(context, amount, *symbol, *raw)?;
    let who = |name: &str| account::address(context, name);
    let (officer, loser, to) = (from.entry.address(), who(loser)?, who(to)?);
    let action = Action::Move { token: *symbol, officer, from: loser, to, amount };
    submission::deliver(context, &from, vec![action], &actor.delivery)
}

pub(crate) fn hand_over(
    arguments: &HandOverArguments,
    context: &Context,
) -> Result<Output, Failure> {
    let HandOverArguments { symbol, place, to, actor } = arguments;
    let (from, charter) = begin(context, *symbol, actor)?;
    let (account, to) = (account_id(&charter, place)?, account::address(context, to)?);
    let action = Action::HandOver { token: *symbol, account, from: from.entry.address(), to };
    submission::deliver(context, &from, vec![action], &actor.delivery)
}

pub(crate) fn amend(arguments: &AmendArguments, context: &Context) -> Result<Output, Failure> {
    let AmendArguments { symbol, clause, amount, after, raw, actor } = arguments;
    let (from, charter) = begin(context, *symbol, actor)?;
    let id = clause_id(*clause)?;
    let amount = units(context, amount, *symbol, *raw)?;
    let officer = from.entry.address();
    let notice = charter.clauses.iter().find_map(|one| match one {
        Clause::Amend { officer: named, clause, notice, .. }
            if *clause == id && charter.is(*named, officer) =>
        {
            Some(Duration::from_secs(u64::from(notice.seconds())))
        }
        _ => None,
    });
    let after = after.or(notice.map(|notice| notice + SLACK)).unwrap_or(SLACK);
    let at = SystemTime::now().checked_add(after);
    let at = at.ok_or_else(|| Failure::usage("that is too far away"))?;
    let in_force_at = UnixMillis::new(time::millis(at));
    let action = Action::Amend { token: *symbol, officer, clause: id, amount, in_force_at };
    submission::deliver(context, &from, vec![action], &actor.delivery)
}

/// The wallet that acts and the charter by which it does.
fn begin(context: &Context, symbol: Symbol, actor: &Actor) -> Result<(Found, Charter), Failure> {
    context.needs_node()?;
    let charter = context.charter(symbol)?;
    Ok((account::wallet(context, &actor.from)?, charter))
}

/// The clause that people call by this number.
pub(super) fn clause_id(number: u8) -> Result<ClauseId, Failure> {
    let id = number.checked_sub(1).map(ClauseId);
    id.ok_or_else(|| Failure::usage("clauses count from 1"))
}

/// The clause with that number, or the only one of its kind.
fn chosen(
    charter: &Charter,
    number: Option<u8>,
    fits: impl Fn(&Clause) -> bool,
    what: &str,
) -> Result<ClauseId, Failure> {
    if let Some(number) = number {
        return clause_id(number);
    }
    let fitting = charter.numbered().filter(|(_, clause)| fits(clause)).map(|(id, _)| id);
    match fitting.collect::<Vec<_>>().as_slice() {
        [id] => Ok(*id),
        [] => {
            let message = format!("no clause of {} lets this wallet {what}", charter.token);
            Err(Failure::new("policy.not_entitled", message)
                .hint(format!("`coinage token show {} --policy` says who may", charter.token)))
        }
        several => {
            let numbers: Vec<_> = several.iter().map(ToString::to_string).collect();
            Err(Failure::usage(format!("several clauses let this wallet {what}"))
                .hint(format!("name one with --clause: {}", numbers.join(", "))))
        }
    }
}

/// The account of a charter with this name.
pub(super) fn account_id(charter: &Charter, name: &str) -> Result<AccountId, Failure> {
    let known = charter.accounts.iter().position(|account| account.name.as_str() == name);
    let names: Vec<_> = charter.accounts.iter().map(|account| account.name.as_str()).collect();
    known.and_then(|at| u8::try_from(at).ok()).map(AccountId).ok_or_else(|| {
        Failure::usage(format!("the charter of {} names no account {name}", charter.token))
            .hint(format!("it names {}", listed(&names)))
    })
}

/// The role of a charter with this name.
pub(super) fn role_id(charter: &Charter, name: &str) -> Result<RoleId, Failure> {
    let known = charter.roles().find(|(_, _, _, known, _)| known.as_str() == name);
    let names: Vec<_> = charter.roles().map(|(.., name, _)| name.as_str()).collect();
    known.map(|(role, ..)| role).ok_or_else(|| {
        Failure::usage(format!("the charter of {} has no role {name}", charter.token))
            .hint(format!("its roles are {}; none takes a role", listed(&names)))
    })
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none at all".to_owned() } else { names.join(", ") }
}

/// A role of a charter by its number, as people call it.
pub(super) fn role_name(charter: Option<&Charter>, role: RoleId) -> String {
    let known = charter.and_then(|charter| charter.roles().find(|(id, ..)| *id == role));
    known.map_or_else(
        || format!("role {}", u16::from(role.0) + 1),
        |(.., name, _)| format!("the role {name}"),
    )
}

/// An account of a charter by its number, as people call it.
pub(super) fn account_name(charter: Option<&Charter>, account: AccountId) -> String {
    charter.and_then(|charter| charter.account(account)).map_or_else(
        || format!("account {}", u16::from(account.0) + 1),
        |account| account.name.to_string(),
    )
}
