//! Dialling: which addresses, and when again.
//!
//! Addresses that the operator gave are dialled for ever. Of the others the node dials so many as
//! it wants peers: first where the last good peers of the previous run were, then where somebody
//! was reached before, and last what it was merely told, at a pace that makes it nobody's tool.

mod target;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use coinage_keys::random::generator;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

use self::target::{Target, split};
use super::address_book::{ADDRESSES_KEPT, Entry, Rank, Source};
use super::address_scope::{self, AddressScope};
use super::group::Group;
use super::pace::Pace;

/// Pause after a peer turned out to be of another network.
const PAUSE_REFUSED: Duration = Duration::from_secs(30);
/// Time that a connection must last to begin the pauses anew.
pub(super) const LASTING: Duration = Duration::from_secs(5);
/// Addresses that are taken on the word of one peer at most.
const TOLD_BY_ONE_MAX: usize = 16;
/// Addresses that are taken on the word of one group of addresses at most.
const TOLD_BY_GROUP_MAX: usize = 64;
/// Addresses of one group that are taken on anybody's word at most.
const TOLD_OF_GROUP_MAX: usize = 64;
/// Attempts in vain after which an address makes room for another.
const ATTEMPTS_IN_VAIN: u32 = 4;
/// Peers that the node looks for by itself.
const OUTBOUND_WANTED: usize = 8;
/// Outbound peers of one group of the wide world at most.
const OUTBOUND_OF_GROUP: usize = 2;
/// Outbound peers of one machine or site at most, where there may be no other group.
const OUTBOUND_NEARBY: usize = 4;
/// Dials on somebody's word alone that may follow each other at once.
const KNOCKS_BURST: u32 = 16;
/// Pause between two dials on somebody's word alone in the long run.
const KNOCKS_EVERY: Duration = Duration::from_secs(1);
/// Dials on the word of one group, or at the doors of one, that may follow each other at once.
const KNOCKS_OF_GROUP_BURST: u32 = 8;
/// Pause between two dials on the word of one group, or at its doors, in the long run.
const KNOCKS_OF_GROUP_EVERY: Duration = Duration::from_secs(5);

/// All addresses worth dialling.
#[derive(Debug)]
pub(super) struct Dialer {
    own: PeerId,
    /// True if peers are to get to know each other here.
    introduces: bool,
    targets: Vec<Target>,
    knocks: Pace<()>,
    knocks_for: Pace<Group>,
    knocks_at: Pace<Group>,
    random: ChaCha20Rng,
}

/// Bound on the addresses of a kind, and the test for that kind.
type Crowd<'a> = (usize, &'a dyn Fn(&Target) -> bool);

/// An address that is to be dialled now.
#[derive(Debug)]
pub(super) enum Due {
    /// An address to dial as it stands.
    Dial(DialOpts),
    /// A host name of somebody's choice, to dial only where it leads as far away as this, under the
    /// number that stands for the dial until then.
    LookUp(ConnectionId, Multiaddr, AddressScope),
}

impl Dialer {
    pub(super) fn new(own: PeerId, introduces: bool) -> Self {
        Self {
            own,
            introduces,
            targets: Vec::new(),
            knocks: Pace::new(KNOCKS_BURST, KNOCKS_EVERY),
            knocks_for: Pace::new(KNOCKS_OF_GROUP_BURST, KNOCKS_OF_GROUP_EVERY),
            knocks_at: Pace::new(KNOCKS_OF_GROUP_BURST, KNOCKS_OF_GROUP_EVERY),
            random: generator(),
        }
    }

    /// Adds an address that the operator gave.
    pub(super) fn configure(&mut self, address: &Multiaddr, now: Instant) {
        let mut target = target(address, Rank::Tried, now);
        target.configured = true;
        self.add(target);
    }

    /// Adds an address of the book.
    pub(super) fn remember(&mut self, entry: &Entry, now: Instant) {
        if address_scope::told(&entry.address).is_some() && self.targets.len() < ADDRESSES_KEPT {
            let target = target(&entry.address, entry.rank, now);
            self.add(Target { source: entry.source, ..target });
        }
    }

    /// Adds an address that a peer told from there; only with the id of who is there, or anybody
    /// could answer. A peer of the wide world knows nothing of the hosts next to this node: it
    /// would only have it knock at its neighbours' doors.
    pub(super) fn learn(
        &mut self,
        address: &Multiaddr,
        teller: PeerId,
        source: Source,
        now: Instant,
    ) {
        if address_scope::told(address).is_some_and(|reach| reach >= source.reach) {
            let target = target(address, Rank::Told, now);
            self.add(Target { teller: Some(teller), source: Some(source), ..target });
        }
    }

