//! Golden vectors: the values, bytes, hashes and signatures on which every implementation agrees.
//!
//! The JSON files beside this one are the contract. To write them anew after a deliberate change of
//! the protocol, which makes every existing network a foreign one:
//!
//! ```text
//! COINAGE_REGENERATE_VECTORS=1 cargo test -p coinage-simulation --test vectors
//! ```
//!
//! `check.py` reads the same files and knows nothing but SPEC and Python's standard library.

mod authorities;
mod charters;
mod debts;
mod evidence;
mod finality;
mod growth;
mod invalid;
mod json;
mod outside;
mod policy_json;
mod samples;
mod signatures;
mod valid;

use std::path::Path;

use serde_json::Value;

type Vectors = (&'static str, fn() -> Value);

const FILES: [Vectors; 15] = [
    ("keys", valid::keys),
    ("signatures", signatures::signatures),
    ("genesis", valid::genesis_vectors),
    ("genesis_2", growth::genesis_vectors),
    ("growth", growth::growth),
    ("genesis_3", charters::genesis_vectors),
    ("charters", charters::charters),
    ("transactions", valid::transaction_vectors),
    ("states", valid::states),
    ("inclusion", valid::inclusion),
    ("blocks", valid::blocks),
    ("finality", finality::all),
    ("messages", valid::messages),
    ("fork_choice", valid::fork_choice),
    ("invalid", invalid::all),
];

#[test]
fn every_vector_is_what_the_program_computes_from_its_value() {
    // SPEC E-1, H-1, K-1, K-2, K-4, G-2, T-2, M-1, M-3, B-2, C-1, F-1 to F-6
    let regenerate = std::env::var_os("COINAGE_REGENERATE_VECTORS").is_some();
    for (name, build) in FILES {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../vectors/{name}.json"));
        let computed = build();
        if regenerate {
            let text = serde_json::to_string_pretty(&computed).expect("JSON values are JSON");
            std::fs::write(&file, text + "\n").expect("the vectors can be written");
        }
        let text = std::fs::read_to_string(&file).expect("the vectors are there");
        let stored: Value = serde_json::from_str(&text).expect("the vectors are JSON");
        assert!(stored == computed, "{name}.json is not what the program computes; see main.rs");
    }
}
