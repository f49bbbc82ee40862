//! Shell: stands around an engine, performs its actions, and sees to it that it keeps its word.

use std::collections::{BTreeSet, VecDeque};

use coinage_protocol::engine::{
    AskedId, Authority, Batch, BatchNumber, Effect, Effects, Engine, GossipToken, Input,
    MempoolBounds, Now, PeerRef, Publication, Question, Reply, RequestId, Settings, StopCause,
    SubmissionId,
};
use coinage_protocol::limits::{
    BALLOT_BYTES, GOSSIP_BATCH_BYTES, MESSAGE_BYTES_MAX, STATUS_BYTES_MAX,
};
use coinage_protocol::{
    Ballot, ChainSpec, CheckedBlock, SignedSlots, Slot, Status, Text, Tip, TransactionBatch,
    VotingMemory, check_answer, decode, encode,
};
use coinage_simulation::fixtures::{authority, random};
use coinage_simulation::memory::MemoryChain;

/// Questions to one peer that may be open at a time.
const OPEN_MAX: usize = 8;
/// Answers and publications of a run that are checked as a peer would check them: that takes long.
const CHECKS: usize = 1;

/// Bytes of an answer that says nothing.
const EMPTY_BYTES_MAX: usize = 12;

/// An engine and what stands around it.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) spec: ChainSpec,
    pub(super) engine: Engine<MemoryChain>,
    pub(super) disk: MemoryChain,
    pub(super) now: Now,
    pub(super) setting: Setting,
    /// Peers that the engine may ask.
    pub(super) peers: BTreeSet<PeerRef>,
    /// Open questions of the engine, the oldest first.
    pub(super) open: VecDeque<(RequestId, PeerRef, Question)>,
    writing: VecDeque<(BatchNumber, Batch)>,
    last_batch: BatchNumber,
    last_request: RequestId,
    /// The signing memory: survives everything.
    /// What the key's memory says, and every slot that was put in.
    signed: SignedSlots,
    remembered: BTreeSet<Slot>,
    shown: BTreeSet<Slot>,
    counter: u64,
    checks: usize,
    pub(super) reply: Option<Reply>,
}

/// The setting of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) authority: Option<u8>,
    pub(super) expects_peers: bool,
}

/// The reaction that an input is owed, at once and once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Due {
    Nothing,
    Verdict(GossipToken),
    Answer(AskedId),
    Outcome(SubmissionId),
}

impl Shell {
    /// A node that begins with what is on this disk.
    pub(super) fn start(
        spec: &ChainSpec,
        disk: MemoryChain,
        now: Now,
        setting: Setting,
        signed: SignedSlots,
        remembered: BTreeSet<Slot>,
    ) -> Self {
        let own = |number| Authority {
            key: authority(number),
            signed: signed.clone(),
            voting: VotingMemory::default(),
            stop: None,
        };
        let authority = setting.authority.map(own);
        let settings = Settings {
            authority,
            agent: Text::try_from("fuzzed").expect("short"),
            addresses: Vec::new(),
            expects_peers: setting.expects_peers,
            clock_vouched: false,
            joins: false,
            heartbeat_ms: 0,
            pool: MempoolBounds::default(),
        };
        let engine = Engine::restore(spec.clone(), settings, now, disk.stored());
        let engine = engine.expect("what is stored fits together");
        assert_eq!(engine.head(), disk.head(), "it begins where it stopped");
        Self {
            spec: spec.clone(),
            engine,
            disk,
            now,
            setting,
            peers: BTreeSet::new(),
            open: VecDeque::new(),
            writing: VecDeque::new(),
            last_batch: BatchNumber(0),
            last_request: RequestId(0),
            signed,
            remembered,
            shown: BTreeSet::new(),
            counter: 0,
            checks: CHECKS,
            reply: None,
        }
    }

