//! Places in the lists of a charter, as people count them: from 1.

use coinage_protocol::{AccountId, ClauseId, RoleId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A place in a list of a charter.
pub trait Place: Copy {
    /// The place with this number, from 0.
    fn at(place: u8) -> Self;

    /// The number of the place, from 0.
    fn place(self) -> u8;
}

macro_rules! places {
    ($($name:ident),+) => {$(
        impl Place for $name {
            fn at(place: u8) -> Self {
                Self(place)
            }

            fn place(self) -> u8 {
                self.0
            }
        }
    )+};
}

places!(AccountId, ClauseId, RoleId);

/// Writes a place, for `#[serde(with)]`.
pub fn serialize<T: Place, S: Serializer>(place: &T, to: S) -> Result<S::Ok, S::Error> {
    (u16::from(place.place()) + 1).serialize(to)
}

/// Reads a place, for `#[serde(with)]`.
pub fn deserialize<'de, T: Place, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    read(u16::deserialize(from)?).map_err(D::Error::custom)
}

fn read<T: Place>(number: u16) -> Result<T, &'static str> {
    let place = number.checked_sub(1).and_then(|place| u8::try_from(place).ok());
    place.map(T::at).ok_or("a charter's lists count from 1 to 256")
}

/// A place that may be `null`, which must be said.
pub mod option {
    use super::{Place, read};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes a place or `null`, for `#[serde(with)]`.
    pub fn serialize<T: Place, S: Serializer>(place: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        place.map(|place| u16::from(place.place()) + 1).serialize(to)
    }

    /// Reads a place or `null`, for `#[serde(with)]`.
    pub fn deserialize<'de, T: Place, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let number = Option::<u16>::deserialize(from)?;
        number.map(read).transpose().map_err(D::Error::custom)
    }
}
