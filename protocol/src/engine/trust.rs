//! Trust in the clock: whether this node's clock is one to sign by, and who says so (SPEC C-5).
//!
//! What a peer's status tells is compared as NTP does it: its clock showed the told time at some
//! moment between the question and the answer. That bounds the difference however busy either
//! machine is. Differences are kept against the uptime, which never jumps, so that they outlive a
//! step of the time of day.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::exchange::PeerRef;
use super::input::Now;
use crate::units::UnixMillis;

/// Milliseconds, besides a slot, by which a peer's clock and this one's may differ.
const FINE_MS: u64 = 2_000;
/// Comparisons that are kept for each peer: the sharpest of them counts.
const SAMPLES_MAX: usize = 8;
/// A comparison that is less sharp, in milliseconds, says nothing.
const BLUR_MS_MAX: i128 = 10_000;
/// Time that a node waits for peers at least before it goes by its own clock alone, in
/// milliseconds.
const ALONE_MS_MIN: u64 = 5_000;
/// Milliseconds that a clock that was set must go on as it is before a node alone follows it:
/// somebody who sets a clock by mistake sets it right within a minute.
const SETTLE_MS: u64 = 60_000;
/// A gap that a node alone does not believe in without its operator's word: 30 days. Networks rest
/// for nights and holidays; a year that was mistyped or a battery that is empty is further off.
const GAP_MS_MAX: u64 = 30 * 24 * 3_600_000;

/// The reason why a node does not sign by its clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClockDoubt {
    /// The clock has not been confirmed since the start, or since it was set; that takes a moment.
    Unconfirmed,
    /// Most peers contradict the clock.
    Contradicted {
        /// Milliseconds by which the clock is ahead of the peers'; negative if behind.
        ahead_ms: i64,
    },
    /// The clock has nobody to confirm it, and is absurdly far from the last known time.
    Absurd {
        /// Milliseconds by which the clock is ahead of the newest block or signature; negative if
        /// behind.
        ahead_ms: i64,
    },
}

/// The knowledge of this node about its own clock.
#[derive(Debug)]
pub(super) struct ClockTrust {
    /// Time when this process began, in milliseconds of uptime.
    started: u64,
    /// The time of day at uptime 0, as the latest input showed it.
    base: i128,
    state: State,
    /// The last base that others, the start or the operator confirmed: a clock that comes back to
    /// it needs nobody.
    home: Option<i128>,
    /// Samples by peer: the time of day at uptime 0 as its clock has it, not before and not after.
    samples: BTreeMap<PeerRef, VecDeque<(i128, i128)>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// The clock is in doubt, since this uptime in milliseconds and because of this step.
    Doubted {
        since: u64,
        step_ms: i128,
        why: ClockDoubt,
    },
    /// The node goes by its own clock, until others say something.
    Alone,
    Confirmed,
}

/// The evidence to judge the clock by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub(super) slot_ms: u64,
    pub(super) authorities: usize,
    /// Two turns of all authorities, in milliseconds.
    pub(super) rounds_ms: u64,
    /// The blocks of most authorities came in their slots.
    pub(super) blocks_agree: bool,
    /// The newest time that was certainly reached: that of the head, or of the last signature, or
    /// of the genesis.
    pub(super) reached: UnixMillis,
}

/// The votes of the peers on the clock.
#[derive(Debug, Default)]
struct Votes {
    agree: usize,
    /// Milliseconds by which this clock is ahead of each peer's that contradicts.
    against: Vec<i128>,
}

impl ClockTrust {
    /// Creates trust in doubt, as nobody is heard yet, unless the operator has given a word for the
    /// clock.
    pub(super) fn new(now: Now, vouched: bool) -> Self {
        let base = base(now);
        let doubted =
            State::Doubted { since: now.uptime, step_ms: 0, why: ClockDoubt::Unconfirmed };
        Self {
            started: now.uptime,
            base,
            state: if vouched { State::Confirmed } else { doubted },
            home: vouched.then_some(base),
            samples: BTreeMap::new(),
        }
    }

