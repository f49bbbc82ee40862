//! Kinds of villainy.

/// The villainy that a villain is known for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Villainy {
    /// Two nodes with one authority's key.
    Twin,
    /// Writes two blocks for one slot and shows each half of the network another.
    Equivocator,
    /// Keeps its blocks to itself for a while, and shows only their headers.
    Withholder,
    /// Writes blocks that break a rule, each time another.
    InvalidBuilder,
    /// Claims and serves long chains that are forged, or lead nowhere.
    LongChain,
    /// Sends garbage, floods of questions, stolen and worthless transactions.
    Spammer,
    /// Takes everything and passes nothing on.
    NonForwarder,
    /// Says that it stands where it does not, and answers what was not asked.
    Liar,
    /// Has a clock that is hours off, and writes blocks for slots that have not come.
    TimeTraveller,
    /// Votes for everything and commits everything, for another block to each.
    DoubleVoter,
    /// Keeps its votes and commits, and lets them out to one or two at a chosen moment.
    VoteWithholder,
    /// Builds a branch in secret, and shows just so much as displaces the newest block of others.
    Hoarder,
    /// Shows certificates that prove nothing.
    CertificateForger,
    /// Writes its blocks at the end of its slots, for a part of the nodes.
    LateLeader,
}

impl Villainy {
    /// All kinds of villainy.
    pub const ALL: [Self; 14] = [
        Self::Twin,
        Self::Equivocator,
        Self::Withholder,
        Self::InvalidBuilder,
        Self::LongChain,
        Self::Spammer,
        Self::NonForwarder,
        Self::Liar,
        Self::TimeTraveller,
        Self::DoubleVoter,
        Self::VoteWithholder,
        Self::Hoarder,
        Self::CertificateForger,
        Self::LateLeader,
    ];

    /// Kinds of villainy that are about votes and what they decide.
    pub const VOTERS: [Self; 5] = [
        Self::DoubleVoter,
        Self::VoteWithholder,
        Self::Hoarder,
        Self::CertificateForger,
        Self::LateLeader,
    ];

    /// The name of the villainy, as it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Twin => "twins",
            Self::Equivocator => "equivocator",
            Self::Withholder => "withholder",
            Self::InvalidBuilder => "invalid-block builder",
            Self::LongChain => "long-chain server",
            Self::Spammer => "spammer",
            Self::NonForwarder => "non-forwarder",
            Self::Liar => "liar in status",
            Self::TimeTraveller => "time traveller",
            Self::DoubleVoter => "double voter",
            Self::VoteWithholder => "vote withholder",
            Self::Hoarder => "hoarder",
            Self::CertificateForger => "certificate forger",
            Self::LateLeader => "late leader",
        }
    }

    /// Checks whether a villain needs an authority's key for its deeds.
    pub fn needs_key(self) -> bool {
        !matches!(self, Self::LongChain | Self::Spammer | Self::NonForwarder | Self::Liar)
    }
}
