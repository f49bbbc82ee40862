//! The whole behaviour of a node: inputs in, effects out.
//!
//! One type owns it all. It never fails, never blocks and never looks at a clock; time comes with
//! each input. `handle` is the one match; each family of inputs has a file.

mod adopt;
mod ask;
mod changes;
mod clock;
mod effect;
mod event;
mod evidence;
mod exchange;
mod finality;
mod gate;
mod gauges;
mod gossip;
mod input;
mod pace;
mod peers;
mod produce;
mod quiet;
mod reconcile;
mod retreat;
mod returning;
mod settings;
mod submit;
mod sync;
mod sync_status;
mod taken;
mod trust;
mod twins;
mod view;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

pub use self::changes::{ChangeRefusal, ChangeView};
use self::clock::ClockCheck;
pub use self::effect::{Effect, Effects, Publication};
pub use self::event::{Event, SyncState};
use self::evidence::EvidenceStore;
pub use self::exchange::{AskedId, GossipToken, PeerRef, Question, Reply, RequestId, SubmissionId};
use self::finality::Finality;
pub use self::finality::{FinalityView, Unexecutable};
pub use self::gate::Gate;
pub use self::gauges::Gauge;
use self::gossip::HeldBlock;
pub use self::input::{Input, Now, Outcome};
use self::pace::Pace;
use self::peers::Peers;
use self::returning::Returning;
pub use self::settings::{
    Authority, MempoolBounds, RestoreError, Settings, Stop, StopCause, Stored,
};
use self::submit::Outbox;
use self::sync_status::SyncStatus;
pub use self::trust::ClockDoubt;
use self::trust::ClockTrust;
use self::twins::SlotWatch;
pub use self::view::{Backlog, Room, View};
use crate::authority::{AuthorityChange, AuthoritySet, KnownAuthorities};
use crate::blame::Offence;
use crate::bounded::Bounded;
use crate::chain::Chain;
use crate::chain::InForce;
pub use crate::chain::{
    Batch, BatchNumber, ChainReader, Finalized, KnownTip, LinkedBlock, Tip, TipKind, Via,
};
use crate::chain_spec::ChainSpec;
use crate::hash::BlockHash;
use crate::keys::PublicKey;
use crate::ledger::{Entry, Key, State};
use crate::limits::WIRE_VERSION;
use crate::mempool::Mempool;
pub use crate::mempool::SubmitOutcome;
use crate::units::{Height, Slot};
use crate::validate::Rejection;
use crate::wire::Status;

/// The engine is called at least this often, in milliseconds, however long a slot is.
const TICK_MS_MAX: u64 = 1_000;

/// A node's engine. Owns its chain, its pool and what it knows of its peers.
#[derive(Debug)]
pub struct Engine<R> {
    spec: ChainSpec,
    settings: Settings,
    /// The public half of its authority key: to derive it takes longer than many an input.
    own_key: Option<PublicKey>,
    reader: R,
    chain: Chain,
    pool: Mempool,
    peers: Peers,
    outbox: Outbox,
    returning: Returning,
    /// Blocks from the future, by slot (SPEC B-9).
    held: BTreeMap<Slot, HeldBlock>,
    /// Blocks that came by gossip for a slot (SPEC C-2).
    gossiped: BTreeMap<Slot, Vec<BlockHash>>,
    /// Peers that served a body that is not applied yet, and pay if it is invalid.
    served_by: BTreeMap<BlockHash, PeerRef>,
    /// Headers of which nobody gave the blocks: until when not to take them, in milliseconds of
    /// uptime, from peers up to this one. A later connection may be another way to the blocks.
    shunned: BTreeMap<BlockHash, (u64, PeerRef)>,
    pace: Pace,
    clock: ClockCheck,
    trust: ClockTrust,
    slots: SlotWatch,
    standing: SyncStatus,
    finality: Finality,
    evidence: EvidenceStore,
    /// An approved change of authorities that no block holds yet.
    change: Option<AuthorityChange>,
    /// The authorities that were told last.
    told_in_force: InForce,
    /// Parent and slot for which none of what waits could be included.
    in_vain: Option<(BlockHash, Slot)>,
    /// The slot in which what waits was looked at for what time alone makes possible.
    looked: Slot,
    now: Now,
    out: Effects,
}

