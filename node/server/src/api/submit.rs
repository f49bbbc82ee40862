//! Submitting transactions.

use std::fmt;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coinage_model::code::{Code, Coded as _};
use coinage_model::submission::{
    SubmitMany, SubmitOne, SubmitResult, SubmittedJson, SubmittedMany, TransactionFormat,
};
use coinage_model::transaction::TransactionJson;
use coinage_model::{shape, text};
use coinage_protocol::engine::SubmitOutcome;
use coinage_protocol::limits::TRANSACTION_BYTES_MAX;
use coinage_protocol::{
    ChainId, DecodeError, Transaction, TransactionError, TransactionId, decode, fault,
};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::oneshot;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::failure::Failure;
use super::refusals::Submitting;
use super::{App, behind};
use crate::handle::Submission;

/// Transactions in one request.
const SUBMISSIONS_MAX: usize = 1000;

/// Submits one transaction, or several as an array or as `{"transactions": [..]}`. The same bytes
/// again are no second payment: their present state is the answer.
#[utoipa::path(post, path = "/v1/transactions", tag = "transactions", operation_id = "submit",
    request_body = Posted,
    responses(
        (status = 200, body = Submitted,
            description = "One that was known before, or what became of each of several."),
        (status = 202, description = "One that is new here and waits.", body = SubmittedJson),
        Submitting))]
pub(super) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    behind::refuse(&app)?;
    require_json(&headers)?;
    let posted = Posted::read(&body)?;
    let _place = app.handing_over.place(&app, posted.len())?;
    let results = match posted {
        Posted::One(one) => {
            let (status, taken) = outcome(&app, hand_over(&app, *one).await).await?;
            return Ok((status, Json(Submitted::One(taken.into()))).into_response());
        }
        Posted::Many(many) => submit_all(&app, many).await,
    };
    Ok((StatusCode::OK, Json(Submitted::Many(SubmittedMany { results }))).into_response())
}

/// Body of a request: one transaction, or several.
enum Posted {
    One(Box<SubmitOne>),
    Many(Vec<SubmitOne>),
}

/// Answer to a submission: what became of one transaction, or of several.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Submitted {
    One(Box<SubmittedJson>),
    Many(SubmittedMany),
}

/// An object in the body of a request: one transaction, or several.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostedObject {
    format: Option<TransactionFormat>,
    #[serde(default, with = "text::option")]
    chain_id: Option<ChainId>,
    transaction: Option<TransactionJson>,
    bytes: Option<String>,
    #[serde(default)]
    park: bool,
    transactions: Option<Listed>,
}

impl PartialSchema for Posted {
    fn schema() -> RefOr<Schema> {
        let one = Ref::from_schema_name(SubmitOne::name());
        let several = Ref::from_schema_name(SubmitMany::name());
        let list = ArrayBuilder::new().items(one.clone()).max_items(Some(SUBMISSIONS_MAX));
        OneOfBuilder::new().item(one).item(several).item(list).into()
    }
}

impl ToSchema for Posted {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((SubmitOne::name().into(), SubmitOne::schema()));
        schemas.push((SubmitMany::name().into(), SubmitMany::schema()));
        SubmitOne::schemas(schemas);
    }
}

impl Posted {
    fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(many) => many.len(),
        }
    }

    fn read(body: &[u8]) -> Result<Self, Failure> {
        let bad = |error| Failure::new(Code::BadJson, error);
        if body.trim_ascii_start().starts_with(b"[") {
            return shape::read::<Listed>(body).map_err(bad)?.few().map(Self::Many);
        }
        let PostedObject { format, chain_id, transaction, bytes, park, transactions } =
            shape::read(body).map_err(bad)?;
        let Some(listed) = transactions else {
            return Ok(Self::One(SubmitOne { format, chain_id, transaction, bytes, park }.into()));
        };
        let mut many = listed.few()?;
        if transaction.is_some() || bytes.is_some() {
            let detail = "give either one transaction or a list, not both";
            return Err(Failure::new(Code::BadJson, detail));
        }
        many.iter_mut().for_each(|one| one.park |= park);
        Ok(Self::Many(many))
    }
}

/// List of transactions in a body. Those beyond what may come at once are only counted: three bytes
/// are enough to name one, which takes hundreds.
struct Listed {
    transactions: Vec<SubmitOne>,
    surplus: usize,
}

impl Listed {
    fn few(self) -> Result<Vec<SubmitOne>, Failure> {
        if self.surplus == 0 {
            return Ok(self.transactions);
        }
        let listed = self.transactions.len() + self.surplus;
        Err(Failure::new(Code::TooMany, format!("{listed} transactions at once")))
    }
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Listed;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of transactions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Listed, A::Error> {
        let mut listed = Listed { transactions: Vec::new(), surplus: 0 };
        while listed.transactions.len() < SUBMISSIONS_MAX
            && let Some(one) = entries.next_element()?
        {
            listed.transactions.push(one);
        }
        while listed.transactions.len() == SUBMISSIONS_MAX
            && entries.next_element::<IgnoredAny>()?.is_some()
        {
            listed.surplus += 1;
        }
        Ok(listed)
    }
}

