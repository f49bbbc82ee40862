//! Real processes as a stage for stories: everything is seen through the public API.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use coinage_keys::genesis_file;
use coinage_model::transaction::TransactionJson;
use coinage_protocol::{
    Address, Body, ChainSpec, Height, Slot, Symbol, Transaction, TransactionId,
};
use coinage_simulation::scenario::{
    Answer, ChainBlock, Head, Reverted, Scenario, Stage, Standing, Status,
};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::ledger::{list, signed_twice, verify};
use crate::submit::{body, now_ms};

/// Factor by which a busy machine may take longer than planned.
const PATIENCE: u64 = 8;
/// Time that anything may take besides, in milliseconds.
const PATIENCE_MS: u64 = 10_000;
const POLL: Duration = Duration::from_millis(50);
/// Number of blocks that may come while all nodes are asked where they stand.
const BLOCKS_MEANWHILE: u64 = 2;
/// Log lines that honest nodes have no reason to write.
const COMPLAINTS: [&str; 3] = [" peer.charged ", " peer.banned ", " block.rejected "];

/// A devnet of real processes on which a story is played.
#[derive(Debug)]
pub struct RealStage {
    cluster: Cluster,
    spec: ChainSpec,
    /// Milliseconds by which each clock is ahead, if it is wrong.
    clocks: BTreeMap<u16, i64>,
    running: BTreeSet<u16>,
    paused: BTreeSet<u16>,
    /// Contents of blocks, by their hashes, so that each is fetched once.
    seen: RefCell<BTreeMap<String, Vec<Body>>>,
}

impl RealStage {
    /// Starts the nodes of a story and waits until they agree.
    ///
    /// # Panics
    ///
    /// If they do not.
    pub fn start(program: &str, scenario: &Scenario) -> Self {
        let slot_ms = u64::from(scenario.slot_ms);
        let cluster = Cluster::start_with_slot(program, scenario.nodes, slot_ms);
        let genesis = genesis_file::read(&cluster.genesis()).expect("the devnet's genesis");
        Self {
            cluster,
            spec: ChainSpec::new(genesis).expect("a network"),
            clocks: BTreeMap::new(),
            running: (1..=scenario.nodes).collect(),
            paused: BTreeSet::new(),
            seen: RefCell::default(),
        }
    }

    /// The last lines of every node's log.
    pub fn tails(&self) -> String {
        self.cluster.tails()
    }

    fn get(&self, node: u16, path: &str) -> Option<Value> {
        let answer = self.cluster.try_get(node, path)?;
        (answer.status == 200).then_some(answer.body)
    }

    fn bodies(&self, node: u16, summary: &Value) -> Option<Vec<Body>> {
        let hash = summary["hash"].as_str()?;
        if summary["transactions"] == json!(0) {
            return Some(Vec::new());
        }
        if let Some(known) = self.seen.borrow().get(hash) {
            return Some(known.clone());
        }
        let block = self.get(node, &format!("/v1/blocks/{hash}"))?;
        let body = |one: &Value| {
            let json: TransactionJson = serde_json::from_value(one["transaction"].clone()).ok()?;
            Some(Transaction::try_from(json).ok()?.body)
        };
        let bodies: Option<Vec<_>> = block["transactions"].as_array()?.iter().map(body).collect();
        let bodies = bodies.expect("a node shows transactions that can be read");
        self.seen.borrow_mut().insert(hash.to_owned(), bodies.clone());
        Some(bodies)
    }
}

impl Stage for RealStage {
    fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    fn time(&self) -> u64 {
        now_ms()
    }

    fn patience(&self, slots: u64) -> u64 {
        let slot_ms = u64::from(self.spec.genesis().slot_ms);
        now_ms() + slots * slot_ms * PATIENCE + PATIENCE_MS
    }

    fn breathe(&mut self) {
        std::thread::sleep(POLL);
    }

    fn wait(&mut self, slots: u64) {
        let slot_ms = u64::from(self.spec.genesis().slot_ms);
        std::thread::sleep(Duration::from_millis(slots * slot_ms));
    }

    fn partition(&mut self, groups: &[Vec<u16>]) {
        let groups: Vec<&[u16]> = groups.iter().map(Vec::as_slice).collect();
        self.cluster.partition(&groups);
    }

    fn heal(&mut self) {
        self.cluster.heal();
    }

    fn kill(&mut self, node: u16) {
        self.cluster.kill(node);
        self.running.remove(&node);
    }

    fn start(&mut self, node: u16) {
        match self.clocks.get(&node) {
            Some(ahead_ms) => self.cluster.start_node_with_clock(node, *ahead_ms),
            None => self.cluster.start_node(node),
        }
        self.running.insert(node);
    }

    fn wipe(&mut self, node: u16) {
        self.cluster.wipe(node);
    }

    fn pause(&mut self, node: u16) {
        self.cluster.signal(node, "STOP");
        self.paused.insert(node);
    }

