//! Proofs that can be checked without a node.

use axum::Json;
use axum::extract::{Path, Query, State};
use coinage_model::code::Code;
use coinage_model::proof::{ClaimJson, ProofDocument, TokenRecordJson};
use coinage_model::schema;
use coinage_protocol::{
    Address, Block, ChainSpec, FullHash, InclusionProof, Key, Symbol, Transaction, TransactionId,
};
use serde::Deserialize;

use super::accounts::{block_at, symbol};
use super::block_ref::At;
use super::block_ref::parameter;
use super::failure::Failure;
use super::refusals::{OfState, OfTransaction};
use super::{Answer, App};

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

/// Query for a proof of a token: the block after which it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenProofQuery {
    /// Height of the chain's block after which the token is proven; without it, or `block`, the
    /// head.
    height: Option<String>,
    /// Hash of the block after which the token is proven; it must be on the chain.
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
        Ok(ProofDocument::new(app.spec(), &block.header, claim))
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
    let at = At::read(query.height.as_deref(), query.block.as_deref())?;
    let (header, state) = app.state_at(at).await?;
    let proof = (&state.prove(&Key::Balance(address, token))).into();
    let amount = state.balance(address, token);
    let claim = ClaimJson::Balance { address, token, amount, proof };
    Ok(Json(ProofDocument::new(app.spec(), &header, claim)))
}

/// A proof of what a token is, or that there is none of this symbol.
#[utoipa::path(
    get,
    path = "/v1/tokens/{symbol}/proof",
    tag = "tokens",
    operation_id = "token_proof",
    params(
        ("symbol" = schema::Symbol, Path, description = "The symbol"),
        ("height" = Option<schema::Unsigned>, Query, description = "A height; the head without it"),
        ("block" = Option<schema::Hash>, Query, description = "Or the hash of a block of the chain")
    ),
    responses(
        (status = 200, description = "The proof", body = ProofDocument),
        OfState,
    )
)]
pub(super) async fn token(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<TokenProofQuery>,
) -> Answer<ProofDocument> {
    let token: Symbol = symbol(&name)?;
    let at = At::read(query.height.as_deref(), query.block.as_deref())?;
    let (header, state) = app.state_at(at).await?;
    let proof = (&state.prove(&Key::Token(token))).into();
    let record = state.token(token).map(TokenRecordJson::from);
    let claim = ClaimJson::Token { token, record, proof };
    Ok(Json(ProofDocument::new(app.spec(), &header, claim)))
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
