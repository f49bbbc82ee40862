//! Evidence against authorities.

use axum::extract::State;
use coinage_model::evidence::{EvidenceJson, EvidenceListJson};

use super::failure::Failure;
use super::refusals::Reading;
use super::{Answer, App};

/// Evidence against authorities: what each of them signed that no honest one signs.
///
/// At most one piece of each kind against each authority. It says who cheats, or whose key two
/// processes use; the fork choice does not go by it.
#[utoipa::path(get, path = "/v1/evidence", tag = "chain", operation_id = "evidence",
    responses((status = 200, description = "All of it.", body = EvidenceListJson), Reading))]
pub(super) async fn list(State(app): State<App>) -> Answer<EvidenceListJson> {
    app.answer(|app, snapshot| {
        let checked =
            snapshot.evidence()?.into_iter().map(|one| one.check(app.spec().chain(), &()));
        let items = checked.map(|one| one.map(|one| EvidenceJson::from(&one)));
        let items = items.collect::<Result<_, _>>().map_err(Failure::internal)?;
        Ok(EvidenceListJson { items })
    })
    .await
}
