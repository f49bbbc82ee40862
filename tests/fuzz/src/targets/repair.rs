//! Makes what a fuzzer broke whole again, so that it gets behind hashes and signatures.

use coinage_protocol::{
    Action, Address, Ballot, Block, Body, Bounded, Certificate, Evidence, KeySignature, Lock,
    SignedHeader, Transaction, Witness, transactions_root,
};

use super::people::PEOPLE;

/// Repairs to make, drawn from one byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repairs(u8);

impl Repairs {
    /// Takes the repairs that this byte says.
    pub(super) fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// Checks whether everybody who must sign a transaction does, so only other rules can refuse
    /// it.
    pub(super) fn all_sign(self) -> bool {
        self.signs() && self.known_people() && self.their_locks()
    }

    fn known_people(self) -> bool {
        self.0 & 1 != 0
    }

    fn their_locks(self) -> bool {
        self.0 & 2 != 0
    }

    fn signs(self) -> bool {
        self.0 & 4 != 0
    }

    fn leads(self) -> bool {
        self.0 & 8 != 0
    }

    /// Repairs a transaction.
    pub(super) fn transaction(self, transaction: &mut Transaction) {
        if self.known_people() {
            acquaint(&mut transaction.body);
        }
        if self.their_locks() {
            let required = transaction.body.required_witnesses();
            let locks = required.iter().filter_map(|address| PEOPLE.locks.get(address));
            let unsigned =
                |lock: &Lock| Witness { lock: lock.clone(), signatures: Bounded::default() };
            transaction.witnesses = Bounded::first_of(locks.map(unsigned));
        }
        if self.signs() {
            sign(transaction);
        }
    }

    /// Repairs a list of transactions.
    pub(super) fn transactions<const MAX: usize>(self, list: &mut Bounded<Transaction, MAX>) {
        let mut repaired = core::mem::take(list).into_vec();
        repaired.iter_mut().for_each(|transaction| self.transaction(transaction));
        *list = Bounded::first_of(repaired);
    }

    /// Repairs a header.
    pub(super) fn header(self, signed: &mut SignedHeader) {
        if !self.leads() {
            return;
        }
        let (spec, header) = (&PEOPLE.spec, &mut signed.header);
        header.certificate.iter_mut().for_each(|one| self.certificate(one));
        header.authorities = spec.genesis_authorities().hash();
        let leader = PEOPLE
            .secrets
            .get(spec.genesis_authorities().leader(header.slot))
            .expect("all keys are known");
        *signed = header.clone().sign(spec.chain(), leader);
    }

    /// Repairs a vote or commit, if its signer is known.
    pub(super) fn ballot(self, ballot: &mut Ballot) {
        let Some(secret) = PEOPLE.secrets.get(&ballot.signer).filter(|_| self.signs()) else {
            return;
        };
        let place = (ballot.slot, ballot.block);
        *ballot = Ballot::new(ballot.phase, place, PEOPLE.spec.chain(), secret);
    }

    /// Repairs the signatures of evidence, if its signer is known.
    pub(super) fn evidence(self, evidence: &mut Evidence) {
        match evidence {
            Evidence::Ballots(ballots) | Evidence::CommitAndVote { ballots, .. } => {
                ballots.iter_mut().for_each(|one| self.ballot(one))
            }
            Evidence::Blocks { signer, headers } => {
                let Some(secret) = PEOPLE.secrets.get(signer).filter(|_| self.signs()) else {
                    return;
                };
                for signed in headers.iter_mut() {
                    *signed = signed.header.clone().sign(PEOPLE.spec.chain(), secret);
                }
            }
        }
    }

    /// Repairs the signatures of a certificate, at whatever places they are.
    pub(super) fn certificate(self, certificate: &mut Certificate) {
        if !self.signs() {
            return;
        }
        let (phase, place) = (certificate.phase, (certificate.slot, certificate.block));
        let mut signatures = core::mem::take(&mut certificate.signatures).into_vec();
        for (at, signature) in &mut signatures {
            let key = PEOPLE.spec.genesis_authorities().keys().get(usize::from(*at));
            let Some(secret) = key.and_then(|key| PEOPLE.secrets.get(key)) else { continue };
            *signature = Ballot::new(phase, place, PEOPLE.spec.chain(), secret).signature;
        }
        certificate.signatures = Bounded::first_of(signatures);
    }

    /// Repairs a block, its transactions first.
    pub(super) fn block(self, block: &mut Block) {
        self.transactions(&mut block.transactions);
        if self.leads() {
            let hash = |one: &Transaction| one.full_hash(PEOPLE.spec.chain());
            let leaves: Vec<_> = block.transactions.iter().map(hash).collect();
            block.header.header.transactions_root = transactions_root(&leaves);
        }
        self.header(&mut block.header);
    }
}

/// Puts somebody whose key is known in the place of everybody who must sign and is a stranger.
fn acquaint(body: &mut Body) {
    known(&mut body.sender);
    let mut actions = core::mem::take(&mut body.actions).into_vec();
    for action in &mut actions {
        match action {
            Action::CreateToken(_) | Action::CreateWithCharter(_) => {}
            Action::Mint { issuer, .. } | Action::SetIssuer { issuer, .. } => known(issuer),
            Action::Transfer { from, .. } | Action::Burn { from, .. } => known(from),
            Action::Draw { account, .. } | Action::Claim { account, .. } => known(account),
            Action::SetRole { officer, .. }
            | Action::SetFrozen { officer, .. }
            | Action::Move { officer, .. }
            | Action::Amend { officer, .. } => known(officer),
            Action::HandOver { from, to, .. } => {
                known(from);
                known(to);
            }
        }
    }
    body.actions = Bounded::first_of(actions);
}

fn known(address: &mut Address) {
    let number = usize::from(address.as_bytes()[0]) % PEOPLE.locks.len();
    if !PEOPLE.locks.contains_key(address) {
        *address = *PEOPLE.locks.keys().nth(number).expect("below the number of locks");
    }
}

/// Signs with the first keys of each lock that are known.
fn sign(transaction: &mut Transaction) {
    let id = transaction.body.id(PEOPLE.spec.chain());
    let mut witnesses = core::mem::take(&mut transaction.witnesses).into_vec();
    for Witness { lock, signatures } in &mut witnesses {
        let secrets = lock.keys().iter().map(|key| PEOPLE.secrets.get(key));
        let signed = (0..).zip(secrets).filter_map(|(key, secret)| {
            Some(KeySignature { key, signature: secret?.sign(id.as_bytes()) })
        });
        *signatures = Bounded::first_of(signed.take(usize::from(lock.required())));
    }
    transaction.witnesses = Bounded::first_of(witnesses);
}
