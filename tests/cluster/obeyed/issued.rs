//! Charters that say how coins come to be.

use super::{Table, against, done, no, play};

pub(super) const TABLES: &[&Table] = &[&POINTS, &FREE, &GROWTH, &STIPEND, &GAME];

const POINTS: Table = Table {
    name: "points",
    changes: &[("1,000,000.00", "4,000.00")],
    lines: &[
        against(1, "token mint 5000.01 POINTS alice --from board", "policy.limit"),
        against(
            1,
            "together board mint:3000:POINTS:board:alice mint:3000:POINTS:board:alice",
            "policy.limit",
        ),
        no(
            1,
            "token mint 1 POINTS alice --from alice",
            "policy.not_entitled",
            "no clause of the charter of POINTS lets alice do this",
        ),
        done(1, "token mint 1000 POINTS alice --from board"),
        against(2, "token mint 3000.01 POINTS alice --from board", "policy.limit"),
        done(2, "token mint 3000 POINTS alice --from board"),
        done(2, "token burn 4000 POINTS --from alice"),
        against(3, "token amend POINTS 1 10000.01 --from board", "policy.out_of_bounds"),
        against(3, "token amend POINTS 1 8000 --after 0s --from board", "policy.notice"),
        no(3, "token amend POINTS 1 1 --from bob", "policy.not_entitled", "lets bob do this"),
        // Less is in force at once.
        done(3, "token amend POINTS 1 1000 --after 0s --from board"),
        against(1, "token mint 1000.01 POINTS alice --from board", "policy.limit"),
        no(
            4,
            "token hand-over POINTS board bob --from alice",
            "policy.not_entitled",
            "lets alice do this",
        ),
        done(4, "token hand-over POINTS board bob --from board"),
        no(
            4,
            "token mint 1 POINTS alice --from board",
            "policy.not_entitled",
            "lets board do this",
        ),
        done(4, "token mint 1 POINTS alice --from bob"),
        no(
            1,
            "token set-issuer POINTS alice --from bob",
            "policy.no_issuer",
            "a coin with a charter has no issuer",
        ),
    ],
};

#[test]
fn points_are_obeyed_by_a_devnet() {
    // SPEC
    play(&[&POINTS]);
}

const FREE: Table = Table {
    name: "free",
    changes: &[],
    lines: &[
        no(1, "token mint 1 FREE bob --from bob", "policy.not_entitled", "lets bob do this"),
        done(1, "token mint 1000000000 FREE bob --from board"),
    ],
};

#[test]
fn who_may_issue_without_limit_does_and_nobody_else() {
    // SPEC R-6
    play(&[&FREE]);
}

const GROWTH: Table = Table {
    name: "growth",
    changes: &[],
    lines: &[
        no(
            1,
            "send 1000000.01 GROWTH alice --from treasury",
            "transaction.insufficient_balance",
            "treasury has 1000000.00 GROWTH",
        ),
        done(1, "send 1000000 GROWTH alice --from treasury"),
        against(2, "token mint 20000.01 GROWTH alice --from treasury", "policy.limit"),
        against(
            2,
            "together treasury mint:15000:GROWTH:treasury:bob mint:15000:GROWTH:treasury:bob",
            "policy.limit",
        ),
        done(2, "token mint 20000 GROWTH alice --from treasury"),
        // 2 % of what there is now: of 1,020,000.00.
        against(2, "token mint 20400.01 GROWTH alice --from treasury", "policy.limit"),
        done(2, "token mint 20400 GROWTH alice --from treasury --park"),
        no(
            3,
            "token hand-over GROWTH treasury bob --from alice",
            "policy.not_entitled",
            "lets alice do this",
        ),
        done(3, "token hand-over GROWTH treasury bob --from treasury"),
        done(3, "token mint 1 GROWTH bob --from bob --park"),
    ],
};

#[test]
fn growth_is_obeyed_by_a_devnet() {
    // SPEC R-6
    play(&[&GROWTH]);
}

