//! Routes to a transaction: what became of it.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use coinage_model::chain::ProofJson;
use coinage_model::code::Code;
use coinage_model::schema;
use coinage_model::submission::{TransactionState, TransactionStatusJson};
use coinage_protocol::engine::SyncState;
use coinage_protocol::{Block, BlockHash, Tip, TransactionId, TransactionStatus};
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout_at};
use utoipa::{IntoParams, ToSchema};

use super::accounts::block_at;
use super::block_ref::parameter;
use super::failure::Failure;
use super::proofs::inclusion;
use super::refusals::{self, OfTransaction};
use super::{Answer, App};
use crate::node_state::{Dropped, Waiting};
use crate::storage::{Place, Snapshot};

/// Time that a wait lasts unless asked otherwise, in milliseconds.
const WAIT_MS_DEFAULT: u64 = 30_000;

/// Time that a wait lasts at most, in milliseconds.
const WAIT_MS_MAX: u64 = 60_000;

/// Least pause before a waiting client looks again, however busy the node is.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// Query for how to show a transaction.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowQuery {
    /// True to add a proof that the block holds the transaction.
    #[serde(default)]
    proof: bool,
}

/// Query for what to wait for, and for how long.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WaitQuery {
    /// Status to wait for, `included` if nothing is said.
    #[serde(rename = "for", default)]
    #[param(inline)]
    goal: Goal,
    /// Time to wait at most, in milliseconds.
    #[param(maximum = 60000, default = 30000, example = 1000)]
    timeout_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Goal {
    /// A block of the chain holds the transaction.
    #[default]
    Included,
    /// A final block holds the transaction: nothing undoes that.
    Final,
}

impl Goal {
    /// Checks whether a transaction in this state may still get there.
    fn is_ahead_of(self, state: TransactionState) -> bool {
        match state {
            TransactionState::Pending => true,
            TransactionState::Included => matches!(self, Self::Final),
            TransactionState::Final | TransactionState::Dropped | TransactionState::Expired => {
                false
            }
        }
    }
}

/// Status of a transaction: what became of it.
#[utoipa::path(get, path = "/v1/transactions/{id}", tag = "transactions",
    operation_id = "transaction",
    params(("id" = schema::Hash, Path, description = "Which."), ShowQuery),
    responses(
        (status = 200, description = "What is known of it.", body = TransactionStatusJson),
        OfTransaction))]
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Answer<TransactionStatusJson> {
    let id = parameter(&id)?;
    look(&app, id, query.proof).await.map(Json)
}

/// Waits for a transaction: answers once it is included, or final if that is asked for, or no
/// longer held, or when the time is over. One that is not known yet may still come from a peer.
#[utoipa::path(get, path = "/v1/transactions/{id}/wait", tag = "transactions",
    operation_id = "waitForTransaction",
    params(("id" = schema::Hash, Path, description = "Which."), WaitQuery),
    responses(
        (status = 200, description = "What is known of it then.", body = TransactionStatusJson),
        refusals::Waiting))]
