//! Plays stories in the simulated network and tells each step.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use coinage_simulation::scenario::{Scenario, Simulated, play};

/// Plays stories of networks in the simulated network.
///
/// Exit code 1: a story cannot be read or is not true.
#[derive(Debug, Parser)]
struct Arguments {
    /// The stories, such as tests/scenarios/*.scenario.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What chance follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let Arguments { files, seed } = Arguments::parse();
    let failed = files.iter().filter(|file| !tell(file, seed)).count();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays a file and tells what happens; whether it is true.
fn tell(path: &Path, seed: u64) -> bool {
    let file = &path.display().to_string();
    line(file);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{file}: {error}");
            return false;
        }
    };
    for comment in text.lines().map_while(|line| line.strip_prefix('#')) {
        line(&format!(" {comment}"));
    }
    let scenario = match Scenario::parse(file, &text) {
        Ok(scenario) => scenario,
        Err(error) => {
            eprintln!("{error}");
            return false;
        }
    };
    let mut stage = Simulated::new(&scenario, seed);
    let played = play(&scenario, &mut stage, &mut |step, slots| {
        let sign = if step.text.starts_with("expect ") { "ok" } else { "" };
        line(&format!("{:>5}  slot {slots:<4} {sign:<2}  {}", step.line, step.text));
    });
    match &played {
        Ok(()) => line("       it is true\n"),
        Err(failure) => eprintln!("{failure}\n"),
    }
    played.is_ok()
}

#[expect(clippy::print_stdout, reason = "this program's one printer")]
fn line(text: &str) {
    println!("{text}");
}
