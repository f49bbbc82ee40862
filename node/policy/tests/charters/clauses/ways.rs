//! Charters that say who sends to whom.

use super::{Line, again, on, play};
use crate::world::{
    amend, burn, claim, draw, freeze, give, hand_over, issue, move_coins, send, take,
};

const VOUCHER: &[Line] = &[
    on(0, 3, give("town", "rita", "resident"), "yes"),
    on(0, 3, give("rita", "sam", "resident"), "not entitled"),
    again(500, 0, on(0, 4, give("town", "merchant #", "merchant"), "yes")),
    on(0, 4, give("town", "sam", "merchant"), "clause 4: 500 accounts have the role"),
    on(0, 5, issue("town", "rita", "500.00"), "yes"),
    on(0, 5, issue("town", "rita", "0.01"), "clause 5: used 500.01 of 500.00, asked 0.00"),
    on(0, 1, issue("town", "sam", "1.00"), "not a receiver"),
    on(0, 1, issue("town", "town", "699,500.00"), "yes"),
    on(0, 1, issue("town", "town", "0.01"), "clause 1: used 700,000.00 of 700,000.00, asked 0.01"),
    on(1, 6, send("rita", "merchant 1", "200.00"), "yes"),
    on(1, 6, send("rita", "town", "1.00"), "no way"),
    on(1, 6, send("rita", "sam", "1.00"), "no way"),
    on(1, 7, send("merchant 1", "town", "150.00"), "yes"),
    on(1, 7, send("merchant 1", "merchant 2", "1.00"), "no way"),
    again(16, 30, on(30, 1, issue("town", "town", "700,000.00"), "yes")),
    on(
        510,
        2,
        issue("town", "town", "100,000.01"),
        "clause 2: used 11,900,000.00 of 12,000,000.00, asked 100,000.01",
    ),
    on(510, 2, burn("town", "8,000,000.00"), "yes"),
    on(
        510,
        2,
        issue("town", "town", "100,000.01"),
        "clause 2: used 11,900,000.00 of 12,000,000.00, asked 100,000.01",
    ),
    on(510, 2, issue("town", "town", "99,999.00"), "yes"),
    on(911, 8, issue("town", "rita", "0.50"), "yes"),
    on(912, 8, issue("town", "rita", "0.50"), "clause 8: it is too late"),
    on(1_095, 9, send("rita", "merchant 1", "1.00"), "yes"),
    on(1_096, 9, send("rita", "merchant 1", "1.00"), "clause 9: it is too late"),
    on(1_096, 9, send("merchant 1", "town", "1.00"), "yes"),
    on(1_096, 9, burn("rita", "299.50"), "yes"),
    on(3_650, 10, hand_over("town", "rita", "rita"), "not entitled"),
    on(3_650, 10, hand_over("town", "town", "clerk"), "yes"),
    on(3_650, 10, send("merchant 1", "first town", "1.00"), "clause 9: it is too late"),
    on(3_650, 10, send("merchant 1", "clerk", "1.00"), "yes"),
];

#[test]
fn voucher_is_obeyed() {
    play("voucher", VOUCHER);
}

