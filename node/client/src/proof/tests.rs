//! Proofs of a real block, whole and altered.

mod vectors;

use coinage_protocol::{Action, ClauseId, Header, Height, RoleId};
use coinage_server::storage::testing::{Branch, World, amount, symbol, user};
use serde_json::{Value, json};

use super::*;

/// A chain whose last block holds three transactions, one of them a creation, and the commits of
/// the block before.
fn world(name: &str) -> (World, Branch) {
    let world = World::new(name);
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 5, 0);
    let paid = [1, 2].map(|from| world.payment(&branch, 0, from, 7, 3));
    let created = world.creation(&branch, "GOLD", 3, 4);
    branch.certificate = world.finalize(&branch, 5).finalized.map(|one| one.certificate);
    world.extend(&mut branch, 0, [paid.to_vec(), vec![created]].concat());
    (world, branch)
}

/// A chain whose last block creates a token with a charter, and uses what it allows.
fn club(name: &str) -> (World, Branch) {
    let world = World::with_charters(name, []);
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 5, 0);
    let (token, board, member) = (symbol("POINTS"), user(0), user(4));
    let charter = coinage_policy::read(&format!(
        "coin POINTS \"Club points\", 2 decimals\n\
         periods count from 2023-01-01 00:00 +09:00\nboard is {board}\n\
         board may issue at most 5.00 per day\n\
         board may give and take the role member, to at most 2 accounts\n\
         each member may send at most 3.00 per day\n\
         board may freeze and unfreeze any account\n\
         board may set the amount in clause 1 between 0.00 and 10.00, announced 30 days before\n"
    ));
    let role = Some(RoleId(0));
    let in_force_at = world.spec.slot_time(branch.tip.slot) + 31 * 86_400_000;
    let actions = vec![
        Action::CreateWithCharter(Box::new(charter.expect("a policy"))),
        Action::SetRole { token, officer: board, account: member, role },
        Action::Mint { token, issuer: board, to: member, amount: amount(120) },
        Action::Transfer { token, from: member, to: user(5), amount: amount(20) },
        Action::SetFrozen { token, officer: board, account: member, frozen: true },
        Action::Amend {
            token,
            officer: board,
            clause: ClauseId(0),
            amount: amount(700),
            in_force_at,
        },
    ];
    let made = world.transaction(&branch, 0, 0, actions, &[4]);
    world.extend(&mut branch, 0, vec![made]);
    (world, branch)
}

/// Keys of each kind about which a charter's state says something, and of which it says nothing.
fn keys_of_charters() -> Vec<Key> {
    let token = symbol("POINTS");
    vec![
        Key::Token(token),
        Key::Charter(token),
        Key::Usage(token, ClauseId(0)),
        Key::Amendment(token, ClauseId(0)),
        Key::Standing(user(4), token),
        Key::Charter(symbol("COIN")),
        Key::Usage(token, ClauseId(3)),
        Key::Amendment(token, ClauseId(1)),
        Key::Standing(user(5), token),
    ]
}

/// Returns a document for each of these keys of the state after the last block.
fn documents_of(world: &World, branch: &Branch, keys: Vec<Key>) -> Vec<ProofDocument> {
    let (header, state) =
        (&branch.blocks.last().expect("six").block.to_block().header, branch.state());
    let claim = |key: Key| ClaimJson::leaf_of(key, state.get(&key), &state.prove(&key));
    let claims = keys.into_iter().map(|key| claim(key).expect("of a kind that is claimed"));
    claims.map(|claim| ProofDocument::new(&world.spec, header, claim)).collect()
}

/// Returns a document of each kind that the last block proves; absence included.
fn documents(world: &World, branch: &Branch) -> Vec<ProofDocument> {
    let block = branch.blocks.last().expect("six").block.to_block();
    let spec = &world.spec;
    let leaf = |one: &Transaction| one.full_hash(spec.chain());
    let leaves: Vec<_> = block.transactions.iter().map(leaf).collect();
    let mut documents: Vec<_> = (0..leaves.len())
        .map(|at| {
            let proof = InclusionProof::new(&leaves, at).expect("it is there");
            let claim = ClaimJson::transaction((&block.transactions[at]).into(), &proof);
            ProofDocument::new(spec, &block.header, claim)
        })
        .collect();
    let balances = [(user(4), "GOLD"), (user(1), "COIN"), (user(5), "GOLD")];
    let balances = balances.map(|(address, token)| Key::Balance(address, symbol(token)));
    let tokens = ["GOLD", "NONE"].map(|token| Key::Token(symbol(token)));
    let keys = balances.into_iter().chain(tokens).collect();
    documents.extend(documents_of(world, branch, keys));
    let settled: Vec<_> =
        documents.iter().skip(2).take(2).map(|one| settled(world, branch, one)).collect();
    documents.extend(settled);
    documents
}

