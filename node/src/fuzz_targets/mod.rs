//! Fuzz targets for what the node reads from files, sockets and people: each takes any bytes and
//! panics if the program breaks a promise.
//!
//! For `tests/fuzz/formats`; the inputs that it has kept go through them in the tests below.

mod answers;
mod json;
mod typed;

/// A fuzz target: a way to take bytes.
#[derive(Debug)]
pub struct Target {
    /// Name of the target, here and in the corpus.
    pub name: &'static str,
    /// Function that takes the bytes. Panics if a promise is broken.
    pub run: fn(&[u8]),
}

/// Every format that the node reads, the protocol's own apart.
pub const TARGETS: [Target; 14] = [
    Target { name: "submission", run: coinage_server::fuzz_targets::submission },
    Target { name: "genesis_file", run: json::genesis },
    Target { name: "proof_file", run: json::proof },
    Target { name: "receipt_file", run: json::receipt },
    Target { name: "transaction_files", run: json::documents },
    Target { name: "amount", run: typed::amount },
    Target { name: "invite", run: typed::invite },
    Target { name: "typed", run: typed::typed },
    Target { name: "config_file", run: coinage_server::fuzz_targets::config },
    Target { name: "wallet_file", run: coinage_wallet::fuzz_targets::file },
    Target { name: "key_files", run: coinage_keys::fuzz_targets::files },
    Target { name: "devnet", run: coinage_devnet::fuzz_targets::socket_and_files },
    Target { name: "answer_of_a_node", run: answers::answer },
    Target { name: "stream_of_events", run: answers::stream },
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_kept_input_keeps_every_promise() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/formats/corpus");
        let directories = fs::read_dir(&corpus).expect("the corpus is there");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("ASCII");
        let mut kept: Vec<_> = directories.map(|entry| name(entry.expect("readable"))).collect();
        kept.sort_unstable();
        let mut names = TARGETS.map(|target| target.name);
        names.sort_unstable();
        assert_eq!(kept, names, "a directory for each target");
        for target in &TARGETS {
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
}
