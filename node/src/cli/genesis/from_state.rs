//! The command `coinage genesis from-state`: a new network with what people have on another one.
//!
//! The way out where a quorum of the authorities is lost for good. It is another network: it has
//! another chain id, and nothing that was signed for the old one counts on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use coinage_keys::genesis_file;
use coinage_model::genesis::GenesisFile;
use coinage_model::time;
use coinage_protocol::{
    Address, Amount, Bounded, ChainSpec, DEPOSITS, Entry, Genesis, GenesisBalance, GenesisToken,
    Header, Key, PublicKey, State, Symbol, Text, Token, UnixMillis,
};
use coinage_server::storage::Storage;
use serde_json::json;

use super::super::amount;
use super::super::context::Context;
use super::super::failure::Failure;
use super::super::printer::{Output, table};
use super::{chain_spec, new_authorities, refuse_taken, too_many};

#[derive(Args, Debug)]
pub(crate) struct FromStateArguments {
    /// Where a node of the old network keeps its chain; it must not run
    #[arg(long, value_name = "DIR", default_value = "coinage-data")]
    data: PathBuf,
    /// The old network's genesis file [default: the copy in the data directory]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// The public key of one who writes blocks of the new network; turns are in this order
    #[arg(long = "authority", value_name = "KEY")]
    authorities: Vec<PublicKey>,
    /// A new file for the new key of one who writes blocks, after those given by key
    #[arg(long = "new-authority", value_name = "FILE")]
    new_authorities: Vec<PathBuf>,
    /// What people call the new network [default: as the old one]
    #[arg(long)]
    name: Option<String>,
    /// A token that the new network is not to have: of one with a charter nothing is carried over
    #[arg(long = "leave-out", value_name = "SYMBOL")]
    left_out: Vec<Symbol>,
    /// The new file
    #[arg(long, value_name = "FILE", default_value = "genesis.json")]
    out: PathBuf,
}

/// Tokens and balances that go on, and what does not.
struct Carried {
    tokens: BTreeMap<Symbol, Token>,
    balances: BTreeMap<(Address, Symbol), Amount>,
    /// Deposits for places that were given back to whom the places belong.
    given_back: Amount,
    /// Tokens of which nothing is outstanding and nobody can mint: they mean nothing any more.
    spent: Vec<Symbol>,
}

pub(super) fn run(arguments: &FromStateArguments, context: &Context) -> Result<Output, Failure> {
    refuse_taken(&arguments.out)?;
    let (file, old) = read_genesis(arguments)?;
    let (header, above, state) = final_state(arguments, &old)?;
    let carried = carry(&state, &old, &arguments.left_out)?;
    let keys_made = new_authorities(&arguments.new_authorities)?;
    let keys =
        arguments.authorities.iter().copied().chain(keys_made.iter().map(|key| key.public()));
    let spec = chain_spec(genesis(arguments, &old, &carried, keys.collect())?)?;
    for key in &keys_made {
        key.write()?;
    }
    let written = GenesisFile { network_key: file.network_key, ..spec.genesis().into() };
    genesis_file::write(&arguments.out, written)?;
    context.printer.note(&format!("written to {}", arguments.out.display()));
    if file.network_key.is_some() {
        context.printer.note("the network is private: put a copy of its key beside the new file");
    }
    Ok(report(&spec, &header, above, &carried, &arguments.left_out))
}

fn read_genesis(arguments: &FromStateArguments) -> Result<(GenesisFile, ChainSpec), Failure> {
    let data = &arguments.data;
    // Opening would make an empty directory into a database.
    if !data.is_dir() {
        let sentence = format!("there is no data directory {}", data.display());
        return Err(Failure::new("data.not_found", sentence).hint("name it with --data DIR"));
    }
    let path = arguments.genesis.clone().unwrap_or_else(|| data.join("genesis.json"));
    let file = genesis_file::read_file(&path)?;
    let spec = chain_spec(file.clone().into())?;
    Ok((file, spec))
}

/// The final block, how many blocks the chain has above it, and the state after it.
fn final_state(
    arguments: &FromStateArguments,
    old: &ChainSpec,
) -> Result<(Header, u64, State), Failure> {
    let unusable = |error: &dyn ToString| {
        Failure::new("storage.unusable", error.to_string())
            .hint("stop the node first, or take a copy of its data directory")
    };
    let storage = Storage::open(&arguments.data, old).map_err(|error| unusable(&error))?;
    let snapshot = storage.snapshot();
    let found = snapshot.final_state().map_err(|error| unusable(&error))?;
    let (header, state) = found.ok_or_else(|| {
        let sentence = "no block of this chain is final but block 0, which its genesis describes";
        Failure::new("genesis.nothing_final", sentence)
            .hint("take the data of a node of the network that knows of a final block")
    })?;
    let head = snapshot.head().map_err(|error| unusable(&error))?;
    let above = head.height.since(header.height);
    Ok((header, above, state))
}

/// Takes over what a genesis can say: tokens without a charter, and who has how much of them.
fn carry(state: &State, old: &ChainSpec, left_out: &[Symbol]) -> Result<Carried, Failure> {
    let mut carried = Carried {
        tokens: BTreeMap::new(),
        balances: BTreeMap::new(),
        given_back: Amount::ZERO,
        spent: Vec::new(),
    };
    let (mut chartered, mut deposits) = (BTreeSet::new(), Vec::new());
    for (key, entry) in state.entries() {
        match (key, entry) {
            (Key::Token(symbol), Entry::Token(token)) if !left_out.contains(symbol) => {
                if token.charter.is_some() {
                    chartered.insert(*symbol);
                } else if token.supply.is_zero() && token.issuer.is_none() {
                    carried.spent.push(*symbol);
                } else {
                    carried.tokens.insert(*symbol, (**token).clone());
                }
            }
            (Key::Balance(address, symbol), Entry::Balance(amount))
                if !left_out.contains(symbol) =>
            {
                carried.balances.insert((*address, *symbol), *amount);
            }
            (Key::Deposit(address, _), Entry::Balance(amount)) => {
                deposits.push((*address, *amount))
            }
            // The rest belongs to charters, or follows from the tokens.
            _ => {}
        }
    }
    if !chartered.is_empty() {
        return Err(cannot_carry(&chartered));
    }
    let of_deposits = old.rules().growth.and_then(|growth| growth.deposit);
    let token = of_deposits.filter(|token| !left_out.contains(token));
    for (address, amount) in deposits {
        let Some(token) = token else { break };
        give_back(&mut carried, address, token, amount)?;
    }
    Ok(carried)
}

