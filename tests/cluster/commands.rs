//! Every command, in words and with `--json`.

use std::collections::BTreeSet;

use coinage_protocol::SecretKey;
use coinage_tests::program::{Desk, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;

/// Commands that stay as long as they are wanted, and are watched by other tests.
const GOES_ON: &[&str] = &["node run", "events"];

/// Each line is run twice, in words and with `--json`; `@` and `#` are another letter each time,
/// `ID` a transaction and `INVITE` an invite that there are.
const LINES: &[&str] = &[
    "address alice",
    "address --threshold 1 alice bob --save both@",
    "send 5 COIN bob --from alice",
    "send 0.01 COIN bob --from alice --wait none",
    "send 1 COIN bob --from alice --sign-only paid@.json",
    "token create TOK# --supply 5 --from alice",
    "token mint 1 TOK# --from alice",
    "token burn 1 TOK# --from alice",
    "token set-issuer TOK# none --from alice --yes",
    "policy example points",
    "policy check points@.policy",
    "policy print points@.policy --language ko",
    "policy explain points@.policy",
    "policy hash points@.policy",
    "policy simulate points@.policy --until 2026-01-01T00:10:00Z",
    "policy simulate points@.policy --csv --until 2026-01-01T00:10:00Z",
    "policy simulate points@.policy --svg points@.svg --until 2026-01-01T00:10:00Z",
    "token create --policy points@.policy --from alice",
    "token role POINT# member bob --from alice",
    "token standings POINT#",
    "token standings POINT# --role member",
    "node proof charter POINT# --out charter@.json",
    "node proof usage POINT# 3 --out usage@.json",
    "node proof amendment POINT# 1 --out amendment@.json",
    "node proof standing POINT# bob --out standing@.json",
    "node proof verify standing@.json --genesis net/genesis.json",
    "token show POINT# --policy",
    "policy check points@.policy --token POINT#",
    "token explain POINT#",
    "token draw 1000 POINT# --from alice",
    "token mint 5 POINT# bob --from alice",
    "token freeze POINT# bob --from alice",
    "token unfreeze POINT# bob --from alice",
    "token move 1 POINT# bob carol --from alice",
    "token amend POINT# 1 4000 --from alice",
    "token hand-over POINT# board carol --from alice --sign-only place@.json",
    "token claim POINT# --from bob",
    "policy simulate POINT# --until 2026-01-01T00:10:00Z",
    "policy replay points@.policy",
    "token list",
    "token show COIN",
    "token show NONE --proof none@.json",
    "token holders COIN",
    "balance alice",
    "balance alice --at 1",
    "balance alice --token COIN --proof balance@.json",
    "history alice",
    "tx build --action transfer:1:COIN:alice:bob --sender alice --out new@.json",
    "statement alice",
    "tx proof ID --out proof@.json",
    "node proof verify proof@.json --genesis net/genesis.json",
    "tx sign new@.json --from alice",
    "tx decode new@.json",
    "tx merge new@.json new@.json --out joined@.json",
    "tx submit new@.json",
    "tx show ID --proof",
    "tx wait ID",
    "tx wait ID --for final",
    "receipt ID --out receipt@.json",
    "receipt verify receipt@.json --genesis net/genesis.json",
    "block show head",
    "block list",
    "bench --nodes 2 --seconds 1",
    "chain info",
    "chain tips",
    "chain reorgs",
    "chain evidence",
    "peers",
    "mempool",
    "node status",
    "invite",
    "invite --expires 7d --qr",
    "join INVITE --data joined@ --no-run",
    "wallet new w@",
    "wallet list",
    "wallet show wa",
    "wallet qr w@",
    "wallet password w@ --new-password-file password",
    "wallet export w@",
    "wallet export w@ --secret",
    "wallet export w@ --out copy@.json",
    "wallet import c@ --file copy@.json",
    "wallet restore r@ --phrase-file phrase --index 1",
    "wallet import i@ --secret-file secret",
    "wallet remove w@ --yes",
    "genesis new --name x --token COIN:2 --balance alice:COIN:5 --new-authority @.key --out @.json",
    "genesis show a.json",
    "completions bash",
    "man --out man@",
    "top --once",
    "top --dir net --once",
    "devnet --dir net status",
    "devnet --dir net logs n1",
    "devnet --dir net partition 1/2",
    "devnet --dir net heal",
    "devnet --dir net kill n2",
    "devnet --dir net wipe n2",
    "devnet --dir net start n2",
    "node reset-signing-memory @.key --genesis @.json",
    "node new-authority-key new-@.json",
    "authority list",
    "authority propose --add KEY --out change@.json",
    "authority sign change@.json --key net/keys/n1.json --yes",
    "authority sign change@.json --key net/keys/n2.json --yes",
    "authority submit change@.json",
];

/// Clauses of a charter of which every command can use one.
const CLAUSES: &str = "\
    board may issue at most 5,000.00 per day\n\
    board may draw 1,000.00 per day, halving every 1,460 periods\n\
    board may give and take the role member, to at most 500 accounts\n\
    each member may claim 30.00 per second, also for the last 3 missed\n\
    board may freeze and unfreeze any account\n\
    board may move the coins of any account to any account\n\
    board may hand over its place to another account\n\
    board may set the amount in clause 1 between 0.00 and 10,000.00, announced 30 days before\n";

/// The paths of all commands, as the program's own help lists them.
pub(crate) fn leaves(desk: &Desk, path: &[&str]) -> BTreeSet<String> {
    let help = desk.run(&[path, &["--help"]].concat());
    assert_eq!(help.code, 0, "{help:?}");
    let listed = help.out.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let named = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = named.filter_map(|line| line.split_whitespace().next()).collect();
    if names.is_empty() {
        return BTreeSet::from([path.join(" ")]);
    }
    let inner = names.iter().filter(|name| **name != "help");
    inner.flat_map(|name| leaves(desk, &[path, &[*name]].concat())).collect()
}

fn data(said: &Said, words: &[&str]) -> Value {
    let envelope: Value = serde_json::from_str(&said.out)
        .unwrap_or_else(|error| panic!("{words:?} prints no envelope ({error}): {said:?}"));
    assert_eq!(envelope["success"], Value::Bool(said.code == 0), "{words:?} {said:?}");
    envelope["data"].clone()
}

/// Writes a policy for each round, of which this address is the board.
fn write_policies(desk: &Desk, board: &str) {
    for (letter, capital) in [("a", "A"), ("b", "B")] {
        let text = format!(
            "coin POINT{capital} \"Club\", 2 decimals\n\
             periods count from 2026-01-01 00:00 +00:00\nboard is {board}{CLAUSES}"
        );
        std::fs::write(desk.path(&format!("points{letter}.policy")), text).expect("written");
    }
}

/// Tries the commands that want a node's data, and no node; returns their names.
fn of_what_stopped(run: &dyn Fn(&[&str]) -> Said) -> [&'static str; 3] {
    for json in [&[][..], &["--json"]] {
        let verify = [&["node", "verify", "--data", "net/n1/data"], json].concat();
        let said = run(&verify);
        assert!(said.code == 0 && !said.out.is_empty(), "{said:?}");
        let out = if json.is_empty() { "anew-a" } else { "anew-b" };
        let carry = ["genesis", "from-state", "--data", "net/n1/data", "--new-authority", out];
        let without = ["--leave-out", "POINTA", "--leave-out", "POINTB", "--out"];
        let said = run(&[&carry[..], &without, &[&format!("{out}.json")], json].concat());
        assert!(said.code == 0 && !said.out.is_empty(), "{said:?}");
    }
    ["devnet stop", "node verify", "genesis from-state"]
}

#[test]
fn every_command_speaks_words_to_people_and_one_envelope_to_programs() {
    let desk = Desk::new(PROGRAM);
    let slot = ["--nodes", "2", "--slot", "250ms", "--base-port", "0", "--detach", "--json"];
    let start = [&["devnet", "--dir", "net"], &slot[..]].concat();
    let url = data(&desk.run(&start), &start)["nodes"][0]["api"].as_str().expect("up").to_owned();
    let phrase = ["abandon"; 23].join(" ") + " art";
    let files =
        [("secret", "07".repeat(32)), ("password", "a password".into()), ("phrase", phrase)];
    for (name, text) in files {
        std::fs::write(desk.path(name), text).expect("written");
    }
    let run = |words: &[&str]| {
        let mut command = desk.command(words);
        command.env("COINAGE_NODE", &url).env("COINAGE_PASSWORD", "a password");
        desk.finish(command)
    };
    write_policies(&desk, &run(&["address", "alice", "-q"]).out);
    let sent = ["send", "1", "COIN", "bob", "--from", "alice", "--json"];
    let id = data(&run(&sent), &sent)["id"].as_str().expect("an id").to_owned();
    let asked = ["invite", "--json"];
    let invite = data(&run(&asked), &asked)["invite"].as_str().expect("a line").to_owned();
    let joins = SecretKey::new([7; 32]).public().to_string();
    let words_of = |line: &'static str, letter: char| {
        let other = |word: &str| {
            let capital = letter.to_ascii_uppercase().to_string();
            word.replace('@', &letter.to_string()).replace('#', &capital)
        };
        let word = |word: &str| match word {
            "ID" => id.clone(),
            "INVITE" => invite.clone(),
            "KEY" => joins.clone(),
            word => other(word),
        };
        line.split(' ').map(word).collect::<Vec<_>>()
    };
    let mut covered = BTreeSet::new();
    // Until its nodes agree on some turns of everybody, something is wrong.
    eventually("the doctor is content", || run(&["doctor", "--tx", &id]).code == 0);
    let facts = data(&run(&["doctor", "--json"]), &["doctor"]);
    assert!(facts["findings"].is_array(), "{facts}");
    covered.insert("doctor".to_owned());
    for &line in LINES {
        // `kill`, `wipe` and `start` do their work once.
        let first = words_of(line, 'a');
        let words: Vec<_> = first.iter().map(String::as_str).collect();
        let said = run(&words);
        let once = ["kill", "start"].iter().any(|verb| words.contains(verb));
        assert!(said.code == 0 && !said.out.trim().is_empty(), "{words:?} {said:?}");
        assert!(!said.out.contains("Some(") && !said.out.contains('\u{1b}'), "{said:?}");
        let second = words_of(line, 'b');
        let mut words: Vec<_> = second.iter().map(String::as_str).collect();
        words.push("--json");
        let said = run(&words);
        let facts = data(&said, &words);
        assert!(once || (said.code == 0 && !facts.is_null()), "{words:?} {said:?}");
        let path: Vec<_> = line.split(' ').filter(|word| !word.starts_with('-')).collect();
        covered.insert(path[0].to_owned());
        covered.extend(path.get(1).map(|verb| format!("{} {verb}", path[0])));
        covered.extend(path.get(2).map(|verb| format!("{} {verb}", path[0])));
        covered.extend(path.get(..3).map(|words| words.join(" ")));
    }
    let stop = ["devnet", "--dir", "net", "stop", "--json"];
    data(&run(&stop), &stop);
    covered.extend(of_what_stopped(&run).map(str::to_owned));
    covered.extend(GOES_ON.iter().map(|path| (*path).to_owned()));
    let missing: Vec<_> = leaves(&desk, &[]).difference(&covered).cloned().collect();
    assert!(missing.is_empty(), "not tried: {missing:?}");
}

#[test]
fn a_command_that_fails_gives_an_envelope_too_whatever_was_wrong() {
    let desk = Desk::new(PROGRAM);
    let lines =
        ["", "fly", "send", "top", "send 1 COIN bob --from alice --bogus", "--node x chain info"];
    for line in lines {
        let mut words: Vec<_> = line.split(' ').filter(|word| !word.is_empty()).collect();
        words.push("--json");
        let said = desk.run(&words);
        let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
        assert_eq!((said.code, &envelope["success"]), (2, &Value::Bool(false)), "{said:?}");
        for field in ["code", "message", "hint"] {
            assert!(envelope["error"][field].as_str().is_some_and(|text| text.len() > 3));
        }
        words.pop();
        let said = desk.run(&words);
        assert!(said.code == 2 && said.out.is_empty() && !said.err.is_empty(), "{said:?}");
    }
    for words in [["--help"], ["--version"]] {
        let said = desk.run(&words);
        assert!(said.code == 0 && !said.out.is_empty() && said.err.is_empty(), "{said:?}");
    }
}
