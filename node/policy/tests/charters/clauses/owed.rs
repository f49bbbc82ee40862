//! Mutual credit: coins that members owe, and the limits on them.

use super::{Line, again, on, play};
use crate::world::{amend, burn, draw, give, hand_over, send, take};

const MUTUAL: &[Line] = &[
    on(0, 2, draw("ann", 2, "1.00"), "not entitled"),
    again(4, 0, on(0, 1, give("board", "member #", "member"), "yes")),
    on(0, 1, give("ann", "bob", "member"), "not entitled"),
    // Whoever pays more than it has owes the rest; all together 500.00 for each member.
    on(0, 2, draw("member 1", 2, "1,000.01"), "clause 2: used 0.00 of 1,000.00, asked 1,000.01"),
    on(0, 2, draw("member 1", 2, "1,000.00"), "yes"),
    on(0, 5, send("member 1", "member 2", "1,000.00"), "yes"),
    on(0, 3, draw("member 2", 2, "1,000.00"), "yes"),
    on(0, 3, draw("member 3", 2, "0.01"), "clause 3: used 2,000.00 of 2,000.00, asked 0.01"),
    on(0, 5, send("member 2", "ann", "1.00"), "no way"),
    on(0, 2, burn("member 1", "1.00"), "has 0.00"),
    on(0, 2, take("board", "member 1"), "it owes 1,000.00"),
    // A member who joins is 500.00 more, and one who repays leaves its share to others.
    on(1, 1, give("board", "member 5", "member"), "yes"),
    on(1, 3, draw("member 3", 2, "500.00"), "yes"),
    on(1, 5, send("member 2", "member 1", "700.00"), "yes"),
    on(1, 2, burn("member 1", "700.00"), "yes"),
    on(1, 2, burn("member 2", "1,000.01"), "it owes 1,000.00"),
    on(1, 3, draw("member 4", 2, "700.00"), "yes"),
    on(1, 2, draw("member 1", 2, "0.01"), "clause 3: used 2,500.00 of 2,500.00, asked 0.01"),
    on(2, 4, send("member 3", "member 2", "500.00"), "yes"),
    on(2, 4, send("member 4", "member 2", "700.00"), "yes"),
    again(2, 0, on(2, 1, give("board", "friend #", "member"), "yes")),
    on(2, 4, draw("friend 1", 2, "1,000.00"), "yes"),
    on(
        2,
        4,
        send("friend 1", "member 2", "500.01"),
        "clause 4: used 3,000.01 of 3,000.00, asked 0.00",
    ),
    on(3, 6, amend("board", 2, "2,000.01", 30), "clause 6: between 0.00 and 2,000.00"),
    on(3, 6, amend("board", 2, "200.00", 29), "clause 6: too short a notice"),
    on(3, 6, amend("board", 2, "200.00", 30), "yes"),
    on(32, 2, burn("friend 1", "900.00"), "yes"),
    on(32, 2, draw("friend 1", 2, "900.00"), "yes"),
    on(33, 2, burn("friend 1", "850.00"), "yes"),
    on(33, 2, draw("friend 1", 2, "51.00"), "clause 2: used 150.00 of 200.00, asked 51.00"),
    on(33, 2, draw("friend 1", 2, "50.00"), "yes"),
    on(3_650, 7, hand_over("board", "ann", "ann"), "not entitled"),
    on(3_650, 7, hand_over("board", "board", "ann"), "yes"),
    on(3_650, 7, give("ann", "bob", "member"), "yes"),
];

#[test]
fn mutual_credit_is_obeyed() {
    play("mutual", MUTUAL);
}
