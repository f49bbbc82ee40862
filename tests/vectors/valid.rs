//! Vectors of what is valid: values, their bytes, and everything that is computed from them.

use coinage_protocol::limits::WIRE_VERSION;
use coinage_protocol::{
    Answer, ChainSpec, Entry, EvidenceKind, Genesis, Height, InclusionProof, Key, NamedCertificate,
    Phase, Request, Slot, State, Status, Tip, Token, decode, encode, transactions_root,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::evidence;
use crate::finality::ballot;
use crate::json::ToJson;
use crate::samples::{
    actions, addition, amount, block, block_changing, block_on, certificate, chain_spec, genesis,
    hexed, list, lock, payment, person, removal, secret, some_hash, symbol, text, transactions,
    treasury,
};

/// A vector of a value, after its bytes were seen to decode to it again.
pub(crate) fn vector<T>(name: &str, kind: &str, value: &T) -> Value
where
    T: ToJson + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let bytes = encode(value);
    assert_eq!(decode::<T>(&bytes, bytes.len()).as_ref(), Ok(value), "{name}");
    json!({ "name": name, "type": kind, "value": value.to_json(), "bytes": hex::encode(bytes) })
}

/// The vector with more fields.
pub(crate) fn with(mut vector: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().expect("an object") {
        vector[key] = value.clone();
    }
    vector
}

/// Keys, locks and addresses.
pub(crate) fn keys() -> Value {
    // SPEC K-1, K-3, K-4, K-5
    let key = |n: u8| {
        let secret = secret(n);
        json!({ "seed": hex::encode(secret.expose()), "public": secret.public().to_json() })
    };
    let lock = |(name, lock): (&str, coinage_protocol::Lock)| {
        let address = lock.address();
        let more = json!({ "address": address.to_json(), "text": address.to_string() });
        with(vector(name, "Lock", &lock), &more)
    };
    let locks =
        [("one key", self::lock(1)), ("another key", self::lock(2)), ("2 of 3", treasury())];
    json!({
        "keys": (1..=3).map(key).collect::<Vec<_>>(),
        "locks": locks.into_iter().map(lock).collect::<Vec<_>>(),
    })
}

/// The genesis, the chain id and block 0.
pub(crate) fn genesis_vectors() -> Value {
    genesis_of("the network of all vectors", &genesis())
}

/// A genesis, its chain id and its block 0.
pub(crate) fn genesis_of(name: &str, genesis: &Genesis) -> Value {
    // SPEC G-1, G-2, G-4, B-2, B-6
    let spec = ChainSpec::new(genesis.clone()).expect("in order");
    let more = json!({
        "chain_id": spec.chain().to_json(),
        "authorities_hash": spec.genesis_authorities().hash().to_json(),
        "state_root": spec.genesis_state().root().to_json(),
        "block_0": spec.genesis_header().header.to_json(),
        "block_0_bytes": hexed(&spec.genesis_header().header),
        "block_0_hash": spec.genesis_hash().to_json(),
    });
    with(vector(name, "Genesis", genesis), &more)
}

/// Actions, and transactions with ids and full hashes.
pub(crate) fn transaction_vectors() -> Value {
    // SPEC T-1, T-2, T-4
    let chain = *chain_spec().chain();
    let transaction = |(name, one): (&str, coinage_protocol::Transaction)| {
        let checked = coinage_protocol::CheckedTransaction::new(
            one.clone(),
            &chain,
            crate::samples::random(),
        );
        let checked = checked.expect(name);
        let more = json!({
            "id": checked.id().to_json(),
            "full_hash": checked.full_hash().to_json(),
            "required": one.body.required_witnesses().into_iter().collect::<Vec<_>>().to_json(),
        });
        with(vector(name, "Transaction", &one), &more)
    };
    let action = |(name, one): (&str, coinage_protocol::Action)| vector(name, "Action", &one);
    json!({
        "chain_id": chain.to_json(),
        "actions": actions().into_iter().map(action).collect::<Vec<_>>(),
        "transactions": transactions().into_iter().map(transaction).collect::<Vec<_>>(),
    })
}

