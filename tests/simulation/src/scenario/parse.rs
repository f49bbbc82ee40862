//! Reading a story.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

use coinage_protocol::limits::{SLOT_MS_MAX, SLOT_MS_MIN};
use coinage_protocol::{Action, Amount, CreateToken, Text};

use super::story::{DECIMALS, Deed, Person, Scenario, Step, Submission};
use super::words::{NODES_MAX, Read, Words, digits, quoted, wrong};

/// Length of a slot unless the story says it, in milliseconds.
const SLOT_MS: u32 = 500;

/// A line that is no step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Misspelt {
    /// The name of the file.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
    /// Description of what was expected at the mistake.
    pub expected: String,
    /// Text that stands there instead.
    pub found: String,
}

impl fmt::Display for Misspelt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, expected, found } = self;
        write!(formatter, "{file}:{line}: expected {expected}, found {found}")
    }
}

impl Error for Misspelt {}

impl Scenario {
    /// Reads a story; `file` is what errors call it.
    ///
    /// # Errors
    ///
    /// The first line that is no step.
    pub fn parse(file: &str, text: &str) -> Result<Self, Misspelt> {
        let mut scenario = Self {
            file: file.to_owned(),
            nodes: 0,
            slot_ms: SLOT_MS,
            steps: Vec::new(),
            lines: text.lines().count(),
        };
        let misspelt = |line, wrong: super::words::Wrong| Misspelt {
            file: file.to_owned(),
            line,
            expected: wrong.expected,
            found: wrong.found,
        };
        let mut names = BTreeSet::new();
        for (line, number) in text.lines().zip(1..) {
            let text = line.split('#').next().unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            let deed = scenario.line(text).and_then(|deed| {
                deed.iter().try_for_each(|deed| check_names(deed, &mut names))?;
                Ok(deed)
            });
            let deed = deed.map_err(|wrong| misspelt(number, wrong))?;
            scenario.steps.extend(deed.map(|deed| Step {
                line: number,
                text: text.to_owned(),
                deed,
            }));
        }
        if scenario.nodes == 0 {
            let nothing = wrong("`nodes` and a number first", "the end of the file");
            return Err(misspelt(scenario.lines, nothing));
        }
        Ok(scenario)
    }

    /// Reads what a line means; `None` if it says what the network is like.
    fn line(&mut self, text: &str) -> Read<Option<Deed>> {
        let mut words = Words::new(text, self.nodes);
        if self.nodes == 0 {
            words.must("nodes")?;
            let expected = format!("a number of nodes, 1 to {NODES_MAX}");
            self.nodes = words.read(&expected, |word| {
                digits(word)?.parse().ok().filter(|nodes| (1..=NODES_MAX).contains(nodes))
            })?;
            return words.end().map(|()| None);
        }
        if self.steps.is_empty() && words.is("slot") {
            let expected = format!("the length of a slot, {SLOT_MS_MIN}ms to {SLOT_MS_MAX}ms");
            self.slot_ms = words.read(&expected, |word| {
                let ms = digits(word.strip_suffix("ms")?)?.parse().ok();
                ms.filter(|ms| (SLOT_MS_MIN..=SLOT_MS_MAX).contains(ms))
            })?;
            return words.end().map(|()| None);
        }
        let deed = deed(&mut words)?;
        words.end()?;
        Ok(Some(deed))
    }
}

fn deed(words: &mut Words<'_>) -> Read<Deed> {
    if words.is("wait") {
        return Ok(Deed::Wait { slots: words.slots()? });
    }
    if words.is("partition") {
        return Ok(Deed::Partition(words.groups()?));
    }
    if words.is("heal") {
        return Ok(Deed::Heal);
    }
    for word in ["kill", "start", "wipe", "pause", "resume"] {
        if words.is(word) {
            let nodes = words.nodes()?;
            return Ok(match word {
                "kill" => Deed::Kill(nodes),
                "start" => Deed::Start(nodes),
                "wipe" => Deed::Wipe(nodes),
                "pause" => Deed::Pause(nodes),
                _ => Deed::Resume(nodes),
            });
        }
    }
    if words.is("clock") {
        let node = words.node()?;
        let expected = "by how much the clock is wrong, such as `+1500ms`";
        let ahead_ms = words.read(expected, |word| {
            let size = word.strip_prefix(['+', '-'])?;
            let ms: i64 = digits(size.strip_suffix("ms")?)?.parse().ok()?;
            Some(if word.starts_with('-') { -ms } else { ms })
        })?;
        return Ok(Deed::Clock { node, ahead_ms });
    }
    if words.is("resend") {
        let name = words.name()?;
        words.must("via")?;
        return Ok(Deed::Resend { name, via: words.nodes()? });
    }
    if words.is("expect") {
        return words.expectation().map(Deed::Expect);
    }
    submission(words).map(Deed::Submit)
}

