//! Routes to the authorities and the change of them that is on its way.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use coinage_model::authority::{
    AuthoritiesJson, AuthorityChangeJson, ChangeStage, ChangeStateJson, StepJson,
};
use coinage_model::code::Code;
use coinage_model::shape;
use coinage_protocol::engine::{ChangeRefusal, ChangeView, View};
use coinage_protocol::{AuthorityChange, AuthoritySet, AuthorityStep, quorum};
use tokio::sync::oneshot;

use super::failure::Failure;
use super::refusals::{Changing, Reading};
use super::submit::{require_json, stopping};
use super::{Answer, App, network};
use crate::handle::ChangeSubmission;

/// The authorities after the node's head, and a change of them that is on its way.
#[utoipa::path(get, path = "/v1/authorities", tag = "node", operation_id = "authorities",
    responses((status = 200, description = "Who they are.", body = AuthoritiesJson), Reading))]
pub(super) async fn list(State(app): State<App>) -> Answer<AuthoritiesJson> {
    Ok(Json(shown(&app)))
}

/// Submits a change of authorities that a quorum of them has signed. It goes from node to node; if
/// a key is added, its own node signs, too, once it follows the chain. Then the next leader puts it
/// into a block, and it is in force when that block is final.
#[utoipa::path(post, path = "/v1/authorities/change", tag = "node",
    operation_id = "changeAuthorities", request_body = AuthorityChangeJson,
    responses(
        (status = 202, description = "It is on its way.", body = AuthoritiesJson),
        Changing))]
pub(super) async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<AuthoritiesJson>), Failure> {
    require_json(&headers)?;
    let json: AuthorityChangeJson =
        shape::read(&body).map_err(|error| Failure::new(Code::BadJson, shape::describe(&error)))?;
    let chain = *app.spec().chain();
    if json.chain_id != chain {
        let detail = format!("it is for the chain {}, this node is of {chain}", json.chain_id);
        return Err(Failure::new(Code::BadChange, detail));
    }
    let change = AuthorityChange::from(&json);
    let view = app.handle.live.view();
    // A set that is not in force any more is of the past: nobody has to look at its signatures.
    if change.authorities != view.authorities.hash() {
        return Err(refused(ChangeRefusal::Outdated));
    }
    change
        .verify(&view.authorities, &chain, &())
        .map_err(|error| Failure::new(Code::BadChange, error.to_string()))?;
    let (reply, outcome) = oneshot::channel();
    let submitted = ChangeSubmission { change, reply };
    app.handle.changes.send(submitted).await.map_err(|_| stopping())?;
    outcome.await.map_err(|_| stopping())?.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(shown(&app))))
}

fn refused(refusal: ChangeRefusal) -> Failure {
    let code = match refusal {
        ChangeRefusal::Outdated => Code::OutdatedChange,
        ChangeRefusal::Pending | ChangeRefusal::OtherWaits => Code::ChangeUnderWay,
    };
    Failure::new(code, refusal.to_string())
}

fn shown(app: &App) -> AuthoritiesJson {
    let view = app.handle.live.view();
    AuthoritiesJson {
        chain_id: *app.spec().chain(),
        authorities: network::authorities(&view, &app.handle.identity),
        hash: view.authorities.hash(),
        changed: view.changed,
        quorum: u32::try_from(quorum(view.authorities.len())).unwrap_or(u32::MAX),
        change: state(&view),
    }
}

fn state(view: &View) -> Option<ChangeStateJson> {
    let (step, state) = match view.change.as_ref()? {
        ChangeView::Waiting { step, lacks_newcomer: true } => {
            (*step, ChangeStage::WaitsForNewcomer)
        }
        ChangeView::Waiting { step, .. } => (*step, ChangeStage::WaitsForBlock),
        ChangeView::Pending { set, .. } => (between(&view.authorities, set)?, ChangeStage::Pending),
    };
    Some(ChangeStateJson { step: StepJson::from(&step), state })
}

/// Returns the step that leads from one set to another.
fn between(before: &AuthoritySet, after: &AuthoritySet) -> Option<AuthorityStep> {
    let lacks = |set: &AuthoritySet, other: &AuthoritySet| {
        other.keys().iter().copied().find(|key| !set.contains(key))
    };
    let added = lacks(before, after).map(|key| AuthorityStep::Add { key });
    added.or_else(|| lacks(after, before).map(|key| AuthorityStep::Remove { key }))
}
