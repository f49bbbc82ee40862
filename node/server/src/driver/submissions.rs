//! Submissions: what users hand in, checked by workers and given to the engine.

use coinage_protocol::check_each;
use coinage_protocol::engine::{ChainReader, Input, SubmissionId};

use super::{Checked, Driver, DriverError};
use crate::handle::{ChangeSubmission, Submission};

impl<R: ChainReader> Driver<R> {
    /// Takes a change of authorities, whose approval the API has checked.
    pub(super) async fn on_change(
        &mut self,
        submitted: ChangeSubmission,
    ) -> Result<(), DriverError> {
        self.submission_last += 1;
        let submission = SubmissionId(self.submission_last);
        self.change_submitters.insert(submission, submitted.reply);
        let change = Box::new(submitted.change);
        self.feed(Input::SubmitChange { submission, change }).await
    }

    /// Has submissions checked by a worker.
    pub(super) fn on_submissions(&mut self, submissions: impl Iterator<Item = Submission>) {
        let (transactions, submitters): (Vec<_>, Vec<_>) =
            submissions.map(|one| (one.transaction, (one.park, one.reply))).unzip();
        let chain = *self.parts.spec.chain();
        let size = transactions.iter().map(coinage_protocol::encoded_len).sum();
        // Their signatures come again in a block.
        let verified = self.parts.link.verified.clone();
        let counted = self.parts.metrics.signature_checks();
        let check = move |random| check_each(transactions, &chain, &verified, random);
        // Without room the senders are told nothing more than that the reply is gone; the API says
        // busy.
        let Some(checked) = self.lane.run(size, check) else { return };
        for _ in &submitters {
            counted.count("submission");
        }
        self.checking += submitters.len();
        let done = self.check_done.clone();
        tokio::spawn(async move {
            let (transactions, _room) = checked.await;
            let transactions = transactions.unwrap_or_default();
            let _ = done.send(Checked { submitters, transactions }).await;
        });
    }

    pub(super) async fn on_checked(&mut self, checked: Checked) -> Result<(), DriverError> {
        let Checked { submitters, transactions } = checked;
        self.checking -= submitters.len();
        for ((park, reply), transaction) in submitters.into_iter().zip(transactions) {
            match transaction {
                Ok(transaction) => {
                    self.submission_last += 1;
                    let submission = SubmissionId(self.submission_last);
                    self.submitters.insert(submission, reply);
                    let transaction = Box::new(transaction);
                    self.feed(Input::Submit { submission, transaction, park }).await?;
                }
                Err(error) => {
                    self.parts.metrics.invalid(&error);
                    let _ = reply.send(Err(error));
                }
            }
        }
        Ok(())
    }
}
