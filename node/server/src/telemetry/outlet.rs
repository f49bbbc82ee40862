//! Log lines on their way to stderr: nobody waits for whoever reads them.
//!
//! A thread of its own writes. If stderr takes nothing for a while, as a pipe does whose reader was
//! stopped, lines are lost and counted, and the node goes on; what cannot be written is lost, too.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait at most, of some hundred bytes each.
const LINES: usize = 4096;
/// Time that the end of the process waits for lines to be written.
const FLUSH_TIME: Duration = Duration::from_secs(1);

static FLUSHES: OnceLock<SyncSender<Message>> = OnceLock::new();

/// Outlet of log lines.
#[derive(Clone, Debug)]
pub(super) struct Outlet {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    /// A request to answer once all lines before it are written.
    Flush(SyncSender<()>),
}

impl Outlet {
    /// Starts the thread that writes.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub(super) fn start(to: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, messages) = sync_channel(LINES);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let thread = std::thread::Builder::new().name("log".into());
        thread.spawn(move || write(&messages, to, &counted))?;
        Ok(Self { queue, lost })
    }

    /// Lets [`flush`] wait for what goes through here.
    pub(super) fn is_flushed(&self) {
        // The first one of a process is the one that is used.
        let _ = FLUSHES.set(self.queue.clone());
    }
}

/// Waits until what was logged is written; not for long.
pub fn flush() {
    let (done, written) = sync_channel(1);
    let sent = FLUSHES.get().is_some_and(|queue| queue.try_send(Message::Flush(done)).is_ok());
    if sent {
        // Too late means that stderr takes nothing.
        let _ = written.recv_timeout(FLUSH_TIME);
    }
}

fn write(messages: &Receiver<Message>, mut to: impl Write, lost: &AtomicU64) {
    for message in messages {
        match message {
            // A full disk or a reader that went away is no reason to end.
            Message::Line(line) => drop(to.write_all(&line)),
            Message::Flush(done) => drop(done.send(())),
        }
        let lines = lost.swap(0, Ordering::Relaxed);
        if lines > 0 {
            tracing::warn!(lines, "log.lost");
        }
    }
}

impl<'w> MakeWriter<'w> for Outlet {
    type Writer = &'w Self;

    fn make_writer(&'w self) -> &'w Self {
        self
    }
}

impl Write for &Outlet {
    /// Takes a whole line, or loses it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Message::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Takes the first line, and then nothing until it is told to.
    struct Stopped {
        taken: std::sync::mpsc::Sender<Vec<u8>>,
        go: Receiver<()>,
    }

    impl Write for Stopped {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.taken.send(line.to_vec()).expect("the test listens");
            let _ = self.go.recv();
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_logs_waits_for_no_reader_and_lost_lines_are_counted() {
        let (taken, lines) = channel();
        let (go, wait) = channel();
        let outlet = Outlet::start(Stopped { taken, go: wait }).expect("a thread");
        let log = |line: &str| (&outlet).write_all(line.as_bytes()).expect("it never fails");
        log("first");
        assert_eq!(lines.recv().expect("written"), b"first");
        (0..LINES).for_each(|_| log("waits"));
        assert_eq!(outlet.lost.load(Ordering::Relaxed), 0);
        log("lost");
        assert_eq!(outlet.lost.load(Ordering::Relaxed), 1);
        drop(go);
        // A line that could not be written is no end of those after it.
        assert_eq!(lines.iter().take(LINES).filter(|line| line == b"waits").count(), LINES);
    }
}
