//! The command `coinage token`: what is done with tokens.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use coinage_model::account::{Page, TokenJson};
use coinage_protocol::limits::NAME_BYTES_MAX;
use coinage_protocol::{Action, Address, Amount, CreateToken, Symbol, Text};

use super::account::{self, Found};
use super::charter_view;
use super::context::Context;
use super::describe::Words;
use super::failure::Failure;
use super::holders::{self, HoldersArguments};
use super::listing::{self, Listing};
use super::offices::{
    self, AmendArguments, ClaimArguments, DrawArguments, FreezeArguments, HandOverArguments,
    MoveArguments, RoleArguments,
};
use super::policy::{self, Tongue};
use super::printer::{Output, facts, table};
use super::send::units;
use super::standings::{self, StandingsArguments};
use super::submission::{self, Delivery};
use super::suggest;
use super::{amount, password, proof};

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Issue your own coin
    #[command(after_help = "Examples:\n  \
                coinage token create GOLD --decimals 6 --supply 1000 --cap 21000 --from alice\n  \
                coinage token create --policy points.policy --from alice")]
    Create(CreateArguments),
    /// List the tokens
    #[command(after_help = "Example:\n  coinage token list")]
    List(Listing),
    /// Show a token
    #[command(after_help = "Example:\n  coinage token show COIN")]
    Show {
        /// The token
        #[arg(add = suggest::tokens())]
        symbol: Symbol,
        /// Write the proof of it, or that there is no such token, to this new file
        #[arg(long, value_name = "FILE", conflicts_with = "policy")]
        proof: Option<PathBuf>,
        /// Show the sentences of its charter, with the accounts as they are now
        #[arg(long)]
        policy: bool,
        /// The language of the sentences
        #[arg(long, value_enum, default_value_t = Tongue::En, requires = "policy")]
        language: Tongue,
    },
    /// Say what was issued by each clause of a charter, and what can be when
    #[command(after_help = "Example:\n  coinage token explain POINTS")]
    Explain {
        /// The token
        #[arg(add = suggest::tokens())]
        symbol: Symbol,
    },
    /// Draw what a charter has made due to your account, or what you will owe by your role
    #[command(after_help = "Example:\n  coinage token draw 1000 POINTS --from alice")]
    Draw(DrawArguments),
    /// Claim what a charter gives to your role
    #[command(after_help = "Example:\n  coinage token claim POINTS --from bob")]
    Claim(ClaimArguments),
    /// Give a role of a charter to an account, or take it
    #[command(after_help = "Example:\n  coinage token role POINTS member bob --from alice")]
    Role(RoleArguments),
    /// List who has which role by a charter, who is frozen, and what each owes and used
    #[command(after_help = "Examples:\n  \
                coinage token standings POINTS\n  \
                coinage token standings POINTS --role member")]
    Standings(StandingsArguments),
    /// Freeze an account, so that nothing of the token leaves it
    #[command(after_help = "Example:\n  coinage token freeze POINTS bob --from alice")]
    Freeze(FreezeArguments),
    /// Unfreeze an account
    #[command(after_help = "Example:\n  coinage token unfreeze POINTS bob --from alice")]
    Unfreeze(FreezeArguments),
    /// Move coins of an account that is not asked, if the charter lets you
    #[command(after_help = "Example:\n  coinage token move 5 POINTS bob carol --from alice")]
    Move(MoveArguments),
    /// Put another address in your place in a charter
    #[command(after_help = "\
Both sign: the file goes to whoever takes the place, who adds a signature with `coinage tx sign`.

Example:
  coinage token hand-over POINTS board carol --from alice --sign-only place.json")]
    HandOver(HandOverArguments),
    /// Change the amount in a clause of a charter, as far as the charter lets you
    #[command(after_help = "Example:\n  coinage token amend POINTS 1 4000 --from alice")]
    Amend(AmendArguments),
    /// List who holds a token, whoever has most first
    #[command(after_help = "Example:\n  coinage token holders COIN --limit 10")]
    Holders(HoldersArguments),
    /// Bring more of your token into being
    #[command(after_help = "Example:\n  coinage token mint 100 GOLD bob --from alice")]
    Mint(MintArguments),
    /// Destroy what you have
    #[command(after_help = "Example:\n  coinage token burn 100 GOLD --from alice")]
    Burn(BurnArguments),
    /// Pass the right to mint on, or give it up for ever
    #[command(after_help = "Example:\n  coinage token set-issuer GOLD none --from alice --yes")]
    SetIssuer(SetIssuerArguments),
}

