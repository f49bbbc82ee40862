//! Tests with whole nodes in one process.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use coinage_keys::genesis_file;
use coinage_model::Heartbeat;
use coinage_protocol::{Bounded, Genesis, PublicKey, Rules, UnixMillis};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::*;
use crate::config::{NodeSettings, RunArgs};

/// Time that a test waits at most: enough for a loaded machine; nothing waits for it when all is
/// well.
const PATIENCE: Duration = Duration::from_secs(60);

struct Running {
    data: PathBuf,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), RunError>>,
}

impl Running {
    fn start(settings: NodeSettings, data: &Path) -> Self {
        let local = "/ip4/127.0.0.1/tcp/0".parse().expect("an address");
        let settings = NodeSettings {
            data: Some(data.to_owned()),
            api: Some(([127, 0, 0, 1], 0).into()),
            listen: vec![local],
            no_discovery: true,
            ..settings
        };
        let config = Config::new(RunArgs { settings, ..RunArgs::default() });
        let (stop, stopped) = oneshot::channel::<()>();
        let _ = fs::remove_file(data.join("addresses.json"));
        let node = run(config.expect("no file"), || async { drop(stopped.await) });
        Self { data: data.to_owned(), stop, ended: tokio::spawn(node) }
    }

    /// Waits for the addresses that the node says it has, once it is there.
    async fn addresses(&self) -> serde_json::Value {
        let there = async {
            loop {
                assert!(!self.ended.is_finished(), "the node ended");
                if let Ok(text) = fs::read(self.data.join("addresses.json")) {
                    return serde_json::from_slice(&text).expect("written whole");
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, there).await.expect("it starts")
    }

    async fn peer(&self) -> Multiaddr {
        let addresses = self.addresses().await;
        addresses["p2p"][0].as_str().expect("a text").parse().expect("an address")
    }

    /// Waits until the node's head is at least so high; returns its height and hash.
    async fn head(&self, height: u64) -> (u64, String) {
        let url = format!("{}/v1/status", self.addresses().await["api"].as_str().expect("url"));
        let reached = async {
            loop {
                let url = url.clone();
                let asked = tokio::task::spawn_blocking(move || -> serde_json::Value {
                    let mut answer = ureq::get(&url).call().expect("it answers");
                    answer.body_mut().read_json().expect("JSON")
                });
                let head = asked.await.expect("no panic")["head"].clone();
                let at = head["height"].to_string().replace('"', "").parse().expect("a number");
                if at >= height {
                    return (at, head["hash"].to_string());
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, reached).await.expect("the chain grows")
    }

    async fn stop(self) {
        drop(self.stop);
        let ended = timeout(Duration::from_secs(3), self.ended).await.expect("it ends soon");
        ended.expect("no panic").expect("no error");
    }
}

fn genesis(directory: &Path, authority: PublicKey) -> PathBuf {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let genesis = Genesis {
        version: 1,
        name: Text::try_from("test").expect("short"),
        time: UnixMillis::new(u64::try_from(now.as_millis()).expect("before the year 500 million")),
        slot_ms: 100,
        authorities: Bounded::first_of([authority]),
        rules: Rules {
            lifetime_ms_max: 3_600_000,
            balances_max: 1000,
            tokens_max: 10,
            creators: None,
            fee: None,
            growth: None,
            policies: None,
        },
        tokens: Bounded::default(),
        balances: Bounded::default(),
        charters: Bounded::default(),
    };
    let path = directory.join("genesis.json");
    genesis_file::write(&path, &genesis).expect("writable");
    path
}

fn each_slot() -> Heartbeat {
    "0s".parse().expect("a heartbeat")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_has_the_authoritys_chain_and_both_resume_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let key = directory.path().join("authority.key");
    let genesis = genesis(directory.path(), AuthorityKey::create(&key).expect("made"));
    let (leading, following) = (directory.path().join("1"), directory.path().join("2"));
    let settings = NodeSettings {
        genesis: Some(genesis),
        authority_key: Some(key.clone()),
        heartbeat: Some(each_slot()),
        ..NodeSettings::default()
    };
    let leader = Running::start(settings.clone(), &leading);
    leader.head(3).await;
    let settings =
        NodeSettings { peers: vec![leader.peer().await], authority_key: None, ..settings };
    let follower = Running::start(settings, &following);
    let (height, _) = follower.head(6).await;
    leader.stop().await;
    follower.stop().await;
    // Neither needs the genesis file again.
    let (authority_key, heartbeat) = (Some(key), Some(each_slot()));
    let settings = NodeSettings { authority_key, heartbeat, ..NodeSettings::default() };
    let leader = Running::start(settings, &leading);
    leader.head(height + 3).await;
    let settings = NodeSettings { peers: vec![leader.peer().await], ..NodeSettings::default() };
    let follower = Running::start(settings, &following);
    follower.head(height + 6).await;
    leader.stop().await;
    follower.stop().await;
}
