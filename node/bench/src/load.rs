//! Offers payments to the nodes: as many as they take, or so many a second.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coinage_client::Client;
use coinage_model::submission::{SubmitMany, SubmitOne, SubmitResult, SubmittedMany};
use coinage_protocol::{TransactionId, encode};

use super::Progress;
use super::sampler::Sampler;
use super::stop::Stop;
use super::workload::Workload;

/// Payments in one request at most.
const BATCH: u64 = 200;
/// Time for which payments that were due in time may still be handed over after it.
const GRACE: Duration = Duration::from_secs(1);
/// The longest time for which nobody looks whether it is time to end.
const NAP: Duration = Duration::from_millis(50);
/// Interval between two reports of progress.
const TELL: Duration = Duration::from_millis(250);

/// The pace at which payments are handed over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// Payments are handed over as soon as fewer than so many are on their way.
    Window(u64),
    /// Payments are handed over at so many a second, whatever becomes of them.
    Rate(u32),
}

/// The load: which payments are offered, for how long, and to which nodes.
pub(super) struct Load<'a> {
    /// Nodes to which payments are offered; each gets the same share.
    pub(super) nodes: &'a [Client],
    /// Accounts that pay.
    pub(super) payers: &'a Workload,
    /// Watch over what the nodes have.
    pub(super) watch: &'a Sampler,
    /// Pace at which payments are handed over.
    pub(super) pace: Pace,
    /// Time for which payments are offered.
    pub(super) time: Duration,
    /// Signal to end early.
    pub(super) stop: &'a Stop,
}

/// A payment that a node took, or may have taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Id of the payment.
    pub(super) id: TransactionId,
    /// Number of the account that pays.
    pub(super) payer: usize,
    /// Time at which the payment was to be sent, after the beginning of the load.
    pub(super) due: Duration,
}

/// The payments that were handed over, and the nodes' answers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Payments that were not refused.
    pub(super) sent: Vec<Sent>,
    /// Number of payments that were handed over.
    pub(super) submitted: u64,
    /// Number of payments that were refused, by the code of the refusal.
    pub(super) refused: BTreeMap<String, u64>,
    /// Number of payments that got no answer.
    pub(super) unanswered: u64,
}

impl Load<'_> {
    /// Offers the load; returns when all is handed over or time is over.
    pub(super) fn offer(&self, began: Instant, tell: &dyn Fn(Progress)) -> Tally {
        thread::scope(|scope| {
            let sender = |number: usize| Sender {
                load: self,
                number: u64::try_from(number).expect("few nodes"),
                began,
                next: 0,
                tally: Tally::default(),
            };
            let threads: Vec<_> = (0..self.nodes.len())
                .map(|number| scope.spawn(move || sender(number).run()))
                .collect();
            while !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
                let (handed, in_flight) = self.watch.counts();
                let elapsed = began.elapsed().min(self.time);
                tell(Progress::Loading { elapsed, time: self.time, handed, in_flight });
                thread::sleep(TELL);
            }
            let mut all = Tally::default();
            for thread in threads {
                all.add(thread.join().expect("a sender does not panic"));
            }
            all
        })
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.sent.extend(other.sent);
        self.submitted += other.submitted;
        self.unanswered += other.unanswered;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }
}

/// The sender of one node's share.
struct Sender<'a> {
    load: &'a Load<'a>,
    /// Number of the node, from 0.
    number: u64,
    began: Instant,
    /// Number of payments of its share that were handed over.
    next: u64,
    tally: Tally,
}

impl Sender<'_> {
    fn run(mut self) -> Tally {
        while let Some(due) = self.wait() {
            self.submit(&due);
        }
        self.tally
    }

    /// Waits until there are payments to send, and returns when each was to be sent; `None` at the
    /// end.
    fn wait(&self) -> Option<Vec<Duration>> {
        let time = self.load.time;
        loop {
            let now = self.began.elapsed();
            if self.load.stop.is_asked() {
                return None;
            }
            match self.load.pace {
                Pace::Window(_) if now >= time => return None,
                Pace::Window(window) => {
                    let count = self.load.watch.room(window, BATCH, NAP);
                    if count > 0 {
                        let now = self.began.elapsed();
                        return Some((0..count).map(|_| now).collect());
                    }
                }
                Pace::Rate(rate) => {
                    let due = |next: u64| due(self.number(next), rate);
                    if due(self.next) >= time || now >= time + GRACE {
                        return None;
                    }
                    let past = (self.next..self.next + BATCH).map(due);
                    let past: Vec<_> = past.take_while(|due| *due <= now && *due < time).collect();
                    if past.is_empty() {
                        thread::sleep((due(self.next) - now).min(NAP));
                        continue;
                    }
                    self.load.watch.hand(u64::try_from(past.len()).expect("a batch"));
                    return Some(past);
                }
            }
        }
    }

    /// Returns the number, among the payments to all nodes, of one of its share.
    fn number(&self, next: u64) -> u64 {
        next * u64::try_from(self.load.nodes.len()).expect("few nodes") + self.number
    }

    fn submit(&mut self, due: &[Duration]) {
        let chain = self.load.payers.spec().chain();
        let (mut sent, mut transactions) = (Vec::new(), Vec::new());
        for due in due {
            let (payer, transaction) = self.load.payers.payment(self.number(self.next));
            self.next += 1;
            sent.push(Sent { id: transaction.body.id(chain), payer, due: *due });
            let bytes = Some(BASE64_STANDARD.encode(encode(&transaction)));
            transactions.push(SubmitOne { bytes, ..SubmitOne::default() });
        }
        let count = u64::try_from(sent.len()).expect("a batch");
        self.tally.submitted += count;
        let body = SubmitMany { transactions, park: false };
        let at = usize::try_from(self.number).expect("few nodes");
        let refused =
            match self.load.nodes[at].post::<SubmittedMany>("/v1/transactions", &[], &body) {
                Ok(answer) => self.tally.note(sent, &answer.results),
                Err(error) if error.perhaps_sent() => {
                    self.tally.unanswered += count;
                    self.tally.sent.extend(sent);
                    0
                }
                Err(error) => {
                    *self.tally.refused.entry(error.code().to_owned()).or_default() += count;
                    count
                }
            };
        if refused > 0 {
            self.load.watch.give_back(refused);
            if matches!(self.load.pace, Pace::Window(_)) {
                thread::sleep(NAP);
            }
        }
    }
}

impl Tally {
    /// Keeps payments that were not refused; gives back how many were.
    fn note(&mut self, sent: Vec<Sent>, results: &[SubmitResult]) -> u64 {
        let mut refused = 0;
        let mut results = results.iter();
        for one in sent {
            match results.next() {
                Some(SubmitResult::Refused { error }) => {
                    *self.refused.entry(error.code.clone()).or_default() += 1;
                    refused += 1;
                    continue;
                }
                Some(SubmitResult::Taken(_)) => {}
                None => self.unanswered += 1,
            }
            self.sent.push(one);
        }
        refused
    }
}

/// Returns when the payment of this number is to be sent, after the beginning of the load.
fn due(number: u64, rate: u32) -> Duration {
    let nanos = u128::from(number) * 1_000_000_000 / u128::from(rate);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_are_due_evenly_whoever_sends_them() {
        assert_eq!(due(0, 7), Duration::ZERO);
        assert_eq!(due(7, 7), Duration::from_secs(1));
        assert_eq!(due(1, 500), Duration::from_millis(2));
        assert_eq!(due(600 * 100_000, 100_000), Duration::from_secs(600));
    }
}
