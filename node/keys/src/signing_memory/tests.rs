use std::fs;

use super::*;
use coinage_protocol::Slot;
use coinage_protocol::engine::StopCause;

const CHAIN: ChainId = ChainId::new([7; 32]);
/// The slot in which memories are opened.
const PRESENT: Slot = Slot::new(90);

/// A new memory, in a directory that lives as long as its test.
fn made() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("memory");
    SigningMemory::create(&path).expect("made");
    (directory, path)
}

fn open(path: &Path) -> Result<SigningMemory, KeyFileError> {
    SigningMemory::open(path, &CHAIN, PRESENT)
}

fn pledge(slot: u64) -> Pledge {
    let block = coinage_protocol::BlockHash::new([u8::try_from(slot % 251).expect("small"); 32]);
    Pledge { slot: Slot::new(slot), block: Some(block) }
}

fn voted(vote: u64, abandoned: u64, lock: u64, left: u64) -> VotingMemory {
    let [abandoned, left] = [abandoned, left].map(Slot::new);
    VotingMemory { last_vote: pledge(vote), abandoned, lock: pledge(lock), left }
}

#[test]
fn what_was_signed_outlives_the_process_and_what_lies_between_stays_free() {
    let (_directory, path) = made();
    let mut memory = open(&path).expect("opened");
    assert_eq!(memory.signed().last(), 0);
    for slot in [3, 4, 900] {
        memory.remember(Slot::new(slot)).expect("later");
        drop(memory);
        memory = open(&path).expect("opened");
        assert_eq!(memory.signed().last(), slot);
    }
    for slot in [3, 4, 900] {
        let refused = memory.remember(Slot::new(slot)).expect_err("signed before");
        assert!(matches!(refused, KeyFileError::AlreadySigned { .. }));
    }
    memory.remember(Slot::new(800)).expect("between");
    assert_eq!(fs::metadata(&path).expect("there").len(), 4096 + 1402);
}

#[test]
fn votes_and_commits_outlive_the_process_and_never_go_back() {
    // SPEC F-7
    let (_directory, path) = made();
    let mut memory = open(&path).expect("opened");
    assert_eq!(memory.voting(), VotingMemory::default());
    let known = voted(20, 7, 18, 3);
    memory.remember_voting(known).expect("later");
    memory.remember(Slot::new(21)).expect("beside it");
    drop(memory);
    let mut memory = open(&path).expect("opened");
    assert_eq!((memory.voting(), memory.signed().last()), (known, Slot::new(21)));
    let other = Pledge { block: Some(coinage_protocol::BlockHash::default()), ..pledge(20) };
    let none = Pledge { block: None, ..pledge(18) };
    for wrong in [
        voted(19, 7, 18, 3),
        voted(20, 6, 18, 3),
        voted(20, 7, 17, 3),
        voted(20, 7, 18, 2),
        voted(21, 6, 19, 4),
        VotingMemory { last_vote: other, ..known },
        VotingMemory { lock: none, ..known },
        VotingMemory::default(),
    ] {
        let refused = memory.remember_voting(wrong).expect_err("backwards");
        assert!(matches!(refused, KeyFileError::AlreadyVoted { .. }), "{refused}");
        assert_eq!(memory.voting(), known);
    }
    let largest = voted(u64::MAX, u64::MAX, u64::MAX, u64::MAX);
    memory.remember_voting(largest).expect("later");
    drop(memory);
    assert_eq!(open(&path).expect("opened").voting(), largest);
}

#[test]
fn a_write_torn_at_any_byte_leaves_the_slot_before_or_more() {
    // SPEC F-7
    let (_directory, path) = made();
    for slot in 1..4_u64 {
        let before = fs::read(&path).expect("read");
        open(&path).expect("opened").remember(Slot::new(slot)).expect("later");
        let after = fs::read(&path).expect("read");
        for cut in 0..after.len() {
            let torn = [&after[..cut], &before[cut..]].concat();
            fs::write(&path, &torn).expect("written");
            let found = open(&path).expect("one half is whole").signed().last();
            let expected = if torn == after {
                slot
            } else if torn == before {
                slot - 1
            } else {
                PRESENT.get()
            };
            assert_eq!(found, expected, "at {cut}");
        }
        fs::write(&path, &after).expect("written");
    }
}

/// A memory that signed, voted and committed twice, with all that it knows in its newer half.
fn used(path: &Path) -> VotingMemory {
    let mut memory = open(path).expect("opened");
    memory.remember(Slot::new(70)).expect("later");
    memory.remember_voting(voted(70, 12, 69, 3)).expect("later");
    memory.remember(Slot::new(74)).expect("later");
    memory.remember_voting(voted(74, 70, 73, 69)).expect("later");
    memory.voting()
}