/// Returns the document with the commits of the last block.
fn settled(world: &World, branch: &Branch, document: &ProofDocument) -> ProofDocument {
    let commits = world.finalize(branch, 6).finalized.expect("final").certificate;
    let proof = FinalityProof { headers: Bounded::default(), commits };
    ProofDocument { finality: Some((&proof).into()), ..document.clone() }
}

#[test]
fn what_a_block_holds_and_what_it_does_not_is_proven() {
    let (world, branch) = world("one");
    let documents = documents(&world, &branch);
    for document in &documents {
        let text = serde_json::to_string(document).expect("JSON");
        let read: ProofDocument = serde_json::from_str(&text).expect("reads");
        for spec in [None, Some(&world.spec)] {
            let proven = check(&read, spec).expect("proven");
            assert_eq!((proven.block, proven.header.height), (branch.tip.hash, Height::new(6)));
            assert_eq!(proven.header.certificate, branch.certificate);
            assert_eq!(proven.settled.is_some(), read.finality.is_some());
            let signers = proven.settled.iter().map(|settled| settled.signers.len());
            assert!(signers.into_iter().all(|count| count == 3));
            assert_eq!(
                proven.leader,
                Some(*world.spec.genesis_authorities().leader(branch.tip.slot))
            );
        }
    }
    let facts = documents.iter().map(|one| check(one, None).expect("proven").fact);
    let facts: Vec<_> = facts.skip(3).collect();
    let balance = |who, token: &str, units: u128| Fact::State {
        key: Key::Balance(user(who), symbol(token)),
        entry: (units > 0).then(|| Entry::Balance(amount(units))),
    };
    assert_eq!(facts[0], balance(4, "GOLD", 500));
    assert_eq!(facts[2], balance(5, "GOLD", 0));
    assert!(matches!(&facts[3], Fact::State { entry: Some(Entry::Token(_)), .. }));
    assert_eq!(facts[4], Fact::State { key: Key::Token(symbol("NONE")), entry: None });
}

#[test]
fn what_a_charter_says_of_clauses_and_accounts_is_proven_and_what_it_does_not() {
    let (world, branch) = club("one");
    for document in documents_of(&world, &branch, keys_of_charters()) {
        let text = serde_json::to_string(&document).expect("JSON");
        let read: ProofDocument = serde_json::from_str(&text).expect("reads");
        let Fact::State { key, entry } = check(&read, Some(&world.spec)).expect("proven").fact
        else {
            panic!("of the state")
        };
        assert_eq!(entry.as_ref(), branch.state().get(&key), "{key:?}");
    }
    let there = keys_of_charters().iter().filter(|key| branch.state().get(key).is_some()).count();
    assert_eq!(there, 5, "the others are not there");
}

/// Every way to alter one place of a JSON document.
fn alterations(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![json!("x"), json!(0)],
        Value::Bool(one) => vec![json!(!one)],
        Value::Number(number) => {
            let number = number.as_u64().expect("small");
            vec![json!(number + 1), json!(number.wrapping_sub(1)), Value::Null]
        }
        Value::String(text) => {
            let last = text.chars().last();
            let other = if last == Some('1') { '2' } else { '1' };
            let head: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
            let swapped = format!("{head}{other}");
            vec![json!(swapped), json!(format!("{text}0")), json!(""), Value::Null]
        }
        Value::Array(items) => {
            let mut all: Vec<_> = (0..items.len()).map(|at| json!(without(items, at))).collect();
            let extra = items.first().cloned().unwrap_or_else(|| json!("00".repeat(32)));
            all.push(json!([items.clone(), vec![extra]].concat()));
            for (at, item) in items.iter().enumerate() {
                all.extend(alterations(item).into_iter().map(|altered| {
                    let mut items = items.clone();
                    items[at] = altered;
                    json!(items)
                }));
            }
            all
        }
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (name, field) in fields {
                let mut fewer = fields.clone();
                fewer.remove(name);
                all.push(json!(fewer));
                all.extend(alterations(field).into_iter().map(|altered| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), altered);
                    json!(fields)
                }));
            }
            let mut more = fields.clone();
            more.insert("surplus".into(), json!(0));
            all.push(json!(more));
            all
        }
    }
}

