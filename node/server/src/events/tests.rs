//! Tests of events that play the driver, on a real chain.

use std::time::{Duration, SystemTime};

use coinage_model::event::{CharterChange, CharterEvent, PeerChange, TransactionEvent};
use coinage_protocol::engine::{Event, PeerRef};
use coinage_protocol::limits::BLOCK_BYTES_MAX;
use coinage_protocol::{Action, Charter, CharterParts, Refusal, RoleId, encoded_len};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::*;
use crate::node_state::Peer;
use crate::storage::testing::{Branch, World, amount, symbol, user};

/// A node's events, and the chain they are of.
struct Node {
    world: World,
    branch: Branch,
    events: Arc<Events>,
}

impl Node {
    /// Makes a node whose chain has three blocks.
    fn new() -> Self {
        Self::of(World::new("events"))
    }

    fn of(world: World) -> Self {
        let mut branch = world.genesis();
        world.extend_by(&mut branch, 3, 0);
        let chartered = world.spec.genesis().charters.iter().map(|charter| charter.token);
        let events = Arc::new(Events::new(branch.tip, world.spec.clone(), chartered.collect()));
        Self { world, branch, events }
    }

    fn read(&self, last: Option<&str>) -> Reader {
        self.events.read(last, Filter::default()).expect("there is room")
    }

    fn import(&self, block: &LinkedBlock) {
        let block = Arc::clone(&block.block);
        let (authorities, via) = (self.world.spec.genesis_authorities().clone(), Via::Gossip);
        let imported = Event::BlockImported { block, authorities, via, delay_ms: 7 };
        self.events.report(&imported, None);
    }

    /// Adds one more block, with one payment.
    fn grow(&mut self) {
        self.world.extend_by(&mut self.branch, 1, 0);
        self.import(self.branch.blocks.last().expect("just made"));
    }

    fn change_to(&mut self, other: Branch) {
        let batch = self.branch.reorg_to(&other);
        self.events.expect(&batch);
        batch.applied.iter().for_each(|block| self.import(block));
        self.events.report(&Event::Reorg(batch.reorg.expect("a reorg")), None);
        self.branch = other;
    }
}

async fn next(reader: &mut Reader) -> Told {
    timeout(Duration::from_secs(10), reader.next()).await.expect("something is told")
}

async fn data(reader: &mut Reader) -> Value {
    let told = next(reader).await;
    let data: Value = serde_json::from_str(&told.data).expect("JSON");
    assert_eq!(data["type"], json!(told.name));
    data
}

async fn types(reader: &mut Reader, count: usize) -> Vec<String> {
    let mut types = Vec::new();
    for _ in 0..count {
        let data = data(reader).await;
        let status = data["status"].as_str().unwrap_or_default();
        types.push(format!("{} {status}", data["type"].as_str().expect("a word")));
    }
    types.iter().map(|one| one.trim_end().to_owned()).collect()
}

fn peer(name: &str) -> Peer {
    Peer {
        peer_id: name.into(),
        address: "/ip4/192.0.2.1/tcp/1".into(),
        inbound: true,
        since: SystemTime::UNIX_EPOCH,
        status: None,
        clock_ahead_ms: 0,
    }
}

#[tokio::test]
async fn whoever_resumes_misses_nothing_and_sees_nothing_twice() {
    let mut node = Node::new();
    let mut whole = node.read(None);
    assert_eq!(next(&mut whole).await.name, "head", "where it begins");
    (0..20).for_each(|_| node.grow());
    let mut all = Vec::new();
    for _ in 0..60 {
        all.push(next(&mut whole).await);
    }
    for cut in [0, 1, 17, 58, 59] {
        let mut resumed = node.read(Some(&all[cut].id));
        for expected in &all[cut + 1..] {
            assert_eq!(next(&mut resumed).await, *expected);
        }
        assert!(timeout(Duration::ZERO, resumed.next()).await.is_err(), "nothing more");
        assert_eq!(resumed.id(), all[59].id);
    }
}

#[tokio::test]
async fn what_cannot_be_resumed_begins_with_one_reset_at_the_present() {
    let mut node = Node::new();
    let old = node.read(None).id();
    (0..40_000).for_each(|_| node.events.peer(&peer("x"), PeerChange::Connected, None));
    (0..40_000).for_each(|_| node.events.peer(&peer("x"), PeerChange::Disconnected, None));
    let boot = old.split_once('.').expect("a dot").0.to_owned();
    let cases = [
        (old, "too_old"),
        ("0123456789abcdef.4".to_owned(), "restarted"),
        (format!("{boot}.999999"), "unknown_id"),
        (format!("{boot}.+1"), "unknown_id"),
        (format!("{boot}.99999999999999999999999999"), "unknown_id"),
        ("x".repeat(1000), "unknown_id"),
        (String::new(), "unknown_id"),
    ];
    for (last, reason) in cases {
        let mut reader = node.read(Some(&last));
        let reset = data(&mut reader).await;
        assert_eq!((&reset["type"], &reset["reason"]), (&json!("reset"), &json!(reason)));
        assert_eq!(reset["head"]["hash"], json!(node.branch.tip.hash.to_string()));
        node.grow();
        assert_eq!(types(&mut reader, 3).await, ["block", "transaction included", "head"]);
    }
}

