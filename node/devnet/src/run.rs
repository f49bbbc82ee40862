//! The command `coinage devnet` and its subcommands.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::args::{DevnetArgs, DevnetCommand};
use super::control::{Request, ask};
use super::directory::{inspect, is_held};
use super::error::DevnetError;
use super::links::{parse_groups, parse_node};
use super::log::tail;
use super::places::{default_dir, flag_for};
use super::report::{Outlet, Report};
use super::settings::Config;
use super::status::DevnetStatus;
use super::supervisor::Devnet;
use super::{browser, foreground, logs};

/// Time within which the nodes of a devnet in the background must agree.
const READY_PATIENCE: Duration = Duration::from_secs(60);
/// Time within which the supervisor must end after its nodes did.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// Time that threads that wait for a node may take to end.
const THREADS_PATIENCE: Duration = Duration::from_millis(200);
const POLL: Duration = Duration::from_millis(50);

/// Runs a command of `coinage devnet`.
///
/// While a devnet runs in the foreground or logs are followed, lines of results go to `out` at
/// once; with `json`, each is a JSON object with an `event`.
///
/// # Errors
///
/// [`DevnetError`]; its code and hint are for people and programs alike.
pub fn run(args: DevnetArgs, json: bool, out: &mut dyn Outlet) -> Result<Report, DevnetError> {
    let dir = args.dir.clone().or_else(default_dir).ok_or(DevnetError::NoDirectory)?;
    let done = match &args.command {
        Some(command) => steer(command, dir.clone(), json, out),
        None => start(&args, dir.clone(), json, out),
    };
    done.map_err(|error| error.of(&dir))
}

fn steer(
    command: &DevnetCommand,
    dir: PathBuf,
    json: bool,
    out: &mut dyn Outlet,
) -> Result<Report, DevnetError> {
    let Some(settings) = inspect(&dir)? else { return Err(DevnetError::NotRunning { dir }) };
    let node = |text: &String| parse_node(text, settings.nodes);
    let request = match command {
        DevnetCommand::Logs { which, lines, follow } => {
            let shown = match which {
                Some(one) => vec![node(one)?],
                None => (1..=settings.nodes).collect(),
            };
            return if *follow {
                logs::follow(&dir, &shown, *lines, json, out)
            } else {
                logs::show(&dir, &shown, *lines)
            };
        }
        DevnetCommand::Status => Request::Status,
        DevnetCommand::Stop => Request::Stop,
        DevnetCommand::Kill { which: one } => Request::Kill { node: node(one)? },
        DevnetCommand::Start { which: one, clock_offset_ms } => {
            Request::Start { node: node(one)?, clock_offset_ms: *clock_offset_ms }
        }
        DevnetCommand::Wipe { which: one } => Request::Wipe { node: node(one)? },
        DevnetCommand::Partition { groups } => {
            Request::Partition { groups: parse_groups(groups, settings.nodes)? }
        }
        DevnetCommand::Heal => Request::Heal,
    };
    let status = ask(&dir, &request)?;
    if request == Request::Stop {
        wait_until(END_PATIENCE, || !is_held(&dir));
        let text = format!("stopped; `coinage devnet{}` resumes it", flag_for(&dir));
        return Ok(Report::status(&status, text));
    }
    Ok(Report::status(&status, status.table()))
}

fn start(
    args: &DevnetArgs,
    dir: PathBuf,
    json: bool,
    out: &mut dyn Outlet,
) -> Result<Report, DevnetError> {
    let failed = |source| DevnetError::Io { what: "cannot find this program".to_owned(), source };
    let program = std::env::current_exe().map_err(failed)?;
    // Links that a build tool replaces while the devnet runs are of no concern: nodes that are
    // started later run the program of that time.
    let cargo = program.components().any(|part| part.as_os_str() == "target");
    let DevnetArgs { nodes, slot, base_port, reset, demo, demo_rate, heartbeat, .. } = *args;
    let demo = demo.then_some(demo_rate);
    let config = Config { dir, program, nodes, slot, base_port, reset, demo, heartbeat };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime
        .map_err(|source| DevnetError::Io { what: "cannot start threads".to_owned(), source })?;
    if !args.detach {
        let show = foreground::Show {
            json,
            log: !args.background,
            all: args.verbose,
            cargo,
            open: args.open,
        };
        let ended = runtime.block_on(foreground::run(config, show, out));
        // A node that hangs may still owe the demonstration an answer.
        runtime.shutdown_timeout(THREADS_PATIENCE);
        let ended = ended?;
        return Ok(Report::status(&ended, String::new()));
    }
    // Here and not in the background, so that what is wrong is told as the error that it is.
    drop(runtime.block_on(Devnet::prepare(config.clone()))?);
    let status = detach(&config)?;
    let banner = status.banner(cargo, false);
    let unopened = status.page().filter(|url| args.open && !browser::open(url));
    if let Some(url) = unopened {
        let note = format!("no program opens a browser here: open {url} yourself");
        return Ok(Report { note: Some(note), ..Report::status(&status, banner) });
    }
    Ok(Report::status(&status, banner))
}

/// Starts this program again in a process group of its own, and waits until the nodes agree.
fn detach(config: &Config) -> Result<DevnetStatus, DevnetError> {
    let log = config.dir.join("devnet.log");
    let mut child = spawn(config, &log).map_err(DevnetError::io("start", &config.program))?;
    let deadline = Instant::now() + READY_PATIENCE;
    loop {
        match ask(&config.dir, &Request::Status) {
            Ok(status) if status.ready => return Ok(status),
            // Not yet listening, or not yet ready.
            Ok(_) | Err(_) => {}
        }
        if !matches!(child.try_wait(), Ok(None)) {
            let lines = tail(&log, 1).map_err(DevnetError::io("read", &log))?;
            let line = lines.into_iter().next().unwrap_or_else(|| "it said nothing".to_owned());
            return Err(DevnetError::Background { line });
        }
        if Instant::now() >= deadline {
            return Err(DevnetError::NotReady { seconds: READY_PATIENCE.as_secs() });
        }
        sleep(POLL);
    }
}

fn spawn(config: &Config, log: &Path) -> io::Result<Child> {
    let log = File::create(log)?;
    let mut command = Command::new(&config.program);
    command.args(["devnet", "--background", "--dir"]).arg(&config.dir);
    if let Some(base_port) = config.base_port {
        command.arg("--base-port").arg(base_port.to_string());
    }
    if let Some(rate) = config.demo {
        command.args(["--demo", "--demo-rate"]).arg(rate.to_string());
    }
    if let Some(heartbeat) = config.heartbeat {
        command.arg("--heartbeat").arg(heartbeat.to_string());
    }
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.process_group(0).spawn()
}

fn wait_until(patience: Duration, done: impl Fn() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() && Instant::now() < deadline {
        sleep(POLL);
    }
}
