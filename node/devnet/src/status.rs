//! The status of a devnet, for programs and for people.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::material::Account;
use super::places::flag_for;
use super::probe::Head;

/// The status of a devnet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DevnetStatus {
    /// Path of the devnet's directory.
    pub dir: PathBuf,
    /// Path of the devnet's genesis file.
    pub genesis: PathBuf,
    /// The supervisor's process id.
    pub pid: u32,
    /// True if all nodes agreed on a block once since the start.
    pub ready: bool,
    /// Length of a slot, in milliseconds.
    pub slot_ms: u32,
    /// The nodes, n1 first.
    pub nodes: Vec<NodeStatus>,
    /// The links that are cut, as pairs of node numbers.
    pub links_cut: Vec<[u16; 2]>,
    /// The development accounts. Their keys are published: worth nothing outside a devnet.
    pub accounts: Vec<Account>,
    /// Status of the demonstration, if there is one.
    pub demo: Option<DemoStatus>,
}

/// The status of a node of a devnet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NodeStatus {
    /// Name of the node: `n1`, `n2` and so on.
    pub name: String,
    /// Role of the node: `authority` or `observer`, as it says.
    pub role: Option<String>,
    /// The URL of the node's API, once it is known.
    pub api: Option<String>,
    /// Multiaddress at which the node listens for peers, once it is known.
    pub p2p: Option<String>,
    /// Process id of the node while it runs.
    pub pid: Option<u32>,
    /// True if the node runs.
    pub running: bool,
    /// Head of the node's chain, if the node answers.
    pub head: Option<Head>,
    /// Height of the node's final block, if it answers.
    pub final_height: Option<u64>,
    /// Number of peers that the node has, if it answers.
    pub peers: Option<u64>,
    /// Number of authorities of which a block or a vote has come to the node lately, if it
    /// answers.
    pub heard: Option<u64>,
    /// Number of authorities that there are, if the node answers.
    pub authorities: Option<usize>,
    /// `synced`, `syncing`, `searching`, `alone` or `stalled` as it says; `silent` if it does not
    /// answer; `stopped` if it does not run.
    pub state: String,
}

impl DevnetStatus {
    /// The table of nodes, and which links are cut.
    pub(super) fn table(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table
            .set_header(["NODE", "ROLE", "API", "P2P", "HEAD", "FINAL", "PEERS", "HEARD", "STATE"]);
        for node in &self.nodes {
            table.add_row(node.row());
        }
        let mut text = trimmed(&table.to_string());
        if !self.links_cut.is_empty() {
            let cut: Vec<_> =
                self.links_cut.iter().map(|[one, other]| format!("n{one}-n{other}")).collect();
            text.push_str(&format!(
                "\nlinks cut: {}\n(nothing passes; a peer counts until its silence is noticed)\n",
                cut.join(" ")
            ));
        }
        if self.nodes.iter().any(|node| node.state == "alone") {
            text.push_str(
                "alone: hears of half of the authorities or fewer; rely on nothing that it shows\n",
            );
        }
        if let Some(DemoStatus { per_second, taken, refused, unreachable, .. }) = self.demo {
            text.push_str(&format!(
                "demo: {per_second} payments a second; {taken} taken, {refused} refused, \
                 {unreachable} found no node\n"
            ));
        }
        text
    }

    /// Returns where the page of the first node is, for a browser.
    pub(super) fn page(&self) -> Option<String> {
        let api = self.nodes.first()?.api.as_deref()?;
        let (_, port) = api.rsplit_once(':')?;
        Some(format!("http://localhost:{port}/"))
    }

    /// Returns what is said when the devnet is ready: the nodes, the accounts, and what to type
    /// next, in this terminal unless the devnet has it.
    pub(super) fn banner(&self, cargo: bool, has_terminal: bool) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(["ACCOUNT", "ADDRESS"]);
        for account in &self.accounts {
            table.add_row([&account.name, &account.address]);
        }
        let began = self.accounts.first().map_or("", |account| &account.began_with);
        let demo = self.demo.map_or_else(String::new, |demo| {
            format!(
                "DEMO: {} accounts with published keys, demo-01 to demo-{}, pay each other {} \
                 times a second.\nalice gives each 1000 COIN first. Watch it: \
                 coinage{} top\n\n",
                demo.accounts,
                demo.accounts,
                demo.per_second,
                self.node_flag()
            )
        });
        let page = self.page().map_or_else(String::new, |url| {
            format!("In a browser: {url} (each node has such a page)\n\n")
        });
        format!(
            "{page}{}\n{}\nEach began with {began}. These are published test keys: everybody can\n\
             spend what they hold.\n\n{demo}genesis: {}\n\
             ready: all {} nodes agree\n\n{}",
            self.table(),
            trimmed(&table.to_string()),
            self.genesis.display(),
            self.nodes.len(),
            self.next(cargo, has_terminal)
        )
    }

    /// The flag that names the first node in a command to type, empty if none is needed.
    fn node_flag(&self) -> String {
        let url = self.nodes.first().and_then(|node| node.api.clone()).unwrap_or_default();
        if url == "http://127.0.0.1:8600" { String::new() } else { format!(" --node {url}") }
    }

    fn next(&self, cargo: bool, has_terminal: bool) -> String {
        let node = self.node_flag();
        let dir = flag_for(&self.dir);
        let count = self.nodes.len();
        let mut lines = vec![
            if has_terminal { "Try, in another terminal:" } else { "Try:" }.to_owned(),
            format!("  coinage{node} token create GOLD --decimals 2 --supply 1000 --from alice"),
            format!("  coinage{node} send 12.50 GOLD bob --from alice"),
            format!("  coinage{node} balance bob"),
        ];
        if count >= 2 {
            let group = |from: usize, to: usize| {
                (from..=to).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
            };
            let half = count / 2;
            let (one, other) = (group(1, half), group(half.saturating_add(1), count));
            lines.push(format!("  coinage devnet{dir} partition {one}/{other}"));
            lines.push(format!("  coinage devnet{dir} status"));
            lines.push(format!("  coinage devnet{dir} heal"));
            lines.push(format!("  coinage devnet{dir} kill {count}"));
            lines.push(format!("  coinage devnet{dir} start {count}"));
        }
        if cargo {
            lines.push(
                "(without `coinage` in your PATH: `cargo run --release --` in its place)"
                    .to_owned(),
            );
        }
        let stop = if has_terminal {
            format!("Stop with Ctrl-C here, or: coinage devnet{dir} stop\n")
        } else {
            format!("It goes on in the background until: coinage devnet{dir} stop\n")
        };
        lines.push(stop);
        lines.join("\n")
    }
}

