//! Routes about the node itself: health, status, peers, what waits.

use std::time::SystemTime;

use axum::Json;
use axum::extract::{Query, State};
use coinage_model::account::Page;
use coinage_model::code::Code;
use coinage_model::conflict::ConflictJson;
use coinage_model::genesis::FeeJson;
use coinage_model::status::{
    AuthorityJson, ClockJson, DiskJson, FinalJson, LiveJson, MempoolStatus, PeerJson, ReadyJson,
    Role, RoomJson, StatusJson, SyncJson, SyncStateJson,
};
use coinage_model::submission::MempoolEntry;
use coinage_model::trouble::TroubleJson;
use coinage_model::{text, time};
use coinage_protocol::engine::{ClockDoubt, Room, Stop, StopCause, SyncState, Unexecutable, View};
use coinage_protocol::{Height, Rules, TransactionId};

use super::failure::Failure;
use super::page::{Entry, ListQuery, page};
use super::refusals::{LiveListing, Readiness, Reading};
use super::{Answer, App, memory};
use crate::handle::Identity;
use crate::node_state::{Peer, Waiting};
use crate::peer_diagnostics::{Diagnostic, TROUBLES_MAX};
use crate::storage::FREE_BYTES_LOW;

/// Liveness: whether the process answers at all.
#[utoipa::path(get, path = "/health/live", tag = "node", operation_id = "live",
    responses((status = 200, description = "It does.", body = LiveJson)))]
pub(super) async fn live() -> Json<LiveJson> {
    Json(LiveJson { live: true })
}

/// Readiness: whether the node has what the network has.
#[utoipa::path(get, path = "/health/ready", tag = "node", operation_id = "ready",
    responses((status = 200, description = "It has.", body = ReadyJson), Readiness))]
pub(super) async fn ready(State(app): State<App>) -> Answer<ReadyJson> {
    let waits = match app.handle.live.view().sync {
        SyncState::Synced => return Ok(Json(ReadyJson { ready: true })),
        SyncState::Searching => "searching: it does not know yet where the network stands",
        SyncState::Syncing { .. } => "syncing: it is fetching a better chain",
        SyncState::Alone => {
            "alone: of no majority of the authorities has a block or a vote come lately"
        }
        SyncState::Stalled => "stalled: no block has come for many slots",
    };
    Err(Failure::new(Code::NotReady, format!("the node is {waits}")))
}

/// Status of the node.
#[utoipa::path(get, path = "/v1/status", tag = "node", operation_id = "status",
    responses((status = 200, description = "How it stands.", body = StatusJson), Reading))]
pub(super) async fn status(State(app): State<App>) -> Answer<StatusJson> {
    // Before the snapshot is taken: a node that was synced then has at least that head in it.
    let view = app.handle.live.view();
    app.read(move |app, snapshot| {
        let identity = &app.handle.identity;
        let spec = app.spec();
        let peers = app.handle.live.peers().len();
        let disk = disk(app.handle.storage.free_bytes());
        let (head, finalized) = (snapshot.head()?, app.finalized(snapshot)?);
        let lag = head.height.since(finalized.height);
        let certified = if view.finality.certified.slot > finalized.slot {
            view.finality.certified
        } else {
            finalized
        };
        Ok(StatusJson {
            node: identity.name.clone().unwrap_or_else(|| identity.peer_id.clone()),
            peer_id: identity.peer_id.clone(),
            addresses: app.handle.live.places().iter().map(ToString::to_string).collect(),
            version: env!("CARGO_PKG_VERSION").into(),
            network: spec.genesis().name.as_str().into(),
            chain_id: *spec.chain(),
            genesis_hash: spec.genesis_hash(),
            network_key: identity.network_key,
            role: role(&view, identity),
            head: app.tip(&head),
            final_block: Some(FinalJson { tip: app.tip(&finalized), lag }),
            certified: Some(app.tip(&certified)),
            quorum: Some(count(view.finality.quorum)),
            silent: of_turns(&view.finality.silent, &view, identity),
            finality: finality(&view, lag),
            missing: of_turns(&view.missing, &view, identity),
            sync: sync(&view),
            peers: count(peers),
            mempool: MempoolStatus {
                transactions: count(view.pool_transactions),
                parked: count(view.pool_parked),
                bytes: count(view.pool_bytes),
                block_bytes: count(view.backlog.block_bytes),
                backlog_blocks: u32::try_from(view.backlog.blocks).unwrap_or(u32::MAX),
            },
            authorities: authorities(&view, identity),
            clock: ClockJson {
                ahead_ms: view.clock_ahead_ms.or_else(|| absurd_ms(&view)),
                skewed: view.clock_ahead_ms.is_some(),
                absurd: absurd_ms(&view).is_some(),
                head_ahead_ms: view.head_ahead_ms,
            },
            slot_ms: spec.genesis().slot_ms,
            fee: spec.rules().fee.map(FeeJson::from),
            room: Some(room(view.room, spec.rules())),
            disk,
            devnet: identity.devnet.clone(),
            evidence: count(view.evidence),
            conflict: view.finality.conflict.as_ref().map(Into::into),
            warnings: warnings(&view, peers, disk),
        })
    })
    .await
    .map(Json)
}

