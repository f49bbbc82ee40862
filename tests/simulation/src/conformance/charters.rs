//! Actions that a charter refuses, which is nobody's fault but a leader's.
//!
//! On every ground there is a coin with a charter, [`RULES`]: its board is account 1, its court
//! account 2; accounts 3 and 4 are members with coins, and account 4 is frozen.

use coinage_protocol::{
    AccountId, Action, Bounded, Charter, CharterParts, Clause, ClauseId, Genesis, Growth, Holder,
    Instant, NamedAccount, Period, PolicyBounds, RoleId, Symbol, Text, UnixMillis,
};

use super::setup::{Ground, whose};
use super::transactions::{Fault, offer};
use super::{EVERYWHERE, Entry, Sample, entry};
use crate::fixtures::units;

pub(super) const ENTRIES: &[Entry] = &[
    entry("T29", "an amendment has its notice, bounds and officer", EVERYWHERE, amendments),
    entry("T30", "nobody claims twice, nor in the period of joining", EVERYWHERE, claims),
    entry("T31", "a role is given by its officer", EVERYWHERE, roles),
    entry("T32", "what is frozen pays nothing", EVERYWHERE, frozen),
    entry("T33", "nobody moves coins if no clause says so", EVERYWHERE, moves),
    entry("T34", "a limit is not exceeded, by one action or by two", EVERYWHERE, limits),
];

const RULES: &str = "RULES";
const BOARD: AccountId = AccountId(0);
const MEMBER: RoleId = RoleId(0);
/// Place of the clause that limits what a member sends, and of the one that lets it claim.
const SENDS: ClauseId = ClauseId(1);
const CLAIMS: ClauseId = ClauseId(2);
const HOUR_MS: u64 = 3_600_000;
const DAY: u32 = 86_400;

const NOT_ENTITLED: &str = "policy.not_entitled";
const LIMIT: &str = "policy.limit";

fn rules() -> Symbol {
    RULES.parse().expect("a symbol")
}

fn period(seconds: u32) -> Period {
    Period::new(seconds).expect("a period")
}

/// The clauses: with periods of a second, or so long that none ends.
fn clauses() -> Vec<Clause> {
    let (min, max) = (units(50), units(200));
    vec![
        Clause::Role { officer: BOARD, name: "member".parse().expect("a name"), max: 10 },
        Clause::SendLimit { role: MEMBER, amount: units(100), period: period(36_500 * DAY) },
        Clause::Claim { role: MEMBER, amount: units(10), period: period(1), missed: 0 },
        Clause::IssueFreely { officer: BOARD },
        Clause::Freeze { officer: BOARD },
        Clause::Amend { officer: BOARD, clause: SENDS, min, max, notice: period(DAY) },
    ]
}

/// A network like this one, in which there are charters and the coin of this room.
pub(super) fn with_charter(mut genesis: Genesis) -> Genesis {
    let account = |name: &str, number| NamedAccount {
        name: name.parse().expect("a name"),
        holder: Holder::Address(whose(number)),
    };
    let anchor = u32::try_from(genesis.time.get() / 60_000).expect("minutes of our days");
    let parts = CharterParts {
        token: rules(),
        name: Text::default(),
        decimals: 0,
        anchor: Instant::new(anchor, 0).expect("an instant"),
        accounts: Bounded::first_of([account("board", 1), account("court", 2)]),
        clauses: Bounded::first_of(clauses()),
    };
    genesis.version = 3;
    genesis.rules.growth = Some(Growth { block_max: 10_000, deposit: None });
    genesis.rules.policies = Some(PolicyBounds { charters_max: 10, standings_max: 100 });
    genesis.charters = Bounded::first_of([Charter::new(parts).expect("a charter")]);
    genesis
}

/// The actions of the board that every chain begins with.
pub(super) fn beginning() -> Vec<Action> {
    let mint = |to, amount| Action::Mint {
        token: rules(),
        issuer: whose(1),
        to: whose(to),
        amount: units(amount),
    };
    let [third, fourth] = [3, 4].map(|account| role(1, account, Some(MEMBER)));
    vec![third, fourth, mint(3, 500), mint(4, 100), freeze(1, 4, true)]
}

fn role(officer: u8, account: u8, role: Option<RoleId>) -> Action {
    Action::SetRole { token: rules(), officer: whose(officer), account: whose(account), role }
}

fn freeze(officer: u8, account: u8, frozen: bool) -> Action {
    let (officer, account) = (whose(officer), whose(account));
    Action::SetFrozen { token: rules(), officer, account, frozen }
}

fn claim(account: u8, amount: u128) -> Action {
    let (account, amount) = (whose(account), units(amount));
    Action::Claim { token: rules(), account, clause: CLAIMS, amount }
}

fn send(from: u8, amount: u128) -> Action {
    let (from, to, amount) = (whose(from), whose(61), units(amount));
    Action::Transfer { token: rules(), from, to, amount }
}

