//! `coinage bench`: its counts add up, and nothing of it stays.

use std::fs;
use std::process::Command;

use coinage_tests::program::{Desk, eventually, runs};
use serde_json::Value;

use crate::PROGRAM;

/// Fields that scripts rely on, all of them numbers.
const NUMBERS: &[&str] = &[
    "committed_per_second",
    "limit_per_second",
    "ratio",
    "nodes",
    "slot_ms",
    "cores",
    "seconds",
    "measured_seconds",
    "offered",
    "submitted",
    "unsent",
    "committed",
    "refused",
    "dropped",
    "pending",
    "unanswered",
    "blocks",
    "reorgs",
    "reorg_depth_max",
    "ready_seconds",
    "stop_seconds",
];

/// A measurement whose temporary files go to `tmp` on the desk.
fn bench(desk: &Desk, words: &[&str]) -> Command {
    let tmp = desk.path("tmp");
    fs::create_dir_all(&tmp).expect("made");
    let nodes: &[&str] = if words.contains(&"--nodes") { &[] } else { &["--nodes", "2"] };
    let mut command = desk.command(&[&["bench"], nodes, words].concat());
    command.env("TMPDIR", tmp);
    command
}

/// Checks whether nothing is left of what was written.
fn is_clean(desk: &Desk) -> bool {
    let left = fs::read_dir(desk.path("tmp")).expect("a directory");
    left.count() == 0 && !desk.path("home").join("devnet").exists()
}

fn count(facts: &Value, field: &str) -> u64 {
    facts[field].as_u64().unwrap_or_else(|| panic!("{field} is no count: {facts}"))
}

/// Runs the bench; its result has all fields and counts every payment once.
fn measured(desk: &Desk, words: &[&str]) -> Value {
    let said = desk.finish(bench(desk, &[words, &["--json"]].concat()));
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");
    let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
    let facts = envelope["data"].clone();
    for field in NUMBERS {
        assert!(facts[field].is_number(), "{field}: {facts}");
    }
    let of = |field| count(&facts, field);
    assert_eq!(of("offered"), of("submitted") + of("unsent"), "{facts}");
    let ended = of("committed") + of("refused") + of("dropped") + of("pending");
    assert_eq!(of("submitted"), ended, "{facts}");
    let by_code = facts["refused_by_code"].as_object().expect("a map");
    assert_eq!(of("refused"), by_code.values().filter_map(Value::as_u64).sum::<u64>(), "{facts}");
    let latency = |name: &str| count(&facts["latency_ms"], name);
    let [p50, p95, p99, max] = ["p50", "p95", "p99", "max"].map(latency);
    assert!(p50 <= p95 && p95 <= p99 && p99 <= max, "{facts}");
    assert!(is_clean(desk), "something stays");
    facts
}

#[test]
fn what_nobody_refused_is_on_all_nodes_and_every_payment_is_counted_once() {
    let desk = Desk::new(PROGRAM);
    let facts = measured(&desk, &["--seconds", "2", "--idle", "1"]);
    assert!(count(&facts, "committed") > 0, "{facts}");
    assert!(facts["rate"].is_null() && count(&facts, "in_flight_max") > 0, "{facts}");
    for values in [&facts["idle"]["cpu_percent"], &facts["idle"]["resident_mib"]] {
        assert_eq!(values.as_array().map(Vec::len), Some(2), "{facts}");
    }
    let calm = measured(&desk, &["--seconds", "2", "--rate", "30"]);
    assert_eq!((count(&calm, "rate"), count(&calm, "offered")), (30, 60), "{calm}");
    let late = count(&calm, "unsent");
    assert_eq!(count(&calm, "committed"), 60 - late, "nothing is lost on the way: {calm}");
    assert!(calm["idle"].is_null() && calm["in_flight_max"].is_null(), "{calm}");
}

#[test]
fn more_than_the_machine_can_do_is_not_said_to_be_done() {
    let desk = Desk::new(PROGRAM);
    let facts = measured(&desk, &["--seconds", "1", "--rate", "100000"]);
    assert_eq!(count(&facts, "offered"), 100_000);
    assert!(count(&facts, "committed") < 100_000, "{facts}");
}

#[test]
fn an_interrupted_measurement_leaves_no_process_and_no_file() {
    let desk = Desk::new(PROGRAM);
    let mut running = desk.begin(bench(&desk, &["--seconds", "600"]));
    running.wait_for("offering payments");
    let nodes = children(running.pid());
    assert_eq!(nodes.len(), 2, "{}", running.said());
    assert!(!is_clean(&desk), "it runs here");
    running.signal("INT");
    assert_eq!(running.wait(), 1, "{}", running.said());
    eventually("it says why", || running.said().contains("bench.interrupted"));
    assert!(!nodes.into_iter().any(runs), "a node is left");
    assert!(is_clean(&desk), "a file is left");
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").expect("Linux").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().nth(1) == Some(parent.to_string().as_str())
    };
    pids.filter(is_child).collect()
}

#[test]
fn who_offers_far_too_much_is_told_to_wait_and_what_was_taken_is_included() {
    let desk = Desk::new(PROGRAM);
    // Long enough for a backlog to fill on a machine that has other work, too.
    let facts = measured(&desk, &["--nodes", "4", "--seconds", "10", "--rate", "40000"]);
    let refused = facts["refused_by_code"].as_object().expect("a map");
    let codes: Vec<_> = refused.keys().map(String::as_str).collect();
    assert_eq!(codes, ["node.behind"], "{facts}");
    for (lost, most) in [("unanswered", 0), ("dropped", 0), ("pending", 0)] {
        assert_eq!(count(&facts, lost), most, "{lost}: {facts}");
    }
    assert!(count(&facts, "committed") > 0, "{facts}");
    let peak = facts["peak_mib"].as_array().expect("one for each node");
    let most = peak.iter().filter_map(Value::as_f64).fold(0.0, f64::max);
    assert!(most < 300.0, "a node took {most} MiB: {facts}");
}
