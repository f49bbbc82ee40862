//! Ten years of greedy issuers: what the ledger lets them have, against what a reader computes.

use coinage_policy::{Language, charters};
use coinage_protocol::{Action, Amount, Clause, ClauseId, LedgerError, PolicyReason};

use crate::world::{World, give};

const YEAR: u64 = 365;

/// A greedy life: who receives, how often all is taken that there is, and the supply in the end.
struct Greed {
    name: &'static str,
    /// Persons who are given a role at the beginning: by which officer, and which role.
    joining: &'static [(&'static str, &'static str, &'static str)],
    /// Accounts to which offices issue, by name.
    issued_to: &'static [&'static str],
    every_days: usize,
    /// Supply after 1, 5 and 10 years, the last period of each just over.
    supply: [&'static str; 3],
}

const LIVES: &[Greed] = &[
    // 5,000.00 a day, until 1,000,000.00 are outstanding.
    Greed {
        name: "points",
        joining: &[],
        issued_to: &["ann"],
        every_days: 1,
        supply: ["1,000,000.00"; 3],
    },
    // 365 * 1,000.00; 1,460,000.00 and 365 * 500.00; 2,190,000.00 and 730 * 250.00.
    Greed {
        name: "halving",
        joining: &[],
        issued_to: &[],
        every_days: 73,
        supply: ["365,000.00", "1,642,500.00", "2,372,500.00"],
    },
    // The supply by 102 hundredths a year, rounded down to the cent each year.
    Greed {
        name: "growth",
        joining: &[],
        issued_to: &["treasury"],
        every_days: 365,
        supply: ["1,020,000.00", "1,104,080.80", "1,218,994.39"],
    },
    // 12, 60 and 121 periods have begun since that of joining, in which nothing is claimed.
    Greed {
        name: "stipend",
        joining: &[
            ("board", "ann", "member"),
            ("board", "bob", "member"),
            ("board", "eve", "member"),
        ],
        issued_to: &[],
        every_days: 5,
        supply: ["1,080.00", "5,400.00", "10,890.00"],
    },
    // 13 periods of 700,000.00 in the first year; then all that may ever be issued.
    Greed {
        name: "voucher",
        joining: &[],
        issued_to: &["town"],
        every_days: 5,
        supply: ["9,100,000.00", "12,000,000.00", "12,000,000.00"],
    },
    // Three members may hold 2,000.00 each, and they spend nothing.
    Greed {
        name: "regio",
        joining: &[("desk", "ann", "member"), ("desk", "bob", "member"), ("desk", "eve", "member")],
        issued_to: &["ann", "bob", "eve"],
        every_days: 5,
        supply: ["6,000.00"; 3],
    },
    // Two members may hold 60 hours each.
    Greed {
        name: "timebank",
        joining: &[("office", "ann", "member"), ("office", "bob", "member")],
        issued_to: &["ann", "bob"],
        every_days: 5,
        supply: ["120.00"; 3],
    },
    // 10,000 at creation; a quarter of 2,400 after a year, all of it after four.
    Greed {
        name: "shares",
        joining: &[],
        issued_to: &[],
        every_days: 73,
        supply: ["10,600", "12,400", "12,400"],
    },
    // 1,000 and 100 a day each; on the first day, the day of joining, nothing is claimed.
    Greed {
        name: "game",
        joining: &[("studio", "ann", "player"), ("studio", "bob", "player")],
        issued_to: &["ann", "bob"],
        every_days: 1,
        supply: ["802,800", "4,014,800", "8,029,800"],
    },
    // Three members may owe 500.00 each on average.
    Greed {
        name: "mutual",
        joining: &[
            ("board", "ann", "member"),
            ("board", "bob", "member"),
            ("board", "eve", "member"),
        ],
        issued_to: &[],
        every_days: 365,
        supply: ["1,500.00"; 3],
    },
];

/// The charter that ships under a name, on a ledger of its own.
fn world(name: &str) -> World {
    let shipped = charters().iter().find(|one| one.name == name).expect("it ships");
    World::new(shipped.text(Language::English))
}