const REGIO: &[Line] = &[
    again(30, 0, on(0, 3, give("desk", "member #", "member"), "yes")),
    on(0, 3, give("member 1", "ann", "member"), "not entitled"),
    on(0, 4, give("desk", "shop", "merchant"), "yes"),
    on(0, 4, give("desk", "inn", "merchant"), "yes"),
    on(0, 4, give("shop", "ann", "merchant"), "not entitled"),
    again(28, 0, on(0, 1, issue("desk", "member #", "700.00"), "yes")),
    on(
        0,
        1,
        issue("desk", "member 29", "400.01"),
        "clause 1: used 19,600.00 of 20,000.00, asked 400.01",
    ),
    on(0, 1, issue("desk", "member 29", "400.00"), "yes"),
    on(1, 5, issue("desk", "member 1", "0.01"), "clause 5: used 700.00 of 700.00, asked 0.01"),
    // The role that is taken and given again leaves the limit where it was.
    on(1, 5, take("desk", "member 1"), "yes"),
    on(1, 5, issue("desk", "member 1", "0.01"), "not a receiver"),
    on(1, 5, give("desk", "member 1", "member"), "yes"),
    on(1, 5, issue("desk", "member 1", "0.01"), "clause 5: used 700.00 of 700.00, asked 0.01"),
    on(1, 5, issue("desk", "shop", "1.00"), "not a receiver"),
    on(30, 5, issue("desk", "member 1", "700.00"), "yes"),
    on(
        60,
        6,
        issue("desk", "member 1", "600.01"),
        "clause 6: used 2,000.01 of 2,000.00, asked 0.00",
    ),
    on(60, 6, issue("desk", "member 1", "600.00"), "yes"),
    on(60, 7, send("member 1", "member 2", "1.00"), "no way"),
    on(60, 7, send("member 1", "shop", "2,000.00"), "yes"),
    on(60, 8, send("shop", "inn", "500.00"), "yes"),
    on(60, 8, send("shop", "member 1", "1.00"), "no way"),
    on(60, 9, send("member 2", "desk", "1.00"), "no way"),
    on(60, 9, send("inn", "desk", "100.00"), "yes"),
    again(28, 0, on(90, 5, issue("desk", "member #", "700.00"), "yes")),
    again(15, 0, on(120, 6, issue("desk", "member #", "600.00"), "yes")),
    on(
        120,
        2,
        issue("desk", "member 16", "100.01"),
        "clause 2: used 49,900.00 of 50,000.00, asked 100.01",
    ),
    on(120, 2, issue("desk", "member 16", "100.00"), "yes"),
    on(3_650, 2, burn("desk", "100.00"), "yes"),
    on(3_650, 2, issue("desk", "member 30", "100.00"), "yes"),
    on(3_650, 10, hand_over("desk", "shop", "shop"), "not entitled"),
    on(3_650, 10, hand_over("desk", "desk", "clerk"), "yes"),
    on(3_650, 10, give("first desk", "ann", "member"), "not entitled"),
    on(3_650, 10, send("inn", "clerk", "100.00"), "yes"),
];

#[test]
fn regio_is_obeyed() {
    play("regio", REGIO);
}

const TIMEBANK: &[Line] = &[
    again(300, 0, on(0, 2, give("office", "member #", "member"), "yes")),
    on(0, 2, give("office", "ann", "member"), "clause 2: 300 accounts have the role"),
    again(20, 0, on(0, 1, issue("office", "member #", "10.00"), "yes")),
    on(0, 1, issue("office", "member 21", "0.01"), "clause 1: used 200.00 of 200.00, asked 0.01"),
    on(30, 3, issue("office", "member 1", "10.00"), "yes"),
    on(30, 3, issue("office", "member 1", "0.01"), "clause 3: used 10.00 of 10.00, asked 0.01"),
    on(30, 3, issue("office", "office", "1.00"), "not a receiver"),
    on(30, 6, send("member 1", "member 2", "15.00"), "yes"),
    on(30, 6, send("member 1", "ann", "1.00"), "no way"),
    on(30, 5, send("member 2", "member 3", "20.00"), "yes"),
    on(30, 5, send("member 2", "member 3", "1.00"), "clause 5: used 20.00 of 20.00, asked 1.00"),
    // The role that is taken and given again leaves both limits where they were.
    on(30, 5, take("office", "member 2"), "yes"),
    on(30, 5, give("office", "member 2", "member"), "yes"),
    on(30, 5, send("member 2", "member 3", "1.00"), "clause 5: used 20.00 of 20.00, asked 1.00"),
    on(30, 3, take("office", "member 1"), "yes"),
    on(30, 3, give("office", "member 1", "member"), "yes"),
    on(30, 3, issue("office", "member 1", "0.01"), "clause 3: used 10.00 of 10.00, asked 0.01"),
    on(31, 5, send("member 2", "member 9", "1.00"), "yes"),
    on(31, 4, send("member 4", "member 3", "10.00"), "yes"),
    on(31, 4, send("member 5", "member 3", "10.00"), "yes"),
    on(31, 4, send("member 6", "member 3", "10.00"), "yes"),
    on(31, 4, send("member 7", "member 3", "0.01"), "clause 4: used 60.01 of 60.00, asked 0.00"),
    on(31, 7, send("member 8", "office", "5.00"), "yes"),
    on(31, 7, send("office", "member 8", "1.00"), "no way"),
    on(3_650, 8, hand_over("office", "member 1", "member 1"), "not entitled"),
    on(3_650, 8, hand_over("office", "office", "ann"), "yes"),
    on(3_650, 8, issue("first office", "member 1", "1.00"), "not entitled"),
    on(3_650, 8, issue("ann", "member 1", "10.00"), "yes"),
];

#[test]
fn timebank_is_obeyed() {
    play("timebank", TIMEBANK);
}