/// State roots, and proofs of what is and is not there.
pub(crate) fn states() -> Value {
    // SPEC M-3, M-4
    let coin = Token {
        name: text("Coin"),
        decimals: 6,
        cap: None,
        issuer: Some(person(1)),
        supply: amount(60),
        charter: None,
    };
    let balance =
        |n, units| (Key::Balance(person(n), symbol("COIN")), Entry::Balance(amount(units)));
    let all =
        [balance(1, 10), balance(2, 20), balance(3, 30), (Key::Token(symbol("COIN")), coin.into())];
    let absent = [Key::Balance(person(4), symbol("COIN")), Key::Token(symbol("GOLD"))];
    let state = |count: usize| {
        let entries = all[..count].to_vec();
        let state = State::from_entries(entries.clone());
        let wanted = entries.iter().map(|(key, _)| *key).chain(absent);
        let proof = |key: Key| {
            let (proof, entry) = (state.prove(&key), state.get(&key));
            assert!(proof.proves_entry(&state.root(), &key, entry), "a proof proves");
            json!({
                "key": key.to_json(), "entry": entry.map_or(Value::Null, ToJson::to_json),
                "proof": proof.to_json(), "bytes": hexed(&proof),
            })
        };
        let proofs: Vec<_> = wanted.map(proof).collect();
        let entry = |(key, entry): &(Key, Entry)| {
            json!({
                "key": key.to_json(), "entry": entry.to_json(),
                "key_bytes": hexed(key), "entry_bytes": hexed(entry),
            })
        };
        let entries: Vec<_> = entries.iter().map(entry).collect();
        json!({ "entries": entries, "root": state.root().to_json(), "proofs": proofs })
    };
    json!([state(0), state(1), state(2), state(3), state(4)])
}

/// Transactions roots, and proofs that a transaction is in a block.
pub(crate) fn inclusion() -> Value {
    // SPEC M-1, M-2
    let root = |count: u8| {
        let leaves: Vec<_> =
            (0..count).map(|byte| coinage_protocol::FullHash::new([byte; 32])).collect();
        let root = transactions_root(&leaves);
        let proof = |position: usize| {
            let proof = InclusionProof::new(&leaves, position).expect("a leaf of the list");
            assert!(proof.proves(&leaves[position], &root), "a proof proves");
            vector(&format!("leaf {position} of {count}"), "InclusionProof", &proof)
        };
        let proofs: Vec<_> = (0..leaves.len()).map(proof).collect();
        json!({ "leaves": leaves.to_json(), "root": root.to_json(), "proofs": proofs })
    };
    Value::Array([0, 1, 2, 3, 4, 5, 7, 8].into_iter().map(root).collect())
}

/// Headers and blocks with their hashes.
pub(crate) fn blocks() -> Value {
    // SPEC B-1, B-2, B-5, B-7
    let spec = chain_spec();
    let block = |(name, block): (&str, coinage_protocol::Block)| {
        let header = &block.header.header;
        let more = json!({
            "header_bytes": hexed(header),
            "hash": header.hash(spec.chain()).to_json(),
            "leader": spec.genesis_authorities().leader(header.slot).to_json(),
            "time": spec.slot_time(header.slot).to_json(),
        });
        let checked =
            coinage_protocol::CheckedBlock::new(block.clone(), &spec, crate::samples::random());
        checked.expect(name);
        with(vector(name, "Block", &block), &more)
    };
    let full = transactions().into_iter().map(|(_, one)| one).collect();
    let paid = self::block(&spec, vec![payment()]);
    let votes = block_on(&spec, &paid, certificate(&spec, Phase::Vote, &paid));
    let commits = block_on(&spec, &votes, certificate(&spec, Phase::Commit, &paid));
    let blocks = [
        ("an empty block", self::block(&spec, vec![])),
        ("a block with one payment", paid),
        ("a block with every shape of transaction", self::block(&spec, full)),
        ("a block with the votes for its parent", votes),
        ("a block with the commits of the block before its parent", commits),
        ("a block that adds an authority", block_changing(&spec, addition(&spec))),
        ("a block that removes an authority", block_changing(&spec, removal(&spec))),
    ];
    json!({
        "chain_id": spec.chain().to_json(),
        "blocks": blocks.into_iter().map(block).collect::<Vec<_>>(),
    })
}

