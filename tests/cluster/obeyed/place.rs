//! A devnet with the officers of a charter, who type commands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, UNIX_EPOCH};

use coinage_model::time;
use coinage_policy::{Language, read, sentence};
use coinage_protocol::Charter;
use coinage_tests::program::{Said, within};

use super::{Answer, Line, Table, UNTIL, text};
use crate::results::Place;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
/// Time that what a table tries before its instant may take at most.
const BEFORE_MS: u64 = 25_000;

/// Parts of the shipped texts, and what stands there on a devnet.
const SHORTER: [(&str, &str); 5] = [
    (" per day", " per 2 seconds"),
    (" per 30 days", " per 2 seconds"),
    (" per 365 days", " per 2 seconds"),
    ("announced 30 days", "announced 2 seconds"),
    ("announced 90 days", "announced 2 seconds"),
];

/// Time until the instant that tables call `SOON` at most, and some more.
const SOON_MAX: Duration = Duration::from_secs(120);
/// Wallets of people who have no name in a charter, besides alice, bob and carol.
const OTHERS: [&str; 2] = ["shop", "clerk"];

/// A devnet, its people, and the charter that they live by.
pub(super) struct Town {
    place: Place,
    /// Instant that tables call `SOON`.
    soon: u64,
    files: u32,
}

/// The text of a table's charter with short periods, near instants and other holders of accounts.
///
/// Its periods count from ten minutes ago. `LONG AGO` in a change is the same time of day 730 days
/// ago.
pub(super) fn shortened(table: &Table, soon: u64, holder: &dyn Fn(&str) -> String) -> String {
    let now = now_ms();
    let mut lines = Vec::new();
    for line in text(table.name).lines().filter(|line| !line.starts_with('#')) {
        lines.push(match account(line) {
            Some(name) => format!("{name} is {}", holder(name)),
            None if line.starts_with("periods count from") => {
                format!("periods count from {}", written(now - 10 * MINUTE_MS))
            }
            None => rule(line, table, soon, now),
        });
    }
    lines.join("\n")
}

/// The name to which a line gives a holder.
fn account(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(" is ")?;
    (!name.contains(' ')).then_some(name)
}

/// A clause with short periods and what the table has another way.
fn rule(line: &str, table: &Table, soon: u64, now: u64) -> String {
    let mut line = line.to_owned();
    for (from, to) in SHORTER {
        line = line.replace(from, to);
    }
    for (from, to) in table.changes {
        let to =
            to.replace("SOON", &written(soon)).replace("LONG AGO", &written(now - 730 * DAY_MS));
        line = line.replace(from, &to);
    }
    line
}

fn now_ms() -> u64 {
    u64::try_from(UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or(0)
}

/// The first full minute that is not nearer than what a table tries before it takes.
pub(super) fn soon() -> u64 {
    (now_ms() + BEFORE_MS).next_multiple_of(MINUTE_MS)
}

/// A time as sentences write it: to the minute.
fn written(millis: u64) -> String {
    let time = time::format(millis);
    format!("{} {} +00:00", &time[..10], &time[11..16])
}

/// A text without the addresses that stand behind names of wallets.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split(" (coin1");
    let first = parts.next().map(str::to_owned);
    let after = |part: &str| part.split_once(')').map_or_else(String::new, |(_, rest)| rest.into());
    first.into_iter().chain(parts.map(after)).collect()
}

impl Town {
    pub(super) fn new() -> Self {
        let town = Self { place: Place::new(), soon: soon(), files: 0 };
        OTHERS.iter().for_each(|name| drop(town.new_wallet(name)));
        town
    }

    /// Makes a wallet for each account of a table's charter, and creates the coin by it.
    pub(super) fn create(&self, table: &Table) -> Charter {
        let accounts = text(table.name).lines().filter_map(account);
        let holders: BTreeMap<_, _> = accounts.map(|name| (name, self.new_wallet(name))).collect();
        let text = shortened(table, self.soon, &|name| holders[name].clone());
        let file = format!("{}.policy", table.name);
        std::fs::write(self.place.desk.path(&file), &text).expect("written");
        let made = self.place.run(&format!("token create --policy {file} --from carol"));
        assert_eq!(made.code, 0, "{made:?}\n{text}");
        read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// Makes a wallet, and gives its address.
    fn new_wallet(&self, name: &str) -> String {
        let made = self.place.run(&format!("wallet new {name} --no-confirm"));
        assert_eq!(made.code, 0, "{made:?}");
        self.place.run(&format!("address {name} -q")).out.trim().to_owned()
    }

    /// Types a line, and checks the answer.
    pub(super) fn try_out(&mut self, charter: &Charter, line: &Line) {
        let said = self.type_in(line.command);
        let (code, words) = match line.answer {
            Answer::Done => {
                assert_eq!(said.code, 0, "{}: {said:?}", line.command);
                return;
            }
            Answer::Against(code) => {
                let ids = charter.numbered().map(|(id, _)| id);
                let id = ids.filter(|id| id.number() == line.clause).last().expect("a clause");
                let sentence = sentence(charter, id, Language::English);
                (code, format!("clause {} of {} says \"{sentence}\"", line.clause, charter.token))
            }
            Answer::No(code, words) => (code, words.to_owned()),
        };
        assert_eq!(said.code, 7, "{}: {said:?}", line.command);
        assert!(said.err.contains(&format!("[{code}]")), "{}: {said:?}", line.command);
        let told = without_addresses(&said.err);
        assert!(told.contains(&words), "{}: not {words:?} but {said:?}", line.command);
    }

    /// Types a command, or several where more than one must sign.
    ///
    /// `together A B STEP STEP` is one transaction that A sends
    /// and both sign.
    fn type_in(&mut self, command: &str) -> Said {
        if command == UNTIL {
            let name = || self.place.data("block show head").0["time"].clone();
            let time = || name().as_str().and_then(|text| time::parse(text).ok());
            within(SOON_MAX, command, || time() >= Some(self.soon));
            return self.place.run("block show head");
        }
        let words: Vec<_> = command.split(' ').collect();
        let after = |word| words.iter().skip_while(|known| **known != word).nth(1).copied();
        if let ["token", "hand-over", _, _, to, ..] = words[..] {
            let file = self.new_file();
            let begun = self.place.run(&format!("{command} --sign-only {file}"));
            assert_eq!(begun.code, 0, "{command}: {begun:?}");
            return self.sign_and_submit(&file, [to], "");
        }
        let Some(sender) = after("together") else { return self.place.run(command) };
        let steps = words.iter().filter(|word| word.contains(':'));
        let steps = steps.map(|step| format!("--action {step} ")).collect::<String>();
        let file = self.new_file();
        let built = self.place.run(&format!("tx build {steps}--sender {sender} --out {file}"));
        assert_eq!(built.code, 0, "{command}: {built:?}");
        let signers = words.iter().skip(1).filter(|word| !word.contains([':', '-'])).copied();
        let more = if words.contains(&"--park") { " --park" } else { "" };
        self.sign_and_submit(&file, signers.collect::<BTreeSet<_>>(), more)
    }

    fn sign_and_submit<'s>(
        &self,
        file: &str,
        signers: impl IntoIterator<Item = &'s str>,
        more: &str,
    ) -> Said {
        for signer in signers {
            let signed = self.place.run(&format!("tx sign {file} --from {signer}"));
            assert_eq!(signed.code, 0, "{signer}: {signed:?}");
        }
        self.place.run(&format!("tx submit {file}{more}"))
    }

    fn new_file(&mut self) -> String {
        self.files += 1;
        format!("steps-{}.json", self.files)
    }
}
