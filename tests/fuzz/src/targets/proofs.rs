//! Proofs of what a block or a state holds: nobody can make a false one (SPEC M-2, M-4).

use std::sync::LazyLock;

use coinage_protocol::{
    Address, Entry, FullHash, InclusionProof, Key, State, StateProof, encode, transactions_root,
};
use coinage_simulation::fixtures::{coin, units};

use super::canonical::canonical;

/// Bytes of the largest proof: 256 partners, and a leaf.
const PROOF_BYTES_MAX: usize = 8 + 256 * 32 + 1 + 64;
/// Number of leaves of the largest list.
const LEAVES_MAX: u8 = 20;
/// Number of owners in the state; of any other key it can only be proved that it is not there.
const OWNERS: u8 = 24;

static STATE: LazyLock<State> = LazyLock::new(|| {
    let entry = |number| (owner(number), Entry::Balance(units(u128::from(number) + 1)));
    State::from_entries((0..OWNERS).map(entry))
});

/// The first two bytes say what is to be proved; the others are the proof, or what is changed in
/// an honest one.
pub(super) fn proofs(bytes: &[u8]) {
    let Some(([kind, which], rest)) = bytes.split_first_chunk() else { return };
    let edits = (kind & 2 != 0).then_some(rest);
    if kind & 1 == 0 {
        let count = which % LEAVES_MAX + 1;
        let leaves: Vec<_> = (0..count).map(|number| FullHash::new([number; 32])).collect();
        let position = usize::from(which / LEAVES_MAX);
        let honest = InclusionProof::new(&leaves, position).map(|proof| encode(&proof));
        let edited = edits.zip(honest).map(|(edits, honest)| edited(honest, edits));
        inclusion(&leaves, edited.as_deref().unwrap_or(rest));
    } else {
        let honest = encode(&STATE.prove(&owner(*which)));
        let edited = edits.map(|edits| edited(honest, edits));
        in_state(*which, edited.as_deref().unwrap_or(rest));
    }
}

/// An honest proof of which some bytes are others: a place, a number of bytes, what to put there.
fn edited(mut honest: Vec<u8>, edits: &[u8]) -> Vec<u8> {
    if let Some(([low, high, count], put)) = edits.split_first_chunk() {
        let at = usize::from(u16::from_le_bytes([*low, *high])) % (honest.len() + 1);
        let end = honest.len().min(at + usize::from(*count));
        honest.splice(at..end, put.iter().copied());
    }
    honest
}

fn inclusion(leaves: &[FullHash], bytes: &[u8]) {
    let Some(proof) = canonical::<InclusionProof>(bytes, PROOF_BYTES_MAX) else { return };
    let root = transactions_root(leaves);
    for (leaf, position) in leaves.iter().zip(0..) {
        let honest = InclusionProof::new(leaves, position).expect("a leaf is there");
        assert_eq!(proof.proves(leaf, &root), honest == proof, "one proof for each leaf");
    }
    assert!(!proof.proves(&FullHash::new([LEAVES_MAX; 32]), &root), "a leaf that is not there");
}

fn in_state(which: u8, bytes: &[u8]) {
    let Some(proof) = canonical::<StateProof>(bytes, PROOF_BYTES_MAX) else { return };
    let (key, root) = (owner(which), STATE.root());
    let (there, other) = (STATE.get(&key), Entry::Balance(units(1_000)));
    for claim in [None, there, Some(&other)] {
        let proves = proof.proves_entry(&root, &key, claim);
        assert_eq!(proves, claim == there && proof == STATE.prove(&key), "one proof for each key");
    }
}

fn owner(number: u8) -> Key {
    Key::Balance(Address::new([number; 32]), coin())
}
