//! Catching up: headers first, then bodies from several peers (SPEC N-4).

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use super::Engine;
use super::action::Question;
use super::event::Via;
use super::input::PeerRef;
use super::peers::{Asked, Peer};
use super::reader::ChainReader;
use crate::blame::Offence;
use crate::block::{CheckedBlock, CheckedHeader};
use crate::bounded::Bounded;
use crate::chain::{Inserted, LinkError};
use crate::hash::BlockHash;
use crate::limits::HEADERS_MAX;
use crate::wire::{Request, Tip};

/// Peers that are asked for headers at the same time.
const HEADER_REQUESTS_MAX: usize = 2;
/// How long the others wait for an answer, in milliseconds: many silent peers must not keep the
/// node from asking one that serves.
const HEADERS_OVERDUE_MS: u64 = 1_000;
/// Requests for blocks that are open at the same time, and to one peer.
const BLOCK_REQUESTS_MAX: usize = 6;
const BLOCK_REQUESTS_PER_PEER: usize = 2;
/// Blocks in one request.
const BLOCKS_PER_REQUEST: usize = 32;
/// Headers whose blocks are missing beyond which no more are fetched.
const MISSING_MAX: usize = 2 * HEADERS_MAX;
/// Slots without progress after which headers without blocks are forgotten.
const PATIENCE_SLOTS: u64 = 32;
/// Bodies of which it is remembered who served them.
const SERVED_MAX: usize = 16 * 1024;

impl<R: ChainReader> Engine<R> {
    /// Asks peers that claim a better head for the way there.
    pub(super) fn fetch_headers(&mut self) {
        let is_headers = |asked: &Asked| matches!(asked, Asked::Headers(_));
        let open = self.peers.open_questions();
        let open =
            open.filter(|(peer, asked)| is_headers(asked) && !self.is_overdue(*peer)).count();
        if open >= HEADER_REQUESTS_MAX
            || self.chain.missing_bodies(MISSING_MAX).len() >= MISSING_MAX
        {
            return;
        }
        let best = self.chain.better_known().unwrap_or_else(|| self.chain.head());
        let ahead = self.peers.iter().filter_map(|(peer, known)| {
            let claim = known.claim.filter(|claim| claim.is_better_than(&best))?;
            Some((known.failures, peer, claim, known.last_header))
        });
        let mut asked: Vec<_> =
            ahead.filter(|(_, peer, ..)| !self.peers.is_asking(*peer, is_headers)).collect();
        // Peers that only claim must not keep those from being asked that also serve.
        asked.sort_by_key(|(failures, ..)| *failures);
        asked.truncate(HEADER_REQUESTS_MAX.saturating_sub(open));
        for (_, peer, claim, last_header) in asked {
            let known = self.chain.locator(&self.reader).into_vec();
            let locator = Bounded::first_of(last_header.into_iter().chain(known));
            if let Some(known) = self.peers.get_mut(peer) {
                known.headers_asked = self.now.uptime;
            }
            let question = Question::Request(Request::Headers { locator });
            self.ask(peer, question, Asked::Headers(claim));
        }
    }

    pub(super) fn on_headers(&mut self, peer: PeerRef, claim: Tip, headers: Vec<CheckedHeader>) {
        let full = headers.len() == HEADERS_MAX;
        let mut reached = None;
        for header in headers {
            let tip = tip(&header);
            if tip.slot > self.slot_now().saturating_add(1) {
                // Our clock may be the wrong one: what lies ahead of it is taken later.
                self.drop_claim(peer);
                return;
            }
            match self.chain.insert_header(header, &self.reader) {
                Ok(Inserted::New) => self.standing.last_progress = self.now.uptime,
                Ok(Inserted::Known) => {}
                Err(error) => return self.on_bad_headers(peer, error),
            }
            reached = Some(tip);
        }
        let Some(known) = self.peers.get_mut(peer) else { return };
        known.last_header = reached.map(|tip| tip.hash);
        if full {
            return;
        }
        known.claim = known.claim.filter(|newer| *newer != claim);
        // Its head may have moved since it claimed this one, but only to a better one.
        let mut best = reached.into_iter().chain([self.chain.head()]);
        let kept = best.any(|tip| !claim.is_better_than(&tip));
        if !kept && !self.chain.knows(&claim.hash, &self.reader) {
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
        if let Some(known) = self.peers.get_mut(peer) {
            known.served(true);
        }
        for block in blocks {
            let hash = block.hash();
            if self.chain.insert_block(block, Via::Sync, &self.reader) == Ok(Inserted::New) {
                self.standing.last_progress = self.now.uptime;
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
            known.served(false);
        }
    }

    fn on_bad_headers(&mut self, peer: PeerRef, error: LinkError) {
        self.drop_claim(peer);
        let offence = match error {
            // The locator said what we have, so a first header that does not fit is no answer.
            LinkError::UnknownParent => Offence::WrongAnswer,
            LinkError::Broken { .. } => Offence::BrokenLink,
            // It serves as its own chain what no honest node would have adopted.
            LinkError::InvalidParent => Offence::InvalidChain,
        };
        self.charge(peer, offence, error);
    }

    fn drop_claim(&mut self, peer: PeerRef) {
        if let Some(known) = self.peers.get_mut(peer) {
            known.claim = None;
            known.last_header = None;
        }
    }

    /// A peer that should have these blocks, with the fewest open questions.
    fn who_has(&self, blocks: &[Tip], open: &[PeerRef]) -> Option<PeerRef> {
        let height = blocks.iter().map(|tip| tip.height).max()?;
        let load = |peer: PeerRef| open.iter().filter(|busy| **busy == peer).count();
        let reaches =
            |known: &Peer| known.status.as_ref().is_some_and(|status| status.head.height >= height);
        let is_headers = |asked: &Asked| matches!(asked, Asked::Headers(_));
        let reaching = self.peers.iter().filter(|(peer, known)| {
            let mute = self.is_overdue(*peer) && self.peers.is_asking(*peer, is_headers);
            reaches(known) && !mute
        });
        // Peers that only claim must not take blocks from those that also serve.
        let best = reaching.clone().map(|(_, known)| known.failures).min()?;
        let able = reaching.filter(|(peer, known)| {
            let rested = known.rests_until <= self.now.uptime;
            known.failures == best && rested && load(*peer) < BLOCK_REQUESTS_PER_PEER
        });
        able.map(|(peer, _)| peer).min_by_key(|peer| load(*peer))
    }

    /// Whether a peer that was asked for headers should have answered by now.
    fn is_overdue(&self, peer: PeerRef) -> bool {
        let latest = self.now.uptime.saturating_sub(HEADERS_OVERDUE_MS);
        self.peers.get(peer).is_none_or(|known| known.headers_asked < latest)
    }

    /// Headers whose blocks nobody gives are not worth keeping.
    fn lose_patience(&mut self, missing: &[Tip]) {
        let idle = self.now.uptime.saturating_sub(self.standing.last_progress);
        if !missing.is_empty() && idle > self.slots_ms(PATIENCE_SLOTS) {
            self.chain.forget_missing();
            self.standing.last_progress = self.now.uptime;
        }
    }
}

fn tip(header: &CheckedHeader) -> Tip {
    let hash = header.hash();
    Tip { height: header.header().height, slot: header.header().slot, hash }
}
