//! Ctrl-C while a transaction is on its way: what is known of it is said before the process ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::failure::Failure;
use super::printer::Printer;

/// Exit code of who is interrupted with nothing left to say, as shells have it.
const INTERRUPTED: i32 = 130;

/// A stretch of work that is not interrupted without a word.
#[derive(Debug)]
pub(crate) struct Watched {
    over: Arc<AtomicBool>,
}

/// Begins a stretch: until it is dropped, whoever interrupts the process is told this failure, and
/// the process ends with its exit code.
pub(crate) fn tell(printer: Printer, failure: Failure) -> Watched {
    let over = Arc::new(AtomicBool::new(false));
    // Without it a signal ends the process as usual.
    let _ = listen(printer, failure, Arc::clone(&over));
    Watched { over }
}

/// Listens before it returns; a thread waits for the signal.
fn listen(printer: Printer, failure: Failure, over: Arc<AtomicBool>) -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let inside = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    drop(inside);
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        if over.swap(true, Ordering::SeqCst) {
            std::process::exit(INTERRUPTED);
        }
        printer.finish(Err(failure.clone()));
        std::process::exit(failure.number().into());
    });
    Ok(())
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.over.swap(true, Ordering::SeqCst) {
            // Somebody is being told, and the process is about to end: one outcome is enough.
            loop {
                std::thread::park();
            }
        }
    }
}