#[test]
fn a_damaged_half_counts_everything_up_to_the_present_slot_as_signed() {
    // SPEC F-7
    let (_directory, path) = made();
    used(&path);
    let whole = fs::read(&path).expect("read");
    let halves = OFFSETS.map(|offset| usize::try_from(offset).expect("small"));
    for at in halves.into_iter().flat_map(|half| half..half + HALF_BYTES) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).expect("written");
        let mut memory = open(&path).expect("one half is whole");
        assert!(memory.is_damaged(), "{at}");
        assert_eq!(memory.voting(), VotingMemory::up_to(PRESENT), "{at}");
        assert!(memory.signed().contains(PRESENT) && memory.signed().contains(Slot::new(74)));
        assert!(memory.remember(PRESENT).is_err());
        assert_eq!(fs::read(&path).expect("read"), flipped, "nothing is written by looking");
        // A durable write takes its time: not after each byte.
        if at % 97 != 0 {
            continue;
        }
        memory.remember(Slot::new(91)).expect("later");
        drop(memory);
        let memory = open(&path).expect("both halves are whole");
        assert!(!memory.is_damaged(), "{at}");
        assert_eq!(memory.voting(), VotingMemory::up_to(PRESENT), "durable with what came first");
        assert!(memory.signed().contains(PRESENT));
    }
}

#[test]
fn a_half_that_says_nothing_any_more_is_damage_but_not_in_a_memory_that_was_never_used() {
    // SPEC F-7
    let (_directory, path) = made();
    let fresh = fs::read(&path).expect("read");
    used(&path);
    let whole = fs::read(&path).expect("read");
    for half in OFFSETS.map(|offset| usize::try_from(offset).expect("small")) {
        for (file, last) in [(&whole, 90), (&fresh, 90)] {
            let mut zeroed = file.clone();
            zeroed[half..half + HALF_BYTES].fill(0);
            fs::write(&path, &zeroed).expect("written");
            let memory = open(&path).expect("one half is whole");
            assert_eq!((memory.signed().last().get(), memory.is_damaged()), (last, true));
        }
    }
    let mut second = second_version(0, None, &[]);
    second.resize(4096 + 1206, 0);
    fs::write(&path, &second).expect("written");
    let memory = open(&path).expect("the first half alone, as it was made then");
    assert_eq!((memory.signed().last().get(), memory.is_damaged()), (0, false));
}

#[test]
fn what_is_known_is_kept_where_it_is_beyond_the_present_slot() {
    // SPEC F-7
    let (_directory, path) = made();
    let known = voted(200, 80, 100, 95);
    open(&path).expect("opened").remember_voting(known).expect("later");
    let mut torn = fs::read(&path).expect("read");
    torn[0] ^= 1;
    fs::write(&path, &torn).expect("written");
    let raised = VotingMemory { abandoned: PRESENT, ..known };
    assert_eq!(open(&path).expect("opened").voting(), raised);
    SigningMemory::recreate(&path, Slot::new(150), Lock::Kept).expect("made again");
    let lock = Pledge { slot: Slot::new(150), block: None };
    let raised = VotingMemory { abandoned: lock.slot, lock, left: lock.slot, ..known };
    assert_eq!(open(&path).expect("opened").voting(), raised);
}

#[test]
fn two_damaged_halves_are_no_memory() {
    let (_directory, path) = made();
    used(&path);
    let whole = fs::read(&path).expect("read");
    let halves = OFFSETS.map(|offset| usize::try_from(offset).expect("small"));
    for (one, other) in [(0, 0), (9, 17), (57, 60), (610, 700), (113, 113)] {
        let mut both = whole.clone();
        (both[halves[0] + one], both[halves[1] + other]) = (0x5a, 0xa5);
        fs::write(&path, &both).expect("written");
        let refused = open(&path).expect_err("both halves are damaged");
        assert!(matches!(refused, KeyFileError::MemoryDamaged { .. }), "{refused}");
    }
    fs::write(&path, &whole).expect("written");
    fs::remove_file(&path).expect("removed");
    SigningMemory::recreate(&path, Slot::new(150), Lock::Kept).expect("made again");
    let memory = open(&path).expect("opened");
    assert_eq!(memory.voting(), VotingMemory::up_to(Slot::new(150)));
    drop(memory);
    SigningMemory::recreate(&path, Slot::new(160), Lock::Released).expect("made again");
    let (lock, left) = (Pledge::default(), Slot::default());
    let released = VotingMemory { lock, left, ..VotingMemory::up_to(Slot::new(160)) };
    assert_eq!(open(&path).expect("opened").voting(), released);
}

#[test]
fn bytes_that_are_no_memory_are_an_error_and_no_panic() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("memory");
    for bytes in [&b""[..], b"coinmem1", &[0; 4210], &[255; 9000]] {
        fs::write(&path, bytes).expect("written");
        let refused = open(&path).expect_err("no memory");
        assert!(matches!(refused, KeyFileError::MemoryDamaged { .. }), "{refused}");
    }
}

