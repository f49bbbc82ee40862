//! Formulas as text: one text for each, and errors that point at what does not fit.

use coinage_protocol::{Charter, Clause, ClauseId, Term};

use crate::testing::address;
use crate::{Language, PolicyError, read, sentence, write};

fn policy(decimals: u8, clauses: &str) -> Result<Charter, PolicyError> {
    let board = address(1);
    read(&format!(
        "coin POINTS \"Club points\", {decimals} decimals\n\
         periods count from 2027-01-01 00:00 +00:00\nboard is {board}\n\
         board may give and take the role member, to at most 9 accounts\n\
         board may give and take the role merch-2, to at most 9 accounts\n{clauses}"
    ))
}

/// The sentence of the last clause as it is printed.
fn printed(decimals: u8, clause: &str, language: Language) -> String {
    let charter = policy(decimals, clause).unwrap_or_else(|error| panic!("{error}"));
    sentence(&charter, ClauseId(2), language)
}

#[test]
fn a_formula_is_printed_as_it_was_written_with_no_parentheses_too_many() {
    for (formula, korean) in [
        ("1,000.00 + 50.00 * days", "1,000.00 + 50.00 * 일수"),
        ("(supply + 5.00) * 2", "(유통량 + 5.00) * 2"),
        ("supply - (burned - 5.00)", "유통량 - (소각량 - 5.00)"),
        ("supply - burned - 5.00", "유통량 - 소각량 - 5.00"),
        ("2 % of supply * 3", "유통량의 2 % * 3"),
        ("2 % of (supply * 3)", "(유통량 * 3)의 2 %"),
        ("0.5 % of 2 % of 7.00", "7.00의 2 %의 0.5 %"),
        ("supply / (days / 2)", "유통량 / (일수 / 2)"),
        (
            "min(issued, 10.00 * members(merch-2)) + max(1.00, 2.00)",
            "최소(발행량, 10.00 * 계정수(merch-2)) + 최대(1.00, 2.00)",
        ),
    ] {
        let english = format!("board may issue at most [{formula}] per day");
        assert_eq!(printed(2, &english, Language::English), english);
        let other = format!("board 계정은 1일 구간마다 [{korean}] 이하로 발행할 수 있습니다");
        assert_eq!(printed(2, &english, Language::Korean), other);
    }
    let issue = "board may issue at most [10.00 * (periods + 1)] per 30 days";
    assert_eq!(printed(2, issue, Language::English), issue);
}

#[test]
fn figures_may_leave_out_what_means_nothing_and_numbers_are_no_amounts() {
    let most = |formula: &str| {
        format!("at most [{formula}] may ever be issued\nboard may issue without limit")
    };
    let whole = policy(2, &most("1,000.00 + 5.50 * 1,000 * days")).expect("a policy");
    for other in ["1000.00 + 5.5 * 1000 * days", " 1,000.0+5.5*1,000*days"] {
        assert_eq!(policy(2, &most(other)).as_ref(), Ok(&whole), "{other}");
    }
    let plain = policy(0, &most("1,000 + 5 * days")).expect("a policy");
    let formula = plain.clause(ClauseId(2)).and_then(Clause::formula);
    let terms = formula.map(|formula| formula.to_vec()).unwrap_or_default();
    assert!(matches!(terms[..], [Term::Amount(_), Term::Amount(_), Term::Days, ..]), "{terms:?}");
    for (bad, wrong) in [
        ("1,000 + 5.00 * days", "it mixes amounts and numbers"),
        ("1,000", "it comes to a number"),
        ("burned * burned", "it mixes amounts and numbers"),
        ("supply + 1.00", "what is issued would raise this limit itself"),
        ("5.00 * periods", "only what may be issued in a period can depend on periods"),
    ] {
        let error = policy(2, &most(bad)).expect_err(bad);
        assert_eq!(error.line, 6, "{bad}");
        assert!(error.message.contains(wrong), "{bad}: {error}");
    }
}

#[test]
fn no_blank_is_needed_and_a_role_may_be_called_like_a_quantity() {
    let clause = |formula: &str| format!("board may issue at most [{formula}] per day");
    let spaced = policy(2, &clause("supply - burned - 2 % of issued")).expect("a policy");
    let tight = policy(2, &clause("supply-burned-2.0%of issued"));
    assert_eq!(tight.as_ref(), Ok(&spaced));
    let text = write(&spaced, Language::English).replace("role member", "role 유통량의");
    let text = text.replace("supply - burned", "supply - 5.00 * members(유통량의)");
    let odd = read(&text).unwrap_or_else(|error| panic!("{error}"));
    for language in Language::ALL {
        let text = write(&odd, language);
        assert_eq!(read(&text).unwrap_or_else(|error| panic!("{error}")), odd, "{text}");
    }
}

#[test]
fn an_error_in_a_formula_points_at_its_word() {
    let error = |formula: &str| {
        policy(2, &format!("at most [{formula}] may be outstanding")).expect_err(formula)
    };
    for (formula, column, width, message) in [
        ("1.00 + suply", 17, 6, "`suply` names no value"),
        ("1.00 + ", 17, 1, "here stands a value"),
        ("1.00 2.00", 15, 5, "this does not fit in a formula"),
        ("1.005 + supply", 9, 6, "`1.005` does not fit here"),
        ("5.00 * members(members)", 17, 17, "no role is called `members`"),
        ("2 % supply", 14, 7, "a part is a part of something"),
        ("200 % of supply", 9, 4, "`200` is no such part"),
        ("(1.00)", 9, 8, "this is written `[1.00]`"),
        ("supply + (1.00 * 2)", 9, 21, "this is written `[supply + 1.00 * 2]`"),
        ("min(1.00)", 9, 11, "this does not fit in a formula"),
    ] {
        let error = error(formula);
        let found = (error.column, error.width, error.message.as_str());
        assert_eq!(found, (column, width, message), "{formula}: {error}");
    }
    let suply = error("1.00 + suply").expected;
    assert!(suply.contains(&"`supply`".to_owned()), "{suply:?}");
    let open = policy(2, "at most [1.00 may be outstanding").expect_err("no end");
    assert_eq!(open.message, "this does not fit in a formula");
    let long = error(&["1.00"; 17].join(" + "));
    assert!(long.message.contains("at most 32"), "{long}");
    let deep = error(&format!("{}1.00{}", "(".repeat(40_000), ")".repeat(20_000)));
    assert_eq!(deep.message, "these are too many parentheses within each other");
}