/// The role that the node's key gives it after the head: who will join, or has left, observes.
fn role(view: &View, identity: &Identity) -> Role {
    match identity.authority {
        Some(key) if view.authorities.contains(&key) => Role::Authority,
        _ => Role::Observer,
    }
}

fn room(room: Room, rules: &Rules) -> RoomJson {
    let Room { balances, tokens, balance_deposit, token_deposit } = room;
    RoomJson {
        balances,
        balances_max: rules.balances_max,
        tokens,
        tokens_max: rules.tokens_max,
        block_max: rules.growth.map(|growth| growth.block_max),
        deposit: rules.growth.and_then(|growth| growth.deposit),
        balance_deposit,
        token_deposit,
    }
}

/// The connected peers, by peer id.
#[utoipa::path(get, path = "/v1/peers", tag = "node", operation_id = "peers",
    params(ListQuery),
    responses(
        (status = 200, description = "A part of the peers.", body = Page<PeerJson>),
        LiveListing))]
pub(super) async fn peers(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<PeerJson>> {
    let limit = query.limit()?;
    let after = query.after("peers", |text| Some(text.to_owned()))?;
    let mut peers = app.handle.live.peers();
    peers.sort_by(|one, other| one.peer_id.cmp(&other.peer_id));
    let rest = peers.iter().filter(|peer| after.as_ref().is_none_or(|after| peer.peer_id > *after));
    let entries = rest
        .map(|shown| Ok(Entry { item: peer(&app, shown), place: shown.peer_id.clone(), bytes: 0 }));
    page("peers", limit, entries).map(Json)
}

/// Troubles: what lately went wrong between this node and others, the latest first. What happens
/// again comes to the front; so the further pages are those of the list as it was on the first,
/// without what is over since then.
#[utoipa::path(get, path = "/v1/troubles", tag = "node", operation_id = "troubles",
    params(ListQuery),
    responses(
        (status = 200, description = "A part of them.", body = Page<TroubleJson>),
        LiveListing))]
