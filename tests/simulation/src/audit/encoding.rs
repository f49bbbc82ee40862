//! SPEC E, H and M once more, by hand.

use coinage_protocol::{
    Address, AuthorityChange, AuthorityStep, Certificate, Header, Phase, Signature, Symbol, encode,
};
use sha2::{Digest as _, Sha256};

use crate::model::{Charted, Model, ModelToken, Stand, folded};

pub(crate) type Hash = [u8; 32];

/// SPEC H-1
pub(crate) fn tagged(tag: u8, parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new().chain_update(b"coinage").chain_update([tag]);
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// SPEC B-1, B-2
pub(super) fn block_hash(chain: &Hash, header: &Header) -> Hash {
    let mut bytes = header.version.to_le_bytes().to_vec();
    bytes.extend(header.height.get().to_le_bytes());
    bytes.extend(header.slot.get().to_le_bytes());
    bytes.extend(header.previous.as_bytes());
    bytes.extend(header.transactions_root.as_bytes());
    bytes.extend(header.state_root.as_bytes());
    bytes.extend(header.authorities.as_bytes());
    bytes.extend(certificate(header.certificate.as_ref()));
    bytes.extend(change(header.next_authorities.as_ref()));
    tagged(13, &[chain, &bytes])
}

/// SPEC B-5, F-3
fn certificate(certificate: Option<&Certificate>) -> Vec<u8> {
    let Some(one) = certificate else { return vec![0] };
    let phase: u32 = match one.phase {
        Phase::Vote => 0,
        Phase::Commit => 1,
    };
    let mut bytes = vec![1];
    bytes.extend(phase.to_le_bytes());
    bytes.extend(one.slot.get().to_le_bytes());
    bytes.extend(one.block.as_bytes());
    bytes.extend(signatures(&one.signatures));
    bytes
}

/// SPEC B-11
fn change(change: Option<&AuthorityChange>) -> Vec<u8> {
    let Some(one) = change else { return vec![0] };
    let mut bytes = vec![1];
    bytes.extend(one.authorities.as_bytes());
    bytes.extend(one.follows.as_bytes());
    bytes.extend(step(&one.step));
    bytes.extend(signatures(&one.signatures));
    bytes.push(u8::from(one.newcomer.is_some()));
    bytes.extend(one.newcomer.iter().flat_map(|signature| *signature.as_bytes()));
    bytes
}

/// SPEC B-11
pub(super) fn step(step: &AuthorityStep) -> Vec<u8> {
    let (kind, key): (u32, _) = match step {
        AuthorityStep::Add { key } => (0, key),
        AuthorityStep::Remove { key } => (1, key),
    };
    [&kind.to_le_bytes()[..], key.as_bytes()].concat()
}

/// SPEC F-3: turns of signers, and what they signed.
fn signatures(signatures: &[(u8, Signature)]) -> Vec<u8> {
    let mut bytes = (signatures.len() as u64).to_le_bytes().to_vec();
    for (place, signature) in signatures {
        bytes.push(*place);
        bytes.extend(signature.as_bytes());
    }
    bytes
}

/// SPEC M-1
pub(super) fn merkle_root(leaves: &[Hash]) -> Hash {
    let count = u32::try_from(leaves.len()).expect("a block holds few").to_le_bytes();
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        let join = |pair: &[Hash]| match pair {
            [left, right] => tagged(6, &[left, right]),
            alone => alone[0],
        };
        level = level.chunks(2).map(join).collect();
    }
    tagged(7, &[&count, level.first().unwrap_or(&[0; 32])])
}

/// SPEC M-3
pub(crate) fn state_root(model: &Model) -> Hash {
    let amount = |kind: u32, ((address, token), units): (&(Address, Symbol), &u128)| {
        let key = [&kind.to_le_bytes()[..], address.as_bytes(), &text(token.as_str())].concat();
        let value = [&0_u32.to_le_bytes()[..], &units.to_le_bytes()].concat();
        (tagged(8, &[&key]), tagged(9, &[&value]))
    };
    let token = |(token, record): (&Symbol, &ModelToken)| {
        let key = [&1_u32.to_le_bytes()[..], &text(token.as_str())].concat();
        (tagged(8, &[&key]), tagged(9, &[&token_bytes(record)]))
    };
    let mut leaves: Vec<(Hash, Hash)> = model.balances.iter().map(|one| amount(0, one)).collect();
    leaves.extend(model.tokens.iter().map(token));
    leaves.extend(model.deposits.iter().map(|one| amount(2, one)));
    leaves.extend(model.charters.iter().flat_map(|(token, one)| charter_leaves(*token, one)));
    if model.folds {
        leaves.extend(model.tokens.keys().map(|token| {
            let value = [&7_u32.to_le_bytes()[..], &text(token.as_str())].concat();
            leaf(7, &text(&folded(*token)), &value)
        }));
    }
    leaves.sort_unstable();
    subtree(&leaves, 0)
}

