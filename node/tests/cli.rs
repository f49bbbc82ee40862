//! The built program, from outside: what scripts rely on. No node runs here.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use coinage_keys::AuthorityKey;
use coinage_protocol::engine::{Stop, StopCause};
use coinage_protocol::{BlockHash, ChainSpec, Slot};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A home of its own, and a URL where no node answers.
struct Shell {
    home: TempDir,
    node: String,
}

impl Shell {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let node = format!("http://{}", listener.local_addr().expect("bound"));
        Self { home: tempfile::tempdir().expect("a directory"), node }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    /// Runs the program in the home's directory, with the password `a secret`.
    fn run(&self, words: &[&str]) -> Output {
        self.run_with(words, Some("a secret"))
    }

    fn run_with(&self, words: &[&str], password: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coinage"));
        command.args(words).current_dir(self.path()).stdin(Stdio::null());
        command.env_clear().env("COINAGE_HOME", self.path()).env("COINAGE_NODE", &self.node);
        command.envs(password.map(|password| ("COINAGE_PASSWORD", password)));
        command.output().expect("the program runs")
    }

    /// The data of a command that succeeds.
    fn data(&self, words: &[&str]) -> Value {
        let output = self.run(&[words, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
        let mut envelope: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
        assert_eq!(envelope["success"], json!(true));
        envelope["data"].take()
    }

    /// The exit code and the error code of a command that fails.
    fn failure(&self, words: &[&str]) -> (i32, String) {
        failure(&self.run(&[words, &["--json"]].concat()))
    }
}

fn failure(output: &Output) -> (i32, String) {
    let envelope: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    assert_eq!(envelope["success"], json!(false));
    let error = envelope["error"].as_object().expect("an error");
    let fields: Vec<_> = error.keys().map(String::as_str).collect();
    assert_eq!(fields, ["code", "details", "hint", "message"]);
    assert!(!error["message"].as_str().expect("a sentence").is_empty());
    let code = error["code"].as_str().expect("a code").to_owned();
    (output.status.code().expect("it was not killed"), code)
}

fn is(expected: i32, code: &str) -> (i32, String) {
    (expected, code.to_owned())
}

#[test]
fn without_a_command_it_says_what_to_do_next() {
    let shell = Shell::new();
    let output = shell.run(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty(), "results only on stdout");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("coinage devnet") && said.contains("coinage --help"), "{said}");
    assert_eq!(shell.failure(&[]), is(2, "usage.no_command"));
}

#[test]
fn a_mistake_in_what_was_typed_is_a_matter_of_usage() {
    let shell = Shell::new();
    for words in [
        &["nonsense"][..],
        &["send", "5", "coin", "bob", "--from", "alice"],
        &["send", "5", "COIN"],
        &["block", "show", "../status"],
        &["wallet", "new", "../alice"],
        &["tx", "show", "abc"],
        &["balance", "alice", "--limit", "0"],
    ] {
        assert_eq!(shell.failure(words), is(2, "usage.invalid"), "{words:?}");
        assert_eq!(shell.run(words).status.code(), Some(2), "{words:?}");
    }
    let elsewhere = ["chain", "info", "--node", "https://example.invalid"];
    assert_eq!(shell.failure(&elsewhere), is(2, "usage.node_url"));
}

#[test]
fn without_a_node_everything_that_needs_one_says_so() {
    let shell = Shell::new();
    shell.data(&["wallet", "new", "alice"]);
    for words in [
        &["chain", "info"][..],
        &["node", "status"],
        &["token", "list"],
        &["peers"],
        &["mempool"],
        &["block", "show", "head"],
        &["balance", "alice"],
        &["send", "5", "COIN", "alice", "--from", "alice"],
    ] {
        assert_eq!(shell.failure(words), is(5, "node.unreachable"), "{words:?}");
    }
}

#[test]
fn without_a_home_everything_runs_that_needs_no_wallet() {
    let shell = Shell::new();
    let run = |words: &[&str], home: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coinage"));
        command.args(words).arg("--json").current_dir(shell.path()).stdin(Stdio::null());
        command.env_clear().env("COINAGE_NODE", &shell.node);
        command.envs(home.map(|home| ("COINAGE_HOME", home)));
        failure(&command.output().expect("the program runs"))
    };
    // An empty variable says as little as none.
    for home in [None, Some("")] {
        assert_eq!(run(&["node", "run", "--data", "data"], home), is(1, "node.no_genesis"));
        assert_eq!(run(&["chain", "info"], home), is(5, "node.unreachable"));
        assert_eq!(run(&["devnet", "status"], home), is(1, "devnet.no_directory"));
        assert_eq!(run(&["devnet", "status", "--dir", "x"], home), is(1, "devnet.not_running"));
        assert_eq!(run(&["wallet", "list"], home), is(2, "usage.invalid"));
    }
}

