//! Faults put in on purpose, to see that somebody notices.
//!
//! Only the feature `planted` brings them in, and only one at a time, by a switch at run time.
//! Without the feature [`planted`] is `false` to the compiler, and nothing of this is in the
//! program.

#[cfg(feature = "planted")]
use core::sync::atomic::{AtomicUsize, Ordering};

#[cfg(feature = "planted")]
pub(crate) mod cache {
    //! The ids of [`Bug::CacheById`](super::Bug::CacheById): the last few, by a part of them.

    use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    static NEXT: AtomicUsize = AtomicUsize::new(0);
    static IDS: [AtomicU64; 256] = [const { AtomicU64::new(0) }; 256];

    fn part(id: &[u8; 32]) -> u64 {
        id.iter().take(8).fold(0, |part, byte| (part << 8) | u64::from(*byte))
    }

    pub(crate) fn note(id: &[u8; 32]) {
        let at = NEXT.fetch_add(1, Ordering::Relaxed).checked_rem(IDS.len());
        if let Some(place) = at.and_then(|at| IDS.get(at)) {
            place.store(part(id), Ordering::Relaxed);
        }
    }

    pub(crate) fn knows(id: &[u8; 32]) -> bool {
        IDS.iter().any(|known| known.load(Ordering::Relaxed) == part(id))
    }

    pub(super) fn clear() {
        IDS.iter().for_each(|id| id.store(0, Ordering::Relaxed));
    }
}

#[cfg(not(feature = "planted"))]
pub(crate) mod cache {
    //! The memory of seen ids, for faults: without the feature there is none.

    pub(crate) const fn note(_: &[u8; 32]) {}

    pub(crate) const fn knows(_: &[u8; 32]) -> bool {
        false
    }
}

macro_rules! bugs {
    ($($(#[$about:meta])* $name:ident,)*) => {
        /// A fault that somebody might make.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[cfg_attr(not(feature = "planted"), allow(unreachable_pub))]
        pub enum Bug {
            $($(#[$about])* $name,)*
        }

        impl Bug {
            /// All faults.
            #[cfg(feature = "planted")]
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

bugs! {
    /// A mint may exceed the cap (SPEC L-3).
    CapUnchecked,
    /// The leader's signature is not looked for (SPEC B-3).
    LeaderUnchecked,
    /// Bytes after a message are ignored (SPEC E-2).
    TrailingBytesTaken,
    /// The pool is not looked at again after a reorg (SPEC P-1).
    PoolNotRechecked,
    /// A block may hold what an ancestor holds (SPEC T-8).
    IdTakenTwice,
    /// The state's root is not compared with the header's (SPEC B-7).
    StateRootUnchecked,
    /// The first that came of two equally long branches stays (SPEC C-1).
    TieByArrival,
    /// The transactions root does not cover the witnesses (SPEC M-1).
    WitnessesUncommitted,
    /// The bytes that were seen with a bad signature are not looked at again under the same id
    /// (SPEC T-2).
    CacheById,
    /// A signature that verified makes every other of that key over that message good (SPEC K-2).
    ClaimWithoutSignature,
    /// The branch that is left is looked at for whether an id is taken (SPEC C-6).
    IdsOfOtherBranch,
    /// An undo record lacks the last change.
    UndoIncomplete,
    /// A parked transaction is never looked at again (SPEC P-2).
    ParkedForgotten,
    /// A body that is not the header's condemns the header (SPEC B-10).
    HeaderCondemnedByBody,
    /// A slot is signed for before it is remembered (SPEC C-5).
    SignedBeforeRemembered,
    /// A restart forgets for which slots was signed (SPEC C-5).
    SlotSignedTwice,
    /// Blocks of slots that have not begun are taken at once (SPEC B-9).
    FutureTaken,
    /// There is no end to blocks that wait for their slot (SPEC B-9).
    FutureUnbounded,
    /// An expired transaction may be included (SPEC T-7).
    ExpiryUnchecked,
    /// The peer that passes on an invalid block as news pays for it (SPEC X-1).
    MessengerBlamed,
    /// A head that moved on since it was claimed counts as a lie (SPEC N-3).
    StaleClaimBlamed,
    /// Transactions of an abandoned branch are gone (SPEC C-4).
    AbandonedForgotten,
    /// Peers are not asked what waits elsewhere (SPEC P-4).
    NeverReconciled,
    /// A start takes what is stored for the state of the head (SPEC M-3).
    StoredUnchecked,
    /// An issuer is replaced without being asked (SPEC T-3).
    IssuerNotAsked,
    /// A sender need not sign if somebody else does (SPEC T-3).
    SenderNotAsked,
    /// A single signature opens every lock (SPEC T-4).
    OneOpensAll,
    /// An answer has as many bytes as were asked for (SPEC N-1).
    AnswerUnbounded,
    /// A gossip message has as many bytes as have gathered (SPEC N-1).
    BatchUnbounded,
    /// A leader does not look at how many bytes a block may have (SPEC B-8).
    BlockUnbounded,
    /// A leader takes one transaction (SPEC P-1).
    OnePerBlock,
    /// A leader takes what came last first (SPEC P-1).
    NewestFirst,
    /// A leader leaves out what can be included now or never (SPEC T-7).
    ExpiringLeftOut,
    /// The news that a parked transaction can be included now is not told (SPEC P-2).
    ReadyUntold,
    /// The news that a transaction had to go is not told (SPEC P-3).
    EvictedUntold,
    /// Events do not wait for the batch that they tell of.
    ToldBeforeBatch,
    /// Peers are answered before the batch that the answer relies on.
    AnsweredBeforeBatch,
    /// A block leaves before it is on disk.
    PublishedBeforeBatch,
    /// A submitter is told before the batch that the word relies on.
    PromisedBeforeBatch,
    /// A node that has nothing to do comes back at once.
    NeverAtRest,
}

#[cfg(feature = "planted")]
static PLANTED: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Checks whether this fault is in the program now.
#[cfg(feature = "planted")]
pub(crate) fn planted(bug: Bug) -> bool {
    PLANTED.load(Ordering::Relaxed) == bug as usize
}

/// Checks whether this fault is in the program now: never.
#[cfg(not(feature = "planted"))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

/// Puts one fault into the program, everywhere, or takes it out again.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    cache::clear();
    PLANTED.store(bug.map_or(usize::MAX, |bug| bug as usize), Ordering::Relaxed);
}