    /// Notes what the clocks show; tells whether the time of day made a step that nobody confirms.
    pub(super) fn observe(&mut self, now: Now, slot_ms: u64) -> bool {
        let new = base(now);
        let step_ms = new.saturating_sub(self.base);
        let fine = fine(slot_ms);
        let at_home =
            |base: i128| self.home.is_some_and(|home| base.saturating_sub(home).abs() <= fine);
        let was_home = at_home(self.base);
        let comes_home = at_home(new);
        self.base = new;
        if step_ms.abs() <= fine {
            if was_home && self.doubts().is_none() {
                // Clocks drift, and are drawn near again.
                self.home = Some(new);
            }
            return false;
        }
        if comes_home {
            self.state = State::Confirmed;
            return true;
        }
        self.samples.clear();
        let why = ClockDoubt::Unconfirmed;
        self.state = State::Doubted { since: now.uptime, step_ms, why };
        true
    }

    /// A peer, asked at this uptime, answered that its clock shows this time.
    pub(super) fn compare(&mut self, peer: PeerRef, asked: u64, time: UnixMillis, now: Now) {
        if let State::Doubted { since, .. } = self.state
            && asked < since
        {
            return;
        }
        let (time, asked) = (i128::from(time.get()), i128::from(asked));
        let (low, high) = (time.saturating_sub(i128::from(now.uptime)), time.saturating_sub(asked));
        let kept = self.samples.entry(peer).or_default();
        if kept.len() >= SAMPLES_MAX {
            kept.pop_front();
        }
        kept.push_back((low, high));
    }

    /// Forgets peers that are gone.
    pub(super) fn keep(&mut self, is_here: impl Fn(PeerRef) -> bool) {
        self.samples.retain(|peer, _| is_here(*peer));
    }

    /// Decides anew whether to trust the clock.
    pub(super) fn judge(&mut self, now: Now, evidence: Evidence) {
        let votes = self.votes(fine(evidence.slot_ms));
        let against = votes.against.len();
        let one_ahead = votes.against.iter().all(|by| *by < 0);
        // One against one proves nothing; but of two it is the one ahead that does harm.
        let lone_voice = against == 1 && votes.agree == 0 && one_ahead;
        let contradicted = evidence.authorities > 1 && against > votes.agree && !lone_voice;
        let confirmed = evidence.blocks_agree || (!contradicted && votes.agree > 0);
        match self.state {
            State::Confirmed => {}
            _ if confirmed => self.confirm(),
            State::Alone if contradicted => self.doubt(now.uptime, 0, contradiction(votes)),
            State::Alone => {}
            State::Doubted { since, step_ms, .. } if contradicted => {
                self.doubt(since, step_ms, contradiction(votes));
            }
            State::Doubted { since, step_ms, .. } => self.alone(now, since, step_ms, evidence),
        }
    }

    fn doubt(&mut self, since: u64, step_ms: i128, why: ClockDoubt) {
        self.state = State::Doubted { since, step_ms, why };
    }

    fn confirm(&mut self) {
        self.state = State::Confirmed;
        self.home = Some(self.base);
    }

    /// Decides for a node whom nobody tells the time.
    fn alone(&mut self, now: Now, since: u64, step_ms: i128, evidence: Evidence) {
        let waited = now.uptime.saturating_sub(since);
        let is_single = evidence.authorities <= 1;
        if !is_single && waited < evidence.rounds_ms.max(ALONE_MS_MIN) {
            return self.doubt(since, step_ms, ClockDoubt::Unconfirmed);
        }
        if step_ms != 0 && waited < SETTLE_MS {
            return self.doubt(since, step_ms, ClockDoubt::Unconfirmed);
        }
        let reached = i128::from(evidence.reached.get());
        let gap = i128::from(now.wall.get()).saturating_sub(reached);
        if gap > i128::from(GAP_MS_MAX) || gap < fine(evidence.slot_ms).saturating_neg() {
            return self.doubt(since, step_ms, ClockDoubt::Absurd { ahead_ms: narrow(gap) });
        }
        self.state = State::Alone;
        if step_ms == 0 {
            self.home = Some(self.base);
        }
    }

