//! Questions to the nodes over HTTP: how they stand, and whether they agree.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::spawn_blocking;

/// Time within which a node must answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A place on a chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Head {
    /// Height of the block.
    pub height: u64,
    /// Hash of the block.
    pub hash: String,
}

/// A node's status, as it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Seen {
    pub(super) role: String,
    pub(super) genesis: String,
    pub(super) head: Head,
    pub(super) final_height: Option<u64>,
    pub(super) state: String,
    pub(super) peers: u64,
    pub(super) heard: Option<u64>,
    pub(super) authorities: usize,
}

/// Asks a node how it stands; `None` if it does not answer as it should.
pub(super) async fn status(api: String) -> Option<Seen> {
    seen(&fetch(format!("{api}/v1/status")).await?)
}

/// Checks whether all nodes are in step: the same genesis, all of them synced, and one block at
/// some height of 1 or more that every one of them has on its chain.
pub(super) async fn agree(nodes: &[(String, Option<Seen>)]) -> bool {
    let Some(height) = common_height(nodes.iter().map(|(_, seen)| seen.as_ref())) else {
        return false;
    };
    let asked = nodes.iter().map(|(api, _)| fetch(format!("{api}/v1/blocks/{height}")));
    let blocks = futures::future::join_all(asked).await;
    let hashes: Vec<_> = blocks.iter().map(|block| block.as_ref().and_then(hash)).collect();
    let Some(Some(first)) = hashes.first() else { return false };
    hashes.iter().all(|hash| hash.as_ref() == Some(first))
}

/// The highest height that all have, if they may be in step.
fn common_height<'a>(nodes: impl Iterator<Item = Option<&'a Seen>>) -> Option<u64> {
    let nodes: Vec<&Seen> = nodes.collect::<Option<_>>()?;
    let first = nodes.first()?;
    let in_step = |node: &&Seen| node.state == "synced" && node.genesis == first.genesis;
    let lowest = nodes.iter().map(|node| node.head.height).min()?;
    (lowest >= 1 && nodes.iter().all(in_step)).then_some(lowest)
}

async fn fetch(url: String) -> Option<Value> {
    let asking = spawn_blocking(move || {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
        let mut answer = agent.get(&url).call().ok()?;
        answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_json::<Value>().ok()
    });
    asking.await.ok()?
}

fn seen(status: &Value) -> Option<Seen> {
    let text = |pointer| Some(status.pointer(pointer)?.as_str()?.to_owned());
    Some(Seen {
        role: text("/role")?,
        genesis: text("/genesis_hash")?,
        head: Head { height: text("/head/height")?.parse().ok()?, hash: text("/head/hash")? },
        final_height: text("/final/height").and_then(|height| height.parse().ok()),
        state: text("/sync/state")?,
        peers: status.get("peers")?.as_u64()?,
        heard: status.pointer("/sync/heard").and_then(Value::as_u64),
        authorities: status.get("authorities")?.as_array()?.len(),
    })
}

fn hash(block: &Value) -> Option<String> {
    Some(block.get("hash")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::extract::Path;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::json;

    use super::*;

    fn node(height: u64, state: &str, genesis: &str) -> Seen {
        let head = Head { height, hash: format!("{height:064}") };
        let [role, state, genesis] = ["authority", state, genesis].map(str::to_owned);
        let (peers, heard, authorities, final_height) = (3, Some(4), 4, Some(height));
        Seen { role, genesis, head, final_height, state, peers, heard, authorities }
    }

    #[test]
    fn nodes_are_not_in_step_without_a_block_or_while_one_syncs_is_silent_or_elsewhere() {
        let good = node(7, "synced", "g");
        let height = |other: Option<&Seen>| common_height([Some(&good), other].into_iter());
        assert_eq!(height(Some(&node(5, "synced", "g"))), Some(5));
        assert_eq!(height(Some(&node(0, "synced", "g"))), None);
        assert_eq!(height(Some(&node(5, "syncing", "g"))), None);
        assert_eq!(height(Some(&node(5, "synced", "h"))), None);
        assert_eq!(height(None), None);
        assert_eq!(common_height([].into_iter()), None);
    }

    /// Serves the form of a node's answers, with this word for the blocks' hashes.
    async fn serve(word: &'static str) -> String {
        let status = json!({
            "role": "authority", "genesis_hash": "g", "peers": 1, "sync": { "state": "synced" },
            "head": { "height": "2", "hash": word }, "final": { "height": "1" },
            "authorities": [],
        });
        let block = move |Path(height): Path<u64>| async move {
            Json(json!({ "height": height.to_string(), "hash": word }))
        };
        let routes = Router::new()
            .route("/v1/status", get(move || async move { Json(status) }))
            .route("/v1/blocks/{height}", get(block));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn nodes_agree_only_if_they_show_the_same_block_at_a_common_height() {
        let mut nodes = Vec::new();
        for word in ["one", "one"] {
            let api = serve(word).await;
            nodes.push((api.clone(), status(api).await));
        }
        let seen = nodes[0].1.as_ref().expect("an answer");
        assert_eq!((seen.head.height, seen.final_height), (2, Some(1)));
        assert!(agree(&nodes).await);
        let api = serve("other").await;
        nodes.push((api.clone(), status(api).await));
        assert!(!agree(&nodes).await);
    }
}
