//! The one table of codes: what programs can rely on when something is refused.
//!
//! The HTTP API puts a code into every problem, and the command line derives its exit code from
//! it. Codes may be added; an existing one never changes its meaning.

use coinage_protocol::{
    DecodeError, DropReason, ExpiryError, LedgerError, Refusal, ThresholdError, TransactionError,
};
use serde_json::{Value, json};

use super::time;

/// A code with the words that go with it: the kind of a refusal, besides its own words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Code {
    /// Stable name of the refusal.
    pub code: &'static str,
    /// Advice on what to do about the refusal, in one sentence.
    pub hint: &'static str,
    /// True if sending the same bytes again, later, can help.
    pub retry: bool,
}

/// A refusal with a place in the table.
pub trait Coded {
    /// Returns the code of the refusal.
    fn code(&self) -> Code;

    /// Returns what was seen and what was needed, as a JSON object.
    fn details(&self) -> Value;
}

const fn never(code: &'static str, hint: &'static str) -> Code {
    Code { code, hint, retry: false }
}

const fn later(code: &'static str, hint: &'static str) -> Code {
    Code { code, hint, retry: true }
}

/// Declares codes, and the list of all of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:expr;)+) => {
        $($(#[$doc])* pub const $name: Code = $code;)+

        /// Every code that is not of a refused transaction's own.
        pub const GENERAL: &[Code] = &[$($name),+];
    };
}

codes! {
    /// The body is not the JSON that this route takes.
    BAD_JSON = never("request.bad_json", "Correct the request; the detail names the place.");
    /// A parameter in the path or query is not one.
    BAD_PARAMETER = never("request.bad_parameter", "Correct the parameter that the detail names.");
    /// A limit above the maximum, or zero.
    BAD_LIMIT = never("request.bad_limit", "Ask for 1 to 1000 items; the cursor leads to more.");
    /// A cursor that this API did not make.
    BAD_CURSOR = never("request.bad_cursor", "Pass `next` of the previous answer, unchanged.");
    /// A cursor of a block that a reorg has taken off the chain.
    REORGED = never("cursor.reorged", "Begin the list again; what is below `common_height` stays.");
    /// More transactions than one request may bring.
    TOO_MANY = never("request.too_many", "Send at most 1000 transactions at once.");
    /// The request's host is not one of this node's.
    HOST = never("http.host_not_allowed", "Use the address the node listens on, or localhost.");
    /// No such route.
    NO_ROUTE = never("http.not_found", "See /docs in a browser, or /v1/openapi.json.");
    /// The route exists, the method does not.
    METHOD = never("http.method_not_allowed", "Use the method that the Allow header names.");
    /// A body of another type than JSON.
    MEDIA_TYPE = never("http.json_required", "Send `Content-Type: application/json`.");
    /// A body above the limit.
    BODY = never("http.body_too_large", "Send at most 4 MiB at once.");
    /// More requests than one address may send.
    RATE = later("http.too_many_requests", "Wait as long as the Retry-After header says.");
    /// Bodies and answers under way take as much memory as they may.
    CROWDED = later("http.crowded", "Wait as Retry-After says; take answers at once, or smaller.");
    /// The request took too long.
    TIMEOUT = later("http.timeout", "Try again; sending the same transaction again is safe.");
    /// A fault of the node itself.
    INTERNAL = later("node.internal", "See the node's log.");
    /// All places for readers of the events are taken.
    TOO_MANY_STREAMS = later(
        "events.too_many_streams",
        "Close a stream that is no longer needed, or try again later."
    );
    /// The node is stopping.
    STOPPING = later("node.stopping", "Try again when the node is back, or at another node.");
    /// More transactions wait than the next blocks hold.
    BEHIND = later(
        "node.behind",
        "Wait as long as the Retry-After header says, then send the same bytes again."
    );
    /// The node does not have what the network has yet.
    NOT_READY = later("node.not_ready", "Wait until the node is synced.");
    /// Finality, which this version does not have.
    FINALITY = never("finality.not_available", "Wait for `included`; a reorg can still undo it.");
    /// A transaction that neither waits, nor is in the chain, nor is known to have been dropped.
    UNKNOWN_TRANSACTION = never(
        "transaction.unknown",
        "Check the id; if it was submitted elsewhere, send the same bytes here: that is safe."
    );
    /// A block that the node does not know.
    UNKNOWN_BLOCK = never("block.unknown", "Check the reference; the node may still be syncing.");
    /// A block that a reorg took off the chain.
    NOT_ON_CHAIN = never("block.not_on_chain", "A reorg took it off the chain: begin again.");
    /// State after an earlier block that the node no longer keeps.
    STATE_NOT_KEPT = never("state.not_kept", "Ask for a height from `oldest_height` on.");
    /// A token that does not exist.
    UNKNOWN_TOKEN = never("token.unknown", "See the tokens that exist at /v1/tokens.");
}