    /// Returns addresses where connected peers can be dialled, by their own word or because they
    /// were: for one who is connected from this far, beginning with another each time, as not all
    /// may fit.
    pub(super) fn introductions(
        &mut self,
        from: AddressScope,
        connected: impl Fn(&PeerId) -> bool,
    ) -> Vec<Multiaddr> {
        let known = |target: &Target| {
            let himself = || target.expected.filter(|_| target.is_own_word());
            let who = target.seen.or_else(himself)?;
            let full = target.address.clone().with(Protocol::P2p(who));
            let sayable = address_scope::told(&full).is_some_and(|reach| reach >= from);
            (sayable && connected(&who)).then_some(full)
        };
        let targets = self.targets.iter().filter(|_| self.introduces);
        let mut known: Vec<_> = targets.filter_map(known).collect();
        if let Some(first) = (self.random.next_u32() as usize).checked_rem(known.len()) {
            known.rotate_left(first);
        }
        known
    }

    /// Returns the entries to write into the book; these peers are the good ones of this run.
    pub(super) fn entries(&self, anchors: &[PeerId]) -> Vec<Entry> {
        let entry = |target: &Target| {
            let reached = target.seen.is_some();
            let anchor = target.who().is_some_and(|who| anchors.contains(&who));
            let rank = match target.rank {
                _ if anchor && (reached || target.is_own_word()) => Rank::Anchor,
                Rank::Told if target.attempts >= ATTEMPTS_IN_VAIN => return None,
                _ if target.is(&self.own) => return None,
                // Those of the previous run are replaced once there are others.
                Rank::Anchor if !anchors.is_empty() => Rank::Tried,
                _ if target.configured && !reached => return None,
                rank => rank,
            };
            let (address, source) = (target.full(), target.source);
            address_scope::told(&address)?;
            Some(Entry { address, rank, source })
        };
        let mut entries: Vec<_> = self.targets.iter().filter_map(entry).collect();
        entries.sort_by_key(|entry| entry.rank);
        entries.truncate(ADDRESSES_KEPT);
        entries
    }

    fn add(&mut self, new: Target) {
        let same =
            |known: &&mut Target| known.address == new.address && known.expected == new.expected;
        if let Some(known) = self.targets.iter_mut().find(same) {
            if new.is_own_word() {
                (known.teller, known.source) = (new.teller, new.source);
            }
            return;
        }
        if !new.address.iter().any(|part| matches!(part, Protocol::Tcp(port) if port != 0)) {
            return;
        }
        // Who is told of another node with this one's identity looks whether it is there.
        if new.expected == Some(self.own) && new.teller.is_none() {
            if new.configured {
                tracing::info!(address = %new.address, "peer.own_address");
            }
            return;
        }
        let worth = new.configured || new.rank < Rank::Told;
        if worth || self.make_room(&new) {
            self.targets.push(new);
        }
    }

    /// Checks whether there is room for an address that was told; forgets others of the same crowd
    /// that lead nowhere or are worth less, if there has to be.
    fn make_room(&mut self, new: &Target) -> bool {
        let told = |target: &Target| target.rank == Rank::Told && !target.configured;
        let of_teller =
            |target: &Target| told(target) && new.teller.is_some() && target.teller == new.teller;
        let for_group = |target: &Target| {
            told(target) && target.source.map(|it| it.group) == new.source.map(|it| it.group)
        };
        let at_group = |target: &Target| told(target) && target.group() == new.group();
        let crowds: [Crowd<'_>; 4] = [
            (TOLD_BY_ONE_MAX, &of_teller),
            (TOLD_BY_GROUP_MAX, &for_group),
            (TOLD_OF_GROUP_MAX, &at_group),
            (ADDRESSES_KEPT, &|_| true),
        ];
        let vouched = new.is_vouched();
        crowds.iter().all(|(max, belongs)| {
            let crowd = self.targets.iter().enumerate().filter(|(_, target)| belongs(target));
            let (mut count, mut worst) = (0, None);
            for (at, target) in crowd {
                count += 1;
                let in_vain = target.attempts >= ATTEMPTS_IN_VAIN;
                let less = vouched && told(target) && !target.is_vouched();
                let idle = !target.configured && target.dialing.is_none();
                if idle && (in_vain || less) {
                    worst = worst.max(Some((target.attempts, at)));
                }
            }
            count < *max || worst.map(|(_, at)| self.targets.remove(at)).is_some()
        })
    }

    /// Chooses the addresses to dial now, where the peers that this node dialled are of these
    /// groups; each must be reported as established or failed.
    pub(super) fn due(
        &mut self,
        now: Instant,
        outbound: &[Group],
        unwanted: impl Fn(&PeerId) -> bool,
    ) -> Vec<Due> {
        let underway = self.targets.iter().filter(|target| target.dialing.is_some());
        let mut groups: Vec<_> = underway.map(Target::group).collect();
        // What the operator named by a name stands in nobody's way.
        groups.extend(outbound.iter().filter(|group| **group != Group::Named));
        let mut count = groups.len() + outbound.iter().filter(|one| **one == Group::Named).count();
        let ready = |target: &&Target| target.dialing.is_none() && target.due <= now;
        let mut order: Vec<_> = (0..self.targets.len())
            .filter(|at| self.targets.get(*at).as_ref().is_some_and(ready))
            .map(|at| (at, self.random.next_u32()))
            .collect();
        order.sort_by_key(|(at, chance)| {
            let target = &self.targets[*at];
            (!target.configured, target.rank, *chance)
        });
        let mut dials = Vec::new();
        for (at, _) in order {
            let target = &self.targets[at];
            let busy = target.who().is_some_and(|who| unwanted(&who) || self.is_dialing(&who));
            let wanted = || {
                let room = count < OUTBOUND_WANTED && has_room(&target.address, &groups);
                target.configured || room
            };
            if busy || !wanted() || !self.may_knock(at, now) {
                continue;
            }
            let target = &mut self.targets[at];
            groups.push(target.group());
            count += 1;
            let opts = target.dial(vec![target.address.clone()]);
            let number = opts.connection_id();
            target.dialing = Some(number);
            dials.push(match target.source {
                Some(source) if address_scope::is_name(&target.address) => {
                    Due::LookUp(number, target.address.clone(), source.reach)
                }
                _ => Due::Dial(opts),
            });
        }
        dials
    }

