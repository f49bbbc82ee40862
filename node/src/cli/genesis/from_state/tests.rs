use std::path::Path;

use clap::Parser as _;
use coinage_server::storage::testing::{Branch, World, amount, symbol, user};
use tempfile::TempDir;

use super::*;
use crate::cli::arguments::{Arguments, Command};
use crate::cli::genesis;
use crate::cli::printer::Printer;

/// Data of a stopped node: eight blocks, in the fourth of which there is a token GOLD, with the
/// block of this height final, if any is.
fn stopped(world: &World, finalized: Option<u64>) -> (TempDir, Branch) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 3, 0);
    let created = world.creation(&branch, "GOLD", 3, 4);
    world.extend(&mut branch, 0, vec![created]);
    world.extend_by(&mut branch, 4, 0);
    let data = directory.path().join("data");
    let storage = Storage::open(&data, &world.spec).expect("opens");
    storage.write(&branch.batches(1)).expect("writes");
    if let Some(height) = finalized {
        storage.write(&[world.finalize(&branch, height)]).expect("writes");
    }
    genesis_file::write(&data.join("genesis.json"), world.spec.genesis()).expect("written");
    (directory, branch)
}

/// Runs the command with these words besides.
fn from_state(directory: &Path, words: &[&str]) -> Result<Output, Failure> {
    let place = |name: &str| directory.join(name).display().to_string();
    let (data, out, key) = (place("data"), place("new.json"), place("new.key"));
    let home = place("home");
    let fixed = [
        "coinage",
        "--home",
        &home,
        "--node",
        "http://127.0.0.1:1",
        "genesis",
        "from-state",
        "--data",
        &data,
        "--out",
        &out,
        "--new-authority",
        &key,
    ];
    let arguments = Arguments::try_parse_from(fixed.iter().chain(words)).expect("parses");
    let context = Context::new(arguments.globals, Printer::default())?;
    match arguments.command {
        Some(Command::Genesis(command)) => genesis::run(command, &context),
        other => panic!("{other:?}"),
    }
}

fn written(directory: &Path) -> ChainSpec {
    let genesis = genesis_file::read(&directory.join("new.json")).expect("a genesis");
    ChainSpec::new(genesis).expect("a network")
}

/// Balances of COIN and GOLD, user by user.
fn balances(state: &State) -> Vec<Amount> {
    let tokens = ["COIN", "GOLD"].map(symbol);
    let of_user = |one| tokens.map(|token| state.balance(user(one), token));
    (0..12).flat_map(of_user).collect()
}

#[test]
fn a_new_network_has_what_people_had_after_the_final_block() {
    let world = World::new("lost");
    let (directory, branch) = stopped(&world, Some(6));
    let output = from_state(directory.path(), &["--name", "found"]).expect("written");
    let spec = written(directory.path());
    let mut then = world.genesis();
    world.extend_by(&mut then, 3, 0);
    let created = world.creation(&then, "GOLD", 3, 4);
    world.extend(&mut then, 0, vec![created]);
    world.extend_by(&mut then, 2, 0);
    assert_eq!(balances(spec.genesis_state()), balances(then.state()));
    assert_ne!(balances(spec.genesis_state()), balances(branch.state()), "payments came after");
    assert_ne!(spec.chain(), world.spec.chain());
    assert_eq!(spec.genesis().name.as_str(), "found");
    assert_eq!(spec.rules(), world.spec.rules());
    let gold = then.state().token(symbol("GOLD")).expect("there");
    assert_eq!(spec.genesis_state().token(symbol("GOLD")), Some(gold));
    assert_eq!(output.data["blocks_above"], "2");
    assert_eq!(output.data["tokens"][1]["before"], output.data["tokens"][1]["after"]);
    assert!(output.text.contains("of 2 blocks above it nothing is carried over"));
    let again = from_state(directory.path(), &[]).expect_err("it is there");
    assert!(again.message.contains("nothing is overwritten"), "{again:?}");
}

