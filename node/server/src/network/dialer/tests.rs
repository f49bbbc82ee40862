use super::target::{PAUSE_CONFIGURED_MAX, PAUSE_FOUND_MAX};
use super::*;

fn address(port: u16) -> Multiaddr {
    format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("an address")
}

/// Returns the address of some peer on this host.
fn someone(host: &str) -> Multiaddr {
    let address: Multiaddr = format!("{host}/tcp/80").parse().expect("an address");
    address.with(Protocol::P2p(PeerId::random()))
}

/// Returns a teller in the group of this number.
fn from(group: u8, reach: AddressScope) -> Source {
    Source { group: Group::V4([10, 9, group]), reach }
}

fn tried(address: Multiaddr) -> Entry {
    Entry { address, rank: Rank::Tried, source: Some(from(0, AddressScope::Machine)) }
}

/// Dials at this time, all in vain; returns how often.
fn dial_in_vain(dialer: &mut Dialer, now: Instant) -> usize {
    let dials = dialer.due(now, &[], |_| false);
    for due in &dials {
        let Due::Dial(dial) = due else { panic!("a name") };
        dialer.failed(dial.connection_id(), now);
    }
    dials.len()
}

fn number(due: &Due) -> ConnectionId {
    match due {
        Due::Dial(dial) => dial.connection_id(),
        Due::LookUp(number, ..) => *number,
    }
}

#[test]
fn pauses_grow_to_a_limit_that_is_lower_for_configured_addresses() {
    let start = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    dialer.configure(&address(1), start);
    dialer.remember(&tried(address(2).with(Protocol::P2p(PeerId::random()))), start);
    for round in 1..=40 {
        dial_in_vain(&mut dialer, start + round * PAUSE_FOUND_MAX);
    }
    let now = start + 40 * PAUSE_FOUND_MAX;
    let pauses: Vec<_> = dialer.targets.iter().map(|target| target.due - now).collect();
    assert!(pauses[0] <= PAUSE_CONFIGURED_MAX && pauses[0] >= PAUSE_CONFIGURED_MAX / 2);
    assert!(pauses[1] <= PAUSE_FOUND_MAX && pauses[1] >= PAUSE_FOUND_MAX / 2);
}

#[test]
fn found_addresses_need_an_id_and_room_among_the_outbound_peers() {
    let now = Instant::now();
    let own = PeerId::random();
    let mut dialer = Dialer::new(own, true);
    dialer.remember(&tried(address(1)), now);
    dialer.remember(&tried(address(2).with(Protocol::P2p(own))), now);
    assert!(dialer.targets.is_empty());
    for group in 1..=20 {
        dialer.remember(&tried(someone(&format!("/ip4/8.8.{group}.8"))), now);
    }
    let outbound = [Group::V4([9, 9, 9]); 3];
    assert_eq!(dialer.due(now, &outbound, |_| false).len(), OUTBOUND_WANTED - 3);
    assert!(dialer.due(now, &outbound, |_| false).is_empty(), "five are underway");
}

#[test]
fn one_group_gets_few_of_the_places_that_the_node_fills_by_choice() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    (0..100).for_each(|_| dialer.remember(&tried(someone("/ip4/9.9.9.9")), now));
    dialer.remember(&tried(someone("/ip4/8.8.8.8")), now);
    assert_eq!(dialer.due(now, &[], |_| false).len(), OUTBOUND_OF_GROUP + 1);
    let mut dialer = Dialer::new(PeerId::random(), true);
    (0..100).for_each(|_| dialer.remember(&tried(someone("/ip4/127.0.0.1")), now));
    assert_eq!(dialer.due(now, &[], |_| false).len(), OUTBOUND_NEARBY);
}

#[test]
fn anchors_come_first_then_where_somebody_was_and_last_what_was_told() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    let entry = |host: u8, rank| Entry { rank, ..tried(someone(&format!("/ip4/8.8.{host}.8"))) };
    (0..50).for_each(|host| dialer.remember(&entry(host, Rank::Told), now));
    (50..53).for_each(|host| dialer.remember(&entry(host, Rank::Tried), now));
    (53..56).for_each(|host| dialer.remember(&entry(host, Rank::Anchor), now));
    let dialled: Vec<_> = dialer.due(now, &[], |_| false).iter().map(number).collect();
    let rank =
        |number| dialer.targets.iter().find(|one| one.dialing == Some(number)).map(|one| one.rank);
    let ranks: Vec<_> = dialled.into_iter().filter_map(rank).collect();
    assert_eq!(
        ranks,
        [[Rank::Anchor; 3], [Rank::Tried; 3]]
            .concat()
            .into_iter()
            .chain([Rank::Told; 2])
            .collect::<Vec<_>>()
    );
}

