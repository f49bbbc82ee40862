//! Catching up: headers first, then bodies from several peers (SPEC N-4).

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use super::Engine;
use super::exchange::{PeerRef, Question};
use super::peers::Asked;
use crate::blame::Offence;
use crate::block::{CheckedBlock, VerifiedHeader};
use crate::bounded::Bounded;
use crate::chain::{ChainReader, Inserted, LinkError, Tip, Via};
use crate::hash::BlockHash;
use crate::limits::HEADERS_MAX;
use crate::wire::Request;

/// Peers that are asked for headers at the same time.
const HEADER_REQUESTS_MAX: usize = 2;
/// Time for which a question for headers keeps others from being asked, in milliseconds.
const HEADERS_OVERDUE_MS: u64 = 1_000;
/// Requests for blocks that are open at the same time, and to one peer.
pub(super) const BLOCK_REQUESTS_MAX: usize = 6;
const BLOCK_REQUESTS_PER_PEER: usize = 2;
/// Blocks in one request.
const BLOCKS_PER_REQUEST: usize = 32;
/// Headers whose blocks are missing beyond which no more are fetched.
const MISSING_MAX: usize = 2 * HEADERS_MAX;
/// Slots, and at least milliseconds, after which headers of which nobody gives the blocks are
/// forgotten.
const PATIENCE_SLOTS: u64 = 32;
const PATIENCE_MS_MIN: u64 = 15_000;
/// Multiple of the patience with headers, for which forgotten ones are not taken again.
const SHUNNED_FACTOR: u64 = 8;
/// Headers that are not taken at a time.
pub(super) const SHUNNED_MAX: usize = 64;
/// Bodies of which it is remembered who served them.
pub(super) const SERVED_MAX: usize = 16 * 1024;

impl<R: ChainReader> Engine<R> {
    /// Asks peers that claim a better head for the way there.
    pub(super) fn fetch_headers(&mut self) {
        let is_headers = |asked: &Asked| matches!(asked, Asked::Headers { .. });
        // Whoever takes long to answer must not keep others from being asked.
        let overdue = self.now.uptime.saturating_sub(HEADERS_OVERDUE_MS);
        let in_time =
            |peer| self.peers.get(peer).is_some_and(|known| known.asked_headers_at > overdue);
        let open = self.peers.open_questions();
        let open = open.filter(|(peer, asked)| is_headers(asked) && in_time(*peer)).count();
        if open >= HEADER_REQUESTS_MAX {
            return;
        }
        let best = self.chain.better_known().unwrap_or_else(|| self.chain.head());
        let ahead = self.peers.iter().filter_map(|(peer, known)| {
            let heard = known.silent_until <= self.now.uptime;
            let claim = known.claim.filter(|claim| claim.is_better_than(&best));
            let claim = claim.or_else(|| known.certified_claim()).filter(|_| heard)?;
            // Those that only claim come after those that also serve.
            let turn = (known.turn(), known.asked_headers);
            Some((turn, peer, claim, known.last_header))
        });
        let mut asked: Vec<_> =
            ahead.filter(|(_, peer, ..)| !self.peers.is_asking(*peer, is_headers)).collect();
        if asked.is_empty() || self.chain.missing_bodies(MISSING_MAX).len() >= MISSING_MAX {
            return;
        }
        asked.sort_unstable_by_key(|(turn, peer, ..)| (*turn, *peer));
        asked.truncate(HEADER_REQUESTS_MAX.saturating_sub(open));
        for (_, peer, claim, last_header) in asked {
            // What this node has forgotten, it cannot go on from.
            let last = last_header.map(|tip| tip.hash);
            let last = last.filter(|hash| self.chain.knows(hash, &self.reader));
            let known = self.chain.locator(&self.reader).into_vec();
            let locator = Bounded::first_of(last.into_iter().chain(known));
            let from = locator.clone().into_vec();
            let question = Question::Request(Request::Headers { locator });
            let request = self.ask(peer, question, Asked::Headers { claim, locator: from });
            if let Some(known) = self.peers.get_mut(peer) {
                known.asked_headers = request;
                known.asked_headers_at = self.now.uptime;
            }
        }
    }