pub(super) async fn wait(
    State(mut app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<WaitQuery>,
) -> Answer<TransactionStatusJson> {
    let id = parameter(&id)?;
    let wait_ms = query.timeout_ms.unwrap_or(WAIT_MS_DEFAULT);
    if wait_ms > WAIT_MS_MAX {
        let detail = format!("timeout_ms is {wait_ms}, at most {WAIT_MS_MAX} is allowed");
        return Err(Failure::new(Code::BadParameter, detail));
    }
    let deadline = Instant::now() + Duration::from_millis(wait_ms);
    // Subscribed before the first look: no change can slip in between.
    let mut changes = app.handle.live.changes();
    loop {
        changes.mark_unchanged();
        let mut found = look(&app, id, false).await;
        let goes_on = match &found {
            Ok(status) => query.goal.is_ahead_of(status.status),
            Err(failure) => failure.is_about(Code::UnknownTransaction),
        };
        if !goes_on || Instant::now() >= deadline {
            if let Ok(status) = &mut found {
                status.timed_out = Some(goes_on);
            }
            return found.map(Json);
        }
        tokio::select! {
            changed = timeout_at(deadline, changes.changed()) => {
                if let Ok(Ok(())) = changed {
                    sleep(LOOK_PAUSE).await;
                }
            }
            () = app.stopped() => {
                let detail = "the node stopped before what was waited for happened";
                return Err(Failure::new(Code::Stopping, detail));
            }
        }
    }
}

pub(super) async fn look(
    app: &App,
    id: TransactionId,
    proof: bool,
) -> Result<TransactionStatusJson, Failure> {
    let alone = app.handle.live.view().sync == SyncState::Alone;
    find(app, id, proof).await.map(|found| {
        // A quorum has signed what is final: that is more than the word of this node.
        let alone = alone && found.status != TransactionState::Final;
        TransactionStatusJson { alone, ..found }
    })
}

async fn find(app: &App, id: TransactionId, proof: bool) -> Result<TransactionStatusJson, Failure> {
    // First what waits, then the disk: a block is on disk before its transactions stop waiting.
    if let Some(waiting) = app.handle.live.pending(&id) {
        return Ok(pending(app, id, &waiting));
    }
    app.clone()
        .read(move |app, snapshot| {
            if let Some(place) = snapshot.transaction(&id)? {
                return included(app, snapshot, id, place, proof);
            }
            if let Some(gone) = app.handle.live.dropped(&id) {
                return dropped(app, snapshot, id, &gone);
            }
            // A reorg may just have put it back.
            let back = app.handle.live.pending(&id).map(|waiting| pending(app, id, &waiting));
            back.ok_or_else(|| {
                let detail = format!("this node does not know a transaction {id}");
                Failure::new(Code::UnknownTransaction, detail)
            })
        })
        .await
}

fn pending(app: &App, id: TransactionId, waiting: &Waiting) -> TransactionStatusJson {
    let transaction = waiting.transaction.transaction();
    let status = TransactionStatus::Pending(waiting.waits_for.clone());
    let expires_at = transaction.body.expires_at;
    TransactionStatusJson {
        transaction: Some(transaction.into()),
        ..TransactionStatusJson::new(id, &status, expires_at.get(), app.spec())
    }
}

fn included(
    app: &App,
    snapshot: &Snapshot,
    id: TransactionId,
    place: Place,
    proof: bool,
) -> Result<TransactionStatusJson, Failure> {
    let Place { height, position } = place;
    let (hash, block): (BlockHash, Block) = block_at(snapshot, height)?;
    let at = usize::try_from(position).unwrap_or(usize::MAX);
    let missing = || Failure::internal(format!("transaction {position} of block {height}"));
    let transaction = block.transactions.get(at).ok_or_else(missing)?;
    let status = TransactionStatus::Included(Tip { height, slot: block.header.header.slot, hash });
    let proof = if proof { Some(prove(app, &block, at).ok_or_else(missing)?) } else { None };
    let shown =
        TransactionStatusJson::new(id, &status, transaction.body.expires_at.get(), app.spec());
    Ok(TransactionStatusJson {
        position: Some(position),
        transaction: Some(transaction.into()),
        proof,
        ..shown.settled(&app.tip(&app.finalized(snapshot)?))
    })
}

fn prove(app: &App, block: &Block, position: usize) -> Option<ProofJson> {
    let header = app.header(&block.header);
    inclusion(block, position, app.spec()).map(|proof| ProofJson::new(&proof, header))
}

fn dropped(
    app: &App,
    snapshot: &Snapshot,
    id: TransactionId,
    gone: &Dropped,
) -> Result<TransactionStatusJson, Failure> {
    let head_time = app.spec().slot_time(snapshot.head()?.slot);
    let Dropped { reason, expires_at } = gone.clone();
    let status = if expires_at < head_time {
        TransactionStatus::Expired(reason)
    } else {
        TransactionStatus::Dropped(reason)
    };
    let shown = TransactionStatusJson::new(id, &status, expires_at.get(), app.spec());
    Ok(shown.settled(&app.tip(&app.finalized(snapshot)?)))
}