impl NodeStatus {
    fn row(&self) -> [String; 9] {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let head = self
            .head
            .as_ref()
            .map(|Head { height, hash }| format!("{height} {}", hash.get(..8).unwrap_or(hash)));
        let finalized = self.final_height.map(|height| height.to_string());
        let peers = self.peers.map(|peers| peers.to_string());
        let p2p = self.p2p.as_deref().map(host_and_port);
        let heard = self.heard.zip(self.authorities).map(|(heard, all)| format!("{heard}/{all}"));
        let [role, api, p2p, head, finalized, peers, heard] =
            [&self.role, &self.api, &p2p, &head, &finalized, &peers, &heard].map(or_dash);
        [self.name.clone(), role, api, p2p, head, finalized, peers, heard, self.state.clone()]
    }
}

/// `127.0.0.1:9600` for `/ip4/127.0.0.1/tcp/9600` with or without the long name of who is there, so
/// that the table fits a terminal.
fn host_and_port(address: &str) -> String {
    match address.split('/').collect::<Vec<_>>().as_slice() {
        ["", "ip4", host, "tcp", port] | ["", "ip4", host, "tcp", port, "p2p", _] => {
            format!("{host}:{port}")
        }
        _ => address.to_owned(),
    }
}

/// The demonstration's settings, and its counts so far.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DemoStatus {
    /// Number of accounts that pay each other.
    pub accounts: usize,
    /// Transactions a second that are aimed at.
    pub per_second: u32,
    /// Number of transactions that a node has taken since the start.
    pub taken: u64,
    /// Number of transactions that were refused: money that was spent on another branch, for
    /// example.
    pub refused: u64,
    /// Number of attempts that found no node.
    pub unreachable: u64,
}

fn trimmed(table: &str) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_names_the_nodes_the_test_keys_and_commands_that_reach_this_devnet() {
        let node = NodeStatus {
            name: "n1".to_owned(),
            role: Some("authority".to_owned()),
            api: Some("http://127.0.0.1:9700".to_owned()),
            p2p: None,
            pid: Some(1),
            running: true,
            head: Some(Head { height: 12, hash: "abcdef0123456789".to_owned() }),
            final_height: Some(11),
            peers: Some(3),
            heard: Some(1),
            authorities: Some(2),
            state: "synced".to_owned(),
        };
        let other = NodeStatus { name: "n2".to_owned(), ..node.clone() };
        let status = DevnetStatus {
            dir: PathBuf::from("/elsewhere"),
            genesis: PathBuf::from("/elsewhere/genesis.json"),
            pid: 2,
            ready: true,
            slot_ms: 500,
            nodes: vec![node, other],
            links_cut: vec![[1, 2]],
            accounts: super::super::material::accounts(),
            demo: Some(super::super::demo::Demo::new(7).status()),
        };
        let detached = status.banner(true, false);
        assert!(detached.contains("in the background until: coinage devnet --dir /elsewhere stop"));
        assert!(!detached.contains("Ctrl-C") && !detached.contains("another terminal"));
        let banner = status.banner(true, true);
        for part in [
            "12 abcdef01  11     3",
            "  1/2    synced",
            "links cut: n1-n2",
            "published test keys",
            "genesis: /elsewhere/genesis.json",
            "coinage --node http://127.0.0.1:9700 send 12.50 GOLD bob --from alice",
            "coinage devnet --dir /elsewhere partition 1/2",
            "cargo run --release --",
            "pay each other 7 times a second",
            "coinage --node http://127.0.0.1:9700 top",
        ] {
            assert!(banner.contains(part), "{part} is not in\n{banner}");
        }
    }
}
