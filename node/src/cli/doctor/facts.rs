//! Facts that a node tells of itself, gathered before anything is judged.

use coinage_client::{Client, ClientError};
use coinage_model::account::Page;
use coinage_model::chain::BlockSummary;
use coinage_model::evidence::{EvidenceJson, EvidenceListJson};
use coinage_model::status::{PeerJson, StatusJson};
use coinage_model::trouble::TroubleJson;
use serde::de::DeserializeOwned;

use super::finding::{Finding, NODE_FOREIGN, NODE_REFUSES, NODE_UNREACHABLE};

/// Turns of each authority that are looked at.
pub(super) const TURNS: u64 = 8;
/// Items that are asked for at once: the most that a node gives.
const ITEMS: usize = 1000;

/// The facts that a node tells of itself.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// URL of the node.
    pub(super) url: String,
    /// True if the node runs on this machine.
    pub(super) local: bool,
    pub(super) status: StatusJson,
    pub(super) peers: Vec<PeerJson>,
    pub(super) troubles: Vec<TroubleJson>,
    /// Evidence against authorities.
    pub(super) evidence: Vec<EvidenceJson>,
    /// The blocks of the last turns, the newest first.
    pub(super) blocks: Vec<BlockSummary>,
}

/// Asks a node for all facts.
pub(super) fn gather(client: &Client) -> Result<Facts, Box<Finding>> {
    let failed = |error: ClientError| Box::new(unreachable(client.url(), &error));
    let status: StatusJson = client.get("/v1/status", &[]).map_err(failed)?;
    let wanted = status.authorities.len().saturating_mul(usize::try_from(TURNS).unwrap_or(ITEMS));
    let blocks: Page<BlockSummary> = list(client, "/v1/blocks", wanted).map_err(failed)?;
    // An older node has none, and does not know the question.
    let evidence = match status.evidence {
        0 => Vec::new(),
        _ => client.get::<EvidenceListJson>("/v1/evidence", &[]).map_err(failed)?.items,
    };
    Ok(Facts {
        evidence,
        url: client.url().to_owned(),
        local: client.is_local(),
        peers: list::<PeerJson>(client, "/v1/peers", ITEMS).map_err(failed)?.items,
        troubles: list::<TroubleJson>(client, "/v1/troubles", ITEMS).map_err(failed)?.items,
        blocks: blocks.items,
        status,
    })
}

fn list<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    limit: usize,
) -> Result<Page<T>, ClientError> {
    client.get(path, &[("limit", limit.clamp(1, ITEMS).to_string())])
}

/// Returns the finding why a node does not answer.
pub(super) fn unreachable(url: &str, error: &ClientError) -> Finding {
    match error {
        ClientError::Unreachable { cause, .. } => Finding::new(
            NODE_UNREACHABLE,
            format!("nothing answers at {url}: {cause}"),
            "`coinage node run` or `coinage devnet` starts a node; `coinage doctor --node URL` \
             examines one that listens elsewhere, `--data DIR` one that does not run",
        ),
        ClientError::Refused { problem } => Finding::new(
            NODE_REFUSES,
            format!("the node at {url} says: {} [{}]", problem.detail, problem.code),
            problem.hint.clone(),
        ),
        ClientError::Foreign { .. } | ClientError::Url { .. } => Finding::new(
            NODE_FOREIGN,
            error.to_string(),
            "is another program at that port? `coinage doctor --node URL` names the node's own \
             address, which it writes into addresses.json in its data directory",
        ),
    }
}
