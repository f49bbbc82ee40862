//! `coinage doctor`: each of its findings provoked by its real cause.
//!
//! A new code needs a line in the table of `provoked!`, with a test that makes the doctor say it.

mod clocks;
mod damage;
mod directories;
mod peers;
mod private;
mod quorums;
mod strangers;
mod transactions;
mod votes;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use coinage_tests::cluster::{self, Cluster, Ended};
use coinage_tests::program::Desk;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::PROGRAM;
use crate::commands::leaves;

thread_local! {
    /// The codes that the doctor has said to the test of this thread.
    static SAID: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// The tests, each with the codes that it provokes: it fails if the doctor says one of them never.
macro_rules! provoked {
    ($($file:ident::$test:ident$(.$awaits:ident)? says $($code:literal)+;)+) => {
        /// Every code that a test provokes.
        const PROVOKED: &[&str] = &[$($($code,)+)+];

        $(
        #[test]
        fn $test() {
            SAID.take();
            provoked!(@hold $file::$test() $(, $awaits)?);
            let said = SAID.take();
            $(assert!(said.contains($code), "{} was never said: {said:?}", $code);)+
        }
        )+
    };
    (@hold $test:expr) => { $test };
    (@hold $test:expr, await) => { Runtime::new().expect("a runtime").block_on($test) };
}

provoked! {
    clocks::a_clock_a_little_ahead_costs_its_node_its_turns_and_the_doctor_says_so says
        "clock.own" "clock.peer" "authority.turns_missed";
    directories::a_clock_far_ahead_needs_a_word_and_what_is_final_by_it_stays says
        "clock.absurd" "clock.head_ahead";
    peers::an_authority_that_signs_twice_for_a_slot_is_named.await says
        "authority.evidence";
    quorums::commits_of_two_quorums_that_contradict_each_other_are_told.await says
        "finality.conflict";
    clocks::a_node_that_does_not_run_is_missed_by_its_turns_and_its_address says
        "authority.silent";
    directories::a_directory_in_use_says_by_whom_and_whether_a_node_answers says
        "data.missing" "data.node_runs" "data.in_use" "authority.memory_in_use" "node.stopped";
    directories::a_key_without_its_memory_gets_the_command_that_makes_a_new_one says
        "authority.memory_missing" "authority.memory_damaged" "authority.key_unusable"
        "authority.not_in_genesis";
    directories::a_key_that_two_nodes_use_is_told_by_the_one_that_comes_later says
        "authority.twice";
    directories::what_does_not_belong_into_a_directory_is_named says
        "api.open" "data.unusable" "data.other_network";
    damage::a_damaged_journal_is_told_without_being_touched says "data.journal_cut";
    directories::a_disk_that_is_nearly_full_is_told_before_it_is says "data.disk_low";
    directories::where_no_node_listens_or_something_else_does_is_said says
        "node.unreachable" "node.foreign" "node.refuses";
    peers::a_peer_of_another_network_is_shown_with_both_genesis_hashes says
        "genesis.differs" "peers.none";
    peers::an_address_where_nobody_or_somebody_else_answers_is_named_with_the_reason says
        "peer.other_identity" "peer.unreachable";
    peers::a_place_that_somebody_has_left_is_no_problem_while_others_are_there says
        "peer.address_stale";
    peers::a_copy_of_a_data_directory_is_told_on_both_sides says "identity.shared";
    peers::a_node_by_itself_is_searching_then_alone_and_then_stalled.await says
        "sync.searching" "sync.alone" "sync.stalled";
    peers::a_node_that_is_behind_says_by_how_much_and_who_gives_the_blocks.await says "sync.behind";
    peers::whoever_was_banned_or_speaks_nonsense_or_another_version_is_named.await says
        "peer.banned" "peer.undecodable" "version.differs" "peer.hung_up";
    private::who_has_not_the_key_of_a_private_network_is_told_on_both_sides says
        "peer.no_handshake" "peer.knocks";
    strangers::two_copies_that_push_each_other_off_are_named_by_others_and_hear_of_each_other says
        "peer.identity_twice" "identity.shared";
    strangers::many_strangers_that_make_trouble_are_one_note.await says "peer.strangers";
    peers::a_peer_whose_gossip_does_not_arrive_is_named.await says "gossip.silent";
    votes::who_writes_but_does_not_vote_is_named_and_so_is_what_it_holds_up says
        "authority.no_votes" "finality.held_up";
    transactions::a_transaction_says_what_it_waits_for_and_what_became_of_it says
        "transaction.unknown" "transaction.waiting" "transaction.expired" "transaction.included";
    transactions::what_could_be_included_waits_for_the_next_block says "transaction.next";
    transactions::what_two_people_want_and_one_gets_is_dropped_for_the_other says
        "transaction.dropped";
    transactions::what_only_the_other_side_of_a_split_knows_is_found_there says
        "transaction.elsewhere";
}

#[test]
fn every_code_that_the_doctor_can_say_is_provoked_by_a_test() {
    let help = Desk::beside(PROGRAM).run(&["doctor", "--help"]).out;
    let (_, table) = help.split_once("Each has a code:\n").expect("the help ends with them");
    let codes: BTreeSet<_> =
        table.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.len() > 30, "{help}");
    assert_eq!(codes, PROVOKED.iter().copied().collect());
}