#[test]
fn nobody_gets_more_in_ten_years_than_a_reader_computes() {
    assert!(LIVES.iter().map(|life| life.name).eq(charters().iter().map(|one| one.name)));
    for life in LIVES {
        let mut world = world(life.name);
        world.set_day(0);
        for (officer, person, role) in life.joining {
            assert_eq!(world.answer(give(officer, person, role), 1), "yes");
        }
        let mut reached = Vec::new();
        for day in (0..=10 * YEAR).step_by(life.every_days) {
            world.set_day(day);
            draw_all(&mut world);
            if [YEAR, 5 * YEAR, 10 * YEAR].contains(&day) {
                reached.push(world.supply());
            }
            owe_all(&mut world, life);
            claim_all(&mut world, life);
            issue_all(&mut world, life);
        }
        assert_eq!(reached, life.supply, "{}", life.name);
    }
}

#[test]
fn two_per_cent_compound_as_the_design_says() {
    let mut world = world("growth");
    let mut after = Vec::new();
    for year in 0..=10 {
        world.set_day(year * YEAR);
        after.push(world.supply());
        issue_all(&mut world, &LIVES[2]);
        if year == 5 {
            assert_eq!(world.supply(), "1,126,162.41", "greedy at the start of the sixth year");
        }
    }
    assert_eq!(
        [&after[1], &after[5], &after[10]],
        ["1,020,000.00", "1,104,080.80", "1,218,994.39"]
    );
}

#[test]
fn halving_gives_half_as_much_in_each_era_and_nothing_after_the_last() {
    let mut world = world("halving");
    let mut after = Vec::new();
    for era in 1..=30 {
        world.set_day(era * 1_460);
        draw_all(&mut world);
        after.push(world.supply());
    }
    assert_eq!(after[..3], ["1,460,000.00", "2,190,000.00", "2,555,000.00"]);
    assert_ne!(after[15], "2,919,912.40", "a cent a day is left for the seventeenth");
    assert!(after[16..].iter().all(|supply| supply == "2,919,912.40"), "{after:?}");
}

/// Draws all that is due to anybody.
fn draw_all(world: &mut World) {
    let charter = world.charter.clone();
    for (clause, said) in charter.numbered() {
        let (Clause::Halving { account, .. } | Clause::Evenly { account, .. }) = said else {
            continue;
        };
        let (token, account) = (charter.token, charter.address(*account).expect("named"));
        let draw = |amount| Action::Draw { token, account, clause, amount };
        take_all(world, Amount::MAX, draw);
    }
}

/// Draws all that those who joined may owe.
fn owe_all(world: &mut World, life: &Greed) {
    let charter = world.charter.clone();
    let owing = |(_, said): &(ClauseId, &Clause)| matches!(said, Clause::Owe { .. });
    for (clause, _) in charter.numbered().filter(owing) {
        for (_, person, _) in life.joining {
            let (token, account) = (charter.token, world.who(person));
            let draw = |amount| Action::Draw { token, account, clause, amount };
            take_all(world, Amount::MAX, draw);
        }
    }
}

/// Claims all that those who joined can.
fn claim_all(world: &mut World, life: &Greed) {
    let charter = world.charter.clone();
    for (clause, said) in charter.numbered() {
        let Clause::Claim { amount: each, .. } = said else { continue };
        let many = Amount::try_from(each.units() * 1_000).expect("an amount");
        for (_, person, _) in life.joining {
            let (token, account) = (charter.token, world.who(person));
            take_all(world, many, |amount| Action::Claim { token, account, clause, amount });
        }
    }
}

/// Issues all that offices may.
fn issue_all(world: &mut World, life: &Greed) {
    let charter = world.charter.clone();
    for clause in &charter.clauses {
        let (Clause::Issue { officer, .. } | Clause::Growth { officer, .. }) = clause else {
            continue;
        };
        for to in life.issued_to {
            let (token, to) = (charter.token, world.who(to));
            let issuer = charter.address(*officer).expect("named");
            take_all(world, Amount::MAX, |amount| Action::Mint { token, issuer, to, amount });
        }
    }
}

/// Asks for too much, and then for what each refusal says is left.
fn take_all(world: &mut World, much: Amount, action: impl Fn(Amount) -> Action) {
    let mut amount = much;
    while !amount.is_zero() {
        let Err(error) = world.apply(action(amount)) else { return };
        let LedgerError::Policy(refusal) = error else { panic!("{error}") };
        let PolicyReason::Limit { used, allowed, need } = refusal.reason else { return };
        // A limit on what is held tells the balance as it would be, and asks for nothing.
        let (used, asked) = if need.is_zero() {
            (used.checked_sub(amount).expect("the balance before"), amount)
        } else {
            (used, need)
        };
        amount = allowed.checked_sub(used).unwrap_or_default();
        assert!(amount < asked, "what is left is less than what was refused");
    }
}
