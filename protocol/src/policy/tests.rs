//! Charters that are none (SPEC R-5).

use alloc::vec;
use alloc::vec::Vec;

use super::{
    AccountId, Ceiling, Charter, CharterError, CharterParts, Clause, ClauseId, Formula, Holder,
    Instant, NamedAccount, Party, Period, RoleId, Term,
};
use crate::amount::Amount;
use crate::bounded::{Bounded, Text};
use crate::codec::{decode, encode};
use crate::limits::CHARTER_BYTES_MAX;
use crate::lock::Threshold;
use crate::samples::{amount, person, secret, symbol};

const BOARD: AccountId = AccountId(0);
const DESK: AccountId = AccountId(1);
const NOBODY: AccountId = AccountId(2);

fn parts(clauses: Vec<Clause>) -> CharterParts {
    let account = |name: &str, who| NamedAccount {
        name: name.parse().expect("a name"),
        holder: Holder::Address(person(who)),
    };
    CharterParts {
        token: symbol("POINTS"),
        name: Text::try_from("Club points").expect("short"),
        decimals: 2,
        anchor: Instant::new(29_000_000, 36).expect("an instant"),
        accounts: Bounded::first_of([account("board", 1), account("desk", 2)]),
        clauses: Bounded::first_of(clauses),
    }
}

fn day() -> Period {
    Period::new(86_400).expect("a day")
}

fn issue(officer: AccountId) -> Clause {
    Clause::Issue { officer, amount: amount(5).into(), period: day() }
}

fn role(name: &str, max: u32) -> Clause {
    Clause::Role { officer: BOARD, name: name.parse().expect("a name"), max }
}

fn refused(clauses: Vec<Clause>) -> CharterError {
    let parts = parts(clauses);
    let error = Charter::new(parts.clone()).expect_err("breaks a rule");
    assert!(decode::<Charter>(&encode(&parts), CHARTER_BYTES_MAX).is_err());
    error
}

#[test]
fn a_charter_that_says_nothing_or_two_things_at_once_does_not_decode() {
    // SPEC R-5
    let dangling = |clause| CharterError::Dangling { clause: ClauseId(clause) };
    let claim = |role| Clause::Claim { role, amount: amount(1), period: day(), missed: 0 };
    assert_eq!(refused(vec![issue(NOBODY)]), dangling(0));
    assert_eq!(refused(vec![issue(BOARD), claim(RoleId(0))]), dangling(1));
    let amend = |clause, min, max| Clause::Amend {
        officer: BOARD,
        clause: ClauseId(clause),
        min: amount(min),
        max: amount(max),
        notice: day(),
    };
    assert_eq!(refused(vec![issue(BOARD), amend(7, 0, 9)]), dangling(1));

    let from = Instant::new(29_000_000, 0).expect("an instant");
    let spread = |days, first_days| Clause::Evenly {
        account: DESK,
        total: amount(9),
        days,
        from,
        first_days,
    };
    let halving =
        |every| Clause::Halving { account: DESK, amount: amount(1), period: day(), every };
    let party = Party::Account(BOARD);
    for nothing in [
        Clause::Creation { to: BOARD, amount: Amount::ZERO },
        halving(0),
        spread(0, 0),
        spread(36_501, 0),
        spread(10, 11),
        role("member", 0),
        Clause::Send { from: party, to: party },
        amend(0, 6, 9),
        amend(0, 0, 4),
        amend(1, 0, 4),
    ] {
        let error = refused(vec![issue(BOARD), nothing.clone()]);
        assert!(matches!(error, CharterError::Empty { clause: ClauseId(1), .. }), "{nothing:?}");
    }
    let [first, second] = [ClauseId(0), ClauseId(1)];
    for other in [issue(BOARD), Clause::IssueFreely { officer: BOARD }] {
        assert_eq!(refused(vec![issue(BOARD), other]), CharterError::Twice { first, second });
    }
    let outstanding = |units| Clause::Outstanding { amount: amount(units).into() };
    let twice = refused(vec![outstanding(1), outstanding(2), issue(BOARD)]);
    assert_eq!(twice, CharterError::Twice { first, second });
    let claims = refused(vec![claim(RoleId(0)), claim(RoleId(0)), role("member", 1)]);
    assert_eq!(claims, CharterError::Twice { first, second });
    let name = "desk".parse().expect("a name");
    assert_eq!(refused(vec![issue(BOARD), role("desk", 1)]), CharterError::NameTwice { name });

    let creation = |to, units| Clause::Creation { to, amount: amount(units) };
    let above = refused(vec![creation(BOARD, 6), creation(DESK, 6), outstanding(11)]);
    assert_eq!(above, CharterError::CreationAboveLimit { clause: ClauseId(2) });
    let most = Clause::Creation { to: BOARD, amount: Amount::MAX };
    assert_eq!(refused(vec![most, creation(DESK, 1)]), CharterError::CreationTooLarge);
    assert_eq!(refused(vec![outstanding(5)]), CharterError::NeverAnyUnits);
}

