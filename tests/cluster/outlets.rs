//! Outlets and inlets of a node that are not as they should be: its log, and its files.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use coinage_tests::cluster::get;
use coinage_tests::program::{Desk, eventually};
use serde_json::Value;

use crate::PROGRAM;

const NODE: &str = "node run --no-discovery --genesis village.json --data data --authority-key \
                    village.key --api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0 --heartbeat 250ms";

fn village() -> Desk {
    let desk = Desk::new(PROGRAM);
    let words = "genesis new --name village --slot 250ms --new-authority village.key --out \
                 village.json";
    assert_eq!(desk.run(&words.split_whitespace().collect::<Vec<_>>()).code, 0);
    desk
}

fn node(desk: &Desk, more: &[&str]) -> Command {
    // What an earlier process said.
    let _stale = std::fs::remove_file(desk.path("data/addresses.json"));
    let words: Vec<_> = NODE.split_whitespace().chain(more.iter().copied()).collect();
    let mut command = desk.command(&words);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn height(desk: &Desk) -> Option<u64> {
    let text = std::fs::read(desk.path("data/addresses.json")).ok()?;
    let addresses: Value = serde_json::from_slice(&text).ok()?;
    let status = get(&format!("{}/v1/status", addresses["api"].as_str()?))?.body;
    status["head"]["height"].as_str()?.parse().ok()
}

/// Waits for some more blocks, and ends the process as Ctrl-C does.
fn writes_blocks(desk: &Desk, mut child: std::process::Child, what: &str) {
    eventually(&format!("blocks with {what}"), || {
        let ended = child.try_wait().expect("its state");
        assert!(ended.is_none(), "{what}: it ended with {ended:?}");
        height(desk).is_some()
    });
    let before = height(desk).expect("it answers");
    eventually(&format!("more blocks with {what}"), || height(desk) >= Some(before + 4));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    let ended = child.wait().expect("its end");
    assert_eq!(ended.code(), Some(0), "{what}");
}

#[test]
fn a_node_whose_log_cannot_be_written_goes_on() {
    let desk = village();
    let full = File::options().write(true).open("/dev/full").expect("there is one");
    let child = node(&desk, &[]).stderr(full).spawn().expect("it runs");
    writes_blocks(&desk, child, "a full disk");

    let mut child = node(&desk, &[]).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut first = [0; 16];
    let mut reader = child.stderr.take().expect("a pipe");
    reader.read_exact(&mut first).expect("it says something");
    drop(reader);
    writes_blocks(&desk, child, "a reader that is gone");

    // Far more than a pipe holds; nobody takes it.
    let mut command = node(&desk, &["--log", "trace"]);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
    let reader = child.stderr.take();
    writes_blocks(&desk, child, "a reader that has stopped");
    drop(reader);
}

/// A command that is to end by itself, with the error that it gives.
fn ends(desk: &Desk, words: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "60", PROGRAM]).args(words).current_dir(desk.path(""));
    command.env("COINAGE_HOME", desk.path("home")).env("COINAGE_PASSWORD", "a password");
    let said = desk.finish(command);
    assert!(said.code > 0, "{words:?}: {said:?}");
    assert!(said.err.contains("error: ") && !said.err.contains("panicked"), "{words:?}: {said:?}");
    said.err
}

/// The files under a directory.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn nothing_that_stands_in_the_place_of_a_file_keeps_a_command_waiting() {
    let desk = village();
    let child = node(&desk, &[]).stderr(Stdio::null()).spawn().expect("it runs");
    writes_blocks(&desk, child, "all in order");
    let mut wallet = desk.command(&["wallet", "new", "ann"]);
    wallet.env("COINAGE_PASSWORD", "a password");
    assert_eq!(desk.finish(wallet).code, 0);
    std::fs::write(desk.path("node.toml"), "data = 'data'\n").expect("written");

    let run: Vec<_> = NODE.split_whitespace().collect();
    let verify = ["node", "verify", "--data", "data"];
    let config = ["node", "run", "--config", "node.toml"];
    let export = ["wallet", "export", "ann", "--secret", "--no-input"];
    let own = [
        ("data/coinage.json", &verify[..]),
        ("data/genesis.json", &verify[..]),
        ("data/node.key", &run[..]),
        ("village.json", &run[..]),
        ("village.key", &run[..]),
        ("village.key.memory", &run[..]),
        ("node.toml", &config[..]),
        ("home/wallets/ann.json", &export[..]),
    ];
    own.into_iter().for_each(|(name, words)| nobody_waits(&desk, &desk.path(name), words));
    // Those of the database are as the last start has left them.
    assert_eq!(desk.run(&verify).code, 0);
    let chain = files(&desk.path("data/chain"));
    assert!(chain.len() > 4, "{chain:?}");
    chain.iter().for_each(|path| nobody_waits(&desk, path, &verify));
    assert_eq!(desk.run(&verify).code, 0);
}

/// A command ends with an error, whatever stands in the place of a file that it needs.
fn nobody_waits(desk: &Desk, path: &Path, words: &[&str]) {
    let aside = desk.path("aside");
    std::fs::rename(path, &aside).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for kind in ["endless", "pipe", "directory"] {
        match kind {
            "endless" => std::os::unix::fs::symlink("/dev/zero", path).expect("linked"),
            "pipe" => {
                let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
                assert!(made.success());
            }
            _ => std::fs::create_dir(path).expect("made"),
        }
        ends(desk, words);
        if kind == "directory" {
            std::fs::remove_dir(path).expect("removed");
        } else {
            std::fs::remove_file(path).expect("removed");
        }
    }
    std::fs::rename(&aside, path).expect("moved back");
}

/// Script to type in a name space of its own, with a disk of its own that is full to the last byte.
const FULL: &str = r#"
mkdir -p small
mount -t tmpfs -o size=$2m tmpfs small
cp -a village.json village.key village.key.memory small/
cd small
words="--no-discovery --genesis village.json --data data --authority-key village.key"
words="$words --heartbeat 0s --api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0"
if [ "$1" = later ]; then
    "$0" node run $words 2>../log &
    node=$!
    until grep -q block.produced ../log; do sleep 0.05; done
    head -c 1000000000 /dev/zero >rest || true
    wait $node || code=$?
else
    head -c 1000000000 /dev/zero >rest || true
    "$0" node run $words 2>../log || code=$?
fi
cat ../log
exit $code
"#;

#[test]
fn a_full_disk_is_called_by_its_name_whenever_it_is_met() {
    let desk = village();
    // The memory of the key is there from its making.
    for (when, mib) in [("first", "8"), ("later", "160")] {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", FULL, PROGRAM, when, mib]).current_dir(desk.path(""));
        let said = desk.finish(command);
        let last = said.out.lines().rfind(|line| line.starts_with("error: "));
        let last = last.unwrap_or_else(|| panic!("{when}: {said:?}"));
        assert!(last.to_lowercase().contains("no space"), "{when}: {last}");
        assert!(!said.out.contains("panicked"), "{when}: {said:?}");
    }
}
