//! Readers of events: each is a place in the ring, and what to leave out.

use std::sync::Arc;

use coinage_model::event::{EventJson, EventKind, ResetEvent, ResetReason};
use coinage_protocol::{Address, Tip};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Events;
use super::ring::{Entry, Following};

/// Bytes of the name of an event, at most: the boot, a dot, and a number.
const ID_LEN_MAX: usize = 16 + 1 + 20;
/// Events that are passed over while the ring is locked, at most.
const SKIPPED_MAX: usize = 256;

/// Filter of a reader: which events it wants. A `reset` comes in any case.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Kinds of events that the reader wants; all kinds if empty.
    pub kinds: Vec<EventKind>,
    /// Account that the transactions of `transaction` and `charter` events must touch.
    pub account: Option<Address>,
}

impl Filter {
    fn wants(&self, kind: EventKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    fn passes(&self, entry: &Entry) -> bool {
        let of_transaction = matches!(entry.kind, EventKind::Transaction | EventKind::Charter);
        let of_account = |account: &Address| !of_transaction || entry.accounts.contains(account);
        self.wants(entry.kind) && self.account.as_ref().is_none_or(of_account)
    }
}

/// An event as it is told to a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    /// Name of the event, to resume after: `boot.sequence`.
    pub id: String,
    /// Name of the event's kind.
    pub name: &'static str,
    /// Data of the event: an [`EventJson`].
    pub data: String,
}

/// A reader that follows the events.
#[derive(Debug)]
pub struct Reader {
    events: Arc<Events>,
    filter: Filter,
    grown: watch::Receiver<u64>,
    /// Number of the last event that was told or passed over.
    at: u64,
    first: Option<Told>,
    _place: OwnedSemaphorePermit,
}

/// Outcome of one look at the ring.
enum Look {
    Told(Told),
    PassedOver,
    Nothing,
}

impl Events {
    /// Begins to read after the event of this name, or with the present. `None` if as many read as
    /// may.
    ///
    /// The first event is a `reset` if that cannot be resumed, and a `head` if nothing was to be
    /// resumed.
    pub fn read(self: &Arc<Self>, last: Option<&str>, filter: Filter) -> Option<Reader> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let grown = self.grown.subscribe();
        let inner = self.lock();
        let (now, head) = (inner.ring.last(), inner.head);
        let resumed = last.map(|last| {
            let sequence = self.sequence(last)?;
            match inner.ring.after(sequence) {
                Following::Lost if sequence > now => Err(ResetReason::UnknownId),
                Following::Lost => Err(ResetReason::TooOld),
                Following::Entry(_) | Following::Nothing => Ok(sequence),
            }
        });
        drop(inner);
        let (at, first) = match resumed {
            Some(Ok(sequence)) => (sequence, None),
            Some(Err(reason)) => (now, Some(self.reset(reason, now, &head))),
            None => {
                let wanted = filter.wants(EventKind::Head);
                (now, wanted.then(|| self.begin(now, &head)))
            }
        };
        Some(Reader { events: Arc::clone(self), filter, grown, at, first, _place: place })
    }

    fn begin(&self, at: u64, head: &Tip) -> Told {
        self.told(at, EventKind::Head.name(), &EventJson::Head(self.tip(head)))
    }

    fn reset(&self, reason: ResetReason, at: u64, head: &Tip) -> Told {
        let head = self.tip(head);
        self.told(at, "reset", &EventJson::Reset(ResetEvent { reason, head }))
    }

    fn told(&self, sequence: u64, name: &'static str, event: &EventJson) -> Told {
        // An event has no map whose keys are not strings, so it can be written.
        let data = serde_json::to_string(event).unwrap_or_default();
        Told { id: self.id(sequence), name, data }
    }

    /// Returns the number in the name of an event since this start.
    fn sequence(&self, id: &str) -> Result<u64, ResetReason> {
        let (boot, sequence) = match id.split_once('.') {
            Some(parts) if id.len() <= ID_LEN_MAX => parts,
            _ => return Err(ResetReason::UnknownId),
        };
        let digits = sequence.bytes().all(|byte| byte.is_ascii_digit());
        let sequence = sequence.parse().ok().filter(|_| digits).ok_or(ResetReason::UnknownId)?;
        if boot == self.boot { Ok(sequence) } else { Err(ResetReason::Restarted) }
    }
}

impl Reader {
    /// Waits for the next event.
    ///
    /// Cancel safety: nothing is lost.
    pub async fn next(&mut self) -> Told {
        if let Some(first) = self.first.take() {
            return first;
        }
        loop {
            self.grown.borrow_and_update();
            match self.look() {
                Look::Told(told) => return told,
                Look::PassedOver => tokio::task::yield_now().await,
                Look::Nothing => {
                    // The sender lives as long as the events, which this reader holds.
                    let _ = self.grown.changed().await;
                }
            }
        }
    }

    /// Returns the name to resume after, also if everything since then was passed over.
    pub fn id(&self) -> String {
        self.events.id(self.at)
    }

    /// Returns the name to resume after for who is cut off before the first event. `None` while
    /// that is a `head` or a `reset`: who has not got it must not resume behind it.
    pub fn first_id(&self) -> Option<String> {
        self.first.is_none().then(|| self.id())
    }

    fn look(&mut self) -> Look {
        let inner = self.events.lock();
        for _ in 0..SKIPPED_MAX {
            match inner.ring.after(self.at) {
                Following::Entry(entry) => {
                    self.at = entry.sequence;
                    if self.filter.passes(&entry) {
                        let id = self.events.id(entry.sequence);
                        let data = entry.data.to_string();
                        return Look::Told(Told { id, name: entry.kind.name(), data });
                    }
                }
                Following::Nothing => return Look::Nothing,
                Following::Lost => {
                    self.at = inner.ring.last();
                    let told = self.events.reset(ResetReason::TooSlow, self.at, &inner.head);
                    return Look::Told(told);
                }
            }
        }
        Look::PassedOver
    }
}
