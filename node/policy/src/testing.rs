//! Random charters, for whoever tests what is done with them.

use coinage_protocol::{
    AccountId, Address, Amount, Bounded, Ceiling, Charter, CharterParts, Clause, ClauseId, Formula,
    Holder, Instant, NamedAccount, Party, Period, PublicKey, Rate, RoleId, SecretKey, Symbol, Term,
    Text, Threshold,
};

/// A source of chance: a number below the one that is given, which is not zero.
pub trait Chance {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64;

    /// Picks one of some things, of which there is at least one.
    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        let place = self.below(u64::try_from(of.len()).unwrap_or(1));
        &of[usize::try_from(place).unwrap_or(0)]
    }
}

impl<F: FnMut(u64) -> u64> Chance for F {
    fn below(&mut self, end: u64) -> u64 {
        self(end)
    }
}

const ACCOUNTS: [&str; 8] = ["board", "desk", "town", "이사회", "가맹점2", "x-1", "z", "mint-desk"];
const ROLES: [&str; 6] = ["유통량의", "member", "회원", "mint-desk-2", "h0lder", "min"];
const SYMBOLS: [&str; 6] = ["POINTS", "P01NTS", "A1", "GOLDGOLDGOLD", "WIR", "W1R"];
const TITLES: [&str; 4] = ["", "Club points", "마을, # 화폐", "2 of 3"];

/// A charter of any shape, whose accounts are keys of [`key`].
///
/// # Panics
///
/// If chance offers nothing but charters that are none.
pub fn charter(chance: &mut impl Chance) -> Charter {
    for _ in 0..1_000 {
        if let Ok(charter) = Charter::new(draft(chance)) {
            return charter;
        }
    }
    panic!("no charter in a thousand drafts")
}

/// The key with this number.
pub fn key(number: u8) -> SecretKey {
    SecretKey::new([number.max(1); 32])
}

fn draft(chance: &mut impl Chance) -> CharterParts {
    let accounts = 1 + chance.below(4);
    let first = chance.below(4);
    let names = ACCOUNTS.iter().skip(usize::try_from(first).unwrap_or(0));
    let accounts: Vec<_> = names
        .take(usize::try_from(accounts).unwrap_or(1))
        .map(|name| NamedAccount { name: parsed(name), holder: holder(chance) })
        .collect();
    let roles = u8::try_from(chance.below(4)).unwrap_or(0);
    let count = u8::try_from(accounts.len()).unwrap_or(1);
    let mut clauses: Vec<_> = (0..roles).map(|role| declaration(chance, role, count)).collect();
    for _ in 0..1 + chance.below(8) {
        let clause = clause(chance, count, roles, &clauses);
        // Two that clash would make the whole draft useless.
        let mut with = clauses.clone();
        with.push(clause);
        if Charter::new(parts(chance, &accounts, with.clone())).is_ok() || clauses.is_empty() {
            clauses = with;
        }
    }
    parts(chance, &accounts, clauses)
}

