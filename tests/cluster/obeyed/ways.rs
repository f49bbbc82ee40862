//! Charters that say who sends to whom.

use super::{Table, against, done, no, play};

pub(super) const TABLES: &[&Table] = &[&REGIO, &TIMEBANK, &SHARES];

const REGIO: Table = Table {
    name: "regio",
    changes: &[("50,000.00", "1,000.00"), ("2,000.00", "650.00")],
    lines: &[
        no(
            3,
            "token role REGIO member alice --from bob",
            "policy.not_entitled",
            "lets bob do this",
        ),
        done(3, "token role REGIO member alice --from desk"),
        done(3, "token role REGIO member bob --from desk"),
        no(
            4,
            "token role REGIO merchant carol --from alice",
            "policy.not_entitled",
            "lets alice do this",
        ),
        done(4, "token role REGIO merchant carol --from desk"),
        done(4, "token role REGIO merchant shop --from desk"),
        against(1, "token mint 20000.01 REGIO alice --from desk", "policy.limit"),
        done(1, "token mint 600 REGIO alice --from desk"),
        against(6, "token mint 50.01 REGIO alice --from desk", "policy.limit"),
        done(6, "token mint 50 REGIO alice --from desk"),
        against(5, "token mint 700.01 REGIO alice --from desk", "policy.limit"),
        no(
            5,
            "token mint 1 REGIO carol --from desk",
            "policy.not_a_receiver",
            "carol has no role or name by which it may receive REGIO",
        ),
        against(2, "token mint 350.01 REGIO bob --from desk", "policy.limit"),
        done(5, "token mint 300 REGIO bob --from desk"),
        done(2, "token mint 50 REGIO bob --from desk"),
        no(7, "send 1 REGIO bob --from alice", "policy.no_way", "lets alice send to bob"),
        done(7, "send 300 REGIO carol --from alice"),
        no(8, "send 1 REGIO alice --from carol", "policy.no_way", "lets carol send to alice"),
        done(8, "send 100 REGIO shop --from carol"),
        no(9, "send 1 REGIO desk --from alice", "policy.no_way", "lets alice send to desk"),
        done(9, "send 50 REGIO desk --from shop"),
        no(
            10,
            "token hand-over REGIO desk alice --from bob",
            "policy.not_entitled",
            "lets bob do this",
        ),
        done(10, "token hand-over REGIO desk clerk --from desk"),
        done(10, "send 50 REGIO clerk --from shop"),
        no(10, "send 1 REGIO desk --from carol", "policy.no_way", "lets carol send to desk"),
    ],
};

#[test]
fn a_local_currency_is_obeyed_by_a_devnet() {
    // SPEC
    play(&[&REGIO]);
}

const TIMEBANK: Table = Table {
    name: "timebank",
    changes: &[("60.00", "9.50"), ("20.00", "5.00"), ("300 accounts", "2 accounts")],
    lines: &[
        done(2, "token role HOURS member alice --from office"),
        done(2, "token role HOURS member bob --from office"),
        against(2, "token role HOURS member carol --from office", "policy.role_full"),
        against(1, "token mint 200.01 HOURS alice --from office", "policy.limit"),
        done(1, "token mint 8 HOURS alice --from office"),
        against(3, "token mint 10.01 HOURS alice --from office", "policy.limit"),
        done(3, "token mint 1 HOURS alice --from office"),
        against(4, "token mint 0.51 HOURS alice --from office", "policy.limit"),
        done(4, "token mint 0.5 HOURS alice --from office"),
        against(5, "send 5.01 HOURS bob --from alice", "policy.limit"),
        against(
            5,
            "together alice transfer:3:HOURS:alice:bob transfer:3:HOURS:alice:bob",
            "policy.limit",
        ),
        done(5, "send 5 HOURS bob --from alice"),
        no(6, "send 1 HOURS carol --from alice", "policy.no_way", "lets alice send to carol"),
        done(6, "send 2 HOURS alice --from bob"),
        no(7, "send 1 HOURS alice --from office", "policy.no_way", "lets office send to alice"),
        done(7, "send 2 HOURS office --from bob"),
        no(
            8,
            "token hand-over HOURS office carol --from bob",
            "policy.not_entitled",
            "lets bob do this",
        ),
        done(8, "token hand-over HOURS office carol --from office"),
        done(8, "token role HOURS none bob --from carol"),
        no(8, "send 0.5 HOURS alice --from bob", "policy.no_way", "lets bob send to alice"),
    ],
};

#[test]
fn a_time_bank_is_obeyed_by_a_devnet() {
    // SPEC
    play(&[&TIMEBANK]);
}

const SHARES: Table = Table {
    name: "shares",
    changes: &[("2027-01-01 00:00 +00:00", "LONG AGO")],
    lines: &[
        no(
            3,
            "token role SHARES holder alice --from court",
            "policy.not_entitled",
            "lets court do this",
        ),
        done(3, "token role SHARES holder alice --from registrar"),
        done(3, "token role SHARES holder bob --from registrar"),
        no(
            1,
            "send 10001 SHARES alice --from company",
            "transaction.insufficient_balance",
            "company has 10000 SHARES",
        ),
        done(1, "send 4000 SHARES alice --from company"),
        no(4, "send 1 SHARES carol --from company", "policy.no_way", "lets company send to carol"),
        done(4, "send 6000 SHARES bob --from company"),
        against(2, "token draw 1201 SHARES --from founder", "policy.limit"),
        done(2, "token draw 1200 SHARES --from founder"),
        no(5, "send 1 SHARES carol --from founder", "policy.no_way", "lets founder send to carol"),
        done(5, "send 100 SHARES bob --from founder"),
        no(6, "send 1 SHARES carol --from bob", "policy.no_way", "lets bob send to carol"),
        done(6, "send 50 SHARES alice --from bob"),
        no(
            7,
            "token freeze SHARES bob --from registrar",
            "policy.not_entitled",
            "lets registrar do this",
        ),
        done(7, "token freeze SHARES bob --from court"),
        no(7, "send 1 SHARES alice --from bob", "policy.frozen", "bob is frozen in SHARES"),
        no(
            8,
            "token move 10 SHARES bob alice --from registrar",
            "policy.not_entitled",
            "lets registrar do this",
        ),
        no(
            8,
            "token move 10 SHARES bob carol --from court",
            "policy.not_a_receiver",
            "carol has no role or name",
        ),
        done(8, "token move 10 SHARES bob alice --from court"),
        no(
            9,
            "token hand-over SHARES registrar alice --from court",
            "policy.not_entitled",
            "lets court do this",
        ),
        done(9, "token hand-over SHARES registrar alice --from registrar"),
        done(9, "token role SHARES holder carol --from alice"),
        no(
            10,
            "token hand-over SHARES court alice --from company",
            "policy.not_entitled",
            "lets company do this",
        ),
        done(10, "token hand-over SHARES court carol --from court"),
        done(10, "token unfreeze SHARES bob --from carol"),
    ],
};

#[test]
fn shares_are_obeyed_by_a_devnet() {
    // SPEC
    play(&[&SHARES]);
}
