//! The command `coinage send`: a payment to somebody.

use clap::Args;
use coinage_protocol::{Action, Address, Amount, Clause, Symbol};

use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use super::submission::{self, Delivery};
use super::{account, amount, holdings, suggest};

/// What to send to whom.
#[derive(Args, Debug)]
#[command(after_help = "\
Where the rules of a coin let the payer owe, whatever it lacks is owed.

Example:
  coinage send 5 COIN bob --from alice --memo \"lunch\"
  coinage send 0.5 COIN carol --from board --sign-only payment.json")]
pub(crate) struct SendArguments {
    /// How much, in whole tokens with decimals
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// Of which token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// To whom: a wallet's name or an address
    #[arg(add = suggest::wallets())]
    to: String,
    /// The wallet that pays
    #[arg(long, value_name = "NAME", add = suggest::wallets())]
    from: String,
    /// The amount is in base units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) fn run(arguments: &SendArguments, context: &Context) -> Result<Output, Failure> {
    let SendArguments { amount, symbol, to, from, raw, delivery } = arguments;
    context.needs_node()?;
    let from = account::wallet(context, from)?;
    let to = account::address(context, to)?;
    let (token, amount) = (*symbol, units(context, amount, *symbol, *raw)?);
    if let Some(other) = context.token(token)?.looks_like {
        context
            .printer
            .note(&format!("{token} is not {other}, although its name looks like that of {other}"));
    }
    let payer = from.entry.address();
    let transfer = Action::Transfer { token, from: payer, to, amount };
    let actions = [owed(context, payer, token, amount)?, Some(transfer)];
    submission::deliver(context, &from, actions.into_iter().flatten().collect(), delivery)
}

/// The draw of what a payer lacks, where its role lets it owe (SPEC R-14).
fn owed(
    context: &Context,
    payer: Address,
    token: Symbol,
    need: Amount,
) -> Result<Option<Action>, Failure> {
    let known = context.token(token)?;
    if known.charter.is_none() {
        return Ok(None);
    }
    let charter = context.charter(token)?;
    if !charter.has_debts() {
        return Ok(None);
    }
    let has = holdings::amount_of(context, payer, token)?;
    let lacks = need.checked_sub(has).filter(|lacks| !lacks.is_zero());
    let (Some(amount), Some(role)) = (lacks, context.role_of(token, payer)?) else {
        return Ok(None);
    };
    let mut clauses = charter.numbered();
    let owes = |clause: &Clause| matches!(clause, Clause::Owe { role: of, .. } if *of == role);
    let Some((clause, _)) = clauses.find(|(_, clause)| owes(clause)) else { return Ok(None) };
    let shown = amount::format(amount, known.decimals);
    context
        .printer
        .note(&format!("of this, {shown} {token} will be owed; `coinage token burn` repays"));
    Ok(Some(Action::Draw { token, account: payer, clause, amount }))
}

/// The base units of a token that a text means.
pub(crate) fn units(
    context: &Context,
    text: &str,
    symbol: Symbol,
    raw: bool,
) -> Result<Amount, Failure> {
    let decimals = if raw { 0 } else { context.token(symbol)?.decimals };
    Ok(amount::parse_as(text, raw, decimals)?)
}
