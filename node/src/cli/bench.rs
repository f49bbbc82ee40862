//! The command `coinage bench`: a measurement, its progress and its report for people.

use std::cell::RefCell;
use std::io::{self, IsTerminal as _};
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use clap::Args;
use coinage_bench::{self, BenchError, Plan, Progress, Report};
use indicatif::ProgressBar;

use super::context::Context;
use super::failure::Failure;
use super::printer::{Output, Printer, facts};

/// Interval between two moves of the sign that it goes on.
const TICK: Duration = Duration::from_millis(200);

/// What to measure.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage bench --seconds 3
  coinage bench --nodes 2 --rate 50 --seconds 3 --json

It starts a network of real processes in a temporary directory on free ports, and removes all of it
in the end; no other devnet is touched. A payment counts when the chain of every node holds it; its
latency counts from when it was to be sent. The limit is what the same cores could do if they did
nothing but decode, check and execute each payment once for every node. The load takes its share of
the cores, too. Without --rate, some 4000 payments are always on their way, and the latency is how
long that queue is; for the latency of a network that is not busy give a small --rate.")]
pub(crate) struct BenchArguments {
    /// How many nodes
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=32))]
    nodes: u16,
    /// For how long to offer payments
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// How many payments to offer a second [default: as many as the nodes take]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,
    /// For how long to look first at what the nodes take while they do nothing
    #[arg(long, value_name = "SECONDS", default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=600))]
    idle: u32,
}

pub(crate) fn run(arguments: &BenchArguments, context: &Context) -> Result<Output, Failure> {
    let BenchArguments { nodes, seconds, rate, idle } = *arguments;
    let board = Board::new(context.printer);
    let measured = coinage_bench::run(&Plan { nodes, seconds, rate, idle }, &|at| board.show(at));
    drop(board);
    let report = measured?;
    let text = text(&report);
    Ok(Output::new(report, text))
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Devnet(error) => error.into(),
            BenchError::Client(error) => error.into(),
            error => Self::new(error.code(), &error),
        }
    }
}

/// The progress as people see it: on a terminal in one line that changes, else a line for each
/// step.
struct Board {
    printer: Printer,
    bar: Option<ProgressBar>,
    step: RefCell<Option<Discriminant<Progress>>>,
}

impl Board {
    fn new(printer: Printer) -> Self {
        let people = !printer.is_json() && !printer.is_quiet();
        let bar = (people && io::stderr().is_terminal()).then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            bar.enable_steady_tick(TICK);
        }
        Self { printer, bar, step: RefCell::default() }
    }

    fn show(&self, progress: Progress) {
        let step = self.step.replace(Some(discriminant(&progress)));
        match &self.bar {
            Some(bar) => bar.set_message(progress.to_string()),
            None if step != Some(discriminant(&progress)) && !self.printer.is_json() => {
                self.printer.note(&progress.to_string());
            }
            None => {}
        }
    }
}

impl Drop for Board {
    /// Leaves the terminal as it was.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn text(report: &Report) -> String {
    let Report { committed_per_second: per_second, limit_per_second: limit, .. } = report;
    let percent = report.ratio * 100.0;
    let latency = report.latency_ms.map_or_else(
        || "nothing was committed".to_owned(),
        |latency| {
            let coinage_bench::Latency { p50, p95, p99, max } = latency;
            format!("half within {p50} ms, 95 % {p95} ms, 99 % {p99} ms, all {max} ms")
        },
    );
    let rate = report.rate.map_or_else(String::new, |rate| format!(", {rate} a second"));
    let Report { nodes, slot_ms, cores, build, .. } = report;
    let mut text = facts([
        ("committed/limit", format!("{percent:.1} % ({per_second:.0} of {limit:.0} a second)")),
        ("latency", latency),
        ("payments", payments(report)),
        ("offered", format!("{} in {} s{rate}", report.offered, report.seconds)),
        ("blocks", format!("{} in {:.1} s", report.blocks, report.measured_seconds)),
        ("reorgs", format!("{}, up to {} deep", report.reorgs, report.reorg_depth_max)),
        (
            "memory",
            format!("{} MiB; {} at most", each(&report.resident_mib), each(&report.peak_mib)),
        ),
        ("network", format!("{nodes} nodes, slots of {slot_ms} ms, {cores} cores, {build} build")),
        (
            "processes",
            format!(
                "ready in {:.2} s, stopped in {:.2} s",
                report.ready_seconds, report.stop_seconds
            ),
        ),
        ("books", "what every node has is what was paid; no coin was made or lost".to_owned()),
    ]);
    if let Some(idle) = &report.idle {
        let (cpu, memory) = (each(&idle.cpu_percent), each(&idle.resident_mib));
        text.push_str(&format!("idle             {cpu} % of a core; {memory} MiB\n"));
    }
    text
}

/// Formats a figure for each node, `-` where there is none.
fn each(values: &[Option<f64>]) -> String {
    let shown = values.iter().map(|one| one.map_or("-".to_owned(), |one| one.to_string()));
    shown.collect::<Vec<_>>().join(", ")
}

/// Describes the payments and what became of them; what did not happen is left out.
fn payments(report: &Report) -> String {
    let mut parts = vec![format!("{} on all nodes", report.committed)];
    for (code, count) in &report.refused_by_code {
        parts.push(format!("{count} refused ({code})"));
    }
    let others = [
        (report.unsent, "not sent in time"),
        (report.dropped, "dropped"),
        (report.pending, "still waiting"),
        (report.unanswered, "without an answer"),
    ];
    parts.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    parts.join(", ")
}