#[derive(Args, Debug)]
pub(crate) struct CreateArguments {
    /// Its symbol: 2 to 12 of A-Z and 0-9, first a letter
    #[arg(required_unless_present = "policy")]
    symbol: Option<Symbol>,
    /// Create it with the charter in this file, which says all about it (see "coinage policy")
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["symbol", "name", "decimals", "cap", "supply", "issuer", "raw"]
    )]
    policy: Option<PathBuf>,
    /// Its name for people [default: the symbol]
    #[arg(long)]
    name: Option<String>,
    /// Where people put the decimal point: 0 to 18
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=18))]
    decimals: u8,
    /// The most that may ever be outstanding [default: no cap]
    #[arg(long, value_name = "AMOUNT")]
    cap: Option<String>,
    /// How much exists at first, for the creator
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    supply: String,
    /// Who may mint more: a wallet, an address, or none [default: the creator]
    #[arg(long, value_name = "NAME|none")]
    issuer: Option<String>,
    /// The wallet that creates it
    #[arg(long, value_name = "NAME", add = suggest::wallets())]
    from: String,
    /// Amounts are in base units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    delivery: Delivery,
}

#[derive(Args, Debug)]
pub(crate) struct MintArguments {
    /// How much
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// For whom [default: the issuer]
    #[arg(add = suggest::wallets())]
    to: Option<String>,
    /// The wallet of the issuer
    #[arg(long, value_name = "NAME", add = suggest::wallets())]
    from: String,
    /// The amount is in base units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    delivery: Delivery,
}

#[derive(Args, Debug)]
pub(crate) struct BurnArguments {
    /// How much
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The wallet that gives it up
    #[arg(long, value_name = "NAME", add = suggest::wallets())]
    from: String,
    /// The amount is in base units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    delivery: Delivery,
}

