//! The command `coinage tx build`: steps of several owners, composed into a transaction file.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use coinage_model::time;
use coinage_protocol::{
    Action, Address, Amount, Bounded, ChainId, ClauseId, CreateToken, Symbol, Text, Transaction,
    UnixMillis,
};

use super::context::Context;
use super::describe::Words;
use super::document::TransactionDocument;
use super::failure::Failure;
use super::offline_context::OfflineContext;
use super::printer::Output;
use super::statement::period::End;
use super::{account, amount, cosign, duration, offices, signing, submission, suggest};

const FORMS: &str = "\
transfer:AMOUNT:SYMBOL:FROM:TO, mint:AMOUNT:SYMBOL:ISSUER:TO, burn:AMOUNT:SYMBOL:FROM, \
set-issuer:SYMBOL:ISSUER:NEW, create:SYMBOL:DECIMALS:SUPPLY[:CAP[:ISSUER[:NAME]]], \
draw or claim:AMOUNT:SYMBOL:ACCOUNT:CLAUSE, role:SYMBOL:OFFICER:ACCOUNT:ROLE, \
freeze or unfreeze:SYMBOL:OFFICER:ACCOUNT, move:AMOUNT:SYMBOL:OFFICER:FROM:TO, \
hand-over:SYMBOL:NAME:FROM:TO or amend:AMOUNT:SYMBOL:OFFICER:CLAUSE:WHEN";

/// What is to happen.
#[derive(Args, Debug)]
#[command(after_help = "\
Steps:
  transfer:AMOUNT:SYMBOL:FROM:TO     an owner gives to another
  mint:AMOUNT:SYMBOL:ISSUER:TO       the issuer brings more into being
  burn:AMOUNT:SYMBOL:FROM            an owner destroys what it has
  set-issuer:SYMBOL:ISSUER:NEW       the issuer passes its right on; NEW may be none, for ever
  create:SYMBOL:DECIMALS:SUPPLY[:CAP[:ISSUER[:NAME]]]
                                     the sender creates a token; an empty CAP is none, ISSUER
                                     may be none [default: the sender]
By a charter (CLAUSE is a number, ROLE may be none, NAME is one that the charter gives):
  draw:AMOUNT:SYMBOL:ACCOUNT:CLAUSE  an account draws what is due to it
  claim:AMOUNT:SYMBOL:ACCOUNT:CLAUSE an account claims what its role gives
  role:SYMBOL:OFFICER:ACCOUNT:ROLE   an officer gives a role or takes it
  freeze:SYMBOL:OFFICER:ACCOUNT      an officer freezes an account; unfreeze ends that
  move:AMOUNT:SYMBOL:OFFICER:FROM:TO an officer moves coins of an account that is not asked
  hand-over:SYMBOL:NAME:FROM:TO      an account puts another in its place; both sign
  amend:AMOUNT:SYMBOL:OFFICER:CLAUSE:WHEN
                                     an officer sets the amount in a clause; WHEN is how long
                                     from now on (31d) or a time (2027-01-01T00:00:00Z)

Example (a swap; the second is made without any node):
  coinage tx build --action transfer:5:COIN:alice:bob --action transfer:2:GOLD:bob:alice \\
    --sender alice --out swap.json
  coinage tx build --genesis genesis.json --action transfer:5:COIN:me:alice --sender me \\
    --expires-in 20h --memo rent --out rent.json")]
pub(crate) struct BuildArguments {
    /// A step; several happen together or not at all (--help lists them)
    #[arg(long = "action", required = true, value_name = "STEP")]
    actions: Vec<String>,
    /// Who sends it (and pays the fee, if there is one)
    #[arg(long, value_name = "NAME|ADDRESS", add = suggest::wallets())]
    sender: String,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Public words that go with it
    #[arg(long, value_name = "TEXT", default_value = "")]
    memo: String,
    /// For how long it may be included: long enough for everybody to sign
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10m",
        value_parser = duration::positive
    )]
    expires_in: Duration,
    /// Amounts are in base units
    #[arg(long)]
    raw: bool,
    /// Take network and tokens from this genesis; no node is needed
    #[arg(long, value_name = "FILE", conflicts_with = "chain_id")]
    genesis: Option<PathBuf>,
    /// Make it for this network; no node is needed
    #[arg(long, value_name = "ID")]
    chain_id: Option<ChainId>,
    /// How many decimals a token has: SYMBOL:COUNT; for a token that nobody else tells of
    #[arg(long, value_name = "SYMBOL:COUNT")]
    decimals: Vec<String>,
}

