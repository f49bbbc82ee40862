//! Refusals that routes describe: what stands here, a route really gives.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use coinage_model::code::{self, Code};
use coinage_model::problem::Problem;
use coinage_model::schema::{POOL_FULL, REFUSALS};
use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

use super::failure::{MEDIA_TYPE, is_temporary};

/// Declares sets of refusals: each status with the codes it comes with.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $($status:ident $codes:expr),+;)+) => {$(
        $(#[$doc])*
        pub(super) enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(refusal(StatusCode::$status, &$codes)),+])
            }
        }
    )+};
}

refusals! {
    /// Refusals of a route that reads the disk.
    Reading: INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of a list that is on disk.
    Listing:
        BAD_REQUEST names(&[code::BAD_PARAMETER, code::BAD_LIMIT, code::BAD_CURSOR]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of a list as it was after a block.
    PastListing:
        BAD_REQUEST names(&[code::BAD_PARAMETER, code::BAD_LIMIT, code::BAD_CURSOR]),
        NOT_FOUND names(&[code::UNKNOWN_BLOCK]),
        GONE names(&[code::NOT_ON_CHAIN, code::STATE_NOT_KEPT]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of a list about a token.
    HolderListing:
        BAD_REQUEST names(&[code::BAD_PARAMETER, code::BAD_LIMIT, code::BAD_CURSOR]),
        NOT_FOUND names(&[code::UNKNOWN_TOKEN]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of a proof about the state after a block.
    OfState:
        BAD_REQUEST names(&[code::BAD_PARAMETER]),
        NOT_FOUND names(&[code::UNKNOWN_BLOCK]),
        GONE names(&[code::NOT_ON_CHAIN, code::STATE_NOT_KEPT]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]),
        SERVICE_UNAVAILABLE names(&[code::STOPPING, code::CROWDED]);
    /// Refusals of the history of an account.
    History:
        BAD_REQUEST names(&[code::BAD_PARAMETER, code::BAD_LIMIT, code::BAD_CURSOR]),
        NOT_FOUND names(&[code::UNKNOWN_BLOCK]),
        GONE names(&[code::REORGED, code::NOT_ON_CHAIN]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of a list that runs down the chain.
    Descending:
        BAD_REQUEST names(&[code::BAD_PARAMETER, code::BAD_LIMIT, code::BAD_CURSOR]),
        GONE names(&[code::REORGED]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of a list that is in memory.
    LiveListing: BAD_REQUEST names(&[code::BAD_PARAMETER, code::BAD_LIMIT, code::BAD_CURSOR]);
    /// Refusals of a route to a block.
    OfBlock:
        BAD_REQUEST names(&[code::BAD_PARAMETER]),
        NOT_FOUND names(&[code::UNKNOWN_BLOCK]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]),
        NOT_IMPLEMENTED names(&[code::FINALITY]);
    /// Refusals of a route to a token.
    OfToken:
        BAD_REQUEST names(&[code::BAD_PARAMETER]),
        NOT_FOUND names(&[code::UNKNOWN_TOKEN]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of a route to a transaction.
    OfTransaction:
        BAD_REQUEST names(&[code::BAD_PARAMETER]),
        NOT_FOUND names(&[code::UNKNOWN_TRANSACTION]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]);
    /// Refusals of waiting for a transaction.
    Waiting:
        BAD_REQUEST names(&[code::BAD_PARAMETER]),
        NOT_FOUND names(&[code::UNKNOWN_TRANSACTION]),
        INTERNAL_SERVER_ERROR names(&[code::INTERNAL]),
        NOT_IMPLEMENTED names(&[code::FINALITY]),
        SERVICE_UNAVAILABLE names(&[code::STOPPING, code::CROWDED]);
    /// Refusals of following what happens.
    Following:
        BAD_REQUEST names(&[code::BAD_PARAMETER]),
        SERVICE_UNAVAILABLE names(&[code::TOO_MANY_STREAMS]);
    /// Refusals of a submission.
    Submitting:
        BAD_REQUEST names(&[code::BAD_JSON, code::TOO_MANY]),
        UNSUPPORTED_MEDIA_TYPE names(&[code::MEDIA_TYPE]),
        UNPROCESSABLE_ENTITY REFUSALS,
        SERVICE_UNAVAILABLE
            [code::STOPPING.code, code::CROWDED.code, code::BEHIND.code, POOL_FULL];
    /// Refusals of a node that has not what the network has.
    Readiness: SERVICE_UNAVAILABLE names(&[code::NOT_READY]);
    /// Refusals of whatever is asked, before any route is reached.
    Always:
        FORBIDDEN names(&[code::HOST]),
        PAYLOAD_TOO_LARGE names(&[code::BODY]);
    /// Refusals of what is asked too often.
    TooOften: TOO_MANY_REQUESTS names(&[code::RATE]);
    /// Refusals of what takes too much memory for now.
    Crowded: SERVICE_UNAVAILABLE names(&[code::CROWDED]);
    /// Refusals of every route with a time limit.
    InTime: GATEWAY_TIMEOUT names(&[code::TIMEOUT]);
}

fn names(codes: &[Code]) -> Vec<&'static str> {
    codes.iter().map(|code| code.code).collect()
}

/// A refusal, with the codes that it can have.
fn refusal(status: StatusCode, codes: &[&str]) -> (String, RefOr<Response>) {
    let reason = status.canonical_reason().unwrap_or_default();
    let known = ObjectBuilder::new()
        .property(
            "status",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .enum_values(Some([json!(status.as_u16())])),
        )
        .property(
            "code",
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes.to_vec())),
        );
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::name())).item(known);
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let mut response = ResponseBuilder::new().description(reason).content(MEDIA_TYPE, content);
    if is_temporary(status) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("In how many seconds to try again."));
        response = response.header("Retry-After", header.build());
    }
    (status.as_str().into(), response.build().into())
}
