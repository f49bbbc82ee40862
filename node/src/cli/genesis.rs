//! The command `coinage genesis`: the description of a new network.

mod from_state;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use coinage_keys::genesis_file::{self, GenesisFileError};
use coinage_keys::{KeyFileError, NetworkKey, NewAuthorityKey, network_key};
use coinage_model::Fingerprint;
use coinage_model::genesis::GenesisFile;
use coinage_model::terminal::escaped_in_json;
use coinage_model::{room, time};
use coinage_protocol::limits::{CREATORS_MAX, DECIMALS_MAX, GENESIS_VERSION};
use coinage_protocol::{
    Address, Amount, Bounded, ChainSpec, Fee, Genesis, GenesisBalance, GenesisToken, Growth,
    PolicyBounds, PublicKey, Rules, Symbol, Text, TooMany, UnixMillis,
};
use serde_json::json;

use self::from_state::FromStateArguments;
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use super::template::{self, Made, TemplateArguments};
use super::{account, amount, duration, policy};

/// Time for which a transaction may be valid unless somebody edits the file.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// What to do with a genesis.
#[derive(Debug, Subcommand)]
pub(crate) enum GenesisCommand {
    /// Write the genesis of a new network
    #[command(after_help = "\
Example:
  coinage genesis new --name village --authority KEY1 --authority KEY2 --token COIN:2 \\
    --balance alice:COIN:1000.00 --out genesis.json
  coinage genesis new --name club --authority KEY1 --authority KEY2 --template points \\
    --coin CLUB:\"Club points\" --treasurer alice --treasurer bob --treasurer carol \\
    --amount 500 --out club.json")]
    New(Box<NewArguments>),
    /// Write the genesis of a new network with the tokens and balances of another one
    #[command(after_help = "\
Where too many authorities are lost for good to change them. Of a stopped node's chain the state
after the final block goes on, under another chain id and other authorities.

Example:
  coinage genesis from-state --data coinage-data --authority KEY1 --authority KEY2 \\
    --leave-out POINTS --out new.json")]
    FromState(Box<FromStateArguments>),
    /// Show a genesis file and the network it makes
    #[command(after_help = "Example:\n  coinage genesis show genesis.json")]
    Show {
        /// The genesis file
        file: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct NewArguments {
    /// What people call the network
    #[arg(long)]
    name: String,
    /// How long a slot is
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "2s",
        value_parser = duration::parse
    )]
    slot: Duration,
    /// The public key of one who writes blocks; turns are in this order
    #[arg(long = "authority", value_name = "KEY")]
    authorities: Vec<PublicKey>,
    /// A new file for the new key of one who writes blocks, after those given by key
    #[arg(long = "new-authority", value_name = "FILE")]
    new_authorities: Vec<PathBuf>,
    /// A token: SYMBOL:DECIMALS[:CAP][:ISSUER]; no ISSUER, or none: nobody can mint
    #[arg(long = "token", value_name = "TOKEN")]
    tokens: Vec<String>,
    /// A token by the charter in this file (see "coinage policy")
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    template: TemplateArguments,
    /// A first balance: ADDRESS:SYMBOL:AMOUNT
    #[arg(long = "balance", value_name = "BALANCE")]
    balances: Vec<String>,
    /// One who may create tokens [default: anybody; with --template the treasury alone]
    #[arg(long = "creator", value_name = "NAME|ADDRESS")]
    creators: Vec<String>,
    /// What every transaction burns: SYMBOL:AMOUNT
    #[arg(long)]
    fee: Option<String>,
    /// Make a key, too, without which nobody can connect to a node of the network
    #[arg(long)]
    private: bool,
    /// How many balances the network holds: each costs every node about a kilobyte of memory
    #[arg(long, value_name = "COUNT", value_parser = count, default_value_t = room::BALANCES_MAX)]
    balances_max: u64,
    /// How many tokens the network holds
    #[arg(long, value_name = "COUNT", value_parser = count, default_value_t = room::TOKENS_MAX)]
    tokens_max: u64,
    /// How many tokens with a charter the network holds
    #[arg(long, value_name = "COUNT", value_parser = count, default_value_t = room::CHARTERS_MAX)]
    charters_max: u64,
    /// How many accounts with a role or frozen the network holds, in all tokens
    #[arg(long, value_name = "COUNT", value_parser = count, default_value_t = room::STANDINGS_MAX)]
    standings_max: u64,
    /// By how many balances and tokens a block may grow the state
    #[arg(long, value_name = "COUNT", value_parser = count, default_value_t = room::BLOCK_MAX)]
    block_growth_max: u64,
    /// In which token new balances take a deposit when a quarter of the room is taken, or "none"
    /// [default: that of the first --balance, or of --template]
    #[arg(long, value_name = "SYMBOL")]
    deposit: Option<String>,
    /// The new file
    #[arg(long, value_name = "FILE", default_value = "genesis.json")]
    out: PathBuf,
}

