use super::*;
use crate::units::UnixMillis;

const DAY: u64 = 24 * 3_600_000;
const TODAY: u64 = 20_000 * DAY;

fn evidence(authorities: usize, reached: Option<u64>) -> Evidence {
    Evidence {
        slot_ms: 500,
        authorities,
        rounds_ms: 4_000,
        blocks_agree: false,
        reached: UnixMillis::new(reached.unwrap_or(TODAY)),
    }
}

fn now(wall: UnixMillis, uptime: u64) -> Now {
    Now { wall, uptime }
}

/// A clock of a node that began at uptime 0 today, and peers whose clocks differ by so much.
fn started(peers: &[i64]) -> ClockTrust {
    let mut trust = ClockTrust::new(now(UnixMillis::new(TODAY), 0), false);
    trust.observe(now(UnixMillis::new(TODAY + 100), 100), 500);
    for (peer, by) in (0..).zip(peers) {
        let told = (TODAY + 50).saturating_add_signed(*by);
        trust.compare(
            PeerRef(peer),
            0,
            UnixMillis::new(told),
            now(UnixMillis::new(TODAY + 100), 100),
        );
    }
    trust
}

#[test]
fn a_clock_is_signed_by_once_peers_confirm_it() {
    // SPEC C-5
    let judged = |peers: &[i64]| {
        let mut trust = started(peers);
        trust.judge(now(UnixMillis::new(TODAY + 100), 100), evidence(4, Some(TODAY)));
        trust.doubts()
    };
    let hours = 2 * 3_600_000;
    assert_eq!(judged(&[]), Some(ClockDoubt::Unconfirmed));
    assert_eq!(judged(&[20]), None);
    assert_eq!(judged(&[20, hours]), None, "a liar beside an honest peer");
    let ahead = |doubt| matches!(doubt, Some(ClockDoubt::Contradicted { ahead_ms: 7_000_000.. }));
    assert!(ahead(judged(&[-hours])), "of two, the one ahead waits");
    assert!(ahead(judged(&[-hours, -hours, 0])));
    assert_eq!(judged(&[hours]), Some(ClockDoubt::Unconfirmed), "one against one");
}

#[test]
fn a_slow_answer_contradicts_nobody() {
    // SPEC C-5: it came somewhere between the question and the answer.
    let mut trust = started(&[]);
    trust.observe(now(UnixMillis::new(TODAY + 9_000), 9_000), 500);
    trust.compare(
        PeerRef(1),
        100,
        UnixMillis::new(TODAY + 200),
        now(UnixMillis::new(TODAY + 9_000), 9_000),
    );
    assert!(!trust.is_ahead_of_most(500));
    trust.compare(
        PeerRef(1),
        8_900,
        UnixMillis::new(TODAY + 2_000),
        now(UnixMillis::new(TODAY + 9_000), 9_000),
    );
    assert!(trust.is_ahead_of_most(500), "this one was quick");
}

#[test]
fn a_step_is_followed_when_peers_confirm_it_and_undone_without_them() {
    // SPEC C-5
    let mut trust = started(&[0, 0, 0]);
    trust.judge(now(UnixMillis::new(TODAY + 100), 100), evidence(4, Some(TODAY)));
    let far = TODAY + 40 * DAY;
    assert!(trust.observe(now(UnixMillis::new(far), 1_000), 500), "a step");
    trust.judge(now(UnixMillis::new(far), 1_000), evidence(4, Some(TODAY)));
    assert_eq!(trust.doubts(), Some(ClockDoubt::Unconfirmed), "old comparisons do not count");
    assert!(trust.observe(now(UnixMillis::new(TODAY + 2_000), 2_000), 500));
    assert_eq!(trust.doubts(), None, "it is back where it was");
    trust.observe(now(UnixMillis::new(far), 3_000), 500);
    trust.compare(
        PeerRef(1),
        3_100,
        UnixMillis::new(far + 150),
        now(UnixMillis::new(far + 200), 3_200),
    );
    trust.judge(now(UnixMillis::new(far + 200), 3_200), evidence(4, Some(TODAY)));
    assert_eq!(trust.doubts(), None, "a peer made the same step");
    assert_eq!(trust.start_time(), far - 3_000, "the process began then, by this clock");
}

#[test]
fn a_node_alone_goes_by_its_clock_unless_the_gap_is_absurd() {
    // SPEC C-5
    let after = |reached: Option<u64>| {
        let mut trust = started(&[]);
        trust.judge(now(UnixMillis::new(TODAY + 100), 100), evidence(1, reached));
        trust.doubts()
    };
    assert_eq!(after(None), None, "the first start");
    assert_eq!(after(Some(TODAY - DAY)), None, "it was stopped overnight");
    assert!(matches!(after(Some(TODAY - 40 * DAY)), Some(ClockDoubt::Absurd { .. })));
    assert!(matches!(after(Some(TODAY + DAY)), Some(ClockDoubt::Absurd { .. })));
    let trust = ClockTrust::new(now(UnixMillis::new(TODAY), 0), true);
    assert!(trust.doubts().is_none() && trust.is_certain(), "the operator's word");
}

#[test]
fn a_node_alone_follows_a_step_after_a_minute_and_gives_no_block_up_for_it() {
    // SPEC C-5, C-1
    let mut trust = started(&[]);
    trust.judge(now(UnixMillis::new(TODAY + 100), 100), evidence(1, Some(TODAY)));
    assert!(trust.is_certain());
    let back = |uptime: u64| now(UnixMillis::new(TODAY - DAY / 12 + uptime), uptime);
    trust.observe(back(1_000), 500);
    let reached = Some(TODAY - DAY);
    trust.judge(back(50_000), evidence(1, reached));
    assert_eq!(trust.doubts(), Some(ClockDoubt::Unconfirmed));
    trust.judge(back(61_000), evidence(1, reached));
    assert_eq!((trust.doubts(), trust.is_certain()), (None, false));
}