impl<R: ChainReader> Engine<R> {
    /// The node as it stopped, or at genesis if nothing is stored.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if what is stored does not fit together; rebuild the state by replaying
    /// the blocks.
    pub fn restore(
        spec: ChainSpec,
        settings: Settings,
        now: Now,
        stored: Stored<R, impl IntoIterator<Item = (Key, Entry)>>,
    ) -> Result<Self, RestoreError> {
        let reader = stored.reader;
        let head = stored.head.unwrap_or_else(|| spec.genesis_hash());
        let (tip, state) = if head == spec.genesis_hash() {
            (
                Tip { height: Height::default(), slot: Slot::default(), hash: head },
                spec.genesis_state().clone(),
            )
        } else {
            let header = reader.header(&head).ok_or(RestoreError::HeadMissing { head })?.header;
            let state = State::from_entries(stored.entries);
            let fits = state.root() == header.state_root && state.check_supply().is_ok();
            if !fits {
                return Err(RestoreError::StateDiffers { head });
            }
            (Tip { height: header.height, slot: header.slot, hash: head }, state)
        };
        let trust = ClockTrust::new(now, settings.clock_vouched);
        let slots = SlotWatch::new(settings.authority.as_ref());
        let genesis =
            Tip { height: Height::default(), slot: Slot::default(), hash: spec.genesis_hash() };
        let mut chain = Chain::new(spec.clone(), tip, state);
        chain.resume(stored.finalized.as_ref().map(|one| one.tip), &reader);
        let voting = settings.authority.as_ref().map(|one| one.voting).unwrap_or_default();
        for pledge in [voting.lock, voting.last_vote] {
            pledge.block.into_iter().for_each(|hash| chain.recall(hash, &reader));
        }
        let finality = Finality::new(voting, stored.finalized, genesis, stored.conflict);
        let evidence = EvidenceStore::new(stored.evidence, spec.chain());
        let mut engine = Self {
            change: None,
            told_in_force: chain.in_force_after(&chain.head()).clone(),
            chain,
            finality,
            evidence,
            spec,
            own_key: settings.authority.as_ref().map(|authority| authority.key.public()),
            pool: Mempool::new(settings.pool),
            settings,
            reader,
            peers: Peers::default(),
            outbox: Outbox::default(),
            returning: Returning::default(),
            held: BTreeMap::new(),
            gossiped: BTreeMap::new(),
            served_by: BTreeMap::new(),
            shunned: BTreeMap::new(),
            pace: Pace::new(),
            clock: ClockCheck::new(tip.slot),
            trust,
            slots,
            standing: SyncStatus::new(now.uptime),
            in_vain: None,
            looked: Slot::default(),
            now,
            out: Vec::new(),
        };
        engine.hear_stored();
        engine.recover_ballots();
        engine.recover_lock();
        engine.hear_stored_ballots();
        Ok(engine)
    }

    /// Takes in what happened and says what to do. Never fails, never blocks, applies at most one
    /// block.
    #[must_use]
    pub fn handle(&mut self, now: Now, input: Input) -> Effects {
        self.notice_pause(now);
        self.now = now;
        match input {
            Input::Connected { peer } => self.peers.connect(peer, now.uptime),
            Input::Disconnected { peer } => self.peers.disconnect(peer),
            Input::Gossip { peer, token, message } => self.on_gossip(peer, token, message),
            Input::Asked { peer, asked, question } => self.on_asked(peer, asked, question),
            Input::Answered { request, outcome } => self.on_answered(request, outcome),
            Input::Submit { submission, transaction, park } => {
                self.on_submit(submission, *transaction, park);
            }
            Input::SubmitChange { submission, change } => {
                self.on_submit_change(submission, *change);
            }
            Input::Persisted { number } => self.on_persisted(number),
            Input::Tick => {}
        }
        self.go_on();
        core::mem::take(&mut self.out)
    }

    /// Uptime, in milliseconds, at which to call with [`Input::Tick`] at the latest; a time that
    /// has passed means at once.
    pub fn next_deadline(&self) -> u64 {
        let uptime = self.now.uptime;
        if self.chain.has_work() || self.retreats() || self.returning.has_work() {
            return uptime;
        }
        let next_slot = match self.spec.slot_at(self.now.wall) {
            Some(slot) => self.spec.slot_time(slot.saturating_add(1)),
            None => self.spec.slot_time(Slot::default()),
        };
        // At the end of time the next slot never begins.
        let to_slot = next_slot.since(self.now.wall).clamp(1, TICK_MS_MAX);
        let slot = uptime.saturating_add(to_slot);
        let own = Some(self.slot_now()).filter(|slot| self.is_own(*slot));
        let from = own.and_then(|own| self.signs_from(own));
        let to_own = from.and_then(|from| from.checked_since(self.now.wall)).filter(|ms| *ms > 0);
        let own = to_own.map(|ms| uptime.saturating_add(ms));
        let to_note = self.notes_at().checked_since(self.now.wall).filter(|ms| *ms > 0);
        let note = to_note.map(|ms| uptime.saturating_add(ms));
        own.into_iter().chain(self.outbox.due()).chain(note).fold(slot, u64::min)
    }

