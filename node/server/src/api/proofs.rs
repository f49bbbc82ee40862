//! Proofs that can be checked without a node.

use axum::extract::{Path, Query, State};
use coinage_model::code::Code;
use coinage_model::proof::{ChangeProofJson, ClaimJson, ProofDocument};
use coinage_model::schema;
use coinage_protocol::limits::CLAUSES_MAX;
use coinage_protocol::{
    Address, Block, Bounded, ChainSpec, ClauseId, FullHash, InclusionProof, Key, SignedHeader,
    Transaction, TransactionId,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::accounts::{block_at, symbol};
use super::block_ref::At;
use super::block_ref::parameter;
use super::failure::Failure;
use super::receipts::{self, Shown};
use super::refusals::{OfState, OfTransaction};
use super::{Answer, App};
use crate::storage::Snapshot;

/// Query for a proof of a balance: the token, and the block after which it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BalanceProofQuery {
    /// Symbol of the token.
    token: String,
    /// Height of the chain's block after which the balance is proven; without it, or `block`, the
    /// head.
    height: Option<String>,
    /// Hash of the block after which the balance is proven; it must be on the chain.
    block: Option<String>,
}

/// Query for a proof of the state: the block after which it is.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StateProofQuery {
    /// Height of the chain's block after which the state is proven; without it, or `block`, the
    /// head.
    #[param(value_type = Option<schema::Unsigned>)]
    height: Option<String>,
    /// Hash of the block after which the state is proven; it must be on the chain.
    #[param(value_type = Option<schema::Hash>)]
    block: Option<String>,
}

/// A proof that a block holds a transaction.
#[utoipa::path(
    get,
    path = "/v1/transactions/{id}/proof",
    tag = "transactions",
    operation_id = "transaction_proof",
    params(("id" = schema::Hash, Path, description = "The transaction id")),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfTransaction,
    )
)]
pub(super) async fn transaction(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Answer<ProofDocument> {
    let id: TransactionId = parameter(&id)?;
    app.answer(move |app, snapshot| {
        let place = snapshot.transaction(&id)?.ok_or_else(|| {
            let detail = format!("this node's chain does not hold a transaction {id}");
            Failure::new(Code::UnknownTransaction, detail)
        })?;
        let (_, block) = block_at(snapshot, place.height)?;
        let at = usize::try_from(place.position).unwrap_or(usize::MAX);
        let proven = block.transactions.get(at).zip(inclusion(&block, at, app.spec()));
        let missing = || Failure::internal(format!("transaction {at} of block {}", place.height));
        let (transaction, proof) = proven.ok_or_else(missing)?;
        let claim = ClaimJson::transaction(transaction.into(), &proof);
        let document = ProofDocument::new(app.spec(), &block.header, claim);
        settled(app, snapshot, document, &block.header)
    })
    .await
}

/// A proof of how much of a token an address has, or that it has none.
#[utoipa::path(
    get,
    path = "/v1/accounts/{address}/proof",
    tag = "accounts",
    operation_id = "balance_proof",
    params(
        ("address" = schema::Address, Path, description = "The address"),
        ("token" = schema::Symbol, Query, description = "The symbol"),
        ("height" = Option<schema::Unsigned>, Query, description = "A height; the head without it"),
        ("block" = Option<schema::Hash>, Query, description = "Or the hash of a block of the chain")
    ),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfState,
    )
)]
pub(super) async fn balance(
    State(app): State<App>,
    Path(address): Path<String>,
    Query(query): Query<BalanceProofQuery>,
) -> Answer<ProofDocument> {
    let address: Address = parameter(&address)?;
    let token = symbol(&query.token)?;
    let BalanceProofQuery { height, block, .. } = query;
    prove(&app, Key::Balance(address, token), &StateProofQuery { height, block }).await
}

/// A proof of what a token is, or that there is none of this symbol.
#[utoipa::path(
    get,
    path = "/v1/tokens/{symbol}/proof",
    tag = "tokens",
    operation_id = "token_proof",
    params(
        ("symbol" = schema::Symbol, Path, description = "The symbol"),
        StateProofQuery
    ),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfState,
    )
)]
pub(super) async fn token(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<StateProofQuery>,
) -> Answer<ProofDocument> {
    prove(&app, Key::Token(symbol(&name)?), &query).await
}

/// A proof of the charter that a token has, or that it has none.
#[utoipa::path(
    get,
    path = "/v1/tokens/{symbol}/charter/proof",
    tag = "tokens",
    operation_id = "charter_proof",
    params(
        ("symbol" = schema::Symbol, Path, description = "The symbol"),
        StateProofQuery
    ),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfState,
    )
)]
pub(super) async fn charter(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<StateProofQuery>,
) -> Answer<ProofDocument> {
    prove(&app, Key::Charter(symbol(&name)?), &query).await
}

