//! Targets: each takes any bytes and panics if the program breaks a promise.
//!
//! `tests/simulation/tests/corpus.rs` includes this module, too, and replays the kept inputs.

mod canonical;
mod charters;
mod checked;
mod checked_ballot;
mod engine;
mod genesis;
mod messages;
mod people;
mod proofs;
mod repair;
mod stored;
mod text;

/// A way to take bytes.
#[derive(Debug)]
pub struct Target {
    /// Name of the target, here and in the corpus.
    pub name: &'static str,
    /// Function that takes the bytes. Panics if a promise is broken.
    pub run: fn(&[u8]),
}

/// Bytes from outside alone, then with the checks that need a network.
pub const DECODERS: [Target; 15] = [
    Target { name: "transactions", run: messages::transactions },
    Target { name: "block", run: messages::block },
    Target { name: "answer", run: messages::answer },
    Target { name: "ballot", run: messages::ballot },
    Target { name: "certificate", run: messages::certificate },
    Target { name: "request", run: messages::request },
    Target { name: "status", run: messages::status },
    Target { name: "proofs", run: proofs::proofs },
    Target { name: "text", run: text::text },
    Target { name: "stored", run: stored::stored },
    Target { name: "policy", run: charters::policy },
    Target { name: "checked_transactions", run: checked::transactions },
    Target { name: "checked_block", run: checked::block },
    Target { name: "checked_answer", run: checked::answer },
    Target { name: "checked_ballot", run: checked_ballot::ballot },
];

/// Targets that need an engine, or a ledger with its model.
pub const NODES: [Target; 3] = [
    Target { name: "genesis", run: genesis::genesis },
    Target { name: "engine", run: engine::engine },
    Target { name: "charters", run: charters::charters },
];
