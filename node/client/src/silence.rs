//! Word of a node that is silent, for whoever waits for its answer.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// Time of silence after which whoever waits is told.
pub(super) const SILENCE: Duration = Duration::from_secs(3);

/// A place to say that a node is silent.
#[derive(Clone)]
pub(super) struct Tell(Arc<dyn Fn(&str) + Send + Sync>);

impl Tell {
    pub(super) fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Says so once the node was silent for some seconds beyond `patience`, unless what this
    /// returns is dropped before.
    pub(super) fn watch(&self, url: &str, patience: Duration) -> Sender<()> {
        let (over, waited) = mpsc::channel();
        let (tell, url) = (self.clone(), url.to_owned());
        std::thread::spawn(move || {
            let silence = patience.saturating_add(SILENCE);
            if waited.recv_timeout(silence) == Err(RecvTimeoutError::Timeout) {
                (tell.0)(&format!("waiting for {url}, which does not answer yet"));
            }
        });
        over
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tell")
    }
}