fn parts(
    chance: &mut impl Chance,
    accounts: &[NamedAccount],
    clauses: Vec<Clause>,
) -> CharterParts {
    CharterParts {
        token: parsed::<Symbol>(chance.pick::<&str>(&SYMBOLS)),
        name: Text::try_from(*chance.pick(&TITLES)).expect("short"),
        decimals: *chance.pick(&[0, 2, 6, 18]),
        anchor: instant(chance),
        accounts: Bounded::first_of(accounts.iter().cloned()),
        clauses: Bounded::first_of(clauses),
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("a name or a symbol")
}

fn holder(chance: &mut impl Chance) -> Holder {
    let number = u8::try_from(1 + chance.below(9)).unwrap_or(1);
    if chance.below(3) > 0 {
        return Holder::Address(address(number));
    }
    let keys: Vec<PublicKey> = (number..number + 3).map(|number| key(number).public()).collect();
    Holder::Threshold(Threshold::new(2, keys).expect("2 of 3"))
}

/// The address of the key with this number.
pub fn address(number: u8) -> Address {
    coinage_protocol::Lock::Key(key(number).public()).address()
}

fn declaration(chance: &mut impl Chance, role: u8, accounts: u8) -> Clause {
    let name = parsed(ROLES[usize::from(role) % ROLES.len()]);
    Clause::Role { officer: account(chance, accounts), name, max: number(chance).max(1) }
}

fn account(chance: &mut impl Chance, accounts: u8) -> AccountId {
    AccountId(u8::try_from(chance.below(u64::from(accounts.max(1)))).unwrap_or(0))
}

fn clause(chance: &mut impl Chance, accounts: u8, roles: u8, before: &[Clause]) -> Clause {
    let of_roles = if roles == 0 { 13 } else { 20 };
    let officer = account(chance, accounts);
    let role = RoleId(u8::try_from(chance.below(u64::from(roles.max(1)))).unwrap_or(0));
    match chance.below(of_roles) {
        0 => Clause::Creation { to: officer, amount: amount(chance) },
        1 => Clause::Outstanding { amount: ceiling(chance, roles, false) },
        2 => Clause::Ever { amount: ceiling(chance, roles, false) },
        3 | 4 => {
            let amount = ceiling(chance, roles, true);
            Clause::Issue { officer, amount, period: period(chance) }
        }
        5 => Clause::IssueFreely { officer },
        6 => Clause::Growth { officer, rate: rate(chance), period: period(chance) },
        7 => Clause::Halving {
            account: officer,
            amount: amount(chance),
            period: period(chance),
            every: number(chance).max(1),
        },
        8 => {
            let days = number(chance).clamp(1, 36_500);
            let first_days = number(chance).min(days) * u32::from(chance.below(2) == 0);
            let (total, from) = (amount(chance), instant(chance));
            Clause::Evenly { account: officer, total, days, from, first_days }
        }
        9 if chance.below(2) == 0 => Clause::NotBefore { from: instant(chance) },
        9 => Clause::NotFrom { from: instant(chance) },
        10 => Clause::End { from: instant(chance), to: officer },
        11 => office(chance, officer, before),
        12 => Clause::Send { from: party(chance, accounts, roles), to: Party::Account(officer) },
        13 => Clause::Claim {
            role,
            amount: amount(chance),
            period: period(chance),
            missed: number(chance) % 5,
        },
        14 => Clause::Receive { role, amount: amount(chance), period: period(chance) },
        15 => Clause::Hold { role, amount: amount(chance) },
        16 => Clause::Owe { role, amount: amount(chance) },
        17 => Clause::SendLimit { role, amount: amount(chance), period: period(chance) },
        _ => Clause::Send { from: party(chance, accounts, roles), to: Party::Role(role) },
    }
}

fn office(chance: &mut impl Chance, officer: AccountId, before: &[Clause]) -> Clause {
    let clauses = u64::try_from(before.len()).unwrap_or(0);
    match chance.below(4) {
        0 => Clause::Freeze { officer },
        1 => Clause::Move { officer },
        2 if clauses > 0 => {
            let place = chance.below(clauses);
            let now = before.get(usize::try_from(place).unwrap_or(0)).and_then(Clause::amendable);
            let now = now.unwrap_or(Amount::ZERO);
            let clause = ClauseId(u8::try_from(place).unwrap_or(0));
            Clause::Amend { officer, clause, min: Amount::ZERO, max: now, notice: period(chance) }
        }
        _ => Clause::HandOver { account: officer },
    }
}

fn party(chance: &mut impl Chance, accounts: u8, roles: u8) -> Party {
    if roles > 0 && chance.below(2) == 0 {
        let role = u8::try_from(chance.below(u64::from(roles))).unwrap_or(0);
        return Party::Role(RoleId(role));
    }
    Party::Account(account(chance, accounts))
}

fn amount(chance: &mut impl Chance) -> Amount {
    let most = u128::from(chance.below(u64::MAX));
    let units = match chance.below(8) {
        0 => 1,
        1 => 999,
        2 => 100_000,
        3 => most,
        4 => most * 10_000_000_000,
        _ => u128::from(1 + chance.below(5_000)),
    };
    Amount::try_from(units.min(Amount::MAX.units())).unwrap_or(Amount::MAX)
}

/// A ceiling, now and then a formula, which may speak of periods.
fn ceiling(chance: &mut impl Chance, roles: u8, of_period: bool) -> Ceiling {
    if chance.below(4) > 0 {
        return amount(chance).into();
    }
    // Without decimals an amount and a number are written alike.
    let kind = *chance.pick(&[Kind::Amount, Kind::Amount, Kind::Any]);
    let mut terms = Vec::new();
    expression(chance, (kind, roles, of_period), 3, &mut terms);
    Formula::new(terms).map_or_else(|_| Ceiling::Amount(Amount::ZERO), Ceiling::Formula)
}

/// The kind of value that an expression comes to.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Amount,
    Number,
    Any,
}

