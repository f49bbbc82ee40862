//! The report of a measurement.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::idle::Idle;

/// The results of a measurement. The fields are a contract with scripts.
///
/// Invariant: `offered = submitted + unsent` and
/// `submitted = committed + refused + dropped + pending`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Payments included on all nodes, per second from the beginning of the load until the last
    /// node had the last of them.
    pub committed_per_second: f64,
    /// Payments per second, if all cores did nothing but decode, check and execute every payment
    /// once for each node.
    pub limit_per_second: f64,
    /// Ratio of `committed_per_second` to `limit_per_second`.
    pub ratio: f64,
    /// Time from when a payment was to be sent until the last node had included it; `null` if none
    /// was.
    pub latency_ms: Option<Latency>,
    /// Number of nodes; all of them write blocks.
    pub nodes: u16,
    /// Length of a slot, in milliseconds.
    pub slot_ms: u32,
    /// The processor cores that the nodes and the load share.
    pub cores: usize,
    /// Build of the program: `release`, or `debug`, whose figures mean little.
    pub build: &'static str,
    /// Seconds for which payments were offered.
    pub seconds: u32,
    /// Payments that were offered a second; `null` if as many as the nodes took.
    pub rate: Option<u32>,
    /// Payments that were on their way at most, if there was no rate.
    pub in_flight_max: Option<u64>,
    /// Seconds from the beginning of the load until the last node had the last payment.
    pub measured_seconds: f64,
    /// Payments that were to be sent.
    pub offered: u64,
    /// Payments that were sent.
    pub submitted: u64,
    /// Payments that could not be sent in time, because the nodes answered too slowly.
    pub unsent: u64,
    /// Payments that all nodes included.
    pub committed: u64,
    /// Payments that a node refused.
    pub refused: u64,
    /// Payments that a node refused, by the code of the refusal.
    pub refused_by_code: BTreeMap<String, u64>,
    /// Payments that a node took and that neither were included nor wait.
    pub dropped: u64,
    /// Payments that still waited half a minute after the load.
    pub pending: u64,
    /// Payments whose submission got no answer; they are among the others, too.
    pub unanswered: u64,
    /// The blocks from the first payment to the last.
    pub blocks: u64,
    /// Reorgs on all nodes together.
    pub reorgs: u64,
    /// The blocks that the deepest of them took off a node's chain.
    pub reorg_depth_max: u64,
    /// The most memory that each node had, n1 first, in MiB; `null` where the system does not tell
    /// as Linux does.
    pub peak_mib: Vec<Option<f64>>,
    /// Memory that each node had when all was included, in MiB, n1 first; `null` where the system
    /// does not tell as Linux does.
    pub resident_mib: Vec<Option<f64>>,
    /// Seconds from the start of the processes until all nodes agreed on a block.
    pub ready_seconds: f64,
    /// Seconds from asking the nodes to stop until all were gone.
    pub stop_seconds: f64,
    /// Use of the machine by the nodes before the load, if that was asked for.
    pub idle: Option<Idle>,
}

/// The times that payments took, in milliseconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Latency {
    /// Time that half of the payments did not exceed.
    pub p50: u64,
    /// Time that 95 of 100 did not exceed.
    pub p95: u64,
    /// Time that 99 of 100 did not exceed.
    pub p99: u64,
    /// Time that none exceeded.
    pub max: u64,
}

impl Latency {
    /// Returns the percentiles of these times, which come the shortest first; `None` if there are
    /// none.
    pub fn of(sorted: &[Duration]) -> Option<Self> {
        // The nearest rank: the shortest time that so many percent do not exceed.
        let percentile = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100);
            let time = sorted.get(rank.checked_sub(1)?)?;
            Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
        };
        let [p50, p95, p99, max] = [50, 95, 99, 100].map(percentile);
        Some(Self { p50: p50?, p95: p95?, p99: p99?, max: max? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_occurred() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let expected = Latency { p50: 100, p95: 190, p99: 198, max: 200 };
        assert_eq!(Latency::of(&times), Some(expected));
        let one = Latency { p50: 7, p95: 7, p99: 7, max: 7 };
        assert_eq!(Latency::of(&[Duration::from_millis(7)]), Some(one));
        assert_eq!(Latency::of(&[]), None);
    }
}
