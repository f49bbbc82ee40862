//! Ctrl-C while something must not be left as it is: while a transaction is on its way, what is
//! known of it is said before the process ends; at a question for a password, the terminal shows
//! again what is typed.

use std::fs::{File, OpenOptions};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::failure::Failure;
use super::printer::Printer;

/// Exit code of who is interrupted with nothing left to say, as shells have it.
const INTERRUPTED: i32 = 130;
/// File of the terminal that the process belongs to.
const TERMINAL: &str = "/dev/tty";

/// Stretches that go on, by their number. Whoever ends the process keeps it locked.
static STRETCHES: Mutex<Vec<(u64, Ending)>> = Mutex::new(Vec::new());
static LISTENING: Once = Once::new();
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// Last act of an interrupted process; returns its exit code.
type Ending = Box<dyn FnOnce() -> i32 + Send>;

/// A stretch of work that is not interrupted without a last act.
#[derive(Debug)]
pub(crate) struct Watched(u64);

/// Begins a stretch: until it is dropped, whoever interrupts the process is told this failure, and
/// the process ends with its exit code.
pub(crate) fn tell(printer: Printer, failure: Failure) -> Watched {
    watch(Box::new(move || {
        printer.finish(Err(failure.clone()));
        failure.number().into()
    }))
}

/// Begins a stretch in which the terminal does not show what is typed: it is as before when the
/// stretch ends, also by a signal. None without a terminal.
pub(crate) fn hide() -> Option<Hidden> {
    let terminal = OpenOptions::new().read(true).write(true).open(TERMINAL).ok()?;
    let before = tcgetattr(&terminal).ok()?;
    let (again, before_again) = (terminal.try_clone().ok()?, before.clone());
    let watched = watch(Box::new(move || {
        // Nothing is left to do about an error; the line of the question is ended for the shell.
        let _ = tcsetattr(&again, OptionalActions::Now, &before_again);
        let _ = std::io::Write::write_all(&mut &again, b"\n");
        INTERRUPTED
    }));
    Some(Hidden { terminal, before, _watched: watched })
}

/// A stretch in which the terminal does not show what is typed.
#[derive(Debug)]
pub(crate) struct Hidden {
    terminal: File,
    before: Termios,
    _watched: Watched,
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Waits for the end of the process, which a signal has brought about.
pub(crate) fn wait_for_end() -> ! {
    loop {
        std::thread::park();
    }
}

fn watch(ending: Ending) -> Watched {
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    stretches().push((number, ending));
    // Without it a signal ends the process as usual.
    LISTENING.call_once(|| drop(listen()));
    Watched(number)
}

fn stretches() -> MutexGuard<'static, Vec<(u64, Ending)>> {
    STRETCHES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens before it returns; a thread waits for the signal.
fn listen() -> std::io::Result<()> {
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
        // Kept until the end: a stretch that is over meanwhile has no second outcome.
        let mut stretches = stretches();
        let ending = stretches.pop().map(|(_, ending)| ending);
        std::process::exit(ending.map_or(INTERRUPTED, |ending| ending()));
    });
    Ok(())
}

impl Drop for Watched {
    fn drop(&mut self) {
        stretches().retain(|(number, _)| *number != self.0);
    }
}
