//! Bad inputs, as data: what is tried, how it reaches a node, and what has to come of it.
//!
//! The expectations follow from SPEC, and so do the ids: they are never given to another input.
//! Three runners replay them: against a lone engine, in a simulated network, and against a real
//! process over its sockets.

mod answers;
mod api;
mod blocks;
mod chains;
mod charters;
mod ledger;
mod limits;
mod messages;
mod sample;
mod setup;
mod shapes;
mod transactions;
mod wire;

pub use self::answers::Answers;
pub(crate) use self::answers::nothing;
pub use self::sample::{Call, CallBody, Delivery, Expected, Head, News, Sample, Submitted};
pub use self::setup::Ground;

/// An entry of the catalogue: something that is tried.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// A letter for the part (W wire, B blocks, T transactions, A API) and a number. Stable.
    pub id: &'static str,
    /// Claim of what has to come of the entry, in a few words.
    pub claim: &'static str,
    /// Levels at which the entry is replayed.
    pub levels: &'static [Level],
    /// Replay of the entry.
    pub replay: Replay,
}

/// The level at which an input is replayed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// A lone engine.
    Engine,
    /// A simulated network of engines, one of whose links is a villain's.
    Simulator,
    /// A real process, over libp2p or HTTP.
    Process,
}

/// The way in which an entry is replayed.
#[derive(Clone, Copy, Debug)]
pub enum Replay {
    /// The entry is replayed with these inputs.
    Samples(fn(&Ground) -> Vec<Sample>),
    /// The entry is a story rather than an input; tests of these names tell it.
    Told(&'static [&'static str]),
    /// The entry cannot be tried yet, for this reason.
    Waits(&'static str),
}

impl Entry {
    /// The inputs on this ground; none if it has none. What ends with its stream and was cut short
    /// is nobody's fault (SPEC X-1); a story of the hostile peer tells that.
    pub fn samples(&self, ground: &Ground) -> Vec<Sample> {
        match self.replay {
            Replay::Samples(make) => {
                let mut samples = make(ground);
                samples.retain(|sample| !sample.delivery.is_truncated());
                samples
            }
            Replay::Told(_) | Replay::Waits(_) => Vec::new(),
        }
    }

    /// Checks whether the entry is replayed at a level.
    pub fn names(&self, level: Level) -> bool {
        self.levels.contains(&level)
    }
}

/// Every entry, in the order of the ids.
pub fn all() -> Vec<Entry> {
    [wire::ENTRIES, blocks::ENTRIES, transactions::ENTRIES, charters::ENTRIES, api::ENTRIES]
        .concat()
}

const EVERYWHERE: &[Level] = &[Level::Engine, Level::Simulator, Level::Process];
/// Answers of any bytes, and chains of one leader's slots: a simulated network has neither, as its
/// villains' answers are values and its slots are few.
const ANSWERED: &[Level] = &[Level::Engine, Level::Process];
/// Levels of what never gets as far as an engine.
const SOCKET: &[Level] = &[Level::Process];

const fn entry(
    id: &'static str,
    claim: &'static str,
    levels: &'static [Level],
    samples: fn(&Ground) -> Vec<Sample>,
) -> Entry {
    Entry { id, claim, levels, replay: Replay::Samples(samples) }
}

const fn told(id: &'static str, claim: &'static str, tests: &'static [&'static str]) -> Entry {
    Entry { id, claim, levels: &[], replay: Replay::Told(tests) }
}

const fn waits(id: &'static str, claim: &'static str, why: &'static str) -> Entry {
    Entry { id, claim, levels: &[], replay: Replay::Waits(why) }
}
