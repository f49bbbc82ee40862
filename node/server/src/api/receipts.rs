//! Receipts: what shows without a node that a transaction is final.

use axum::extract::{Path, State};
use coinage_model::code::Code;
use coinage_model::receipt::ReceiptDocument;
use coinage_model::schema;
use coinage_protocol::limits::{RECEIPT_CHANGES_MAX, RECEIPT_HEADERS_MAX};
use coinage_protocol::{
    Bounded, Certificate, ChangeProof, FinalityProof, Header, Height, Phase, Receipt, TransactionId,
};

use super::accounts::block_at;
use super::block_ref::parameter;
use super::failure::Failure;
use super::proofs::inclusion;
use super::refusals::OfReceipt;
use super::{Answer, App};
use crate::storage::Snapshot;

/// Commits that a node can show for a block.
pub(super) enum Shown {
    /// Commits of the block or one above it, and the way there.
    Final(FinalityProof),
    /// None: the final block is below.
    NotYet,
    /// None within the headers that a receipt has room for.
    TooFar,
}

/// A receipt: a transaction, and what shows without a node that it is final.
#[utoipa::path(
    get,
    path = "/v1/transactions/{id}/receipt",
    tag = "transactions",
    operation_id = "receipt",
    params(("id" = schema::Hash, Path, description = "The transaction id")),
    responses(
        (status = 200, description = "The receipt", body = ReceiptDocument),
        OfReceipt,
    )
)]
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Answer<ReceiptDocument> {
    let id: TransactionId = parameter(&id)?;
    app.answer(move |app, snapshot| make(app, snapshot, id)).await
}

fn make(app: &App, snapshot: &Snapshot, id: TransactionId) -> Result<ReceiptDocument, Failure> {
    let place = snapshot.transaction(&id)?.ok_or_else(|| unknown(app, id))?;
    let (_, block) = block_at(snapshot, place.height)?;
    let header = block.header.header.clone();
    let finality = match finality(app, snapshot, &header)? {
        Shown::Final(finality) => finality,
        Shown::NotYet => {
            let finalized = app.finalized(snapshot)?.height;
            let detail = format!(
                "transaction {id} is in block {}, and the final block is {finalized}: commits of a \
                 quorum for it, or for one above it, are lacking",
                place.height
            );
            return Err(Failure::new(Code::NotFinal, detail).with("final_height", finalized));
        }
        Shown::TooFar => {
            let detail = format!(
                "transaction {id} is final, but none of the {RECEIPT_HEADERS_MAX} blocks above its \
                 own, {}, has commits that this node can show",
                place.height
            );
            return Err(Failure::new(Code::ReceiptTooLong, detail));
        }
    };
    let at = usize::try_from(place.position).unwrap_or(usize::MAX);
    let proven = block.transactions.get(at).zip(inclusion(&block, at, app.spec()));
    let missing = || Failure::internal(format!("transaction {at} of block {}", place.height));
    let (transaction, inclusion) = proven.ok_or_else(missing)?;
    let receipt = Receipt {
        chain: *app.spec().chain(),
        transaction: transaction.clone(),
        inclusion,
        changes: changes(app, snapshot, &header, &finality)?,
        header,
        finality,
    };
    Ok((&receipt).into())
}

fn unknown(app: &App, id: TransactionId) -> Failure {
    if app.handle.live.pending(&id).is_some() {
        let detail = format!("transaction {id} waits: no block holds it yet");
        return Failure::new(Code::NotFinal, detail);
    }
    let detail = format!("this node's chain does not hold a transaction {id}");
    Failure::new(Code::UnknownTransaction, detail)
}

/// Seeks the lowest commits at or above a block of the chain: those in headers above it, or those
/// of this node's final block.
pub(super) fn finality(app: &App, snapshot: &Snapshot, header: &Header) -> Result<Shown, Failure> {
    let Some(finalized) = snapshot.finalized()? else { return Ok(Shown::NotYet) };
    // The final block is known somewhat before the chain leads there.
    let places = [(finalized.tip.height, finalized.tip.hash), {
        (header.height, header.hash(app.spec().chain()))
    }];
    for (height, hash) in places {
        if snapshot.canonical(height)? != Some(hash) {
            return Ok(Shown::NotYet);
        }
    }
    if finalized.tip.height < header.height {
        return Ok(Shown::NotYet);
    }
    let (mut above, mut height, mut commits) = (Vec::new(), header.height, finalized.certificate);
    // One more than a receipt has room for may have the commits for the last that has.
    while height < finalized.tip.height && above.len() <= RECEIPT_HEADERS_MAX {
        height = height.saturating_add(1);
        let next = header_at(snapshot, height)?;
        let is_news = |one: &Certificate| one.phase == Phase::Commit && one.slot >= header.slot;
        if let Some(found) = next.certificate.clone().filter(is_news) {
            commits = found;
            break;
        }
        above.push(next);
    }
    above.retain(|one| one.slot <= commits.slot);
    let last = above.last().map_or(header.slot, |one| one.slot);
    let headers = Bounded::new(above).ok().filter(|_| last == commits.slot);
    Ok(headers.map_or(Shown::TooFar, |headers| Shown::Final(FinalityProof { headers, commits })))
}

/// Seeks the changes of authorities since genesis up to those of a header and of whoever committed
/// it, each with its own commits.
pub(super) fn changes(
    app: &App,
    snapshot: &Snapshot,
    header: &Header,
    finality: &FinalityProof,
) -> Result<Bounded<ChangeProof, RECEIPT_CHANGES_MAX>, Failure> {
    let by = finality.headers.last().unwrap_or(header).authorities;
    let mut set = app.spec().genesis_authorities().clone();
    let (mut changes, mut passed) = (Vec::new(), set.hash() == header.authorities);
    let mut heights = snapshot.authority_changes()?.into_iter();
    while !passed || set.hash() != by {
        let missing = || Failure::internal("no change leads to the authorities of a block");
        let held = header_at(snapshot, heights.next().ok_or_else(missing)?)?;
        let change = held.next_authorities.as_ref().ok_or_else(missing)?;
        set = set.after(&change.step).map_err(Failure::internal)?;
        passed |= set.hash() == header.authorities;
        let Shown::Final(finality) = self::finality(app, snapshot, &held)? else {
            return Err(too_long(&format!("the change of authorities in block {}", held.height)));
        };
        changes.push(ChangeProof { header: held, finality });
    }
    Bounded::new(changes).map_err(|_| too_long("the changes of authorities since genesis"))
}

fn too_long(what: &str) -> Failure {
    let detail = format!(
        "of {what} there are no commits that this node can show within {RECEIPT_HEADERS_MAX} \
         blocks, or there is no room for them"
    );
    Failure::new(Code::ReceiptTooLong, detail)
}

fn header_at(snapshot: &Snapshot, height: Height) -> Result<Header, Failure> {
    let hash = snapshot.canonical(height)?;
    let header = hash.map(|hash| snapshot.header(&hash)).transpose()?.flatten();
    let missing = || Failure::internal(format!("block {height} has no header"));
    Ok(header.ok_or_else(missing)?.header)
}