#[test]
fn finality_is_never_pretended() {
    let shell = Shell::new();
    let unreachable = is(5, "node.unreachable");
    assert_eq!(shell.failure(&["block", "show", "final"]), unreachable);
    assert_eq!(shell.failure(&["node", "status"]), unreachable);
}

#[test]
fn a_wallet_is_made_listed_exported_and_removed() {
    let shell = Shell::new();
    let made = shell.data(&["wallet", "new", "alice"]);
    assert_eq!(shell.data(&["address", "alice"])["address"], made["address"]);
    assert_eq!(shell.data(&["wallet", "list"])[0]["name"], json!("alice"));
    assert_eq!(shell.failure(&["wallet", "new", "alice"]), is(8, "wallet.exists"));
    for another_thing in ["none", "coin1", "coin1qqqq"] {
        let refused = shell.failure(&["wallet", "new", another_thing]);
        assert_eq!(refused, is(8, "wallet.bad_name"), "{another_thing}");
    }
    let exported = shell.data(&["wallet", "export", "alice", "--secret", "--out", "alice.key"]);
    assert!(exported.get("secret").is_none(), "{exported}");
    let copy = shell.data(&["wallet", "import", "copy", "--secret-file", "alice.key"]);
    assert_eq!(copy["address"], made["address"]);
    assert_eq!(shell.failure(&["wallet", "remove", "alice"]), is(3, "input.declined"));
    shell.data(&["wallet", "remove", "alice", "--yes"]);
    assert_eq!(shell.failure(&["wallet", "show", "alice"]), is(8, "wallet.not_found"));
}

#[test]
fn a_new_password_is_long_enough_or_insisted_on_and_none_is_empty() {
    let shell = Shell::new();
    let code = |words: &[&str], password: &str| shell.run_with(words, Some(password)).status.code();
    let new = ["wallet", "new", "w"];
    let weak = ["wallet", "new", "w", "--weak"];
    fs::write(shell.path().join("secret"), "07".repeat(32)).expect("written");
    fs::write(shell.path().join("phrase"), ["abandon"; 23].join(" ") + " art").expect("written");
    fs::write(shell.path().join("empty"), "\n").expect("written");
    let restore = ["wallet", "restore", "w", "--phrase-file", "phrase"];
    let import = ["wallet", "import", "w", "--secret-file", "secret"];
    for words in [&new[..], &restore, &import] {
        // Eight bytes are not eight characters.
        for short in ["", "1234567", "\u{e9}\u{e9}\u{e9}\u{e9}", "e\u{301}e\u{301}e\u{301}e\u{301}"]
        {
            let output = shell.run_with(words, Some(short));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.code() == Some(8) && said.contains("hint: "), "{words:?} {said}");
            assert!(said.contains("wallet.password_too_short"), "{words:?} {said}");
        }
    }
    assert_eq!(code(&weak, ""), Some(8));
    assert_eq!(code(&[&new[..], &["--password-file", "empty"]].concat(), "a secret"), Some(8));
    assert_eq!(shell.data(&["wallet", "list"]), json!([]), "nothing was made");
    assert_eq!(code(&weak, "1234567"), Some(0));
    let change = ["wallet", "password", "w", "--new-password-file", "empty"];
    assert_eq!(code(&change, "1234567"), Some(8));
    assert_eq!(
        code(&["wallet", "export", "w", "--secret"], "1234567"),
        Some(0),
        "it has the old one"
    );
}