fn amend(officer: u8, clause: ClauseId, amount: u128, in_force_at: UnixMillis) -> Action {
    let (officer, amount) = (whose(officer), units(amount));
    Action::Amend { token: rules(), officer, clause, amount, in_force_at }
}

/// Actions that these accounts sign, in all three ways.
fn by(
    ground: &Ground,
    what: &str,
    accounts: &[u8],
    fault: Fault,
    actions: &[Action],
) -> Vec<Sample> {
    offer(ground, what, fault, &|| ground.sign(accounts, actions.to_vec()))
}

fn amendments(ground: &Ground) -> Vec<Sample> {
    // SPEC R-12
    let now = ground.spec.slot_time(ground.slot);
    let [soon, later] = [1, 48].map(|hours| now.saturating_add(hours * HOUR_MS));
    let never = |code| Fault::Never(code);
    let case = |what, account, fault, clause, amount, at| {
        by(ground, what, &[account], fault, &[amend(account, clause, amount, at)])
    };
    [
        case("without notice", 1, never("policy.notice"), SENDS, 150, soon),
        case("less, without notice, too", 1, never("policy.notice"), SENDS, 60, soon),
        case("above its bounds", 1, never("policy.out_of_bounds"), SENDS, 201, later),
        case("below its bounds", 1, never("policy.out_of_bounds"), SENDS, 49, later),
        case("by another officer", 2, Fault::Later(NOT_ENTITLED), SENDS, 150, later),
        case("by a stranger", 9, Fault::Later(NOT_ENTITLED), SENDS, 150, later),
        case("of another clause", 1, Fault::Later(NOT_ENTITLED), CLAIMS, 150, later),
        case("as it says", 1, Fault::Fine, SENDS, 150, later),
    ]
    .concat()
}

fn claims(ground: &Ground) -> Vec<Sample> {
    // SPEC
    let late = Fault::Later(LIMIT);
    let round = [claim(3, 10), role(1, 3, None), role(1, 3, Some(MEMBER)), claim(3, 10)];
    let passed_on = [role(1, 3, None), role(1, 5, Some(MEMBER)), claim(5, 10)];
    let never = Fault::Never(LIMIT);
    [
        by(ground, "twice for a period", &[3], late, &[claim(3, 10), claim(3, 10)]),
        by(ground, "two periods of one", &[3], never, &[claim(3, 20)]),
        by(ground, "when joining", &[1, 5], late, &[role(1, 5, Some(MEMBER)), claim(5, 10)]),
        by(ground, "with a role that goes round", &[1, 3], late, &round),
        by(ground, "with the role of another", &[1, 5], late, &passed_on),
        by(ground, "without the role", &[9], Fault::Later(NOT_ENTITLED), &[claim(9, 10)]),
    ]
    .concat()
}

fn roles(ground: &Ground) -> Vec<Sample> {
    // SPEC R-9
    let later = Fault::Later(NOT_ENTITLED);
    [
        by(ground, "by another officer", &[2], later, &[role(2, 5, Some(MEMBER))]),
        by(ground, "by nobody", &[9], later, &[role(9, 5, Some(MEMBER))]),
        by(ground, "to oneself", &[9], later, &[role(9, 9, Some(MEMBER))]),
        by(ground, "taken by nobody", &[9], later, &[role(9, 3, None)]),
        by(ground, "by the board", &[1], Fault::Fine, &[role(1, 6, Some(MEMBER))]),
    ]
    .concat()
}

fn frozen(ground: &Ground) -> Vec<Sample> {
    // SPEC R-11
    let frozen = Fault::Later("policy.frozen");
    let burn = Action::Burn { token: rules(), from: whose(4), amount: units(1) };
    let freed = [freeze(1, 4, false), send(4, 1), freeze(1, 4, true)];
    [
        by(ground, "a payment", &[4], frozen, &[send(4, 1)]),
        by(ground, "a burn", &[4], frozen, &[burn]),
        by(ground, "a claim", &[4], frozen, &[claim(4, 10)]),
        by(ground, "as free for a while", &[1, 4], Fault::Fine, &freed),
    ]
    .concat()
}

fn moves(ground: &Ground) -> Vec<Sample> {
    // SPEC R-11
    let moved = |officer| {
        let (officer, from, to) = (whose(officer), whose(3), whose(61));
        [Action::Move { token: rules(), officer, from, to, amount: units(1) }]
    };
    [
        by(ground, "by the board", &[1], Fault::Later(NOT_ENTITLED), &moved(1)),
        by(ground, "by a stranger", &[9], Fault::Later(NOT_ENTITLED), &moved(9)),
    ]
    .concat()
}

fn limits(ground: &Ground) -> Vec<Sample> {
    // SPEC R-10
    let twice = [send(3, 60), send(3, 60)];
    [
        // An amendment may bring it.
        by(ground, "at once", &[3], Fault::Later(LIMIT), &[send(3, 101)]),
        by(ground, "in two actions", &[3], Fault::Never(LIMIT), &twice),
        by(ground, "just so much", &[3], Fault::Fine, &[send(3, 10)]),
    ]
    .concat()
}