    /// Returns a view of the node's state.
    pub fn view(&self) -> View {
        View {
            head: self.chain.head(),
            authorities: self.authorities().clone(),
            changed: self.in_force().changed(),
            change: self.change_view(),
            known: self.chain.known_authorities().clone(),
            sync: self.standing.sync,
            heard: self.heard(),
            missing: self.missing(),
            pool_transactions: self.pool.len(),
            pool_parked: self.pool.parked(),
            pool_bytes: self.pool.bytes(),
            room: Room::of(self.chain.state(), self.spec.rules()),
            backlog: self.pace.backlog(self.pool.untried_bytes()),
            clock_ahead_ms: self.clock_ahead_ms(),
            clock_doubt: self.trust.doubts(),
            head_ahead_ms: self.head_ahead_ms(),
            stop: self.settings.authority.as_ref().and_then(|authority| authority.stop),
            tips: self.chain.tips(),
            finality: self.finality_view(),
            evidence: self.evidence.len(),
        }
    }

    /// The best block that the node has applied.
    pub fn head(&self) -> Tip {
        self.chain.head()
    }

    /// Reads the chain on disk.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// The state after the head.
    pub fn state(&self) -> &State {
        self.chain.state()
    }

    /// The state after one of the chain's newest blocks: those of the last 256 heights since this
    /// process began, or of fewer where blocks are large. Cheap.
    ///
    /// # Errors
    ///
    /// The lowest height of which a state is kept, if this block's is not.
    pub fn recent_state(&self, hash: &BlockHash) -> Result<&State, Height> {
        self.chain.recent_state(hash)
    }

    /// Does what time and the last input have made possible.
    fn go_on(&mut self) {
        self.judge_clock();
        self.expire();
        self.pass_time();
        self.release_held();
        self.choose_ground();
        self.produce();
        if !self.retreat() {
            self.step();
        }
        if self.chain.is_visiting() {
            // It may have come to where it builds.
            self.produce();
        }
        self.advance_finality();
        self.write_evidence();
        self.settle_conflict();
        self.choose_ground();
        self.return_some();
        self.ask_around();
        self.flush_outbox();
        self.update_standing();
        self.look_after_change();
        self.report_authorities();
    }

    /// The authorities in force after the head.
    fn authorities(&self) -> &AuthoritySet {
        self.in_force().set()
    }

    /// The authorities after the head, and a change of them that waits there.
    fn in_force(&self) -> &InForce {
        self.chain.in_force_after(&self.chain.head())
    }

    /// Every set of authorities that a header may name: what its signatures are checked with.
    pub fn known_authorities(&self) -> &KnownAuthorities {
        self.chain.known_authorities()
    }

    /// The slot of this node's clock.
    fn slot_now(&self) -> Slot {
        self.spec.slot_at(self.now.wall).unwrap_or_default()
    }

    /// Length of a number of slots, in milliseconds.
    fn slots_ms(&self, slots: u64) -> u64 {
        slots.saturating_mul(u64::from(self.spec.genesis().slot_ms))
    }

    /// Length of one turn of all authorities, in slots.
    fn round(&self) -> u64 {
        u64::try_from(self.authorities().len()).unwrap_or(u64::MAX)
    }

    fn report(&mut self, event: Event) {
        self.out.push(Effect::Report(event));
    }

    /// Makes a peer pay for a message that no honest node sends (SPEC ).
    fn charge(&mut self, peer: PeerRef, offence: Offence, detail: impl ToString) {
        if self.peers.get_mut(peer).is_none() {
            // It is banned or gone; what was under way then is no news.
            return;
        }
        let detail = detail.to_string();
        self.report(Event::Misbehaviour { peer, offence, detail });
        self.out.push(Effect::Charge { peer, offence });
        if self.peers.charge(peer, offence, self.now.uptime) {
            self.out.push(Effect::Ban { peer, offence });
            self.peers.disconnect(peer);
        }
    }

    fn charge_for(&mut self, peer: PeerRef, rejection: Rejection) {
        if rejection.offence.is_of_a_block() {
            let reason = rejection.detail.clone();
            self.report(Event::BlockRejected { hash: None, reason, peer: Some(peer) });
        }
        self.charge(peer, rejection.offence, rejection.detail);
    }

    /// The status of this node, for its peers.
    fn status(&self) -> Box<Status> {
        Box::new(Status {
            version: WIRE_VERSION,
            chain: *self.spec.chain(),
            genesis: self.spec.genesis_hash(),
            head: self.chain.head(),
            time: self.now.wall,
            agent: self.settings.agent.clone(),
            addresses: Bounded::first_of(self.settings.addresses.iter().cloned()),
        })
    }
}