#[tokio::test]
async fn a_slow_reader_is_reset_and_goes_on_at_the_present() {
    let mut node = Node::new();
    let mut slow = node.read(None);
    next(&mut slow).await;
    for _ in 0..70_000 {
        node.events.peer(&peer("x"), PeerChange::Connected, None);
    }
    let reset = data(&mut slow).await;
    assert_eq!((&reset["type"], &reset["reason"]), (&json!("reset"), &json!("too_slow")));
    assert!(timeout(Duration::ZERO, slow.next()).await.is_err(), "nothing of the past");
    node.grow();
    assert_eq!(types(&mut slow, 1).await, ["block"]);
}

#[tokio::test]
async fn after_a_reorg_the_new_branch_follows_block_by_block() {
    let mut node = Node::new();
    let mut other = node.world.genesis();
    node.world.extend_by(&mut other, 3, 0);
    let fork = other.tip.hash;
    node.world.extend_by(&mut other, 3, 1);
    let mut reader = node.read(None);
    node.grow();
    let (left, joined) = (node.branch.tip.hash, other.tip.hash);
    node.change_to(other);
    node.grow();
    let mut chain = vec![fork.to_string()];
    let (mut reorgs, mut told) = (0, Vec::new());
    while chain.last() != Some(&node.branch.tip.hash.to_string()) {
        let event = data(&mut reader).await;
        match event["type"].as_str() {
            Some("block") => {
                assert_eq!(event["previous"].as_str(), chain.last().map(String::as_str));
                chain.push(event["hash"].as_str().expect("a hash").to_owned());
            }
            Some("reorg") => {
                reorgs += 1;
                assert_eq!(event["old_head"]["hash"], json!(left.to_string()));
                assert_eq!(event["new_head"]["hash"], json!(joined.to_string()));
                let ancestor = event["common_ancestor"]["hash"].as_str().expect("a hash");
                let kept = chain.iter().position(|hash| hash == ancestor).expect("known");
                chain.truncate(kept + 1);
            }
            _ => told.push(event),
        }
    }
    assert_eq!((reorgs, chain.len()), (1, 5));
    let reverted = told.iter().filter(|event| event["status"] == json!("reverted")).count();
    assert_eq!(reverted, 1, "{told:?}");
    assert_eq!(data(&mut reader).await["status"], json!("included"));
}

#[tokio::test]
async fn a_filter_lets_through_what_was_asked_for_and_moves_on_past_the_rest() {
    let mut node = Node::new();
    let kinds = vec![EventKind::Reorg];
    let mut nothing =
        node.events.read(None, Filter { kinds, account: None }).expect("there is room");
    let before = nothing.id();
    let kinds = vec![EventKind::Transaction];
    let account = Some(user(4));
    let filter = Filter { kinds, account };
    let mut mine = node.events.read(None, filter).expect("there is room");
    (0..5).for_each(|_| node.grow());
    // Blocks 4 to 8 pay from users 3, 4, 5, 6 and 7 to the next one each.
    assert_eq!(types(&mut mine, 2).await, ["transaction included"; 2]);
    assert!(timeout(Duration::from_millis(10), mine.next()).await.is_err());
    assert!(timeout(Duration::from_millis(10), nothing.next()).await.is_err());
    assert!(nothing.id() != before && nothing.id() == mine.id());
}

#[tokio::test]
async fn what_is_no_concern_of_readers_is_not_told() {
    let node = Node::new();
    let mut reader = node.read(None);
    next(&mut reader).await;
    let id = coinage_protocol::TransactionId::new([1; 32]);
    let refused = Event::TransactionRejected { id, reason: Refusal::PoolFull, peer: PeerRef(1) };
    node.events.report(&refused, None);
    assert!(timeout(Duration::ZERO, reader.next()).await.is_err());
}

#[tokio::test]
async fn there_are_only_so_many_readers() {
    let node = Node::new();
    let mut all: Vec<_> = (0..READERS_MAX).map(|_| node.read(None)).collect();
    assert!(node.events.read(None, Filter::default()).is_none());
    assert_eq!(node.events.readers(), READERS_MAX);
    all.pop();
    assert!(node.events.read(None, Filter::default()).is_some());
}

fn mint(token: &str, units: u128) -> Action {
    let (token, issuer, to) = (symbol(token), user(0), user(4));
    Action::Mint { token, issuer, to, amount: amount(units) }
}

fn role(account: u64, role: Option<u8>) -> Action {
    let (token, officer, account) = (symbol("POINTS"), user(0), user(account));
    Action::SetRole { token, officer, account, role: role.map(RoleId) }
}

impl Node {
    /// Adds one more block, with one transaction of user 0.
    fn act(&mut self, actions: Vec<Action>) {
        let made = self.world.transaction(&self.branch, 0, 0, actions, &[]);
        self.world.extend(&mut self.branch, 0, vec![made]);
        self.import(self.branch.blocks.last().expect("just made"));
    }
}

