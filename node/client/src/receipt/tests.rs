//! Receipts of a real block, whole and altered.

use std::path::Path;

use coinage_model::genesis::GenesisFile;
use coinage_protocol::{
    AuthorityChange, AuthorityStep, Ballot, Bounded, Certificate, ChainId, ChangeProof,
    FinalityProof, FullHash, Genesis, Header, InclusionProof, Phase, SecretKey, transactions_root,
};
use coinage_server::storage::testing::{Branch, World};
use serde_json::{Value, json};

use super::*;

/// Changed bytes that the test of a whole file tries.
const CHANGES: u32 = 10_000;

/// A chain of eight blocks, of which the sixth holds three transactions.
fn world() -> (World, Branch) {
    let world = World::new("receipts");
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 5, 0);
    let paid = [1, 2].map(|from| world.payment(&branch, 0, from, 7, 3));
    let created = world.creation(&branch, "GOLD", 3, 4);
    world.extend(&mut branch, 0, [paid.to_vec(), vec![created]].concat());
    branch.certificate = Some(commits(&world, &branch, 5));
    world.extend_by(&mut branch, 1, 1);
    branch.certificate = None;
    world.extend_by(&mut branch, 1, 0);
    (world, branch)
}

fn commits(world: &World, branch: &Branch, height: u64) -> Certificate {
    world.finalize(branch, height).finalized.expect("final").certificate
}

/// The receipt for a transaction of the sixth block, by the commits of a block at this height.
fn receipt(world: &World, branch: &Branch, position: usize, committed: u64) -> ReceiptDocument {
    let block = branch.blocks[5].block.to_block();
    let chain = world.spec.chain();
    let leaves: Vec<FullHash> = block.transactions.iter().map(|one| one.full_hash(chain)).collect();
    let above = branch.blocks.iter().skip(6).map(|linked| linked.block.header().clone());
    let above = above.filter(|header| header.height.get() <= committed);
    let receipt = Receipt {
        chain: *chain,
        transaction: block.transactions[position].clone(),
        inclusion: InclusionProof::new(&leaves, position).expect("there"),
        header: block.header.header,
        finality: FinalityProof {
            headers: Bounded::first_of(above),
            commits: commits(world, branch, committed),
        },
        changes: Bounded::default(),
    };
    (&receipt).into()
}

/// Returns whether a text is a receipt that proves something on this network.
fn holds(text: &[u8], spec: &ChainSpec) -> bool {
    ReceiptDocument::read(text).is_ok_and(|document| check(&document, spec).is_ok())
}

#[test]
fn a_receipt_reads_back_as_it_was_and_names_its_block() {
    // SPEC M-6
    let (world, branch) = world();
    for (position, committed) in [(0, 6), (1, 7), (2, 8)] {
        let document = receipt(&world, &branch, position, committed);
        let text = document.write().expect("JSON");
        let read = ReceiptDocument::read(&text).expect("a receipt");
        assert_eq!(read, document);
        let (receipt, settled) = check(&read, &world.spec).expect("final");
        assert_eq!(settled.block, branch.blocks[5].block.hash());
        assert_eq!(settled.committed.height.get(), committed);
        assert_eq!(receipt.id(), branch.blocks[5].block.transactions()[position].id());
        assert_eq!(settled.signers, world.spec.genesis_authorities().keys()[..]);
    }
    let other = World::new("another").spec;
    let refused = check(&receipt(&world, &branch, 0, 6), &other).expect_err("another network");
    assert!(matches!(refused, NotSettled::Receipt(ReceiptError::OtherChain { .. })));
}

/// Puts another byte in the place of one, each place in its turn.
fn no_byte_is_unchecked(text: &[u8], spec: &ChainSpec) {
    assert!(holds(text, spec) && text.len() < 10_000, "{} bytes", text.len());
    let (mut at, mut seed) = (0, 1_u32);
    for _ in 0..CHANGES {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let by = u8::try_from(seed >> 24).expect("a byte").max(1);
        // A bit or a case more often than chance would have it.
        let by = if by % 2 == 0 { by } else { 1 << (by % 8) };
        let mut changed = text.to_vec();
        changed[at] ^= by;
        assert!(!holds(&changed, spec), "byte {at}, {:?}", char::from(changed[at]));
        at = (at + 1) % text.len();
    }
}

