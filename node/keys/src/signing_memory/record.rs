//! The record in a half of a signing memory, and its bytes.
//!
//! | offset | bytes | what                                                             |
//! |--------|-------|------------------------------------------------------------------|
//! | 0      | 8     | `coinmem3`                                                       |
//! | 8      | 8     | number of the write; all numbers are little-endian               |
//! | 16     | 1     | 1 if bound to a chain, or else 0                                 |
//! | 17     | 32    | the chain id, or zeros                                           |
//! | 49     | 1     | why signing has stopped: 1 for another signer, 2 for a conflict  |
//! |        |       | of two quorums; 0 if it has not                                  |
//! | 50     | 40    | the slot and the hash of the block that showed it, or zeros      |
//! | 90     | 1     | how many stretches of slots follow                               |
//! | 91     | 512   | the first and the last slot of each, from the lowest; then zeros |
//! | 603    | 41    | the last vote: its slot, 1 if its block is known or else 0, and  |
//! |        |       | the block's hash, or zeros                                       |
//! | 644    | 8     | slot of the last vote that was left for another branch           |
//! | 652    | 41    | the lock, as the last vote                                       |
//! | 693    | 8     | slot of the last lock that was left for another branch           |
//! | 701    | 701   | the complement of all this                                       |
//!
//! Memories of older versions are still read; their keys have never voted. The second (`coinmem2`)
//! ended before the last vote, with the complement of these 603 bytes. The first (`coinmem1`) had
//! number, last slot, bound, chain, and the complement of these 57 bytes: every slot up to the last
//! counts as signed.

use coinage_protocol::engine::{Stop, StopCause};
use coinage_protocol::{
    BlockHash, ChainId, Pledge, STRETCHES_MAX, SignedSlots, Slot, VotingMemory,
};

const MAGIC: &[u8; 8] = b"coinmem3";
const VOTING_AT: usize = 91 + STRETCHES_MAX * 16;
const RECORD_BYTES: usize = VOTING_AT + 98;
/// Bytes of a half.
pub(super) const HALF_BYTES: usize = 2 * RECORD_BYTES;
const SECOND_MAGIC: &[u8; 8] = b"coinmem2";
const SECOND_RECORD_BYTES: usize = VOTING_AT;
const FIRST_MAGIC: &[u8; 8] = b"coinmem1";
const FIRST_RECORD_BYTES: usize = 57;

/// The record of what a key has signed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Record {
    /// The number of the write.
    pub(super) number: u64,
    pub(super) chain: Option<ChainId>,
    pub(super) stop: Option<Stop>,
    pub(super) signed: SignedSlots,
    pub(super) voting: VotingMemory,
}

impl Record {
    pub(super) fn half(&self) -> [u8; HALF_BYTES] {
        let record = self.bytes();
        let mut half = [0; HALF_BYTES];
        for (to, from) in half.iter_mut().zip(record.iter().copied().chain(complement(&record))) {
            *to = from;
        }
        half
    }

    fn bytes(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.push(u8::from(self.chain.is_some()));
        bytes.extend_from_slice(&self.chain.map_or([0; 32], |chain| *chain.as_bytes()));
        bytes.push(self.stop.map_or(0, |stop| match stop.cause {
            StopCause::Twin => 1,
            StopCause::Conflict => 2,
        }));
        let (slot, hash) =
            self.stop.map_or((0, [0; 32]), |stop| (stop.slot.get(), *stop.hash.as_bytes()));
        bytes.extend_from_slice(&slot.to_le_bytes());
        bytes.extend_from_slice(&hash);
        bytes.push(u8::try_from(self.signed.stretches().len()).unwrap_or(u8::MAX));
        for stretch in self.signed.stretches() {
            bytes.extend_from_slice(&stretch.start().get().to_le_bytes());
            bytes.extend_from_slice(&stretch.end().get().to_le_bytes());
        }
        bytes.resize(VOTING_AT, 0);
        let VotingMemory { last_vote, abandoned, lock, left } = self.voting;
        for (pledge, before) in [(last_vote, abandoned), (lock, left)] {
            bytes.extend_from_slice(&pledge.slot.get().to_le_bytes());
            bytes.push(u8::from(pledge.block.is_some()));
            bytes.extend_from_slice(&pledge.block.map_or([0; 32], |block| *block.as_bytes()));
            bytes.extend_from_slice(&before.get().to_le_bytes());
        }
        let mut record = [0; RECORD_BYTES];
        for (to, from) in record.iter_mut().zip(bytes) {
            *to = from;
        }
        record
    }

    pub(super) fn parse(half: &[u8; HALF_BYTES]) -> Option<Self> {
        if half.starts_with(FIRST_MAGIC) {
            return Self::parse_first(half);
        }
        let (slot, hash) = (Slot::new(number(half, 50)?), BlockHash::new(bytes(half, 58)?));
        let cause = match half.get(49)? {
            0 => None,
            1 => Some(StopCause::Twin),
            2 => Some(StopCause::Conflict),
            _ => return None,
        };
        let is_second = half.starts_with(SECOND_MAGIC);
        let voting = if is_second { VotingMemory::default() } else { voting(half)? };
        let parsed = Self {
            number: number(half, 8)?,
            chain: flag(half, 16)?.then_some(ChainId::new(bytes(half, 17)?)),
            stop: cause.map(|cause| Stop { cause, slot, hash }),
            signed: stretches(half)?,
            voting,
        };
        // Whatever else a bit may have been: what was written is written so.
        let is_as_written = if is_second {
            let mut record = parsed.bytes();
            record[..MAGIC.len()].copy_from_slice(SECOND_MAGIC);
            is_whole(half, &record[..SECOND_RECORD_BYTES])
        } else {
            parsed.half() == *half
        };
        is_as_written.then_some(parsed)
    }

    fn parse_first(half: &[u8; HALF_BYTES]) -> Option<Self> {
        let chain = flag(half, 24)?.then_some(ChainId::new(bytes(half, 25)?));
        let signed = SignedSlots::up_to(Slot::new(number(half, 16)?));
        let parsed = Self { number: number(half, 8)?, chain, signed, ..Self::default() };
        is_whole(half, half.get(..FIRST_RECORD_BYTES)?).then_some(parsed)
    }

    /// Checks whether a half that was never written is no damage beside this one: older versions
    /// began with one half.
    pub(super) fn is_alone(&self, half: &[u8; HALF_BYTES]) -> bool {
        self.number == 0 && !half.starts_with(MAGIC)
    }

    /// Returns the number by which two records are ordered: the later write counts.
    pub(super) fn order(&self) -> u64 {
        self.number
    }
}

fn complement(record: &[u8]) -> impl Iterator<Item = u8> + '_ {
    record.iter().map(|byte| !*byte)
}

/// Checks whether a half is this record and its complement.
fn is_whole(half: &[u8], record: &[u8]) -> bool {
    let written = record.iter().copied().chain(complement(record));
    half.iter().copied().take(2 * record.len()).eq(written)
}

fn voting(half: &[u8; HALF_BYTES]) -> Option<VotingMemory> {
    let pledge = |at: usize| {
        let block = flag(half, at + 8)?.then_some(BlockHash::new(bytes(half, at + 9)?));
        Some(Pledge { slot: Slot::new(number(half, at)?), block })
    };
    let (vote, lock) = (VOTING_AT, VOTING_AT + 49);
    let slot_before = |at: usize| number(half, at + 41).map(Slot::new);
    Some(VotingMemory {
        last_vote: pledge(vote)?,
        abandoned: slot_before(vote)?,
        lock: pledge(lock)?,
        left: slot_before(lock)?,
    })
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
