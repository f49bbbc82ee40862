//! Level 1: a lone engine.

use std::cell::Cell;

use coinage_protocol::engine::{Input, PeerRef, Question, SubmissionId, SubmitOutcome};
use coinage_protocol::limits::{REQUEST_BYTES_MAX, STATUS_BYTES_MAX};
use coinage_protocol::{CheckedTransaction, Offence, TransactionStatus, Verdict, decode};
use coinage_simulation::block_builder::tip;
use coinage_simulation::conformance::{Delivery, Expected, Ground, Head, News, Sample};
use coinage_simulation::fixtures::random;
use coinage_simulation::target::Target;

const HONEST: PeerRef = PeerRef(3);
/// Villains are numbered from here, a new one for each input.
const VILLAINS: u64 = 100;

/// An engine on its ground, and how many villains it has met.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    ground: &'a Ground,
    target: Target,
    villains: Cell<u64>,
}

/// The things that must not change unless they are expected to.
#[derive(Debug, Eq, PartialEq)]
struct Kept {
    head: coinage_protocol::Tip,
    entries: Vec<(coinage_protocol::Key, coinage_protocol::Entry)>,
    chain: Vec<coinage_protocol::TransactionId>,
}

impl<'a> Bench<'a> {
    /// An engine that follows the honest chain.
    pub(crate) fn new(ground: &'a Ground) -> Self {
        let mut target = Target::new(&ground.spec, ground.slot);
        target.peer(HONEST, ground.chain.blocks.clone());
        assert_eq!(target.head(), ground.chain.tip, "it follows the honest chain");
        Self { ground, target, villains: Cell::new(VILLAINS) }
    }

    /// Replays an input and says what is wrong with what came of it.
    pub(crate) fn replay(&mut self, sample: &Sample) -> Result<(), String> {
        for block in &sample.before {
            let verdict = self.target.offer(HONEST, block);
            ensure(verdict == Verdict::Accept, || format!("before: {verdict:?}"))?;
        }
        let villain = PeerRef(self.villains.get());
        self.villains.set(villain.0 + 1);
        let before = self.kept();
        let charges = self.target.charges.len();
        let pooled = self.target.view().pool_transactions;
        self.deliver(villain, sample)?;
        self.check_blame(villain, &sample.expected, charges)?;
        let after = self.kept();
        match sample.expected.head {
            Head::Stays => ensure(after == before, || format!("the chain moved: {after:?}"))?,
            Head::Becomes(head) => {
                ensure(after.head == head, || format!("the head is {:?}", after.head))?;
                ensure(self.target.stores(&head.hash), || "the head is not stored".into())?;
            }
        }
        let taken = self.target.view().pool_transactions > pooled;
        let news = matches!(&sample.delivery, Delivery::News(News { topic, .. })
            if *topic == coinage_protocol::Topic::Transactions);
        let accepted = news && sample.expected.verdict == Some(Verdict::Accept);
        let submitted = sample.expected.submitted.is_some_and(|one| one.status == 202);
        // What a reorg takes off the chain waits again.
        let may = sample.expected.head != Head::Stays;
        ensure(may || taken == (accepted || submitted), || format!("something waits: {taken}"))?;
        self.target.input(Input::Disconnected { peer: villain });
        let Some(cure) = &sample.cure else { return Ok(()) };
        let verdict = self.target.gossip(HONEST, cure.topic, &cure.bytes);
        ensure(verdict == Verdict::Accept, || format!("the honest counterpart: {verdict:?}"))
    }

    /// Checks that what is honest is still taken.
    pub(crate) fn still_works(&mut self) -> Result<(), String> {
        let payment = News::transactions(&[self.ground.payment()]);
        let verdict = self.target.gossip(HONEST, payment.topic, &payment.bytes);
        ensure(verdict == Verdict::Accept, || format!("an honest payment: {verdict:?}"))?;
        let block = self.ground.next_block();
        let better = self.target.head().height < block.header.header.height;
        let verdict = self.target.offer(HONEST, &block);
        ensure(verdict == Verdict::Accept, || format!("an honest block: {verdict:?}"))?;
        let head = tip(&self.ground.spec, &block);
        ensure(!better || self.target.head() == head, || "an honest block moves no head".into())?;
        let honest = self.target.charges.iter().all(|(peer, _)| peer.0 >= VILLAINS);
        ensure(honest, || format!("an honest peer is charged: {:?}", self.target.charges))
    }