    pub(super) fn on_headers(
        &mut self,
        peer: PeerRef,
        claim: Tip,
        locator: &[BlockHash],
        headers: Vec<VerifiedHeader>,
    ) {
        let full = headers.len() == HEADERS_MAX;
        let slot_ms = i64::from(self.spec.genesis().slot_ms);
        let had_all = self.chain.missing_bodies(1).is_empty();
        let (mut reached, mut any_new) = (None::<Tip>, false);
        for (at, header) in headers.iter().enumerate() {
            let (tip, previous) = (tip(header), header.header().previous);
            let follows =
                reached.map_or_else(|| locator.contains(&previous), |last| last.hash == previous);
            if !follows {
                self.drop_claim(peer);
                let detail = "headers that do not follow what was asked from, or one another";
                return self.charge(peer, Offence::WrongAnswer, detail);
            }
            // Our clock may be the wrong one: what lies ahead of it is taken later.
            if self.since_slot_ms(tip.slot).saturating_add(slot_ms) < 0 {
                return self.drop_claim(peer);
            }
            if self.is_shunned(peer, &tip.hash) {
                self.drop_claim(peer);
                return self.probe(peer, tip);
            }
            self.watch_slot(header);
            match self.chain.insert_header(header.clone(), &self.reader) {
                Ok(Inserted::New) => any_new = true,
                Ok(Inserted::Known) => {}
                Err(LinkError::OffFinal) => {
                    // It does not know yet what is final, or there is another final block.
                    self.drop_claim(peer);
                    return self.on_branch_off_final(linked(&headers, at));
                }
                Err(error) => return self.on_bad_headers(peer, error),
            }
            self.hear(header);
            reached = Some(tip);
        }
        if any_new && had_all {
            // Further headers are no progress: they are worth nothing without their blocks.
            (self.standing.last_progress, self.standing.patience_since) =
                (self.now.uptime, self.now.uptime);
        }
        let Some(known) = self.peers.get_mut(peer) else { return };
        let last = core::mem::replace(&mut known.last_header, reached);
        if any_new {
            known.was_useful();
        }
        if full {
            let height = |tip: Option<Tip>| tip.map(|tip| tip.height).unwrap_or_default();
            if !any_new && height(reached) <= height(last) {
                // It would go round in circles.
                self.drop_claim(peer);
            }
            return;
        }
        known.claim = known.claim.filter(|newer| *newer != claim);
        known.has_certified = false;
        self.judge_claim(peer, claim, reached);
    }

    /// Charges a peer whose headers, up to this one, do not lead to the head that it claimed.
    fn judge_claim(&mut self, peer: PeerRef, claim: Tip, reached: Option<Tip>) {
        // Its head may have moved since, but only to a better one.
        let mut best = reached.into_iter().chain([self.chain.head()]);
        let kept = best.any(|tip| !claim.is_better_than(&tip));
        // Whoever has left what lies beyond its clock (SPEC C-1) did not lie before.
        let left = claim.slot > self.future_slot_max();
        let unproven = !kept && !left && !self.chain.knows(&claim.hash, &self.reader);
        let of = |tip: Tip| self.chain.marks_of(&tip).justified;
        let shown = reached.map(of).unwrap_or_default().max(of(self.chain.head()));
        let certified = shown != 0 || self.knows_of_votes();
        // A better one is higher, or it is final or has a newer certificate: nobody can tell then.
        if unproven && !certified {
            let detail = format!("its headers do not lead to the head it claims: {claim:?}");
            self.charge(peer, Offence::LyingStatus, detail);
        }
    }

    /// Asks for the first missing bodies on the way to the best known block.
    pub(super) fn fetch_blocks(&mut self) {
        let mut open = Vec::new();
        let mut under_way = BTreeSet::<BlockHash>::new();
        for (peer, asked) in self.peers.open_questions() {
            if let Asked::Blocks(tips) = asked {
                open.push(peer);
                under_way.extend(tips.iter().map(|tip| tip.hash));
            }
        }
        if open.len() >= BLOCK_REQUESTS_MAX {
            return;
        }
        let window = BLOCK_REQUESTS_MAX.saturating_mul(BLOCKS_PER_REQUEST);
        let mut missing = self.chain.missing_bodies(window);
        self.lose_patience(&missing);
        missing.retain(|tip| !under_way.contains(&tip.hash));
        for chunk in missing.chunks(BLOCKS_PER_REQUEST) {
            let Some(peer) = self.who_has(chunk, &open).filter(|_| open.len() < BLOCK_REQUESTS_MAX)
            else {
                return;
            };
            open.push(peer);
            let hashes = Bounded::first_of(chunk.iter().map(|tip| tip.hash));
            let question = Question::Request(Request::Blocks { hashes });
            self.ask(peer, question, Asked::Blocks(chunk.to_vec()));
        }
    }

    pub(super) fn on_blocks(&mut self, peer: PeerRef, asked: &[Tip], blocks: Vec<CheckedBlock>) {
        let others = blocks.len() > asked.len()
            || blocks.iter().zip(asked).any(|(block, tip)| block.hash() != tip.hash);
        if others {
            self.on_no_blocks(peer);
            return self.charge(peer, Offence::WrongAnswer, "blocks that were not asked for");
        }
        if blocks.is_empty() {
            return self.on_no_blocks(peer);
        }
        for block in blocks {
            let hash = block.hash();
            if self.chain.insert_block(block, Via::Sync, &self.reader) == Ok(Inserted::New) {
                (self.standing.last_progress, self.standing.patience_since) =
                    (self.now.uptime, self.now.uptime);
                if let Some(known) = self.peers.get_mut(peer) {
                    known.was_useful();
                }
                if self.served_by.len() >= SERVED_MAX {
                    self.served_by.clear();
                }
                self.served_by.insert(hash, peer);
            }
        }
    }

