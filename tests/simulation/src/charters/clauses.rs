//! Charters by chance: clauses of all kinds, of which those stay that make a charter.

use coinage_protocol::{
    AccountId, Address, Amount, Bounded, Ceiling, Charter, CharterParts, Clause, ClauseId, Formula,
    Holder, Instant, NamedAccount, Party, Period, Rate, RoleId, Symbol, Term, Text,
};

use super::{Chance, Scene};
use crate::fixtures::units;

/// Accounts that a charter names.
const ACCOUNTS: u8 = 3;
/// Clauses that are tried: about half of them stay.
const TRIED: u64 = 26;

/// A charter of this token whose periods count from about this minute.
///
/// # Panics
///
/// Never: the first clause makes a charter.
pub fn charter(chance: &mut Chance<'_>, scene: &Scene, token: Symbol, minutes: u32) -> Charter {
    let named = |number: u8, holder| NamedAccount {
        name: format!("office-{number}").parse().expect("a name"),
        holder: Holder::Address(holder),
    };
    let holders: Vec<Address> = (0..ACCOUNTS).map(|_| chance.one_of(&scene.people)).collect();
    let accounts = (0..ACCOUNTS).zip(holders).map(|(number, holder)| named(number, holder));
    let mut parts = CharterParts {
        token,
        name: Text::default(),
        // Formulas by chance mix amounts and numbers, which only fit without decimals.
        decimals: if chance.one_in(2) { 0 } else { 2 },
        anchor: instant(minutes),
        accounts: Bounded::first_of(accounts),
        clauses: Bounded::first_of(first(chance)),
    };
    let mut known = Charter::new(parts.clone()).expect("a charter");
    for _ in 0..4 + chance.below(TRIED) {
        let next = clause(chance, scene, &parts);
        let clauses = parts.clauses.iter().cloned().chain([next]);
        let more = CharterParts { clauses: Bounded::first_of(clauses), ..parts.clone() };
        if let Ok(charter) = Charter::new(more.clone()) {
            (parts, known) = (more, charter);
        }
    }
    known
}

/// The clauses by which there are coins at all: now and then, debts.
fn first(chance: &mut Chance<'_>) -> Vec<Clause> {
    if !chance.one_in(5) {
        return vec![Clause::Creation { to: AccountId(0), amount: units(100) }];
    }
    let name = "neighbour".parse().expect("a name");
    let max = 1 + u32::from(small(chance, 4));
    let amount = limit(chance);
    let roles = Clause::Role { officer: AccountId(0), name, max };
    vec![roles, Clause::Owe { role: RoleId(0), amount }]
}

fn instant(minutes: u32) -> Instant {
    Instant::new(minutes, 0).expect("an instant of our days")
}

