use std::net::TcpListener;
use std::time::{Duration, Instant};

use coinage_devnet::Line;
use coinage_model::chain::BlockSummary;
use coinage_model::time;
use coinage_protocol::BlockHash;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use serde_json::{Value, json};

use super::branches::Branch;
use super::events::Log;
use super::facts::Facts;
use super::gather::{BLOCKS_KEPT, Seen, Sight, Sights, joined};
use super::look::{Look, Theme};
use super::panes::strip;
use super::rates::Rates;
use super::source::Sources;
use super::view::draw;

const SLOT_MS: u64 = 500;
const START_MS: u64 = 1_700_000_000_000;

/// The hash of a block on a branch: block 7 of branch `a` begins with `a7`.
fn hash(branch: char, height: u64) -> String {
    let branch = if height == 0 { '0' } else { branch };
    let mut text = format!("{branch}{height}");
    text.push_str(&"0".repeat(64_usize.saturating_sub(text.len())));
    text
}

fn tip(branch: char, height: u64) -> Value {
    let at = time::format(START_MS + height * SLOT_MS);
    json!({ "height": height.to_string(), "hash": hash(branch, height),
            "slot": height.to_string(), "time": at })
}

/// A block whose transactions are as many as its height's last digit.
fn block(branch: char, height: u64, previous: char) -> BlockSummary {
    let zeros = "0".repeat(64);
    let mut value = tip(branch, height);
    let more = json!({
        "version": 1, "previous": hash(previous, height.saturating_sub(1)),
        "transactions_root": zeros, "state_root": zeros, "authorities": zeros, "leader": null,
        "signature": "0".repeat(128), "transactions": height % 10,
    });
    value.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
    serde_json::from_value(value).expect("a block")
}

/// A chain that leaves branch `a` after `fork`, newest block first.
fn chain(branch: char, fork: u64, height: u64) -> Vec<BlockSummary> {
    let on = |height: u64| if height > fork { branch } else { 'a' };
    let blocks = (0..=height).rev().take(BLOCKS_KEPT);
    blocks.map(|height| block(on(height), height, on(height.saturating_sub(1)))).collect()
}

/// The final block of a node, three below its head.
fn finalized(height: u64) -> Value {
    let mut value = tip('a', height.saturating_sub(3));
    value.as_object_mut().expect("an object").insert("lag".to_owned(), json!("3"));
    value
}

fn node(name: &str, branch: char, fork: u64, height: u64) -> Sight {
    let zeros = "0".repeat(64);
    let key = coinage_protocol::SecretKey::new([7; 32]).public().to_string();
    let authority = |index: u8| json!({ "index": index, "key": key, "self": false });
    let authorities: Vec<_> = (0..4).map(authority).collect();
    let status = json!({
        "node": name, "version": "0", "network": "devnet", "chain_id": zeros,
        "genesis_hash": zeros, "peer_id": "12D3", "addresses": [], "role": "authority",
        "head": tip(branch, height), "final": finalized(height),
        "justified": null, "finality": "none", "peers": 3,
        "sync": { "state": "synced", "heard": 2 },
        "mempool": { "transactions": 17, "parked": 0, "bytes": 100 }, "authorities": authorities,
        "clock": { "skewed": false }, "slot_ms": SLOT_MS, "devnet": null,
        "warnings": ["its \u{1b}[31mdisk is full"],
    });
    let side = json!({ "branch_len": "2", "kind": "side" });
    let mut known = tip('c', 95);
    known.as_object_mut().expect("an object").extend(side.as_object().expect("one").clone());
    let counts = ["reincluded", "back_in_pool", "conflicting", "expired", "dropped"];
    let counts: Value = counts.iter().map(|name| ((*name).to_owned(), json!("0"))).collect();
    let reorg = json!({
        "number": "1", "time": time::format(START_MS + 50_000), "depth": "3",
        "common_ancestor": tip('a', 90), "old_head": tip('d', 93), "new_head": tip('a', 94),
        "rule": "longer", "counts": counts, "transactions": [],
    });
    let seen = Seen {
        status: serde_json::from_value(status).expect("a status"),
        blocks: chain(branch, fork, height),
        tips: vec![serde_json::from_value(known).expect("a tip")],
        reorgs: vec![serde_json::from_value(reorg).expect("a reorg")],
    };
    let url = Some("http://127.0.0.1:8600".to_owned());
    Sight { name: name.to_owned(), url, said: Some(Ok(Box::new(seen))) }
}

fn dead(name: &str) -> Sight {
    Sight { name: name.to_owned(), url: None, said: Some(Err("connection \u{7}refused".into())) }
}