#[derive(Args, Debug)]
pub(crate) struct SetIssuerArguments {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The next issuer: a wallet, an address, or none (for ever)
    issuer: String,
    /// The wallet of the present issuer
    #[arg(long, value_name = "NAME", add = suggest::wallets())]
    from: String,
    /// Do not ask before the right is given up for ever
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) fn run(command: TokenCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        TokenCommand::Create(arguments) => create(&arguments, context),
        TokenCommand::List(listing) => list(&listing, context),
        TokenCommand::Show { symbol, policy: true, language, .. } => {
            charter_view::show(symbol, language, context)
        }
        TokenCommand::Show { symbol, proof: None, .. } => {
            Ok(show(&context.token(symbol)?, context))
        }
        TokenCommand::Explain { symbol } => charter_view::explain(symbol, context),
        TokenCommand::Draw(arguments) => offices::draw(&arguments, context),
        TokenCommand::Claim(arguments) => offices::claim(&arguments, context),
        TokenCommand::Role(arguments) => offices::role(&arguments, context),
        TokenCommand::Standings(arguments) => standings::run(&arguments, context),
        TokenCommand::Freeze(arguments) => offices::freeze(&arguments, true, context),
        TokenCommand::Unfreeze(arguments) => offices::freeze(&arguments, false, context),
        TokenCommand::Move(arguments) => offices::move_coins(&arguments, context),
        TokenCommand::HandOver(arguments) => offices::hand_over(&arguments, context),
        TokenCommand::Amend(arguments) => offices::amend(&arguments, context),
        TokenCommand::Show { symbol, proof: Some(file), .. } => {
            proof::fetch(context, &format!("/v1/tokens/{symbol}/proof"), &[], &file)
        }
        TokenCommand::Holders(arguments) => holders::run(&arguments, context),
        TokenCommand::Mint(arguments) => mint(&arguments, context),
        TokenCommand::Burn(arguments) => burn(&arguments, context),
        TokenCommand::SetIssuer(arguments) => set_issuer(&arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    if let Some(path) = &arguments.policy {
        let charter = policy::read_own_charter(path, context)?;
        let from = account::wallet(context, &arguments.from)?;
        let create = Action::CreateWithCharter(Box::new(charter));
        return submission::deliver(context, &from, vec![create], &arguments.delivery);
    }
    let CreateArguments { symbol, decimals, from, delivery, .. } = arguments;
    let symbol = symbol.ok_or_else(|| Failure::usage("a symbol is missing"))?;
    let units = |text: &str| amount::parse_as(text, arguments.raw, *decimals);
    let cap = arguments.cap.as_deref().map(units).transpose()?;
    let from = account::wallet(context, from)?;
    let issuer = match arguments.issuer.as_deref() {
        None => Some(from.entry.address()),
        Some(text) => issuer(context, text)?,
    };
    let create = CreateToken {
        token: symbol,
        name: display_name(arguments.name.as_deref().unwrap_or(symbol.as_str()))?,
        decimals: *decimals,
        cap,
        issuer,
        supply: units(&arguments.supply)?,
        to: from.entry.address(),
    };
    submission::deliver(context, &from, vec![Action::CreateToken(create)], delivery)
}

fn mint(arguments: &MintArguments, context: &Context) -> Result<Output, Failure> {
    let MintArguments { amount, symbol, to, from, raw, delivery } = arguments;
    let (from, amount) = funded(context, from, amount, *symbol, *raw)?;
    let issuer = from.entry.address();
    let to = to.as_deref().map_or(Ok(issuer), |to| account::address(context, to))?;
    let mint = Action::Mint { token: *symbol, issuer, to, amount };
    submission::deliver(context, &from, vec![mint], delivery)
}

fn burn(arguments: &BurnArguments, context: &Context) -> Result<Output, Failure> {
    let BurnArguments { amount, symbol, from, raw, delivery } = arguments;
    let (from, amount) = funded(context, from, amount, *symbol, *raw)?;
    let burn = Action::Burn { token: *symbol, from: from.entry.address(), amount };
    submission::deliver(context, &from, vec![burn], delivery)
}

fn set_issuer(arguments: &SetIssuerArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let SetIssuerArguments { symbol, issuer: new, from, yes, delivery } = arguments;
    let from = account::wallet(context, from)?;
    let new = issuer(context, new)?;
    if new.is_none() && !yes {
        let question = format!("Give up for ever that anybody can mint {symbol}?");
        password::confirm(context, &question)?;
    }
    let set = Action::SetIssuer { token: *symbol, issuer: from.entry.address(), new };
    submission::deliver(context, &from, vec![set], delivery)
}

fn list(listing: &Listing, context: &Context) -> Result<Output, Failure> {
    let page: Page<TokenJson> = listing.get(context, "/v1/tokens")?;
    let rows = page.items.iter().map(|token| {
        let shown = |units: Amount| amount::format(units, token.decimals);
        let none = if token.charter.is_some() { "by charter" } else { "none" };
        let cap = token.cap.map_or_else(|| none.to_owned(), shown);
        let name = token.name.to_string();
        [token.token.to_string(), name, shown(token.supply), cap, origin(token)]
    });
    let table = table(["SYMBOL", "NAME", "SUPPLY", "CAP", "NOTE"], rows);
    Ok(listing::page(&page, table, "no tokens; `coinage token create` issues one"))
}

/// A note on where a token comes from: of the genesis, or with a name like one of those.
fn origin(token: &TokenJson) -> String {
    match token.looks_like {
        Some(other) => format!("its name looks like that of {other}, which is another token"),
        None if token.genesis => "of the genesis".to_owned(),
        None => String::new(),
    }
}

fn show(token: &TokenJson, context: &Context) -> Output {
    let words = Words::new(context);
    let shown = |units: Amount| amount::format(units, token.decimals);
    let closed = || "none: issuance is closed for ever".to_owned();
    let mut rows = vec![
        ("token", token.token.to_string()),
        ("name", token.name.to_string()),
        ("decimals", token.decimals.to_string()),
        ("supply", shown(token.supply)),
    ];
    rows.extend(Some(origin(token)).filter(|note| !note.is_empty()).map(|note| ("note", note)));
    if let Some(hash) = token.charter {
        rows.push(("charter", hash.to_string()));
    } else {
        rows.push(("cap", token.cap.map_or_else(|| "none".to_owned(), shown)));
        rows.push(("issuer", token.issuer.map_or_else(closed, |issuer| words.address(issuer))));
    }
    let text = facts(rows);
    Output::new(token, text)
}

fn funded(
    context: &Context,
    from: &str,
    amount: &str,
    symbol: Symbol,
    raw: bool,
) -> Result<(Found, Amount), Failure> {
    context.needs_node()?;
    Ok((account::wallet(context, from)?, units(context, amount, symbol, raw)?))
}

/// Reads a text as the next issuer: an account, or `none`. A wallet of that name would be out of
/// reach, which is why `none` is asked for and never a default.
fn issuer(context: &Context, text: &str) -> Result<Option<Address>, Failure> {
    if text == "none" { Ok(None) } else { account::address(context, text).map(Some) }
}

fn display_name(text: &str) -> Result<Text<NAME_BYTES_MAX>, Failure> {
    Text::try_from(text).map_err(|error| Failure::bad_text("usage.bad_name", "the name", error))
}
