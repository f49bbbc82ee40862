//! The shell around the engine: one loop that feeds it, one function that does what it says.

mod disk;
mod log_rate_limit;
mod network_events;
mod perform;
mod publish;
mod submissions;
mod supervisor;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use coinage_protocol::engine::{
    Batch, BatchNumber, ChainReader, ChangeRefusal, Effect, Engine, Event, Gate, Input, PeerRef,
    Stop, SubmissionId, SubmitOutcome, View,
};
use coinage_protocol::{
    BlockHash, ChainSpec, CheckedTransaction, Slot, TransactionError, TransactionId, VotingMemory,
};
use futures::FutureExt as _;
use governor::clock::DefaultClock;
use tokio::sync::{mpsc, oneshot};

use self::disk::{Disk, Written};
use self::log_rate_limit::LogRateLimit;
use self::supervisor::Supervisor;
use crate::clock::Clock;
use crate::event_log::{self, SyncPace};
use crate::events::Events;
use crate::handle::{ChangeSubmission, StateQuery, Submission};
use crate::metrics::Metrics;
use crate::network::Link;
use crate::node_state::NodeState;
use crate::workers::Queue;

/// Time after which the published view is renewed while only details change.
const VIEW_INTERVAL: Duration = Duration::from_millis(50);
/// Time between two status lines.
const STATUS_INTERVAL: Duration = Duration::from_secs(10);
/// Submissions that are being checked at most.
const CHECKS_MAX: usize = 1024;
/// Submissions that are checked together at most, if so many wait: their signatures take less time
/// so.
const CHECKS_TOGETHER: usize = 128;
/// KiB of submissions that are being checked at most; more than so many of the largest have.
const CHECKS_KIB: usize = 64 * 1024;
/// Effects held back for the disk at which the node stops listening to others.
const HELD_MAX: usize = 4096;
/// Time that the end may take.
const STOP_TIME: Duration = Duration::from_millis(1300);
/// Time that the step that is under way may take before the end.
const STUCK_TIME: Duration = Duration::from_millis(250);

/// Callback that writes something durably beside the authority key.
pub(crate) type Remember = Box<dyn FnMut(SigningNote) -> io::Result<()> + Send>;

/// Note that is written beside an authority key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SigningNote {
    /// The slot that is being signed for.
    Slot(Slot),
    /// The memory of votes and commits, with the one that is being signed.
    Voting(VotingMemory),
    /// The reason why nothing more is signed.
    Stop(Stop),
}

/// Channel that tells the outcome to whoever submitted a transaction.
type Submitter = oneshot::Sender<Result<(TransactionId, SubmitOutcome), TransactionError>>;

/// Parts that the driver is made of.
pub(crate) struct Parts<R> {
    pub(crate) engine: Engine<R>,
    pub(crate) spec: ChainSpec,
    pub(crate) clock: Clock,
    pub(crate) live: Arc<NodeState>,
    pub(crate) events: Arc<Events>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) link: Link,
    pub(crate) submissions: mpsc::Receiver<Submission>,
    pub(crate) changes: mpsc::Receiver<ChangeSubmission>,
    pub(crate) states: mpsc::Receiver<StateQuery>,
    pub(crate) remember: Remember,
    /// Callback that tells why the disk can no longer be read, if it cannot.
    pub(crate) failure: Box<dyn Fn() -> Option<String> + Send>,
    /// Callback that tells why what is written would be lost, if it would.
    pub(crate) misplaced: Box<dyn Fn() -> Option<String> + Send>,
}

/// Reason why a node had to stop.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriverError {
    /// A write or read failed. Nothing is tried again: after a failed write nobody knows what is
    /// on the disk until the next start has looked.
    #[error("the disk failed: {reason}; check it, then start again")]
    Disk {
        /// Reason why the disk failed.
        reason: String,
    },
    /// The data directory is no longer where it was.
    #[error("{reason}")]
    Misplaced {
        /// Description of what has become of it.
        reason: String,
    },
    /// The signing memory could not be written.
    #[error(
        "cannot remember slot {slot} beside the authority key, so nothing may be signed: {error}"
    )]
    Remember {
        /// Slot that could not be remembered.
        slot: Slot,
        /// Error of the write.
        error: io::Error,
    },
    /// The network task has ended, which it never should.
    #[error("the peer-to-peer network has stopped unexpectedly; please report this")]
    NetworkGone,
}

