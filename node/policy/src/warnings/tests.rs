//! Warnings: each has a charter that gets it, and one that does not.

use coinage_protocol::Charter;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::warnings;
use crate::testing::{self, address, key};
use crate::{Language, charters, read};

/// A charter of a threshold `board`, an address `desk`, and these clauses.
fn charter(clauses: &str) -> Charter {
    let keys = [key(1).public(), key(2).public()];
    let text = format!(
        "coin POINTS \"Club points\", 2 decimals\n\
         periods count from 2027-01-01 00:00 +00:00\n\
         board is 2 of {}, {}\n\
         desk is {}\n\
         {clauses}",
        keys[0],
        keys[1],
        address(3)
    );
    read(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// Checks that the first clauses get the warning alone, and the others none.
fn warned(bad: &str, warning: &str, good: &str) {
    assert_eq!(warnings(&charter(bad), Language::English), [warning], "{bad}");
    assert_eq!(warnings(&charter(good), Language::English), [""; 0], "{good}");
}

#[test]
fn an_office_that_stays_for_ever_is_told() {
    warned(
        "board may issue at most 5.00 per day",
        "board cannot be replaced: no clause lets it hand over its place",
        "board may issue at most 5.00 per day\n\
         board may hand over its place to another account",
    );
    warned(
        "5.00 go to board at creation\ndesk may freeze and unfreeze any account",
        "desk cannot be replaced: no clause lets it hand over its place, and its address does not \
         show whose keys it has",
        "5.00 go to board at creation\ndesk may freeze and unfreeze any account\n\
         desk may hand over its place to another account",
    );
}

#[test]
fn a_role_without_which_coins_are_only_burned_is_told() {
    let club = "5.00 go to desk at creation\n\
                board may hand over its place to another account\n\
                board may give and take the role member, to at most 9 accounts\n";
    warned(
        &format!("{club}each member may send to each member\n"),
        "an account that loses the role member can only burn its coins: no clause lets it send \
         them",
        &format!("{club}desk may send to each member\n"),
    );
    let court = "each member may send to each member\n\
                 board may move the coins of any account to any account\n";
    assert_eq!(warnings(&charter(&format!("{club}{court}")), Language::English), [""; 0]);
}

#[test]
fn a_cap_that_starves_draws_and_claims_is_told() {
    let halving = "desk may draw 1,000.00 per day, halving every 1,460 periods\n";
    warned(
        &format!("{halving}at most 2,919,912.39 may ever be issued"),
        "clause 2 may leave nothing for clause 1: draws and claims can come to 2,919,912.40, and \
         it has room for 2,919,912.39",
        &format!("{halving}at most 2,919,912.40 may ever be issued"),
    );
    let club = "board may give and take the role member, to at most 9 accounts\n\
                board may hand over its place to another account\n\
                each member may claim 1.00 per 30 days\n";
    warned(
        &format!("{club}10.00 go to desk at creation\nat most 1,000.00 may be outstanding"),
        "clause 5 may leave nothing for clause 3: claims have no end, and it has room for 990.00",
        &format!("{club}10.00 go to desk at creation"),
    );
    // Nine accounts, in the periods 0, 1 and 2.
    let end = "nothing may be issued from 2027-03-31 00:00 +00:00 on\n";
    warned(
        &format!("{club}{end}at most 26.99 may ever be issued"),
        "clause 5 may leave nothing for clause 3: draws and claims can come to 27.00, and it has \
         room for 26.99",
        &format!("{club}{end}at most 27.00 may ever be issued"),
    );
}

#[test]
fn an_office_that_can_use_up_what_draws_need_is_told() {
    let both = "desk may draw 100.00 in all, evenly over 10 days from 2027-01-01 00:00 +00:00\n\
                board may issue at most 10.00 per 30 days\n\
                board may hand over its place to another account\n\
                nothing may be issued from 2027-03-31 00:00 +00:00 on\n";
    warned(
        &format!("{both}at most 129.99 may ever be issued"),
        "clause 5 may leave nothing for clause 1: whoever may issue can use up its room first",
        &format!("{both}at most 130.00 may ever be issued"),
    );
}

#[test]
fn a_limit_above_a_cap_is_told() {
    let board = "board may hand over its place to another account\n";
    warned(
        &format!(
            "{board}board may issue at most 5.00 per day\n3.00 go to desk at creation\n\
             at most 7.99 may be outstanding"
        ),
        "clause 2 allows more in one period than clause 4 has room for: 4.99",
        &format!(
            "{board}board may issue at most 5.00 per day\n3.00 go to desk at creation\n\
             at most 8.00 may be outstanding"
        ),
    );
    warned(
        &format!(
            "{board}board may issue without limit\nat most 8.00 may be outstanding\n\
             at most 8.00 may ever be issued"
        ),
        "clause 3 never binds: clause 4 allows no more anyway",
        &format!(
            "{board}board may issue without limit\nat most 7.99 may be outstanding\n\
             at most 8.00 may ever be issued"
        ),
    );
    // What may be raised can get there.
    let raised = "board may issue at most 5.00 per day\nat most 4.00 may ever be issued\n\
                  board may set the amount in clause 3 between 4.00 and 5.00, announced day before";
    assert_eq!(warnings(&charter(&format!("{board}{raised}")), Language::English), [""; 0]);
}

#[test]
fn a_limit_of_an_office_that_another_makes_idle_is_told() {
    let issue = |weekly| {
        format!(
            "board may hand over its place to another account\n\
             board may issue at most 5.00 per day\n\
             board may issue at most {weekly} per 7 days"
        )
    };
    let idle = "clause 3 never binds: clause 2 allows no more anyway";
    warned(&issue("35.00"), idle, &issue("34.99"));
    warned(&issue("5.00"), "clause 2 never binds: clause 3 allows no more anyway", &issue("5.01"));
    let few = |members| {
        format!(
            "board may issue at most 20.00 per day\n\
             board may hand over its place to another account\n\
             board may give and take the role member, to at most {members} accounts\n\
             each member may be issued at most 7.00 per 30 days"
        )
    };
    warned(
        &few(2),
        "clause 1 allows more in one period than all accounts together may be issued: 14.00",
        &few(3),
    );
}

#[test]
fn a_limit_of_a_role_that_its_hold_makes_idle_is_told() {
    let club = "board may hand over its place to another account\n\
                board may give and take the role member, to at most 9 accounts\n";
    let claim = |held| {
        format!("{club}each member may claim 5.00 per day\neach member may hold at most {held}")
    };
    warned(
        &claim("4.99"),
        "nobody can claim by clause 3: its amount is more than clause 4 lets an account hold",
        &claim("5.00"),
    );
    let send = |sent| {
        format!(
            "{club}each member may claim 5.00 per day\n\
             each member may hold at most 10.00\n\
             each member may send at most {sent} per day\n\
             each member may send to desk\n\
             board may move the coins of any account to any account"
        )
    };
    // A court can bring in any amount, so that the limit on sending may bind.
    assert_eq!(warnings(&charter(&send("15.01")), Language::English), [""; 0]);
    let without_court = |sent| {
        let text = send(sent);
        let (rest, _) = text.rsplit_once('\n').expect("several lines");
        let found = warnings(&charter(rest), Language::English);
        found.into_iter().filter(|one| !one.contains("loses the role")).collect::<Vec<_>>()
    };
    let idle = "clause 5 never binds: with clause 4 nobody has so much to send in one period";
    assert_eq!(without_court("15.01"), [idle]);
    assert_eq!(without_court("15.00"), [""; 0]);
}

#[test]
fn dates_that_exclude_each_other_are_told() {
    let coin = "board may issue without limit\nboard may hand over its place to another account\n";
    warned(
        &format!(
            "{coin}nothing may be issued before 2027-02-01 00:00 +00:00\n\
             nothing may be issued from 2027-02-01 00:00 +00:00 on"
        ),
        "nothing can be issued after the creation: clause 4 ends all issue before it begins",
        &format!(
            "{coin}nothing may be issued before 2027-02-01 00:00 +00:00\n\
             nothing may be issued from 2027-02-01 00:01 +00:00 on"
        ),
    );
    warned(
        &format!("{coin}nothing may be issued before 2027-01-01 00:00 +00:00"),
        "clause 3 never binds: nothing is issued before the periods begin anyway",
        &format!("{coin}nothing may be issued before 2027-01-01 00:01 +00:00"),
    );
    warned(
        &format!("{coin}from 2026-12-31 00:00 +00:00 on coins may only be sent to desk or burned"),
        "clause 3 ends the coin before anything can be issued",
        &format!("{coin}from 2027-12-31 00:00 +00:00 on coins may only be sent to desk or burned"),
    );
    let draw = "desk may draw 100.00 in all, evenly over 10 days from 2027-01-01 00:00 +00:00\n";
    warned(
        &format!("{draw}nothing may be issued from 2027-01-11 00:00 +00:00 on"),
        "only 90.00 can be drawn by clause 1: clause 2 ends all issue before the rest is due",
        &format!("{draw}nothing may be issued from 2027-01-11 00:01 +00:00 on"),
    );
}

#[test]
fn a_circle_that_comes_to_an_end_is_told() {
    let circle = "board may give and take the role member, to at most 9 accounts\n\
                  board may hand over its place to another account\n";
    let owe = format!("{circle}each member may owe at most 5.00\n");
    warned(
        &format!("{owe}at most 100.00 may ever be issued"),
        "once 100.00 was owed in all, nobody can owe again, although all is repaid: clause 4 \
         counts what was ever issued",
        &format!("{owe}at most 100.00 may be outstanding"),
    );
    let nothing = format!("{circle}each member may owe at most 0.00\n");
    let raised = "board may set the amount in clause 3 between 0.00 and 5.00, announced day before";
    warned(
        &nothing,
        "nobody can ever owe anything by clause 3: its amount is zero, and no clause can raise it",
        &format!("{nothing}{raised}"),
    );
}

#[test]
fn an_amendment_that_can_change_nothing_is_told() {
    let amend = |max| {
        format!(
            "board may issue at most 5.00 per day\n\
             board may hand over its place to another account\n\
             board may set the amount in clause 1 between 5.00 and {max}, announced day before"
        )
    };
    warned(&amend("5.00"), "clause 3 can change nothing: both its bounds are 5.00", &amend("5.01"));
}

#[test]
fn the_charters_that_ship_are_warned_of_placeholders_and_lost_roles_only() {
    let lost = |role| {
        format!(
            "an account that loses the role {role} can only burn its coins: no clause lets it \
             send them"
        )
    };
    for shipped in charters() {
        let charter = read(shipped.text(Language::English)).expect("a policy");
        let named = charter.accounts.iter().map(|account| {
            format!(
                "{} is still the placeholder of a charter that ships: nobody has its keys",
                account.name
            )
        });
        let roles = match shipped.name {
            "voucher" => vec![lost("resident"), lost("merchant")],
            "regio" => vec![lost("member"), lost("merchant")],
            "timebank" => vec![lost("member")],
            "game" => vec![lost("player")],
            "mutual" => vec![
                "an account that loses the role member can do nothing with its coins: no clause \
                 lets it send them, and they are burned only to repay"
                    .to_owned(),
            ],
            _ => Vec::new(),
        };
        let expected: Vec<_> = named.chain(roles).collect();
        assert_eq!(warnings(&charter, Language::English), expected, "{}", shipped.name);
    }
}

#[test]
fn any_charter_is_warned_of_the_same_in_both_languages() {
    for seed in 0..1_000 {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let charter = testing::charter(&mut |end: u64| random.next_u64() % end);
        let [english, korean] = Language::ALL.map(|language| warnings(&charter, language));
        assert_eq!(english.len(), korean.len(), "seed {seed}");
        for text in english.iter().chain(&korean) {
            assert!(!text.contains(['{', '}']), "seed {seed}: each slot is filled: {text}");
        }
    }
}
