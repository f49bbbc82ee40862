//! Playing a story, step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use coinage_protocol::{Transaction, TransactionId, UnixMillis};

use super::stage::{Answer, Stage};
use super::story::{Deed, Expectation, Scenario, Step, Submission};
use crate::fixtures::transaction;
use crate::report::said;

/// Time that a transaction is valid unless the story says it, in milliseconds.
const LIFETIME_MS: u64 = 600_000;

/// The failure of a story: where it is not true.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// The name of the file.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
    /// Text of the line.
    pub step: String,
    /// Description of what is wrong.
    pub wrong: String,
    /// Observations on each node that matters.
    pub seen: Vec<(u16, String)>,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, step, wrong, seen } = self;
        write!(formatter, "{file}:{line}: {step}\n  {wrong}")?;
        seen.iter().try_for_each(|(node, what)| write!(formatter, "\n  n{node}: {what}"))
    }
}

impl Error for Failure {}

/// Plays a story; `done` hears of each step when it is done, with the slots since the beginning.
///
/// # Errors
///
/// The first step that cannot be done or expectation that is not met, or what is wrong at the end.
/// A panic of the stage, as of a simulated world that sees what must never be, is one of them.
pub fn play(
    scenario: &Scenario,
    stage: &mut dyn Stage,
    done: &mut dyn FnMut(&Step, u64),
) -> Result<(), Failure> {
    let began = stage.time();
    let slot_ms = u64::from(scenario.slot_ms);
    let mut play = Play {
        stage,
        scenario,
        sent: BTreeMap::new(),
        known: BTreeSet::new(),
        running: (1..=scenario.nodes).collect(),
        paused: BTreeSet::new(),
    };
    let failure = |line, step: &str, found: Found| Failure {
        file: scenario.file.clone(),
        line,
        step: step.to_owned(),
        wrong: found.wrong,
        seen: found.seen,
    };
    for step in &scenario.steps {
        attempt(|| play.step(step)).map_err(|found| failure(step.line, &step.text, found))?;
        done(step, (play.stage.time() - began) / slot_ms);
    }
    attempt(|| play.end()).map_err(|found| failure(scenario.lines, "the end of every story", found))
}

/// Attempts a deed so that a panic gets the line of the story, too. The story ends there: nothing
/// of the stage is looked at afterwards.
fn attempt(deed: impl FnOnce() -> Result<(), Found>) -> Result<(), Found> {
    catch_unwind(AssertUnwindSafe(deed)).unwrap_or_else(|panic| Err(Found::new(said(&*panic))))
}

/// The finding of what is wrong, and what was seen.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) wrong: String,
    pub(super) seen: Vec<(u16, String)>,
}

impl Found {
    pub(super) fn new(wrong: impl Into<String>) -> Self {
        Self { wrong: wrong.into(), seen: Vec::new() }
    }
}

/// A story that is being played.
pub(super) struct Play<'a> {
    pub(super) stage: &'a mut dyn Stage,
    scenario: &'a Scenario,
    /// Transactions that have a name.
    sent: BTreeMap<String, Sent>,
    /// Transactions that were ever submitted.
    pub(super) known: BTreeSet<TransactionId>,
    running: BTreeSet<u16>,
    paused: BTreeSet<u16>,
}

/// A transaction with a name.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) id: TransactionId,
    /// Answer of the node to which the transaction went last.
    pub(super) answer: Answer,
    /// Number of the node to which the transaction went last.
    pub(super) via: u16,
    transaction: Transaction,
    park: bool,
}