const SHARES: &[Line] = &[
    on(0, 3, give("company", "hana", "holder"), "not entitled"),
    on(0, 3, give("registrar", "hana", "holder"), "yes"),
    on(0, 3, give("registrar", "ivan", "holder"), "yes"),
    on(0, 1, send("company", "hana", "10,001"), "has 10,000"),
    on(0, 1, send("company", "hana", "4,000"), "yes"),
    on(0, 4, send("company", "founder", "1"), "no way"),
    on(0, 4, send("company", "ivan", "6,000"), "yes"),
    on(364, 2, draw("founder", 2, "1"), "clause 2: used 0 of 0, asked 1"),
    on(365, 2, draw("founder", 2, "600"), "yes"),
    on(365, 2, draw("founder", 2, "1"), "clause 2: used 600 of 600, asked 1"),
    on(400, 5, send("founder", "company", "1"), "no way"),
    on(400, 5, send("founder", "hana", "100"), "yes"),
    on(400, 6, send("hana", "stranger", "1"), "no way"),
    on(400, 6, send("hana", "ivan", "50"), "yes"),
    on(500, 7, freeze("registrar", "hana"), "not entitled"),
    on(500, 7, freeze("court", "hana"), "yes"),
    on(500, 7, send("hana", "ivan", "1"), "frozen"),
    on(500, 8, move_coins("registrar", "hana", "ivan", "10"), "not entitled"),
    on(500, 8, move_coins("court", "hana", "stranger", "10"), "not a receiver"),
    on(500, 8, move_coins("court", "hana", "ivan", "10"), "yes"),
    on(3_650, 2, draw("founder", 2, "1,801"), "clause 2: used 600 of 2,400, asked 1,801"),
    on(3_650, 2, draw("founder", 2, "1,800"), "yes"),
    on(3_650, 9, hand_over("registrar", "court", "court"), "not entitled"),
    on(3_650, 9, hand_over("registrar", "registrar", "rosa"), "yes"),
    on(3_650, 9, give("rosa", "jana", "holder"), "yes"),
    on(3_650, 10, hand_over("court", "hana", "hana"), "not entitled"),
    on(3_650, 10, hand_over("court", "court", "judge"), "yes"),
    on(3_650, 10, move_coins("first court", "hana", "ivan", "10"), "not entitled"),
];

#[test]
fn shares_are_obeyed() {
    play("shares", SHARES);
}

const GAME: &[Line] = &[
    on(0, 2, give("server", "player 1", "player"), "not entitled"),
    again(101, 0, on(0, 2, give("studio", "player #", "player"), "yes")),
    again(100, 0, on(0, 1, issue("server", "player #", "1,000"), "yes")),
    on(0, 1, issue("server", "player 101", "1"), "clause 1: used 100,000 of 100,000, asked 1"),
    on(1, 3, issue("server", "player 1", "1,000"), "yes"),
    on(1, 3, issue("server", "player 1", "1"), "clause 3: used 1,000 of 1,000, asked 1"),
    on(1, 4, claim("player 1", 4, "100"), "yes"),
    on(1, 4, claim("player 1", 4, "100"), "clause 4: used 0 of 0, asked 100"),
    on(3, 4, claim("player 1", 4, "100"), "yes"),
    on(3, 5, send("player 1", "player 2", "200"), "yes"),
    on(3, 5, send("player 1", "stranger", "1"), "no way"),
    on(3, 6, send("player 2", "studio", "300"), "yes"),
    on(3, 6, send("player 2", "server", "1"), "no way"),
    on(3, 7, amend("studio", 1, "200,001", 30), "clause 7: between 0 and 200,000"),
    on(3, 7, amend("server", 1, "200,000", 30), "not entitled"),
    on(3, 7, amend("studio", 1, "0", 0), "yes"),
    on(4, 7, issue("server", "player 1", "1"), "clause 1: used 0 of 0, asked 1"),
    on(4, 7, amend("studio", 1, "100,000", 29), "clause 7: too short a notice"),
    on(4, 7, amend("studio", 1, "100,000", 30), "yes"),
    on(4, 8, freeze("server", "player 2"), "not entitled"),
    on(4, 8, freeze("studio", "player 2"), "yes"),
    on(4, 8, send("player 2", "player 1", "1"), "frozen"),
    on(3_650, 9, hand_over("studio", "server", "server"), "not entitled"),
    on(3_650, 9, hand_over("studio", "studio", "heir"), "yes"),
    on(3_650, 9, give("heir", "stranger", "player"), "yes"),
    on(3_650, 10, hand_over("server", "studio", "studio"), "not entitled"),
    on(3_650, 10, hand_over("server", "server", "host"), "yes"),
    on(3_650, 10, issue("first server", "player 1", "1"), "not entitled"),
    on(3_650, 10, issue("host", "player 1", "1,000"), "yes"),
];

#[test]
fn game_is_obeyed() {
    play("game", GAME);
}