impl Coded for DecodeError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => TOO_LARGE,
            Self::Malformed => never(
                "transaction.malformed",
                "Encode the transaction with this version of the program.",
            ),
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::TooLong { len, limit } => json!({ "have": len, "max": limit }),
            Self::Malformed => json!({}),
        }
    }
}

const TOO_LARGE: Code =
    never("transaction.too_large", "Split it into several transactions or shorten it.");

impl Coded for TransactionError {
    fn code(&self) -> Code {
        match self {
            Self::Decode(error) => error.code(),
            Self::TooLarge { .. } => TOO_LARGE,
            Self::NoAction => never("transaction.no_action", "Put at least one action into it."),
            Self::ZeroAmount => never("transaction.zero_amount", "Give an amount above zero."),
            Self::ToSelf => never("transaction.to_self", "Name two different addresses."),
            Self::Decimals { .. } => {
                never("transaction.bad_decimals", "Give the token at most 18 decimals.")
            }
            Self::SupplyAboveCap { .. } => never(
                "transaction.supply_above_cap",
                "Raise the cap, or create less at first; a cap of zero makes no sense.",
            ),
            Self::NeverAnyUnits => never(
                "transaction.never_any_units",
                "Give the token a first supply or an issuer who can mint.",
            ),
            Self::TooManySignatures { .. } => {
                never("transaction.too_many_signatures", "Split it into several transactions.")
            }
            Self::MissingWitness { .. } => {
                never("transaction.missing_witness", "Have the named address sign it, too.")
            }
            Self::SurplusWitness { .. } => {
                never("transaction.surplus_witness", "Leave out the named address's signature.")
            }
            Self::WitnessOrder => never(
                "transaction.witness_order",
                "Sort the witnesses by the bytes of their address.",
            ),
            Self::SignatureCount { .. } => never(
                "transaction.signature_count",
                "Sign with exactly as many keys as the lock requires.",
            ),
            Self::SignatureOrder { .. } => never(
                "transaction.signature_order",
                "Put signatures in the order of the lock's keys.",
            ),
            Self::BadSignature => never(
                "transaction.bad_signature",
                "Sign the transaction id with the right key, for this chain id.",
            ),
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Decode(error) => error.details(),
            Self::TooLarge { len, max } => json!({ "have": len, "max": max }),
            Self::Decimals { decimals } => json!({ "have": decimals, "max": 18 }),
            Self::SupplyAboveCap { supply, cap } => {
                json!({ "supply": supply.to_string(), "cap": cap.to_string() })
            }
            Self::TooManySignatures { got, max } => json!({ "have": got, "max": max }),
            Self::MissingWitness { address }
            | Self::SurplusWitness { address }
            | Self::SignatureOrder { address } => json!({ "address": address.to_string() }),
            Self::SignatureCount { address, got, required } => {
                json!({ "address": address.to_string(), "have": got, "need": required })
            }
            Self::NoAction
            | Self::ZeroAmount
            | Self::ToSelf
            | Self::NeverAnyUnits
            | Self::WitnessOrder
            | Self::BadSignature => json!({}),
        }
    }
}

impl Coded for ThresholdError {
    fn code(&self) -> Code {
        match self {
            Self::TooMany(_) | Self::Required { .. } => {
                never("transaction.bad_threshold", "Require 1 to n signatures of at most 16 keys.")
            }
            Self::Order => never(
                "transaction.key_order",
                "List each key of the threshold once, sorted by its bytes.",
            ),
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::TooMany(error) => json!({ "have": error.len, "max": error.max }),
            Self::Required { required, keys } => json!({ "required": required, "keys": keys }),
            Self::Order => json!({}),
        }
    }
}

