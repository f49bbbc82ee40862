//! Heights, slots and times: numbers that must not stand for one another.
//!
//! Each is encoded as the number it holds (SPEC E-2). Differences are plain numbers: of blocks, of
//! slots, of milliseconds.

use core::fmt::{Debug, Display, Formatter, Result};
use core::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The greatest number there is.
            pub const MAX: Self = Self(u64::MAX);

            /// The one with this number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The one so many later, or the greatest.
            pub const fn saturating_add(self, by: u64) -> Self {
                Self(self.0.saturating_add(by))
            }

            /// The one so many earlier, or zero.
            pub const fn saturating_sub(self, by: u64) -> Self {
                Self(self.0.saturating_sub(by))
            }

            /// The one so many later, if there is one.
            pub fn checked_add(self, by: u64) -> Option<Self> {
                self.0.checked_add(by).map(Self)
            }

            /// The one so many earlier, if there is one.
            pub fn checked_sub(self, by: u64) -> Option<Self> {
                self.0.checked_sub(by).map(Self)
            }

            /// The distance from an earlier one; zero from a later one.
            pub const fn since(self, earlier: Self) -> u64 {
                self.0.saturating_sub(earlier.0)
            }

            /// The distance from an earlier one; `None` from a later one.
            pub const fn checked_since(self, earlier: Self) -> Option<u64> {
                self.0.checked_sub(earlier.0)
            }
        }

        impl Debug for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                Debug::fmt(&self.0, f)
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                Display::fmt(&self.0, f)
            }
        }

        impl PartialEq<u64> for $name {
            fn eq(&self, other: &u64) -> bool {
                self.0 == *other
            }
        }

        /// Addition for code that may panic, as on every overflow.
        impl Add<u64> for $name {
            type Output = Self;

            #[expect(clippy::arithmetic_side_effects, reason = "as the number it holds")]
            fn add(self, by: u64) -> Self {
                Self(self.0 + by)
            }
        }

        impl AddAssign<u64> for $name {
            #[expect(clippy::arithmetic_side_effects, reason = "as the number it holds")]
            fn add_assign(&mut self, by: u64) {
                self.0 += by;
            }
        }

        impl Sub<u64> for $name {
            type Output = Self;

            #[expect(clippy::arithmetic_side_effects, reason = "as the number it holds")]
            fn sub(self, by: u64) -> Self {
                Self(self.0 - by)
            }
        }
    };
}

number! {
    /// The height of a block: how many stand before it; the genesis block's is 0 (SPEC B-1).
    Height
}

number! {
    /// The number of a slot since the genesis time (SPEC B-4).
    Slot
}

number! {
    /// A time of day in milliseconds since 1970, in UTC without leap seconds (SPEC B-4).
    UnixMillis
}

impl UnixMillis {
    /// The time so many milliseconds later, or earlier; at most the greatest, at least zero.
    pub const fn saturating_add_signed(self, by: i64) -> Self {
        Self(self.0.saturating_add_signed(by))
    }
}

impl Height {
    /// The height of a block on top of one of this height.
    pub const fn next(self) -> Self {
        self.saturating_add(1)
    }
}
