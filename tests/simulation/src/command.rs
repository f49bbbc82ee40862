//! The command that lives through many seeds and says what it saw.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;

use crate::life::{Fault, Limits, Mode, Outcome, Plan, live, shrink};
use crate::report;
use crate::sim_network::Tally;

/// Every so many seeds, one is lived again with every check done anew.
const ANEW_EVERY: u64 = 50;
/// Seeds from which on a thing that never happened is a fault of the simulator.
const ENOUGH: u64 = 1_000;

/// Lives through whole networks' lives, one seed each, and looks for anything that must not be.
///
/// Exit code 0: nothing was found. 1: an invariant was broken, or something that the simulator
/// should have tried never happened.
#[derive(Clone, Debug, Parser)]
#[command(after_help = "Examples:
  simulate --seeds 2000                 the first 2,000 seeds
  simulate --minutes 10 --from 100000   as many as ten minutes allow
  simulate --authorities 7 --traitors 2 so many keys, and villains with so many of them
  simulate --from 4711 --seeds 1 --trace 4711.txt
  simulate --from 4711 --seeds 1 --without loss,crash --nodes 3 --slots 40 --events 2,5")]
pub struct Simulate {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Stop after so many minutes, however many seeds that was.
    #[arg(long)]
    minutes: Option<u64>,
    /// No more nodes than these.
    #[arg(long)]
    nodes: Option<usize>,
    /// No more slots than these, before the peace.
    #[arg(long)]
    slots: Option<u64>,
    /// None of these misfortunes.
    #[arg(long, value_delimiter = ',')]
    without: Vec<Fault>,
    /// No villains.
    #[arg(long)]
    no_villains: bool,
    /// A third of the authorities' keys, or more, for villains: conflicts are to be found.
    #[arg(long)]
    traitors_too_many: bool,
    /// So many authorities in every life.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=32))]
    authorities: Option<u64>,
    /// Keys of so many authorities for villains, in every life.
    #[arg(long, conflicts_with_all = ["no_villains", "traitors_too_many"])]
    traitors: Option<u64>,
    /// Changes of authorities in every life, not only in one of four.
    #[arg(long)]
    changes: bool,
    /// Only transactions of one action and one signer, a few in each of 200 slots.
    #[arg(long)]
    plain: bool,
    /// Of the events only these, by number.
    #[arg(long, value_delimiter = ',')]
    events: Option<Vec<usize>>,
    /// Writes what happened to a file, for a single seed.
    #[arg(long)]
    trace: Option<std::path::PathBuf>,
    /// How many threads work.
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

/// The work that all threads share.
struct Work<'a> {
    options: &'a Simulate,
    limits: Limits,
    began: Instant,
    next: AtomicU64,
    done: AtomicU64,
    failed: AtomicBool,
    tally: Mutex<Tally>,
    /// Slots from heal to final, each with its seed.
    healed: Mutex<Vec<(u64, u64)>>,
    failures: Mutex<Vec<(u64, Outcome)>>,
}

impl Simulate {
    /// Runs the command with the arguments of the process.
    pub fn main() -> ExitCode {
        report::silence_panics();
        let options = Self::parse();
        match options.run() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                let _ = writeln!(stderr(), "error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            nodes: self.nodes,
            slots: self.slots,
            without: self.without.iter().copied().collect(),
            no_villains: self.no_villains,
            traitors_too_many: self.traitors_too_many,
            authorities: self.authorities,
            traitors: self.traitors,
            plain: self.plain,
            changes: self.changes,
            events: self.events.as_ref().map(|events| events.iter().copied().collect()),
        }
    }

