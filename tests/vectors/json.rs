//! Values as JSON, in the names and the order of SPEC: what another implementation starts from.
//!
//! Integers of 64 bits and more are strings, byte arrays are hexadecimal, an absent option is null,
//! an enum is an object with one key.

use coinage_protocol::{
    Action, Answer, AuthorityChange, AuthorityStep, Ballot, Block, Body, Certificate, CreateToken,
    Entry, Evidence, EvidenceKind, Fee, Genesis, GenesisBalance, GenesisToken, Growth, Header,
    InclusionProof, Key, KeySignature, Lock, NamedCertificate, Phase, Pledge, Request, Rules,
    SignedHeader, StateProof, Status, Tip, Token, Transaction, VotingMemory, Witness,
};
use serde_json::{Value, json};

use crate::policy_json;

/// A value of the protocol that has a JSON form.
pub(crate) trait ToJson {
    /// The JSON form of the value.
    fn to_json(&self) -> Value;
}

macro_rules! shown {
    ($($type:ty),+ $(,)?) => {$(
        impl ToJson for $type {
            fn to_json(&self) -> Value {
                json!(self.to_string())
            }
        }
    )+};
}

shown!(
    u64,
    coinage_protocol::Height,
    coinage_protocol::Slot,
    coinage_protocol::UnixMillis,
    coinage_protocol::Amount,
    coinage_protocol::BlockHash,
    coinage_protocol::ChainId,
    coinage_protocol::FullHash,
    coinage_protocol::PublicKey,
    coinage_protocol::Signature,
    coinage_protocol::StateRoot,
    coinage_protocol::Symbol,
    coinage_protocol::TransactionId,
    coinage_protocol::TransactionsRoot,
    coinage_protocol::AuthoritiesHash,
);

impl<const MAX: usize> ToJson for coinage_protocol::Text<MAX> {
    fn to_json(&self) -> Value {
        json!(self.as_str())
    }
}

impl ToJson for coinage_protocol::Address {
    fn to_json(&self) -> Value {
        self.as_bytes().to_json()
    }
}

impl ToJson for [u8; 32] {
    fn to_json(&self) -> Value {
        json!(hex::encode(self))
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }
}

impl<T: ToJson> ToJson for [T] {
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(T::to_json).collect())
    }
}

impl<T: ToJson, const MAX: usize> ToJson for coinage_protocol::Bounded<T, MAX> {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

/// An object of the named fields of a value, in order.
macro_rules! fields {
    ($value:expr; $($field:ident),+ $(,)?) => {
        json!({ $(stringify!($field): $value.$field.to_json()),+ })
    };
}

pub(crate) use fields;

macro_rules! structs {
    ($($type:ty { $($field:ident),+ $(,)? })+) => {$(
        impl ToJson for $type {
            fn to_json(&self) -> Value {
                fields!(self; $($field),+)
            }
        }
    )+};
}

pub(crate) use structs;

structs! {
    Body { sender, salt, expires_at, actions, memo }
    Transaction { body, witnesses }
    Witness { lock, signatures }
    KeySignature { key, signature }
    CreateToken { token, name, decimals, cap, issuer, supply, to }
    Growth { block_max, deposit }
    Fee { token, amount }
    GenesisToken { token, name, decimals, cap, issuer }
    GenesisBalance { address, token, amount }
    SignedHeader { header, signature }
    Block { header, transactions }
    Token { name, decimals, cap, issuer, supply }
    Tip { height, slot, hash }
    Ballot { phase, slot, block, signer, signature }
    Certificate { phase, slot, block, signatures }
    NamedCertificate { authorities, certificate }
    AuthorityChange { authorities, follows, step, signatures, newcomer }
    Pledge { slot, block }
    VotingMemory { last_vote, abandoned, lock, left }
    Status { version, chain, genesis, head, time, agent, addresses }
    InclusionProof { position, count, partners }
    StateProof { partners, found }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl ToJson for $type {
            fn to_json(&self) -> Value {
                json!(self)
            }
        }
    )+};
}

numbers!(u8, u16, u32);

impl ToJson for ([u8; 32], [u8; 32]) {
    fn to_json(&self) -> Value {
        json!({ "key": self.0.to_json(), "value": self.1.to_json() })
    }
}

impl ToJson for (u8, coinage_protocol::Signature) {
    fn to_json(&self) -> Value {
        json!({ "place": self.0, "signature": self.1.to_json() })
    }
}

impl ToJson for Phase {
    fn to_json(&self) -> Value {
        match self {
            Self::Vote => json!({ "Vote": null }),
            Self::Commit => json!({ "Commit": null }),
        }
    }
}