#[test]
fn without_a_final_block_there_is_nothing_to_go_on_from() {
    let (directory, _) = stopped(&World::new("lost"), None);
    let refused = from_state(directory.path(), &[]).expect_err("nothing is final");
    assert_eq!(refused.code, "genesis.nothing_final");
    assert!(!directory.path().join("new.key").exists(), "no key is made in vain");
}

#[test]
fn what_a_genesis_cannot_say_is_refused_by_name_and_left_out_on_demand() {
    let world = World::chartered("lost");
    let (directory, _) = stopped(&world, Some(8));
    let refused = from_state(directory.path(), &[]).expect_err("a charter");
    assert_eq!(refused.code, "genesis.cannot_carry");
    assert_eq!(refused.details["tokens"], json!(["POINTS"]));
    let output = from_state(directory.path(), &["--leave-out", "POINTS"]).expect("written");
    assert_eq!(output.data["left_out"], json!(["POINTS"]));
    let spec = written(directory.path());
    assert!(spec.genesis_state().token(symbol("POINTS")).is_none());
    assert!(spec.genesis_state().token(symbol("GOLD")).is_some());
}

/// A state of which these are the balances of COIN, and these deposits in it.
fn state(balances: &[(Address, u128)], deposits: &[(Address, u128)]) -> State {
    let coin = symbol("COIN");
    let supply = amount(balances.iter().map(|(_, units)| units).sum());
    let token = Token {
        name: Text::default(),
        decimals: 0,
        cap: None,
        issuer: None,
        supply,
        charter: None,
    };
    let balance = |(address, units): &(Address, u128)| {
        (Key::Balance(*address, coin), Entry::Balance(amount(*units)))
    };
    let deposit = |(address, units): &(Address, u128)| {
        (Key::Deposit(*address, coin), Entry::Balance(amount(*units)))
    };
    let entries = balances.iter().map(balance).chain(deposits.iter().map(deposit));
    State::from_entries(entries.chain([(Key::Token(coin), Entry::from(token))]))
}

/// The network of the tests, on which new balances take a deposit of COIN.
fn with_deposits() -> ChainSpec {
    let mut genesis = World::new("lost").spec.genesis().clone();
    genesis.version = 2;
    let deposit = Some(symbol("COIN"));
    genesis.rules.growth = Some(coinage_protocol::Growth { block_max: 9, deposit });
    ChainSpec::new(genesis).expect("in order")
}

#[test]
fn deposits_go_back_to_whom_the_places_belong() {
    // SPEC L-10
    let old = with_deposits();
    let state =
        state(&[(user(1), 50), (user(2), 5), (DEPOSITS, 13)], &[(user(1), 6), (user(2), 4)]);
    let carried = carry(&state, &old, &[]).expect("carried");
    let has = |address| carried.balances.get(&(address, symbol("COIN"))).copied();
    assert_eq!(has(user(1)), Some(amount(56)));
    assert_eq!(has(user(2)), Some(amount(9)));
    assert_eq!(has(DEPOSITS), Some(amount(3)), "what was paid there is nobody's");
    assert_eq!(carried.given_back, amount(10));
}

#[test]
fn more_than_a_genesis_holds_is_refused() {
    let old = with_deposits();
    let many: Vec<_> = (0..4_097).map(|one| (user(one), 1)).collect();
    let carried = carry(&state(&many, &[]), &old, &[]).expect("carried");
    let arguments = FromStateArguments {
        data: PathBuf::new(),
        genesis: None,
        authorities: Vec::new(),
        new_authorities: Vec::new(),
        name: None,
        left_out: Vec::new(),
        out: PathBuf::new(),
    };
    let keys = old.genesis_authorities().keys().to_vec();
    let refused = genesis(&arguments, &old, &carried, keys).expect_err("too many");
    assert_eq!(refused.code, "genesis.too_many");
    assert!(refused.message.contains("4096"), "{refused:?}");
}