    fn resume(&mut self, node: u16) {
        self.cluster.signal(node, "CONT");
        self.paused.remove(&node);
    }

    fn set_clock(&mut self, node: u16, ahead_ms: i64) {
        match ahead_ms {
            0 => self.clocks.remove(&node),
            _ => self.clocks.insert(node, ahead_ms),
        };
    }

    fn submit(&mut self, node: u16, transaction: &Transaction, park: bool) -> Answer {
        let body = body(transaction, park);
        let Some(answer) = self.cluster.try_post(node, "/v1/transactions", &body) else {
            return Answer::Silence;
        };
        match answer.status {
            200 | 202 => Answer::Taken,
            _ => Answer::Refused(code(&answer.body["code"])),
        }
    }

    fn head(&self, node: u16) -> Option<Head> {
        self.cluster.head(node).map(|(height, hash)| Head { height: Height::new(height), hash })
    }

    fn heads(&self, nodes: &[u16]) -> Vec<Option<Head>> {
        let heads: Vec<_> = nodes.iter().map(|node| self.head(*node)).collect();
        let heights = || heads.iter().flatten().map(|head| head.height);
        let (lowest, highest) =
            (heights().min().unwrap_or_default(), heights().max().unwrap_or_default());
        // Who is further behind is not just slow to be asked.
        if highest.since(lowest) > BLOCKS_MEANWHILE {
            return heads;
        }
        let at = |(node, head): (&u16, Option<Head>)| {
            let head = head?;
            let hash = self.cluster.block(*node, lowest).unwrap_or(head.hash);
            Some(Head { height: lowest, hash })
        };
        nodes.iter().zip(heads).map(at).collect()
    }

    fn standing(&self, node: u16) -> Option<Standing> {
        let status = self.get(node, "/v1/status")?;
        let skewed = status["clock"]["skewed"] == json!(true);
        Some(Standing {
            synced: status["sync"]["state"] == json!("synced"),
            // Whoever looks at the log must read it, too.
            wrong_clock: skewed && self.cluster.log(node).contains(" clock.skewed "),
        })
    }

    fn status(&self, node: u16, id: &TransactionId) -> Status {
        let Some(found) = self.get(node, &format!("/v1/transactions/{id}")) else {
            return Status::Unknown;
        };
        match found["status"].as_str() {
            Some("pending") if found["waits_for"].is_null() => Status::Waiting,
            Some("pending") => Status::Parked(code(&found["waits_for"]["code"])),
            Some("included" | "final") => Status::Included,
            _ => Status::Dropped(code(&found["reason"]["code"])),
        }
    }

    fn balance(&self, node: u16, address: Address, token: Symbol) -> u128 {
        self.cluster.balance(node, &address.to_string(), token.as_str())
    }

    fn supply(&self, node: u16, token: Symbol) -> Option<u128> {
        self.get(node, &format!("/v1/tokens/{token}"))?["supply"].as_str()?.parse().ok()
    }

    fn chain(&self, node: u16) -> Vec<ChainBlock> {
        let mut summaries = list(&self.cluster, node, "/v1/blocks");
        summaries.reverse();
        let written = summaries.iter().filter(|block| block["height"] != json!("0"));
        let block = |summary: &Value| {
            Some(ChainBlock {
                slot: Slot::new(summary["slot"].as_str()?.parse().ok()?),
                hash: summary["hash"].as_str()?.to_owned(),
                transactions: self.bodies(node, summary)?,
            })
        };
        written.map_while(block).collect()
    }

    fn reorgs(&self, node: u16) -> Vec<Reverted> {
        let one = |one: &Value| {
            let id = one["id"].as_str()?.parse().ok()?;
            Some((id, one["fate"].as_str()?.to_owned()))
        };
        let reverted = |reorg: &Value| {
            let all = reorg["transactions"].as_array().into_iter().flatten();
            all.map(|each| one(each).expect("a reorg tells ids and outcomes")).collect()
        };
        list(&self.cluster, node, "/v1/chain/reorgs").iter().map(reverted).collect()
    }

    fn end(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        for node in self.cluster.nodes() {
            let log = self.cluster.log(node);
            let lines =
                log.lines().filter(|line| COMPLAINTS.iter().any(|word| line.contains(word)));
            wrong.extend(lines.map(|line| format!("n{node}: {line}")));
        }
        let running: Vec<_> = self.running.iter().copied().collect();
        let twice = signed_twice(&self.cluster, &running);
        wrong.extend(twice.iter().map(|one| format!("two blocks in a slot: {one:?}")));
        verify(&mut self.cluster);
        wrong
    }
}

impl Drop for RealStage {
    fn drop(&mut self) {
        // Who stands still cannot be asked to stop.
        self.paused.iter().for_each(|node| self.cluster.signal(*node, "CONT"));
    }
}

/// A code of the API as stories write it.
fn code(value: &Value) -> String {
    let code = value.as_str().unwrap_or_default();
    code.strip_prefix("transaction.").unwrap_or(code).replace('.', "_")
}