pub(crate) fn run(command: GenesisCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        GenesisCommand::New(arguments) => new(&arguments, context),
        GenesisCommand::FromState(arguments) => from_state::run(&arguments, context),
        GenesisCommand::Show { file: path } => {
            let read = genesis_file::read_file(&path)?;
            let key = read.network_key;
            Ok(show(&chain_spec(read.into())?, key))
        }
    }
}

fn new(arguments: &NewArguments, context: &Context) -> Result<Output, Failure> {
    let mut tokens: Vec<_> =
        arguments.tokens.iter().map(|text| token(context, text)).collect::<Result<_, _>>()?;
    tokens.sort_by_key(|token| token.token);
    let balances = arguments.balances.iter().map(|text| balance(context, text, &tokens));
    let mut balances = balances.collect::<Result<Vec<_>, _>>()?;
    balances.sort_by_key(|balance| (balance.address, balance.token));
    let made = template::make(&arguments.template, context)?;
    let fee = arguments.fee.as_deref().map(|text| fee(text, &tokens)).transpose()?;
    let rules = Rules {
        lifetime_ms_max: u64::try_from(LIFETIME.as_millis()).unwrap_or(u64::MAX),
        balances_max: arguments.balances_max,
        tokens_max: arguments.tokens_max,
        creators: creators(arguments, made.as_ref(), context)?,
        fee,
        growth: Some(Growth {
            block_max: arguments.block_growth_max,
            deposit: deposit(arguments, made.as_ref())?,
        }),
        policies: Some(PolicyBounds {
            charters_max: arguments.charters_max,
            standings_max: arguments.standings_max,
        }),
    };
    let charters = arguments.policies.iter().map(|path| policy::read_own_charter(path, context));
    let mut charters = charters.collect::<Result<Vec<_>, _>>()?;
    charters.extend(made.iter().map(|made| made.charter.clone()));
    charters.sort_by_key(|charter| charter.token);
    refuse_taken(&arguments.out)?;
    let keys_made = new_authorities(&arguments.new_authorities)?;
    let keys =
        arguments.authorities.iter().copied().chain(keys_made.iter().map(|key| key.public()));
    let name = Text::try_from(arguments.name.as_str());
    let genesis = Genesis {
        version: GENESIS_VERSION,
        name: name.map_err(|error| Failure::bad_text("genesis.bad_name", "the name", error))?,
        time: UnixMillis::new(time::millis(SystemTime::now())),
        // What does not fit is refused as too long a slot.
        slot_ms: u32::try_from(arguments.slot.as_millis()).unwrap_or(u32::MAX),
        authorities: Bounded::new(keys.collect()).map_err(too_many)?,
        rules,
        tokens: Bounded::new(tokens).map_err(too_many)?,
        balances: Bounded::new(balances).map_err(too_many)?,
        charters: Bounded::new(charters).map_err(too_many)?,
    };
    let spec = chain_spec(genesis)?;
    // Nothing is written before all is right.
    if arguments.private {
        refuse_taken(&network_key::beside(&arguments.out))?;
    }
    for key in &keys_made {
        key.write()?;
    }
    let key = arguments.private.then(|| new_network_key(&arguments.out, context)).transpose()?;
    let file = GenesisFile { network_key: key, ..spec.genesis().into() };
    genesis_file::write(&arguments.out, file)?;
    context.printer.note(&format!("written to {}", arguments.out.display()));
    if let Some(made) = &made {
        context.printer.note(&made.note());
    }
    Ok(show(&spec, key))
}

/// Makes the key beside the genesis, where `node run` finds it.
fn new_network_key(genesis: &Path, context: &Context) -> Result<Fingerprint, Failure> {
    let path = network_key::beside(genesis);
    let key = NetworkKey::create(&path)?;
    context.printer.note(&format!(
        "the network is private: nobody connects to it without the key in {}. Keep it beside the\n\
         genesis file, and secret; `coinage invite` gives it to others",
        path.display()
    ));
    Ok(key.fingerprint())
}

/// The keys that are to be made, each in a file of its own.
fn new_authorities(paths: &[PathBuf]) -> Result<Vec<NewAuthorityKey>, Failure> {
    let mut made = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        if paths.iter().take(at).any(|other| other == path) {
            let sentence = format!("--new-authority {} is given twice", path.display());
            return Err(Failure::usage(sentence).hint("name a file for each key"));
        }
        made.push(NewAuthorityKey::new(path)?);
    }
    Ok(made)
}

/// Fails if there is such a file.
fn refuse_taken(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        let sentence = format!("{} exists; nothing is overwritten", path.display());
        return Err(Failure::new("genesis.file", sentence));
    }
    Ok(())
}

fn creators(
    arguments: &NewArguments,
    made: Option<&Made>,
    context: &Context,
) -> Result<Option<Bounded<Address, CREATORS_MAX>>, Failure> {
    let creators = arguments.creators.iter().map(|text| account::address(context, text));
    let mut creators = creators.collect::<Result<Vec<_>, _>>()?;
    if creators.is_empty() {
        creators.extend(made.map(|made| made.treasury.address()));
    }
    creators.sort_unstable();
    let some = !creators.is_empty();
    some.then(|| Bounded::new(creators).map_err(too_many)).transpose()
}