#[test]
fn a_password_and_a_file_count_for_what_they_say_and_not_for_their_bytes() {
    let shell = Shell::new();
    let (composed, decomposed) = ("a caf\u{e9} or two", "a cafe\u{301} or two");
    let code = |words: &[&str], password: &str| shell.run_with(words, Some(password)).status.code();
    assert_eq!(code(&["wallet", "new", "w"], decomposed), Some(0));
    for typed in [composed, decomposed] {
        assert_eq!(code(&["wallet", "export", "w", "--secret"], typed), Some(0), "{typed:?}");
    }
    // As an editor elsewhere leaves them.
    let path = shell.path().join("wallets/w.json");
    let text = fs::read_to_string(&path).expect("read");
    fs::write(&path, format!("\u{feff}{}", text.trim_end().replace('\n', "\r\n")))
        .expect("written");
    fs::write(shell.path().join("password"), format!("\u{feff}{composed}\r\n")).expect("written");
    let export = ["wallet", "export", "w", "--secret", "--password-file", "password"];
    assert_eq!(code(&export, "another"), Some(0));
    let new = [
        "genesis",
        "new",
        "--name",
        "x",
        "--private",
        "--new-authority",
        "a.key",
        "--out",
        "g.json",
    ];
    shell.data(&new);
    for name in ["a.key", "g.json", "g.network-key"] {
        let path = shell.path().join(name);
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, format!("\u{feff}{}", text.trim_end().replace('\n', "\r\n")))
            .expect("written");
    }
    shell.data(&["genesis", "show", "g.json"]);
    shell.data(&["node", "reset-signing-memory", "a.key", "--genesis", "g.json"]);
}

#[test]
fn a_memory_is_reset_by_who_was_added_later_and_told_what_it_takes_after_a_conflict() {
    let shell = Shell::new();
    for name in ["first.key", "later.key", "other.key"] {
        shell.data(&["node", "new-authority-key", name]);
    }
    let first = AuthorityKey::public_in(&shell.path().join("first.key")).expect("a key");
    let first = first.to_string();
    shell.data(&["genesis", "new", "--name", "x", "--authority", &first, "--out", "g.json"]);
    let genesis = coinage_keys::genesis_file::read(&shell.path().join("g.json")).expect("read");
    let chain = *ChainSpec::new(genesis).expect("in order").chain();
    let open = |name: &str| {
        AuthorityKey::open(&shell.path().join(name), &chain, Slot::new(0)).expect("not in use")
    };
    open("later.key").remember(Slot::new(7)).expect("remembered");
    let reset = |name| ["node", "reset-signing-memory", name, "--genesis", "g.json"];
    shell.data(&reset("later.key"));
    let stranger = shell.failure(&reset("other.key"));
    assert_eq!(stranger, is(1, "authority.key_file"));
    let hash = BlockHash::new([7; 32]);
    let stop = Stop { cause: StopCause::Conflict, slot: Slot::new(9), hash };
    open("later.key").stop(stop).expect("written");
    let said = |words: &[&str]| String::from_utf8(shell.run(words).stdout).expect("text");
    let kept = said(&reset("later.key"));
    assert!(kept.contains("two quorums") && kept.contains("--release-lock"), "{kept}");
    open("later.key").stop(stop).expect("written");
    let released = said(&[&reset("later.key")[..], &["--release-lock"]].concat());
    assert!(!released.contains("--release-lock"), "{released}");
}

#[test]
fn a_wrong_or_missing_password_has_the_exit_code_of_wallets() {
    let shell = Shell::new();
    shell.data(&["wallet", "new", "alice"]);
    let export = ["wallet", "export", "alice", "--secret", "--json"];
    let wrong = shell.run_with(&export, Some("guess"));
    assert_eq!(failure(&wrong), is(8, "wallet.wrong_password"));
    let missing = shell.run_with(&export, None);
    assert_eq!(failure(&missing), is(8, "wallet.password_required"));
    fs::write(shell.path().join("password"), "a secret\n").expect("written");
    let from_file = [&export[..], &["--password-file", "password"]].concat();
    assert_eq!(shell.run_with(&from_file, None).status.code(), Some(0));
}

#[test]
fn a_genesis_is_written_once_and_shows_the_network_it_makes() {
    let shell = Shell::new();
    let alice = shell.data(&["wallet", "new", "alice"])["address"].clone();
    let new = [
        "genesis",
        "new",
        "--name",
        "village",
        "--new-authority",
        "authority.key",
        "--token",
        "COIN:2:1000000:alice",
        "--balance",
        "alice:COIN:1000.50",
        "--fee",
        "COIN:0.01",
        "--out",
        "village.json",
    ];
    let made = shell.data(&new);
    assert_eq!(made["genesis"]["balances"][0]["amount"], json!("100050"));
    assert_eq!(made["genesis"]["balances"][0]["address"], alice);
    assert_eq!(made["genesis"]["rules"]["fee"]["amount"], json!("1"));
    assert_eq!(shell.data(&["genesis", "show", "village.json"]), made);
    assert!(shell.path().join("authority.key").exists());
    assert_eq!(shell.failure(&new), is(1, "genesis.file"));
    let too_fine =
        ["genesis", "new", "--name", "x", "--token", "COIN:2", "--balance", "alice:COIN:0.001"];
    assert_eq!(shell.failure(&too_fine), is(2, "amount.too_many_decimals"));
    let nobody = ["genesis", "new", "--name", "x", "--out", "x.json"];
    assert_eq!(shell.failure(&nobody), is(1, "genesis.invalid"));
    assert!(!shell.path().join("x.json").exists());
    // As everywhere an issuer is named, `none` is nobody.
    let points = ["--token", "POINTS:2::none", "--balance", "alice:POINTS:5"];
    shell.data(&[&nobody[..], &points, &["--new-authority", "k.json"]].concat());
    let text = fs::read(shell.path().join("x.json")).expect("made");
    let made: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(made["tokens"][0]["issuer"], Value::Null, "{made}");
}

