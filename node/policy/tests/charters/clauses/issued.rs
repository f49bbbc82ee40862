//! Charters that only say who issues how much.

use super::{Line, again, on, play};
use crate::world::{
    amend, burn, claim, draw, freeze, give, hand_over, issue, send, take, unfreeze,
};

const POINTS: &[Line] = &[
    on(0, 1, issue("board", "ann", "5,000.00"), "yes"),
    on(0, 1, issue("board", "bob", "0.01"), "clause 1: used 5,000.00 of 5,000.00, asked 0.01"),
    on(0, 1, issue("ann", "ann", "0.01"), "not entitled"),
    again(199, 1, on(1, 1, issue("board", "ann", "5,000.00"), "yes")),
    on(
        200,
        2,
        issue("board", "bob", "0.01"),
        "clause 2: used 1,000,000.00 of 1,000,000.00, asked 0.01",
    ),
    on(200, 2, burn("ann", "300.00"), "yes"),
    on(200, 2, issue("board", "bob", "300.00"), "yes"),
    on(201, 3, amend("board", 1, "10,000.01", 30), "clause 3: between 0.00 and 10,000.00"),
    on(201, 3, amend("board", 1, "10,000.00", 29), "clause 3: too short a notice"),
    on(201, 3, amend("board", 1, "10,000.00", 30), "yes"),
    on(201, 2, burn("ann", "90,000.00"), "yes"),
    on(
        230,
        3,
        issue("board", "bob", "5,000.01"),
        "clause 1: used 0.00 of 5,000.00, asked 5,000.01",
    ),
    on(231, 3, issue("board", "bob", "10,000.00"), "yes"),
    on(231, 3, amend("board", 1, "0.00", 0), "yes"),
    on(232, 3, issue("board", "bob", "0.01"), "clause 1: used 0.00 of 0.00, asked 0.01"),
    on(232, 3, amend("board", 1, "5,000.00", 30), "yes"),
    on(3_650, 4, hand_over("board", "ann", "ann"), "not entitled"),
    on(3_650, 4, hand_over("board", "board", "ann"), "yes"),
    on(3_650, 4, issue("first board", "bob", "1.00"), "not entitled"),
    on(3_650, 4, issue("ann", "bob", "5,000.00"), "yes"),
];

#[test]
fn points_are_obeyed() {
    play("points", POINTS);
}

const HALVING: &[Line] = &[
    on(30, 2, draw("treasury", 1, "0.01"), "clause 2: it is too early"),
    on(31, 2, draw("treasury", 1, "31,000.00"), "yes"),
    on(31, 1, draw("treasury", 1, "0.01"), "clause 1: used 31,000.00 of 31,000.00, asked 0.01"),
    on(1_460, 1, draw("treasury", 1, "1,429,000.00"), "yes"),
    on(1_461, 1, draw("treasury", 1, "500.00"), "yes"),
    on(
        1_461,
        1,
        draw("treasury", 1, "0.01"),
        "clause 1: used 1,460,500.00 of 1,460,500.00, asked 0.01",
    ),
    on(3_650, 3, hand_over("treasury", "ann", "ann"), "not entitled"),
    on(3_650, 3, hand_over("treasury", "treasury", "ann"), "yes"),
    on(3_650, 3, draw("first treasury", 1, "1.00"), "not entitled"),
    on(3_650, 1, draw("treasury", 1, "912,000.00"), "yes"),
];

#[test]
fn halving_is_obeyed() {
    play("halving", HALVING);
}

const GROWTH: &[Line] = &[
    on(0, 1, send("treasury", "ann", "1,000,000.01"), "has 1,000,000.00"),
    on(0, 1, send("treasury", "ann", "1,000,000.00"), "yes"),
    on(
        0,
        2,
        issue("treasury", "ann", "20,000.01"),
        "clause 2: used 0.00 of 20,000.00, asked 20,000.01",
    ),
    on(0, 2, issue("treasury", "ann", "20,000.00"), "yes"),
    on(
        364,
        2,
        issue("treasury", "ann", "0.01"),
        "clause 2: used 20,000.00 of 20,000.00, asked 0.01",
    ),
    on(365, 2, issue("treasury", "ann", "20,400.00"), "yes"),
    on(365, 2, issue("ann", "ann", "0.01"), "not entitled"),
    // Seven years that nobody used are not made up for.
    on(
        3_285,
        2,
        issue("treasury", "ann", "20,808.01"),
        "clause 2: used 0.00 of 20,808.00, asked 20,808.01",
    ),
    on(3_650, 3, hand_over("treasury", "ann", "ann"), "not entitled"),
    on(3_650, 3, hand_over("treasury", "treasury", "bob"), "yes"),
    on(3_650, 3, issue("first treasury", "ann", "0.01"), "not entitled"),
    on(3_650, 2, issue("bob", "ann", "20,808.00"), "yes"),
];

#[test]
fn growth_is_obeyed() {
    play("growth", GROWTH);
}

const STIPEND: &[Line] = &[
    again(500, 0, on(0, 1, give("board", "member #", "member"), "yes")),
    on(0, 1, give("board", "ann", "member"), "clause 1: 500 accounts have the role"),
    on(0, 1, give("ann", "ann", "member"), "not entitled"),
    on(29, 2, claim("member 1", 2, "30.00"), "clause 2: used 0.00 of 0.00, asked 30.00"),
    on(30, 2, claim("member 1", 2, "30.00"), "yes"),
    on(30, 2, claim("member 1", 2, "30.00"), "clause 2: used 0.00 of 0.00, asked 30.00"),
    on(60, 2, claim("member 1", 2, "45.00"), "clause 2: whole times 30.00"),
    on(60, 2, claim("ann", 2, "30.00"), "not entitled"),
    on(180, 2, claim("member 2", 2, "150.00"), "clause 2: used 0.00 of 120.00, asked 150.00"),
    on(180, 2, claim("member 2", 2, "120.00"), "yes"),
    on(200, 3, amend("board", 2, "40.01", 90), "clause 3: between 20.00 and 40.00"),
    on(200, 3, amend("board", 2, "40.00", 89), "clause 3: too short a notice"),
    on(200, 3, amend("board", 2, "40.00", 90), "yes"),
    on(210, 3, claim("member 2", 2, "30.00"), "yes"),
    on(300, 3, claim("member 2", 2, "30.00"), "clause 2: whole times 40.00"),
    on(300, 3, claim("member 2", 2, "120.00"), "yes"),
    on(330, 4, freeze("ann", "member 1"), "not entitled"),
    on(330, 4, freeze("board", "member 1"), "yes"),
    on(330, 4, send("member 1", "ann", "1.00"), "frozen"),
    on(330, 4, claim("member 1", 2, "40.00"), "frozen"),
    on(360, 4, unfreeze("board", "member 1"), "yes"),
    on(360, 4, send("member 1", "ann", "30.00"), "yes"),
    on(3_650, 5, hand_over("board", "ann", "ann"), "not entitled"),
    on(3_650, 5, hand_over("board", "board", "ann"), "yes"),
    on(3_650, 5, give("first board", "bob", "member"), "not entitled"),
    on(3_650, 5, take("ann", "member 3"), "yes"),
    on(3_650, 5, give("ann", "bob", "member"), "yes"),
    on(3_650, 2, claim("member 4", 2, "160.00"), "yes"),
];

#[test]
fn stipend_is_obeyed() {
    play("stipend", STIPEND);
}
