//! The one table of codes: what programs can rely on when something is refused.
//!
//! The HTTP API puts a code into every problem, and the command line derives its exit code from
//! it. Codes may be added; an existing one never changes its meaning.

mod policy;
mod refusals;

use serde_json::Value;

/// A refusal with a place in the table.
pub trait Coded {
    /// Returns the code of the refusal.
    fn code(&self) -> Code;

    /// Returns what was seen and what was needed, as a JSON object.
    fn details(&self) -> Value;

    /// True if sending the same bytes again, later, can help.
    fn retry(&self) -> bool {
        self.code().row().retry
    }

    /// Returns the refusal in words, if it names times or sentences: the protocol knows neither
    /// calendar nor language.
    fn worded(&self) -> Option<String> {
        None
    }
}

/// Row of the table: what programs and people need to know of a refusal, besides its words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
    /// HTTP status of the answer.
    pub status: u16,
    /// Stable name of the code.
    pub name: &'static str,
    /// Advice on what to do about it, in one sentence.
    pub hint: &'static str,
    /// True if sending the same bytes again, later, can help; a refusal may know better.
    pub retry: bool,
}

/// Declares the codes: variant, HTTP status, whether a later try can help, name, advice.
macro_rules! codes {
    ($(
        $(#[$doc:meta])*
        $variant:ident = $status:literal $when:ident $name:literal $hint:literal;
    )+) => {
        /// Code of a refusal.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Code {
            $($(#[$doc])* $variant,)+
        }

        impl Code {
            /// Every code that there is.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the row of the code.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        status: $status, name: $name, hint: $hint, retry: $when(),
                    },)+
                }
            }
        }
    };
}

const fn never() -> bool {
    false
}

const fn later() -> bool {
    true
}

impl Code {
    /// Returns the stable name of the code.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the HTTP status of answers with this code.
    pub const fn status(self) -> u16 {
        self.row().status
    }

    /// Returns all codes with an HTTP status, in the order of the table.
    pub fn with_status(status: u16) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |code| code.status() == status)
    }
}

