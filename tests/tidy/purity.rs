//! Purity of the protocol: nothing beneath it looks at a clock, a file, a socket or the machine.
//!
//! The compiler proves it of the protocol itself, which is `no_std`. One of its libraries is not
//! (bincode), so there is no target without std to build it for; their sources are read instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::sources::top;

/// Calls with which a library would reach the world outside.
const REACHES: [&str; 14] = [
    "SystemTime::now",
    "Instant::now",
    "File::open",
    "File::create",
    "fs::read",
    "fs::write",
    "OpenOptions::new",
    "TcpStream::connect",
    "TcpListener::bind",
    "UdpSocket::bind",
    "thread::spawn",
    "env::var",
    "Command::new",
    "stdin()",
];

/// Runs cargo without a network, and returns what it printed.
fn cargo(arguments: &[&str]) -> String {
    let asked = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(top())
        .output()
        .expect("cargo runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8(asked.stdout).expect("UTF-8")
}

/// The packages that run inside the protocol, each as name and version: no macros, no tools.
fn within_the_protocol() -> BTreeSet<(String, String)> {
    let edges = "normal,no-proc-macro";
    let tree = cargo(&["tree", "-p", "coinage-protocol", "-e", edges, "--prefix", "none"]);
    let package = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    tree.lines().filter_map(package).collect()
}

/// The places in a library's sources that reach outside; comments and tests are left out.
fn reaching(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("sources can be read") {
        let path = entry.expect("sources can be read").path();
        if path.is_dir() && !path.ends_with("tests") {
            reaching(&path, found);
        }
        if path.extension().is_some_and(|one| one == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let program = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = program.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for reach in REACHES.iter().filter(|reach| line.contains(**reach)) {
                    found.push(format!("{}: {reach}", path.display()));
                }
            }
        }
    }
}

#[test]
fn nothing_beneath_the_protocol_reaches_outside() {
    let within = within_the_protocol();
    assert!(within.len() > 20, "{within:?}");
    // Only what is built here: packages of other systems may not have been fetched.
    let version = cargo(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a system");
    let arguments = ["metadata", "--format-version", "1", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&cargo(&arguments)).expect("JSON");
    let field = |package: &Value, name: &str| package[name].as_str().unwrap_or("").to_owned();
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let packages: Vec<_> = packages
        .filter(|one| within.contains(&(field(one, "name"), field(one, "version"))))
        .collect();
    assert_eq!(packages.len(), within.len());
    let mut found = Vec::new();
    for package in packages {
        let manifest = field(package, "manifest_path");
        let sources = Path::new(&manifest).with_file_name("src");
        if sources.is_dir() {
            reaching(&sources, &mut found);
        }
    }
    let mut elsewhere = Vec::new();
    reaching(&top().join("node/files/src"), &mut elsewhere);
    assert!(!elsewhere.is_empty(), "what works with files is noticed");
    super::none(found, "the protocol is a function of its inputs");
}