/// The findings of the doctor, with the codes in order.
struct Found {
    code: i32,
    findings: Vec<Value>,
}

impl Found {
    fn of(ended: &Ended) -> Self {
        let envelope = &ended.envelope;
        let data = if ended.code == 0 { &envelope["data"] } else { &envelope["error"]["details"] };
        let findings = data["findings"].as_array().cloned();
        let findings = findings.unwrap_or_else(|| panic!("no findings: {ended:?}"));
        for finding in &findings {
            for field in ["code", "what", "mend"] {
                assert!(finding[field].as_str().is_some_and(|text| text.len() > 5), "{finding}");
            }
            let code = finding["code"].as_str().unwrap_or_default().to_owned();
            SAID.with_borrow_mut(|said| said.insert(code));
            names_real_commands(finding["mend"].as_str().unwrap_or_default());
        }
        Self { code: ended.code, findings }
    }

    fn get(&self, code: &str) -> Option<&Value> {
        self.findings.iter().find(|finding| finding["code"] == code)
    }

    /// The words of a finding; nothing if there is none of this code.
    fn what(&self, code: &str) -> String {
        self.words(code, "what")
    }

    fn mend(&self, code: &str) -> String {
        self.words(code, "mend")
    }

    fn words(&self, code: &str, field: &str) -> String {
        let words = self.get(code).and_then(|finding| finding[field].as_str());
        words.unwrap_or_default().to_owned()
    }

    fn codes(&self) -> Vec<&str> {
        self.findings.iter().filter_map(|finding| finding["code"].as_str()).collect()
    }
}

/// Examines a node of a cluster.
fn examine(cluster: &Cluster, node: u16, more: &[&str]) -> Found {
    Found::of(&cluster.cli(node, &[&["doctor"], more].concat()))
}

/// Examines whatever is at a URL.
fn examine_at(url: &str, more: &[&str]) -> Found {
    let home = std::env::temp_dir();
    Found::of(&cluster::run(PROGRAM, &home, &[&["doctor", "--node", url], more].concat()))
}

/// Checks that what a finding tells people to type is a command that there is.
fn names_real_commands(mend: &str) {
    static COMMANDS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let known = COMMANDS.get_or_init(|| leaves(&Desk::beside(PROGRAM), &[]));
    for typed in mend.split('`').skip(1).step_by(2) {
        let Some(words) = typed.strip_prefix("coinage ") else { continue };
        // The directory of a devnet stands between the words of a command.
        let words = match words.split_once(" --dir ") {
            Some((begin, rest)) => {
                format!("{begin} {}", rest.split_once(' ').unwrap_or_default().1)
            }
            None => words.to_owned(),
        };
        let begins = |whole: &str, part: &str| format!("{whole} ").starts_with(&format!("{part} "));
        let is_known = |path: &String| begins(&words, path) || begins(path, &words);
        let global = words.starts_with("--");
        assert!(global || known.iter().any(is_known), "there is no `{typed}`");
    }
}
