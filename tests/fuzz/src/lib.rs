//! Feeds bytes that libFuzzer makes up to one of the [targets], within its share of memory.
//!
//! `COINAGE_FUZZ_TARGET` names the target; everything else is libFuzzer's. See `scripts/fuzz`.

use std::alloc::System;
use std::sync::OnceLock;

use cap::Cap;

use self::targets::Target;

pub mod targets;

/// Ends the process when more than the limit is allocated: libFuzzer's own limit needs a sanitizer.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes that an input may take at any time for each of its own: values are larger in memory, lists
/// grow by doubling, and both the value and its encoding exist at once.
const MEMORY_PER_BYTE: usize = 64;
/// Bytes besides, whatever the input: those a forged length may cost, and what checks need.
const MEMORY_FOR_DECODER: usize = 128 * 1024;
/// Bytes besides, for rows of the own disk, of which serde alone sets aside 1 MiB.
const MEMORY_FOR_STORED: usize = 2 * 1024 * 1024;
/// Bytes besides, for a whole node.
const MEMORY_FOR_ENGINE: usize = 64 * 1024 * 1024;

static CHOSEN: OnceLock<&Target> = OnceLock::new();

/// Chooses the target that the environment names, and makes it ready by a run that does not count.
pub fn choose(targets: &'static [Target]) {
    let name = std::env::var("COINAGE_FUZZ_TARGET").unwrap_or_default();
    let Some(target) = targets.iter().find(|target| target.name == name) else {
        let names: Vec<_> = targets.iter().map(|target| target.name).collect();
        eprintln!("COINAGE_FUZZ_TARGET must be one of: {}", names.join(" "));
        std::process::exit(2);
    };
    (target.run)(&[]);
    CHOSEN.get_or_init(|| target);
    // Whoever tells of a panic may take more memory than the input that caused it.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        MEMORY.set_limit(usize::MAX).expect("above what is allocated");
        tell(panic);
    }));
}

/// Gives these bytes to the chosen target.
///
/// # Panics
///
/// If a promise is broken, or none was chosen. More memory than the share ends the process.
pub fn run(bytes: &[u8]) {
    let target = CHOSEN.get().expect("chosen at the start");
    let besides = match target.name {
        "engine" => MEMORY_FOR_ENGINE,
        "stored" => MEMORY_FOR_STORED,
        _ => MEMORY_FOR_DECODER,
    };
    let room = besides + MEMORY_PER_BYTE * bytes.len();
    MEMORY.set_limit(MEMORY.allocated() + room).expect("above what is allocated");
    (target.run)(bytes);
    MEMORY.set_limit(usize::MAX).expect("above what is allocated");
}
