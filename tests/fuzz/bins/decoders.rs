//! The decoders, in a program of their own: the fewer edges there are to look at, the faster it is.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: coinage_fuzz::choose(&coinage_fuzz::targets::DECODERS),
    |bytes: &[u8]| coinage_fuzz::run(bytes)
);
