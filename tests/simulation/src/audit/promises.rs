//! Promises: what a shell may do only once a batch is on disk, noted a second time.

use std::collections::VecDeque;
use std::mem::{Discriminant, discriminant};

use coinage_protocol::engine::{BatchNumber, Effect, Event};

/// The actions of one node that rely on batches, in the order in which its engine decided on them.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    handed_out: BatchNumber,
    durable: BatchNumber,
    owed: VecDeque<(BatchNumber, Discriminant<Effect>)>,
}

impl Promises {
    /// The engine has decided on an action.
    pub(crate) fn made(&mut self, action: &Effect) {
        if let Effect::Persist { number, .. } = action {
            self.handed_out = *number;
        } else if relies_on_the_disk(action) {
            self.owed.push_back((self.handed_out, discriminant(action)));
        }
    }

    /// Batches up to this one are on disk.
    pub(crate) fn written(&mut self, number: BatchNumber) {
        self.durable = self.durable.max(number);
    }

    /// The shell performs an action.
    pub(crate) fn kept(&mut self, action: &Effect) -> Result<(), String> {
        if !relies_on_the_disk(action) {
            return Ok(());
        }
        let Some((number, kind)) = self.owed.pop_front() else {
            return Err(format!("nobody decided on {action:?}"));
        };
        if kind != discriminant(action) {
            return Err(format!("out of its order: {action:?}"));
        }
        if number > self.durable {
            let durable = self.durable;
            return Err(format!(
                "follows batch {number:?}, but {durable:?} is on disk: {action:?}"
            ));
        }
        Ok(())
    }

    /// Checks whether something is held back although everything that it relies on is on disk.
    pub(crate) fn is_late(&self) -> bool {
        self.owed.front().is_some_and(|(number, _)| *number <= self.durable)
    }
}

/// Checks whether an action tells somebody of what a crash could undo. Verdicts and blame do not,
/// and the signing memory may come early.
fn relies_on_the_disk(action: &Effect) -> bool {
    !matches!(
        action,
        Effect::Persist { .. }
            | Effect::Remember { .. }
            | Effect::Judge { .. }
            | Effect::Charge { .. }
            | Effect::Ban { .. }
            | Effect::Report(Event::BlockRejected { .. } | Event::Misbehaviour { .. })
    )
}
