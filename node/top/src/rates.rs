//! Growth of a chain, from the times of its last blocks.

use coinage_model::chain::BlockSummary;
use serde::Serialize;

/// Time over which rates are taken, in milliseconds.
const WINDOW_MS: u64 = 20_000;
/// The shortest time over which a rate means anything, in milliseconds.
const WINDOW_MS_MIN: u64 = 1_000;
/// Seconds that the small curves show at most.
pub(super) const CURVE_SECONDS: usize = 60;

/// The growth of a chain in the last seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// Blocks that joined the chain a second.
    pub blocks_per_second: f64,
    /// Transactions in these blocks a second.
    pub transactions_per_second: f64,
}

impl Rates {
    /// The rates of a chain, newest block first; `None` while it is too short to tell.
    pub(super) fn of(blocks: &[BlockSummary], now: u64) -> Option<Self> {
        let oldest = blocks.last()?.header.tip.time;
        let from = now.saturating_sub(WINDOW_MS).max(oldest);
        let span = now.saturating_sub(from);
        if span < WINDOW_MS_MIN {
            return None;
        }
        let within = blocks.iter().filter(|block| block.header.tip.time > from);
        let (mut count, mut transactions) = (0_u32, 0_u32);
        for block in within {
            count = count.saturating_add(1);
            transactions = transactions.saturating_add(block.transactions);
        }
        let a_second = |number: u32| per_second(number, span);
        Some(Self {
            blocks_per_second: a_second(count),
            transactions_per_second: a_second(transactions),
        })
    }
}

/// Returns a rate rounded to hundredths: what is seen does not tremble in the tenth digit.
fn per_second(number: u32, span_ms: u64) -> f64 {
    let span_ms = u32::try_from(span_ms).unwrap_or(u32::MAX).max(1);
    (f64::from(number) * 100_000.0 / f64::from(span_ms)).round() / 100.0
}

/// Blocks and transactions of each of the last seconds, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curves {
    pub(super) blocks: Vec<u64>,
    pub(super) transactions: Vec<u64>,
}

impl Curves {
    /// Counts blocks and transactions by second; the second that has not ended yet is left out.
    pub(super) fn of(blocks: &[BlockSummary], now: u64) -> Self {
        let zero = vec![0; CURVE_SECONDS];
        let mut curves = Self { blocks: zero.clone(), transactions: zero };
        let end = now / 1000;
        for block in blocks {
            let ago = end.saturating_sub(block.header.tip.time / 1000);
            let Ok(ago) = usize::try_from(ago) else { continue };
            let Some(at) = CURVE_SECONDS.checked_sub(ago).filter(|_| ago > 0) else { continue };
            if let Some(place) = curves.blocks.get_mut(at) {
                *place = place.saturating_add(1);
            }
            if let Some(place) = curves.transactions.get_mut(at) {
                *place = place.saturating_add(u64::from(block.transactions));
            }
        }
        curves
    }
}
