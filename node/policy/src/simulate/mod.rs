//! Simulation of supply: the most that a charter lets exist over the years, and the least.
//!
//! The ledger's own code judges every action, on a clock that jumps from period to period. An
//! issuer that takes whatever it can as soon as it can draws the upper edge; one that does nothing
//! draws the lower one. What really happens lies between the two, less what is burned.

mod clock;
mod issuer;

use coinage_protocol::{Amount, Charter, Clause, ClauseId, UnixMillis};

use self::clock::{Clock, Stop};
use self::issuer::Issuer;
use crate::ledger::Ledger;

/// Settings of a simulation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Last time that is looked at, in milliseconds since 1970.
    pub until: UnixMillis,
    /// Milliseconds from one point of the curve to the next.
    pub step_ms: u64,
    /// Number of accounts that get each role, if as many may have it.
    pub members: u32,
    /// Number of moments that are played at most, counted once more for each member if there are
    /// roles. A million take some seconds.
    pub work_max: u64,
}

/// The band of possible supply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Forecast {
    /// Points of the band, in the order of time: one for each step, and one for each bend.
    pub points: Vec<Point>,
    /// Bends of the upper edge, in the order of time.
    pub bends: Vec<Bend>,
}

/// The supply that is possible at a time, in base units.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Point {
    /// Time, in milliseconds since 1970.
    pub time: UnixMillis,
    /// Supply if everybody who may issue does so as soon as possible.
    pub most: Amount,
    /// Supply if nobody issues anything after the creation.
    pub least: Amount,
}

/// A time from which on a clause makes the most that can exist grow otherwise than before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bend {
    /// Time, in milliseconds since 1970.
    pub time: UnixMillis,
    /// Clause that binds from then on.
    pub clause: ClauseId,
    /// Kind of the bend.
    pub kind: BendKind,
}

/// Kind of a bend of the curve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BendKind {
    /// The limit on what exists, or on what was ever issued, is reached at the earliest.
    Reached,
    /// The amount of a period halves.
    Halved,
    /// Issue begins.
    Begun,
    /// Issue, or a release by the day, ends.
    Ended,
    /// The highest amount of an amendment is in force, if it is announced at the creation.
    Amended,
}

/// The reason why a simulation is not played.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SimulateError {
    /// The time to look at is over before it begins.
    #[error("the periods begin only after the last time to look at")]
    Empty,
    /// A step of no length never comes to an end.
    #[error("a step is at least one second")]
    Step,
    /// There are more moments than are played.
    #[error("so many short periods take too long to play: look less far, or at fewer members")]
    TooLong {
        /// Time until which there are few enough, in milliseconds since 1970.
        until: UnixMillis,
    },
}

/// Plays a charter from its anchor on.
///
/// # Errors
///
/// [`SimulateError`] if the settings leave nothing to play, or too much.
///
/// # Panics
///
/// If the ledger refuses to create a token by a checked charter, which is a fault.
pub fn simulate(charter: &Charter, settings: Settings) -> Result<Forecast, SimulateError> {
    let clock = Clock::new(charter, settings)?;
    let start = charter.anchor.millis();
    let mut ledger = Ledger::create(charter, start).expect("a checked charter can be created");
    let least = ledger.supply();
    let mut issuer = Issuer::new(charter, settings.members);
    let (mut points, mut bends) = (Vec::new(), clock.known_bends(charter));
    for Stop { time, is_sample } in clock {
        let met = ledger.at(time, |now| issuer.take_all(now));
        let known = bends.len();
        bends.extend(met.map(|clause| Bend { time, clause, kind: BendKind::Reached }));
        if is_sample || bends.len() > known {
            points.push(Point { time, most: ledger.supply(), least });
        }
    }
    bends.extend(issuer.amended());
    bends.retain(|bend| bend.time <= settings.until);
    bends.sort_by_key(|bend| (bend.time, bend.clause));
    Ok(Forecast { points, bends })
}

/// Checks whether a clause binds all that exists, or all that was ever issued.
fn binds_all(clause: &Clause) -> bool {
    matches!(clause, Clause::Outstanding { .. } | Clause::Ever { .. })
}

#[cfg(test)]
mod tests;