    fn votes(&self, fine: i128) -> Votes {
        let mut votes = Votes::default();
        for (low, high) in self.sharpest() {
            if self.base.saturating_sub(high) > fine {
                votes.against.push(self.base.saturating_sub(high));
            } else if low.saturating_sub(self.base) > fine {
                votes.against.push(self.base.saturating_sub(low));
            } else {
                votes.agree = votes.agree.saturating_add(1);
            }
        }
        votes
    }

    /// The sharpest comparison with each peer.
    fn sharpest(&self) -> impl Iterator<Item = (i128, i128)> {
        let blur = |(low, high): &(i128, i128)| high.saturating_sub(*low);
        let of_peer = move |kept: &VecDeque<(i128, i128)>| {
            kept.iter().copied().min_by_key(blur).filter(|one| blur(one) <= BLUR_MS_MAX)
        };
        self.samples.values().filter_map(of_peer)
    }

    /// Checks whether most peers' clocks are certainly behind this one by more than a slot.
    pub(super) fn is_ahead_of_most(&self, slot_ms: u64) -> bool {
        let (mut ahead, mut heard) = (0_usize, 0_usize);
        for (_, high) in self.sharpest() {
            heard = heard.saturating_add(1);
            let by = self.base.saturating_sub(high);
            ahead = ahead.saturating_add(usize::from(by > i128::from(slot_ms)));
        }
        ahead.saturating_mul(2) > heard
    }

    /// The reason why the node does not sign by its clock, if it does not.
    pub(super) fn doubts(&self) -> Option<ClockDoubt> {
        match self.state {
            State::Doubted { why, .. } => Some(why),
            State::Alone | State::Confirmed => None,
        }
    }

    /// The range of what the time of day may be: what the clock shows, and after a step that nobody
    /// confirms what it would show without.
    pub(super) fn times(&self, now: Now) -> RangeInclusive<UnixMillis> {
        let before = self.home.filter(|_| self.doubts().is_some()).unwrap_or(self.base);
        let time = |base: i128| {
            let time = base.saturating_add(i128::from(now.uptime)).max(0);
            u64::try_from(time).map_or(UnixMillis::MAX, UnixMillis::new)
        };
        time(before.min(self.base))..=time(before.max(self.base))
    }

    /// Checks whether others, or the operator, say that the clock is right.
    pub(super) fn is_confirmed(&self) -> bool {
        self.state == State::Confirmed
    }

    /// Checks whether the clock is certain enough to give up blocks that it calls future.
    pub(super) fn is_certain(&self) -> bool {
        let at_home = self.home == Some(self.base);
        self.state == State::Confirmed || (self.state == State::Alone && at_home)
    }

    /// The time of day at which this process began, as far as is known now.
    pub(super) fn start_time(&self) -> UnixMillis {
        let start = self.base.saturating_add(i128::from(self.started)).max(0);
        u64::try_from(start).map_or(UnixMillis::MAX, UnixMillis::new)
    }
}

fn contradiction(votes: Votes) -> ClockDoubt {
    let mut against = votes.against;
    against.sort_unstable();
    let middle = against.len().checked_div(2).unwrap_or(0);
    let ahead_ms = narrow(against.get(middle).copied().unwrap_or(0));
    ClockDoubt::Contradicted { ahead_ms }
}

fn base(now: Now) -> i128 {
    i128::from(now.wall.get()).saturating_sub(i128::from(now.uptime))
}

fn fine(slot_ms: u64) -> i128 {
    i128::from(slot_ms.saturating_add(FINE_MS))
}

fn narrow(ms: i128) -> i64 {
    i64::try_from(ms).unwrap_or(if ms < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests;
