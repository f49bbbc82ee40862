//! Questions that are too many, too slow, or none.

use std::time::Duration;

use coinage_protocol::{Answer, Bounded, ChainSpec, Request, Status, decode, encode};
use coinage_simulation::fixtures;
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Raw, Speech, Villain, genesis, status};

use super::{Before, blamed, peaceful, status_of};
use crate::PROGRAM;

/// Questions at a time in a flood; the node takes so many.
const AT_ONCE: u32 = 4;

fn headers(spec: &ChainSpec) -> Vec<u8> {
    encode(&Request::Headers { locator: Bounded::first_of([spec.genesis_hash()]) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_cut_short_is_nobodys_fault() {
    // SPEC X-1: an honest peer that is killed or gives up leaves such streams.
    let node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let (question, ours) = (headers(&node.spec), status_of(&node));
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    for end in [0, 1, 4, 12, question.len() - 1] {
        villain.ask(Speech::Sync, Raw::Bytes(question[..end].to_vec()));
    }
    let told = villain.exchange(&ours).await;
    assert_eq!(told.chain, ours.chain, "it is still talked to");
    villain.ask(Speech::Status, Raw::Bytes(Vec::new()));
    villain.ask(Speech::Status, Raw::Bytes(encode(&ours)[..40].to_vec()));
    before.holds(&node).await;
    assert!(node.lines(&["undecodable"]).is_empty(), "an honest peer was blamed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_block_0_by_a_node_that_has_it_on_disk() {
    // SPEC G-4
    let node = SingleNode::start(PROGRAM, &[]);
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    let hashes = Bounded::first_of([node.spec.genesis_hash()]);
    let answer = villain.request(&Request::Blocks { hashes }).await;
    assert_eq!(answer, Answer::Blocks(Bounded::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_none_is_named_in_the_log_and_ends_the_connection() {
    // SPEC E-4, X-4: as programs write it that frame their messages, and one that announces a lot.
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let status = encode(&status_of(&node));
    let length = u64::try_from(status.len()).expect("short");
    let mut huge = status.clone();
    huge[122..130].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    for (bytes, told) in [
        ([&length.to_le_bytes()[..], &status].concat(), "bytes, at most"),
        (huge, "1099511627776 entries or bytes, at most 64 are allowed, at byte 130"),
    ] {
        let mut villain = Villain::connect(&node, peaceful(&node)).await;
        villain.ask(Speech::Status, Raw::Bytes(bytes));
        villain.gone().await;
        let name = villain.name();
        node.wait(told, |node| {
            !node.lines(&["peer.rejected", &name, "undecodable", told]).is_empty()
        });
        before.holds(&node).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_of_another_network_or_version_is_told_why_and_refused() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let ours = status_of(&node);
    let elsewhere = fixtures::chain_spec(1, 1_000);
    let other_chain = status(&elsewhere, genesis(&elsewhere));
    let mut other_version = ours.clone();
    other_version.version = 99;
    // A program that computes block 0 in its own way has the same chain id.
    let other_block_0 = Status { genesis: other_chain.genesis, ..ours.clone() };
    let theirs = other_block_0.genesis.to_string();
    let cases = [
        ("chain_mismatch", other_chain.chain.to_string(), "differs=chain_id", other_chain),
        ("version_mismatch", "theirs=99".into(), "differs=version", other_version),
        ("chain_mismatch", theirs, "differs=block_0", other_block_0),
    ];
    for (reason, told_of_theirs, differs, theirs) in cases {
        let mut villain = Villain::connect(&node, peaceful(&node)).await;
        let told = villain.exchange(&theirs).await;
        assert_eq!((told.version, told.chain), (ours.version, ours.chain));
        villain.gone().await;
        blamed(&mut node, &villain, "peer.rejected", reason);
        let name = villain.name();
        let told = node.lines(&["peer.rejected", &name, differs, &told_of_theirs]);
        assert_eq!(told.len(), 1, "{}", node.log());
        before.holds(&node).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_of_different_networks_both_say_so() {
    let mut one = SingleNode::start(PROGRAM, &[]);
    let peer = one.p2p().to_string();
    let mut other = SingleNode::start(PROGRAM, &["--peer", &peer]);
    for node in [&mut one, &mut other] {
        node.wait("it says so", |node| {
            !node.lines(&["peer.rejected", "chain_mismatch"]).is_empty()
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_questions_is_refused_charged_and_ends_in_a_ban() {
    for request in [Speech::Sync, Speech::Status] {
        let mut node = SingleNode::start(PROGRAM, &[]);
        let mut before = Before::of(&node).await;
        let mut villain = Villain::connect(&node, peaceful(&node)).await;
        let bytes = match request {
            Speech::Sync => headers(&node.spec),
            _ => encode(&status_of(&node)),
        };
        let mut busy = 0;
        for _ in 0..20_000 {
            // Never more at a time than the node takes.
            (0..AT_ONCE).for_each(|_| villain.ask(request, Raw::Bytes(bytes.clone())));
            let mut lost = 0;
            for _ in 0..AT_ONCE {
                match villain.answered(request).await {
                    Ok(answer) if request == Speech::Sync => {
                        let answer = decode::<Answer>(&answer, usize::MAX).expect("an answer");
                        busy += u32::from(matches!(answer, Answer::Busy));
                    }
                    Ok(_) => {}
                    Err(_) => lost += 1,
                }
            }
            if lost == AT_ONCE {
                break;
            }
        }
        assert!(busy > 0 || request == Speech::Status, "it never says that it is busy");
        villain.gone().await;
        blamed(&mut node, &villain, "peer.misbehaved", "flood");
        blamed(&mut node, &villain, "peer.banned", "flood");
        before.holds(&node).await;
        let name = villain.name();
        let told = node.lines(&[&name]).len();
        assert!(told < 60, "{told} log lines for one peer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_questions_at_once_neither_harm_others_nor_fill_the_log() {
    let node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    for _ in 0..101 {
        villain.ask(Speech::Sync, Raw::Bytes(headers(&node.spec)));
    }
    let mut answers = 0;
    for _ in 0..101 {
        answers += u32::from(villain.answered(Speech::Sync).await.is_ok());
    }
    // More streams at once than anybody needs are refused (SPEC N-8), perhaps before an answer.
    if answers == 0 {
        villain.gone().await;
    }
    before.holds(&node).await;
    let lines = node.log().lines().count();
    assert!(lines < 100, "{}", node.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_a_byte_a_second_end_after_ten_seconds_and_harm_nobody() {
    let node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    for _ in 0..40 {
        villain.ask(Speech::Sync, Raw::Slow(vec![0; 1_000], Duration::from_secs(1)));
    }
    before.holds(&node).await;
    for _ in 0..40 {
        assert!(villain.answered(Speech::Sync).await.is_err());
    }
    before.holds(&node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_answers_is_let_go() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let mut villain = Villain::connect(&node, Box::new(|_, _| None)).await;
    villain.gone().await;
    blamed(&mut node, &villain, "peer.disconnected", "unresponsive");
    before.holds(&node).await;
}
