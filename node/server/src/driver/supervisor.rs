//! Supervision of the process: what systemd, or a program that speaks as it does, is told.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::task::{JoinHandle, spawn_blocking};

/// Time between two reports on how the node stands, unless the supervisor wants to hear more often.
const INTERVAL: Duration = Duration::from_secs(10);
/// Shortest time between two messages.
const INTERVAL_MIN: Duration = Duration::from_millis(10);
/// Time that the last message may take.
const LAST_TIME: Duration = Duration::from_millis(100);

/// Tells the supervisor of the process, if there is one, that the node is ready, alive, and about
/// to stop.
///
/// Invariant: only its owner's own loop makes it say *alive*, so a loop that hangs is silent. A
/// supervisor that does not listen holds up nobody: while it has not taken one message, further
/// ones are lost.
#[derive(Debug)]
pub(super) struct Supervisor {
    listens: bool,
    /// True if the supervisor wants to hear that the node is alive, and does something about it
    /// otherwise.
    watches: bool,
    due: tokio::time::Interval,
    telling: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Finds the supervisor that the environment names, in the words of `sd_notify(3)`.
    pub(super) fn new() -> Self {
        let listens = std::env::var_os("NOTIFY_SOCKET").is_some();
        let watchdog = sd_notify::watchdog_enabled().filter(|_| listens);
        // Two messages may be lost or late before the supervisor believes the worst.
        let period = watchdog.map_or(INTERVAL, |limit| INTERVAL.min(limit / 3)).max(INTERVAL_MIN);
        let due = super::interval(period);
        Self { listens, watches: watchdog.is_some(), due, telling: None }
    }

    /// Waits until it is to be told again that the node is alive; for ever if nobody listens.
    ///
    /// Cancel safety: nothing is lost.
    pub(super) async fn due(&mut self) {
        if !self.listens {
            std::future::pending::<()>().await;
        }
        self.due.tick().await;
    }

    /// Tells that the node can be reached, and its loop runs.
    pub(super) fn ready(&mut self, standing: &str) {
        self.tell(&[NotifyState::Ready, NotifyState::Status(standing)]);
    }

    /// Tells that the loop still runs.
    pub(super) fn alive(&mut self, standing: &str) {
        let alive = [NotifyState::Status(standing), NotifyState::Watchdog];
        self.tell(if self.watches { &alive } else { &alive[..1] });
    }

    /// Tells that the node stops. Waits a moment until it has been told.
    pub(super) async fn stopping(mut self) {
        let _late = tokio::time::timeout(LAST_TIME, async {
            if let Some(telling) = self.telling.take() {
                let _ = telling.await;
            }
            self.tell(&[NotifyState::Stopping]);
            if let Some(telling) = self.telling.take() {
                let _ = telling.await;
            }
        })
        .await;
    }

    fn tell(&mut self, states: &[NotifyState<'_>]) {
        let busy = self.telling.as_ref().is_some_and(|telling| !telling.is_finished());
        if !self.listens || busy {
            return;
        }
        let lines: Vec<_> = states.iter().map(ToString::to_string).collect();
        // A full socket makes its sender wait, and that must not be the loop.
        self.telling = Some(spawn_blocking(move || {
            if let Err(error) = sd_notify::notify(&[NotifyState::Custom(&lines.join("\n"))]) {
                tracing::warn!(%error, "supervisor.unreachable");
            }
        }));
    }
}
