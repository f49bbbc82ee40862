//! Bytes of answers that a peer may take, beside the others (SPEC N-6).

/// Bytes that a peer may take at once (SPEC N-6).
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes among them that a new one may take: a full answer. To connect anew gains nothing.
const NEW_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Bytes that a peer must have left to be served while all together take too much: it took less
/// than its share for a while.
const SPARE_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes that it may take each second: more than a machine can check.
const BYTES_PER_SECOND: u64 = 8 * 1024 * 1024;
/// Bytes that all may take at once.
const ALL_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes that all may take each second: to find and send them takes a small part of a core.
const ALL_BYTES_PER_SECOND: u64 = 16 * 1024 * 1024;

/// Bytes that were taken and are not forgotten yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    bytes: u64,
    at: u64,
}

impl Taken {
    /// Bytes that count as taken by a new peer.
    pub(super) fn of_newcomer(uptime: u64) -> Self {
        Self { bytes: BYTES_MAX.saturating_sub(NEW_BYTES_MAX), at: uptime }
    }

    /// Adds what was taken now.
    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Checks whether any bytes are not forgotten yet.
    pub(super) fn is_any(self) -> bool {
        self.bytes > 0
    }

    fn forget(&mut self, per_second: u64, uptime: u64) {
        let gone = uptime.saturating_sub(self.at).saturating_mul(per_second) / 1000;
        if gone > 0 {
            (self.bytes, self.at) = (self.bytes.saturating_sub(gone), uptime);
        }
    }
}

/// Lets time pass for what all peers took together and for what each took: those who take share
/// what there is each second.
pub(super) fn pass_time<'t>(
    all: &mut Taken,
    each: impl Iterator<Item = &'t mut Taken>,
    takers: usize,
    uptime: u64,
) {
    all.forget(ALL_BYTES_PER_SECOND, uptime);
    let takers = u64::try_from(takers).unwrap_or(u64::MAX).max(1);
    let share = ALL_BYTES_PER_SECOND.checked_div(takers).unwrap_or(0).min(BYTES_PER_SECOND);
    each.for_each(|taken| taken.forget(share, uptime));
}

/// Checks whether a peer that took so much may take more.
pub(super) fn may_take(taken: Taken, all: Taken) -> bool {
    let spare = BYTES_MAX.saturating_sub(taken.bytes);
    spare > if all.bytes < ALL_BYTES_MAX { 0 } else { SPARE_BYTES }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    const ANSWER: usize = 2 * 1024 * 1024;

    /// Counts the answers that each of these peers gets who ask ten times a second, for so many
    /// seconds.
    fn served(takers: &mut [Taken], all: &mut Taken, seconds: u64) -> Vec<u64> {
        let mut answers = vec![0_u64; takers.len()];
        for uptime in (0..seconds * 1000).step_by(100) {
            for at in 0..takers.len() {
                let count = takers.iter().filter(|taken| taken.is_any()).count();
                pass_time(all, takers.iter_mut(), count, uptime);
                if may_take(takers[at], *all) {
                    takers[at].add(ANSWER);
                    all.add(ANSWER);
                    answers[at] += 1;
                }
            }
        }
        answers
    }

    #[test]
    fn one_peer_takes_what_it_can_check_and_no_more() {
        // SPEC N-6
        let mut all = Taken::default();
        let answers = served(&mut [Taken::of_newcomer(0)], &mut all, 60);
        let bytes = answers[0] * u64::try_from(ANSWER).expect("small");
        assert!(bytes >= 59 * BYTES_PER_SECOND, "{bytes}");
        assert!(bytes <= 60 * BYTES_PER_SECOND + BYTES_MAX, "{bytes}");
    }

    #[test]
    fn many_share_what_there_is() {
        // SPEC N-6
        let mut all = Taken::default();
        let answers = served(&mut [Taken::of_newcomer(0); 48], &mut all, 60);
        let bytes = answers.iter().sum::<u64>() * u64::try_from(ANSWER).expect("small");
        assert!(bytes <= 60 * ALL_BYTES_PER_SECOND + 48 * SPARE_BYTES, "{bytes}");
        let (least, most) = (answers.iter().min(), answers.iter().max());
        assert!(least.is_some_and(|least| *least >= 6), "{answers:?}");
        assert!(most.is_some_and(|most| *most <= 14), "{answers:?}");
    }

    #[test]
    fn who_comes_anew_again_and_again_keeps_nobody_from_its_share() {
        // SPEC N-6
        let (mut all, mut honest, mut got) = (Taken::default(), Taken::of_newcomer(0), 0_u64);
        for uptime in (0..60_000).step_by(10) {
            let mut newcomer = Taken::of_newcomer(uptime);
            pass_time(&mut all, [&mut honest, &mut newcomer].into_iter(), 2, uptime);
            for (taken, served) in [(&mut newcomer, &mut 0), (&mut honest, &mut got)] {
                if may_take(*taken, all) {
                    taken.add(ANSWER);
                    all.add(ANSWER);
                    *served += 1;
                }
            }
        }
        assert!(got >= 200, "{got} answers in a minute");
    }
}
