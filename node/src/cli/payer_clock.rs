//! The clock of this machine, where a node's refusal shows that it differs from the network's.

use std::time::{Duration, SystemTime};

use coinage_model::code::Code;
use coinage_model::time;
use coinage_protocol::UnixMillis;

use super::failure::Failure;

/// A difference below this makes no payment expire that lives as long as usual.
const DIFFERENCE_MIN: Duration = Duration::from_secs(60);

/// Names a clock that differs from the network's where that may be why a payment came too late or
/// too soon: a new one would only be refused again.
pub(super) fn named(failure: Failure, expires_at: UnixMillis) -> Failure {
    let Some(network) = network_time(&failure, expires_at) else { return failure };
    let now = time::millis(SystemTime::now());
    // A slow clock makes payments that end too early, a fast one such that end too late.
    let explains = (now < network) == (failure.code == Code::Expired.name());
    if !explains || Duration::from_millis(now.abs_diff(network)) < DIFFERENCE_MIN {
        return failure;
    }
    let by = time::span(now.abs_diff(network));
    let side = if now < network { "behind" } else { "ahead of" };
    let sentence = format!(
        "{}; the clock of this machine is {by} {side} the network's, where it is {}",
        failure.message,
        time::format(network)
    );
    Failure { message: sentence, ..failure }.hint(
        "set this machine's clock (`timedatectl set-ntp true`), then pay anew; if it is right, \
         `coinage doctor` says what is wrong with the node's",
    )
}

/// The time by which the node refused the payment.
fn network_time(failure: &Failure, expires_at: UnixMillis) -> Option<u64> {
    let fact = |name: &str| failure.details[name].as_str();
    if failure.code == Code::Expired.name() {
        return time::parse(fact("block_time")?).ok();
    }
    if failure.code == Code::TooFarAhead.name() {
        return expires_at.get().checked_sub(fact("ahead_ms")?.parse().ok()?);
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn a_clock_that_differs_is_named_with_by_how_much_and_one_that_does_not_is_not() {
        let now = time::millis(SystemTime::now());
        let said = |code: Code, details| {
            let failure = Failure::new(code.name(), "no").details(details);
            named(failure, UnixMillis::new(now + 600_000)).message
        };
        let late = |network| said(Code::Expired, json!({ "block_time": time::format(network) }));
        let behind = late(now + HOUR_MS);
        assert!(behind.contains("behind the network's"), "{behind}");
        assert!(behind.contains("1h") || behind.contains("59m"), "{behind}");
        assert_eq!(late(now + 1000), "no");
        let early = |ahead: u64| said(Code::TooFarAhead, json!({ "ahead_ms": ahead.to_string() }));
        assert!(early(600_000 + 48 * HOUR_MS).contains("2days ahead of"), "two days ahead");
        assert_eq!((early(600_000), early(1)), ("no".to_owned(), "no".to_owned()));
        assert_eq!(said(Code::PoolFull, json!({})), "no");
    }
}
