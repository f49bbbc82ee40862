//! Sync status: whether the node has what the network has, and what follows from that.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Engine;
use super::event::{Event, SyncState};
use super::input::Now;
use crate::block::{Header, VerifiedHeader};
use crate::chain::{ChainReader, Tip};
use crate::keys::PublicKey;
use crate::units::{Height, Slot};

/// Blocks by which the best known block may be ahead before the node counts as behind at once; less
/// counts only if it lasts, because every block is ahead while it travels.
const AHEAD_MAX: u64 = 2;
/// Number of slots that a smaller lag may last.
const LAG_SLOTS: u64 = 2;
/// A pause of the process, in slots, after which it must hear from its peers before it signs.
const PAUSE_SLOTS: u64 = 4;
/// Slots after an absence in which the node waits for the peers that have not said where they
/// stand.
const HEAR_SLOTS: u64 = 2;
/// Length of a pause, in milliseconds, that is none however short the slots are.
const PAUSE_MS_MIN: u64 = 3_000;
/// Rounds of all authorities in which a majority of them must be heard of, where blocks are due.
const HEARD_ROUNDS: u64 = 2;
/// Milliseconds, at least, in which a majority must be heard of: blocks travel, however short the
/// slots are.
const HEARD_MS_MIN: u64 = 3_000;
/// Slots without a new block, in turns of all authorities, after which the chain counts as stalled
/// where blocks are due.
const STALL_ROUNDS: u64 = 4;
/// Interval at which a sync tells how far it is, in milliseconds.
const PROGRESS_MS: u64 = 2_000;

/// The standing of the node in relation to the network.
#[derive(Debug)]
pub(super) struct SyncStatus {
    pub(super) sync: SyncState,
    /// Uptime, in milliseconds, since which the node may not know what the network did: its
    /// start, or the end of a pause.
    absent_until: u64,
    behind_since: Option<u64>,
    sync_since: u64,
    told_progress: u64,
    /// Uptime of the last move of the head, in milliseconds.
    head_moved: u64,
    /// Uptime since which blocks are due in each slot, as far as the chain tells (SPEC F-10).
    pub(super) due_since: Option<u64>,
    /// Uptime since which there is a reason to write, as far as this node knows.
    pub(super) work_since: Option<u64>,
    /// Uptime when a missing block came, or the first header whose block is missing.
    pub(super) last_progress: u64,
    /// Uptime since which blocks are missing that nobody gives.
    pub(super) patience_since: u64,
    pub(super) skewed: bool,
    /// True if nothing better is known and peers have said where they stand.
    pub(super) is_current: bool,
    /// The slot and height of the newest block of each authority.
    heard: BTreeMap<PublicKey, (Slot, Height)>,
}

impl SyncStatus {
    /// Forgets all leaders but these.
    pub(super) fn keep_leaders(&mut self, stays: impl Fn(&PublicKey) -> bool) {
        self.heard.retain(|key, _| stays(key));
    }

    pub(super) fn new(uptime: u64) -> Self {
        Self {
            is_current: false,
            heard: BTreeMap::new(),
            sync: SyncState::Searching,
            absent_until: uptime,
            behind_since: None,
            sync_since: uptime,
            told_progress: uptime,
            head_moved: uptime,
            due_since: None,
            work_since: None,
            last_progress: uptime,
            patience_since: uptime,
            skewed: false,
        }
    }

    pub(super) fn head_moved(&mut self, uptime: u64) {
        self.head_moved = uptime;
    }
}

impl<R: ChainReader> Engine<R> {
    /// Notices that the process was stopped for a while: the network went on without it.
    pub(super) fn notice_pause(&mut self, now: Now) {
        // While a machine sleeps, its uptime may stand still.
        let ran = now.uptime.saturating_sub(self.now.uptime);
        let pause = now.wall.since(self.now.wall).max(ran);
        let slot_ms = u64::from(self.spec.genesis().slot_ms);
        let stepped = self.trust.observe(now, slot_ms);
        self.clock.shift(now.ahead_of(self.now));
        if stepped {
            // They were compared to another clock.
            self.clock.forget_all();
            self.forget_useless();
        }
        if stepped || pause > self.slots_ms(PAUSE_SLOTS).max(PAUSE_MS_MIN) {
            self.standing.absent_until = now.uptime;
            for (_, peer) in self.peers.iter_mut() {
                peer.status = None;
                peer.next_status = now.uptime;
            }
        }
    }

