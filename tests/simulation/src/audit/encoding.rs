//! SPEC E, H and M once more, by hand.

use coinage_protocol::{Address, Header, Symbol};
use sha2::{Digest as _, Sha256};

use crate::model::{Model, ModelToken};

pub(super) type Hash = [u8; 32];

/// SPEC H-1
pub(super) fn tagged(tag: u8, parts: &[&[u8]]) -> Hash {
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
    bytes.extend([0, 0]);
    tagged(13, &[chain, &bytes])
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
pub(super) fn state_root(model: &Model) -> Hash {
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
    leaves.sort_unstable();
    subtree(&leaves, 0)
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
    let mut bytes = 1_u32.to_le_bytes().to_vec();
    bytes.extend(text(&record.name));
    bytes.push(record.decimals);
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