    fn deliver(&mut self, villain: PeerRef, sample: &Sample) -> Result<(), String> {
        let tip = self.ground.chain.blocks.clone();
        match &sample.delivery {
            Delivery::News(News { topic, bytes }) => {
                self.target.peer(villain, tip);
                let verdict = Some(self.target.gossip(villain, *topic, bytes));
                ensure(verdict == sample.expected.verdict, || format!("{verdict:?}"))
            }
            Delivery::Question(bytes) => {
                self.target.peer(villain, tip);
                let question = decode(bytes, REQUEST_BYTES_MAX).map(Question::Request);
                self.ask(villain, question.ok(), sample.expected.parted)
            }
            Delivery::Status(bytes) => {
                self.target.peer(villain, tip);
                let status = decode(bytes, STATUS_BYTES_MAX);
                let question = status.map(|status| Question::Status(Box::new(status)));
                self.ask(villain, question.ok(), sample.expected.parted)
            }
            Delivery::Answers(answers) => {
                self.target.lies.insert(villain, answers.clone());
                self.target.input(Input::Connected { peer: villain });
                let parted = self.target.refusals.contains(&villain);
                ensure(parted == sample.expected.parted, || format!("parted: {parted}"))
            }
            Delivery::Chain(blocks) => {
                self.target.peer(villain, blocks.clone());
                self.target.wait_ms(1_000);
                Ok(())
            }
            Delivery::Submission(bytes) => self.submit(bytes, &sample.expected),
            Delivery::Call(_) => Err("an engine has no HTTP".into()),
        }
    }

    /// The bytes are no question, or the engine parts for what it says.
    fn ask(
        &mut self,
        villain: PeerRef,
        question: Option<Question>,
        parted: bool,
    ) -> Result<(), String> {
        let Some(question) = question else {
            return ensure(parted, || "it does not decode".into());
        };
        self.target.ask(villain, question);
        let refused = self.target.refusals.contains(&villain);
        ensure(refused == parted, || format!("parted: {refused}"))
    }

    fn submit(&mut self, bytes: &[u8], expected: &Expected) -> Result<(), String> {
        let status = expected.submitted.map_or(0, |one| one.status);
        let checked = CheckedTransaction::from_bytes(bytes, self.ground.spec.chain(), random());
        let Ok(checked) = checked else {
            return ensure(status == 422, || format!("{:?}", checked.err()));
        };
        let transaction = Box::new(checked);
        self.target.input(Input::Submit { submission: SubmissionId(1), transaction, park: false });
        let outcome = self.target.outcomes.pop().ok_or("a submission has an outcome")?;
        let seen = match outcome {
            SubmitOutcome::Accepted(TransactionStatus::Pending(None)) => 202,
            SubmitOutcome::Known(_) => 200,
            SubmitOutcome::Accepted(_) => 0,
            SubmitOutcome::Refused(_) => 422,
        };
        ensure(seen == status, || format!("{outcome:?}"))
    }

    fn check_blame(
        &mut self,
        villain: PeerRef,
        expected: &Expected,
        before: usize,
    ) -> Result<(), String> {
        let charges: Vec<(PeerRef, Offence)> = self.target.charges[before..].to_vec();
        let fits = |(peer, offence): &(PeerRef, Offence)| {
            *peer == villain && expected.blame.contains(offence)
        };
        let right = charges.iter().all(fits) && charges.is_empty() == expected.blame.is_empty();
        ensure(right, || format!("charged: {charges:?}"))?;
        // SPEC X-2
        let points: u32 = charges.iter().map(|(_, offence)| offence.price()).sum();
        let banned = self.target.bans.contains(&villain);
        ensure(banned == (points >= Offence::BAN_AT), || format!("{points}, banned: {banned}"))
    }

    fn kept(&self) -> Kept {
        let disk = &self.target.disk;
        Kept { head: disk.head(), entries: disk.entries(), chain: disk.transactions() }
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
