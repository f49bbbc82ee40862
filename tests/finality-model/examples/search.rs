//! Runs cases of the model and prints what they come to; see `scripts/finality-model --help`.

#![expect(clippy::print_stdout, reason = "this program's output")]

use std::process::ExitCode;
use std::time::Instant;

use coinage_finality_model::{Case, Claim, Headers, Report, catalogue};

fn main() -> ExitCode {
    let mut is_good = true;
    for tier in std::env::args().skip(1) {
        let cases = match tier.as_str() {
            "small" => [catalogue::one_set(), catalogue::changes()].concat(),
            "large" => catalogue::large(),
            "faults" => [catalogue::faults(), catalogue::harmless_faults()].concat(),
            other => {
                eprintln!("no such tier: {other}");
                return ExitCode::FAILURE;
            }
        };
        for case in &cases {
            is_good &= run(case);
        }
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a case, prints its end, and says whether it is the expected one.
fn run(case: &Case<'_>) -> bool {
    let begin = Instant::now();
    let report = case.run();
    let seconds = begin.elapsed().as_secs_f64();
    let headers = match case.settings.headers {
        Headers::Any => "",
        Headers::Written => ", headers as written",
    };
    let blocks = case.shape.blocks.iter().map(u8::to_string).collect::<Vec<_>>().join("+");
    let Report { trees, states, states_max, .. } = report;
    let is_good = case.is_as_expected(&report);
    let good = if is_good { "ok  " } else { "FAIL" };
    println!("{good} {}, blocks {blocks}{headers}", case.name);
    println!("     {trees} trees, {states} states (largest {states_max}), {seconds:.1} s");
    match report.refutation {
        None => match case.settings.claim {
            Claim::NoConflict => println!("     no conflict"),
            Claim::NoBadPair => println!("     no bad pair, and so no conflict"),
        },
        Some(refutation) => {
            println!("     {}", refutation.tree);
            for (step, number) in refutation.steps.iter().zip(1..) {
                println!("     {number:>2}. {step}");
            }
        }
    }
    is_good
}