    /// Returns the same node after a crash: what was not durable is lost.
    pub(super) fn restarted(&self) -> Self {
        let now = Now { wall: self.now.wall, uptime: 0 };
        let (signed, remembered) = (self.signed.clone(), self.remembered.clone());
        Self::start(&self.spec, self.disk.clone(), now, self.setting, signed, remembered)
    }

    /// A number that was not used before.
    pub(super) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Hands the engine an input, performs its actions and checks what must always hold.
    pub(super) fn input(&mut self, input: Input) {
        let due = match &input {
            Input::Gossip { token, .. } => Due::Verdict(*token),
            Input::Asked { asked, .. } => Due::Answer(*asked),
            Input::Submit { submission, .. } => Due::Outcome(*submission),
            _ => Due::Nothing,
        };
        let before = self.engine.head();
        let actions = self.engine.handle(self.now, input);
        let gone = self.perform(actions, due);
        self.check(before);
        for peer in gone {
            self.input(Input::Disconnected { peer });
        }
    }

    /// Makes the oldest batches durable, so many of them.
    pub(super) fn persist(&mut self, count: usize) {
        for _ in 0..count {
            let Some((number, batch)) = self.writing.pop_front() else { return };
            self.disk.write(&batch);
            self.input(Input::Persisted { number });
        }
    }

    /// Checks whether anything is not durable yet.
    pub(super) fn is_writing(&self) -> bool {
        !self.writing.is_empty()
    }

    /// Does one action after the other; who is to be disconnected.
    fn perform(&mut self, actions: Effects, due: Due) -> Vec<PeerRef> {
        let (mut done, mut gone) = (Vec::new(), Vec::new());
        for action in actions {
            match action {
                Effect::Persist { number, batch } => self.write(number, *batch),
                Effect::Remember { slot } => {
                    assert!(self.remembered.insert(slot), "no slot is signed for twice");
                    assert!(!self.signed.contains(slot), "it is forbidden");
                    self.signed.insert(slot);
                }
                Effect::RememberVoting(_) | Effect::ChangeSubmitted { .. } => {}
                Effect::StopSigning(stop) => {
                    let is_own = self.shown.contains(&stop.slot);
                    let is_twin = stop.cause == StopCause::Twin;
                    assert!(!(is_twin && is_own), "its own block is no twin's");
                }
                Effect::Publish(publication) => self.publish(&publication),
                Effect::Judge { token, .. } => done.push(Due::Verdict(token)),
                Effect::Ask { peer, request, question } => self.ask(peer, request, question),
                Effect::Answer { asked, reply } => {
                    done.push(Due::Answer(asked));
                    self.answer(&reply);
                    self.reply = Some(reply);
                }
                Effect::Charge { peer, .. } => {
                    assert!(self.peers.contains(&peer), "a peer that is gone is charged");
                }
                Effect::Ban { peer, .. } | Effect::Refuse { peer, .. } | Effect::Renew { peer } => {
                    self.peers.remove(&peer);
                    gone.push(peer);
                }
                Effect::Submitted { submission, .. } => done.push(Due::Outcome(submission)),
                Effect::Report(_) => {}
            }
        }
        let owed: Vec<_> = (due != Due::Nothing).then_some(due).into_iter().collect();
        assert_eq!(done, owed, "each input gets what it is owed, once");
        gone
    }

    fn write(&mut self, number: BatchNumber, batch: Batch) {
        assert_eq!(number.0, self.last_batch.0 + 1, "batches are numbered without gaps");
        self.last_batch = number;
        match (batch.applied.last(), batch.reverted.last()) {
            (Some(last), _) => {
                let header = last.block.header();
                let end = Tip { height: header.height, slot: header.slot, hash: last.block.hash() };
                assert_eq!(batch.head, end, "the head is the last block");
            }
            (None, Some(left)) => {
                assert_eq!(batch.head.hash, left.block.header().previous, "the head is below");
            }
            (None, None) => {
                let tells = batch.finalized.is_some() || batch.conflict.is_some();
                let says_something = tells || !batch.evidence.is_empty();
                assert!(says_something, "a batch has a block, makes one final, or accuses");
            }
        }
        assert_eq!(batch.reorg.is_some(), !batch.reverted.is_empty(), "a reorg has a record");
        self.writing.push_back((number, batch));
    }