impl Play<'_> {
    /// The nodes that can be asked.
    pub(super) fn awake(&self) -> Vec<u16> {
        self.running.difference(&self.paused).copied().collect()
    }

    /// The nodes that run, standing still or not.
    pub(super) fn running(&self) -> &BTreeSet<u16> {
        &self.running
    }

    /// A transaction by its name.
    pub(super) fn sent(&self, name: &str) -> &Sent {
        self.sent.get(name).expect("a story names a transaction before it speaks of it")
    }

    fn step(&mut self, step: &Step) -> Result<(), Found> {
        match &step.deed {
            Deed::Wait { slots } => self.stage.wait(*slots),
            Deed::Partition(groups) => self.stage.partition(groups),
            Deed::Heal => self.stage.heal(),
            Deed::Kill(nodes) => return self.each(nodes, true, Self::kill),
            Deed::Start(nodes) => return self.each(nodes, false, Self::start),
            Deed::Wipe(nodes) => {
                return self.each(nodes, false, |play, node| play.stage.wipe(node));
            }
            Deed::Pause(nodes) => return self.each(nodes, true, Self::pause),
            Deed::Resume(nodes) => return self.resume(nodes),
            Deed::Clock { node, ahead_ms } => self.set_clock(*node, *ahead_ms),
            Deed::Submit(submission) => return self.submit(submission),
            Deed::Resend { name, via } => return self.resend(name, via),
            Deed::Expect(expected) => return self.expect(expected),
        }
        Ok(())
    }

    /// Does something to nodes of which each must run, or not.
    fn each(
        &mut self,
        nodes: &[u16],
        runs: bool,
        deed: impl Fn(&mut Self, u16),
    ) -> Result<(), Found> {
        for node in nodes {
            if self.running.contains(node) != runs || self.paused.contains(node) {
                let state = if self.paused.contains(node) {
                    "stands still"
                } else if runs {
                    "does not run"
                } else {
                    "runs"
                };
                return Err(Found::new(format!("this cannot be done: n{node} {state}")));
            }
            deed(self, *node);
        }
        Ok(())
    }

    fn kill(&mut self, node: u16) {
        self.stage.kill(node);
        self.running.remove(&node);
    }

    fn start(&mut self, node: u16) {
        self.stage.start(node);
        self.running.insert(node);
    }

    fn pause(&mut self, node: u16) {
        self.stage.pause(node);
        self.paused.insert(node);
    }

    fn resume(&mut self, nodes: &[u16]) -> Result<(), Found> {
        for node in nodes {
            if !self.paused.remove(node) {
                let wrong = format!("this cannot be done: n{node} does not stand still");
                return Err(Found::new(wrong));
            }
            self.stage.resume(*node);
        }
        Ok(())
    }

    /// A running node is started again with the other clock.
    fn set_clock(&mut self, node: u16, ahead_ms: i64) {
        let runs = self.running.contains(&node);
        if runs {
            self.kill(node);
        }
        self.stage.set_clock(node, ahead_ms);
        if runs {
            self.start(node);
        }
    }

    fn submit(&mut self, submission: &Submission) -> Result<(), Found> {
        let spec = self.stage.spec();
        let expires_at = match submission.expires_in {
            Some(slots) => {
                let slot = spec.slot_at(UnixMillis::new(self.stage.time())).unwrap_or_default();
                spec.slot_time(slot.saturating_add(slots))
            }
            None => UnixMillis::new(self.stage.time().saturating_add(LIFETIME_MS)),
        };
        let keys: Vec<_> = submission.signers.iter().map(super::story::Person::key).collect();
        let keys: Vec<_> = keys.iter().collect();
        // Equal payments of one story differ in it.
        let salt = u64::try_from(self.known.len()).unwrap_or(u64::MAX);
        let actions = submission.actions.clone();
        let made = transaction(spec.chain(), &keys, salt, expires_at, actions);
        let id = made.body.id(spec.chain());
        self.known.insert(id);
        let answer = self.stage.submit(submission.via, &made, submission.park);
        if let Some(name) = &submission.name {
            let Submission { park, via, .. } = *submission;
            let sent = Sent { id, answer: answer.clone(), via, transaction: made, park };
            self.sent.insert(name.clone(), sent);
        }
        self.judge(submission.name.as_deref(), submission.via, &answer)
    }

    fn resend(&mut self, name: &str, via: &[u16]) -> Result<(), Found> {
        for node in via {
            let Some(sent) = self.sent.get_mut(name) else { continue };
            sent.answer = self.stage.submit(*node, &sent.transaction, sent.park);
            sent.via = *node;
            let answer = sent.answer.clone();
            self.judge(Some(name), *node, &answer)?;
        }
        Ok(())
    }

    /// Fails for what is not taken, unless it is expected to be refused.
    fn judge(&self, name: Option<&str>, node: u16, answer: &Answer) -> Result<(), Found> {
        let told = name.is_some_and(|name| self.scenario.tells_refused(name));
        let seen = match answer {
            Answer::Taken => return Ok(()),
            Answer::Refused(_) if told => return Ok(()),
            Answer::Refused(code) => format!("refused {code}"),
            Answer::Silence => "it does not answer".to_owned(),
        };
        Err(Found { wrong: "it must be taken".to_owned(), seen: vec![(node, seen)] })
    }

    fn expect(&mut self, expected: &Expectation) -> Result<(), Found> {
        let ground = self.ground(&expected.claim);
        let deadline = self.stage.patience(expected.within);
        loop {
            let nodes = expected.on.clone().unwrap_or_else(|| self.awake());
            if let Some(asleep) = nodes.iter().find(|node| !self.awake().contains(node)) {
                return Err(Found::new(format!("n{asleep} cannot be asked: it does not run")));
            }
            let verdict = self.look(&expected.claim, &nodes, expected.on.is_some(), &ground);
            if verdict.holds {
                return Ok(());
            }
            if expected.within == 0 || self.stage.time() >= deadline {
                let wrong = match expected.within {
                    0 => "it is not so".to_owned(),
                    slots => format!("it is not so after {slots} slots"),
                };
                return Err(Found { wrong, seen: verdict.seen });
            }
            self.stage.breathe();
        }
    }
}

impl fmt::Debug for Play<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Play").field("running", &self.running).finish_non_exhaustive()
    }
}
