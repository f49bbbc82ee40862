//! Limit on the log lines that peers may cause.

/// Lines at once at most: many honest peers may come and go together.
const LINES_MAX: u64 = 400;
/// Lines a second at most, in the long run.
const LINES_PER_SECOND: u64 = 10;

/// Quota of log lines: whoever connects again and again under new names must not fill the disk with
/// what is said of it.
#[derive(Debug)]
pub(super) struct LogRateLimit {
    /// Thousandths of a line that are left.
    left: u64,
    at: u64,
    left_out: u64,
}

impl LogRateLimit {
    pub(super) fn new(uptime: u64) -> Self {
        Self { left: LINES_MAX * 1000, at: uptime, left_out: 0 }
    }

    /// Checks whether a line may be written, at this time in milliseconds. The first after a
    /// silence says how many are missing.
    pub(super) fn allows(&mut self, uptime: u64) -> bool {
        let earned = uptime.saturating_sub(self.at).saturating_mul(LINES_PER_SECOND);
        self.left = self.left.saturating_add(earned).min(LINES_MAX * 1000);
        self.at = uptime;
        let Some(left) = self.left.checked_sub(1000) else {
            self.left_out += 1;
            return false;
        };
        self.left = left;
        let count = std::mem::take(&mut self.left_out);
        if count > 0 {
            let hint = "many peers come and go, or one does under many names";
            tracing::warn!(count, hint, "peer.lines_left_out");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_becomes_a_few_a_second() {
        let mut quota = LogRateLimit::new(0);
        let burst = (0..10_000).filter(|_| quota.allows(0)).count();
        assert_eq!(burst, 400);
        let later = (0..10_000_u64).filter(|ms| quota.allows(*ms)).count();
        assert_eq!(later, 99, "in ten seconds");
        assert!(quota.allows(60_000), "it recovers");
    }
}