#[test]
fn connected_and_banned_peers_are_not_dialled() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    dialer.configure(&address(1).with(Protocol::P2p(PeerId::random())), now);
    assert!(dialer.due(now, &[], |_| true).is_empty());
    assert_eq!(dialer.due(now, &[], |_| false).len(), 1);
}

#[test]
fn one_teller_fills_no_book_nor_does_its_group_and_what_leads_nowhere_makes_room() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    let (teller, near) = (PeerId::random(), from(1, AddressScope::Machine));
    let told = |port| address(port).with(Protocol::P2p(PeerId::random()));
    (1..=100).for_each(|port| dialer.learn(&told(port), teller, near, now));
    assert_eq!(dialer.targets.len(), TOLD_BY_ONE_MAX);
    for _ in 0..100 {
        let host = format!("/ip4/8.8.{}.8", dialer.random.next_u32() % 256);
        dialer.learn(&someone(&host), PeerId::random(), near, now);
    }
    assert_eq!(dialer.targets.len(), TOLD_BY_GROUP_MAX);
    let other = from(2, AddressScope::Machine);
    dialer.learn(&told(101), PeerId::random(), other, now);
    assert_eq!(dialer.targets.len(), TOLD_BY_GROUP_MAX + 1);
    for round in 1..500 {
        dial_in_vain(&mut dialer, now + round * PAUSE_FOUND_MAX);
    }
    dialer.learn(&told(102), teller, near, now);
    assert_eq!(dialer.targets.len(), TOLD_BY_GROUP_MAX + 1);
    assert!(dialer.targets.iter().any(|target| target.address == address(102)));
}

#[test]
fn lies_about_a_neighbourhood_leave_room_for_those_who_live_there() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    for group in 0..20 {
        for _ in 0..TOLD_BY_ONE_MAX {
            let liar = PeerId::random();
            dialer.learn(&someone("/ip4/8.8.8.8"), liar, from(group, AddressScope::World), now);
        }
    }
    assert_eq!(dialer.targets.len(), TOLD_OF_GROUP_MAX);
    let himself = PeerId::random();
    let there: Multiaddr = "/ip4/8.8.8.9/tcp/1".parse().expect("an address");
    let there = there.with(Protocol::P2p(himself));
    let source = Source { group: Group::V4([8, 8, 8]), reach: AddressScope::World };
    dialer.learn(&there, himself, source, now);
    assert!(dialer.targets.iter().any(|target| target.is(&himself)));
    assert_eq!(dialer.targets.len(), TOLD_OF_GROUP_MAX);
}

#[test]
fn a_stranger_has_the_node_knock_at_few_doors() {
    let start = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    let knocks = |dialer: &mut Dialer, seconds: u64| -> usize {
        let at = |tenth| start + Duration::from_millis(100 * tenth);
        (0..10 * seconds)
            .map(|tenth| {
                // It never tires of telling, and each time it is another who lives there.
                dialer.targets.clear();
                let stranger = from(1, AddressScope::World);
                for _ in 0..TOLD_BY_ONE_MAX {
                    dialer.learn(&someone("/ip4/8.8.8.8"), PeerId::random(), stranger, at(tenth));
                }
                dial_in_vain(dialer, at(tenth))
            })
            .sum()
    };
    let count = knocks(&mut dialer, 60);
    assert!((8..=8 + 60 / 5).contains(&count), "{count} in a minute");
}

#[test]
fn a_name_that_somebody_told_is_looked_up_and_one_of_the_operator_is_not() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    dialer.configure(&someone("/dns/own.example"), now);
    dialer.learn(
        &someone("/dns/told.example"),
        PeerId::random(),
        from(1, AddressScope::World),
        now,
    );
    let dials = dialer.due(now, &[], |_| false);
    let [Due::Dial(_), Due::LookUp(number, name, AddressScope::World)] = dials.as_slice() else {
        panic!("{dials:?}")
    };
    assert_eq!(name.to_string(), "/dns/told.example/tcp/80");
    let found = "/ip4/8.8.8.8/tcp/80".parse().expect("an address");
    let dial = dialer.looked_up(*number, vec![found], &[], now).expect("it is dialled");
    assert!(dialer.failed(*number, now).is_none(), "another number stands for it");
    assert!(dialer.failed(dial.connection_id(), now).is_some());
}