    /// Checks whether this node may sign a block now (SPEC C-5), once it has applied what it has.
    pub(super) fn may_produce(&self) -> bool {
        if self.clock_ahead_ms().is_some() || self.retreats() || self.chain.is_off_final() {
            return false;
        }
        if self.trust.doubts().is_some() {
            return false;
        }
        let next = self.chain.head().height.next();
        let now = self.now.uptime;
        let recently = |since: u64, slots| now.saturating_sub(since) < self.slots_ms(slots);
        let arrived = recently(self.standing.absent_until, HEAR_SLOTS);
        // Just after an absence, one block more is ahead, too. Later it is not, or whoever signs a
        // block and keeps its body would silence the others.
        // What is longer than a certified block that it builds on is no better.
        let compares = !self.chain.is_visiting();
        let ahead = |tip: Tip| compares && (tip.height > next || (arrived && tip.height == next));
        let verified_ahead = self.chain.better_known().is_some_and(ahead);
        // Signed headers are ahead, and their blocks are coming in.
        if verified_ahead && recently(self.standing.last_progress, 8) {
            return false;
        }
        if !self.settings.expects_peers {
            return true;
        }
        // After an absence: first hear where the network stands, and catch up if it is ahead. If
        // nobody answers, or the claim leads nowhere, go on alone.
        let rounds = self.round().saturating_mul(2);
        if !self.peers.any_status() {
            return !recently(self.standing.absent_until, rounds);
        }
        // The first to answer need not be the one that knows most.
        let unheard = self.peers.iter().any(|(_, peer)| peer.status.is_none());
        if unheard && arrived {
            return false;
        }
        let claimed_ahead = self.best_claim().is_some_and(ahead);
        !claimed_ahead || !recently(self.standing.absent_until, rounds.saturating_mul(2))
    }

    /// The best head that a peer claims and that is not known here.
    pub(super) fn best_claim(&self) -> Option<Tip> {
        let heard = self.peers.iter().filter(|(_, peer)| peer.silent_until <= self.now.uptime);
        let claims = heard.filter_map(|(_, peer)| peer.claim);
        claims.reduce(|best, tip| if tip.is_better_than(&best) { tip } else { best })
    }

    /// Notes that there is a block of an authority, with its signature.
    pub(super) fn hear(&mut self, header: &VerifiedHeader) {
        self.hear_leader(header.header());
    }

    fn hear_leader(&mut self, header: &Header) {
        if let Some(leader) = header.leader(self.known_authorities()).copied() {
            let block = (header.slot, header.height);
            let newest = self.standing.heard.entry(leader).or_insert(block);
            *newest = block.max(*newest);
        }
    }

    /// Notes whose blocks stand at the end of the stored chain.
    pub(super) fn hear_stored(&mut self) {
        let since = self.heard_since();
        let mut at = self.chain.head();
        while at.slot > since
            && let Some(signed) = self.reader.header(&at.hash)
        {
            self.hear_leader(&signed.header);
            let below = self.chain.tip_at(signed.header.height.saturating_sub(1), &self.reader);
            at = match below {
                Some(below) if below.slot < at.slot => below,
                _ => return,
            };
        }
    }

    /// Number of authorities of which a block or a ballot has come lately (SPEC C-7).
    pub(super) fn heard(&self) -> usize {
        self.authorities().len().saturating_sub(self.missing().len())
    }

    /// Turns of the authorities of which neither block nor ballot has come lately.
    pub(super) fn missing(&self) -> Vec<usize> {
        let since = self.heard_since();
        let writes = |key| self.standing.heard.get(key).is_some_and(|(slot, _)| *slot > since);
        let is_missing = |key| !writes(key) && !self.has_signed_since(key, since);
        let keys = self.authorities().keys().iter().enumerate();
        keys.filter(|(_, key)| is_missing(key)).map(|(turn, _)| turn).collect()
    }

