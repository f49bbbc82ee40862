//! A charter by which members owe each other.

use super::{Table, against, done, no, play};

pub(super) const TABLES: &[&Table] = &[&MUTUAL];

const MUTUAL: Table = Table {
    name: "mutual",
    changes: &[("3,000.00", "1,600.00")],
    lines: &[
        no(
            1,
            "token role CREDIT member alice --from bob",
            "policy.not_entitled",
            "lets bob do this",
        ),
        no(2, "token draw 1 CREDIT --from alice", "policy.not_entitled", "lets this wallet draw"),
        done(1, "token role CREDIT member alice --from board"),
        done(1, "token role CREDIT member bob --from board"),
        done(1, "token role CREDIT member shop --from board"),
        done(1, "token role CREDIT member clerk --from board"),
        against(2, "token draw 1000.01 CREDIT --from alice", "policy.limit"),
        against(2, "send 1000.01 CREDIT bob --from alice", "policy.limit"),
        done(2, "send 1000 CREDIT bob --from alice"),
        against(4, "token draw 600.01 CREDIT --from bob", "policy.limit"),
        done(4, "token draw 600 CREDIT --from bob"),
        done(3, "token draw 400 CREDIT --from shop"),
        against(3, "token draw 0.01 CREDIT --from shop", "policy.limit"),
        no(1, "token role CREDIT none alice --from board", "policy.owes", "owes 1,000.00"),
        no(2, "token burn 600.01 CREDIT --from bob", "policy.owes_less", "owes 600.00"),
        no(5, "send 1 CREDIT carol --from bob", "policy.no_way", "lets bob send to carol"),
        done(5, "send 1000 CREDIT alice --from bob"),
        done(2, "token burn 500 CREDIT --from alice"),
        against(6, "token amend CREDIT 2 2000.01 --from board", "policy.out_of_bounds"),
        against(6, "token amend CREDIT 2 100 --after 0s --from board", "policy.notice"),
        done(6, "token amend CREDIT 2 100 --from board"),
        no(
            7,
            "token hand-over CREDIT board carol --from bob",
            "policy.not_entitled",
            "lets bob do this",
        ),
        done(7, "token hand-over CREDIT board carol --from board"),
        done(7, "token role CREDIT none clerk --from carol"),
    ],
};

#[test]
fn mutual_credit_is_obeyed_by_a_devnet() {
    // SPEC
    play(&[&MUTUAL]);
}
