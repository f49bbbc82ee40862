//! Golden vectors of documents: a genesis file, and proofs that hold by it or do not.
//!
//! They are for other programs, as those of `tests/vectors/main.rs`, and written anew like these.

use std::path::Path;

use coinage_model::genesis::GenesisFile;
use coinage_protocol::Genesis;

use super::*;

/// Changes to a proof by which it shows nothing any more: what, where, and what stands there then.
fn changes() -> Vec<(&'static str, &'static str, Value)> {
    let other = "11".repeat(32);
    vec![
        ("another chain", "/chain_id", json!(other)),
        ("another slot", "/header/slot", json!("7")),
        ("a version to come", "/header/version", json!(2)),
        ("an unsigned header", "/header/signature", json!("00".repeat(64))),
        ("the height of block 0", "/header/height", json!("0")),
        ("another state", "/header/state_root", json!(other)),
        ("another position", "/claim/position", json!(1)),
        ("another count", "/claim/count", json!(4)),
        ("a payment that says more", "/claim/transaction/body/memo", json!("and more")),
        ("partners left out", "/claim/partners", json!([])),
        ("another amount", "/claim/amount", json!("501")),
        ("a balance that is said not to be there", "/claim/amount", json!("0")),
        ("another owner", "/claim/address", json!(user(7).to_string())),
        ("a token that is said not to be there", "/claim/record", Value::Null),
        ("another supply", "/claim/record/supply", json!("1")),
        ("no leaf at the end of the way", "/claim/proof/found", Value::Null),
        ("a charter that is said not to be there", "/claim/charter", Value::Null),
        ("a use that is said not to be there", "/claim/usage", Value::Null),
        ("another use", "/claim/usage/used", json!("1")),
        ("another clause", "/claim/clause", json!(32)),
        ("an amendment that is said not to be there", "/claim/amendment", Value::Null),
        ("another time", "/claim/amendment/in_force_at", json!("2030-01-01T00:00:00.000Z")),
        ("a standing that is said not to be there", "/claim/standing", Value::Null),
        ("another role", "/claim/standing/role", json!(2)),
        ("an account that is said not to be frozen", "/claim/standing/frozen", json!(false)),
        ("votes that are shown as commits", "/finality/commits/phase", json!("votes")),
        ("commits for another block", "/finality/commits/block", json!(other)),
        ("too few commits", "/finality/commits/signatures", json!([])),
        ("uses left out", "/claim/standing/used", json!([])),
    ]
}

/// The documents of the vectors, made anew: each as it is, and with each change that fits it.
fn computed() -> Value {
    let (world, branch) = world("vectors");
    let mut all = judged(documents(&world, &branch));
    all.push(json!({
        "name": "block 0", "document": of_block_0(&world.spec), "proven": true,
    }));
    let mut part = of_network(&world.spec, all);
    let (world, branch) = club("charters");
    let all = judged(documents_of(&world, &branch, keys_of_charters()));
    part["chartered"] = of_network(&world.spec, all);
    part
}

/// Returns the genesis file of a network, and what is proven by it or not.
fn of_network(spec: &ChainSpec, proofs: Vec<Value>) -> Value {
    let mut file = serde_json::to_value(GenesisFile::from(spec.genesis())).expect("JSON");
    // Whoever reads it sorts.
    for list in ["tokens", "balances"] {
        file[list].as_array_mut().expect("a list").reverse();
    }
    json!({ "genesis": file, "chain_id": spec.chain().to_string(), "proofs": proofs })
}

/// Returns documents as they are, and with each change that fits them.
fn judged(documents: Vec<ProofDocument>) -> Vec<Value> {
    let mut all = Vec::new();
    for document in documents {
        let whole = serde_json::to_value(&document).expect("JSON");
        for (name, place, other) in changes() {
            let mut changed = whole.clone();
            let Some(there) = changed.pointer_mut(place).filter(|there| **there != other) else {
                continue;
            };
            *there = other;
            all.push(json!({ "name": name, "document": changed, "proven": false }));
        }
        all.push(json!({ "name": "as it was made", "document": whole, "proven": true }));
    }
    all
}

fn of_block_0(spec: &ChainSpec) -> Value {
    let (address, token) = (user(1), symbol("COIN"));
    let state = spec.genesis_state();
    let proof = (&state.prove(&Key::Balance(address, token))).into();
    let amount = state.balance(address, token);
    let claim = ClaimJson::Balance { address, token, amount, proof };
    let document = ProofDocument::new(spec, spec.genesis_header(), claim);
    serde_json::to_value(&document).expect("JSON")
}

#[test]
fn the_documents_of_the_vectors_are_read_and_judged_as_they_say() {
    // SPEC G-5, M-5
    let path = "../../tests/vectors/documents.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("COINAGE_REGENERATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&computed()).expect("JSON");
        std::fs::write(&path, text + "\n").expect("the vectors can be written");
    }
    let text = std::fs::read_to_string(&path).expect("the vectors are there");
    let stored: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    assert!(judge(&stored) > 50);
    assert!(judge(&stored["chartered"]) > 50);
}

/// Judges the proofs of a network as they say; the number of them.
fn judge(stored: &Value) -> usize {
    let file: GenesisFile = serde_json::from_value(stored["genesis"].clone()).expect("a genesis");
    let spec = ChainSpec::new(Genesis::from(file)).expect("in order");
    assert_eq!(spec.chain().to_string(), stored["chain_id"]);
    let proofs = stored["proofs"].as_array().expect("a list");
    for proof in proofs {
        let read = serde_json::from_value::<ProofDocument>(proof["document"].clone());
        let document = read.expect("a document");
        let proven = check(&document, Some(&spec));
        assert_eq!(proven.is_ok(), proof["proven"] == true, "{}: {proven:?}", proof["name"]);
    }
    proofs.len()
}
