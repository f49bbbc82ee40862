//! Goal: a limit that both halves of a split network spend is not exceeded on the chain.
//! Method: two nodes against two, and a desk that may issue 100 in a minute; each half issues 80.

use std::collections::BTreeSet;

use coinage_protocol::engine::Event;
use coinage_protocol::{
    AccountId, Action, Bounded, ChainSpec, Charter, CharterParts, Clause, Growth, Holder, Instant,
    NamedAccount, Period, PolicyBounds, Symbol, Text,
};
use coinage_simulation::fixtures::{
    GENESIS_TIME, account, address, checked, genesis, transaction, units,
};
use coinage_simulation::sim_network::World;

/// Slots of half a second in a minute.
const MINUTE: u64 = 120;

fn points() -> Symbol {
    "POINTS".parse().expect("a symbol")
}

fn spec() -> ChainSpec {
    let desk = NamedAccount {
        name: "desk".parse().expect("a name"),
        holder: Holder::Address(address(&account(1))),
    };
    let minute = Period::new(60).expect("a minute");
    let issue = Clause::Issue { officer: AccountId(0), amount: units(100).into(), period: minute };
    let anchor = u32::try_from(GENESIS_TIME / 60_000).expect("minutes of our days");
    let parts = CharterParts {
        token: points(),
        name: Text::default(),
        decimals: 0,
        anchor: Instant::new(anchor, 0).expect("an instant"),
        accounts: Bounded::first_of([desk]),
        clauses: Bounded::first_of([issue]),
    };
    let mut genesis = genesis(4, 500);
    genesis.version = 3;
    genesis.rules.growth = Some(Growth { block_max: 100, deposit: None });
    genesis.rules.policies = Some(PolicyBounds { charters_max: 1, standings_max: 1 });
    genesis.charters = Bounded::first_of([Charter::new(parts).expect("a charter")]);
    ChainSpec::new(genesis).expect("in order")
}

fn supply(world: &World, node: usize) -> u128 {
    world.state(node).token(points()).map_or(0, |token| token.supply.units())
}

#[test]
fn a_limit_that_both_halves_spend_is_not_exceeded_and_what_does_not_fit_waits() {
    // SPEC R-6, P-2, C-4
    let mut world = World::new(spec(), 4, 1);
    world.run_slots(10);
    world.partition(&[&[0, 1], &[2, 3]]);
    let (desk, mut all) = (account(1), BTreeSet::new());
    for salt in 0..16_u8 {
        let (issuer, to) = (address(&desk), address(&account(2 + salt % 5)));
        let mint = Action::Mint { token: points(), issuer, to, amount: units(10) };
        let expiry = world.expiry(1_000);
        let chain = world.spec().chain();
        let mint = transaction(chain, &[&desk], salt.into(), expiry, vec![mint]);
        let mint = checked(world.spec(), mint);
        all.insert(mint.id());
        world.submit(usize::from(salt % 4), mint, false);
        world.run_slots(2);
    }
    assert_eq!([supply(&world, 0), supply(&world, 2)], [80, 80], "each half within the limit");
    world.heal();
    world.run_until(40, "one head, and the limit used up", |world| {
        assert!((0..4).all(|node| supply(world, node) <= 100));
        world.agree() && supply(world, 0) == 100
    });
    assert!(world.slot().get() < MINUTE);
    world.run_slots(MINUTE - world.slot().get() - 1);
    assert!((0..4).all(|node| supply(&world, node) == 100), "nothing more in this minute");
    world.run_until(10, "what waited in the next minute", |world| {
        (0..4).all(|node| supply(world, node) == 160)
    });
    let included = world.disk(0).transactions();
    assert_eq!(included.len(), all.len(), "each once");
    assert_eq!(included.into_iter().collect::<BTreeSet<_>>(), all);
    assert!(world.events.iter().any(|(_, event)| matches!(event, Event::Reorg(_))));
    assert!(world.charges.is_empty(), "{:?}", world.charges);
}