fn expression(
    chance: &mut impl Chance,
    (kind, roles, of_period): (Kind, u8, bool),
    depth: u8,
    terms: &mut Vec<Term>,
) {
    let deeper = depth.saturating_sub(1);
    let mut of = |chance: &mut _, kind| expression(chance, (kind, roles, of_period), deeper, terms);
    let operations = if depth == 0 { 1 } else { 5 };
    let last = match chance.below(operations) {
        0 => value(chance, kind, roles, of_period),
        1 => {
            of(chance, kind);
            Term::Part(rate(chance))
        }
        2 => {
            of(chance, kind);
            of(chance, if kind == Kind::Any { kind } else { Kind::Number });
            *chance.pick(&[Term::Multiply, Term::Divide])
        }
        _ => {
            of(chance, kind);
            of(chance, kind);
            *chance.pick(&[Term::Add, Term::Subtract, Term::Min, Term::Max])
        }
    };
    terms.push(last);
}

fn value(chance: &mut impl Chance, kind: Kind, roles: u8, of_period: bool) -> Term {
    let is_number = kind == Kind::Number || kind == Kind::Any && chance.below(2) == 0;
    let literal = if kind == Kind::Number {
        Term::Number(number(chance))
    } else {
        Term::Amount(amount(chance))
    };
    if !is_number {
        // What is issued would raise a limit on all that there is.
        let issued = if of_period { [Term::Supply, Term::Issued] } else { [Term::Burned; 2] };
        return *chance.pick(&[literal, literal, issued[0], issued[1], Term::Burned]);
    }
    match chance.below(4) {
        0 if of_period => Term::Periods,
        1 if roles > 0 => Term::Members(RoleId(0)),
        2 => Term::Days,
        _ => literal,
    }
}

fn number(chance: &mut impl Chance) -> u32 {
    let most = chance.below(u64::from(u32::MAX));
    let number = *chance.pick(&[1, 2, 3, 5, 999, 1_000, 1_460, most]);
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn period(chance: &mut impl Chance) -> Period {
    let unit = *chance.pick(&[1, 1, 60, 3_600, 86_400]);
    let count = *chance.pick(&[1, 2, 5, 7, 25, 30, 365, 1_460]);
    Period::new(unit * count).expect("below 36,500 days")
}

fn rate(chance: &mut impl Chance) -> Rate {
    let any = 1 + u32::try_from(chance.below(1_000_000)).unwrap_or(0);
    Rate::new(*chance.pick(&[20_000, 25_000, 1, 1_000_000, any])).expect("a part")
}

fn instant(chance: &mut impl Chance) -> Instant {
    // From 2001 to 2499, or about when networks begin in tests.
    let any = 16_700_000 + chance.below(262_000_000);
    let minutes = *chance.pick(&[any, 28_400_000]);
    let offset = *chance.pick(&[0, 36, -20, 22, 23, -48, 56]);
    Instant::new(u32::try_from(minutes).unwrap_or(0), offset).expect("an instant")
}
