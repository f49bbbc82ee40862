//! The signal to end a measurement.

use coinage_devnet::{DevnetError, Signals};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::error::BenchError;

/// The signal that Ctrl-C was pressed or SIGTERM came. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on; a signal no longer ends the process by itself.
    pub(super) fn on_signals(runtime: &Runtime) -> Result<Self, DevnetError> {
        let _inside = runtime.enter();
        let mut signals = Signals::listen()?;
        let (asked, receiver) = watch::channel(false);
        runtime.spawn(async move {
            signals.any().await;
            asked.send_replace(true);
        });
        Ok(Self(receiver))
    }

    /// True if somebody has asked to stop.
    pub(super) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Fails if somebody has asked to stop.
    pub(super) fn check(&self) -> Result<(), BenchError> {
        if self.is_asked() { Err(BenchError::Interrupted) } else { Ok(()) }
    }

    /// Waits until somebody asks to stop.
    pub(super) async fn asked(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|asked| *asked).await.is_err() {
            // Nobody listens any more, so nobody will ask.
            std::future::pending::<()>().await;
        }
    }
}
