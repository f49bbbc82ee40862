//! Goal: who fills the state for nothing, as fast as blocks allow and for as long as he likes,
//! leaves a place to newcomers, and what a node holds stays bounded.
//! Method: the ledger alone, block by block; in each the attacker's transactions come first. The
//! room is a tenth of the default, and a block's part of it as well.

use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, ChainSpec, Fee, Genesis, GenesisBalance, GenesisToken,
    Growth, LedgerError, Overlay, Rules, SecretKey, Slot, State, Symbol, Text, UnixMillis,
    apply_transaction,
};

/// Number of places, as many as one holder cannot fill.
const PLACES: u64 = 10_000;
const BLOCK_MAX: u64 = 300;
/// Time of the blocks, which nothing here asks for.
const NOW: UnixMillis = UnixMillis::new(0);
/// Slots of two seconds in a minute, and in a day.
const MINUTE: u64 = 30;
const DAY: u64 = 24 * 60 * MINUTE;
const ATTACKER: u64 = 1;
const SHOP: u64 = 2;
/// Base units that each of the three holders has.
const SHARE: u128 = 100_000_000;

fn account(number: u64) -> Address {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

fn coin() -> Symbol {
    "COIN".parse().expect("a symbol")
}

fn amount(units: u128) -> Amount {
    Amount::try_from(units).expect("an amount")
}

fn chain_spec() -> ChainSpec {
    let balance =
        |number| GenesisBalance { address: account(number), token: coin(), amount: amount(SHARE) };
    let token =
        GenesisToken { token: coin(), name: Text::default(), decimals: 2, cap: None, issuer: None };
    let genesis = Genesis {
        version: 2,
        name: Text::default(),
        time: UnixMillis::new(0),
        slot_ms: 2_000,
        authorities: Bounded::first_of([SecretKey::new([1; 32]).public()]),
        rules: Rules {
            lifetime_ms_max: 86_400_000,
            balances_max: PLACES,
            tokens_max: 100,
            creators: None,
            fee: None::<Fee>,
            growth: Some(Growth { block_max: BLOCK_MAX, deposit: Some(coin()) }),
            policies: None,
        },
        tokens: Bounded::first_of([token]),
        balances: Bounded::first_of([ATTACKER, SHOP, 3].map(balance)),
        charters: Bounded::default(),
    };
    ChainSpec::new(genesis).expect("a network")
}

fn pay(from: u64, to: u64, units: u128) -> Action {
    let (from, to) = (account(from), account(to));
    Action::Transfer { token: coin(), from, to, amount: amount(units) }
}

fn body(sender: u64, actions: impl IntoIterator<Item = Action>) -> Body {
    Body {
        sender: account(sender),
        salt: 0,
        expires_at: UnixMillis::new(0),
        actions: Bounded::first_of(actions),
        memo: Text::default(),
    }
}

/// A network under attack.
struct Siege {
    spec: ChainSpec,
    state: State,
    /// The attacker's accounts: those from `first` up to `next` exist.
    first: u64,
    next: u64,
    slot: Slot,
    newcomers: u64,
    most: u64,
}

impl Siege {
    fn new() -> Self {
        let spec = chain_spec();
        let state = spec.genesis_state().clone();
        Self { spec, state, first: 1_000, next: 1_000, slot: Slot::new(0), newcomers: 0, most: 0 }
    }

    /// A block in which the attacker gives back some places and takes all that he can, before an
    /// honest payment to somebody new is tried. Whether that was included, and how many places the
    /// attacker took.
    fn block(&mut self, given_back: u64, newcomer: bool) -> (bool, u64) {
        let mut overlay = Overlay::new(&self.state);
        let rules = self.spec.rules();
        for _ in 0..given_back.min(self.next - self.first) {
            let back = body(ATTACKER, [pay(self.first, ATTACKER, 1)]);
            apply_transaction(&mut overlay, rules, NOW, &back).expect("it is the attacker's");
            self.first += 1;
        }
        let before = self.next;
        loop {
            let one = body(ATTACKER, [pay(ATTACKER, self.next, 1)]);
            match apply_transaction(&mut overlay, rules, NOW, &one) {
                Ok(()) => self.next += 1,
                Err(
                    LedgerError::TooMuchGrowth { .. }
                    | LedgerError::PlaceTooDear { .. }
                    | LedgerError::InsufficientBalance { .. },
                ) => break,
                Err(other) => panic!("{other}"),
            }
        }
        let honest = body(SHOP, [pay(SHOP, 1 << 40 | self.newcomers, 100)]);
        let included = newcomer && apply_transaction(&mut overlay, rules, NOW, &honest).is_ok();
        self.newcomers += u64::from(included);
        self.state = self.state.with(&overlay.into_changes());
        self.slot += 1;
        self.most = self.most.max(self.state.balances());
        (included, self.next - before)
    }

    /// Slots that a newcomer waits while the attacker goes on.
    fn wait(&mut self, given_back: impl Fn(u64) -> u64) -> u64 {
        (1..)
            .find(|_| {
                let given_back = given_back(self.slot.get());
                self.block(given_back, true).0
            })
            .expect("some time")
    }
}

#[test]
fn a_day_of_filling_the_state_leaves_newcomers_a_place_within_a_minute() {
    // SPEC L-10, L-11
    let mut siege = Siege::new();
    // At full speed, from nothing: whoever comes first waits for all that the attacker can pay.
    let waited = siege.wait(|_| 0);
    assert!(waited <= MINUTE, "waited {waited} slots");
    while siege.block(0, false).1 > 0 {}
    // More of the same changes nothing any more, however long it lasts. Newcomers still come.
    while siege.slot < Slot::new(DAY) && siege.newcomers < 200 {
        let waited = siege.wait(|_| 0);
        assert!(waited <= 1, "newcomer {} waited {waited} slots", siege.newcomers);
    }
    // A third of the money is never more than 70 % of the places beyond the free ones.
    assert!(siege.most < PLACES / 4 + PLACES * 3 / 4 * 7 / 10 + 210, "{}", siege.most);
    let spent = SHARE - siege.state.balance(account(SHOP), coin()).units();
    assert!(spent < SHARE / 5, "the shop has put down {spent}");
    siege.state.check_supply().expect("no money is made or lost");
}

#[test]
fn places_that_are_given_back_and_taken_again_shut_nobody_out() {
    // SPEC L-10, L-11
    for every in [1, 2, 3] {
        let mut siege = Siege::new();
        for _ in 0..40 {
            siege.block(0, false);
        }
        for _ in 0..100 {
            let waited = siege.wait(|slot| if slot % every == 0 { 2 * BLOCK_MAX } else { 0 });
            assert!(waited <= MINUTE, "waited {waited} slots");
        }
        siege.state.check_supply().expect("no money is made or lost");
    }
}

#[test]
fn a_shop_gives_vouchers_to_two_hundred_newcomers_for_nothing() {
    // SPEC L-10
    let mut siege = Siege::new();
    let rules = siege.spec.rules().clone();
    let mut overlay = Overlay::new(&siege.state);
    let give = |number: u64| body(SHOP, [pay(SHOP, 5_000 + number, 10)]);
    for number in 0..200 {
        apply_transaction(&mut overlay, &rules, NOW, &give(number)).expect("room for all");
    }
    // And those pay others with what they have.
    let on = body(5_000, [pay(5_000, 9_000, 4)]);
    apply_transaction(&mut overlay, &rules, NOW, &on).expect("room for them, too");
    siege.state = siege.state.with(&overlay.into_changes());
    assert_eq!(siege.state.balance(account(SHOP), coin()), amount(SHARE - 2_000));
}

#[test]
fn worthless_tokens_take_no_places_of_others() {
    // SPEC L-10
    let spec = chain_spec();
    let mut overlay = Overlay::new(spec.genesis_state());
    // Somebody with one unit of money, and all that he wants of his own token.
    let create = Action::CreateToken(coinage_protocol::CreateToken {
        token: "JUNK".parse().expect("a symbol"),
        name: Text::default(),
        decimals: 0,
        cap: None,
        issuer: Some(account(9)),
        supply: Amount::MAX,
        to: account(9),
    });
    let mut rules = spec.rules().clone();
    rules.growth = Some(Growth { block_max: PLACES, deposit: Some(coin()) });
    apply_transaction(&mut overlay, &rules, NOW, &body(SHOP, [pay(SHOP, 9, 1)])).expect("room");
    apply_transaction(&mut overlay, &rules, NOW, &body(9, [create])).expect("room");
    let token = "JUNK".parse().expect("a symbol");
    let junk = |to| {
        let (from, to, amount) = (account(9), account(to), amount(1));
        body(9, [Action::Transfer { token, from, to, amount }])
    };
    let refused =
        (1_000..).find_map(|to| apply_transaction(&mut overlay, &rules, NOW, &junk(to)).err());
    // The one unit went into the first place that was not free.
    let Some(LedgerError::PlaceTooDear { have, used, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(have, Amount::ZERO);
    assert!(used < PLACES / 4 + PLACES / 20, "{used}");
}

#[test]
fn who_leaves_gets_the_deposit_and_makes_a_place() {
    // SPEC L-10
    let mut siege = Siege::new();
    while siege.block(0, false).1 > 0 {}
    let (full, dear) = (siege.state.balances(), siege.state.balance_deposit(siege.spec.rules()));
    let last = siege.next - 1;
    let deposit = siege.state.deposit(account(last), coin());
    assert!(!deposit.is_zero() && deposit <= dear);
    let before = siege.state.balance(account(ATTACKER), coin());
    let mut overlay = Overlay::new(&siege.state);
    let back = body(last, [pay(last, ATTACKER, 1)]);
    apply_transaction(&mut overlay, siege.spec.rules(), NOW, &back).expect("its own");
    let after = siege.state.with(&overlay.into_changes());
    assert_eq!(after.balances(), full - 1);
    let got = after.balance(account(ATTACKER), coin()).units() - before.units();
    assert_eq!(got, 1 + deposit.units());
    assert_eq!(after.deposit(account(last), coin()), Amount::ZERO);
}
