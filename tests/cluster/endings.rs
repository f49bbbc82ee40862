//! Each number that a command can end with, by a real cause.

use coinage_tests::program::{Desk, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;

/// Command to pay more than anybody has; the node keeps it in case somebody gives it to them.
const TOO_MUCH: &str = "send 999999999 COIN bob --from alice";

#[test]
fn every_documented_exit_code_has_a_cause_that_provokes_it() {
    let desk = Desk::new(PROGRAM);
    let net = "devnet --dir net --nodes 1 --slot 250ms --base-port 0 --detach --json";
    let said = desk.run(&net.split(' ').collect::<Vec<_>>());
    let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
    let node = envelope["data"]["nodes"][0]["api"].as_str().expect("up").to_owned();
    let run = |line: &str| -> Said {
        let mut command = desk.command(&line.split(' ').collect::<Vec<_>>());
        command.env("COINAGE_NODE", &node).env("COINAGE_PASSWORD", "a password");
        desk.finish(command)
    };
    std::fs::write(desk.path("wrong"), "not the password\n").expect("written");
    let lines = [
        (0, "wallet new ann".to_owned()),
        (1, "genesis show nothing.json".into()),
        (2, "send five COIN bob --from alice".into()),
        (2, "fly".into()),
        (3, "wallet remove ann".into()),
        (4, format!("{TOO_MUCH} --park --timeout 1s")),
        (5, "chain info --node http://127.0.0.1:9".into()),
        (6, "block show 999999999".into()),
        (7, TOO_MUCH.into()),
        (8, "wallet show nobody".into()),
        (8, "wallet export ann --secret --password-file wrong".into()),
        (8, "wallet password ann".into()),
        (9, format!("{TOO_MUCH} --park --expires-in 2s")),
    ];
    for (code, line) in &lines {
        let said = run(line);
        assert_eq!(said.code, *code, "{line}: {said:?}");
        let json = run(&format!("{line} --json"));
        let envelope: Value = serde_json::from_str(&json.out).expect("an envelope");
        // A wallet is new only once.
        let code = if line.starts_with("wallet new") { 8 } else { *code };
        assert_eq!(json.code, code, "{line}: {json:?}");
        assert_eq!(envelope["success"], Value::Bool(code == 0), "{line}: {json:?}");
    }
    let help = desk.run(&["--help"]).out;
    for (code, _) in lines {
        assert!(help.contains(&format!("{code} ")), "{code} is not documented: {help}");
    }
}

#[test]
fn who_interrupts_a_payment_is_told_its_id_and_that_its_outcome_is_not_known() {
    let desk = Desk::new(PROGRAM);
    let net = "devnet --dir net --nodes 1 --slot 250ms --base-port 0 --detach --json";
    let said = desk.run(&net.split(' ').collect::<Vec<_>>());
    let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
    let node = envelope["data"]["nodes"][0]["api"].as_str().expect("up").to_owned();
    let command = |line: &str| {
        let mut command = desk.command(&line.split(' ').collect::<Vec<_>>());
        command.env("COINAGE_NODE", &node);
        command
    };
    for (signal, json) in [("INT", ""), ("TERM", " --json")] {
        let mut paying = desk.begin(command(&format!("{TOO_MUCH} --park{json}")));
        paying.wait_for("sending ");
        let said = paying.said();
        let id = said.split("sending ").nth(1).and_then(|rest| rest.get(..64)).expect("an id");
        // The node has it before anybody is impatient.
        eventually("the node has it", || desk.finish(command(&format!("tx show {id}"))).code == 0);
        let mut waiting = desk.begin(command(&format!("tx wait {id}{json}")));
        let taken = std::path::PathBuf::from(format!("/proc/{}/status", waiting.pid()));
        eventually("it listens for signals", || {
            let status = std::fs::read_to_string(&taken).expect("it runs");
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t"));
            let caught = caught.and_then(|mask| u64::from_str_radix(mask, 16).ok());
            // SIGINT is 2 and SIGTERM 15; each has the bit below its number.
            caught.is_some_and(|mask| mask & 0x4002 == 0x4002)
        });
        for running in [&mut paying, &mut waiting] {
            running.signal(signal);
            assert_eq!(running.wait(), 4, "{}", running.said());
            running.wait_for("transaction.outcome_unknown");
            running.wait_for(&format!("coinage tx wait {id}"));
        }
    }
}

#[test]
fn whatever_seals_a_key_seals_it_as_strongly_as_a_new_wallet() {
    let desk = Desk::beside(PROGRAM);
    let phrase = ["abandon"; 23].join(" ") + " art";
    let files =
        [("secret", "07".repeat(32)), ("next", "another password".into()), ("phrase", phrase)];
    for (name, text) in files {
        std::fs::write(desk.path(name), text).expect("written");
    }
    let lines = [
        "wallet new w",
        "wallet import i --secret-file secret",
        "wallet restore r --phrase-file phrase",
        "wallet password w --new-password-file next",
    ];
    for line in lines {
        let mut command = desk.command(&line.split(' ').collect::<Vec<_>>());
        command.env("COINAGE_PASSWORD", "a password");
        let said = desk.finish(command);
        assert_eq!(said.code, 0, "{line}: {said:?}");
        let name = line.split(' ').nth(2).expect("a name");
        let files = find(&desk.path("home"), &format!("{name}.json"));
        let [file] = files.as_slice() else { panic!("{line}: {files:?}") };
        let text = std::fs::read_to_string(file).expect("read").replace([' ', '\n'], "");
        let cost = text.split("\"log_n\":").nth(1).and_then(|rest| rest.get(..2));
        assert_eq!(cost, Some("17"), "{line}: {text}");
    }
}

/// The files of this name in a directory, however deep.
fn find(directory: &std::path::Path, name: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let found = entries.map(|entry| entry.expect("readable").path()).flat_map(|path| {
        let inside = if path.is_dir() { find(&path, name) } else { Vec::new() };
        let own = path.ends_with(name).then_some(path);
        inside.into_iter().chain(own)
    });
    found.collect()
}