/// Goal: no byte of a receipt's file is without meaning. Method: ten thousand times another byte
/// is put in the place of one, each place in its turn, and everything else stays.
#[test]
fn ten_thousand_changed_bytes_are_all_noticed() {
    // SPEC M-6
    let (world, branch) = world();
    for document in [receipt(&world, &branch, 2, 8), of_four(&world, &branch)] {
        no_byte_is_unchecked(&document.write().expect("JSON"), &world.spec);
    }
    let text = receipt(&world, &branch, 2, 8).write().expect("JSON");
    for (what, changed) in [
        ("a blank after it", [&text[..], b" "].concat()),
        ("no end of the line", text[..text.len() - 1].to_vec()),
        ("one line", serde_json::to_vec(&receipt(&world, &branch, 2, 8)).expect("JSON")),
        ("ends of lines for Windows", String::from_utf8_lossy(&text).replace('\n', "\r\n").into()),
    ] {
        let refused = ReceiptDocument::read(&changed).expect_err(what).to_string();
        assert!(refused.contains("it was changed since it was made"), "{what}: {refused}");
    }
    assert!(ReceiptDocument::read(&[b"\xef\xbb\xbf", &text[..]].concat()).is_err());
}

/// Changes to a receipt by which it shows nothing any more: what, where, and what stands there.
fn changes() -> Vec<(&'static str, &'static str, Value)> {
    let other = "11".repeat(32);
    vec![
        ("another chain", "/chain_id", json!(other)),
        ("a payment that says more", "/transaction/body/memo", json!("and more")),
        ("another amount", "/transaction/body/actions/0/amount", json!("4")),
        ("signatures left out", "/transaction/witnesses", json!([])),
        ("another position", "/position", json!(0)),
        ("another count", "/count", json!(4)),
        ("partners left out", "/partners", json!([])),
        ("another state", "/header/state_root", json!(other)),
        ("another slot", "/header/slot", json!("17")),
        ("headers left out", "/finality/headers", json!([])),
        ("a header that does not follow", "/finality/headers/0/previous", json!(other)),
        ("a header without its certificate", "/finality/headers/0/certificate", Value::Null),
        ("another height", "/finality/headers/1/height", json!("9")),
        ("other authorities", "/finality/headers/1/authorities", json!(other)),
        ("votes", "/finality/commits/phase", json!("votes")),
        ("commits for another slot", "/finality/commits/slot", json!("10")),
        ("commits for another block", "/finality/commits/block", json!(other)),
        ("too few commits", "/finality/commits/signatures/2", Value::Null),
        ("a signer twice", "/finality/commits/signatures/2/index", json!(1)),
        ("a stranger's commit", "/finality/commits/signatures/2/index", json!(3)),
        (
            "a forged commit",
            "/finality/commits/signatures/0/signature",
            json!(format!("{}00", "11".repeat(63))),
        ),
    ]
}

