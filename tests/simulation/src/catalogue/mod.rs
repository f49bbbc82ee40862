//! Bad inputs, as data: what is tried, how it reaches a node, and what has to come of it.
//!
//! The expectations follow from SPEC, and so do the ids: they are never given to another input.
//! Three runners replay them: against a lone engine, in a simulated network, and against a real
//! process over its sockets.

mod answers;
mod api;
mod blocks;
mod chains;
mod ground;
mod ledger;
mod limits;
mod sample;
mod shapes;
mod talk;
mod transactions;
mod wire;

pub use self::answers::Answers;
pub use self::ground::Ground;
pub use self::sample::{Call, CallBody, Delivery, Expected, Head, News, Sample, Submitted};

/// Something that is tried.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// A letter for the part (W wire, B blocks, T transactions, A API) and a number. Stable.
    pub id: &'static str,
    /// What has to come of it, in a few words.
    pub claim: &'static str,
    /// Where it is replayed.
    pub levels: &'static [Level],
    /// What is replayed.
    pub replay: Replay,
}

/// Against what an input is replayed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// A lone engine.
    Engine,
    /// A simulated network of engines, one of whose links is a villain's.
    Simulator,
    /// A real process, over libp2p or HTTP.
    Process,
}

/// How an entry is replayed.
#[derive(Clone, Copy, Debug)]
pub enum Replay {
    /// With these inputs.
    Samples(fn(&Ground) -> Vec<Sample>),
    /// It is a story rather than an input; tests of these names tell it.
    Told(&'static [&'static str]),
    /// It cannot be tried yet, for this reason.
    Waits(&'static str),
}

impl Entry {
    /// The inputs on this ground; none if it has none.
    pub fn samples(&self, ground: &Ground) -> Vec<Sample> {
        match self.replay {
            Replay::Samples(make) => make(ground),
            Replay::Told(_) | Replay::Waits(_) => Vec::new(),
        }
    }

    /// Whether it is replayed there.
    pub fn names(&self, level: Level) -> bool {
        self.levels.contains(&level)
    }
}

/// Every entry, in the order of the ids.
pub fn all() -> Vec<Entry> {
    [wire::ENTRIES, blocks::ENTRIES, transactions::ENTRIES, api::ENTRIES].concat()
}

const EVERYWHERE: &[Level] = &[Level::Engine, Level::Simulator, Level::Process];
/// Answers of any bytes, and chains of one leader's slots: a simulated network has neither, as its
/// villains' answers are values and its slots are few.
const ANSWERED: &[Level] = &[Level::Engine, Level::Process];
/// What never gets as far as an engine.
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
