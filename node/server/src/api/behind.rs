//! Refusing submissions while more waits than the next blocks hold.

use std::sync::Arc;

use coinage_model::code::Code;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::App;
use super::failure::Failure;

/// Transactions that all requests together may be handing over: what a node checks in some seconds.
const HANDING_OVER_MAX: usize = 8_192;

/// Refuses while the backlog is full.
///
/// The body has arrived by then, and nobody has read it: who is answered in the middle of sending
/// it may find the connection gone, and no answer.
pub(super) fn refuse(app: &App) -> Result<(), Failure> {
    if app.handle.live.backlog().is_full { Err(behind(app)) } else { Ok(()) }
}

/// Room for the transactions that the node has not answered for yet.
#[derive(Clone, Debug)]
pub(super) struct HandingOver(Arc<Semaphore>);

impl HandingOver {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(HANDING_OVER_MAX)))
    }

    /// Takes places for so many transactions, until the result is dropped.
    ///
    /// # Errors
    ///
    /// If there are none: whoever came later would wait longer than a client does.
    pub(super) fn place(&self, app: &App, count: usize) -> Result<OwnedSemaphorePermit, Failure> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Arc::clone(&self.0).try_acquire_many_owned(count).map_err(|_| behind(app))
    }
}

/// Refusal for whoever comes while there is no room.
fn behind(app: &App) -> Failure {
    let blocks = app.handle.live.backlog().blocks;
    let slot_ms = u64::from(app.spec().genesis().slot_ms);
    // Half of what waits is enough to take some more.
    let seconds = (blocks / 2).saturating_mul(slot_ms).div_ceil(1000).clamp(1, 60);
    let detail = format!("{blocks} blocks of transactions wait already; wait {seconds} s");
    Failure::new(Code::Behind, detail).retry_after(seconds)
}