/// The token of deposits: the one given, the first that anybody has something of, or that of the
/// template. Without any, whoever has a coin could fill the network for nothing.
fn deposit(arguments: &NewArguments, made: Option<&Made>) -> Result<Option<Symbol>, Failure> {
    let first = arguments.balances.first().and_then(|balance| balance.split(':').nth(1));
    match arguments.deposit.as_deref().or(first) {
        // What is owed is burned only to repay.
        None => Ok(made.filter(|made| !made.charter.has_debts()).map(|made| made.charter.token)),
        Some("none") => Ok(None),
        Some(symbol) => symbol_of(symbol).map(Some),
    }
}

fn show(spec: &ChainSpec, key: Option<Fingerprint>) -> Output {
    let genesis = GenesisFile { network_key: key, ..spec.genesis().into() };
    let (chain, hash) = (spec.chain().to_string(), spec.genesis_hash().to_string());
    let data = json!({ "chain_id": chain, "genesis_hash": hash, "genesis": genesis });
    // What is not shown could not be checked, so people see the fields that programs see.
    let fields = escaped_in_json(&serde_json::to_string_pretty(&genesis).unwrap_or_default());
    Output::new(data, format!("chain id      {chain}\ngenesis hash  {hash}\n{fields}\n"))
}

fn chain_spec(genesis: Genesis) -> Result<ChainSpec, Failure> {
    ChainSpec::new(genesis).map_err(|error| Failure::new("genesis.invalid", error))
}

/// The token that `SYMBOL:DECIMALS[:CAP][:ISSUER]` means.
fn token(context: &Context, text: &str) -> Result<GenesisToken, Failure> {
    let parts: Vec<_> = text.split(':').collect();
    let (symbol, decimals, cap, issuer) = match parts.as_slice() {
        [symbol, decimals] => (symbol, decimals, "", ""),
        [symbol, decimals, cap] => (symbol, decimals, *cap, ""),
        [symbol, decimals, cap, issuer] => (symbol, decimals, *cap, *issuer),
        _ => return Err(unreadable(text, "SYMBOL:DECIMALS[:CAP][:ISSUER]")),
    };
    let decimals = decimals.parse().ok().filter(|decimals| *decimals <= DECIMALS_MAX);
    let decimals = decimals.ok_or_else(|| {
        Failure::usage(format!("{text:?}: a token has 0 to {DECIMALS_MAX} decimals"))
            .hint(format!("like {symbol}:2 for two"))
    })?;
    let token = symbol_of(symbol)?;
    let name = Text::try_from(token.as_str()).map_err(Failure::usage)?;
    let cap = (!cap.is_empty()).then(|| amount::parse(cap, decimals)).transpose()?;
    let named = Some(issuer).filter(|issuer| !matches!(*issuer, "" | "none"));
    let issuer = named.map(|issuer| account::address(context, issuer)).transpose()?;
    Ok(GenesisToken { token, name, decimals, cap, issuer })
}

/// The balance that `ADDRESS:SYMBOL:AMOUNT` means.
fn balance(
    context: &Context,
    text: &str,
    tokens: &[GenesisToken],
) -> Result<GenesisBalance, Failure> {
    let parts: Vec<_> = text.split(':').collect();
    let [owner, symbol, amount] = parts.as_slice() else {
        return Err(unreadable(text, "ADDRESS:SYMBOL:AMOUNT"));
    };
    let address: Address = account::address(context, owner)?;
    let (token, amount) = units(symbol, amount, tokens)?;
    Ok(GenesisBalance { address, token, amount })
}

fn fee(text: &str, tokens: &[GenesisToken]) -> Result<Fee, Failure> {
    let (symbol, amount) = text.split_once(':').ok_or_else(|| unreadable(text, "SYMBOL:AMOUNT"))?;
    let (token, amount) = units(symbol, amount, tokens)?;
    Ok(Fee { token, amount })
}

fn units(symbol: &str, amount: &str, tokens: &[GenesisToken]) -> Result<(Symbol, Amount), Failure> {
    let symbol = symbol_of(symbol)?;
    let token = tokens.iter().find(|token| token.token == symbol).ok_or_else(|| {
        Failure::usage(format!("{symbol} is not a token of this genesis"))
            .hint(format!("add --token {symbol}:2"))
    })?;
    Ok((symbol, amount::parse(amount, token.decimals)?))
}

fn symbol_of(text: &str) -> Result<Symbol, Failure> {
    text.parse().map_err(|error| Failure::usage(format!("{text:?}: {error}")))
}

/// Reads a bound of the network.
fn count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("give a whole number, 0 to {}", u64::MAX))
}

fn unreadable(text: &str, form: &str) -> Failure {
    Failure::usage(format!("{text:?} is not in the form {form}"))
}

fn too_many(error: TooMany) -> Failure {
    Failure::new("genesis.too_many", error)
}

impl From<GenesisFileError> for Failure {
    fn from(error: GenesisFileError) -> Self {
        Self::new("genesis.file", error)
    }
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        Self::new("key.unusable", error)
    }
}