/// Runs a node until it is told to stop, or cannot go on.
///
/// # Errors
///
/// [`DriverError`]
pub(crate) async fn run<R: ChainReader, E: std::error::Error>(
    parts: Parts<R>,
    write: impl FnMut(&[Batch]) -> Result<(), E> + Send + 'static,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DriverError> {
    let disk =
        Disk::start(write).map_err(|error| DriverError::Disk { reason: error.to_string() })?;
    let mut driver = Driver::new(parts, disk);
    // The loop cannot hear of the shutdown while it waits for a disk that does not move. What is
    // cut off there was never durable, so nobody relies on it.
    let shutdown = shutdown.shared();
    let heard = shutdown.clone();
    let stuck = async { heard.then(|()| tokio::time::sleep(STUCK_TIME)).await };
    let ended = tokio::select! {
        biased;
        ended = driver.run(shutdown) => ended,
        () = stuck => Ok(()),
    };
    driver.stop(ended).await
}

struct Driver<R> {
    parts: Parts<R>,
    disk: Disk,
    gate: Gate,
    lane: Queue,
    checked: mpsc::Receiver<Checked>,
    check_done: mpsc::Sender<Checked>,
    checking: usize,
    submitters: BTreeMap<SubmissionId, Submitter>,
    change_submitters: BTreeMap<SubmissionId, oneshot::Sender<Result<(), ChangeRefusal>>>,
    submission_last: u64,
    refused: BTreeSet<PeerRef>,
    pace: SyncPace,
    peer_lines: LogRateLimit,
    supervisor: Supervisor,
    shown: BlockHash,
    /// True while another block is final than the one that is shown.
    final_moved: bool,
    view_stale: bool,
    /// Effects that are still to be told, in order: a long switch of branches comes to more than
    /// there is time for at once.
    to_tell: VecDeque<Effect>,
    /// View that is shown once this batch is durable: nobody may see a state ahead of the disk.
    view_held: Option<(BatchNumber, View)>,
}

/// Submissions whose checks are done.
struct Checked {
    /// Wish to park each submission, and the channel of whoever submitted it.
    submitters: Vec<(bool, Submitter)>,
    /// Outcomes of the checks, one for each submission; none if the checks panicked.
    transactions: Vec<Result<CheckedTransaction, TransactionError>>,
}

impl<R: ChainReader> Driver<R> {
    fn new(parts: Parts<R>, disk: Disk) -> Self {
        let (check_done, checked) = mpsc::channel(CHECKS_MAX);
        let shown = parts.engine.head().hash;
        let peer_lines = LogRateLimit::new(DefaultClock::default());
        Self {
            parts,
            disk,
            gate: Gate::default(),
            lane: Queue::patient(CHECKS_KIB),
            checked,
            check_done,
            checking: 0,
            submitters: BTreeMap::new(),
            change_submitters: BTreeMap::new(),
            submission_last: 0,
            refused: BTreeSet::new(),
            pace: SyncPace::new(0, 0, 0),
            peer_lines,
            supervisor: Supervisor::new(),
            shown,
            final_moved: false,
            view_stale: false,
            to_tell: VecDeque::new(),
            view_held: None,
        }
    }

