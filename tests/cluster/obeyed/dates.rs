//! Charters with dates, which pass while they are watched.

use super::{Table, UNTIL, against, done, no, play};

pub(super) const TABLES: &[&Table] = &[&VOUCHER, &HALVING];

const VOUCHER: Table = Table {
    name: "voucher",
    changes: &[
        ("12,000,000.00", "700.00"),
        ("2029-07-01 00:00 +09:00", "SOON"),
        ("2030-01-01 00:00 +09:00", "SOON"),
        ("20,000 accounts", "1 accounts"),
    ],
    lines: &[
        done(3, "token role VOUCHER resident alice --from town"),
        done(4, "token role VOUCHER merchant bob --from town"),
        done(5, "token mint 500 VOUCHER alice --from town"),
        against(5, "token mint 0.01 VOUCHER alice --from town", "policy.limit"),
        done(6, "send 200 VOUCHER bob --from alice"),
        done(8, "token mint 1 VOUCHER town --from town"),
        done(9, "send 10 VOUCHER bob --from alice"),
        against(1, "token mint 700000.01 VOUCHER town --from town", "policy.limit"),
        against(2, "token mint 199.01 VOUCHER town --from town", "policy.limit"),
        done(1, "token mint 99 VOUCHER town --from town"),
        done(2, "token mint 100 VOUCHER town --from town"),
        done(8, UNTIL),
        against(8, "token mint 1 VOUCHER town --from town", "policy.too_late"),
        against(9, "send 1 VOUCHER bob --from alice", "policy.too_late"),
        done(9, "send 20 VOUCHER town --from bob"),
        done(9, "token burn 1 VOUCHER --from alice"),
        against(3, "token role VOUCHER resident carol --from town", "policy.role_full"),
        no(
            4,
            "token role VOUCHER merchant carol --from alice",
            "policy.not_entitled",
            "lets alice do this",
        ),
        no(6, "send 1 VOUCHER town --from alice", "policy.no_way", "lets alice send to town"),
        done(7, "send 20 VOUCHER town --from bob"),
        no(7, "send 1 VOUCHER town --from carol", "policy.no_way", "lets carol send to town"),
        no(
            10,
            "token hand-over VOUCHER town carol --from bob",
            "policy.not_entitled",
            "lets bob do this",
        ),
        done(10, "token hand-over VOUCHER town carol --from town"),
        done(10, "send 20 VOUCHER carol --from bob"),
    ],
};

const HALVING: Table = Table {
    name: "halving",
    changes: &[("2027-02-01 00:00 +00:00", "SOON")],
    lines: &[
        against(2, "token draw 1000 HALVING --from treasury", "policy.too_early"),
        // The node keeps it until the instant is there.
        done(2, "token draw 1000 HALVING --from treasury --park --timeout 2m"),
        against(1, "token draw 3000000 HALVING --from treasury", "policy.limit"),
        done(1, "token draw 100000 HALVING --from treasury"),
        no(
            3,
            "token hand-over HALVING treasury bob --from alice",
            "policy.not_entitled",
            "lets alice do this",
        ),
        done(3, "token hand-over HALVING treasury bob --from treasury"),
        no(
            3,
            "together treasury draw:1:HALVING:treasury:1",
            "policy.not_entitled",
            "lets treasury do this",
        ),
        done(3, "token draw 1000 HALVING --from bob"),
    ],
};

#[test]
fn vouchers_and_halving_are_obeyed_by_a_devnet_before_and_after_their_dates() {
    // SPEC, P-2
    play(&[&VOUCHER, &HALVING]);
}
