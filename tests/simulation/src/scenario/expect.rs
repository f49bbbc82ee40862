//! Reading what a story expects.

use super::story::{Claim, Expectation};
use super::words::{Read, Words, quoted, wrong};

/// Outcomes that a reorg can have for a transaction (SPEC C-3).
const OUTCOMES: &[&str] = &["reincluded", "back_in_pool", "conflicting", "expired", "dropped"];

impl Words<'_> {
    /// Reads what follows `expect`.
    pub(super) fn expectation(&mut self) -> Read<Expectation> {
        let claim = self.claim()?;
        // An answer was given already, and by one node.
        let answer = matches!(claim, Claim::Refused(..));
        let takes_time = matches!(claim, Claim::NoBlocksBy { .. });
        let on = if !answer && self.is("on") { Some(self.nodes()?) } else { None };
        let later = !answer && !takes_time;
        let within = if later && self.is("within") { self.slots()? } else { 0 };
        match (answer, takes_time) {
            (true, _) => self.end()?,
            (_, true) => self.otherwise("`on NODES` or the end of the line")?,
            _ => self.otherwise("`on NODES`, `within N slots` or the end of the line")?,
        }
        Ok(Expectation { claim, on, within })
    }

    fn claim(&mut self) -> Read<Claim> {
        if self.is("equal") {
            self.read("`heads` or `heights`", |word| match word {
                "heads" => Some(Claim::EqualHeads),
                "heights" => Some(Claim::EqualHeights),
                _ => None,
            })
        } else if self.is("different") {
            self.must("heads").map(|()| Claim::DifferentHeads)
        } else if self.is("synced") {
            Ok(Claim::Synced)
        } else if self.is("reorg") {
            Ok(Claim::Reorg)
        } else if self.is("wrong") {
            self.must("clock").map(|()| Claim::Clock { wrong: true })
        } else if self.is("right") {
            self.must("clock").map(|()| Claim::Clock { wrong: false })
        } else if self.is("height") {
            self.must("at least")?;
            self.number("a height").map(Claim::HeightAtLeast)
        } else if self.is("blocks") {
            self.must("by")?;
            self.node().map(Claim::BlocksBy)
        } else if self.is("no") {
            self.must("blocks by")?;
            let node = self.node()?;
            self.must("for")?;
            Ok(Claim::NoBlocksBy { node, slots: self.slots()? })
        } else if self.is("supply") {
            self.must("of")?;
            let token = self.symbol()?;
            self.must("is")?;
            Ok(Claim::Supply(token, self.amount()?))
        } else if self.is("one") {
            self.one_of()
        } else {
            self.subject()
        }
    }

    /// `one of a b included once`
    fn one_of(&mut self) -> Read<Claim> {
        self.must("of")?;
        let mut names = vec![self.name()?, self.name()?];
        while !self.is("included") {
            names.push(self.name()?);
        }
        self.must("once")?;
        Ok(Claim::OneOf(names))
    }

    /// `5 more blocks`, `bob has 30 COIN`, or what became of a transaction.
    fn subject(&mut self) -> Read<Claim> {
        let expected = "something to expect, such as `equal heads` or `bob has 30 COIN`";
        let subject = self.next(expected)?;
        if let Ok(count) = subject.parse() {
            return self.must("more blocks").map(|()| Claim::MoreBlocks(count));
        }
        let mut alone = Words::new(subject, 0);
        if self.is("has") {
            let (amount, token) = self.money()?;
            return Ok(Claim::Has(alone.person()?, amount, token));
        }
        let name = alone.name().map_err(|bad| wrong(expected, &bad.found))?;
        let claims = "`has`, `included once`, `not included`, `waiting`, `parked`, `expired`, \
                     `refused` or `reverted`";
        match self.next(claims)? {
            "included" => self.must("once").map(|()| Claim::IncludedOnce(name)),
            "not" => self.must("included").map(|()| Claim::NotIncluded(name)),
            "waiting" => Ok(Claim::Waiting(name)),
            "parked" => self.code().map(|code| Claim::Parked(name, code)),
            "expired" => Ok(Claim::Expired(name)),
            "refused" => self.code().map(|code| Claim::Refused(name, code)),
            "reverted" => {
                let expected = format!("what became of it: {}", OUTCOMES.join(", "));
                let outcome =
                    self.read(&expected, |word| OUTCOMES.contains(&word).then(|| word.to_owned()))?;
                Ok(Claim::Reverted(name, outcome))
            }
            other => Err(wrong(claims, &quoted(other))),
        }
    }
}

impl Claim {
    /// The transactions that it speaks of.
    pub(super) fn names(&self) -> Vec<&String> {
        match self {
            Self::OneOf(names) => names.iter().collect(),
            Self::IncludedOnce(name)
            | Self::NotIncluded(name)
            | Self::Waiting(name)
            | Self::Parked(name, _)
            | Self::Expired(name)
            | Self::Refused(name, _)
            | Self::Reverted(name, _) => vec![name],
            Self::EqualHeads
            | Self::DifferentHeads
            | Self::EqualHeights
            | Self::HeightAtLeast(_)
            | Self::MoreBlocks(_)
            | Self::BlocksBy(_)
            | Self::NoBlocksBy { .. }
            | Self::Synced
            | Self::Clock { .. }
            | Self::Reorg
            | Self::Has(..)
            | Self::Supply(..) => Vec::new(),
        }
    }
}
