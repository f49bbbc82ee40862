//! Faults: what can go wrong between and within honest nodes.

/// Number of faults that are drawn together.
const COMMON: usize = 13;
/// Number of the other faults that have chance of their own in one draw.
const APART: usize = 4;

/// A class of misfortunes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// Messages get lost.
    Loss,
    /// Messages come twice.
    Duplicates,
    /// Messages overtake one another, by up to half a second.
    Reordering,
    /// Two groups have no connection.
    Partition,
    /// The messages of one group do not reach the other, and nobody notices.
    OneWay,
    /// Two groups lose and find each other again and again.
    Flapping,
    /// A clock is wrong from the beginning, by up to two seconds.
    ClockOffset,
    /// A clock jumps by up to two seconds.
    ClockJump,
    /// A process is frozen for a while.
    Pause,
    /// A process ends at any instant; what was not durable is lost.
    Crash,
    /// A disk is lost.
    Wipe,
    /// A node comes for the first time when the others have long begun.
    LateJoiner,
    /// A disk takes long to make anything durable.
    SlowDisk,
    /// A crash leaves a part of what was being written.
    TornWrite,
    /// A byte of what is stored flips.
    FlippedByte,
    /// A byte flips before its checksum is made, so that no disk can tell.
    FlippedInMemory,
    /// Hardly anything fits into the pools.
    SmallPool,
    /// A clock is off by minutes to weeks for a while.
    FarClock,
}

impl Fault {
    /// All classes of misfortunes.
    pub const ALL: [Self; 18] = [
        Self::Loss,
        Self::Duplicates,
        Self::Reordering,
        Self::Partition,
        Self::OneWay,
        Self::Flapping,
        Self::ClockOffset,
        Self::ClockJump,
        Self::Pause,
        Self::Crash,
        Self::Wipe,
        Self::LateJoiner,
        Self::SlowDisk,
        Self::TornWrite,
        Self::FlippedByte,
        Self::FlippedInMemory,
        Self::SmallPool,
        Self::FarClock,
    ];

    /// The faults that are drawn together.
    pub(super) fn common() -> &'static [Self] {
        Self::ALL.split_at(COMMON).0
    }

    /// The faults that each have chance of their own, so that the others are what they would be
    /// without them.
    pub(super) fn apart() -> &'static [Self] {
        Self::ALL.split_at(COMMON).1.split_at(APART).0
    }

    /// The name of the fault, as it is counted and written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Duplicates => "duplicates",
            Self::Reordering => "reordering",
            Self::Partition => "partition",
            Self::OneWay => "one-way",
            Self::Flapping => "flapping",
            Self::ClockOffset => "clock-offset",
            Self::ClockJump => "clock-jump",
            Self::Pause => "pause",
            Self::Crash => "crash",
            Self::Wipe => "wipe",
            Self::LateJoiner => "late-joiner",
            Self::SlowDisk => "slow-disk",
            Self::TornWrite => "torn-write",
            Self::FlippedByte => "flipped-byte",
            Self::FlippedInMemory => "flipped-in-memory",
            Self::SmallPool => "small-pool",
            Self::FarClock => "far-clock",
        }
    }
}

impl std::str::FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|fault| fault.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no such fault; there are {names}")
        })
    }
}