pub(crate) fn run(arguments: &BuildArguments, context: &Context) -> Result<Output, Failure> {
    let mut ground = match (&arguments.genesis, arguments.chain_id) {
        (Some(path), _) => OfflineContext::of_genesis(path)?,
        (None, Some(chain)) => OfflineContext::of_chain(chain),
        (None, None) => OfflineContext::of_node(context)?,
    };
    for text in &arguments.decimals {
        let (token, decimals) = decimals(text)?;
        ground.learn(token, decimals);
    }
    let sender = account::address(context, &arguments.sender)?;
    let mut steps = Steps { context, ground, raw: arguments.raw, sender };
    let actions = arguments.actions.iter().map(|text| steps.action(text));
    let actions = actions.collect::<Result<Vec<_>, _>>()?;
    let body = submission::compose(sender, actions, &arguments.memo, arguments.expires_in)?;
    let transaction = Transaction { body, witnesses: Bounded::default() };
    let mut document = TransactionDocument { chain: steps.ground.chain(), transaction };
    signing::reveal(&mut document, &cosign::known_locks(context)?)?;
    document.write(&arguments.out, false)?;
    let words = Words::on(context, steps.ground);
    Ok(cosign::described(&document, &words, context))
}

/// The reader of steps; a token that one of them creates is known to the next.
struct Steps<'a> {
    context: &'a Context,
    ground: OfflineContext,
    raw: bool,
    sender: Address,
}

impl Steps<'_> {
    fn action(&mut self, text: &str) -> Result<Action, Failure> {
        let who = |name: &str| account::address(self.context, name);
        let parts: Vec<_> = text.splitn(7, ':').collect();
        match parts.as_slice() {
            ["transfer", amount, token, from, to] => {
                let (token, amount) = self.units(token, amount)?;
                Ok(Action::Transfer { token, from: who(from)?, to: who(to)?, amount })
            }
            ["mint", amount, token, issuer, to] => {
                let (token, amount) = self.units(token, amount)?;
                Ok(Action::Mint { token, issuer: who(issuer)?, to: who(to)?, amount })
            }
            ["burn", amount, token, from] => {
                let (token, amount) = self.units(token, amount)?;
                Ok(Action::Burn { token, from: who(from)?, amount })
            }
            ["set-issuer", token, issuer, new] => {
                let (issuer, new) = (who(issuer)?, nobody_or(new, who)?);
                Ok(Action::SetIssuer { token: symbol(token)?, issuer, new })
            }
            ["create", token, decimals, supply, rest @ ..] => {
                self.creation(symbol(token)?, decimals, supply, rest)
            }
            parts => self.by_charter(parts)?.ok_or_else(|| {
                Failure::usage(format!("{text:?} is not a step")).hint(format!("write {FORMS}"))
            }),
        }
    }

    /// Reads a step by a charter; `None` if these parts are none.
    fn by_charter(&self, parts: &[&str]) -> Result<Option<Action>, Failure> {
        let who = |name: &str| account::address(self.context, name);
        let action = match parts {
            [verb @ ("draw" | "claim"), amount, token, account, clause] => {
                let (token, amount) = self.units(token, amount)?;
                let (account, clause) = (who(account)?, clause_of(clause)?);
                match *verb {
                    "draw" => Action::Draw { token, account, clause, amount },
                    _ => Action::Claim { token, account, clause, amount },
                }
            }
            ["role", token, officer, account, role] => {
                let (officer, account) = (who(officer)?, who(account)?);
                self.role(symbol(token)?, officer, account, role)?
            }
            [verb @ ("freeze" | "unfreeze"), token, officer, account] => {
                let (officer, account) = (who(officer)?, who(account)?);
                let (token, frozen) = (symbol(token)?, *verb == "freeze");
                Action::SetFrozen { token, officer, account, frozen }
            }
            ["move", amount, token, officer, from, to] => {
                let (token, amount) = self.units(token, amount)?;
                let (officer, from, to) = (who(officer)?, who(from)?, who(to)?);
                Action::Move { token, officer, from, to, amount }
            }
            ["hand-over", token, name, from, to] => {
                let token = symbol(token)?;
                let account =
                    offices::account_id(&self.ground.charter(self.context, token)?, name)?;
                Action::HandOver { token, account, from: who(from)?, to: who(to)? }
            }
            ["amend", amount, token, officer, clause, at @ ..] if !at.is_empty() => {
                let (token, amount) = self.units(token, amount)?;
                let (officer, clause) = (who(officer)?, clause_of(clause)?);
                // A time has colons, too.
                let in_force_at = instant(&at.join(":"))?;
                Action::Amend { token, officer, clause, amount, in_force_at }
            }
            _ => return Ok(None),
        };
        Ok(Some(action))
    }

    fn role(
        &self,
        token: Symbol,
        officer: Address,
        account: Address,
        role: &str,
    ) -> Result<Action, Failure> {
        let named = (role != "none").then(|| {
            let charter = self.ground.charter(self.context, token)?;
            offices::role_id(&charter, role)
        });
        Ok(Action::SetRole { token, officer, account, role: named.transpose()? })
    }

    fn creation(
        &mut self,
        token: Symbol,
        decimals: &str,
        supply: &str,
        rest: &[&str],
    ) -> Result<Action, Failure> {
        let decimals = count(decimals)?;
        let units = |text: &str| amount::parse_as(text, self.raw, decimals);
        let part = |at: usize| rest.get(at).copied().filter(|part| !part.is_empty());
        let cap = part(0).map(units).transpose()?;
        let issuer = match part(1) {
            None => Some(self.sender),
            Some(name) => nobody_or(name, |name| account::address(self.context, name))?,
        };
        let name = Text::try_from(part(2).unwrap_or(token.as_str()));
        let name = name.map_err(|error| Failure::bad_text("usage.bad_name", "the name", error))?;
        let supply = units(supply)?;
        self.ground.learn(token, decimals);
        let to = self.sender;
        Ok(Action::CreateToken(CreateToken { token, name, decimals, cap, issuer, supply, to }))
    }

    fn units(&self, token: &str, amount: &str) -> Result<(Symbol, Amount), Failure> {
        let token = symbol(token)?;
        let decimals = if self.raw { 0 } else { self.ground.decimals(self.context, token)? };
        Ok((token, amount::parse_as(amount, self.raw, decimals)?))
    }
}