    fn run(&self) -> std::io::Result<bool> {
        let work = Work {
            options: self,
            limits: self.limits(),
            began: Instant::now(),
            next: AtomicU64::new(self.from),
            done: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            tally: Mutex::default(),
            healed: Mutex::default(),
            failures: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| work.live_on());
            }
        });
        let seconds = work.began.elapsed().as_secs_f64();
        let done = work.done.load(Ordering::Relaxed);
        let tally = work.tally.into_inner().unwrap_or_default();
        let mut failures = work.failures.into_inner().unwrap_or_default();
        failures.sort_by_key(|(seed, _)| *seed);
        let mut out = stdout().lock();
        writeln!(out, "{}", report::table(&tally))?;
        let healed = work.healed.into_inner().unwrap_or_default();
        writeln!(out, "{}", report::healing(healed))?;
        let each = seconds * self.threads.max(1) as f64;
        writeln!(
            out,
            "{done} seeds from {} on, {:.1} a second, {:.1} a second and thread, {} failed",
            self.from,
            done as f64 / seconds,
            done as f64 / each,
            failures.len(),
        )?;
        for (seed, outcome) in &failures {
            let failure = outcome.failure.as_deref().unwrap_or_default();
            writeln!(out, "seed {seed}: {failure}\n  replay: {}", replay(*seed, &work.limits))?;
        }
        if let Some((seed, _)) = failures.first() {
            self.explain(*seed, &work.limits, &mut out)?;
        }
        let whole = work.limits == Limits::default() && done >= ENOUGH;
        let never = if whole { report::never_fired(&tally) } else { Vec::new() };
        for name in &never {
            writeln!(out, "never happened: {name}")?;
        }
        Ok(failures.is_empty() && never.is_empty())
    }

    /// Shrinks a failure and writes its trace.
    fn explain(
        &self,
        seed: u64,
        limits: &Limits,
        out: &mut impl std::io::Write,
    ) -> std::io::Result<()> {
        let small = shrink(seed, limits);
        let plan = Plan::draw(seed, &small);
        let outcome = live(&plan, Mode { text: true, ..Mode::default() });
        writeln!(out, "\nSeed {seed} made smaller:\n  replay: {}", replay(seed, &small))?;
        writeln!(out, "{}", report::plan(&plan))?;
        let failure = outcome.failure.unwrap_or_default();
        writeln!(out, "{failure}\nThe last things that happened:")?;
        for line in outcome.text.iter().rev().take(40).rev() {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

impl Work<'_> {
    fn live_on(&self) {
        let limit = self.options.minutes.map(|minutes| Duration::from_secs(60 * minutes));
        let last = match limit {
            Some(_) => u64::MAX,
            None => self.options.from.saturating_add(self.options.seeds),
        };
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            let late = limit.is_some_and(|limit| self.began.elapsed() > limit);
            if seed >= last || late || self.failed.load(Ordering::Relaxed) {
                return;
            }
            let outcome = self.one(seed);
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Ok(mut tally) = self.tally.lock() {
                tally.add(&outcome.tally);
            }
            if let Ok(mut healed) = self.healed.lock() {
                healed.extend(outcome.healed.map(|slots| (slots, seed)));
            }
            if let Some(failure) = &outcome.failure
                && let Ok(mut failures) = self.failures.lock()
            {
                let _ = writeln!(stderr(), "\nseed {seed}: {failure}");
                failures.push((seed, outcome));
                self.failed.store(failures.len() >= 20, Ordering::Relaxed);
            }
            self.show(done);
        }
    }

    fn one(&self, seed: u64) -> Outcome {
        let plan = Plan::draw(seed, &self.limits);
        let text = self.options.trace.is_some();
        let mut outcome = live(&plan, Mode { text, ..Mode::default() });
        if let Some(path) = &self.options.trace {
            let text = format!("{}\n{}\n", report::plan(&plan), outcome.text.join("\n"));
            if let Err(error) = std::fs::write(path, text) {
                outcome.failure.get_or_insert_with(|| format!("{}: {error}", path.display()));
            }
        }
        if seed.is_multiple_of(ANEW_EVERY) && outcome.failure.is_none() {
            let again = live(&plan, Mode { anew: true, ..Mode::default() });
            if again.digest != outcome.digest {
                let said =
                    again.failure.map(|failure| format!(", with all checked anew: {failure}"));
                let said = said.unwrap_or_default();
                outcome.failure = Some(format!("same seed: another history{said}"));
            }
        }
        outcome
    }

    fn show(&self, done: u64) {
        if !stderr().is_terminal() && !done.is_multiple_of(1_000) {
            return;
        }
        if done.is_multiple_of(20) {
            let rate = done as f64 / self.began.elapsed().as_secs_f64();
            let failed = self.failures.lock().map_or(0, |failures| failures.len());
            let _ = write!(stderr(), "\r{done} seeds, {rate:.1} a second, {failed} failed ");
            let _ = stderr().flush();
        }
    }
}

/// The line that replays a seed.
fn replay(seed: u64, limits: &Limits) -> String {
    let mut line =
        format!("cargo run --release -p coinage-tests --bin simulate -- --from {seed} --seeds 1");
    let list = |names: Vec<String>| names.join(",");
    if let Some(nodes) = limits.nodes {
        line += &format!(" --nodes {nodes}");
    }
    if let Some(slots) = limits.slots {
        line += &format!(" --slots {slots}");
    }
    if !limits.without.is_empty() {
        let names = limits.without.iter().map(|fault| fault.name().to_owned());
        line += &format!(" --without {}", list(names.collect()));
    }
    if limits.no_villains {
        line += " --no-villains";
    }
    if limits.traitors_too_many {
        line += " --traitors-too-many";
    }
    for (name, number) in [("authorities", limits.authorities), ("traitors", limits.traitors)] {
        line += &number.map(|number| format!(" --{name} {number}")).unwrap_or_default();
    }
    if limits.plain {
        line += " --plain";
    }
    if limits.changes {
        line += " --changes";
    }
    if let Some(events) = &limits.events {
        let events: BTreeSet<_> = events.clone();
        line += &format!(" --events {}", list(events.iter().map(usize::to_string).collect()));
    }
    line
}
