use std::fs;

use super::*;
use coinage_protocol::Slot;

const CHAIN: ChainId = ChainId::new([7; 32]);

/// A new memory, in a directory that lives as long as its test.
fn made() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("memory");
    SigningMemory::create(&path).expect("made");
    (directory, path)
}

#[test]
fn what_was_signed_outlives_the_process_and_what_lies_between_stays_free() {
    let (_directory, path) = made();
    let mut memory = SigningMemory::open(&path, &CHAIN).expect("opened");
    assert_eq!(memory.signed().last(), 0);
    for slot in [3, 4, 900] {
        memory.remember(Slot::new(slot)).expect("later");
        drop(memory);
        memory = SigningMemory::open(&path, &CHAIN).expect("opened");
        assert_eq!(memory.signed().last(), slot);
    }
    for slot in [3, 4, 900] {
        let refused = memory.remember(Slot::new(slot)).expect_err("signed before");
        assert!(matches!(refused, KeyFileError::AlreadySigned { .. }));
    }
    memory.remember(Slot::new(800)).expect("between");
    assert_eq!(fs::metadata(&path).expect("there").len(), 4096 + 1206);
}

#[test]
fn a_write_torn_at_any_byte_leaves_the_slot_before_or_the_slot_after() {
    let (_directory, path) = made();
    SigningMemory::open(&path, &CHAIN).expect("bound");
    for slot in 1..4_u64 {
        let before = fs::read(&path).expect("read");
        SigningMemory::open(&path, &CHAIN)
            .expect("opened")
            .remember(Slot::new(slot))
            .expect("later");
        let after = fs::read(&path).expect("read");
        for cut in 0..after.len() {
            let torn = [&after[..cut], &before[cut..]].concat();
            fs::write(&path, &torn).expect("written");
            let found = SigningMemory::open(&path, &CHAIN).expect("one half is whole");
            let whole = torn == after;
            assert_eq!(found.signed().last(), if whole { slot } else { slot - 1 }, "at {cut}");
        }
        fs::write(&path, &after).expect("written");
    }
}

#[test]
fn a_flipped_bit_never_gives_a_slot_that_was_not_signed_for() {
    let (_directory, path) = made();
    let mut memory = SigningMemory::open(&path, &CHAIN).expect("bound");
    memory.remember(Slot::new(70)).expect("later");
    memory.remember(Slot::new(71)).expect("later");
    drop(memory);
    let whole = fs::read(&path).expect("read");
    let halves = OFFSETS.map(|offset| usize::try_from(offset).expect("small"));
    let mut before = 0;
    for at in halves.into_iter().flat_map(|half| half..half + HALF_BYTES) {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            fs::write(&path, &flipped).expect("written");
            let found = SigningMemory::open(&path, &CHAIN).expect("one half is whole");
            assert!(
                [70, 71].contains(&found.signed().last().get()),
                "{} at {at}",
                found.signed().last()
            );
            before += usize::from(found.signed().last() == 70);
        }
    }
    assert_eq!(before, HALF_BYTES * 8, "each bit of the newest half counts");
    for (one, other) in [(0, 0), (9, 17), (57, 60), (113, 113)] {
        let mut both = whole.clone();
        (both[halves[0] + one], both[halves[1] + other]) = (0x5a, 0xa5);
        fs::write(&path, &both).expect("written");
        let refused = SigningMemory::open(&path, &CHAIN).expect_err("both halves are damaged");
        assert!(matches!(refused, KeyFileError::MemoryDamaged { .. }), "{refused}");
    }
}

#[test]
fn bytes_that_are_no_memory_are_an_error_and_no_panic() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("memory");
    for bytes in [&b""[..], b"coinmem1", &[0; 4210], &[255; 9000]] {
        fs::write(&path, bytes).expect("written");
        let refused = SigningMemory::open(&path, &CHAIN).expect_err("no memory");
        assert!(matches!(refused, KeyFileError::MemoryDamaged { .. }), "{refused}");
    }
}

/// A half as the first version wrote it.
fn first_version(number: u64, slot: Slot, chain: &ChainId) -> Vec<u8> {
    let mut record = b"coinmem1".to_vec();
    record.extend(number.to_le_bytes());
    record.extend(slot.get().to_le_bytes());
    record.push(1);
    record.extend(chain.as_bytes());
    let complement: Vec<_> = record.iter().map(|byte| !byte).collect();
    [record, complement].concat()
}

#[test]
fn a_memory_of_the_first_version_still_opens_and_keeps_what_it_knew() {
    // SPEC C-5
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("memory");
    let mut old = first_version(6, Slot::new(70), &CHAIN);
    old.resize(4096, 0);
    old.extend(first_version(7, Slot::new(74), &CHAIN));
    fs::write(&path, &old).expect("written");
    let mut memory = SigningMemory::open(&path, &CHAIN).expect("opened");
    assert_eq!(*memory.signed(), SignedSlots::up_to(Slot::new(74)));
    memory.remember(Slot::new(78)).expect("later");
    drop(memory);
    let memory = SigningMemory::open(&path, &CHAIN).expect("opened");
    assert_eq!(*memory.signed(), SignedSlots::up_to(Slot::new(78)));
}

#[test]
fn another_signer_stops_the_key_until_the_operator_has_acted() {
    // SPEC C-5
    let (_directory, path) = made();
    let mut memory = SigningMemory::open(&path, &CHAIN).expect("bound");
    memory.remember(Slot::new(70)).expect("later");
    memory.remember(Slot::new(50_000)).expect("far ahead");
    let twin = Twin { slot: Slot::new(72), hash: coinage_protocol::BlockHash::new([9; 32]) };
    memory.stop(twin).expect("written");
    assert!(memory.remember(Slot::new(74)).is_err());
    drop(memory);
    let mut memory = SigningMemory::open(&path, &CHAIN).expect("opened");
    assert_eq!(memory.twin(), Some(twin));
    assert!(memory.remember(Slot::new(74)).is_err());
    drop(memory);
    SigningMemory::recreate(&path, Slot::new(140)).expect("the operator acts");
    let mut memory = SigningMemory::open(&path, &CHAIN).expect("opened");
    assert_eq!(memory.twin(), None);
    assert!(
        memory.remember(Slot::new(140)).is_err() && memory.remember(Slot::new(50_000)).is_err()
    );
    memory.remember(Slot::new(141)).expect("free");
}

#[test]
fn a_memory_that_was_deleted_or_replaced_under_its_owner_remembers_nothing_more() {
    let (directory, path) = made();
    let mut memory = SigningMemory::open(&path, &CHAIN).expect("opened");
    memory.remember(Slot::new(3)).expect("later");
    let copy = directory.path().join("copy");
    fs::rename(&path, &copy).expect("moved");
    let refused = |memory: &mut SigningMemory| {
        matches!(memory.remember(Slot::new(4)), Err(KeyFileError::Replaced { .. }))
    };
    assert!(refused(&mut memory), "nothing is there");
    fs::copy(&copy, &path).expect("copied");
    assert!(refused(&mut memory), "a copy is another file");
    fs::rename(&copy, &path).expect("back");
    memory.remember(Slot::new(4)).expect("the same file");
}
