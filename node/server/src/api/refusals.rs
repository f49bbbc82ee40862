//! Refusals that routes describe: what stands here, a route really gives.

use std::collections::BTreeMap;

use coinage_model::code::Code;
use coinage_model::problem::Problem;
use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

use super::failure::{MEDIA_TYPE, is_temporary, status_of};

/// Declares sets of refusals by their codes.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $($code:ident),+;)+) => {$(
        $(#[$doc])*
        pub(super) enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                by_status([$(Code::$code),+])
            }
        }
    )+};
}

refusals! {
    /// Refusals of a route that reads the disk.
    Reading: Internal;
    /// Refusals of a change of authorities.
    Changing:
        BadJson, MediaType, BadChange, OutdatedChange, ChangeUnderWay, Stopping, Internal;
    /// Refusals of a list that is on disk.
    Listing: BadParameter, BadLimit, BadCursor, Internal;
    /// Refusals of a list as it was after a block.
    PastListing:
        BadParameter, BadLimit, BadCursor, UnknownBlock, NotOnChain, StateNotKept, Internal;
    /// Refusals of a list about a token.
    HolderListing: BadParameter, BadLimit, BadCursor, UnknownToken, Internal;
    /// Refusals of a proof about the state after a block.
    OfState: BadParameter, UnknownBlock, NotOnChain, StateNotKept, Internal, Stopping, Crowded;
    /// Refusals of the history of an account.
    History: BadParameter, BadLimit, BadCursor, UnknownBlock, Reorged, NotOnChain, Internal;
    /// Refusals of a list that runs down the chain.
    Descending: BadParameter, BadLimit, BadCursor, Reorged, Internal;
    /// Refusals of the tree of blocks.
    Tree: BadParameter, BadLimit, Internal;
    /// Refusals of a list that is in memory.
    LiveListing: BadParameter, BadLimit, BadCursor;
    /// Refusals of a route to a block.
    OfBlock: BadParameter, UnknownBlock, Internal;
    /// Refusals of a route to a token.
    OfToken: BadParameter, UnknownToken, Internal;
    /// Refusals of a route to the charter of a token.
    OfCharter: BadParameter, UnknownToken, NoCharter, Internal;
    /// Refusals of a list about the charter of a token.
    CharterListing: BadParameter, BadLimit, BadCursor, UnknownToken, NoCharter, Internal;
    /// Refusals of a route to a transaction.
    OfTransaction: BadParameter, UnknownTransaction, Internal;
    /// Refusals of a receipt.
    OfReceipt: BadParameter, UnknownTransaction, NotFinal, ReceiptTooLong, Internal;
    /// Refusals of waiting for a transaction.
    Waiting: BadParameter, UnknownTransaction, Internal, Stopping, Crowded;
    /// Refusals of following what happens.
    Following: BadParameter, TooManyStreams;
    /// Refusals of a node that has not what the network has.
    Readiness: NotReady;
    /// Refusals of whatever is asked, before any route is reached.
    Always: Host, Site, Body;
    /// Refusals of what is asked too often.
    TooOften: Rate;
    /// Refusals of what takes too much memory for now.
    Crowded: Crowded;
    /// Refusals of every route with a time limit.
    InTime: Timeout;
}

/// Refusals of a submission, those of the transaction itself included.
pub(super) enum Submitting {}

impl IntoResponses for Submitting {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        use Code::{BadJson, Behind, Crowded, MediaType, PoolFull, Stopping, TooMany};
        let own = [BadJson, TooMany, MediaType, Stopping, Crowded, Behind, PoolFull];
        by_status(own.into_iter().chain(Code::with_status(422)))
    }
}

/// Describes the answers with these codes, one for each status.
fn by_status(codes: impl IntoIterator<Item = Code>) -> BTreeMap<String, RefOr<Response>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    codes.into_iter().for_each(|code| groups.entry(code.status()).or_default().push(code));
    groups.into_values().filter_map(|codes| refusal(&codes)).collect()
}

/// A refusal, with the codes that it can have.
fn refusal(codes: &[Code]) -> Option<(String, RefOr<Response>)> {
    let status = status_of(*codes.first()?);
    let names = codes.iter().map(|code| code.name());
    let reason = status.canonical_reason().unwrap_or_default();
    let known = ObjectBuilder::new()
        .property(
            "status",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .enum_values(Some([json!(status.as_u16())])),
        )
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)));
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
    Some((status.as_str().into(), response.build().into()))
}
