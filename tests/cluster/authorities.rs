//! Authorities that change on real processes: from one to seven and back, while payments run.

use coinage_tests::program::{Desk, Running, Said, eventually};
use coinage_tests::raw_process::Announced;
use serde_json::Value;

use crate::PROGRAM;

/// Words for ports that nobody has.
const FREE: &str = "--api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0 --no-discovery";
/// Number of authorities at most.
const MOST: usize = 7;

/// A network of raw processes, all at one desk.
struct Town {
    desk: Desk,
    /// The nodes, by number; `None` for one that does not run.
    nodes: Vec<Option<Running>>,
    /// Numbers of the authorities, in the order of their turns.
    members: Vec<usize>,
    /// Number of the next payment.
    paid: u64,
}

impl Town {
    fn run(&self, line: &str) -> Said {
        self.desk.run(&line.split(' ').collect::<Vec<_>>())
    }

    fn data(&self, line: &str) -> Value {
        let said = self.run(&format!("{line} --json"));
        assert_eq!(said.code, 0, "{line}: {said:?}");
        let envelope: Value = serde_json::from_str(&said.out).expect("JSON");
        envelope["data"].clone()
    }

    /// Starts a node, and waits until it tells where it is.
    fn start(&mut self, number: usize, more: &str) {
        let _ = std::fs::remove_file(self.desk.path(&format!("d{number}/addresses.json")));
        let mut line = format!("node run --genesis town.json --data d{number} {FREE}{more}");
        for other in 0..self.nodes.len().min(number) {
            line.push_str(&format!(" --peer {}", self.p2p(other)));
        }
        let running = self.desk.start(&line.split(' ').collect::<Vec<_>>());
        eventually("the node runs", || self.told(number).is_some());
        self.nodes.resize_with(self.nodes.len().max(number + 1), || None);
        self.nodes[number] = Some(running);
    }

    fn told(&self, number: usize) -> Option<Announced> {
        Announced::read(&self.desk.path(&format!("d{number}")))
    }

    fn p2p(&self, number: usize) -> String {
        self.told(number).expect("it has run").p2p
    }

    fn node(&self, number: usize) -> String {
        format!("--node {}", self.told(number).expect("it has run").api)
    }

    /// Keys of the authorities as a node knows them.
    fn keys(&self, number: usize) -> Vec<String> {
        let known = self.data(&format!("{} authority list", self.node(number)));
        let all = known["authorities"].as_array().expect("a list");
        all.iter().map(|one| one["key"].as_str().expect("a key").to_owned()).collect()
    }

    fn finalized(&self, number: usize) -> u64 {
        let status = self.data(&format!("{} node status", self.node(number)));
        status["final"]["height"].as_str().expect("a height").parse().expect("a number")
    }

    /// Pays, waits until that is final, and checks the receipt by the first authority's genesis.
    fn pay(&mut self, number: usize) {
        self.paid += 1;
        let line = format!("{} send 1 TOWN bob --from alice --wait final", self.node(number));
        let line = format!("{line} --password-file password");
        let sent = self.data(&line);
        assert_eq!(sent["status"], "final");
        let (id, file) = (sent["id"].as_str().expect("an id"), format!("paid-{}.json", self.paid));
        self.data(&format!("{} receipt {id} --out {file}", self.node(number)));
        let shown = self.data(&format!("receipt verify {file} --genesis town.json"));
        assert_eq!((&shown["id"], &shown["final"]), (&sent["id"], &Value::Bool(true)));
    }

    /// Changes the authorities by one key, and waits until all that run know it.
    fn change(&mut self, word: &str, key: &str, after: Vec<usize>) {
        let asked = self.members[0];
        let (node, file) = (self.node(asked), format!("change-{}.json", self.paid));
        let before = self.finalized(asked);
        assert_eq!(
            self.run(&format!("{node} authority propose --{word} {key} --out {file}")).code,
            0
        );
        for member in self.members.clone() {
            let line = format!("{node} authority sign {file} --key k{member}.json --yes");
            assert_eq!(self.run(&line).code, 0, "{member}");
        }
        assert_eq!(self.run(&format!("{node} authority submit {file}")).code, 0);
        let running = (0..self.nodes.len()).filter(|number| self.nodes[*number].is_some());
        let running: Vec<_> = running.collect();
        eventually("it is in force everywhere", || {
            running.iter().all(|number| self.keys(*number).len() == after.len())
        });
        self.members = after;
        assert!(self.finalized(asked) >= before, "finality never goes back");
    }
}

#[test]
fn one_authority_becomes_seven_and_one_again_while_payments_run() {
    // SPEC B-11, F-8, M-6
    let desk = Desk::new(PROGRAM);
    let mut town = Town { desk, nodes: Vec::new(), members: vec![0], paid: 0 };
    std::fs::write(town.desk.path("password"), "correct horse battery\n").expect("written");
    for name in ["alice", "bob"] {
        let said = town.run(&format!("wallet new {name} --password-file password"));
        assert_eq!(said.code, 0, "{said:?}");
    }
    let new = "genesis new --name town --slot 250ms --new-authority k0.json --out town.json \
               --token TOWN:0 --balance alice:TOWN:1000";
    let said = town.run(new);
    assert_eq!(said.code, 0, "{said:?}");
    town.start(0, " --authority-key k0.json");
    // It sleeps from now on.
    town.start(1, "");
    eventually("it follows", || town.finalized(1) > 0);
    drop(town.nodes[1].take());
    for number in 2..=MOST {
        let made = town.data(&format!("node new-authority-key k{number}.json"));
        let key = made["authority"].as_str().expect("a key").to_owned();
        town.start(number, &format!(" --join-authorities --authority-key k{number}.json"));
        let after = town.members.iter().copied().chain([number]).collect();
        town.change("add", &key, after);
        town.pay(number);
    }
    assert_eq!(town.members.len(), MOST);
    while town.members.len() > 1 {
        let leaves = town.members[0];
        let key = town.keys(leaves)[0].clone();
        let after = town.members[1..].to_vec();
        town.change("remove", &key, after);
        drop(town.nodes[leaves].take());
        town.pay(town.members[0]);
    }
    let last = town.members[0];
    assert_eq!(town.keys(last).len(), 1);
    // Its key is an authority's by what is stored, though the genesis does not name it.
    drop(town.nodes[last].take());
    town.start(last, &format!(" --authority-key k{last}.json"));
    town.pay(last);
    town.start(1, &format!(" --peer {}", town.p2p(last)));
    eventually("who slept follows from what it had", || {
        town.finalized(1) >= town.finalized(last).saturating_sub(2)
            && town.keys(1) == town.keys(last)
    });
    let paid = town.paid;
    let balance = town.data(&format!("{} balance bob TOWN", town.node(1)));
    assert!(balance.to_string().contains(&format!("\"{paid}\"")), "none is lost: {balance}");
    drop(town.nodes[last].take());
    eventually("it ended", || {
        let said = town.run(&format!("node verify --data d{last} --genesis town.json"));
        said.code == 0
    });
}
