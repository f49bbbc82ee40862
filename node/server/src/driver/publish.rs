//! Effects are done and events are told apart, because a long switch of branches comes to hundreds
//! of thousands of events, and the next block must not wait for them.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use coinage_protocol::engine::{BatchNumber, ChainReader, Effect, Event, View};

use super::{Driver, DriverError};

/// Time that the node tells what happened before it looks for what has come meanwhile.
const TELL_TIME: Duration = Duration::from_millis(10);
impl<R: ChainReader> Driver<R> {
    /// Does what the engine says, and tells of it as far as there is time: nobody waits for a block
    /// because there is much to tell.
    pub(super) async fn act(&mut self, effects: Vec<Effect>) -> Result<(), DriverError> {
        for effect in effects {
            if only_tells(&effect) {
                self.to_tell.push_back(effect);
            } else {
                self.perform(effect).await?;
            }
        }
        self.tell().await
    }

    /// Tells what is to be told, for a part of a slot at most.
    pub(super) async fn tell(&mut self) -> Result<(), DriverError> {
        let begun = Instant::now();
        while begun.elapsed() < TELL_TIME
            && let Some(effect) = self.to_tell.pop_front()
        {
            self.perform(effect).await?;
        }
        self.release_view();
        Ok(())
    }

    /// Shows how the node stands as soon as the disk has it. While one view waits for that, later
    /// ones wait for it, so that a steady stream of blocks does not keep all of them back.
    pub(super) fn publish_view(&mut self) {
        if self.view_held.is_some() {
            return;
        }
        let view = self.parts.engine.view();
        self.shown = view.head.hash;
        self.final_moved = false;
        self.view_stale = false;
        self.parts.link.flooded.store(view.backlog.is_flooded, Relaxed);
        match self.gate.outstanding() {
            None if self.to_tell.is_empty() => self.parts.live.publish(view),
            number => self.view_held = Some((number.unwrap_or_default(), view)),
        }
    }

    /// Shows what was held back, once it is durable and what led there has been told.
    fn release_view(&mut self) {
        let told = self.to_tell.is_empty();
        let durable = |(number, _): &mut (BatchNumber, View)| self.gate.is_durable(*number) && told;
        if let Some((_, view)) = self.view_held.take_if(durable) {
            self.parts.live.publish(view);
        }
    }
}

/// True if an effect only says what happened. What is told of peers that misbehave is not put off:
/// soon they have no name any more.
fn only_tells(effect: &Effect) -> bool {
    match effect {
        Effect::Report(Event::BlockRejected { .. } | Event::Misbehaviour { .. }) => false,
        Effect::Report(_) | Effect::Submitted { .. } => true,
        _ => false,
    }
}
