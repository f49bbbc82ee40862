//! Eviction: the choice of who has to go when all inbound places are taken.
//!
//! The places belong to groups of addresses before they belong to peers: whoever comes from a group
//! that has fewer than the most crowded one gets a place of that one. So no group can keep another
//! out, however many names it has. Within a crowd, the least useful goes; and of all crowds
//! together, the most useful stay.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use libp2p::PeerId;
use libp2p::swarm::ConnectionId;

use super::group::Group;

/// Number of peers that stay because they answer fastest, which is hard to feign from afar.
const FASTEST_STAY: usize = 4;
/// Number of peers that stay because they were the first to bring a valid message of late.
const BRINGERS_STAY: usize = 8;
/// Number of peers that stay because they have been here longest.
const OLDEST_STAY: usize = 8;
/// Time that a peer of no smaller a group may be of no use until it makes room.
const USELESS_FOR: Duration = Duration::from_secs(60);

/// A connection that a peer made.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) connection: ConnectionId,
    pub(super) peer: PeerId,
    pub(super) group: Group,
    pub(super) since: Instant,
    /// Shortest time in which the guest answered.
    pub(super) latency: Option<Duration>,
    /// Time when the guest last was the first to bring a valid message.
    pub(super) brought: Option<Instant>,
}

/// Chooses the guest that makes room for a newcomer of this group, if any does.
pub(super) fn victim(guests: &[Guest], newcomer: Group, now: Instant) -> Option<&Guest> {
    let mut sizes: HashMap<Group, usize> = HashMap::new();
    for guest in guests {
        *sizes.entry(guest.group).or_default() += 1;
    }
    let size = |group: &Group| sizes.get(group).copied().unwrap_or_default();
    let stay = protected(guests);
    let leaves = guests.iter().filter(|guest| !stay.contains(&guest.connection));
    let least = leaves.max_by_key(|guest| {
        (size(&guest.group), Reverse(guest.brought), guest.since, guest.connection)
    })?;
    let own = size(&newcomer);
    let fairer = own + 1 < size(&least.group);
    // Where all crowds are alike, what stays must be of use, or the first to come would have the
    // places for ever.
    let useless = least.group != newcomer
        && own < size(&least.group)
        && now.duration_since(least.brought.unwrap_or(least.since)) >= USELESS_FOR;
    (fairer || useless).then_some(least)
}

/// Returns the guests that stay in any case. They leave room: there are more places.
fn protected(guests: &[Guest]) -> HashSet<ConnectionId> {
    let mut stay = HashSet::new();
    keep(&mut stay, guests, FASTEST_STAY, |guest| guest.latency);
    keep(&mut stay, guests, BRINGERS_STAY, |guest| guest.brought.map(Reverse));
    keep(&mut stay, guests, OLDEST_STAY, |guest| Some(guest.since));
    stay
}

/// Adds those of the others for whom the key is lowest.
fn keep<K: Ord>(
    stay: &mut HashSet<ConnectionId>,
    guests: &[Guest],
    count: usize,
    key: impl Fn(&Guest) -> Option<K>,
) {
    let others = guests.iter().filter(|guest| !stay.contains(&guest.connection));
    let mut others: Vec<_> =
        others.filter_map(|guest| Some((key(guest)?, guest.connection))).collect();
    others.sort();
    stay.extend(others.into_iter().take(count).map(|(_, connection)| connection));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(number: usize, group: u8, since: Instant) -> Guest {
        Guest {
            connection: ConnectionId::new_unchecked(number),
            peer: PeerId::random(),
            group: Group::V4([10, 0, group]),
            since,
            latency: None,
            brought: None,
        }
    }

    /// Returns guests of these groups, each a second younger than the one before.
    fn guests(start: Instant, groups: impl IntoIterator<Item = u8>) -> Vec<Guest> {
        let at = |number: usize| start + Duration::from_secs(number as u64);
        let numbered = groups.into_iter().enumerate();
        numbered.map(|(number, group)| guest(number, group, at(number))).collect()
    }

    #[test]
    fn the_youngest_useless_one_of_the_most_crowded_group_goes() {
        let start = Instant::now();
        let mut all = guests(start, [0; 20].into_iter().chain([1; 5]));
        let group = Group::V4([10, 0, 9]);
        let out = |all: &[Guest]| victim(all, group, start).map(|guest| guest.connection);
        assert_eq!(out(&all), Some(ConnectionId::new_unchecked(19)));
        all[19].brought = Some(start);
        all[18].latency = Some(Duration::from_millis(1));
        assert_eq!(out(&all), Some(ConnectionId::new_unchecked(17)));
    }

    #[test]
    fn a_crowd_gets_no_place_of_a_smaller_one_however_often_it_comes() {
        let start = Instant::now();
        let all = guests(start, [0; 30].into_iter().chain([1; 10]));
        let later = start + 100 * USELESS_FOR;
        assert!(victim(&all, Group::V4([10, 0, 0]), later).is_none());
        let newcomer = victim(&all, Group::V4([10, 0, 1]), start).expect("a place");
        assert_eq!(newcomer.group, Group::V4([10, 0, 0]));
    }

    #[test]
    fn where_all_are_alike_the_useless_make_room_after_a_while_and_the_useful_stay() {
        let start = Instant::now();
        let mut all = guests(start, 0..40);
        let newcomer = Group::V4([10, 0, 99]);
        assert!(victim(&all, newcomer, start).is_none());
        let later = start + USELESS_FOR + Duration::from_secs(39);
        let first = victim(&all, newcomer, later).expect("a place").connection;
        assert_eq!(first, ConnectionId::new_unchecked(39));
        all.iter_mut().for_each(|guest| guest.brought = Some(later));
        assert!(victim(&all, newcomer, later).is_none());
    }

    #[test]
    fn a_crowd_of_protected_ones_cannot_hold_every_place() {
        let start = Instant::now();
        let mut all = guests(start, [0; 40]);
        for (number, guest) in all.iter_mut().enumerate() {
            guest.latency = Some(Duration::from_micros(number as u64));
            guest.brought = Some(start);
        }
        let mut places = 1;
        while let Some(out) = victim(&all, Group::V4([10, 0, places]), start) {
            let out = out.connection;
            all.retain(|guest| guest.connection != out);
            places += 1;
            all.push(guest(1000 + usize::from(places), places, start));
        }
        assert!(places >= 20, "{places}");
    }
}