    /// Number of those that are where this node is: the newest block of each, or the newest known
    /// one that it has signed for, is not far above the head, as it is while the way there is not
    /// yet proven.
    fn heard_here(&self) -> usize {
        let (since, top) = (self.heard_since(), self.chain.head().height.saturating_add(AHEAD_MAX));
        let is_here = |(slot, height): (Slot, Height)| slot > since && height <= top;
        let writes = |key| self.standing.heard.get(key).copied().is_some_and(is_here);
        let signs = |key| self.last_signed(key).is_some_and(is_here);
        self.authorities().keys().iter().filter(|key| writes(*key) || signs(key)).count()
    }

    /// The slot up to which blocks are too old to tell who is there now.
    pub(super) fn heard_since(&self) -> Slot {
        // The block of the present slot may still be on its way.
        self.slot_now().saturating_sub(self.heard_slots().saturating_add(1))
    }

    fn heard_slots(&self) -> u64 {
        let rounds = self.round().saturating_mul(HEARD_ROUNDS);
        let slots = rounds.max(HEARD_MS_MIN.checked_div(self.slots_ms(1)).unwrap_or(0));
        slots.saturating_add(self.quiet_slots(slots))
    }

    /// Slots without a new block after which the chain counts as stalled.
    fn stalled_slots(&self) -> u64 {
        let slots = self.round().saturating_mul(STALL_ROUNDS);
        slots.saturating_add(self.quiet_slots(slots))
    }

    /// Finds where the node stands now, and reports what changed.
    pub(super) fn update_standing(&mut self) {
        self.note_due();
        self.clock.forget_before(self.now.uptime.saturating_sub(self.arrivals_ms()));
        self.report_clock();
        let uptime = self.now.uptime;
        // SPEC N-3: what peers claim moves nothing before they have proven it: words are free.
        let target = self.chain.better_known();
        match target {
            Some(_) => drop(self.standing.behind_since.get_or_insert(uptime)),
            None => self.standing.behind_since = None,
        }
        let new = self.sync_state(target);
        self.standing.is_current = matches!(new, SyncState::Synced | SyncState::Alone)
            || (new == SyncState::Searching && self.has_heard_peers());
        let height = self.chain.head().height;
        let old = core::mem::replace(&mut self.standing.sync, new);
        match (old, new) {
            (SyncState::Syncing { .. }, SyncState::Syncing { .. })
                if uptime.saturating_sub(self.standing.told_progress) < PROGRESS_MS => {}
            (SyncState::Syncing { .. }, SyncState::Syncing { target }) => {
                self.standing.told_progress = uptime;
                let (slot, slot_now) = (self.chain.head().slot, self.slot_now());
                self.report(Event::SyncProgress { height, target, slot, slot_now });
            }
            (_, SyncState::Syncing { target }) => {
                self.standing.sync_since = uptime;
                self.standing.told_progress = uptime;
                self.report(Event::SyncStarted { from: height, target });
            }
            (SyncState::Syncing { .. }, SyncState::Synced | SyncState::Alone) => {
                let took_ms = uptime.saturating_sub(self.standing.sync_since);
                self.report(Event::SyncDone { height, took_ms });
            }
            _ => {}
        }
    }

    fn sync_state(&self, target: Option<Tip>) -> SyncState {
        let head = self.chain.head().height;
        let uptime = self.now.uptime;
        let older = |since: u64, slots| uptime.saturating_sub(since) > self.slots_ms(slots);
        if let (Some(target), Some(since)) = (target, self.standing.behind_since) {
            let far = target.height > head.saturating_add(AHEAD_MAX);
            // Once it fetches, it is done when nothing better is left.
            let fetching = matches!(self.standing.sync, SyncState::Syncing { .. });
            if far || fetching || older(since, LAG_SLOTS) {
                return SyncState::Syncing { target: target.height };
            }
        }
        if !self.has_heard_peers() {
            return SyncState::Searching;
        }
        if older(self.standing.head_moved, self.stalled_slots()) {
            return SyncState::Stalled;
        }
        let majority = self.authorities().len() / 2;
        if self.heard_here() > majority {
            return SyncState::Synced;
        }
        if self.heard() > majority {
            // They are further on; their headers will show the way.
            return SyncState::Searching;
        }
        // After a start or a pause there is time for each to be heard.
        let arrived = !older(self.standing.absent_until, self.heard_slots());
        if arrived { SyncState::Searching } else { SyncState::Alone }
    }

    /// Checks whether a peer has said where it stands, or none is expected.
    fn has_heard_peers(&self) -> bool {
        !self.settings.expects_peers || self.peers.any_status()
    }
}