    /// Checks whether an address may be dialled on nothing but somebody's word, if that is all
    /// there is.
    fn may_knock(&mut self, at: usize, now: Instant) -> bool {
        let Some(target) = self.targets.get(at) else { return false };
        let told = target.source.filter(|_| target.rank == Rank::Told && !target.configured);
        let (Some(source), group) = (told, target.group()) else { return true };
        let room = self.knocks.has_room(&(), now)
            && self.knocks_for.has_room(&source.group, now)
            && self.knocks_at.has_room(&group, now);
        room && self.knocks.takes((), now)
            && self.knocks_for.takes(source.group, now)
            && self.knocks_at.takes(group, now)
    }

    /// Takes in the addresses that a host name leads to. Gives back what to dial of them; nothing
    /// is a failure, also if there are enough peers of those groups.
    pub(super) fn looked_up(
        &mut self,
        number: ConnectionId,
        mut addresses: Vec<Multiaddr>,
        outbound: &[Group],
        now: Instant,
    ) -> Option<DialOpts> {
        addresses.retain(|address| has_room(address, outbound));
        if addresses.is_empty() {
            self.failed(number, now);
            return None;
        }
        let target = self.targets.iter_mut().find(|target| target.dialing == Some(number))?;
        let opts = target.dial(addresses);
        target.dialing = Some(opts.connection_id());
        Some(opts)
    }

    /// A dial led to this peer; tells if the operator gave the address.
    pub(super) fn established(&mut self, dial: ConnectionId, peer: PeerId) -> Option<bool> {
        let target = self.targets.iter_mut().find(|target| target.dialing == Some(dial))?;
        target.dialing = None;
        target.seen = Some(peer);
        target.rank = target.rank.min(Rank::Tried);
        Some(target.configured)
    }

    /// A dial led nowhere. Gives the address back, and whether the operator gave it.
    pub(super) fn failed(&mut self, dial: ConnectionId, now: Instant) -> Option<(Multiaddr, bool)> {
        let jitter = self.random.next_u32();
        let target = self.targets.iter_mut().find(|target| target.dialing == Some(dial))?;
        target.dialing = None;
        target.wait(now, jitter);
        let address = target.address.clone();
        let address = match target.expected {
            Some(peer) => address.with(Protocol::P2p(peer)),
            None => address,
        };
        Some((address, target.configured))
    }

    /// A dial led back to this node: nothing to find there.
    pub(super) fn own(&mut self, dial: ConnectionId) {
        let own = |target: &mut Target| target.dialing == Some(dial);
        for target in self.targets.extract_if(.., own) {
            tracing::info!(address = %target.address, "peer.own_address");
        }
    }

    /// A peer is gone that was connected for so long.
    pub(super) fn lost(&mut self, peer: &PeerId, lasted: Duration, refused: bool, now: Instant) {
        let Self { targets, random, .. } = self;
        for target in targets.iter_mut().filter(|target| target.is(peer)) {
            if lasted >= LASTING {
                target.attempts = 0;
            }
            target.wait(now, random.next_u32());
            if refused {
                target.due = now + PAUSE_REFUSED;
                target.rank = Rank::Told;
            }
        }
    }

    fn is_dialing(&self, peer: &PeerId) -> bool {
        self.targets.iter().any(|target| target.dialing.is_some() && target.is(peer))
    }
}

/// True if one more peer of the address's group is wanted besides those of these groups.
fn has_room(address: &Multiaddr, groups: &[Group]) -> bool {
    let max = match address_scope::scope_of(address) {
        Some(AddressScope::World) | None => OUTBOUND_OF_GROUP,
        Some(AddressScope::Machine | AddressScope::Site) => OUTBOUND_NEARBY,
    };
    let group = Group::of(address);
    groups.iter().filter(|other| **other == group).count() < max
}

fn target(address: &Multiaddr, rank: Rank, due: Instant) -> Target {
    let (address, expected) = split(address);
    let (seen, teller, source, dialing) = (None, None, None, None);
    let (configured, attempts) = (false, 0);
    Target { address, expected, seen, teller, source, configured, rank, attempts, due, dialing }
}