    async fn run(&mut self, shutdown: impl Future<Output = ()>) -> Result<(), DriverError> {
        tokio::pin!(shutdown);
        let mut view = interval(VIEW_INTERVAL);
        let mut status = interval(STATUS_INTERVAL);
        // After a tick everybody else has a turn first, or a long switch of branches, which is
        // continued by ticks, would shut them out.
        let mut ticked = false;
        let mut submitted = Vec::new();
        let standing = self.standing();
        self.supervisor.ready(&standing);
        loop {
            let deadline = self.deadline();
            let open = self.gate.held() + self.to_tell.len() < HELD_MAX;
            let was_ticked = std::mem::take(&mut ticked);
            tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                () = self.supervisor.due() => {
                    let standing = self.standing();
                    self.supervisor.alive(&standing);
                }
                () = tokio::time::sleep_until(deadline.into()), if !was_ticked => {
                    ticked = true;
                    self.feed(Input::Tick).await?;
                }
                written = self.disk.written() => self.on_written(written).await?,
                notice = self.parts.link.notices.recv(), if open => match notice {
                    Some(notice) => self.on_notice(notice).await?,
                    None => return Err(DriverError::NetworkGone),
                },
                Some(query) = self.parts.states.recv() => self.on_state_query(query),
                // New transactions come last: blocks, and what peers ask, go before them.
                Some(checked) = self.checked.recv(), if open => self.on_checked(checked).await?,
                1.. = self.parts.submissions.recv_many(&mut submitted, CHECKS_TOGETHER),
                    if self.checking < CHECKS_MAX =>
                {
                    self.on_submissions(submitted.drain(..));
                }
                Some(change) = self.parts.changes.recv() => self.on_change(change).await?,
                Some(notice) = self.parts.link.transactions.recv(), if open => {
                    self.on_notice(notice).await?;
                }
                _ = view.tick(), if self.view_stale => self.publish_view(),
                _ = status.tick() => {
                    event_log::status(&self.parts.live.view(), self.peers());
                    self.check_place()?;
                }
                () = std::future::ready(()), if !self.to_tell.is_empty() => self.tell().await?,
                () = tokio::time::sleep_until(deadline.into()), if was_ticked => {
                    ticked = true;
                    self.feed(Input::Tick).await?;
                }
            }
        }
    }

    /// Writes what is still to be written and lets the network go.
    async fn stop(self, ended: Result<(), DriverError>) -> Result<(), DriverError> {
        let Self { parts, disk, supervisor, .. } = self;
        supervisor.stopping().await;
        let Link { commands, notices, transactions, task, .. } = parts.link;
        drop((commands, notices, transactions));
        let finish = async { (disk.finish().await, task.await) };
        let written = tokio::time::timeout(STOP_TIME, finish).await.map(|(written, _)| written);
        let height = parts.engine.head().height.get();
        let reason = ended.as_ref().map_or_else(ToString::to_string, |()| "asked to".into());
        tracing::info!(height, %reason, "node.stopped");
        match (ended, written) {
            (Ok(()), Ok(Written::Failed(reason))) => Err(DriverError::Disk { reason }),
            (Ok(()), Err(_)) => {
                Err(DriverError::Disk { reason: "it did not finish in time".into() })
            }
            (ended, _) => ended,
        }
    }

    fn deadline(&self) -> Instant {
        self.parts.clock.instant(self.parts.engine.next_deadline())
    }

    /// Tells the engine, and does what it says.
    async fn feed(&mut self, input: Input) -> Result<(), DriverError> {
        let begun = Instant::now();
        let effects = self.parts.engine.handle(self.parts.clock.now(), input);
        if effects.iter().any(|effect| matches!(effect, Effect::Persist { .. })) {
            self.parts.metrics.imported_in(begun.elapsed());
        }
        if let Some(reason) = (self.parts.failure)() {
            return Err(DriverError::Disk { reason });
        }
        let signs =
            |effect: &Effect| matches!(effect, Effect::Remember { .. } | Effect::RememberVoting(_));
        if effects.iter().any(signs) {
            self.check_place()?;
        }
        self.parts.link.sets.set(self.parts.engine.known_authorities());
        let is_final = |effect: &Effect| matches!(effect, Effect::Report(Event::BlockFinal { .. }));
        self.final_moved |= effects.iter().any(is_final);
        let passed: Vec<_> = effects.into_iter().filter_map(|one| self.gate.pass(one)).collect();
        self.act(passed).await?;
        self.view_stale = true;
        if self.final_moved || self.parts.engine.head().hash != self.shown {
            self.publish_view();
        }
        Ok(())
    }

    /// Fails if the data directory is no longer where it was. Asked before every signature, and
    /// while nothing happens.
    fn check_place(&self) -> Result<(), DriverError> {
        (self.parts.misplaced)().map_or(Ok(()), |reason| Err(DriverError::Misplaced { reason }))
    }

    async fn on_written(&mut self, written: Written) -> Result<(), DriverError> {
        let number = match written {
            Written::UpTo(number) => number,
            Written::Failed(reason) => return Err(DriverError::Disk { reason }),
        };
        let freed = self.gate.durable(number);
        self.act(freed).await?;
        self.feed(Input::Persisted { number }).await
    }

    fn on_state_query(&self, StateQuery { block, reply }: StateQuery) {
        let state = self.parts.engine.recent_state(&block).cloned();
        // Whoever asked may have gone away.
        let _ = reply.send(state);
    }

    /// Checks whether one more line about a peer may be written.
    fn may_log(&mut self) -> bool {
        self.peer_lines.allows()
    }

    fn standing(&self) -> String {
        event_log::standing(&self.parts.live.view(), self.peers())
    }

    fn peers(&self) -> usize {
        self.parts.live.peers().len()
    }
}

fn interval(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}