/// Vectors of what nodes say to each other.
pub(crate) fn messages() -> Value {
    // SPEC N-2, N-3, N-4, N-5, F-2, F-3
    let spec: ChainSpec = chain_spec();
    let sample = block(&spec, vec![payment()]);
    let id = payment().body.id(spec.chain());
    let status = Status {
        version: WIRE_VERSION,
        chain: *spec.chain(),
        genesis: spec.genesis_hash(),
        head: Tip {
            height: Height::new(1),
            slot: Slot::new(4),
            hash: sample.header.header.hash(spec.chain()),
        },
        time: spec.slot_time(Slot::new(4)) + 123,
        agent: text("coinage/0.1.0"),
        addresses: list(vec![text("/ip4/127.0.0.1/tcp/9600"), text("/dns/example.org/tcp/1")]),
    };
    let hashes = list(vec![some_hash(2), some_hash(1)]);
    let known = [
        (*secret(101).public().as_bytes(), EvidenceKind::Blocks),
        ([9; 32], EvidenceKind::Commits),
    ];
    let requests = [
        ("headers", Request::Headers { locator: hashes }),
        ("blocks", Request::Blocks { hashes: list(vec![some_hash(9)]) }),
        ("waiting from the start", Request::Waiting { after: None }),
        ("waiting after one", Request::Waiting { after: Some(id) }),
        ("transactions", Request::Transactions { ids: list(vec![id]) }),
        ("certificates", Request::Certificates),
        ("evidence, of none", Request::Evidence { known: list(vec![]) }),
        ("evidence besides two", Request::Evidence { known: list(known.into()) }),
        ("newest ballots", Request::Ballots { signer: *secret(101).public().as_bytes() }),
    ];
    let votes = certificate(&spec, Phase::Vote, &sample);
    let commits = certificate(&spec, Phase::Commit, &sample);
    let certified = block_on(&spec, &sample, votes.clone());
    let authorities = spec.genesis_authorities().hash();
    let named = |certificate| Box::new(NamedCertificate { authorities, certificate });
    let (votes, commits) = (named(votes), named(commits));
    let certificates = |votes, commits, change| Answer::Certificates { votes, commits, change };
    let newest = |vote, commit| Answer::Ballots { vote, commit };
    let [vote, commit] = [Phase::Vote, Phase::Commit].map(|phase| Box::new(ballot(phase, 101)));
    let [added, removed] = [addition(&spec), removal(&spec)].map(Box::new);
    let answers = [
        ("headers", Answer::Headers(list(vec![sample.header.clone()]))),
        ("no headers", Answer::Headers(list(vec![]))),
        ("headers with certificates", Answer::Headers(list(vec![certified.header]))),
        ("blocks", Answer::Blocks(list(vec![sample]))),
        ("waiting", Answer::Waiting(list(vec![id]))),
        ("transactions", Answer::Transactions(list(vec![payment()]))),
        ("busy", Answer::Busy),
        ("votes and commits", certificates(Some(votes.clone()), Some(commits.clone()), None)),
        ("votes alone", certificates(Some(votes), None, None)),
        ("commits and a removal", certificates(None, Some(commits), Some(removed))),
        ("an addition", certificates(None, None, Some(added))),
        ("no certificates", certificates(None, None, None)),
        ("evidence", Answer::Evidence(list(evidence::good().into()))),
        ("no evidence", Answer::Evidence(list(vec![]))),
        ("a newest vote and commit", newest(Some(vote), Some(commit.clone()))),
        ("a newest commit alone", newest(None, Some(commit))),
        ("no newest ballots", newest(None, None)),
    ];
    let mut all = vec![vector("status", "Status", &status)];
    all.push(vector("a batch", "TransactionBatch", &batch()));
    all.push(vector("a vote", "Ballot", &ballot(Phase::Vote, 101)));
    all.push(vector("a commit", "Ballot", &ballot(Phase::Commit, 103)));
    all.extend(requests.iter().map(|(name, one)| vector(name, "Request", one)));
    all.extend(answers.iter().map(|(name, one)| vector(name, "Answer", one)));
    Value::Array(all)
}