impl<T: ToJson> ToJson for Box<T> {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

impl ToJson for AuthorityStep {
    fn to_json(&self) -> Value {
        match self {
            Self::Add { key } => json!({ "Add": { "key": key.to_json() } }),
            Self::Remove { key } => json!({ "Remove": { "key": key.to_json() } }),
        }
    }
}

impl ToJson for Header {
    fn to_json(&self) -> Value {
        fields!(self; version, height, slot, previous, transactions_root,
            state_root, authorities, certificate, next_authorities)
    }
}

impl ToJson for Rules {
    /// The bounds on growth follow from version 2 on, those on charters from version 3 on.
    fn to_json(&self) -> Value {
        let mut object = fields!(self; lifetime_ms_max, balances_max, tokens_max, creators, fee);
        if let Some(growth) = &self.growth {
            object["growth"] = growth.to_json();
        }
        if let Some(policies) = &self.policies {
            object["policies"] = policies.to_json();
        }
        object
    }
}

impl ToJson for Genesis {
    fn to_json(&self) -> Value {
        let mut object = fields!(self; version, name, time, slot_ms, authorities, rules, tokens,
            balances);
        if self.version == 3 {
            object["charters"] = self.charters.to_json();
        }
        object
    }
}

impl ToJson for Lock {
    fn to_json(&self) -> Value {
        match self {
            Self::Key(key) => json!({ "Key": key.to_json() }),
            Self::Threshold(_) => json!({
                "Threshold": { "required": self.required(), "keys": self.keys().to_json() }
            }),
        }
    }
}

impl ToJson for Action {
    fn to_json(&self) -> Value {
        if let Some(value) = policy_json::of_action(self) {
            return value;
        }
        match self {
            Self::CreateToken(create) => json!({ "CreateToken": create.to_json() }),
            Self::Mint { token, issuer, to, amount } => json!({ "Mint": {
                "token": token.to_json(), "issuer": issuer.to_json(), "to": to.to_json(),
                "amount": amount.to_json(),
            }}),
            Self::Transfer { token, from, to, amount } => json!({ "Transfer": {
                "token": token.to_json(), "from": from.to_json(), "to": to.to_json(),
                "amount": amount.to_json(),
            }}),
            Self::Burn { token, from, amount } => json!({ "Burn": {
                "token": token.to_json(), "from": from.to_json(), "amount": amount.to_json(),
            }}),
            Self::SetIssuer { token, issuer, new } => json!({ "SetIssuer": {
                "token": token.to_json(), "issuer": issuer.to_json(), "new": new.to_json(),
            }}),
            other => unreachable!("only a charter knows {other:?}"),
        }
    }
}

impl ToJson for Key {
    fn to_json(&self) -> Value {
        if let Some(value) = policy_json::of_key(self) {
            return value;
        }
        match self {
            Self::Balance(address, token) => json!({ "Balance": {
                "address": address.to_json(), "token": token.to_json(),
            }}),
            Self::Token(token) => json!({ "Token": token.to_json() }),
            Self::Deposit(address, token) => json!({ "Deposit": {
                "address": address.to_json(), "token": token.to_json(),
            }}),
            other => unreachable!("only version 3 knows {other:?}"),
        }
    }
}

impl ToJson for Entry {
    fn to_json(&self) -> Value {
        if let Some(value) = policy_json::of_entry(self) {
            return value;
        }
        match self {
            Self::Balance(amount) => json!({ "Balance": amount.to_json() }),
            Self::Token(token) => json!({ "Token": token.to_json() }),
            other => unreachable!("only version 3 knows {other:?}"),
        }
    }
}

impl ToJson for Request {
    fn to_json(&self) -> Value {
        match self {
            Self::Headers { locator } => json!({ "Headers": { "locator": locator.to_json() } }),
            Self::Blocks { hashes } => json!({ "Blocks": { "hashes": hashes.to_json() } }),
            Self::Waiting { after } => json!({ "Waiting": { "after": after.to_json() } }),
            Self::Transactions { ids } => json!({ "Transactions": { "ids": ids.to_json() } }),
            Self::Certificates => json!({ "Certificates": null }),
            Self::Evidence { known } => {
                let name = |(signer, kind): &([u8; 32], EvidenceKind)| {
                    let (signer, kind) = (signer.to_json(), kind.to_json());
                    json!({ "signer": signer, "kind": kind })
                };
                json!({ "Evidence": { "known": known.iter().map(name).collect::<Vec<_>>() } })
            }
            Self::Ballots { signer } => json!({ "Ballots": { "signer": signer.to_json() } }),
        }
    }
}

impl ToJson for EvidenceKind {
    fn to_json(&self) -> Value {
        match self {
            Self::Blocks => json!({ "Blocks": null }),
            Self::Votes => json!({ "Votes": null }),
            Self::Commits => json!({ "Commits": null }),
            Self::CommitAndVote => json!({ "CommitAndVote": null }),
        }
    }
}

impl ToJson for Evidence {
    fn to_json(&self) -> Value {
        match self {
            Self::Blocks { signer, headers } => {
                let [first, second] = headers.each_ref().map(ToJson::to_json);
                json!({ "Blocks": {
                    "signer": signer.to_json(), "first": first, "second": second,
                }})
            }
            Self::Ballots(ballots) => {
                let [first, second] = ballots.each_ref().map(ToJson::to_json);
                json!({ "Ballots": { "first": first, "second": second } })
            }
            Self::CommitAndVote { ballots, headers } => {
                let [commit, vote] = ballots.each_ref().map(ToJson::to_json);
                let headers = headers.to_json();
                json!({ "CommitAndVote": { "commit": commit, "vote": vote, "headers": headers } })
            }
        }
    }
}

impl ToJson for Answer {
    fn to_json(&self) -> Value {
        match self {
            Self::Headers(headers) => json!({ "Headers": headers.to_json() }),
            Self::Blocks(blocks) => json!({ "Blocks": blocks.to_json() }),
            Self::Waiting(ids) => json!({ "Waiting": ids.to_json() }),
            Self::Transactions(batch) => json!({ "Transactions": batch.to_json() }),
            Self::Busy => json!({ "Busy": null }),
            Self::Certificates { votes, commits, change } => json!({ "Certificates": {
                "votes": votes.to_json(), "commits": commits.to_json(),
                "change": change.to_json(),
            }}),
            Self::Evidence(shown) => json!({ "Evidence": shown.to_json() }),
            Self::Ballots { vote, commit } => {
                json!({ "Ballots": { "vote": vote.to_json(), "commit": commit.to_json() } })
            }
        }
    }
}