codes! {
    /// The body is not the JSON that this route takes.
    BadJson = 400 never "request.bad_json"
        "Correct the request; the detail names the place.";
    /// A parameter in the path or query is not one.
    BadParameter = 400 never "request.bad_parameter"
        "Correct the parameter that the detail names.";
    /// A limit above the maximum, or zero.
    BadLimit = 400 never "request.bad_limit"
        "Ask for 1 to 1000 items; the cursor leads to more.";
    /// A cursor that this API did not make.
    BadCursor = 400 never "request.bad_cursor"
        "Pass `next` of the previous answer, unchanged.";
    /// A cursor of a block that a reorg has taken off the chain.
    Reorged = 410 never "cursor.reorged"
        "Begin the list again; what is below `common_height` stays.";
    /// More transactions than one request may bring.
    TooMany = 400 never "request.too_many"
        "Send at most 1000 transactions at once.";
    /// The request's host is not one of this node's.
    Host = 403 never "http.host_not_allowed"
        "Use its address or localhost; its operator allows other names with --api-host.";
    /// A page of another site asks.
    Site = 403 never "http.site_not_allowed"
        "Open the node's own page; its operator allows pages of other sites with --api-cors.";
    /// No such route.
    NoRoute = 404 never "http.not_found"
        "See /docs in a browser, or /v1/openapi.json.";
    /// The route exists, the method does not.
    Method = 405 never "http.method_not_allowed"
        "Use the method that the Allow header names.";
    /// A body of another type than JSON.
    MediaType = 415 never "http.json_required"
        "Send `Content-Type: application/json`.";
    /// A body above the limit.
    Body = 413 never "http.body_too_large"
        "Send at most 4 MiB at once.";
    /// More requests than one address may send.
    Rate = 429 later "http.too_many_requests"
        "Wait as long as the Retry-After header says.";
    /// Bodies and answers under way take as much memory as they may.
    Crowded = 503 later "http.crowded"
        "Wait as Retry-After says; take answers at once, or smaller.";
    /// The request took too long.
    Timeout = 504 later "http.timeout"
        "Try again; sending the same transaction again is safe.";
    /// A fault of the node itself.
    Internal = 500 later "node.internal"
        "See the node's log.";
    /// All places for readers of the events are taken.
    TooManyStreams = 503 later "events.too_many_streams"
        "Close a stream that is no longer needed, or try again later.";
    /// The node is stopping.
    Stopping = 503 later "node.stopping"
        "Try again when the node is back, or at another node.";
    /// More transactions wait than the next blocks hold.
    Behind = 503 later "node.behind"
        "Wait as long as the Retry-After header says, then send the same bytes again.";
    /// The node does not have what the network has yet.
    NotReady = 503 later "node.not_ready"
        "Wait until the node is synced.";
    /// A change of authorities that they did not approve, or that cannot be made.
    BadChange = 422 never "authorities.bad_change"
        "Propose it with `coinage authority propose`, and have a quorum sign it.";
    /// A change of authorities who are others by now.
    OutdatedChange = 422 never "authorities.outdated"
        "Propose it again: the authorities have changed since.";
    /// A change of authorities beside another one.
    ChangeUnderWay = 503 later "authorities.change_under_way"
        "Wait until the other one is in force, see `coinage authority list`, and propose again.";
    /// A transaction that neither waits, nor is in the chain, nor is known to have been dropped.
    UnknownTransaction = 404 never "transaction.unknown"
        "Check the id; if it was submitted elsewhere, send the same bytes here: that is safe.";
    /// A transaction that is not final, or not that this node knows.
    NotFinal = 409 later "transaction.not_final"
        "Wait until it is final: /v1/transactions/{id}/wait?for=final.";
    /// A transaction so far below the next commits that a receipt has no room for what is between.
    ReceiptTooLong = 409 never "receipt.too_long"
        "Ask another node, which may know commits of a block in between.";
    /// A block that the node does not know.
    UnknownBlock = 404 never "block.unknown"
        "Check the reference; the node may still be syncing.";
    /// A block that a reorg took off the chain.
    NotOnChain = 410 never "block.not_on_chain"
        "A reorg took it off the chain: begin again.";
    /// State after an earlier block that the node no longer keeps.
    StateNotKept = 410 never "state.not_kept"
        "Ask for a height from `oldest_height` on.";
    /// A token that does not exist.
    UnknownToken = 404 never "token.unknown"
        "See the tokens that exist at /v1/tokens.";
    /// A transaction that gave its place in the mempool to others.
    PoolEvicted = 503 later "pool.evicted"
        "Send the same bytes again, never a new payment: this one may still be included.";
    /// A transaction for which the mempool has no room.
    PoolFull = 503 later "pool.full"
        "Nothing is wrong with it: send the same bytes again later.";
    /// A token with more decimals than there may be.
    BadDecimals = 422 never "transaction.bad_decimals"
        "Give the token at most 18 decimals.";
    /// A signature that does not fit.
    BadSignature = 422 never "transaction.bad_signature"
        "Sign the transaction id with the right key, for this chain id.";
    /// A threshold that no lock can have.
    BadThreshold = 422 never "transaction.bad_threshold"
        "Require 1 to n signatures of at most 16 keys.";
    /// A mint beyond the cap.
    CapExceeded = 422 later "transaction.cap_exceeded"
        "Mint less, or burn some first.";
    /// A transaction that is expired for good.
    Expired = 422 never "transaction.expired"
        "Check that it was not included, then make a new one that expires later.";
    /// A sender who has not enough.
    InsufficientBalance = 422 later "transaction.insufficient_balance"
        "Send less, or wait until the address has enough.";
    /// A token that nobody can mint any more.
    IssuanceClosed = 422 later "transaction.issuance_closed"
        "Nobody can mint this token any more.";
    /// Keys of a lock that are not in order.
    KeyOrder = 422 never "transaction.key_order"
        "List each key of the threshold once, sorted by its bytes.";
    /// Bytes that are no transaction.
    Malformed = 422 never "transaction.malformed"
        "Encode the transaction with this version of the program.";
    /// An address that must sign and did not.
    MissingWitness = 422 never "transaction.missing_witness"
        "Have the named address sign it, too.";
    /// A token of which there could never be any.
    NeverAnyUnits = 422 never "transaction.never_any_units"
        "Give the token a first supply or an issuer who can mint.";
    /// A transaction that does nothing.
    NoAction = 422 never "transaction.no_action"
        "Put at least one action into it.";
    /// A creator who may not create tokens here.
    NotACreator = 422 later "transaction.not_a_creator"
        "Ask an address that may create tokens here to do it.";
    /// A signer who is not the issuer.
    NotTheIssuer = 422 later "transaction.not_the_issuer"
        "Sign as the token's present issuer.";
    /// A new balance whose deposit nobody can pay.
    PlaceTooDear = 422 later "transaction.place_too_dear"
        "Send to an address that holds this token already, let a sender with more sign, or \
         wait until others leave.";
    /// A lock with more or fewer signatures than it takes.
    SignatureCount = 422 never "transaction.signature_count"
        "Sign with exactly as many keys as the lock requires.";
    /// Signatures in another order than that of the keys.
    SignatureOrder = 422 never "transaction.signature_order"
        "Put signatures in the order of the lock's keys.";
    /// A first supply above the cap.
    SupplyAboveCap = 422 never "transaction.supply_above_cap"
        "Raise the cap, or create less at first; a cap of zero makes no sense.";
    /// A signature that nobody asked for.
    SurplusWitness = 422 never "transaction.surplus_witness"
        "Leave out the named address's signature.";
    /// A symbol that another token has.
    SymbolTaken = 422 later "transaction.symbol_taken"
        "Choose another symbol.";
    /// A payment to its own sender.
    ToSelf = 422 never "transaction.to_self"
        "Name two different addresses.";
    /// A transaction that is valid for longer than it may be.
    TooFarAhead = 422 later "transaction.too_far_ahead"
        "Make one that expires sooner, or send this one later.";
    /// A transaction of too many bytes.
    TooLarge = 422 never "transaction.too_large"
        "Split it into several transactions or shorten it.";
    /// A new balance where there is no room for one.
    TooManyBalances = 422 later "transaction.too_many_balances"
        "Send to an address that holds this token already.";
    /// A transaction of too many signatures.
    TooManySignatures = 422 never "transaction.too_many_signatures"
        "Split it into several transactions.";
    /// A new token where there is no room for one.
    TooManyTokens = 422 later "transaction.too_many_tokens"
        "This network takes no more tokens.";
    /// A name that looks like another token's.
    LooksLike = 422 never "transaction.looks_like"
        "Choose a symbol that cannot be mistaken for another.";
    /// A name with a character that nobody sees.
    HiddenCharacter = 422 never "transaction.hidden_character"
        "Leave out the character; the offset says where it stands.";
    /// The charter of a token that has none.
    NoCharter = 404 never "token.no_charter"
        "See the token at /v1/tokens/{symbol}: it has an issuer instead, or nobody can mint.";
    /// A charter on a network that has none.
    NoCharters = 422 never "transaction.no_charters"
        "Use a network whose genesis is of version 3, or create the token without a charter.";
    /// A new charter where there is no room for one.
    TooManyCharters = 422 later "transaction.too_many_charters"
        "This network takes no more tokens with charters.";
    /// A new role or frozen account where there is no room for one.
    TooManyStandings = 422 later "transaction.too_many_standings"
        "Take roles that nobody needs any more, then send the same bytes again.";
    /// An account that no clause of the charter lets do this.
    NotEntitled = 422 later "policy.not_entitled"
        "See who may with `coinage token show SYMBOL --policy`, and sign as that account.";
    /// A clause that says something else.
    OtherClause = 422 never "policy.other_clause"
        "Name the clause by its number in `coinage token show SYMBOL --policy`.";
    /// The issuer of a token that has a charter instead.
    NoIssuer = 422 never "policy.no_issuer"
        "A coin with a charter has no issuer; its clauses say who issues.";
    /// An action before its time.
    TooEarly = 422 later "policy.too_early"
        "Send it again from the time that is named.";
    /// An action after its time.
    TooLate = 422 never "policy.too_late"
        "The charter no longer allows this.";
    /// An account from which nothing may leave.
    Frozen = 422 later "policy.frozen"
        "Ask whoever may unfreeze the account.";
    /// A payment that no clause lets through.
    NoWay = 422 later "policy.no_way"
        "See who may send to whom with `coinage token show SYMBOL --policy`.";
    /// An account that may not receive this.
    NotAReceiver = 422 later "policy.not_a_receiver"
        "Ask the officer of a role to give it to the account first.";
    /// More than a clause allows.
    PolicyLimit = 422 later "policy.limit"
        "Take less. If a time is named, it passes from then on.";
    /// A claim that is no whole number of periods.
    NotWhole = 422 never "policy.not_whole"
        "Claim a whole number of periods' amounts.";
    /// A role that as many have as may have it.
    RoleFull = 422 later "policy.role_full"
        "Take the role from somebody first.";
    /// An office that would change nothing.
    NothingChanges = 422 never "policy.nothing_changes"
        "It is so already; nothing has to be done.";
    /// An account of which nothing can be frozen.
    NothingToFreeze = 422 later "policy.nothing_to_freeze"
        "Freeze an account that has a role or a balance.";
    /// A burn of more than the account owes, of coins that exist only as debts.
    OwesLess = 422 later "policy.owes_less"
        "Burn at most what the account owes.";
    /// A role of an account that owes.
    Owes = 422 later "policy.owes"
        "Let the account repay first: burning coins repays.";
    /// An amount outside the bounds of an amendment.
    OutOfBounds = 422 never "policy.out_of_bounds"
        "Choose an amount within the clause's bounds.";
    /// An amendment that is announced too late or too early.
    Notice = 422 never "policy.notice"
        "Choose a time from `earliest` to `latest`.";
    /// More new balances than a block may bring.
    TooMuchGrowth = 422 later "transaction.too_much_growth"
        "Pay fewer new addresses in one transaction, and the others in further ones.";
    /// A token that does not exist after the head.
    TokenUnknownHere = 422 later "transaction.unknown_token"
        "Check the symbol, or create the token first.";
    /// Witnesses in another order than that of their addresses.
    WitnessOrder = 422 never "transaction.witness_order"
        "Sort the witnesses by the bytes of their address.";
    /// An amount of nothing.
    ZeroAmount = 422 never "transaction.zero_amount"
        "Give an amount above zero.";
}

#[cfg(test)]
mod tests;