#[tokio::test]
async fn what_is_done_by_a_charter_follows_its_transaction_and_is_taken_back_by_a_reorg() {
    let mut node = Node::of(World::chartered("events"));
    let mut other = node.branch.clone();
    node.world.extend_by(&mut other, 2, 1);
    let kinds = vec![EventKind::Charter, EventKind::Transaction];
    let filter = Filter { kinds, account: Some(user(4)) };
    let mut reader = node.events.read(None, filter).expect("there is room");
    // Users 0 and 5 are not asked for, and a mint of COIN asks no charter.
    node.act(vec![role(5, Some(0))]);
    let burn = |token| Action::Burn { token: symbol(token), from: user(0), amount: amount(1) };
    let (token, issuer, one) = (symbol("POINTS"), user(0), amount(1));
    let to_itself = Action::Mint { token, issuer, to: issuer, amount: one };
    let own = [to_itself, burn("POINTS"), burn("COIN")];
    let others = [mint("COIN", 9), mint("POINTS", 120), role(4, Some(0))];
    node.act(others.into_iter().chain(own).collect());
    assert_eq!(data(&mut reader).await["status"], "included");
    let told = data(&mut reader).await;
    assert_eq!((&told["type"], &told["status"]), (&json!("charter"), &json!("included")));
    assert_eq!(told["sender"], json!(user(0).to_string()));
    assert_eq!(told["block"]["hash"], json!(node.branch.tip.hash.to_string()));
    let (board, member) = (user(0).to_string(), user(4).to_string());
    let done = json!([
        { "type": "mint", "token": "POINTS", "issuer": board, "to": member, "amount": "120" },
        { "type": "set_role", "token": "POINTS", "officer": board, "account": member, "role": 1 },
        { "type": "mint", "token": "POINTS", "issuer": board, "to": board, "amount": "1" },
        { "type": "burn", "token": "POINTS", "from": board, "amount": "1" },
    ]);
    assert_eq!(told["actions"], done);
    node.change_to(other);
    assert_eq!(types(&mut reader, 1).await, ["transaction reverted"]);
    let undone = data(&mut reader).await;
    assert_eq!((&undone["type"], &undone["status"]), (&json!("charter"), &json!("reverted")));
    assert_eq!((&undone["id"], &undone["block"]), (&told["id"], &told["block"]));
    assert_eq!(undone["actions"], done);
}

#[tokio::test]
async fn a_token_has_a_charter_on_the_branch_that_created_it_so_and_on_no_other() {
    let mut node = Node::of(World::chartered("events"));
    let mut other = node.branch.clone();
    let known = CharterParts::clone(&node.world.spec.genesis().charters[0]);
    let charter = Charter::new(CharterParts { token: symbol("GOLD"), ..known });
    let charter = Box::new(charter.expect("the same clauses"));
    let kinds = vec![EventKind::Charter];
    let filter = Filter { kinds, account: None };
    let mut reader = node.events.read(None, filter).expect("there is room");
    node.act(vec![Action::CreateWithCharter(charter), mint("GOLD", 1)]);
    let told = data(&mut reader).await;
    let done = [0, 1].map(|at| told["actions"][at]["type"].clone());
    assert_eq!(done, [json!("create_with_charter"), json!("mint")]);
    let created = node.world.creation(&other, "GOLD", 0, 4);
    node.world.extend(&mut other, 0, vec![created]);
    let minted = node.world.transaction(&other, 0, 0, vec![mint("GOLD", 1)], &[]);
    node.world.extend(&mut other, 0, vec![minted]);
    node.change_to(other);
    assert_eq!(types(&mut reader, 1).await, ["charter reverted"]);
    assert!(timeout(Duration::ZERO, reader.next()).await.is_err(), "a plain mint");
}

#[test]
fn the_events_of_a_full_block_of_actions_by_charters_have_room_in_the_ring() {
    let node = Node::of(World::chartered("events"));
    for count in [1, 32] {
        let give = |at: usize| role(u64::try_from(at).expect("few"), Some(0));
        let made = node.world.transaction(&node.branch, 0, 0, (0..count).map(give).collect(), &[]);
        let bytes = encoded_len(&made);
        let (id, at) = (made.body.id(node.world.spec.chain()), node.events.tip(&node.branch.tip));
        let (of, actions) = ((id, made.body.sender), made.body.actions.iter());
        let told = CharterEvent::new(of, CharterChange::Included, at, actions);
        let (told, change) = (EventJson::Charter(told), TransactionEvent::reverted(id, at));
        let mut ring = Ring::new();
        for event in [told, EventJson::Transaction(change)] {
            let accounts = made.body.touched().into_iter().collect();
            let data = serde_json::to_string(&event).expect("JSON");
            ring.push(EventKind::Charter, accounts, data.into());
        }
        let block = ring.bytes() * BLOCK_BYTES_MAX / bytes;
        assert!(block < 8_000_000, "{count} actions of {bytes} bytes: {block} in a block");
    }
}