const STIPEND: Table = Table {
    name: "stipend",
    changes: &[("500 accounts", "2 accounts")],
    lines: &[
        no(
            1,
            "token role STIPEND member alice --from alice",
            "policy.not_entitled",
            "lets alice do this",
        ),
        // A claim in the period of joining.
        against(
            2,
            "together board alice role:STIPEND:board:alice:member claim:30:STIPEND:alice:2",
            "policy.limit",
        ),
        done(1, "token role STIPEND member alice --from board"),
        done(1, "token role STIPEND member bob --from board"),
        against(1, "token role STIPEND member carol --from board", "policy.role_full"),
        no(2, "together carol claim:30:STIPEND:carol:2", "policy.not_entitled", "lets carol do"),
        done(2, "token claim STIPEND --from alice --park"),
        against(2, "token claim STIPEND --periods 5 --from bob", "policy.limit"),
        done(2, "token claim STIPEND --periods 4 --from bob --park"),
        against(3, "token amend STIPEND 2 40.01 --from board", "policy.out_of_bounds"),
        against(3, "token amend STIPEND 2 40 --after 0s --from board", "policy.notice"),
        against(2, "together alice claim:40:STIPEND:alice:2", "policy.not_whole"),
        done(3, "token amend STIPEND 2 40 --after 8s --from board"),
        // Included when the amendment is in force, not before.
        done(3, "together alice claim:40:STIPEND:alice:2 --park"),
        no(4, "token freeze STIPEND bob --from alice", "policy.not_entitled", "lets alice do this"),
        done(4, "token freeze STIPEND alice --from board"),
        no(4, "send 1 STIPEND bob --from alice", "policy.frozen", "alice is frozen in STIPEND"),
        no(4, "token claim STIPEND --from alice", "policy.frozen", "alice is frozen in STIPEND"),
        done(4, "token unfreeze STIPEND alice --from board"),
        done(4, "send 1 STIPEND bob --from alice"),
        no(
            5,
            "token hand-over STIPEND board bob --from alice",
            "policy.not_entitled",
            "lets alice do this",
        ),
        done(5, "token hand-over STIPEND board carol --from board"),
        done(5, "token role STIPEND none alice --from carol"),
        no(
            5,
            "token role STIPEND member alice --from board",
            "policy.not_entitled",
            "lets board do this",
        ),
    ],
};

#[test]
fn stipend_is_obeyed_by_a_devnet() {
    // SPEC
    play(&[&STIPEND]);
}

const GAME: Table = Table {
    name: "game",
    changes: &[("5,000 accounts", "2 accounts")],
    lines: &[
        no(
            2,
            "token role GAME player alice --from server",
            "policy.not_entitled",
            "lets server do this",
        ),
        done(2, "token role GAME player alice --from studio"),
        done(2, "token role GAME player bob --from studio"),
        against(2, "token role GAME player carol --from studio", "policy.role_full"),
        against(1, "token mint 100001 GAME alice --from server", "policy.limit"),
        done(1, "token mint 900 GAME alice --from server"),
        against(3, "token mint 1001 GAME alice --from server", "policy.limit"),
        done(3, "token mint 100 GAME alice --from server"),
        done(4, "token claim GAME --from alice --park"),
        // Twice for one period, and more than a period gives.
        against(4, "together alice claim:100:GAME:alice:4 claim:100:GAME:alice:4", "policy.limit"),
        against(4, "token claim GAME --periods 2 --from alice", "policy.limit"),
        no(5, "send 1 GAME carol --from alice", "policy.no_way", "lets alice send to carol"),
        done(5, "send 200 GAME bob --from alice"),
        no(6, "send 1 GAME server --from bob", "policy.no_way", "lets bob send to server"),
        done(6, "send 50 GAME studio --from bob"),
        against(7, "token amend GAME 1 200001 --from studio", "policy.out_of_bounds"),
        no(7, "token amend GAME 1 1 --from server", "policy.not_entitled", "lets server do this"),
        done(7, "token amend GAME 1 0 --after 0s --from studio"),
        against(1, "token mint 1 GAME alice --from server", "policy.limit"),
        no(8, "token freeze GAME bob --from server", "policy.not_entitled", "lets server do this"),
        done(8, "token freeze GAME bob --from studio"),
        no(8, "send 1 GAME alice --from bob", "policy.frozen", "bob is frozen in GAME"),
        no(
            9,
            "token hand-over GAME studio carol --from server",
            "policy.not_entitled",
            "lets server do this",
        ),
        done(9, "token hand-over GAME studio carol --from studio"),
        done(9, "token unfreeze GAME bob --from carol"),
        no(
            10,
            "token hand-over GAME server alice --from studio",
            "policy.not_entitled",
            "lets studio do this",
        ),
        done(10, "token hand-over GAME server carol --from server"),
    ],
};

#[test]
fn game_is_obeyed_by_a_devnet() {
    // SPEC
    play(&[&GAME]);
}
