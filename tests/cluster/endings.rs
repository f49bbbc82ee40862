//! Each number that a command can end with, by a real cause.

use coinage_tests::program::{Desk, Said};
use serde_json::Value;

use crate::PROGRAM;

/// Nobody has so much; the node keeps it in case somebody gives it to them.
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
        (1, format!("tx wait {} --for final", "00".repeat(32))),
        (2, "send five COIN bob --from alice".into()),
        (2, "fly".into()),
        (3, "wallet remove ann".into()),
        (4, format!("{TOO_MUCH} --park --timeout 1s")),
        (5, "chain info --node http://127.0.0.1:9".into()),
        (6, "block show 999999999".into()),
        (7, TOO_MUCH.into()),
        (8, "wallet show nobody".into()),
        (8, "wallet export ann --password-file wrong".into()),
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