/// A proof of how much was used of a clause, or that nothing ever was.
#[utoipa::path(
    get,
    path = "/v1/tokens/{symbol}/charter/{clause}/usage/proof",
    tag = "tokens",
    operation_id = "usage_proof",
    params(
        ("symbol" = schema::Symbol, Path, description = "The symbol"),
        ("clause" = u8, Path, minimum = 1, maximum = 32, description = "The number of the clause"),
        StateProofQuery
    ),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfState,
    )
)]
pub(super) async fn usage(
    State(app): State<App>,
    Path((name, number)): Path<(String, String)>,
    Query(query): Query<StateProofQuery>,
) -> Answer<ProofDocument> {
    prove(&app, Key::Usage(symbol(&name)?, clause(&number)?), &query).await
}

/// A proof of how the amount of a clause is amended, or that it never was.
#[utoipa::path(
    get,
    path = "/v1/tokens/{symbol}/charter/{clause}/amendment/proof",
    tag = "tokens",
    operation_id = "amendment_proof",
    params(
        ("symbol" = schema::Symbol, Path, description = "The symbol"),
        ("clause" = u8, Path, minimum = 1, maximum = 32, description = "The number of the clause"),
        StateProofQuery
    ),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfState,
    )
)]
pub(super) async fn amendment(
    State(app): State<App>,
    Path((name, number)): Path<(String, String)>,
    Query(query): Query<StateProofQuery>,
) -> Answer<ProofDocument> {
    prove(&app, Key::Amendment(symbol(&name)?, clause(&number)?), &query).await
}

/// A proof of the standing of an address by a token's charter, or that it has none.
#[utoipa::path(
    get,
    path = "/v1/tokens/{symbol}/standings/{address}/proof",
    tag = "tokens",
    operation_id = "standing_proof",
    params(
        ("symbol" = schema::Symbol, Path, description = "The symbol"),
        ("address" = schema::Address, Path, description = "The address"),
        StateProofQuery
    ),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfState,
    )
)]
pub(super) async fn standing(
    State(app): State<App>,
    Path((name, address)): Path<(String, String)>,
    Query(query): Query<StateProofQuery>,
) -> Answer<ProofDocument> {
    prove(&app, Key::Standing(parameter(&address)?, symbol(&name)?), &query).await
}

/// Proves what stands at a key of the state after a block, or that nothing does.
async fn prove(app: &App, key: Key, query: &StateProofQuery) -> Answer<ProofDocument> {
    let at = At::read(query.height.as_deref(), query.block.as_deref())?;
    let (header, state) = app.state_at(at).await?;
    let claim = ClaimJson::leaf_of(key, state.get(&key), &state.prove(&key));
    let claim = claim.ok_or_else(|| Failure::internal("nobody claims anything of such a key"))?;
    let document = ProofDocument::new(app.spec(), &header, claim);
    app.clone().answer(move |app, snapshot| settled(app, snapshot, document, &header)).await
}

/// Adds the commits by which the block of a proof is final, if it is.
fn settled(
    app: &App,
    snapshot: &Snapshot,
    document: ProofDocument,
    header: &SignedHeader,
) -> Result<ProofDocument, Failure> {
    let header = &header.header;
    // What follows from the genesis needs no commits.
    if header.height == 0 {
        return Ok(document);
    }
    let Shown::Final(finality) = receipts::finality(app, snapshot, header)? else {
        return Ok(document);
    };
    let changes = receipts::changes(app, snapshot, header, &finality)?;
    let changes = Bounded::first_of(changes.iter().map(ChangeProofJson::from));
    Ok(ProofDocument { finality: Some((&finality).into()), changes, ..document })
}

/// Reads the number of a clause in the path of a route.
fn clause(number: &str) -> Result<ClauseId, Failure> {
    let place = number.parse::<u8>().ok().and_then(|number| number.checked_sub(1));
    let place = place.filter(|place| usize::from(*place) < CLAUSES_MAX);
    place.map(ClauseId).ok_or_else(|| {
        let detail = format!("{number:?} is no number of a clause: they count from 1 to 32");
        Failure::new(Code::BadParameter, detail)
    })
}

/// Returns the proof that a block holds the transaction at a position.
pub(super) fn inclusion(
    block: &Block,
    position: usize,
    spec: &ChainSpec,
) -> Option<InclusionProof> {
    let leaf = |one: &Transaction| one.full_hash(spec.chain());
    let leaves: Vec<FullHash> = block.transactions.iter().map(leaf).collect();
    InclusionProof::new(&leaves, position)
}
