//! The targets that need an engine.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: coinage_fuzz::choose(&coinage_fuzz::targets::NODES),
    |bytes: &[u8]| coinage_fuzz::run(bytes)
);