    fn on_no_blocks(&mut self, peer: PeerRef) {
        let rest = self.now.uptime.saturating_add(self.slots_ms(2));
        if let Some(known) = self.peers.get_mut(peer) {
            known.rests_until = rest;
        }
    }

    fn on_bad_headers(&mut self, peer: PeerRef, error: LinkError) {
        self.drop_claim(peer);
        let offence = match error {
            // It follows what we asked from, which we have forgotten since.
            LinkError::UnknownParent => return,
            LinkError::OffFinal => return,
            LinkError::Broken { .. }
            | LinkError::Authorities
            | LinkError::Certificate
            | LinkError::Change => Offence::BrokenLink,
            // It serves as its own chain what no honest node would have adopted.
            LinkError::InvalidParent => Offence::InvalidChain,
        };
        self.charge(peer, offence, error);
    }

    fn drop_claim(&mut self, peer: PeerRef) {
        if let Some(known) = self.peers.get_mut(peer) {
            known.claim = None;
            known.has_certified = false;
            known.last_header = None;
        }
    }

    /// A peer that should have these blocks, with the fewest open questions.
    fn who_has(&self, blocks: &[Tip], open: &[PeerRef]) -> Option<PeerRef> {
        let height = blocks.iter().map(|tip| tip.height).max()?;
        let load = |peer: PeerRef| open.iter().filter(|busy| **busy == peer).count();
        let able = self.peers.iter().filter(|(peer, known)| {
            let reaches = known.status.as_ref().is_some_and(|status| status.head.height >= height);
            reaches && known.rests_until <= self.now.uptime && load(*peer) < BLOCK_REQUESTS_PER_PEER
        });
        able.min_by_key(|(peer, known)| (known.turn(), load(*peer))).map(|(peer, _)| peer)
    }

    /// Headers whose blocks nobody gives are not worth keeping.
    fn lose_patience(&mut self, missing: &[Tip]) {
        let uptime = self.now.uptime;
        let patience = self.slots_ms(PATIENCE_SLOTS).max(PATIENCE_MS_MIN);
        let idle = uptime.saturating_sub(self.standing.patience_since);
        let reaches = |tip: &Tip| {
            let mut told = self.peers.iter().filter_map(|(_, known)| known.status.as_ref());
            told.any(|status| status.head.height >= tip.height)
        };
        if !missing.first().is_some_and(reaches) {
            // Nobody is there who could give them.
            self.standing.patience_since = uptime;
            return;
        }
        if idle <= patience {
            return;
        }
        self.standing.patience_since = uptime;
        self.shunned.retain(|_, (until, _)| *until > uptime);
        if let Some(hash) = self.chain.forget_missing()
            && self.shunned.len() < SHUNNED_MAX
        {
            let until = uptime.saturating_add(patience.saturating_mul(SHUNNED_FACTOR));
            let last = self.peers.iter().map(|(peer, _)| peer).max();
            last.map(|last| self.shunned.insert(hash, (until, last)));
        }
    }

    /// Asks for a block whose header alone is not taken any more: with the block it is.
    fn probe(&mut self, peer: PeerRef, tip: Tip) {
        let asks_for_blocks = |asked: &Asked| matches!(asked, Asked::Blocks(_));
        // Its last answer may come when it is gone.
        let there = self.peers.get(peer).is_some();
        let busy = self.peers.is_asking(peer, asks_for_blocks);
        if there && !busy && self.peers.asked_for_blocks() < BLOCK_REQUESTS_MAX {
            let hashes = Bounded::first_of([tip.hash]);
            let question = Question::Request(Request::Blocks { hashes });
            self.ask(peer, question, Asked::Blocks(alloc::vec![tip]));
        }
    }

    /// Checks whether this is a header of which nobody gave the block.
    fn is_shunned(&self, peer: PeerRef, hash: &BlockHash) -> bool {
        let shunned = self.shunned.get(hash);
        shunned.is_some_and(|(until, last)| *until > self.now.uptime && peer <= *last)
            && !self.chain.knows(hash, &self.reader)
    }
}

/// The headers from one on that follow one another.
fn linked(headers: &[VerifiedHeader], from: usize) -> &[VerifiedHeader] {
    let rest = headers.get(from..).unwrap_or_default();
    let follow = rest.windows(2).take_while(|pair| match pair {
        [one, next] => next.header().previous == one.hash(),
        _ => false,
    });
    let count = follow.count().saturating_add(1);
    rest.get(..count).unwrap_or_default()
}

fn tip(header: &VerifiedHeader) -> Tip {
    let hash = header.hash();
    Tip { height: header.header().height, slot: header.header().slot, hash }
}