/// `alice pays 30 COIN to bob via n1 as rent`
fn submission(words: &mut Words<'_>) -> Read<Submission> {
    let sender = words.person().map_err(|bad| {
        let steps = "a step, such as `wait 5 slots` or `alice pays 30 COIN to bob via n1`";
        wrong(steps, &bad.found)
    })?;
    let (actions, other) = actions(words, &sender)?;
    let mut signers = vec![sender];
    signers.extend(other);
    let mut via = None;
    let mut submission =
        Submission { name: None, via: 0, signers, actions, expires_in: None, park: false };
    loop {
        if via.is_none() && words.is("via") {
            via = Some(words.node()?);
        } else if submission.name.is_none() && words.is("as") {
            submission.name = Some(words.name()?);
        } else if submission.expires_in.is_none() && words.is("expires") {
            words.must("in")?;
            submission.expires_in = Some(words.slots()?);
        } else if !submission.park && words.is("park") {
            submission.park = true;
        } else {
            break;
        }
    }
    words.otherwise("`via n1`, `as NAME`, `expires in N slots` or `park`")?;
    submission.via = via.ok_or_else(|| wrong("`via` and a node", "the end of the line"))?;
    Ok(submission)
}

/// Reads what somebody does, and who else has to sign it.
fn actions(words: &mut Words<'_>, sender: &Person) -> Read<(Vec<Action>, Option<Person>)> {
    let own = sender.address();
    let verb = words.next("what somebody does, such as `pays`")?;
    let action = match verb {
        "pays" => {
            let (amount, token) = words.money()?;
            words.must("to")?;
            Action::Transfer { token, from: own, to: words.person()?.address(), amount }
        }
        "mints" => {
            let (amount, token) = words.money()?;
            words.must("to")?;
            Action::Mint { token, issuer: own, to: words.person()?.address(), amount }
        }
        "burns" => {
            let (amount, token) = words.money()?;
            Action::Burn { token, from: own, amount }
        }
        "passes" => {
            let token = words.symbol()?;
            words.must("to")?;
            Action::SetIssuer { token, issuer: own, new: Some(words.person()?.address()) }
        }
        "closes" => Action::SetIssuer { token: words.symbol()?, issuer: own, new: None },
        "creates" => creation(words, sender)?,
        "swaps" => {
            let (amount, token) = words.money()?;
            words.must("for")?;
            let (price, wanted) = words.money()?;
            words.must("of")?;
            let other = words.person()?;
            let theirs = other.address();
            let give = Action::Transfer { token, from: own, to: theirs, amount };
            let take = Action::Transfer { token: wanted, from: theirs, to: own, amount: price };
            return Ok((vec![give, take], Some(other).filter(|other| other != sender)));
        }
        other => {
            let verbs = "what somebody does: `pays`, `mints`, `burns`, `creates`, `passes`, \
                         `closes` or `swaps`";
            return Err(wrong(verbs, &quoted(other)));
        }
    };
    Ok((vec![action], None))
}

/// `creates GOLD supply 100 cap 150 issuer nobody`
fn creation(words: &mut Words<'_>, sender: &Person) -> Read<Action> {
    let token = words.symbol()?;
    let supply = if words.is("supply") { words.amount()? } else { Amount::ZERO };
    let cap = if words.is("cap") { Some(words.amount()?) } else { None };
    let issuer = match words.is("issuer") {
        true if words.is("nobody") => None,
        true => Some(words.person()?.address()),
        false => Some(sender.address()),
    };
    Ok(Action::CreateToken(CreateToken {
        token,
        name: Text::default(),
        decimals: DECIMALS,
        cap,
        issuer,
        supply,
        to: sender.address(),
    }))
}

/// A transaction's name is given once, before it is used.
fn check_names(deed: &Deed, known: &mut BTreeSet<String>) -> Read<()> {
    let used: Vec<&String> = match deed {
        Deed::Submit(Submission { name: Some(name), .. }) => {
            let new = known.insert(name.clone());
            let again = || wrong("a name that is not taken", &quoted(name));
            return if new { Ok(()) } else { Err(again()) };
        }
        Deed::Resend { name, .. } => vec![name],
        Deed::Expect(expected) => expected.claim.names(),
        _ => Vec::new(),
    };
    match used.into_iter().find(|name| !known.contains(*name)) {
        Some(name) => Err(wrong("a transaction that was named before", &quoted(name))),
        None => Ok(()),
    }
}