fn clause_of(number: &str) -> Result<ClauseId, Failure> {
    let number = number.parse().map_err(|_| Failure::usage(format!("{number:?} is no clause")));
    offices::clause_id(number?)
}

/// Reads when something begins: a length of time from now on, or a time.
fn instant(text: &str) -> Result<UnixMillis, Failure> {
    let at = match (duration::parse(text), text.parse::<End>()) {
        (Ok(after), _) => SystemTime::now().checked_add(after).map(time::millis),
        (Err(_), Ok(End::Time(at) | End::Day(at))) => Some(at),
        (Err(_), Ok(End::Height(_)) | Err(_)) => None,
    };
    let bad = || Failure::usage(format!("{text:?} is no time: write 31d or 2027-01-01T00:00:00Z"));
    at.map(UnixMillis::new).ok_or_else(bad)
}

fn nobody_or(
    name: &str,
    who: impl Fn(&str) -> Result<Address, Failure>,
) -> Result<Option<Address>, Failure> {
    if name == "none" { Ok(None) } else { who(name).map(Some) }
}

fn symbol(text: &str) -> Result<Symbol, Failure> {
    text.parse().map_err(|error| Failure::usage(format!("{text:?}: {error}")))
}

fn decimals(text: &str) -> Result<(Symbol, u8), Failure> {
    let unreadable = || Failure::usage(format!("{text:?} is not in the form SYMBOL:COUNT"));
    let (token, decimals) = text.split_once(':').ok_or_else(unreadable)?;
    Ok((symbol(token)?, count(decimals)?))
}

fn count(text: &str) -> Result<u8, Failure> {
    let count = text.parse().ok().filter(|count| *count <= coinage_protocol::limits::DECIMALS_MAX);
    count.ok_or_else(|| Failure::usage(format!("{text:?} is not a number of decimals: 0 to 18")))
}
