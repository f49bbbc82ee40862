//! Feeds bytes that libFuzzer makes up to one of the formats that the node reads, within its share
//! of memory.
//!
//! `COINAGE_FUZZ_TARGET` names the target; everything else is libFuzzer's. See `scripts/fuzz`.
#![no_main]

use std::alloc::System;
use std::sync::OnceLock;

use cap::Cap;
use coinage::fuzz_targets::{TARGETS, Target};

/// Ends the process when more than the limit is allocated: libFuzzer's own limit needs a sanitizer.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes that an input may take at any time for each of its own: a value of JSON takes 32 for two
/// characters, lists grow by doubling, and a text is compared with what it was read as.
const MEMORY_PER_BYTE: usize = 256;
/// Bytes besides, whatever the input: tables that are made at the first use are not among them.
const MEMORY_BESIDES: usize = 256 * 1024;

static CHOSEN: OnceLock<&Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: choose(), |bytes: &[u8]| run(bytes));

fn choose() {
    let name = std::env::var("COINAGE_FUZZ_TARGET").unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
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

fn run(bytes: &[u8]) {
    let target = CHOSEN.get().expect("chosen at the start");
    let room = MEMORY_BESIDES + MEMORY_PER_BYTE * bytes.len();
    MEMORY.set_limit(MEMORY.allocated() + room).expect("above what is allocated");
    (target.run)(bytes);
    MEMORY.set_limit(usize::MAX).expect("above what is allocated");
}