fn clause(chance: &mut Chance<'_>, scene: &Scene, parts: &CharterParts) -> Clause {
    let account = AccountId(small(chance, ACCOUNTS));
    let roles = u8::try_from(parts.roles().count()).unwrap_or(0);
    let role = RoleId(small(chance, roles.max(1)));
    let period = Period::new(chance.one_of(&scene.periods)).expect("a period");
    let amount = limit(chance);
    let from = instant(parts.anchor.minutes() + u32::from(small(chance, 9)) * scene.step_minutes);
    match chance.below(26) {
        0 => Clause::Creation { to: account, amount },
        1 => Clause::Outstanding { amount: cap(chance, amount, roles) },
        2 => Clause::Ever { amount: cap(chance, amount, roles) },
        3 | 4 if chance.one_in(3) => {
            // 20 and, as it comes, more or less with the periods, the days and the supply.
            let twenty = Term::Amount(units(20));
            let by = chance.one_of(&[
                Term::Periods,
                Term::Days,
                Term::Supply,
                Term::Issued,
                Term::Burned,
            ]);
            let [part, last] =
                [part(chance), chance.one_of(&[Term::Add, Term::Subtract, Term::Max, Term::Min])];
            let amount = formula(vec![twenty, by, part, last]);
            Clause::Issue { officer: account, amount, period }
        }
        3 | 4 => Clause::Issue { officer: account, amount: amount.into(), period },
        5 => Clause::IssueFreely { officer: account },
        6 => {
            let rate = Rate::new(1 + u32::try_from(chance.below(300_000)).unwrap_or(0));
            Clause::Growth { officer: account, rate: rate.expect("a part"), period }
        }
        7 => Clause::Halving { account, amount, period, every: 1 + u32::from(small(chance, 4)) },
        8 => {
            let days = 1 + u32::from(small(chance, 9));
            let first_days = u32::from(small(chance, 4));
            Clause::Evenly { account, total: amount, days, from, first_days }
        }
        9 | 10 => Clause::Claim { role, amount, period, missed: u32::from(small(chance, 4)) },
        11 => Clause::Receive { role, amount, period },
        12 if chance.one_in(2) => Clause::NotBefore { from },
        13 if chance.one_in(2) => {
            Clause::NotFrom { from: instant(from.minutes() + scene.end_minutes) }
        }
        14..17 => {
            let name = format!("role-{}", parts.clauses.len()).parse().expect("a name");
            Clause::Role { officer: account, name, max: 1 + u32::from(small(chance, 3)) }
        }
        17 if chance.one_in(2) => {
            Clause::Send { from: party(chance, roles), to: party(chance, roles) }
        }
        18 => Clause::Hold { role, amount },
        19 => Clause::SendLimit { role, amount, period },
        20 => Clause::Freeze { officer: account },
        21 => Clause::Move { officer: account },
        22 if chance.one_in(3) => {
            Clause::End { from: instant(from.minutes() + scene.end_minutes), to: account }
        }
        23 => Clause::HandOver { account },
        _ => {
            let clause = ClauseId(small(chance, u8::try_from(parts.clauses.len()).unwrap_or(1)));
            let max = units(amount.units().saturating_mul(2).min(Amount::MAX.units()));
            Clause::Amend { officer: account, clause, min: Amount::ZERO, max, notice: period }
        }
    }
}

/// A cap of the supply, or of all that is issued: now and then by a formula.
fn cap(chance: &mut Chance<'_>, amount: Amount, roles: u8) -> Ceiling {
    let most = 150 + 10 * amount.units().min(100);
    if chance.one_in(2) {
        return units(most).into();
    }
    let by = match chance.below(4) {
        0 | 1 if roles > 0 => Term::Members(RoleId(small(chance, roles))),
        2 => Term::Burned,
        _ => Term::Days,
    };
    let each = Term::Amount(units(u128::from(chance.below(30))));
    let operation = chance.one_of(&[Term::Multiply, Term::Multiply, Term::Divide, Term::Subtract]);
    formula(vec![Term::Amount(units(most)), by, each, operation, Term::Add])
}

/// A part of the last value: all of it, or less.
fn part(chance: &mut Chance<'_>) -> Term {
    let rate = Rate::new(1_000_000 - u32::try_from(chance.below(999_999)).unwrap_or(0));
    Term::Part(rate.expect("a part"))
}

fn formula(terms: Vec<Term>) -> Ceiling {
    Ceiling::Formula(Formula::new(terms).expect("a formula"))
}

fn party(chance: &mut Chance<'_>, roles: u8) -> Party {
    if chance.one_in(2) {
        Party::Role(RoleId(small(chance, roles.max(1))))
    } else {
        Party::Account(AccountId(small(chance, ACCOUNTS)))
    }
}

fn limit(chance: &mut Chance<'_>) -> Amount {
    if chance.one_in(40) { Amount::MAX } else { units(u128::from(chance.below(60))) }
}

fn small(chance: &mut Chance<'_>, max: u8) -> u8 {
    u8::try_from(chance.below(u64::from(max))).unwrap_or(0)
}