/// Returns the transactions that a request brings, as far as each is one; `None` if it is refused
/// whole.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn brought(body: &[u8]) -> Option<Vec<Option<Transaction>>> {
    let many = match Posted::read(body).ok()? {
        Posted::One(one) => vec![*one],
        Posted::Many(many) => many,
    };
    assert!(many.len() <= SUBMISSIONS_MAX, "more than may come at once");
    Some(many.into_iter().map(|one| transaction(one).ok()).collect())
}

/// The id that the node computed of a transaction, and what is to be heard of it.
type Reply =
    (TransactionId, oneshot::Receiver<Result<(TransactionId, SubmitOutcome), TransactionError>>);

/// Hands all over before it waits for the first outcome: the node checks them together.
async fn submit_all(app: &App, many: Vec<SubmitOne>) -> Vec<SubmitResult> {
    let mut replies = Vec::with_capacity(many.len());
    for one in many {
        replies.push(hand_over(app, one).await);
    }
    let mut results = Vec::with_capacity(replies.len());
    for reply in replies {
        results.push(match outcome(app, reply).await {
            Ok((_, taken)) => SubmitResult::Taken(taken),
            Err(failure) => SubmitResult::Refused { error: failure.into_problem() },
        });
    }
    results
}

async fn hand_over(app: &App, one: SubmitOne) -> Result<Reply, Failure> {
    let (park, chain) = (one.park, *app.spec().chain());
    let other = one.chain_id.filter(|meant| *meant != chain);
    let transaction = transaction(one)?;
    let id = transaction.body.id(&chain);
    if let Some(other) = other {
        let detail = format!("it is signed for the chain {other}, this node is of {chain}");
        return Err(Failure::new(Code::BadSignature, detail).with("id", id));
    }
    send(app, transaction, park).await
}

async fn send(app: &App, transaction: Transaction, park: bool) -> Result<Reply, Failure> {
    let id = transaction.body.id(app.spec().chain());
    let (reply, outcome) = oneshot::channel();
    let submission = Submission { transaction, park, reply };
    app.handle.submissions.send(submission).await.map_err(|_| stopping())?;
    Ok((id, outcome))
}

/// Submits a transaction that was made here.
pub(super) async fn submit_own(
    app: &App,
    transaction: Transaction,
) -> Result<TransactionId, Failure> {
    behind::refuse(app)?;
    let _place = app.handing_over.place(app, 1)?;
    let reply = send(app, transaction, false).await;
    outcome(app, reply).await.map(|(_, taken)| taken.id)
}

async fn outcome(
    app: &App,
    reply: Result<Reply, Failure>,
) -> Result<(StatusCode, SubmittedJson), Failure> {
    let (computed, reply) = reply?;
    match reply.await.map_err(|_| stopping())? {
        Ok((id, SubmitOutcome::Accepted(status))) => {
            let taken = SubmittedJson::new(id, false, &status, app.spec());
            Ok((StatusCode::ACCEPTED, taken))
        }
        Ok((id, SubmitOutcome::Known(status))) => {
            let known = SubmittedJson::new(id, true, &status, app.spec());
            let final_height = app.handle.live.view().finality.finalized.height.get();
            let known = known.settled(final_height);
            Ok((StatusCode::OK, known))
        }
        Ok((id, SubmitOutcome::Refused(refusal))) => Err(Failure::refused(&refusal).with("id", id)),
        Err(error) => Err(Failure::refused(&error).with("id", computed)),
    }
}

fn transaction(one: SubmitOne) -> Result<Transaction, Failure> {
    match (one.transaction, one.bytes) {
        (Some(json), None) => Transaction::try_from(json).map_err(|error| Failure::refused(&error)),
        (None, Some(text)) => {
            let bytes = BASE64_STANDARD
                .decode(text)
                .map_err(|error| Failure::new(Code::BadJson, format!("bytes: {error}")))?;
            decode(&bytes, TRANSACTION_BYTES_MAX).map_err(|error| undecodable(&bytes, &error))
        }
        (None, None) | (Some(_), Some(_)) => {
            Err(Failure::new(Code::BadJson, "give exactly one of transaction and bytes"))
        }
    }
}

/// Refuses bytes that are no transaction, and says at which byte that shows.
fn undecodable(bytes: &[u8], error: &DecodeError) -> Failure {
    match fault::<Transaction>(bytes, TRANSACTION_BYTES_MAX) {
        None => Failure::refused(error),
        Some(fault) => {
            let detail = format!("{error}: {fault}");
            Failure::new(error.code(), detail).with("offset", fault.offset)
        }
    }
}

/// Refuses bodies other than JSON: a web page of another site can post forms and plain text without
/// being asked, but not JSON.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Failure> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = format!("the content type is {essence:?}");
    Err(Failure::new(Code::MediaType, detail))
}

pub(super) fn stopping() -> Failure {
    let detail = "the node is stopping; the outcome is unknown";
    Failure::new(Code::Stopping, detail)
}