#[test]
fn a_shared_address_is_the_same_in_whatever_order_its_keys_are_named() {
    let shell = Shell::new();
    for name in ["one", "two", "three"] {
        shell.data(&["wallet", "new", name]);
    }
    let address = shell.data(&["address", "--threshold", "2", "one", "two", "three"]);
    let shared = ["address", "--threshold", "2", "three", "one", "two", "--save", "board"];
    assert_eq!(shell.data(&shared), address);
    let shown = shell.data(&["wallet", "show", "board"]);
    assert_eq!((&shown["required"], &shown["has_secret"]), (&json!(2), &json!(false)));
    assert_eq!(
        shell.failure(&["wallet", "export", "board", "--secret"]),
        is(8, "wallet.no_secret")
    );
    let impossible = ["address", "--threshold", "3", "one", "two"];
    assert_eq!(shell.failure(&impossible), is(2, "usage.bad_threshold"));
}

#[test]
fn a_transaction_file_is_signed_and_read_without_a_node() {
    let shell = Shell::new();
    let sender = shell.data(&["wallet", "new", "alice"])["address"].clone();
    let receiver = shell.data(&["wallet", "new", "bob"])["address"].clone();
    let transfer = json!({
        "type": "transfer", "token": "COIN", "from": sender, "to": receiver, "amount": "5",
    });
    let body = json!({
        "sender": sender, "salt": "7", "expires_at": "2030-01-01T00:00:00.000Z",
        "actions": [transfer], "memo": "lunch",
    });
    let document = json!({
        "format": "coinage transaction 1", "chain_id": "11".repeat(32),
        "transaction": { "body": body, "witnesses": [] },
    });
    fs::write(shell.path().join("t.json"), document.to_string()).expect("written");
    let read = shell.data(&["tx", "decode", "t.json"]);
    assert_eq!(read["missing"], json!([sender]));
    let sentence = read["sentences"][0].as_str().expect("a sentence");
    assert!(sentence.starts_with("alice (") && sentence.contains("5 base units of COIN to bob"));
    let stranger = ["tx", "sign", "t.json", "--from", "bob"];
    assert_eq!(shell.failure(&stranger), is(8, "wallet.not_a_signer"));
    let signed = shell.data(&["tx", "sign", "t.json", "--from", "alice"]);
    assert_eq!((&signed["complete"], &signed["id"]), (&json!(true), &read["id"]));
    assert_eq!(shell.data(&["tx", "decode", "t.json"])["missing"], json!([]));
    let late = document.to_string().replace("2030-", "2020-");
    fs::write(shell.path().join("late.json"), late).expect("written");
    assert_eq!(shell.data(&["tx", "decode", "late.json"])["expired"], json!(true));
    let expired = ["tx", "sign", "late.json", "--from", "alice"];
    assert_eq!(shell.failure(&expired), is(9, "transaction.expired"));
    fs::write(shell.path().join("bad.json"), "{").expect("written");
    assert_eq!(shell.failure(&["tx", "decode", "bad.json"]), is(2, "usage.transaction_file"));
}

#[test]
fn a_chain_that_is_not_there_is_not_verified() {
    let shell = Shell::new();
    let missing = ["node", "verify", "--data", "nowhere"];
    assert_eq!(shell.failure(&missing), is(6, "data.not_found"));
    assert!(!shell.path().join("nowhere").exists());
}

#[test]
fn help_version_and_completions_are_results() {
    let shell = Shell::new();
    for words in [&["--help"][..], &["send", "--help"], &["--version"], &["completions", "bash"]] {
        let output = shell.run(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{words:?}");
    }
}