#[test]
fn names_get_no_more_places_for_a_group_than_its_addresses() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    let full = [Group::V4([8, 8, 8]); OUTBOUND_OF_GROUP];
    dialer.learn(
        &someone("/dns/told.example"),
        PeerId::random(),
        from(1, AddressScope::World),
        now,
    );
    // Peers that the operator named by a name are of no group.
    let dials = dialer.due(now, &[Group::Named; 5], |_| false);
    let [Due::LookUp(number, ..)] = dials.as_slice() else { panic!("{dials:?}") };
    let found = "/ip4/8.8.8.8/tcp/80".parse().expect("an address");
    assert!(dialer.looked_up(*number, vec![found], &full, now).is_none());
    assert!(dialer.failed(*number, now).is_none(), "it has failed");
}

#[test]
fn a_stranger_names_no_hosts_of_the_neighbourhood() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    let teller = PeerId::random();
    for near in ["/ip4/127.0.0.1", "/ip4/10.0.0.1", "/dns/router", "/ip4/0.0.0.0"] {
        dialer.learn(&someone(near), teller, from(1, AddressScope::World), now);
    }
    dialer.learn(&someone("/ip4/127.0.0.1"), teller, from(1, AddressScope::Site), now);
    assert!(dialer.targets.is_empty());
    dialer.learn(&someone("/ip4/10.0.0.1"), teller, from(1, AddressScope::Site), now);
    dialer.learn(&someone("/ip4/8.8.8.8"), teller, from(1, AddressScope::World), now);
    assert_eq!(dialer.targets.len(), 2);
}

#[test]
fn peers_are_introduced_by_their_own_word_or_because_they_were_reached() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    let [himself, hearsay, reached, gone] = [1, 2, 3, 4].map(|_| PeerId::random());
    let at = |port, id| address(port).with(Protocol::P2p(id));
    let near = from(1, AddressScope::Machine);
    dialer.learn(&at(1, himself), himself, near, now);
    dialer.learn(&at(2, hearsay), himself, near, now);
    dialer.learn(&at(4, gone), gone, near, now);
    dialer.configure(&address(3), now);
    for due in dialer.due(now, &[], |id| *id == himself || *id == hearsay || *id == gone) {
        dialer.established(number(&due), reached);
    }
    let mut known = dialer.introductions(AddressScope::Machine, |id| *id != gone);
    known.sort();
    let mut expected = vec![at(1, himself), at(3, reached)];
    expected.sort();
    assert_eq!(known, expected);
    dialer.learn(&at(2, hearsay), hearsay, near, now);
    assert_eq!(dialer.introductions(AddressScope::Machine, |id| *id != gone).len(), 3);
    assert!(dialer.introductions(AddressScope::Site, |_| true).is_empty(), "of no use from afar");
    dialer.introduces = false;
    assert!(dialer.introductions(AddressScope::Machine, |_| true).is_empty());
}

#[test]
fn good_peers_of_this_run_are_the_anchors_of_the_next_also_those_who_came_by_themselves() {
    let now = Instant::now();
    let mut dialer = Dialer::new(PeerId::random(), true);
    let [guest, silent, old] = [1, 2, 3].map(|_| PeerId::random());
    let at = |port, id| address(port).with(Protocol::P2p(id));
    dialer.learn(&at(1, guest), guest, from(1, AddressScope::Machine), now);
    dialer.learn(&at(2, silent), guest, from(1, AddressScope::Machine), now);
    dialer.remember(&Entry { rank: Rank::Anchor, ..tried(at(3, old)) }, now);
    let rank = |anchors: &[PeerId], who: PeerId| {
        let entries = dialer.entries(anchors);
        let entry =
            entries.iter().find(|entry| entry.address.iter().last() == Some(Protocol::P2p(who)));
        entry.map(|entry| entry.rank)
    };
    assert_eq!(rank(&[], old), Some(Rank::Anchor), "nobody has taken its place");
    assert_eq!(rank(&[guest], guest), Some(Rank::Anchor));
    assert_eq!(rank(&[guest], old), Some(Rank::Tried));
    assert_eq!(rank(&[silent], silent), Some(Rank::Told), "nobody but others says so");
}