#[test]
fn a_formula_that_does_not_fit_its_clause_does_not_decode() {
    // SPEC R-13
    let formula = |terms: Vec<Term>| Ceiling::Formula(Formula::new(terms).expect("a formula"));
    let units = |number| Term::Amount(amount(number));
    let most = |terms| Clause::Outstanding { amount: formula(terms) };
    for bad in [
        most(vec![units(5), Term::Members(RoleId(1)), Term::Multiply]),
        most(vec![units(5), Term::Periods, Term::Multiply]),
        most(vec![units(5), Term::Number(5), Term::Add]),
        most(vec![units(5), Term::Supply, Term::Add]),
        most(vec![units(5), Term::Issued, Term::Max]),
        most(vec![Term::Days]),
        most(vec![Term::Number(5)]),
    ] {
        let error = refused(vec![issue(BOARD), role("member", 5), bad.clone()]);
        assert!(matches!(error, CharterError::Formula { clause: ClauseId(2), .. }), "{bad:?}");
    }
    let good = |decimals, terms| {
        let mut parts = parts(vec![issue(BOARD), role("member", 5), most(terms)]);
        parts.decimals = decimals;
        Charter::new(parts)
    };
    assert!(good(2, vec![units(5), Term::Members(RoleId(0)), Term::Multiply]).is_ok());
    assert!(good(0, vec![Term::Days, Term::Burned, Term::Multiply]).is_ok(), "all are numbers");
    let number = good(0, vec![Term::Number(5)]).expect_err("it is written as an amount is");
    assert!(matches!(number, CharterError::Formula { .. }), "{number}");
    let periods = Clause::Issue {
        officer: BOARD,
        amount: formula(vec![units(5), Term::Periods, Term::Multiply]),
        period: day(),
    };
    assert!(Charter::new(parts(vec![periods])).is_ok());
    // What is created stands under the formula as it is on day 0, without members.
    let creation = |units| Clause::Creation { to: BOARD, amount: amount(units) };
    let ten = || most(vec![units(7), Term::Days, Term::Multiply, units(10), Term::Add]);
    assert!(Charter::new(parts(vec![creation(10), ten()])).is_ok());
    let above = refused(vec![creation(11), ten()]);
    assert_eq!(above, CharterError::CreationAboveLimit { clause: ClauseId(1) });
}

#[test]
fn where_accounts_owe_nothing_else_issues() {
    // SPEC R-14
    let owe = |role, units| Clause::Owe { role: RoleId(role), amount: amount(units) };
    assert!(Charter::new(parts(vec![role("member", 5), owe(0, 0)])).is_ok());
    let both = refused(vec![role("member", 5), owe(0, 5), issue(BOARD)]);
    let (clause, owed) = (ClauseId(2), ClauseId(1));
    assert_eq!(both, CharterError::IssueBesideOwe { clause, owe: owed });
    let dangling = refused(vec![role("member", 5), owe(1, 5)]);
    assert_eq!(dangling, CharterError::Dangling { clause: ClauseId(1) });
    let twice = refused(vec![role("member", 5), owe(0, 5), owe(0, 6)]);
    assert_eq!(twice, CharterError::Twice { first: ClauseId(1), second: ClauseId(2) });
}

#[test]
fn a_charter_decodes_as_it_was_and_its_hash_covers_all_of_it() {
    // SPEC
    let whole = Charter::new(parts(vec![issue(BOARD), role("member", 5)])).expect("a charter");
    assert_eq!(decode(&encode(&whole), CHARTER_BYTES_MAX).as_ref(), Ok(&whole));
    let mut written = parts(vec![issue(BOARD), role("member", 5)]);
    written.anchor = Instant::new(29_000_000, 0).expect("an instant");
    let other = Charter::new(written.clone()).expect("a charter");
    assert_ne!(other.hash(), whole.hash(), "the offset is what people read");
    written.decimals = 19;
    assert_eq!(Charter::new(written.clone()), Err(CharterError::Decimals { decimals: 19 }));
    written.decimals = 2;
    written.name = Text::try_from("a \"coin\"").expect("short");
    assert_eq!(Charter::new(written), Err(CharterError::Quote));
}

#[test]
fn the_largest_charter_fits_its_bound() {
    // SPEC R-1
    let keys: Vec<_> = (1..=16).map(|n| secret(n).public()).collect();
    let lock = Threshold::new(2, keys).expect("2 of 16");
    let account = |n: u8| NamedAccount {
        name: alloc::format!("board-{n}").parse().expect("a name"),
        holder: Holder::Threshold(lock.clone()),
    };
    let mut all = parts(vec![issue(BOARD)]);
    all.accounts = Bounded::first_of((0..16).map(account));
    assert!(Charter::new(all.clone()).is_ok(), "16 boards of 16");
    let long = "abcdefghijklmnopqrstuvwx";
    let clauses = (0..31).map(|n| role(&alloc::format!("{}{n}", &long[..20]), 9));
    all.clauses = Bounded::first_of(core::iter::once(issue(BOARD)).chain(clauses));
    assert!(Charter::new(all.clone()).is_ok());
    let len = encode(&all).len();
    assert!((9_000..=CHARTER_BYTES_MAX).contains(&len), "{len}");
    let most = Term::Amount(Amount::MAX);
    let sum = || [most].into_iter().chain((1..16).flat_map(|_| [most, Term::Add]));
    let issue = |n| Clause::Issue {
        officer: AccountId(0),
        amount: Ceiling::Formula(Formula::new(sum()).expect("a formula")),
        period: Period::new(n).expect("a period"),
    };
    all.clauses = Bounded::first_of((1..=32).map(issue));
    assert_eq!(Charter::new(all.clone()), Err(CharterError::TooLong));
    all.accounts = Bounded::first_of([account(0)]);
    all.clauses = Bounded::first_of((1..=24).map(issue));
    assert_eq!(Charter::new(all).map(|_| ()), Ok(()), "without so many keys there is room");
}
