//! An authority that shows certificates which prove nothing.

use coinage_protocol::engine::{Effect, Publication, Reply};
use coinage_protocol::{
    Answer, Ballot, Block, Bounded, Certificate, NamedCertificate, Phase, SignedHeader, Topic,
    encode,
};

use super::Villainy;
use crate::accounts::VILLAIN;
use crate::fixtures::account;
use crate::sim_network::message::{Message, Wire};
use crate::sim_network::{Family, World};

/// The names of all ways, as they are counted.
pub(crate) const FORGERIES: [&str; 8] = [
    "certificate of too few",
    "certificate with a signer twice",
    "certificate out of order",
    "certificate of a stranger",
    "votes shown as commits",
    "certificate of another block",
    "certificate off the chain",
    "certificate that is no news",
];

impl World {
    /// Shows a forged certificate in the header of a block of its own, and now and then the proper
    /// block besides.
    pub(super) fn forge_header(&mut self, node: usize, block: Block) -> Option<Effect> {
        let proper = self.chance(2) == 0;
        let way = usize::try_from(self.chance(FORGERIES.len() as u64)).unwrap_or(0);
        let header = block.header.header.clone();
        let forged = match way {
            6 | 7 => self.misplaced(node, &header.previous, way),
            _ => {
                let newest = || self.newest_heard(node);
                header.certificate.clone().or_else(newest).map(|one| self.forged(one, way))
            }
        };
        let (Some(certificate), Some(key)) = (forged, self.nodes[node].key()) else {
            return Some(Effect::Publish(Publication::Block(Box::new(block))));
        };
        self.count_forgery(way);
        let header = coinage_protocol::Header { certificate: Some(certificate), ..header };
        let signed: SignedHeader = header.sign(self.spec().chain(), &key);
        let bad = Block { header: signed, transactions: block.transactions.clone() };
        let message = Message::new(Topic::Blocks, encode(&bad));
        self.forbidden.insert(message.digest, FORGERIES[way]);
        self.spread(node, node, &message);
        proper.then(|| Effect::Publish(Publication::Block(Box::new(block))))
    }

    /// Answers with forged certificates.
    pub(super) fn forge_answer(&mut self, node: usize, action: Effect) -> Option<Effect> {
        let newest = match &action {
            Effect::Answer {
                reply: Reply::Answer(Answer::Certificates { votes, commits, .. }),
                ..
            } => votes.clone().or_else(|| commits.clone()),
            _ => None,
        };
        let newest = newest.filter(|_| self.chance(8) == 0);
        let (Some(one), Effect::Answer { asked, .. }) = (newest, &action) else {
            return Some(action);
        };
        let way = usize::try_from(self.chance(6)).unwrap_or(0);
        let certificate = self.forged(one.certificate.clone(), way);
        self.count_forgery(way);
        let phase = certificate.phase;
        let forged = Some(Box::new(NamedCertificate { certificate, ..*one }));
        let (votes, commits) = match phase {
            Phase::Vote => (forged, None),
            Phase::Commit => (None, forged),
        };
        let (to, request, _) = self.nodes[node].answered(*asked)?;
        let bytes = encode(&Answer::Certificates { votes, commits, change: None });
        self.reply(node, to, request, Wire::Answer(std::rc::Rc::new(bytes)));
        None
    }

    fn count_forgery(&mut self, way: usize) {
        self.tally.count(Family::Villain, Villainy::CertificateForger.name());
        self.tally.count(Family::Villain, FORGERIES[way]);
    }

    fn newest_heard(&self, node: usize) -> Option<Certificate> {
        let ears = &self.nodes[node].villain.as_ref()?.ears;
        ears.certificates.values().next_back().cloned()
    }

    /// A certificate that no quorum of authorities signed.
    fn forged(&self, one: Certificate, way: usize) -> Certificate {
        let mut signatures = one.signatures.clone().into_vec();
        let (mut phase, mut block) = (one.phase, one.block);
        match way {
            0 => drop(signatures.pop()),
            1 => {
                let (first, last) = (signatures[0], signatures.len() - 1);
                signatures[last] = first;
                signatures.sort_by_key(|(place, _)| *place);
            }
            2 => signatures.reverse(),
            3 => {
                let place = (one.slot, one.block);
                let chain = self.spec().chain();
                signatures[0].1 = Ballot::new(phase, place, chain, &account(VILLAIN)).signature;
            }
            4 => phase = if phase == Phase::Vote { Phase::Commit } else { Phase::Vote },
            _ => block = self.spec().genesis_hash(),
        }
        if signatures.len() == 1 && matches!(way, 1 | 2) {
            signatures.clear();
        }
        Certificate { phase, slot: one.slot, block, signatures: Bounded::first_of(signatures) }
    }

    /// A true certificate in a place where it says nothing: of a block that is not below, or older
    /// than what the chain shows already.
    fn misplaced(
        &self,
        node: usize,
        previous: &coinage_protocol::BlockHash,
        way: usize,
    ) -> Option<Certificate> {
        let ears = &self.nodes[node].villain.as_ref()?.ears;
        let mut known = ears.certificates.values();
        let stands = |one: &&Certificate| self.finality.descends(previous, (one.slot, one.block));
        let old = |one: &&Certificate| stands(one) && !self.finality.is_news(previous, one);
        let found = if way == 6 { known.rev().find(|one| !stands(one)) } else { known.find(old) };
        found.cloned()
    }
}