pub(super) async fn troubles(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<TroubleJson>> {
    let limit = query.limit()?;
    let rest = query.after("troubles", read_numbers)?;
    let mut troubles = app.handle.live.troubles(SystemTime::now());
    if let Some(rest) = rest {
        let place = |number: &u32| rest.iter().position(|one| one == number);
        troubles.retain(|(number, _)| place(number).is_some());
        troubles.sort_by_key(|(number, _)| place(number));
    }
    let entries = troubles.iter().zip(1..).map(|((_, one), seen)| {
        let item = TroubleJson::from(one);
        Ok(Entry { item, place: write_numbers(troubles.get(seen..)), bytes: 0 })
    });
    page("troubles", limit, entries).map(Json)
}

/// Writes the numbers of the troubles that are still to be shown.
fn write_numbers(rest: Option<&[(u32, Diagnostic)]>) -> String {
    let numbers = rest.unwrap_or_default().iter().map(|(number, _)| format!("{number:x}"));
    numbers.collect::<Vec<_>>().join(".")
}

fn read_numbers(written: &str) -> Option<Vec<u32>> {
    let read = |digits| u32::from_str_radix(digits, 16).ok();
    written.split('.').take(TROUBLES_MAX).map(read).collect()
}

/// Transactions that wait, by id.
#[utoipa::path(get, path = "/v1/mempool", tag = "transactions", operation_id = "mempool",
    params(ListQuery),
    responses(
        (status = 200, description = "A part of them.", body = Page<MempoolEntry>),
        LiveListing))]
pub(super) async fn mempool(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<MempoolEntry>> {
    let limit = query.limit()?;
    let after = query.after("mempool", |text| text::parse::<TransactionId>(text).ok())?;
    let making = memory::making().await;
    let waiting = app.handle.live.waiting(after, limit.saturating_add(1));
    let entries = waiting.iter().map(|one| {
        let place = one.transaction.id().to_string();
        Ok(Entry { item: entry(one), place, bytes: one.transaction.size() })
    });
    let page = page("mempool", limit, entries).map(Json);
    memory::keep(making);
    page
}

fn sync(view: &View) -> SyncJson {
    let (state, target) = match view.sync {
        SyncState::Searching => (SyncStateJson::Searching, None),
        SyncState::Syncing { target } => (SyncStateJson::Syncing, Some(target)),
        SyncState::Synced => (SyncStateJson::Synced, None),
        SyncState::Alone => (SyncStateJson::Alone, None),
        SyncState::Stalled => (SyncStateJson::Stalled, None),
    };
    SyncJson { state, target: target.map(Height::get), heard: Some(count(view.heard)) }
}

pub(super) fn authorities(view: &View, identity: &Identity) -> Vec<AuthorityJson> {
    let keys = view.authorities.keys().iter().enumerate();
    keys.map(|(index, key)| AuthorityJson {
        index: count(index),
        key: *key,
        is_self: identity.authority == Some(*key),
    })
    .collect()
}

/// The authorities of these turns.
fn of_turns(turns: &[usize], view: &View, identity: &Identity) -> Vec<AuthorityJson> {
    let all = authorities(view, identity).into_iter().enumerate();
    all.filter(|(turn, _)| turns.contains(turn)).map(|(_, one)| one).collect()
}

/// Sentence about what is final, and what is waited for.
fn finality(view: &View, lag: u64) -> String {
    match held_up(view) {
        Some(waits) if lag > 0 => format!("{lag} blocks are not final: {waits}"),
        _ if lag == 0 => "everything is final".into(),
        _ if lag == 1 => "everything but the head is final".into(),
        _ => format!("everything but the last {lag} blocks is final"),
    }
}

/// Sentence about the votes that finality waits for, if too few authorities vote.
fn held_up(view: &View) -> Option<String> {
    let (all, quorum) = (view.authorities.len(), view.finality.quorum);
    let voting = all.saturating_sub(view.finality.silent.len());
    let sentence = || {
        let turns: Vec<_> = view.finality.silent.iter().map(ToString::to_string).collect();
        let silent = turns.join(", ");
        format!(
            "votes of {voting} of {all} authorities came, {quorum} are needed; silent: {silent}"
        )
    };
    (voting < quorum).then(sentence)
}

fn disk(free_bytes: Option<u64>) -> Option<DiskJson> {
    free_bytes.map(|free_bytes| DiskJson { free_bytes, low: free_bytes < FREE_BYTES_LOW })
}

/// Milliseconds by which an absurd clock is ahead of the last known time.
fn absurd_ms(view: &View) -> Option<i64> {
    match view.clock_doubt {
        Some(ClockDoubt::Absurd { ahead_ms }) => Some(ahead_ms),
        _ => None,
    }
}

fn warnings(view: &View, peers: usize, disk: Option<DiskJson>) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(ahead_ms) = view.clock_ahead_ms {
        let (by, side) =
            (ahead_ms.unsigned_abs(), if ahead_ms < 0 { "behind" } else { "ahead of" });
        warnings.push(format!(
            "this node's clock is {by} ms {side} the authorities': it signs nothing"
        ));
    }
    if let Some(ahead_ms) = absurd_ms(view) {
        warnings.push(format!(
            "this node's clock is {ahead_ms} ms after the last known time, and nobody confirms it: \
             it signs nothing"
        ));
    }
    if let Some(by) = view.head_ahead_ms {
        warnings.push(format!("the head is {by} ms ahead of this node's clock"));
    }
    warnings.extend(signing_ends(view));
    if view.evidence > 0 {
        warnings.push(
            "an authority has signed what no honest one signs: `coinage chain evidence`".into(),
        );
    }
    if view.sync == SyncState::Alone {
        let (heard, authorities) = (view.heard, view.authorities.len());
        warnings.push(format!(
            "this node is alone: blocks or votes of {heard} of {authorities} authorities have come \
             lately"
        ));
    }
    if view.sync == SyncState::Stalled {
        warnings.push("no block has come for many slots".into());
    }
    // Before, a vote may just be on its way.
    let lag = view.head.height.since(view.finality.finalized.height);
    let round = u64::try_from(view.authorities.len()).unwrap_or(u64::MAX);
    if let Some(waits) = held_up(view).filter(|_| lag > 2 * round) {
        warnings.push(format!("nothing becomes final: {waits}"));
    }
    if peers == 0 && view.authorities.len() > 1 {
        warnings.push("no peer is connected".into());
    }
    if let Some(DiskJson { free_bytes, low: true }) = disk {
        warnings.push(format!(
            "the disk of this node's data has {} MiB left: when it is full the node stops",
            free_bytes / (1024 * 1024)
        ));
    }
    warnings
}

