//! Flipped bytes, looked at row by row: what a damaged directory serves is what was written at the
//! head that it says it has, or an error, whether or not anybody verifies it first.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::damage::files;
use super::*;

/// Number of bytes that are flipped, each in a directory of its own, over all files together.
const FLIPS: usize = 400;
/// Time that one start may take that finds damage, with everything that it then serves.
const PATIENCE: Duration = Duration::from_secs(60);
/// KiB of address space for the test: more than the tests take together, and less than a misread
/// length asks for.
#[cfg(target_os = "linux")]
const ADDRESS_SPACE_KIB: u64 = 24 * 1024 * 1024;

/// All rows, as far as they can be read.
type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// A chain in every kind of file that there is: tables, large values beside them, a journal.
struct Sample {
    world: World,
    directory: tempfile::TempDir,
    /// Rows that are there at each height.
    truth: Vec<Rows>,
}

impl Sample {
    fn new() -> Self {
        let world = World::new("one");
        let directory = tempfile::tempdir().expect("a directory");
        let mut branch = world.genesis();
        world.extend_by(&mut branch, 12, 0);
        // Too large for a table.
        let many = (0..60).map(|salt| world.payment(&branch, 100 + salt, 1, 2, 1)).collect();
        world.extend(&mut branch, 0, many);
        let gold = world.creation(&branch, "GOLD", 1, 2);
        world.extend(&mut branch, 0, vec![gold]);
        world.extend_by(&mut branch, 6, 0);
        let storage = open(directory.path(), &world);
        let mut truth = vec![all(&storage).expect("sound")];
        for batch in branch.batches(1) {
            storage.write(&[batch]).expect("written");
            truth.push(all(&storage).expect("sound"));
            if truth.len() == 15 {
                storage.0.database.flush();
            }
        }
        drop(storage);
        // The next start cuts off what the journal had reserved.
        drop(open(directory.path(), &world));
        Self { world, directory, truth }
    }

    /// Opens a copy in which a file holds these bytes, and reads all that it serves; tells whether
    /// anything was noticed.
    fn judge(&self, file: &Path, bytes: &[u8], what: &str) -> bool {
        let copied = tempfile::tempdir().expect("a directory");
        copy(self.directory.path(), copied.path());
        fs::write(copied.path().join(file), bytes).expect("written");
        let begun = Instant::now();
        let noticed = match Storage::open(copied.path(), &self.world.spec) {
            Ok(storage) => self.judge_storage(&storage, what),
            Err(error) => {
                let said = error.to_string();
                let path = copied.path().display().to_string();
                assert!(said.contains(&path) && !said.contains("panic"), "{what}: {said}");
                true
            }
        };
        assert!(begun.elapsed() < PATIENCE, "{what}: {:?}", begun.elapsed());
        noticed
    }

    fn judge_storage(&self, storage: &Storage, what: &str) -> bool {
        let stored = storage.snapshot();
        let Ok(head) = stored.head() else { return true };
        let height = usize::try_from(head.height.get()).expect("small");
        // A journal whose end was torn is cut there: that is older, and whole.
        let truth = self.truth.get(height).unwrap_or_else(|| panic!("{what}: height {height}"));
        let mut noticed = height + 1 < self.truth.len();
        for (key, value) in truth {
            match stored.moment().bytes(key) {
                Ok(Some(found)) => assert_eq!(*found, **value, "{what}: {}", hex::encode(key)),
                Ok(None) => panic!("{what}: the row {} has gone", hex::encode(key)),
                Err(_) => noticed = true,
            }
        }
        match all(storage) {
            Ok(rows) => assert!(rows == *truth, "{what}: other rows than were written"),
            Err(_) => noticed = true,
        }
        noticed
    }
}

fn all(storage: &Storage) -> Result<Rows, StorageError> {
    let stored = storage.snapshot();
    let rows = stored.moment().range(Vec::new()..=vec![u8::MAX; 64]);
    rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec()))).collect()
}

/// Returns the most memory, in KiB, that this process ever asked for.
#[cfg(target_os = "linux")]
fn address_space_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("told");
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).expect("told");
    let number = line.trim().split(' ').next().and_then(|number| number.parse().ok());
    number.expect("a number")
}

#[test]
fn whatever_is_served_of_a_chain_with_a_flipped_byte_is_what_was_written() {
    let sample = Sample::new();
    let root = sample.directory.path();
    let files: Vec<PathBuf> = files(&root.join(directory::DATABASE));
    let named = |part: &str| files.iter().any(|file| file.to_string_lossy().contains(part));
    assert!(named("tables") && named("blobs") && named(".jnl"), "{files:?}");
    let mut noticed = 0;
    let mut flips = 0;
    for file in &files {
        let whole = fs::read(file).expect("read");
        let masks = [0x01, 0xff, 0x80, 0x10].into_iter().cycle();
        let each = (whole.len() / (FLIPS / files.len()).max(1)).max(1);
        for (at, mask) in (0..whole.len()).step_by(each).zip(masks) {
            let mut flipped = whole.clone();
            flipped[at] ^= mask;
            let relative = file.strip_prefix(root).expect("inside");
            let what = format!("{} at {at} of {}", relative.display(), whole.len());
            noticed += usize::from(sample.judge(relative, &flipped, &what));
            flips += 1;
        }
    }
    assert!(flips >= FLIPS / 2, "{flips}");
    assert!(noticed * 2 > flips, "{noticed} of {flips} were noticed");
    #[cfg(target_os = "linux")]
    assert!(address_space_kib() < ADDRESS_SPACE_KIB, "{} KiB", address_space_kib());
}

#[test]
fn a_marker_with_a_flipped_bit_or_a_part_of_one_loses_nothing() {
    let sample = Sample::new();
    let marker = Path::new(directory::MARKER);
    let whole = fs::read(sample.directory.path().join(marker)).expect("read");
    let tip = sample.truth.len() - 1;
    let mut refused = 0;
    let parts = (0..whole.len()).map(|cut| whole[..cut].to_vec());
    let flipped = (0..whole.len() * 8).step_by(3).map(|bit| {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let copied = tempfile::tempdir().expect("a directory");
    copy(sample.directory.path(), copied.path());
    for bytes in parts.step_by(4).chain(flipped) {
        fs::write(copied.path().join(marker), &bytes).expect("written");
        match Storage::open(copied.path(), &sample.world.spec) {
            Ok(storage) => {
                let head = storage.snapshot().head().expect("read");
                assert_eq!(head.height, tip as u64, "{}", String::from_utf8_lossy(&bytes));
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > whole.len(), "{refused}");
    fs::write(copied.path().join(marker), &whole).expect("written");
    let storage = open(copied.path(), &sample.world);
    assert!(all(&storage).expect("sound") == sample.truth[tip], "nothing was lost meanwhile");
}