/// Three nodes at 100, one of them a block behind, one on a branch of its own, one dead.
fn picture() -> Facts {
    let sights =
        [node("n1", 'a', 0, 100), node("n2", 'a', 0, 99), node("n3", 'b', 96, 98), dead("n4")];
    Facts::of(&sights, START_MS + 100 * SLOT_MS + 300)
}

fn log() -> Log {
    let mut log = Log::default();
    let text =
        "2026-12-31T12:00:00.000Z INFO  [n2] block.imported \u{1b}[2Jheight=7\u{202e}".to_owned();
    log.lines(vec![Line { node: Some(2), text }, Line { node: Some(1), text: "of n1".into() }]);
    log
}

fn screen(width: u16, height: u16, look: &Look) -> (String, Vec<Color>) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("memory");
    let (facts, log) = (picture(), log());
    let drawn = terminal.draw(|frame| {
        let area = frame.area();
        draw(&facts, &log, look, area, frame.buffer_mut());
    });
    drawn.expect("memory");
    let buffer = terminal.backend().buffer();
    let symbols: Vec<_> = buffer.content().iter().map(|cell| cell.symbol()).collect();
    let lines = symbols.chunks(usize::from(width).max(1)).map(|line| line.concat());
    let colours = buffer.content().iter().map(|cell| cell.fg).collect();
    (lines.collect::<Vec<_>>().join("\n"), colours)
}

fn shows(screen: &str, parts: &[&str]) {
    for part in parts {
        assert!(screen.contains(part), "{part:?} is not in\n{screen}");
    }
}

#[test]
fn a_screen_of_80x24_shows_nodes_heads_lag_rates_branches_reorgs_and_the_log() {
    let (text, _) = screen(80, 24, &Look::default());
    let row = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!(" {name} ")));
        line.expect("a line for each node").split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(row("n1"), ["n1", "synced", "100", "a1000000", "0", "2/4", "17", "0.3s", "9.0"]);
    assert_eq!(row("n2")[4], "1");
    assert_eq!(row("n3")[4], "2");
    assert_eq!(row("n4")[..2], ["n4", "unreachable"]);
    shows(
        &text,
        &[
            "3/4 nodes  head 100 a1000000  final 97",
            "FORKED: 2 branches",
            "blocks",
            "2.00/s",
            "*-o 100 a1000000 n1 n2-1",
            "`*-*     98 b9800000 n3",
            "95 c9500000 side (n1 n2 n3)",
            "depth 3: 93 d9300000 -> 94",
            "n2   12:00:00.000 INFO  block.imported",
            "q quit",
        ],
    );
}

#[test]
fn a_small_screen_shows_the_most_important_and_a_large_one_more() {
    let (small, _) = screen(40, 10, &Look::default());
    shows(&small, &["NODE", "STATE", "LAG", "n1", "unreachable", "q quit"]);
    let (large, _) = screen(200, 60, &Look::default());
    shows(&large, &["FINAL", "PEERS", "ROLE", "REORGS", "depth 3", "http://127.0.0.1:8600"]);
}

#[test]
fn no_size_is_a_reason_to_panic_and_one_that_is_too_small_says_so() {
    for look in [(false, false), (true, false), (false, true)].map(|(help, log_only)| Look {
        help,
        log_only,
        chosen: Some(3),
        ..Look::default()
    }) {
        for width in (0..32).chain([39, 40, 60, 80, 81, 160]) {
            for height in (0..16).chain([24, 60]) {
                let (text, _) = screen(width, height, &look);
                if width >= 10 && height > 0 && (width < 30 || height < 6) {
                    shows(&text, &["too small"]);
                }
            }
        }
    }
}

#[test]
fn nothing_from_outside_reaches_the_terminal_as_a_control_character() {
    let look = Look { chosen: Some(1), log_only: true, ..Look::default() };
    for look in [look, Look { chosen: Some(3), ..look }, Look::default()] {
        let (text, _) = screen(200, 60, &look);
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(bad), "{text:?}");
    }
    let (text, _) = screen(200, 60, &look);
    shows(&text, &["LOG of n2", "\u{fffd}[2Jheight=7\u{fffd}", "its \u{fffd}[31mdisk is full"]);
    assert!(!text.contains("of n1"), "the log of the chosen node alone: {text}");
}

