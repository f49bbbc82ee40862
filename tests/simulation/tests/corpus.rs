//! Every input that fuzzing has kept goes through its target again: what was learnt stays learnt,
//! and the targets stay in step with the program.

#[path = "../../fuzz/src/targets/mod.rs"]
#[expect(unreachable_pub, reason = "there, it is the library of the fuzzer")]
mod targets;

use std::fs;
use std::path::Path;

use self::targets::{DECODERS, NODES};

#[test]
fn every_kept_input_keeps_every_promise() {
    // SPEC E-1, E-2
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut names: Vec<_> = DECODERS.iter().chain(&NODES).map(|target| target.name).collect();
    names.sort_unstable();
    let directories = fs::read_dir(&corpus).expect("the corpus is there");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("ASCII");
    let mut kept: Vec<_> = directories.map(|entry| name(entry.expect("readable"))).collect();
    kept.sort_unstable();
    assert_eq!(kept, names, "a directory for each target");
    for target in DECODERS.iter().chain(&NODES) {
        let mut inputs = 0;
        for entry in fs::read_dir(corpus.join(target.name)).expect("a directory") {
            let file = entry.expect("readable").path();
            eprintln!("{}", file.display());
            (target.run)(&fs::read(&file).expect("readable"));
            inputs += 1;
        }
        assert!(inputs > 0, "{} has no input", target.name);
    }
}