/// Gives what lies at the address of deposits to whom the place belongs: the new network knows of
/// no deposit.
fn give_back(
    carried: &mut Carried,
    address: Address,
    token: Symbol,
    amount: Amount,
) -> Result<(), Failure> {
    let wrong = || Failure::new("chain.invalid", "there are fewer deposits than places say");
    let balance = |carried: &Carried, key| carried.balances.get(&key).copied().unwrap_or_default();
    let lies = balance(carried, (DEPOSITS, token)).checked_sub(amount).ok_or_else(wrong)?;
    carried.balances.insert((DEPOSITS, token), lies);
    let has = balance(carried, (address, token)).checked_add(amount).ok_or_else(wrong)?;
    carried.balances.insert((address, token), has);
    carried.given_back = carried.given_back.checked_add(amount).ok_or_else(wrong)?;
    carried.balances.retain(|_, amount| !amount.is_zero());
    Ok(())
}

fn cannot_carry(chartered: &BTreeSet<Symbol>) -> Failure {
    let names: Vec<_> = chartered.iter().map(ToString::to_string).collect();
    let sentence = format!(
        "a genesis cannot say who has how much of a token with a charter, what was used of its \
         clauses and who has which role: {}",
        names.join(", ")
    );
    Failure::new("genesis.cannot_carry", sentence).details(json!({ "tokens": names })).hint(
        "--leave-out SYMBOL makes a network without it; what it was can be issued anew there by \
         `coinage statement` and `token standings` of the old one",
    )
}

fn genesis(
    arguments: &FromStateArguments,
    old: &ChainSpec,
    carried: &Carried,
    keys: Vec<PublicKey>,
) -> Result<Genesis, Failure> {
    let old = old.genesis();
    let name = arguments.name.as_deref().map(Text::try_from).transpose();
    let name = name.map_err(|error| Failure::bad_text("genesis.bad_name", "the name", error))?;
    let tokens = carried.tokens.iter().map(|(token, of)| GenesisToken {
        token: *token,
        name: of.name.clone(),
        decimals: of.decimals,
        cap: of.cap,
        issuer: of.issuer,
    });
    let balances = carried.balances.iter().map(|((address, token), amount)| GenesisBalance {
        address: *address,
        token: *token,
        amount: *amount,
    });
    Ok(Genesis {
        version: old.version,
        name: name.unwrap_or_else(|| old.name.clone()),
        time: UnixMillis::new(time::millis(SystemTime::now())),
        slot_ms: old.slot_ms,
        authorities: Bounded::new(keys).map_err(too_many)?,
        rules: old.rules.clone(),
        tokens: Bounded::new(tokens.collect()).map_err(too_many)?,
        balances: Bounded::new(balances.collect()).map_err(too_many)?,
        charters: Bounded::default(),
    })
}

fn report(
    spec: &ChainSpec,
    header: &Header,
    above: u64,
    carried: &Carried,
    left_out: &[Symbol],
) -> Output {
    let new = spec.genesis_state();
    let totals = carried.tokens.iter().map(|(token, before)| {
        let after = new.token(*token).map(|token| token.supply).unwrap_or_default();
        (token.to_string(), before.decimals, before.supply, after)
    });
    let totals: Vec<_> = totals.collect();
    let rows = totals.iter().map(|(token, decimals, before, after)| {
        [token.clone(), amount::format(*before, *decimals), amount::format(*after, *decimals)]
    });
    let mut text = format!(
        "chain id  {}\nfrom the state after block {}, the final one; of {above} blocks above it \
         nothing is carried over\n{}",
        spec.chain(),
        header.height,
        table(["TOKEN", "BEFORE", "AFTER"], rows.collect::<Vec<_>>()),
    );
    text.push_str(&format!("{} balances\n", carried.balances.len()));
    let names = |list: &[Symbol]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    if !carried.given_back.is_zero() {
        let units = carried.given_back;
        text.push_str(&format!("deposits for places given back: {units} base units\n"));
    }
    for (what, list) in [("left out", left_out), ("spent, and left out", &carried.spent)] {
        if !list.is_empty() {
            text.push_str(&format!("{what}: {}\n", names(list).join(", ")));
        }
    }
    text.push_str("it is another network: what was signed for the old one does not count there\n");
    let totals = totals.iter().map(|(token, _, before, after)| {
        json!({ "token": token, "before": before.to_string(), "after": after.to_string() })
    });
    let data = json!({
        "chain_id": spec.chain().to_string(),
        "genesis_hash": spec.genesis_hash().to_string(),
        "from": {
            "height": header.height.to_string(), "state_root": header.state_root.to_string(),
        },
        "blocks_above": above.to_string(),
        "tokens": totals.collect::<Vec<_>>(),
        "balances": carried.balances.len(),
        "deposits_given_back": carried.given_back.to_string(),
        "left_out": names(left_out),
        "spent": names(&carried.spent),
    });
    Output::new(data, text)
}

#[cfg(test)]
mod tests;