    fn publish(&mut self, publication: &Publication) {
        match publication {
            Publication::Transactions(batch) => {
                let (_, bytes) = publication.to_message();
                assert!(!batch.is_empty() && bytes.len() <= GOSSIP_BATCH_BYTES, "a bad batch");
                let read = decode::<TransactionBatch>(&bytes, GOSSIP_BATCH_BYTES);
                let read = read.expect("what others read");
                assert!(batch.iter().map(|one| one.transaction()).eq(read.iter()), "the same");
            }
            Publication::Ballot(ballot) => {
                let (_, bytes) = publication.to_message();
                assert_eq!(decode::<Ballot>(&bytes, BALLOT_BYTES).as_ref(), Ok(ballot), "the same");
            }
            Publication::Block(block) => {
                let slot = block.header.header.slot;
                let remembered = self.remembered.contains(&slot);
                assert!(remembered, "a block is shown before its slot is remembered");
                assert!(self.shown.insert(slot), "two blocks are shown for a slot");
                if self.spend_check() {
                    let checked = CheckedBlock::new((**block).clone(), &self.spec, random());
                    assert!(checked.is_ok(), "an own block that others refuse: {checked:?}");
                }
            }
        }
    }

    fn ask(&mut self, peer: PeerRef, request: RequestId, question: Question) {
        assert!(request > self.last_request, "a number of a question is used twice");
        assert!(self.peers.contains(&peer), "somebody is asked who is not there");
        self.last_request = request;
        self.open.push_back((request, peer, question));
        let open = self.open.iter().filter(|(_, asked, _)| *asked == peer).count();
        assert!(open <= OPEN_MAX, "{open} questions to one peer are open");
    }

    fn answer(&mut self, reply: &Reply) {
        match reply {
            Reply::Status(status) => {
                let read = decode::<Status>(&encode(&**status), STATUS_BYTES_MAX);
                assert_eq!(read.as_ref(), Ok(&**status), "what others read");
            }
            Reply::Answer(answer) => {
                let bytes = encode(answer);
                assert!(bytes.len() <= MESSAGE_BYTES_MAX, "an answer of {} bytes", bytes.len());
                if bytes.len() > EMPTY_BYTES_MAX && self.spend_check() {
                    let checked = check_answer(&bytes, &self.spec, &(), random());
                    assert!(checked.is_ok(), "an answer that others refuse: {checked:?}");
                }
            }
        }
    }

    fn spend_check(&mut self) -> bool {
        let left = self.checks.checked_sub(1);
        self.checks = left.unwrap_or(0);
        left.is_some()
    }

    /// Checks what holds after every input.
    fn check(&self, before: Tip) {
        let (head, view) = (self.engine.head(), self.engine.view());
        assert!(head == before || head.is_better_than(&before), "{head:?} after {before:?}");
        assert_eq!(view.head, head);
        assert!(view.pool_parked <= view.pool_transactions, "more wait than wait");
        assert_eq!(view.pool_transactions == 0, view.pool_bytes == 0, "bytes of nothing");
        if head == before {
            return;
        }
        let state = self.engine.state();
        assert_eq!(state.check_supply(), Ok(()), "supply is conserved");
        let rules = self.spec.rules();
        assert!(state.balances() <= rules.balances_max && state.tokens() <= rules.tokens_max);
        let (_, batch) = self.writing.back().expect("a new head is written");
        assert_eq!(batch.head, head, "what is written is the new head");
        let header = batch.applied.last().map(|linked| linked.block.header().state_root);
        assert!(header.is_none_or(|root| root == state.root()), "the block commits to the state");
    }
}