fn without(items: &[Value], at: usize) -> Vec<Value> {
    let mut items = items.to_vec();
    items.remove(at);
    items
}

#[test]
fn whatever_is_altered_it_proves_nothing_any_more() {
    let (world, branch) = world("one");
    let mut tried = 0;
    let (other, last) = club("one");
    let all = documents(&world, &branch).into_iter().map(|one| (&world.spec, one));
    let more = documents_of(&other, &last, keys_of_charters());
    for (spec, document) in all.chain(more.into_iter().map(|one| (&other.spec, one))) {
        let whole = serde_json::to_value(&document).expect("JSON");
        for altered in alterations(&whole) {
            let Ok(read) = serde_json::from_value::<ProofDocument>(altered.clone()) else {
                tried += 1;
                continue;
            };
            // A cap or issuer of `null` may be left out of an action: that says the same.
            if read == document {
                continue;
            }
            // Without the commits the claim still holds of that block, and nobody calls it final.
            if read == (ProofDocument { finality: None, ..document.clone() }) {
                assert_eq!(check(&read, Some(spec)).expect("proven").settled, None);
                continue;
            }
            for spec in [None, Some(spec)] {
                let proven = check(&read, spec);
                assert!(proven.is_err(), "{proven:?} by {altered}");
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn a_proof_of_another_chain_is_refused_with_the_genesis_and_only_then() {
    let ((one, _), (other, branch)) = (world("one"), world("two"));
    for document in documents(&other, &branch) {
        check(&document, None).expect("nobody can tell");
        let refused = check(&document, Some(&one.spec)).expect_err("another chain");
        assert!(matches!(refused, ProofError::OtherChain { .. }), "{refused}");
        // The name of the chain alone does not make it one of ours.
        let renamed = ProofDocument { chain_id: *one.spec.chain(), ..document };
        let refused = check(&renamed, Some(&one.spec)).expect_err("signed for another chain");
        assert!(matches!(refused, ProofError::Header(HeaderError::BadSignature { .. })));
    }
}

#[test]
fn block_0_is_proven_by_the_genesis_alone() {
    let world = World::new("one");
    let (address, token) = (user(1), symbol("COIN"));
    let state = world.spec.genesis_state();
    let proof = (&state.prove(&Key::Balance(address, token))).into();
    let claim = ClaimJson::Balance { address, token, amount: amount(1_000_000), proof };
    let document = ProofDocument::new(&world.spec, world.spec.genesis_header(), claim);
    let proven = check(&document, Some(&world.spec)).expect("proven");
    assert_eq!((proven.leader, proven.header.height), (None, Height::new(0)));
    assert!(matches!(check(&document, None), Err(ProofError::GenesisNeeded)));
    let mut altered = document;
    altered.header.previous = world.spec.genesis_hash();
    let refused = check(&altered, Some(&world.spec));
    assert!(matches!(refused, Err(ProofError::NotTheGenesisBlock)));
}

#[test]
fn a_header_that_its_leader_did_not_sign_proves_nothing() {
    let (world, branch) = world("one");
    let document = documents(&world, &branch).remove(0);
    let signed = SignedHeader::from(&document.header);
    let forger = coinage_protocol::SecretKey::new([9; 32]);
    let header = Header { certificate: None, ..signed.header };
    let forged = header.sign(world.spec.chain(), &forger);
    let forged = ProofDocument { header: (&forged).into(), ..document };
    for spec in [None, Some(&world.spec)] {
        let refused = check(&forged, spec).expect_err("not the leader");
        assert!(matches!(refused, ProofError::Header(HeaderError::BadSignature { .. })));
    }
}