/// Warnings of what has ended signing, or what is final, for good.
fn signing_ends(view: &View) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(conflict) = &view.finality.conflict {
        let what = ConflictJson::from(conflict).sentence();
        warnings.push(format!("{what}. Rely on nothing that is final (`coinage doctor`)"));
    }
    if let Some(Unexecutable { hash, reason }) = &view.finality.invalid {
        warnings.push(format!(
            "block {hash} is final and cannot be executed here ({reason}): this node applies and \
             signs nothing any more; its log says what to do"
        ));
    }
    if let Some(Stop { cause, slot, hash }) = view.stop {
        warnings.push(match cause {
            StopCause::Twin => format!(
                "another process signed block {hash} of slot {slot} with this node's authority \
                 key: it signs nothing"
            ),
            StopCause::Conflict => format!(
                "block {hash} of slot {slot}, which a quorum committed, contradicts what is final \
                 here: this node signs nothing"
            ),
        });
    }
    warnings
}

fn peer(app: &App, peer: &Peer) -> PeerJson {
    // A peer of another network is refused, so that its slots are those of this network.
    let status = peer.status.as_ref();
    PeerJson {
        peer_id: peer.peer_id.clone(),
        address: peer.address.clone(),
        inbound: peer.inbound,
        since: time::millis(peer.since),
        agent: status.map(|status| status.agent.as_str().into()),
        head: status.map(|status| app.tip(&status.head)),
        clock_ahead_ms: peer.clock_ahead_ms,
    }
}

fn entry(waiting: &Waiting) -> MempoolEntry {
    let transaction = waiting.transaction.transaction();
    MempoolEntry {
        id: waiting.transaction.id(),
        size: count(waiting.transaction.size()),
        via: waiting.via.into(),
        since: time::millis(waiting.since),
        expires_at: transaction.body.expires_at.get(),
        waits_for: waiting.waits_for.as_ref().map(Into::into),
        transaction: transaction.into(),
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
