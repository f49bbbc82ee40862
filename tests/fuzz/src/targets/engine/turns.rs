//! Turns: everything that can happen to a node, one after the other.

use coinage_protocol::engine::{AskedId, Reply, TipKind};
use std::collections::BTreeSet;
use std::sync::Arc;

use coinage_protocol::engine::{GossipToken, Input, Now, Outcome, PeerRef, Question, SubmissionId};
use coinage_protocol::{
    Answer, CheckedGossip, CheckedTransaction, Rejection, Request, SignedSlots, Slot, Tip, Topic,
    UnixMillis, check_gossip, encode,
};
use coinage_simulation::fixtures::random;
use coinage_simulation::memory::MemoryChain;

use super::forging::forge;
use super::peers::{outcome, question};
use super::script::Script;
use super::shell::{Setting, Shell};
use super::world::{Place, SLOT_MS, World};

/// Peers at a time.
const PEERS_MAX: usize = 6;
/// Turns of a run in which something is signed or a signature is verified: they take as long as all
/// others together.
const SIGNED_TURNS_MAX: u8 = 4;

/// A node, and all that its peers have for it.
#[derive(Debug)]
pub(super) struct Run<'w> {
    world: &'w World,
    shell: Shell,
    /// The world's places, and those made during the run.
    places: Vec<Arc<Place>>,
    peers: Vec<Peer>,
    signed_turns: u8,
}

/// A peer, and where its chain ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) peer: PeerRef,
    pub(super) place: usize,
}

impl<'w> Run<'w> {
    /// A node at genesis with one peer.
    pub(super) fn new(world: &'w World, script: &mut Script<'_>) -> Self {
        let byte = script.byte();
        // An authority's runs take twice as long: it signs.
        let authority = Some(byte % 12).filter(|number| *number < 3);
        let setting = Setting { authority, expects_peers: byte & 64 == 0 };
        let wall = world.spec.slot_time(Slot::new(u64::from(script.byte() % 64))).saturating_add(1);
        let disk = MemoryChain::new(&world.spec);
        let now = Now { wall, uptime: 1_000 };
        let shell =
            Shell::start(&world.spec, disk, now, setting, SignedSlots::default(), BTreeSet::new());
        let places = world.places.clone();
        let mut run = Self { world, shell, places, peers: Vec::new(), signed_turns: 0 };
        run.connect(script);
        run
    }

    /// Takes one turn.
    pub(super) fn turn(&mut self, script: &mut Script<'_>) {
        match script.byte() % 20 {
            0 => self.pass(u64::from(script.byte())),
            1 => self.pass(u64::from(script.byte()) * SLOT_MS / 8),
            2 => self.jump(script),
            3 => self.connect(script),
            4 => self.disconnect(script),
            5 | 6 => self.gossip_block(script),
            7 if self.may_sign() => self.gossip_garbage(script),
            8 => self.gossip_transactions(script),
            9 if self.may_sign() => self.forge(script),
            10 => self.submit(script),
            11 => self.be_asked(script),
            12..=14 => self.be_answered(script),
            15 => self.shell.persist(usize::from(script.byte() % 8)),
            16 => self.restart(),
            17 => self.move_peer(script),
            18 => self.settle(),
            _ => self.shell.input(Input::Tick),
        }
    }

    /// Ends the run: the node comes to rest, and holds what it should.
    pub(super) fn end(&mut self) {
        for _ in 0..=self.places.len() {
            self.settle();
            self.shell.persist(usize::MAX);
            let at_rest = self.shell.engine.next_deadline() > self.shell.now.uptime;
            if at_rest && !self.shell.is_writing() {
                break;
            }
        }
        assert!(!self.shell.is_writing(), "it writes for ever");
        let head = self.shell.engine.head();
        let tips = self.shell.engine.view().tips;
        let missed = |tip: &Tip| tip.is_better_than(&head);
        let sides = tips.iter().filter(|known| known.kind == TipKind::Side);
        assert!(!sides.map(|known| known.tip).any(|tip| missed(&tip)), "a better branch is left");
        assert_eq!(self.shell.disk.head(), head, "everything is durable");
        self.pool_is_apart();
        self.restart();
        assert_eq!(self.shell.engine.head(), head, "it resumes where it was");
    }

    fn may_sign(&mut self) -> bool {
        self.signed_turns = self.signed_turns.saturating_add(1);
        self.signed_turns <= SIGNED_TURNS_MAX
    }

    /// Ticks for as long as there is something to do at once.
    fn settle(&mut self) {
        let most = 64 + 4 * self.places.len();
        for _ in 0..most {
            if self.shell.engine.next_deadline() > self.shell.now.uptime {
                return;
            }
            self.shell.input(Input::Tick);
        }
        unreachable!("something is to be done at once, for ever");
    }

    fn pass(&mut self, ms: u64) {
        let now = &mut self.shell.now;
        now.uptime += ms;
        now.wall = now.wall.saturating_add(ms);
        self.shell.input(Input::Tick);
    }

    /// Sets the clock, a little or to any time at all.
    fn jump(&mut self, script: &mut Script<'_>) {
        let byte = script.byte();
        let now = &mut self.shell.now;
        now.wall = match byte {
            0 => UnixMillis::new(script.word()),
            back if back < 128 => now.wall.saturating_sub(u64::from(back) * SLOT_MS / 4),
            on => now.wall.saturating_add(u64::from(on - 127) * SLOT_MS / 4),
        };
    }

