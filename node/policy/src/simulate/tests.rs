//! Tests of the simulation of supply.

use coinage_protocol::{Amount, Charter};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::{BendKind, Forecast, Settings, SimulateError, simulate};
use crate::read;
use crate::testing::{address, charter};

const DAY_MS: u64 = 86_400_000;
const YEAR_MS: u64 = 365 * DAY_MS;

fn coin(clauses: &str) -> Charter {
    let (board, founder) = (address(1), address(2));
    let head = "coin POINTS \"Club\", 2 decimals\nperiods count from 2027-01-01 00:00 +00:00";
    let accounts = format!("board is {board}\nfounder is {founder}");
    read(&format!("{head}\n{accounts}\n{clauses}")).expect("a policy")
}

/// Plays so many days, with a point at the end of each stretch of `step` days.
fn play(charter: &Charter, days: u64, step: u64) -> Forecast {
    let until = charter.anchor.millis().saturating_add(days * DAY_MS);
    let settings = Settings { until, step_ms: step * DAY_MS, members: 3, work_max: 20_000 };
    simulate(charter, settings).expect("not too much")
}

/// The upper edge, in hundredths.
fn most(forecast: &Forecast) -> Vec<u128> {
    forecast.points.iter().map(|point| point.most.units()).collect()
}

#[test]
fn a_part_of_the_supply_is_taken_at_the_start_of_each_period() {
    // SPEC R-6; the numbers are those of compound interest, rounded down each year
    let charter = coin(
        "1,000,000.00 go to board at creation\n\
         board may issue at most 2 % of the supply per 365 days",
    );
    let forecast = play(&charter, 9 * 365, 365);
    let most = most(&forecast);
    assert_eq!(most[0], 102_000_000, "at the start of the first");
    assert_eq!(most[4], 110_408_080);
    assert_eq!(most[5], 112_616_241, "at the start of the sixth");
    assert_eq!(most[9], 121_899_439);
    assert!(forecast.points.iter().all(|point| point.least.units() == 100_000_000));
    assert!(forecast.bends.is_empty(), "{:?}", forecast.bends);
}

#[test]
fn what_halves_bends_where_it_halves() {
    // SPEC R-7
    let clause = "founder may draw 1,000.00 per day, halving every 1,460 periods";
    let forecast = play(&coin(clause), 3 * 1_460, 1_460);
    assert_eq!(most(&forecast), [0, 146_000_000, 219_000_000, 255_500_000]);
    let bends: Vec<_> = forecast.bends.iter().map(|bend| (bend.kind, bend.clause.0)).collect();
    assert_eq!(bends, [(BendKind::Halved, 0); 3]);
    let all = play(&coin(clause), 25 * 1_460, 1_460);
    assert_eq!(all.points.last().map(|point| point.most.units()), Some(291_991_240));
}

#[test]
fn members_claim_and_a_cap_is_reached_at_the_earliest() {
    // SPEC R-8, R-6 (e)
    let charter = coin(
        "board may give and take the role member, to at most 500 accounts\n\
         each member may claim 30.00 per 30 days, also for the last 3 missed\n\
         at most 200.00 may be outstanding",
    );
    let forecast = play(&charter, 120, 30);
    assert_eq!(most(&forecast), [0, 9_000, 18_000, 18_000, 18_000], "three members, whole claims");
    let [reached] = forecast.bends.as_slice() else { panic!("{:?}", forecast.bends) };
    let start = charter.anchor.millis();
    assert_eq!((reached.kind, reached.clause.0), (BendKind::Reached, 2));
    assert_eq!(reached.time, start.saturating_add(90 * DAY_MS));
}

#[test]
fn every_day_counts_also_between_two_points() {
    // SPEC R-3, R-6 (d)
    let charter = coin("board may issue at most 5,000.00 per day");
    assert_eq!(most(&play(&charter, 30, 30)), [500_000, 31 * 500_000]);
    let limited = coin(
        "board may issue without limit\nboard may give and take the role member, to at most 2 \
         accounts\neach member may be issued at most 7.00 per 30 days\n\
         each member may hold at most 20.00",
    );
    assert_eq!(most(&play(&limited, 120, 30)), [1_400, 2_800, 4_000, 4_000, 4_000]);
}

#[test]
fn amounts_are_raised_as_high_and_as_early_as_the_charter_allows() {
    // SPEC R-12
    let charter = coin(
        "board may issue at most 10.00 per day\nboard may set the amount in clause 1 between 0.00 \
         and 20.00, announced 30 days before\nnothing may be issued from \
         2027-03-02 00:00 +00:00 on",
    );
    let forecast = play(&charter, 90, 30);
    assert_eq!(most(&forecast), [1_000, 32_000, 90_000, 90_000]);
    let kinds: Vec<_> = forecast.bends.iter().map(|bend| bend.kind).collect();
    assert_eq!(kinds, [BendKind::Amended, BendKind::Ended]);
}

#[test]
fn too_short_periods_are_refused_with_the_time_that_is_not_too_far() {
    let charter = coin("board may issue at most 10.00 per second");
    let start = charter.anchor.millis();
    let settings = |until| Settings { until, step_ms: DAY_MS, members: 0, work_max: 20_000 };
    let far = settings(start.saturating_add(100 * YEAR_MS));
    let Err(SimulateError::TooLong { until }) = simulate(&charter, far) else { panic!() };
    assert!(until > start && until < start.saturating_add(YEAR_MS), "{until}");
    let before = Settings { until: start.saturating_sub(1), ..far };
    assert_eq!(simulate(&charter, before), Err(SimulateError::Empty));
    assert_eq!(simulate(&charter, Settings { step_ms: 999, ..far }), Err(SimulateError::Step));
}

#[test]
fn no_charter_is_too_strange_to_be_played_and_the_band_has_no_hole() {
    let mut random = ChaCha20Rng::seed_from_u64(7);
    let mut played = 0;
    for _ in 0..200 {
        let charter = charter(&mut |end: u64| random.next_u64() % end);
        let start = charter.anchor.millis();
        let settings = Settings {
            until: start.saturating_add(400 * DAY_MS),
            step_ms: 50 * DAY_MS,
            members: 2,
            work_max: 500,
        };
        let forecast = match simulate(&charter, settings) {
            Ok(forecast) => forecast,
            Err(SimulateError::TooLong { until }) => {
                assert!(until < settings.until);
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        played += 1;
        assert!(forecast.points.len() >= 9);
        let rises = forecast.points.windows(2).all(|pair| pair[0].most <= pair[1].most);
        assert!(rises && forecast.points.iter().all(|point| point.least <= point.most));
        assert!(forecast.points.iter().all(|point| point.most <= Amount::MAX));
    }
    assert!(played > 20, "{played} of 200 were played");
}
