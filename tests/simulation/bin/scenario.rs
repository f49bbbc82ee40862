//! Plays stories in the simulated network: `scenario FILE...`.

use std::process::ExitCode;

use coinage_simulation::scenario::{Scenario, Simulated, play};

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args().skip(1).collect();
    if files.is_empty() || files.iter().any(|file| file.starts_with('-')) {
        eprintln!("usage: scenario FILE...");
        return ExitCode::from(2);
    }
    let failed = files.iter().filter(|file| !tell(file)).count();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays a file and tells what happens; whether it is true.
fn tell(file: &str) -> bool {
    line(file);
    let text = match std::fs::read_to_string(file) {
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
    let mut stage = Simulated::new(&scenario, 1);
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
