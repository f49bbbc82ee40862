//! The terminal and the keys.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use coinage_devnet::LogFeed;
use ratatui::DefaultTerminal;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::signal::unix::{SignalKind, signal};

use super::events::Log;
use super::facts::Facts;
use super::gather::Sights;
use super::look::{Look, Theme};
use super::source::Sources;
use super::view::draw;

/// Time for which a key or the wish to end may go unnoticed.
const POLL: Duration = Duration::from_millis(50);
/// Interval at which the screen is drawn anew: times in it pass.
const REDRAW: Duration = Duration::from_millis(250);
/// Interval at which it is checked whether the terminal is still there.
const LOOK: Duration = Duration::from_millis(300);
/// Lines of each log at the beginning.
const LOG_LINES: u32 = 100;

/// Shows the nodes, asked so often, until somebody quits. The terminal is then as it was.
///
/// # Errors
///
/// Why the terminal cannot be used.
pub fn run(sources: &Sources, interval: Duration) -> io::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let asked = asked_to_end(&runtime)?;
    let mut watch = Watch::new(sources, interval);
    let mut screen = Screen::open()?;
    let ended = watch.go_on(&mut screen, &asked);
    drop(screen);
    runtime.shutdown_background();
    ended
}

/// Becomes true with the first signal that asks this process to end. Without a terminal there is
/// nothing to give back either: the process ends at once.
fn asked_to_end(runtime: &tokio::runtime::Runtime) -> io::Result<Arc<AtomicBool>> {
    let asked = Arc::new(AtomicBool::new(false));
    let _inside = runtime.enter();
    // Not in the loop that reads: reading a terminal that is gone never comes back.
    runtime.spawn(async {
        while !terminal_is_gone() {
            tokio::time::sleep(LOOK).await;
        }
        std::process::exit(1);
    });
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let (mut signal, asked) = (signal(kind)?, Arc::clone(&asked));
        runtime.spawn(async move {
            signal.recv().await;
            asked.store(true, Ordering::Relaxed);
        });
    }
    Ok(asked)
}

fn terminal_is_gone() -> bool {
    let terminal = io::stdin();
    let mut looked = [PollFd::new(&terminal, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut looked, Some(&at_once)).is_ok()
        && looked[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// The terminal while it is ours. Dropping it gives it back, also while a panic unwinds.
struct Screen(DefaultTerminal);

impl Screen {
    fn open() -> io::Result<Self> {
        ratatui::try_init().map(Self).inspect_err(|_| give_back())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    // A terminal that is gone needs nothing any more.
    let _gone = ratatui::try_restore();
    let _gone = execute!(io::stdout(), Show);
}

/// The picture that is shown, and the way it is looked at.
struct Watch {
    sights: Sights,
    feed: Option<LogFeed>,
    facts: Facts,
    log: Log,
    look: Look,
}

impl Watch {
    fn new(sources: &Sources, interval: Duration) -> Self {
        let sights = Sights::watch(sources, interval);
        let facts = sights.facts();
        let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let look = Look { theme: Theme { colours }, ..Look::default() };
        let feed = sources.home.as_ref().map(|home| home.log(LOG_LINES));
        Self { sights, feed, facts, log: Log::default(), look }
    }

    fn go_on(&mut self, screen: &mut Screen, asked: &AtomicBool) -> io::Result<()> {
        let mut due = Instant::now();
        while !asked.load(Ordering::Relaxed) {
            if Instant::now() >= due {
                self.refresh();
                screen.0.draw(|frame| {
                    let area = frame.area();
                    draw(&self.facts, &self.log, &self.look, area, frame.buffer_mut());
                })?;
                due = Instant::now() + REDRAW;
            }
            if !event::poll(POLL)? {
                continue;
            }
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    if self.quits(key) {
                        return Ok(());
                    }
                    due = Instant::now();
                }
                Event::Resize(..) => due = Instant::now(),
                _ => {}
            }
        }
        Ok(())
    }

    fn refresh(&mut self) {
        if self.look.paused {
            return;
        }
        let new = self.sights.facts();
        let lines = self.feed.as_mut().map(LogFeed::new_lines);
        self.log.changes(&self.facts, &new, lines.is_none());
        self.log.lines(lines.unwrap_or_default());
        self.facts = new;
    }

    /// Does what a key stands for; true if that is to quit.
    fn quits(&mut self, key: KeyEvent) -> bool {
        let look = &mut self.look;
        let last = self.facts.nodes.len().saturating_sub(1);
        match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return true,
            KeyCode::Char('q') | KeyCode::Esc => return true,
            KeyCode::Char('?') => look.help = !look.help,
            KeyCode::Char('p') => look.paused = !look.paused,
            KeyCode::Char('f') => look.log_only = !look.log_only,
            KeyCode::Up => look.chosen = look.chosen.and_then(|at| at.checked_sub(1)),
            KeyCode::Down => {
                look.chosen = Some(look.chosen.map_or(0, |at| at.saturating_add(1).min(last)));
            }
            _ => {}
        }
        false
    }
}
