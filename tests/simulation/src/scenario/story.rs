//! Stories: the parts that each consists of.

use std::str::FromStr as _;

use coinage_protocol::{Action, Address, Amount, SecretKey, Symbol};

use crate::fixtures::{address, developer};

/// A story of a network: what happens, and what must be true then.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of its file.
    pub file: String,
    /// Number of nodes, all of them authorities.
    pub nodes: u16,
    /// Length of a slot, in milliseconds.
    pub slot_ms: u32,
    /// Steps of the story, in this order.
    pub steps: Vec<Step>,
    /// The number of its last line.
    pub lines: usize,
}

/// A line of a story.
#[derive(Clone, Debug)]
pub struct Step {
    /// Number of the line, from 1.
    pub line: usize,
    /// Text of the line, without its comment.
    pub text: String,
    /// Meaning of the line.
    pub(super) deed: Deed,
}

/// The meaning of a line.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Wait { slots: u64 },
    Partition(Vec<Vec<u16>>),
    Heal,
    Kill(Vec<u16>),
    Start(Vec<u16>),
    Wipe(Vec<u16>),
    Pause(Vec<u16>),
    Resume(Vec<u16>),
    Clock { node: u16, ahead_ms: i64 },
    Submit(Submission),
    Resend { name: String, via: Vec<u16> },
    Expect(Expectation),
}

/// A transaction to make and submit.
#[derive(Clone, Debug)]
pub(super) struct Submission {
    pub(super) name: Option<String>,
    pub(super) via: u16,
    /// Signers of the transaction, the sender first.
    pub(super) signers: Vec<Person>,
    pub(super) actions: Vec<Action>,
    /// Slots for which the transaction is valid; `None`: for long.
    pub(super) expires_in: Option<u64>,
    pub(super) park: bool,
}

impl Scenario {
    /// Checks whether the story says somewhere that a transaction is refused.
    pub(super) fn tells_refused(&self, name: &str) -> bool {
        self.steps.iter().any(|step| match &step.deed {
            Deed::Expect(Expectation { claim: Claim::Refused(one, _), .. }) => one == name,
            _ => false,
        })
    }
}

/// An expectation: something that must be true.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    pub(super) claim: Claim,
    /// Nodes on which the claim must be true; `None`: on all that run.
    pub(super) on: Option<Vec<u16>>,
    /// Slots that it may take until the claim is true.
    pub(super) within: u64,
}

/// A claim, which may be true or not.
#[derive(Clone, Debug)]
pub(super) enum Claim {
    EqualHeads,
    DifferentHeads,
    EqualHeights,
    HeightAtLeast(u64),
    MoreBlocks(u64),
    BlocksBy(u16),
    NoBlocksBy { node: u16, slots: u64 },
    Synced,
    Clock { wrong: bool },
    Reorg,
    Has(Person, Amount, Symbol),
    Supply(Symbol, Amount),
    OneOf(Vec<String>),
    IncludedOnce(String),
    NotIncluded(String),
    Waiting(String),
    Parked(String, String),
    Expired(String),
    Refused(String, String),
    Reverted(String, String),
}

/// A person with a key; the name is all there is to know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Person(pub(super) String);

impl Person {
    pub(super) fn key(&self) -> SecretKey {
        developer(&self.0)
    }

    pub(super) fn address(&self) -> Address {
        address(&self.key())
    }
}

/// The decimals of every token here.
pub(super) const DECIMALS: u8 = 2;

/// Base units as people write them.
pub(super) fn decimal(units: u128) -> String {
    format!("{}.{:02}", units / 100, units % 100)
}

/// Reads an amount that people write; returns base units.
pub(super) fn units(text: &str) -> Option<Amount> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > DECIMALS.into() {
        return None;
    }
    let hundredths = u128::from_str(&format!("{part:0<2}")).ok()?;
    let units = u128::from_str(whole).ok()?.checked_mul(100)?.checked_add(hundredths)?;
    Amount::try_from(units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let read = |text| units(text).map(Amount::units);
        assert_eq!(read("30"), Some(3_000));
        assert_eq!(read("0.5"), Some(50));
        assert_eq!(read("12.05"), Some(1_205));
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1.005", "1,5", "0x1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read(&"9".repeat(60)), None);
        assert_eq!(decimal(1_205), "12.05");
    }
}
