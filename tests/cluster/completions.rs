//! Completions: what a shell is told when somebody presses Tab.

use coinage_tests::program::{Desk, Said};
use serde_json::Value;

use crate::PROGRAM;

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// Asks as the script of fish does: the words so far, the last of which is begun.
fn offered(desk: &Desk, node: &str, words: &[&str]) -> Vec<String> {
    let mut command = desk.command(&[&["--", "coinage"], words].concat());
    command.env("COMPLETE", "fish").env("COINAGE_NODE", node);
    let said: Said = desk.finish(command);
    assert_eq!(said.code, 0, "{said:?}");
    let first = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    said.out.lines().map(first).collect()
}

#[test]
fn names_of_wallets_tokens_and_nodes_are_offered_where_they_are_meant() {
    let desk = Desk::new(PROGRAM);
    let net = "devnet --dir net --nodes 2 --slot 250ms --base-port 0 --detach --json";
    let said = desk.run(&net.split(' ').collect::<Vec<_>>());
    let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
    let node = envelope["data"]["nodes"][0]["api"].as_str().expect("up").to_owned();
    let mut new = desk.command(&["wallet", "new", "alma"]);
    new.env("COINAGE_PASSWORD", "a password").env("COINAGE_NODE", &node);
    assert_eq!(desk.finish(new).code, 0);
    let offers = |words: &[&str]| offered(&desk, &node, words);

    assert_eq!(offers(&["send", "5", "C"]), ["COIN"]);
    assert_eq!(offers(&["send", "5", "COIN", "bob", "--from", "al"]), ["alma", "alice"]);
    assert_eq!(offers(&["balance", "ca"]), ["carol"]);
    assert_eq!(offers(&["tx", "sign", "file", "--from", "b"]), ["bob"]);
    assert_eq!(offers(&["token", "show", ""])[0], "COIN");
    assert_eq!(offers(&["devnet", "--dir", "net", "kill", ""])[..2], ["n1", "n2"]);
    assert!(offers(&["tx", ""]).contains(&"merge".to_owned()));

    // Without a node, one's own wallets are there all the same, and nothing hangs.
    let nobody = "http://127.0.0.1:9";
    assert_eq!(offered(&desk, nobody, &["balance", "a"]), ["alma"]);
    assert_eq!(offered(&desk, nobody, &["token", "show", "C"]), [""; 0]);
}

#[test]
fn every_shell_gets_a_script_and_bash_completes_with_it() {
    let desk = Desk::new(PROGRAM);
    for shell in SHELLS {
        let said = desk.run(&["completions", shell]);
        assert!(said.code == 0 && said.out.contains("coinage"), "{shell}: {said:?}");
    }
    let script = desk.run(&["completions", "bash"]).out;
    std::fs::write(desk.path("script"), script).expect("written");
    std::os::unix::fs::symlink(PROGRAM, desk.path("coinage")).expect("linked");
    let asks = "source ./script; COMP_WORDS=(coinage devnet sta); COMP_CWORD=2; COMP_TYPE=9; \
                _clap_complete_coinage coinage sta devnet; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = std::process::Command::new("bash");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", desk.text(""));
    bash.args(["-c", asks]).current_dir(desk.path("")).env("PATH", path);
    let said = desk.finish(bash);
    let offered: Vec<_> = said.out.lines().collect();
    assert_eq!(offered, ["status", "start"], "{said:?}");
}
