use super::*;

/// Lets so many new peers of a host knock and enter; returns how many got in.
fn crowd(limits: &mut Limits, host: &str, count: usize, now: Instant) -> usize {
    let from: Multiaddr = format!("{host}/tcp/1").parse().expect("an address");
    (0..count).filter(|_| enters(limits, PeerId::random(), &from, now).is_ok()).count()
}

fn enters(
    limits: &mut Limits,
    peer: PeerId,
    from: &Multiaddr,
    now: Instant,
) -> Result<ConnectionId, Full> {
    let connection = dial().connection_id();
    limits.knocks(connection, from, now)?;
    limits.handshakes.retain(|one| one.connection != connection);
    limits.enters(connection, peer, from, now).map(|()| connection)
}

fn dial() -> libp2p::swarm::dial_opts::DialOpts {
    PeerId::random().into()
}

fn limits() -> Limits {
    Limits::new(ConnectionCounts::unread(), Begun::default())
}

#[test]
fn one_group_of_the_wide_world_gets_few_places_and_one_site_all_that_are_free() {
    let now = Instant::now();
    let mut limits = limits();
    assert_eq!(crowd(&mut limits, "/ip4/8.8.8.8", 1_000, now), GUESTS_OF_GROUP_MAX);
    let free = GUESTS_MAX - GUESTS_OF_GROUP_MAX;
    assert_eq!(crowd(&mut limits, "/ip4/10.0.0.1", 1_000, now), free);
    // Newcomers of other groups get places of the most crowded ones.
    for group in 0..20 {
        assert_eq!(crowd(&mut limits, &format!("/ip4/9.9.{group}.1"), 1, now), 1);
    }
    assert_eq!((limits.guests.len(), limits.evicted.len()), (GUESTS_MAX, 20));
    let world = limits.guests.iter().filter(|one| one.group == Group::V4([8, 8, 8])).count();
    assert_eq!(world, GUESTS_OF_GROUP_MAX, "the site was more crowded");
}

#[test]
fn silent_sockets_make_room_for_newcomers_the_oldest_of_the_most_crowded_group_first() {
    let start = Instant::now();
    let mut limits = limits();
    let mut knocks = |host: &str, count: u32| {
        let from: Multiaddr = format!("{host}/tcp/1").parse().expect("an address");
        for number in 0..count {
            let now = start + HANDSHAKE_TIME * number;
            limits.knocks(dial().connection_id(), &from, now).expect("nobody is refused");
        }
        limits.shaking(Group::of(&from))
    };
    assert_eq!(knocks("/ip4/8.8.8.8", 1), 1);
    assert_eq!(knocks("/ip4/127.9.9.9", 1_000), HANDSHAKES_NEARBY_MAX);
    for group in 0..20 {
        knocks(&format!("/ip4/9.9.{group}.9"), 1_000);
    }
    assert_eq!(knocks("/ip4/8.8.8.8", 0), 1, "it has not been given up for a crowd");
    assert_eq!(knocks("/ip6/2a00::1", 1), 1);
    assert_eq!(limits.handshakes.len(), HANDSHAKES_MAX);
}

#[test]
fn what_is_given_up_ends_and_what_has_just_begun_is_not_given_up_for_its_own_group() {
    let start = Instant::now();
    let mut limits = limits();
    let from: Multiaddr = "/ip4/8.8.8.8/tcp/1".parse().expect("an address");
    let handles: Vec<_> = [0; 8]
        .into_iter()
        .chain(1..=4)
        .map(|quarter| {
            let (handle, _registration) = AbortHandle::new_pair();
            limits.begun.put(handle.clone());
            let now = start + HANDSHAKE_TIME / 4 * quarter;
            let refused = limits.knocks(dial().connection_id(), &from, now).is_err();
            assert_eq!(refused, (1..4).contains(&quarter));
            handle
        })
        .collect();
    let ended: Vec<_> = handles.iter().map(AbortHandle::is_aborted).collect();
    assert!(ended[0] && !ended[1..].contains(&true), "{ended:?}");
}

#[test]
fn a_friend_gets_in_among_any_crowd_and_also_from_its_address() {
    let now = Instant::now();
    let mut limits = limits();
    let friend = PeerId::random();
    limits.befriend(friend);
    let host = "/ip4/8.8.8.8";
    crowd(&mut limits, host, 10, now);
    let from: Multiaddr = format!("{host}/tcp/1").parse().expect("an address");
    assert!(enters(&mut limits, friend, &from, now).is_ok());
    assert!(limits.evicted.is_empty());
    for _ in 0..100 {
        limits.befriend(PeerId::random());
    }
    let friends: Vec<_> = limits.friends.iter().copied().collect();
    let later = now + Duration::from_secs(3600);
    let far: Multiaddr = "/ip4/9.9.9.9/tcp/1".parse().expect("an address");
    for one in friends {
        let _full = enters(&mut limits, one, &far, later);
    }
    assert_eq!(limits.count(Kind::Friend), FRIENDS_MAX);
}

#[test]
fn handshakes_with_a_group_that_has_no_places_are_few_a_second() {
    let start = Instant::now();
    let mut limits = limits();
    crowd(&mut limits, "/ip4/8.8.8.8", 100, start);
    let from: Multiaddr = "/ip4/8.8.8.9/tcp/1".parse().expect("an address");
    let mut shaken = 0;
    for ms in 0..1_000 {
        let (id, now) = (dial().connection_id(), start + Duration::from_millis(ms));
        shaken += usize::from(limits.knocks(id, &from, now).is_ok());
        limits.ended(id);
    }
    assert!((40..=64 + 50).contains(&shaken), "{shaken} in a second");
}

#[test]
fn who_brings_blocks_finds_a_place_when_it_comes_again_and_who_brings_payments_does_not() {
    let now = Instant::now();
    let mut limits = limits();
    let host = "/ip4/127.0.0.1";
    let from: Multiaddr = format!("{host}/tcp/1").parse().expect("an address");
    let [authority, other] = [0; 2].map(|_| PeerId::random());
    for _ in 0..10 {
        limits.brought(&authority, Topic::Blocks, now);
        limits.brought(&other, Topic::Transactions, now);
    }
    crowd(&mut limits, host, 1_000, now);
    let later = now + Duration::from_secs(60);
    assert!(enters(&mut limits, authority, &from, later).is_ok());
    assert!(enters(&mut limits, other, &from, later).is_err());
}

// SPEC N-8
#[test]
fn guests_use_up_none_of_the_places_that_the_node_fills_itself() {
    let now = Instant::now();
    let mut limits = limits();
    for group in 0..100 {
        crowd(&mut limits, &format!("/ip4/9.9.{group}.1"), 10, now);
    }
    assert_eq!(limits.guests.len(), GUESTS_MAX);
    let address: Multiaddr = "/ip4/8.8.8.8/tcp/1".parse().expect("an address");
    for _ in 0..DIALLING_MAX {
        let (connection, peer) = (dial().connection_id(), PeerId::random());
        let (role, port) = (Endpoint::Dialer, PortUse::New);
        let pending = limits.handle_pending_outbound_connection(connection, None, &[], role);
        pending.expect("it may dial");
        let up =
            limits.handle_established_outbound_connection(connection, peer, &address, role, port);
        up.expect("there is a place");
    }
}
