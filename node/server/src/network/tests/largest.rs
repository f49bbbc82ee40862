//! The largest messages, many at once.

use coinage_protocol::engine::{Input, Outcome, Question, Reply};
use coinage_protocol::limits::{
    ACTIONS_MAX, BLOCK_BYTES_MAX, GOSSIP_BATCH_BYTES, IDS_MAX, MESSAGE_BYTES_MAX,
};
use coinage_protocol::{Answer, Bounded, Request, Topic, TransactionId, encode, encoded_len};

use super::support::{Node, batch, chain_spec, salt_of, transaction};
use crate::network::{Command, Notice};

/// Blocks that are published one after the other, and batches between two of them.
const BLOCKS: u8 = 12;
const BATCHES: u8 = 6;

/// Returns bytes that are no message, others for each number: they have to arrive to be refused.
fn filler(bytes: usize, number: [u8; 2]) -> Vec<u8> {
    let mut filler = vec![0xff; bytes];
    filler[..2].copy_from_slice(&number);
    filler
}

#[tokio::test]
async fn a_stream_outlives_the_largest_messages_that_follow_each_other() {
    let spec = chain_spec("one");
    let mut first = Node::start(&spec, &[]).await;
    let mut second = Node::start(&spec, &[&first]).await;
    first.connected().await;
    first.reaches(&mut second, &spec).await;
    for block in 0..BLOCKS {
        first.publish_on(Topic::Blocks, filler(BLOCK_BYTES_MAX, [block, 0])).await;
        for batch in 0..BATCHES {
            let bytes = filler(GOSSIP_BATCH_BYTES, [block, batch]);
            first.publish_on(Topic::Transactions, bytes).await;
        }
        // Reading goes on meanwhile, or there would be no room for so much.
        second.gossip().await;
    }
    first.publish(batch(&spec, 1)).await;
    let sound = second.expect("a sound message", |notice| match notice {
        Notice::Input(Input::Gossip { message, .. }) => message.ok(),
        _ => None,
    });
    assert_eq!(salt_of(&sound.await), 1);
}

#[tokio::test]
async fn the_largest_questions_and_answers_pass_while_the_largest_blocks_do() {
    let spec = chain_spec("one");
    let mut server = Node::start(&spec, &[]).await;
    let mut client = Node::start(&spec, &[&server]).await;
    server.connected().await;
    let peer = client.connected().await;
    let ids = Bounded::first_of((0..IDS_MAX).map(|_| TransactionId::new([7; 32])));
    let question = Question::Request(Request::Transactions { ids });
    let size = encoded_len(&transaction(&spec, 0, ACTIONS_MAX));
    let count = BLOCK_BYTES_MAX / size;
    let all = (0..count).map(|_| transaction(&spec, 0, ACTIONS_MAX));
    let answer = Answer::Transactions(Bounded::first_of(all));
    let bytes = encode(&answer).len();
    assert!(bytes > MESSAGE_BYTES_MAX - 2 * size && bytes <= MESSAGE_BYTES_MAX, "{bytes}");
    // As many at once as a node asks.
    for round in 0..3 {
        for number in 0..2 {
            client.ask(peer, question.clone()).await;
            server.publish_on(Topic::Blocks, filler(BLOCK_BYTES_MAX, [round, number])).await;
        }
        for _ in 0..2 {
            let (asked, got) = server.asked().await;
            assert_eq!(got, question);
            server.send(Command::Answer { asked, reply: Reply::Answer(answer.clone()) }).await;
        }
        for _ in 0..2 {
            let outcome = client.outcome().await;
            assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
        }
    }
}