/// Key of an authority of the network of these tests: 100 to 102, and of one that joins.
fn key(number: u64) -> SecretKey {
    let mut seed = [1; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    SecretKey::new(seed)
}

/// Commits of a block by authorities of these numbers, each at the place that the number says.
fn commits_by(header: &Header, chain: &ChainId, numbers: &[u64]) -> Certificate {
    let (slot, block) = (header.slot, header.hash(chain));
    let sign = |number: &u64| {
        let ballot = Ballot::new(Phase::Commit, (slot, block), chain, &key(*number));
        (u8::try_from(number - 100).expect("small"), ballot.signature)
    };
    let signatures = Bounded::first_of(numbers.iter().map(sign));
    Certificate { phase: Phase::Commit, slot, block, signatures }
}

/// The receipt for a transaction in a block of four authorities, of which the last one was added
/// two blocks before it.
fn of_four(world: &World, branch: &Branch) -> ReceiptDocument {
    let (chain, base) = (world.spec.chain(), branch.blocks[5].block.header().clone());
    let first = world.spec.genesis_authorities();
    let step = AuthorityStep::Add { key: key(103).public() };
    let proposed = AuthorityChange::proposed(first, world.spec.genesis_hash(), step);
    let mut change = (100..103).fold(proposed, |change, number| {
        change.approved_by(first, chain, &key(number)).expect("an authority")
    });
    change.newcomer = Some(change.sign(chain, &key(103)));
    let on = |below: &Header| Header {
        height: below.height + 1,
        slot: below.slot + 1,
        previous: below.hash(chain),
        transactions_root: transactions_root(&[]),
        certificate: None,
        next_authorities: None,
        ..below.clone()
    };
    let five = branch.blocks[4].block.header();
    let holds = Header { next_authorities: Some(change), ..on(five) };
    let committed = commits_by(&holds, chain, &[100, 101, 102]);
    let shows = Header { certificate: Some(committed.clone()), ..on(&holds) };
    let authorities = first.after(&step).expect("room").hash();
    let paid = Header { authorities, transactions_root: base.transactions_root, ..on(&shows) };
    let proof = |commits| FinalityProof { headers: Bounded::default(), commits };
    let plain = Receipt::try_from(&receipt(world, branch, 1, 6)).expect("a receipt");
    let receipt = Receipt {
        finality: proof(commits_by(&paid, chain, &[100, 101, 103])),
        header: paid,
        changes: Bounded::first_of([ChangeProof { header: holds, finality: proof(committed) }]),
        ..plain
    };
    (&receipt).into()
}

/// Changes to the receipt of four authorities by which it shows nothing any more.
fn changes_of_four() -> Vec<(&'static str, &'static str, Value)> {
    let held = "/changes/0/header/next_authorities";
    let at = |name: &str| format!("{held}/{name}").leak() as &'static str;
    vec![
        ("the change left out", "/changes/0", Value::Null),
        ("another key is added", at("step/key"), json!(key(104).public().to_string())),
        ("a key is removed instead", at("step/type"), json!("remove")),
        ("a change on another one", at("follows"), json!("11".repeat(32))),
        ("too few approve", at("signatures/2"), Value::Null),
        ("the newcomer has not signed", at("newcomer"), Value::Null),
        ("a header that holds no change", held, Value::Null),
        ("votes for the change", "/changes/0/finality/commits/phase", json!("votes")),
        ("too few commits for the change", "/changes/0/finality/commits/signatures/0", Value::Null),
    ]
}

/// Takes a field or an entry away, or puts another one there.
fn change(whole: &mut Value, place: &str, other: Value) {
    let (parent, name) = place.rsplit_once('/').expect("a pointer");
    match whole.pointer_mut(parent).expect("there") {
        Value::Object(fields) if other.is_null() => drop(fields.remove(name)),
        Value::Array(items) if other.is_null() => {
            drop(items.remove(name.parse().expect("a place")))
        }
        part => *part.pointer_mut(&format!("/{name}")).expect("there") = other,
    }
}

/// The receipts of the vectors, made anew: texts of files that prove something, or do not.
fn computed() -> Value {
    let (world, branch) = world();
    // Written anew as receipts are: only what is said is another.
    let text = |document: Value| {
        let read: ReceiptDocument = serde_json::from_value(document).expect("a receipt");
        String::from_utf8(read.write().expect("JSON")).expect("text")
    };
    let whole = |position, committed| {
        serde_json::to_value(receipt(&world, &branch, position, committed)).expect("JSON")
    };
    let good = |name, position, committed| {
        let file = text(whole(position, committed));
        json!({ "name": name, "file": file, "final": true })
    };
    let mut all = vec![
        good("its own block is committed", 0, 6),
        good("the next block is committed", 1, 7),
        good("the last transaction, and the block after the next", 2, 8),
    ];
    for (name, place, other) in changes() {
        let mut changed = whole(1, 8);
        change(&mut changed, place, other);
        all.push(json!({ "name": name, "file": text(changed), "final": false }));
    }
    let of_four = serde_json::to_value(of_four(&world, &branch)).expect("JSON");
    for (name, place, other) in changes_of_four() {
        let mut changed = of_four.clone();
        change(&mut changed, place, other);
        all.push(json!({ "name": name, "file": text(changed), "final": false }));
    }
    all.push(json!({ "name": "of four authorities", "file": text(of_four), "final": true }));
    let file = text(whole(1, 8));
    let spelled = [
        ("a blank too many", file.replacen(": ", ":  ", 1)),
        ("no end of the last line", file.trim_end().to_owned()),
        ("a digit in another spelling", file.replacen("\"index\": 1", "\"index\": 1.0", 1)),
        ("a letter in another spelling", file.replacen("paid", "\\u0070aid", 1)),
        ("a field that nobody knows", file.replacen("{\n", "{\n  \"more\": 1,\n", 1)),
    ];
    for (name, file) in spelled {
        all.push(json!({ "name": name, "file": file, "final": false }));
    }
    let genesis = serde_json::to_value(GenesisFile::from(world.spec.genesis())).expect("JSON");
    json!({ "genesis": genesis, "chain_id": world.spec.chain().to_string(), "receipts": all })
}

#[test]
fn the_receipts_of_the_vectors_are_judged_as_they_say() {
    // SPEC M-6
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/receipts.json");
    if std::env::var_os("COINAGE_REGENERATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&computed()).expect("JSON");
        std::fs::write(&path, text + "\n").expect("the vectors can be written");
    }
    let text = std::fs::read_to_string(&path).expect("the vectors are there");
    let stored: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let file: GenesisFile = serde_json::from_value(stored["genesis"].clone()).expect("a genesis");
    let spec = ChainSpec::new(Genesis::from(file)).expect("in order");
    assert_eq!(spec.chain().to_string(), stored["chain_id"]);
    let receipts = stored["receipts"].as_array().expect("a list");
    for receipt in receipts {
        let text = receipt["file"].as_str().expect("a text");
        assert_eq!(holds(text.as_bytes(), &spec), receipt["final"] == true, "{}", receipt["name"]);
    }
    assert!(receipts.len() > 25);
}

#[test]
fn votes_in_place_of_commits_are_told_apart() {
    // SPEC M-6
    let (world, branch) = world();
    let mut document = receipt(&world, &branch, 0, 6);
    document.finality.commits.phase = Phase::Vote.into();
    let refused = check(&document, &world.spec).expect_err("votes");
    assert_eq!(refused.to_string(), "the block has votes instead of commits");
}