    fn connect(&mut self, script: &mut Script<'_>) {
        let place = usize::from(script.byte()) % self.places.len();
        if self.peers.len() < PEERS_MAX {
            let peer = PeerRef(self.shell.number());
            self.peers.push(Peer { peer, place });
            self.shell.peers.insert(peer);
            self.shell.input(Input::Connected { peer });
        }
        self.forget_gone();
    }

    fn disconnect(&mut self, script: &mut Script<'_>) {
        let Some(Peer { peer, .. }) = script.choose(&self.peers).copied() else { return };
        self.shell.peers.remove(&peer);
        self.shell.input(Input::Disconnected { peer });
        self.forget_gone();
    }

    /// A peer's chain grows, or it goes to another branch.
    fn move_peer(&mut self, script: &mut Script<'_>) {
        let place = usize::from(script.byte()) % self.places.len();
        let number = usize::from(script.byte()) % self.peers.len().max(1);
        self.peers.get_mut(number).into_iter().for_each(|peer| peer.place = place);
    }

    fn gossip_block(&mut self, script: &mut Script<'_>) {
        let block = script.choose(&self.places).and_then(|place| place.block.clone());
        let message = block.map(|block| CheckedGossip::Block(Box::new(block)));
        self.gossip(message.map(Ok), script);
    }

    fn gossip_transactions(&mut self, script: &mut Script<'_>) {
        let count = 1 + script.byte() % 4;
        let chosen = (0..count).filter_map(|_| script.choose(&self.world.transactions).cloned());
        let message = CheckedGossip::Transactions(chosen.collect());
        self.gossip(Some(Ok(message)), script);
    }

    /// A block of which some bytes are others, or bytes that are nothing.
    fn gossip_garbage(&mut self, script: &mut Script<'_>) {
        let block = script.choose(&self.places).and_then(|place| place.block.as_ref());
        let mut bytes = block.map(|block| encode(&block.to_block())).unwrap_or_default();
        let at = usize::from(script.byte()) * 4;
        let end = bytes.len().min(at + 2);
        bytes.splice(at.min(end)..end, script.bytes(2).iter().copied());
        let topic = Topic::ALL[usize::from(script.byte() % 2)];
        let message = check_gossip(topic, &bytes, &self.world.spec, &(), random());
        self.gossip(Some(message), script);
    }

    fn gossip(
        &mut self,
        message: Option<Result<CheckedGossip, Rejection>>,
        script: &mut Script<'_>,
    ) {
        let peer = self.some_peer(script);
        let Some(message) = message else { return };
        let token = GossipToken(self.shell.number());
        self.shell.input(Input::Gossip { peer, token, message });
    }

    /// Makes a block, and gossips it or leaves it to be asked for.
    fn forge(&mut self, script: &mut Script<'_>) {
        let before = usize::from(script.byte()) % self.places.len();
        let Some(place) = forge(self.world, &self.places, before, script) else { return };
        let block = place.block.clone().map(Box::new).filter(|_| !script.byte().is_multiple_of(4));
        self.places.push(Arc::new(place));
        self.gossip(block.map(CheckedGossip::Block).map(Ok), script);
    }

    fn submit(&mut self, script: &mut Script<'_>) {
        let Some(transaction) = script.choose(&self.world.transactions).cloned() else { return };
        let submission = SubmissionId(self.shell.number());
        let (transaction, park) = (Box::new(transaction), script.byte().is_multiple_of(2));
        self.shell.input(Input::Submit { submission, transaction, park });
    }

    fn be_asked(&mut self, script: &mut Script<'_>) {
        let peer = self.some_peer(script);
        let question = question(self.world, &self.places, script);
        let asked = AskedId(self.shell.number());
        self.shell.input(Input::Asked { peer, asked, question });
        self.forget_gone();
    }

    fn be_answered(&mut self, script: &mut Script<'_>) {
        let place = script.byte() % 4;
        let open = &mut self.shell.open;
        let at = usize::from(place) % open.len().max(1);
        let Some((request, peer, asked)) = open.remove(at) else { return };
        let peer = self.peers.iter().find(|one| one.peer == peer);
        let outcome = match peer {
            Some(peer) => outcome(self.world, &self.places, peer.place, asked, script),
            None => Outcome::None,
        };
        self.shell.input(Input::Answered { request, outcome });
        self.forget_gone();
    }

    fn restart(&mut self) {
        self.shell = self.shell.restarted();
        self.peers.clear();
    }

    /// Draws a peer, mostly a connected one.
    fn some_peer(&self, script: &mut Script<'_>) -> PeerRef {
        script.choose(&self.peers).map_or(PeerRef(u64::MAX), |one| one.peer)
    }

    fn forget_gone(&mut self) {
        let there = &self.shell.peers;
        self.peers.retain(|one| there.contains(&one.peer));
    }

    /// Checks that what waits is not on the chain (SPEC P-1), and that what is on it is there once.
    fn pool_is_apart(&mut self) {
        let peer = PeerRef(self.shell.number());
        self.shell.peers.insert(peer);
        self.shell.input(Input::Connected { peer });
        let asked = AskedId(self.shell.number());
        let question = Question::Request(Request::Waiting { after: None });
        self.shell.input(Input::Asked { peer, asked, question });
        let Some(Reply::Answer(Answer::Waiting(ids))) = self.shell.reply.take() else {
            unreachable!("a new peer may ask")
        };
        let included = self.shell.disk.transactions();
        assert!(!ids.iter().any(|id| included.contains(id)), "what is included waits");
        let view = self.shell.engine.view();
        assert_eq!(ids.len(), view.pool_transactions, "all of them");
        let of_world =
            |id| self.world.transactions.iter().map(CheckedTransaction::id).any(|one| one == id);
        assert!(ids.iter().all(|id| of_world(*id)), "nobody sent it");
    }
}
