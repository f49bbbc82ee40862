//! The world before a run: transactions, and blocks on several branches, good and bad.

use std::sync::{Arc, LazyLock};

use coinage_protocol::{
    Action, Address, ChainSpec, CheckedBlock, CheckedTransaction, CreateToken, Fee, Slot, Text,
    Tip, UnixMillis,
};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::{
    GENESIS_TIME, account, address, checked, coin, genesis, random, transaction, units,
};

/// Length of a slot, in milliseconds.
pub(super) const SLOT_MS: u64 = 1_000;
/// Accounts that have something.
const ACCOUNTS: u8 = 9;

/// A block to be: its slot, and the numbers of its transactions.
type Planned = (u64, &'static [usize]);

/// Valid branch, which fills the state up to its bounds.
const TRUNK: [Planned; 12] = [
    (1, &[0]),
    (2, &[1]),
    (3, &[2, 3]),
    (4, &[4, 7]),
    (5, &[18]),
    (6, &[22]),
    (7, &[15]),
    (8, &[20]),
    (9, &[12]),
    (10, &[28]),
    (11, &[8]),
    (12, &[9]),
];
/// Valid branch, with some of the same transactions and some that rule each other out.
const RIVAL: [Planned; 10] = [
    (2, &[0]),
    (4, &[19]),
    (6, &[26]),
    (8, &[4]),
    (10, &[2]),
    (12, &[]),
    (14, &[7, 12]),
    (16, &[27]),
    (18, &[5, 10]),
    (20, &[]),
];
/// Branch whose first block is signed by the right leader and spends what nobody has.
const OVERDRAWN: [Planned; 4] = [(8, &[17]), (9, &[]), (10, &[]), (11, &[])];
/// Branch that is far ahead; its last but one block holds a transaction of its ancestors.
const LATE: [Planned; 6] = [(30, &[]), (31, &[29]), (35, &[]), (38, &[]), (39, &[0]), (40, &[])];

/// World of all runs, made once.
pub(super) static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// The world: everything that there is before a run.
#[derive(Debug)]
pub(super) struct World {
    pub(super) spec: ChainSpec,
    pub(super) transactions: Vec<CheckedTransaction>,
    /// Places: genesis, and what follows it.
    pub(super) places: Vec<Arc<Place>>,
}

/// A place on some branch.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The block that leads here; `None` at genesis.
    pub(super) block: Option<CheckedBlock>,
    /// Place that it follows, by its index among all places.
    pub(super) before: usize,
    /// Forge that writes what follows.
    pub(super) forge: Forge,
}

impl Place {
    /// The tip of the place.
    pub(super) fn tip(&self) -> Tip {
        self.forge.tip
    }
}

impl World {
    fn new() -> Self {
        let mut genesis = genesis(3, u32::try_from(SLOT_MS).expect("short"));
        // Narrow, so that a run meets these bounds.
        genesis.rules.balances_max = u64::from(ACCOUNTS) + 4;
        genesis.rules.tokens_max = 3;
        genesis.rules.fee = Some(Fee { token: coin(), amount: units(3) });
        let spec = ChainSpec::new(genesis).expect("in order");
        let transactions = transactions(&spec);
        let start = Place { block: None, before: 0, forge: Forge::new(&spec) };
        let mut world = Self { spec, transactions, places: vec![Arc::new(start)] };
        let trunk = world.branch(0, &TRUNK);
        world.branch(0, &RIVAL);
        world.branch(trunk + 3, &(7..=20).map(|slot| (slot, [].as_slice())).collect::<Vec<_>>());
        world.branch(trunk + 5, &OVERDRAWN);
        world.branch(trunk + 11, &LATE);
        world
    }

    /// Adds a branch; the place of its first block.
    fn branch(&mut self, from: usize, plan: &[Planned]) -> usize {
        let first = self.places.len();
        let mut before = from;
        for (slot, numbers) in plan {
            let mut forge = self.places[before].forge.clone();
            let chosen = numbers.iter().map(|number| self.transactions[*number].transaction());
            let block = forge.push(Slot::new(*slot), chosen.cloned().collect());
            forge.blocks.clear();
            let block = CheckedBlock::new(block, &self.spec, random()).expect("well made");
            self.places.push(Arc::new(Place { block: Some(block), before, forge }));
            before = self.places.len() - 1;
        }
        first
    }
}

/// Transactions that fit each other, conflict, depend on one another, expire, and never apply.
fn transactions(spec: &ChainSpec) -> Vec<CheckedTransaction> {
    let mut all = Vec::new();
    let after = |ms| UnixMillis::new(GENESIS_TIME + ms);
    let late = after(3_600_000);
    let mut add = |signer: u8, salt: u64, expires_at: UnixMillis, actions: Vec<Action>| {
        let signed = transaction(spec.chain(), &[&account(signer)], salt, expires_at, actions);
        all.push(checked(spec, signed));
    };
    let pay = |from: u8, to: Address, amount| Action::Transfer {
        token: coin(),
        from: address(&account(from)),
        to,
        amount: units(amount),
    };
    let person = |number: u8| address(&account(number));
    for salt in 0..3 {
        add(1, salt, late, vec![pay(1, person(2), 600_000)]);
        add(2, salt, late, vec![pay(2, person(3), 1_200_000)]);
        add(3, salt, late, vec![pay(3, person(4), 5), pay(3, person(5), 6)]);
        // To somebody new, for whom there may be no room.
        add(4, salt, late, vec![pay(4, person(20 + u8::try_from(salt).expect("small")), 1)]);
        add(5, salt, after(SLOT_MS * (10 + 20 * salt)), vec![pay(5, person(6), 7)]);
    }
    add(6, 0, after(23 * 3_600_000), vec![pay(6, person(7), 8)]);
    add(6, 1, UnixMillis::MAX, vec![pay(6, person(7), 8)]);
    add(7, 0, late, vec![pay(7, person(8), 2_000_000)]);
    let gold = "GOLD".parse().expect("a symbol");
    for (issuer, symbol) in [(7, "GOLD"), (8, "GOLD"), (8, "TIN"), (9, "IRON")] {
        let create = CreateToken {
            token: symbol.parse().expect("a symbol"),
            name: Text::default(),
            decimals: 2,
            cap: Some(units(100)),
            issuer: Some(person(issuer)),
            supply: units(40),
            to: person(issuer),
        };
        add(issuer, 10, late, vec![Action::CreateToken(create)]);
    }
    for (issuer, amount) in [(7, 50), (7, 60), (8, 10)] {
        let (owner, amount) = (person(issuer), units(amount));
        let mint = Action::Mint { token: gold, issuer: owner, to: person(1), amount };
        add(issuer, 11 + u64::from(issuer), late, vec![mint]);
        add(issuer, 30, late, vec![Action::SetIssuer { token: gold, issuer: owner, new: None }]);
    }
    add(7, 40, late, vec![Action::Burn { token: gold, from: person(7), amount: units(40) }]);
    add(9, 41, late, vec![Action::Burn { token: coin(), from: person(9), amount: units(999_997) }]);
    all
}