#[test]
fn states_are_coloured_and_without_colours_everything_is_still_said() {
    let colours = Look { theme: Theme { colours: true }, ..Look::default() };
    let (with, drawn) = screen(80, 24, &colours);
    for colour in [Color::Green, Color::Yellow, Color::Red] {
        assert!(drawn.contains(&colour), "{colour}");
    }
    let (without, drawn) = screen(80, 24, &Look::default());
    assert!(drawn.iter().all(|colour| *colour == Color::Reset));
    assert_eq!(with, without);
}

#[test]
fn a_branch_begins_where_it_leaves_the_best_and_shows_which_blocks_hold_transactions() {
    let facts = picture();
    let [best, fork, side] = &facts.branches[..] else { panic!("{:?}", facts.branches) };
    assert_eq!(strip(best, 95, 100), "-*-*-*-*-*-o");
    assert_eq!(strip(fork, 95, 100), "    `*-*    ");
    assert_eq!((fork.fork_height, side.fork_height), (Some(96), Some(93)));
    assert_eq!(strip(side, 92, 97), "    `.-.    ");
    let names =
        |branch: &Branch| branch.nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(best), names(fork), names(side)),
        (vec!["n1".to_owned(), "n2".to_owned()], vec!["n3".to_owned()], vec![],)
    );
}

#[test]
fn a_node_of_another_network_is_no_measure_for_the_others() {
    let mut stranger = node("n3", 'b', 0, 5000);
    if let Some(Ok(seen)) = &mut stranger.said {
        seen.status.genesis_hash = BlockHash::new([9; 32]);
    }
    let sights = [stranger, node("n1", 'a', 0, 100), node("n2", 'a', 0, 100)];
    let facts = Facts::of(&sights, START_MS);
    assert_eq!(facts.best.expect("a head").height, 100);
    assert_eq!(facts.nodes[0].state(), "other network");
    let lag = facts.nodes[0].answer.as_ref().map(|answer| answer.lag);
    assert_eq!(lag, Some(None));
}

#[test]
fn new_blocks_are_joined_to_known_ones_unless_there_is_a_gap() {
    let old = chain('a', 0, 100);
    let few = |branch: char, fork: u64, height: u64| {
        chain(branch, fork, height).into_iter().take(5).collect::<Vec<_>>()
    };
    let next = joined(few('a', 0, 102), &old).expect("linked");
    assert_eq!(next.len(), 103);
    assert!(next.windows(2).all(|two| two[0].header.previous == two[1].header.tip.hash));
    let reorg = joined(few('b', 98, 101), &old).expect("the fork is among the new ones");
    assert!(reorg.windows(2).all(|two| two[0].header.previous == two[1].header.tip.hash));
    assert!(joined(few('a', 0, 110), &old).is_none(), "a gap");
    assert!(joined(few('b', 90, 101), &old).is_none(), "a fork below the new ones");
    assert!(joined(chain('a', 0, 2), &[]).is_some(), "down to block 0");
    assert!(joined(Vec::new(), &old).is_none());
}

#[test]
fn rates_are_of_the_last_seconds_and_none_without_blocks_in_them() {
    let blocks = chain('a', 0, 100);
    let now = START_MS + 100 * SLOT_MS;
    let rates = Rates::of(&blocks, now).expect("a rate");
    // 40 blocks in 20 seconds, with 0 to 9 transactions each.
    assert!((rates.blocks_per_second - 2.0).abs() < 0.01, "{rates:?}");
    assert!((rates.transactions_per_second - 9.0).abs() < 0.01, "{rates:?}");
    let later = Rates::of(&blocks, now + 3_600_000).expect("a rate");
    assert!(later.blocks_per_second.abs() < 0.001, "{later:?}");
    assert_eq!(Rates::of(&blocks, 0), None, "a clock that is behind");
    assert_eq!(Rates::of(&[], now), None);
}

#[test]
fn a_node_that_hangs_holds_up_nobody() {
    let hanging = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let urls = [&hanging, &closed].map(|one| format!("http://{}", one.local_addr().expect("up")));
    drop(closed);
    let sights = Sights::watch(&Sources::urls(urls), Duration::from_millis(100));
    let began = Instant::now();
    while sights.facts().nodes[1].state() != "unreachable" {
        assert!(began.elapsed() < Duration::from_secs(20), "never said");
        std::thread::sleep(Duration::from_millis(5));
    }
    // It may be late on a busy machine, but then the one that hangs is known to do so, too.
    let first = sights.facts().nodes[0].state();
    assert!(first == "asking" || began.elapsed() > Duration::from_secs(1), "{first}");
    while sights.facts().nodes[0].state() != "unreachable" {
        assert!(began.elapsed() < Duration::from_secs(20), "never given up");
        std::thread::sleep(Duration::from_millis(5));
    }
}
