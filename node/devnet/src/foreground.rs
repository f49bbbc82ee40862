//! A devnet that runs in this process until it is told to stop.

use std::io;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{broadcast, watch};

use super::browser;
use super::control::Control;
use super::demo;
use super::error::DevnetError;
use super::interest::Interest;
use super::log::Line;
use super::places::flag_for;
use super::report::Outlet;
use super::settings::Config;
use super::status::DevnetStatus;
use super::supervisor::Devnet;

/// Time that the nodes may take to agree before it is said that they do not; waiting goes on.
const READY_PATIENCE: Duration = Duration::from_secs(60);
/// Interval at which it is looked whether somebody still reads what is shown, and whether the
/// directory is still there.
const LOOK_INTERVAL: Duration = Duration::from_millis(300);

/// Choices about how to show what happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Show {
    /// True if each line is shown as a JSON object.
    pub(super) json: bool,
    /// True if the lines of the nodes are shown, to somebody who looks on.
    pub(super) log: bool,
    /// True if all that the nodes say is shown, and not only what is of interest.
    pub(super) all: bool,
    /// True if the program was built here by cargo.
    pub(super) cargo: bool,
    /// True if the page of the first node is to be opened in a browser.
    pub(super) open: bool,
}

/// Runs the devnet until Ctrl-C, SIGTERM or `coinage devnet stop`; a second signal kills the nodes.
pub(super) async fn run(
    config: Config,
    show: Show,
    out: &mut dyn Outlet,
) -> Result<DevnetStatus, DevnetError> {
    let mut signals = Signals::listen()?;
    let devnet = Devnet::prepare(config).await?;
    let mut lines = devnet.lines();
    let mut interest = Interest::new(show.all || show.json);
    let control = Control::bind(devnet.directory().root())?;
    let stop = watch::Sender::new(false);
    let doing = if devnet.directory().resumed() { "resuming" } else { "created" };
    show.line(
        out,
        &Line {
            node: None,
            text: format!("{doing} the devnet in {}", devnet.directory().root().display()),
        },
    )?;
    let ended = {
        let serving = control.serve(&devnet, &stop);
        let (starting, playing) = (begin(&devnet), play(&devnet));
        tokio::pin!(serving, starting, playing);
        let mut asked = stop.subscribe();
        let mut begun = false;
        let mut looking = tokio::time::interval(LOOK_INTERVAL);
        loop {
            tokio::select! {
                biased;
                () = signals.any() => break Ok(()),
                _ = asked.wait_for(|asked| *asked) => break Ok(()),
                () = &mut serving => break Ok(()),
                outcome = &mut starting, if !begun => {
                    begun = true;
                    if let Err(error) = outcome.and_then(|status| show.ready(out, &status)) {
                        break Err(error);
                    }
                }
                () = &mut playing, if begun => {}
                _ = looking.tick() => {
                    let there = devnet.directory().still_there();
                    if let Err(error) = there.and_then(|()| show.read(out)) { break Err(error) }
                }
                line = lines.recv() => {
                    let dull = line.as_ref().is_ok_and(|line| !interest.keeps(line));
                    if !dull && let Err(error) = show.received(out, line) { break Err(error) }
                }
            }
        }
    };
    let stopping = devnet.stop();
    tokio::pin!(stopping);
    tokio::select! {
        () = &mut stopping => {}
        // Dropping the devnet kills the nodes.
        () = signals.any() => {}
    }
    while let Ok(line) = lines.try_recv() {
        // Why it ended is more important than who does not hear its last words.
        let _ = show.received(out, Ok(line));
    }
    ended?;
    let text = "stopped; the next start resumes it".to_owned();
    show.line(out, &Line { node: None, text })?;
    Ok(devnet.status().await)
}

/// Plays the demonstration; never ends if the devnet has none.
async fn play(devnet: &Devnet) {
    match devnet.demo() {
        Some(demo) => demo::play(demo, || devnet.apis(), |text| devnet.say(text)).await,
        None => std::future::pending().await,
    }
}

/// Starts the nodes and waits, however long, until they agree; never ends if it is stopped first.
async fn begin(devnet: &Devnet) -> Result<DevnetStatus, DevnetError> {
    match agree(devnet).await {
        // Not a failure: who asked it to stop is answered, and then it ends.
        Err(_) if devnet.is_stopping() => std::future::pending().await,
        outcome => outcome,
    }
}

async fn agree(devnet: &Devnet) -> Result<DevnetStatus, DevnetError> {
    devnet.start_all().await?;
    loop {
        match devnet.wait_ready(READY_PATIENCE).await {
            Err(DevnetError::NotReady { .. }) => {
                let flag = flag_for(devnet.directory().root());
                devnet.say(&format!(
                    "the nodes do not agree on a block yet; see `coinage devnet{flag} status`"
                ));
            }
            other => return other,
        }
    }
}

fn no_browser(url: &str) -> Line {
    Line { node: None, text: format!("no program opens a browser here: open {url} yourself") }
}

impl Show {
    fn ready(&self, out: &mut dyn Outlet, status: &DevnetStatus) -> Result<(), DevnetError> {
        if self.json {
            self.put(out, &json!({ "event": "ready", "status": status }).to_string())?;
        } else {
            self.put(out, &status.banner(self.cargo, self.log))?;
        }
        let unopened = status.page().filter(|url| self.open && !browser::open(url));
        unopened.map_or(Ok(()), |url| self.line(out, &no_browser(&url)))
    }

    fn received(
        &self,
        out: &mut dyn Outlet,
        line: Result<Line, broadcast::error::RecvError>,
    ) -> Result<(), DevnetError> {
        match line {
            Ok(line) if self.log || line.node.is_none() => self.line(out, &line),
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                let text = format!("{missed} lines were not shown; the logs have them");
                self.line(out, &Line { node: None, text })
            }
            Ok(_) | Err(broadcast::error::RecvError::Closed) => Ok(()),
        }
    }

    fn line(&self, out: &mut dyn Outlet, line: &Line) -> Result<(), DevnetError> {
        let text =
            if self.json { line.json() } else { format!("{} | {}", line.name(), line.brief()) };
        self.put(out, &text)
    }

    /// Fails if somebody was to read what is shown and has gone.
    fn read(&self, out: &dyn Outlet) -> Result<(), DevnetError> {
        let gone = self.log && out.is_closed();
        if gone { Err(DevnetError::Output(io::ErrorKind::BrokenPipe.into())) } else { Ok(()) }
    }

    fn put(&self, out: &mut dyn Outlet, text: &str) -> Result<(), DevnetError> {
        match out.line(text) {
            // Nobody looks on at a devnet in the background: a full disk does not end it.
            Err(_) if !self.log => Ok(()),
            written => written.map_err(DevnetError::Output),
        }
    }
}

/// Signals that ask a process to end.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Listens from now on. Needs a tokio runtime with I/O.
    pub fn listen() -> Result<Self, DevnetError> {
        let listen = |kind| {
            signal(kind).map_err(|source| DevnetError::Io {
                what: "cannot listen for signals".to_owned(),
                source,
            })
        };
        let interrupt = listen(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits until there is a signal.
    pub async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
