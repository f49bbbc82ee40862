//! The record in a half of a signing memory, and its bytes.
//!
//! | offset | bytes | what                                                             |
//! |--------|-------|------------------------------------------------------------------|
//! | 0      | 8     | `coinmem2`                                                       |
//! | 8      | 8     | number of the write; all numbers are little-endian               |
//! | 16     | 1     | 1 if bound to a chain, or else 0                                 |
//! | 17     | 32    | the chain id, or zeros                                           |
//! | 49     | 1     | 1 if another signer was seen, or else 0                          |
//! | 50     | 40    | the slot and the hash of its block, or zeros                     |
//! | 90     | 1     | how many stretches of slots follow                               |
//! | 91     | 512   | the first and the last slot of each, from the lowest; then zeros |
//! | 603    | 603   | the complement of all this                                       |
//!
//! Memories of the first version (`coinmem1`) are still read: number, last slot, bound, chain, and
//! the complement of these 57 bytes. Every slot up to the last counts as signed.

use coinage_protocol::engine::Twin;
use coinage_protocol::{BlockHash, ChainId, STRETCHES_MAX, SignedSlots, Slot};

const MAGIC: &[u8; 8] = b"coinmem2";
const RECORD_BYTES: usize = 91 + STRETCHES_MAX * 16;
/// Bytes of a half.
pub(super) const HALF_BYTES: usize = 2 * RECORD_BYTES;
const FIRST_MAGIC: &[u8; 8] = b"coinmem1";
const FIRST_RECORD_BYTES: usize = 57;

/// The record of what a key has signed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Record {
    /// The number of the write.
    pub(super) number: u64,
    pub(super) chain: Option<ChainId>,
    pub(super) twin: Option<Twin>,
    pub(super) signed: SignedSlots,
}

impl Record {
    pub(super) fn half(&self) -> [u8; HALF_BYTES] {
        let mut bytes = Vec::with_capacity(HALF_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.push(u8::from(self.chain.is_some()));
        bytes.extend_from_slice(&self.chain.map_or([0; 32], |chain| *chain.as_bytes()));
        bytes.push(u8::from(self.twin.is_some()));
        let (slot, hash) =
            self.twin.map_or((0, [0; 32]), |twin| (twin.slot.get(), *twin.hash.as_bytes()));
        bytes.extend_from_slice(&slot.to_le_bytes());
        bytes.extend_from_slice(&hash);
        bytes.push(u8::try_from(self.signed.stretches().len()).unwrap_or(u8::MAX));
        for stretch in self.signed.stretches() {
            bytes.extend_from_slice(&stretch.start().get().to_le_bytes());
            bytes.extend_from_slice(&stretch.end().get().to_le_bytes());
        }
        let mut half = [0; HALF_BYTES];
        let (record, complement) = half.split_at_mut(RECORD_BYTES);
        for (to, from) in record.iter_mut().zip(bytes) {
            *to = from;
        }
        for (to, from) in complement.iter_mut().zip(record.iter()) {
            *to = !*from;
        }
        half
    }

    pub(super) fn parse(half: &[u8; HALF_BYTES]) -> Option<Self> {
        if half.starts_with(FIRST_MAGIC) {
            return Self::parse_first(half);
        }
        let twin =
            Twin { slot: Slot::new(number(half, 50)?), hash: BlockHash::new(bytes(half, 58)?) };
        let parsed = Self {
            number: number(half, 8)?,
            chain: flag(half, 16)?.then_some(ChainId::new(bytes(half, 17)?)),
            twin: flag(half, 49)?.then_some(twin),
            signed: stretches(half)?,
        };
        // Whatever else a bit may have been: what was written is written so.
        (parsed.half() == *half).then_some(parsed)
    }

    fn parse_first(half: &[u8; HALF_BYTES]) -> Option<Self> {
        let record = half.get(..FIRST_RECORD_BYTES)?;
        let complement = half.get(FIRST_RECORD_BYTES..2 * FIRST_RECORD_BYTES)?;
        let whole = record.iter().zip(complement).all(|(one, other)| *one == !*other);
        let chain = flag(half, 24)?.then_some(ChainId::new(bytes(half, 25)?));
        let signed = SignedSlots::up_to(Slot::new(number(half, 16)?));
        whole.then_some(Self { number: number(half, 8)?, chain, twin: None, signed })
    }

    /// Returns the number by which two records are ordered: the later write counts.
    pub(super) fn order(&self) -> u64 {
        self.number
    }
}

fn stretches(half: &[u8; HALF_BYTES]) -> Option<SignedSlots> {
    let count = usize::from(*half.get(90)?);
    let ends =
        (0..count).map(|nth| Some((number(half, 91 + nth * 16)?, number(half, 99 + nth * 16)?)));
    let ends: Vec<_> = ends.collect::<Option<_>>()?;
    SignedSlots::from_stretches(ends.into_iter().map(|(from, to)| Slot::new(from)..=Slot::new(to)))
}

fn flag(half: &[u8; HALF_BYTES], at: usize) -> Option<bool> {
    match half.get(at)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn number(half: &[u8; HALF_BYTES], at: usize) -> Option<u64> {
    bytes(half, at).map(u64::from_le_bytes)
}

fn bytes<const N: usize>(half: &[u8; HALF_BYTES], at: usize) -> Option<[u8; N]> {
    half.get(at..)?.first_chunk().copied()
}