fn batch() -> coinage_protocol::TransactionBatch {
    list(transactions().into_iter().map(|(_, one)| one).collect())
}

/// Stories of tips that arrive one after the other, and the head after each.
pub(crate) fn fork_choice() -> Value {
    // SPEC C-1
    let tip = |height, slot, byte| Tip { height, slot, hash: some_hash(byte) };
    let stories = [
        (
            "the longer chain wins, however late its slots",
            vec![
                tip(Height::new(1), Slot::new(1), 9),
                tip(Height::new(2), Slot::new(2), 9),
                tip(Height::new(3), Slot::new(40), 200),
            ],
        ),
        (
            "equally long: the lower slot wins, whichever came first",
            vec![
                tip(Height::new(5), Slot::new(9), 1),
                tip(Height::new(5), Slot::new(8), 255),
                tip(Height::new(5), Slot::new(9), 0),
            ],
        ),
        (
            "the same slot: the lower hash wins, whichever came first",
            vec![
                tip(Height::new(5), Slot::new(9), 7),
                tip(Height::new(5), Slot::new(9), 6),
                tip(Height::new(5), Slot::new(9), 8),
            ],
        ),
        (
            "a shorter chain never wins",
            vec![tip(Height::new(6), Slot::new(60), 255), tip(Height::new(5), Slot::new(5), 0)],
        ),
        (
            "the same tip again changes nothing",
            vec![tip(Height::new(6), Slot::new(60), 3), tip(Height::new(6), Slot::new(60), 3)],
        ),
    ];
    let story = |(name, tips): (&str, Vec<Tip>)| {
        let mut head = tip(Height::new(0), Slot::new(0), 0);
        let step = |tip: &Tip| {
            if tip.is_better_than(&head) {
                head = *tip;
            }
            json!({ "arrives": tip.to_json(), "head": head.to_json() })
        };
        json!({ "name": name, "steps": tips.iter().map(step).collect::<Vec<_>>() })
    };
    Value::Array(stories.into_iter().map(story).chain(certified_stories()).collect())
}

/// Stories of tips on whose chains certificates stand.
fn certified_stories() -> Vec<Value> {
    // SPEC C-1, F-3
    let tip = |justified, height, slot, byte| {
        let tip = Tip { height: Height::new(height), slot: Slot::new(slot), hash: some_hash(byte) };
        (Slot::new(justified), tip)
    };
    let stories = [
        (
            "a newer certificate wins over any length",
            vec![tip(0, 9, 9, 1), tip(2, 3, 5, 9), tip(1, 100, 100, 0), tip(4, 2, 8, 200)],
        ),
        (
            "certificates of the same slot: the longer chain wins",
            vec![tip(3, 5, 9, 1), tip(3, 6, 30, 200), tip(3, 4, 5, 0)],
        ),
        (
            "the same certificate and height: the lower slot, then the lower hash",
            vec![tip(3, 5, 9, 5), tip(3, 5, 8, 7), tip(3, 5, 8, 6), tip(3, 5, 9, 0)],
        ),
        (
            "without a certificate nothing wins over one with",
            vec![tip(1, 2, 2, 5), tip(0, 7, 7, 0), tip(0, 8, 8, 0)],
        ),
    ];
    let story = |(name, tips): (&str, Vec<(Slot, Tip)>)| {
        let mut head = tip(0, 0, 0, 0);
        let shown = |(justified, tip): &(Slot, Tip)| {
            with(tip.to_json(), &json!({ "justified": justified.to_json() }))
        };
        let step = |tip: &(Slot, Tip)| {
            head = head.max(*tip);
            json!({ "arrives": shown(tip), "head": shown(&head) })
        };
        json!({ "name": name, "steps": tips.iter().map(step).collect::<Vec<_>>() })
    };
    stories.into_iter().map(story).collect()
}