/// The first bytes of a half that the second version wrote after it had signed slots 1 to 22; zeros
/// follow, and the complement of all 603 bytes.
const SECOND_VERSION: &str = "\
    636f696e6d656d32160000000000000001ebd08f95000e44c259fccaea086ce95f9b75dfb02f9fe9\
    aac6aa077f8288699a00000000000000000000000000000000000000000000000000000000000000\
    0000000000000000000001010000000000000016";

/// A half as the second version wrote it.
fn second_version(number: u8, chain: Option<&ChainId>, stretches: &[u64]) -> Vec<u8> {
    let mut record = b"coinmem2".to_vec();
    record.extend([number, 0, 0, 0, 0, 0, 0, 0, u8::from(chain.is_some())]);
    record.extend(chain.map_or([0; 32], |chain| *chain.as_bytes()));
    record.resize(90, 0);
    record.push(u8::try_from(stretches.len() / 2).expect("few"));
    record.extend(stretches.iter().flat_map(|slot| slot.to_le_bytes()));
    record.resize(603, 0);
    let complement: Vec<_> = record.iter().map(|byte| !byte).collect();
    [record, complement].concat()
}

#[test]
fn a_memory_of_the_second_version_still_opens_and_its_key_has_never_voted() {
    // SPEC F-7
    let mut written = hex::decode(SECOND_VERSION).expect("digits");
    written.resize(603, 0);
    let chain = ChainId::new(*written[17..].first_chunk().expect("32 bytes"));
    let complement: Vec<_> = written.iter().map(|byte| !byte).collect();
    let newer = [written, complement].concat();
    assert_eq!(newer, second_version(22, Some(&chain), &[1, 22]), "as it was written then");
    let older = second_version(21, Some(&chain), &[1, 21]);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("memory");
    let mut file = newer;
    file.resize(4096, 0);
    file.extend(older);
    fs::write(&path, &file).expect("written");
    let mut memory = SigningMemory::open(&path, &chain, PRESENT).expect("opened");
    assert_eq!((memory.signed().last().get(), memory.is_damaged()), (22, false));
    assert_eq!(memory.voting(), VotingMemory::default());
    memory.remember_voting(voted(23, 0, 0, 0)).expect_err("no lock that was never set");
    let first = VotingMemory { last_vote: pledge(23), ..VotingMemory::default() };
    memory.remember_voting(first).expect("later");
    drop(memory);
    let memory = SigningMemory::open(&path, &chain, PRESENT).expect("one of each version");
    assert_eq!((memory.signed().last().get(), memory.is_damaged()), (22, false));
    assert_eq!(memory.voting(), first);
    drop(memory);
    file[603] ^= 1;
    fs::write(&path, &file).expect("written");
    let memory = SigningMemory::open(&path, &chain, PRESENT).expect("one half is whole");
    assert_eq!(memory.voting(), VotingMemory::up_to(PRESENT));
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
    let mut memory = open(&path).expect("opened");
    assert_eq!(*memory.signed(), SignedSlots::up_to(Slot::new(74)));
    memory.remember(Slot::new(78)).expect("later");
    drop(memory);
    let memory = open(&path).expect("opened");
    assert_eq!(*memory.signed(), SignedSlots::up_to(Slot::new(78)));
}

#[test]
fn another_signer_or_a_conflict_stops_the_key_until_the_operator_has_acted() {
    // SPEC C-5, F-12
    for cause in [StopCause::Twin, StopCause::Conflict] {
        stops_for(cause);
    }
}

fn stops_for(cause: StopCause) {
    let (_directory, path) = made();
    let mut memory = open(&path).expect("bound");
    memory.remember(Slot::new(70)).expect("later");
    memory.remember(Slot::new(50_000)).expect("far ahead");
    let hash = coinage_protocol::BlockHash::new([9; 32]);
    let stop = Stop { cause, slot: Slot::new(72), hash };
    memory.stop(stop).expect("written");
    assert!(memory.remember(Slot::new(74)).is_err());
    assert!(memory.remember_voting(voted(75, 0, 74, 0)).is_err(), "nor does it vote");
    drop(memory);
    let mut memory = open(&path).expect("opened");
    assert_eq!(memory.stopped(), Some(stop));
    assert!(memory.remember(Slot::new(74)).is_err());
    drop(memory);
    SigningMemory::recreate(&path, Slot::new(140), Lock::Kept).expect("the operator acts");
    let mut memory = open(&path).expect("opened");
    assert_eq!(memory.stopped(), None);
    assert!(
        memory.remember(Slot::new(140)).is_err() && memory.remember(Slot::new(50_000)).is_err()
    );
    memory.remember(Slot::new(141)).expect("free");
}

#[test]
fn a_memory_that_was_deleted_or_replaced_under_its_owner_remembers_nothing_more() {
    let (directory, path) = made();
    let mut memory = open(&path).expect("opened");
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