impl Coded for LedgerError {
    fn code(&self) -> Code {
        let retry = self.may_pass_later();
        let (code, hint) = match self {
            Self::InsufficientBalance { .. } => (
                "transaction.insufficient_balance",
                "Send less, or wait until the address has enough.",
            ),
            Self::UnknownToken { .. } => {
                ("transaction.unknown_token", "Check the symbol, or create the token first.")
            }
            Self::SymbolTaken { .. } => ("transaction.symbol_taken", "Choose another symbol."),
            Self::NotACreator { .. } => (
                "transaction.not_a_creator",
                "Ask an address that may create tokens here to do it.",
            ),
            Self::NotTheIssuer { .. } => {
                ("transaction.not_the_issuer", "Sign as the token's present issuer.")
            }
            Self::IssuanceClosed { .. } => {
                ("transaction.issuance_closed", "Nobody can mint this token any more.")
            }
            Self::CapExceeded { .. } => {
                ("transaction.cap_exceeded", "Mint less, or burn some first.")
            }
            Self::TooManyBalances { .. } => (
                "transaction.too_many_balances",
                "Send to an address that holds this token already.",
            ),
            Self::PlaceTooDear { .. } => (
                "transaction.place_too_dear",
                "Send to an address that holds this token already, let a sender with more sign, \
                 or wait until others leave.",
            ),
            Self::TooMuchGrowth { .. } => (
                "transaction.too_much_growth",
                "Pay fewer new addresses in one transaction, and the others in further ones.",
            ),
            Self::TooManyTokens { .. } => {
                ("transaction.too_many_tokens", "This network takes no more tokens.")
            }
        };
        Code { code, hint, retry }
    }

    fn details(&self) -> Value {
        match self {
            Self::InsufficientBalance { address, token, have, need } => json!({
                "address": address.to_string(),
                "token": token,
                "have": have.to_string(),
                "need": need.to_string(),
            }),
            Self::UnknownToken { token }
            | Self::SymbolTaken { token }
            | Self::IssuanceClosed { token } => json!({ "token": token }),
            Self::NotACreator { address } => json!({ "address": address.to_string() }),
            Self::NotTheIssuer { token, named } => {
                json!({ "token": token, "named": named.to_string() })
            }
            Self::CapExceeded { token, supply, amount, cap } => json!({
                "token": token,
                "supply": supply.to_string(),
                "amount": amount.to_string(),
                "cap": cap.to_string(),
            }),
            Self::PlaceTooDear { token, have, need, used, max } => json!({
                "token": token,
                "have": have.to_string(),
                "need": need.to_string(),
                "used": used.to_string(),
                "max": max.to_string(),
            }),
            Self::TooMuchGrowth { new, max } => {
                json!({ "new": new.to_string(), "max": max.to_string() })
            }
            Self::TooManyBalances { max } | Self::TooManyTokens { max } => {
                json!({ "max": max.to_string() })
            }
        }
    }
}

/// Expired for good, on every branch whose blocks are as late.
const EXPIRED: Code = never(
    "transaction.expired",
    "Check that it was not included, then make a new one that expires later.",
);

impl Coded for ExpiryError {
    fn code(&self) -> Code {
        match self {
            Self::Expired { .. } => EXPIRED,
            Self::TooFarAhead { .. } => later(
                "transaction.too_far_ahead",
                "Make one that expires sooner, or send this one later.",
            ),
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Expired { expires_at, block_time } => json!({
                "expires_at": time::format(*expires_at),
                "block_time": time::format(*block_time),
            }),
            Self::TooFarAhead { ahead, max } => {
                json!({ "ahead_ms": ahead.to_string(), "max_ms": max.to_string() })
            }
        }
    }
}

impl Coded for Refusal {
    fn code(&self) -> Code {
        match self {
            Self::Ledger(error) => error.code(),
            Self::Expiry(error) => error.code(),
            Self::PoolFull => {
                later("pool.full", "Nothing is wrong with it: send the same bytes again later.")
            }
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Ledger(error) => error.details(),
            Self::Expiry(error) => error.details(),
            Self::PoolFull => json!({}),
        }
    }
}

impl Coded for DropReason {
    fn code(&self) -> Code {
        match self {
            Self::Expired => EXPIRED,
            Self::Evicted => later(
                "pool.evicted",
                "Send the same bytes again, never a new payment: this one may still be included.",
            ),
            Self::Impossible(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Expired | Self::Evicted => json!({}),
            Self::Impossible(refusal) => refusal.details(),
        }
    }
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