fn leaf(kind: u32, key: &[u8], value: &[u8]) -> (Hash, Hash) {
    let key = [&kind.to_le_bytes()[..], key].concat();
    (tagged(8, &[&key]), tagged(9, &[value]))
}

/// The leaves of a charter and of what was done by it (SPEC M-3).
fn charter_leaves(token: Symbol, one: &Charted) -> Vec<(Hash, Hash)> {
    let name = text(token.as_str());
    let of = |place: u8| [&name[..], &[place]].concat();
    let charter = [3_u32.to_le_bytes().to_vec(), encode(&*one.parts)].concat();
    let mut leaves = vec![leaf(3, &name, &charter)];
    leaves.extend(one.used.iter().map(|(place, row)| {
        let mut value = 4_u32.to_le_bytes().to_vec();
        value.extend(row.period.to_le_bytes());
        [row.used, row.total, row.base].iter().for_each(|one| value.extend(one.to_le_bytes()));
        leaf(4, &of(*place), &value)
    }));
    leaves.extend(one.amended.iter().map(|(place, (before, after, from))| {
        let mut value = 5_u32.to_le_bytes().to_vec();
        [before, after].iter().for_each(|one| value.extend(one.to_le_bytes()));
        value.extend(from.to_le_bytes());
        leaf(5, &of(*place), &value)
    }));
    leaves.extend(one.standings.iter().map(|(address, standing)| {
        let key = [address.as_bytes(), &name[..]].concat();
        leaf(6, &key, &standing_bytes(standing))
    }));
    leaves
}

fn standing_bytes(standing: &Stand) -> Vec<u8> {
    let mut bytes = 6_u32.to_le_bytes().to_vec();
    match standing.role {
        None => bytes.push(0),
        Some(role) => bytes.extend([1, role.0]),
    }
    bytes.push(u8::from(standing.frozen));
    bytes.extend(standing.next_claim.to_le_bytes());
    bytes.extend(standing.owed.to_le_bytes());
    bytes.extend((standing.used.len() as u64).to_le_bytes());
    for (place, (period, units)) in &standing.used {
        bytes.push(*place);
        bytes.extend(period.to_le_bytes());
        bytes.extend(units.to_le_bytes());
    }
    bytes
}

fn subtree(leaves: &[(Hash, Hash)], bit: usize) -> Hash {
    match leaves {
        [] => [0; 32],
        [(key, value)] => tagged(10, &[key, value]),
        several => {
            let is_zero = |(key, _): &(Hash, Hash)| (key[bit / 8] >> (7 - bit % 8)) & 1 == 0;
            let (zeros, ones) = several.split_at(several.partition_point(is_zero));
            tagged(11, &[&subtree(zeros, bit + 1), &subtree(ones, bit + 1)])
        }
    }
}

fn token_bytes(record: &ModelToken) -> Vec<u8> {
    let kind = if record.charter.is_some() { 2_u32 } else { 1 };
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(text(&record.name));
    bytes.push(record.decimals);
    if let Some(charter) = record.charter {
        bytes.extend(record.supply.to_le_bytes());
        bytes.extend(record.issued.to_le_bytes());
        bytes.extend(charter);
        return bytes;
    }
    match record.capped {
        None => bytes.push(0),
        Some(cap) => bytes.extend([&[1], &cap.to_le_bytes()[..]].concat()),
    }
    match &record.issuer {
        None => bytes.push(0),
        Some(issuer) => bytes.extend([&[1], &issuer.as_bytes()[..]].concat()),
    }
    bytes.extend(record.supply.to_le_bytes());
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}
