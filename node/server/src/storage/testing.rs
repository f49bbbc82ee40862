//! Chains to store, for tests: real blocks, signed by real authorities.

use std::collections::BTreeMap;
use std::sync::Arc;

use coinage_protocol::engine::{Batch, Finalized, LinkedBlock};
use coinage_protocol::{
    Action, Address, Amount, AuthorityChange, AuthoritySet, AuthorityStep, Ballot, Block, Body,
    Bounded, Certificate, ChainSpec, Changes, Charter, CheckedBlock, CreateToken, Genesis,
    GenesisBalance, GenesisToken, Growth, Header, HeaderContext, Height, KeySignature,
    KnownAuthorities, Lock, Overlay, Phase, PolicyBounds, PublicKey, ReorgCounts, ReorgRecord,
    ReorgRule, Rules, SecretKey, Slot, State, Symbol, Tip, Transaction, UnixMillis, Witness,
    apply_transaction, quorum, transactions_root,
};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use tokio::sync::mpsc;

use crate::handle::StateQuery;

const SLOT_MS: u32 = 1000;
const START: u64 = 1_700_000_000_000;

/// A network, and the keys of everybody on it.
#[derive(Debug)]
pub struct World {
    /// The network.
    pub spec: ChainSpec,
    /// Keys of its three authorities, and of one that may join.
    authorities: Vec<SecretKey>,
}

/// The chain up to a block.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Last block of the branch.
    pub tip: Tip,
    state: State,
    /// Blocks of the branch, without block 0.
    pub blocks: Vec<LinkedBlock>,
    /// Certificate for the headers of the blocks that follow.
    pub certificate: Option<Certificate>,
    /// Change of authorities that the next block holds.
    pub change: Option<AuthorityChange>,
    /// Authorities of the blocks that follow.
    pub set: AuthoritySet,
    known: KnownAuthorities,
}

impl World {
    /// Makes a network of three authorities, where users 0 to 9 have a million COIN each.
    pub fn new(name: &str) -> Self {
        let authorities: Vec<_> = (100..104).map(secret).collect();
        let mut balances: Vec<_> = (0..10)
            .map(|one| GenesisBalance {
                address: user(one),
                token: symbol("COIN"),
                amount: amount(1_000_000),
            })
            .collect();
        balances.sort_by_key(|balance| balance.address);
        let coin = GenesisToken {
            token: symbol("COIN"),
            name: "Coin".try_into().expect("a name"),
            decimals: 2,
            cap: None,
            issuer: Some(user(0)),
        };
        let genesis = Genesis {
            version: 1,
            name: name.try_into().expect("a name"),
            time: UnixMillis::new(START),
            slot_ms: SLOT_MS,
            authorities: Bounded::first_of(authorities.iter().take(3).map(SecretKey::public)),
            rules: Rules {
                lifetime_ms_max: 1_000_000,
                balances_max: 1_000_000,
                tokens_max: 1000,
                creators: None,
                fee: None,
                growth: None,
                policies: None,
            },
            tokens: Bounded::first_of([coin]),
            balances: Bounded::first_of(balances),
            charters: Bounded::default(),
        };
        Self { spec: ChainSpec::new(genesis).expect("a network"), authorities }
    }

    /// Returns a network that has, besides, the token POINTS with a charter: user 0 is its board,
    /// which issues 500 a day and gives the role member to two accounts.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn chartered(name: &str) -> Self {
        let text = format!(
            "coin POINTS \"Club points\", 2 decimals\n\
             periods count from 2023-01-01 00:00 +09:00\nboard is {}\n\
             board may issue at most 5.00 per day\n\
             board may give and take the role member, to at most 2 accounts\n\
             each member may send at most 3.00 per day\n",
            user(0)
        );
        Self::with_charters(name, [coinage_policy::read(&text).expect("a policy")])
    }

    /// Returns a network on which tokens may have charters, with these.
    ///
    /// # Panics
    ///
    /// If the charters are not in the order of their symbols.
    pub fn with_charters(name: &str, charters: impl IntoIterator<Item = Charter>) -> Self {
        let Self { spec, authorities } = Self::new(name);
        let mut genesis = spec.genesis().clone();
        genesis.version = 3;
        genesis.rules.growth = Some(Growth { block_max: 1_000, deposit: None });
        genesis.rules.policies = Some(PolicyBounds { charters_max: 9, standings_max: 9 });
        genesis.charters = Bounded::first_of(charters);
        Self { spec: ChainSpec::new(genesis).expect("a network"), authorities }
    }

    /// Returns the batch by which a block of a branch becomes final, committed by a quorum.
    ///
    /// # Panics
    ///
    /// If the branch has no block of that height.
    pub fn finalize(&self, branch: &Branch, height: u64) -> Batch {
        let of_height = |one: &&LinkedBlock| one.block.header().height == height;
        let tip = tip(branch.blocks.iter().find(of_height).expect("a block"));
        let (chain, place) = (self.spec.chain(), (tip.slot, tip.hash));
        let named = branch.blocks.iter().find(of_height).expect("a block").block.header();
        let set = branch.known.named(&named.authorities).expect("known");
        let turns = set.keys().iter().zip(0..).take(quorum(set.len()));
        let commits = turns.map(|(public, turn)| {
            let key = self.authorities.iter().find(|key| key.public() == *public);
            let key = key.expect("an authority");
            (turn, Ballot::new(Phase::Commit, place, chain, key).signature)
        });
        let certificate = Certificate {
            phase: Phase::Commit,
            slot: tip.slot,
            block: tip.hash,
            signatures: Bounded::first_of(commits),
        };
        let finalized = Some(Finalized { tip, certificate });
        Batch { finalized, ..Batch::at(branch.tip) }
    }

    /// Returns the chain of block 0 alone.
    pub fn genesis(&self) -> Branch {
        let tip =
            Tip { height: Height::new(0), slot: Slot::new(0), hash: self.spec.genesis_hash() };
        Branch {
            tip,
            state: self.spec.genesis_state().clone(),
            blocks: Vec::new(),
            certificate: None,
            change: None,
            set: self.spec.genesis_authorities().clone(),
            known: KnownAuthorities::of_genesis(self.spec.genesis_authorities().clone()),
        }
    }

    /// Extends a branch by a block with the change by which a fourth authority joins, and by one
    /// with its commits; the fourth is one of the authorities of what follows.
    pub fn join(&self, branch: &mut Branch) {
        let (set, chain) = (branch.set.clone(), self.spec.chain());
        let step = AuthorityStep::Add { key: public(103) };
        let proposed = AuthorityChange::proposed(&set, self.spec.genesis_hash(), step);
        let mut change = self.authorities.iter().take(3).fold(proposed, |change, key| {
            change.approved_by(&set, chain, key).expect("an authority")
        });
        change.newcomer = Some(change.sign(chain, &secret(103)));
        branch.change = Some(change);
        self.extend(branch, 0, Vec::new());
        let held = branch.change.take().expect("just put there");
        branch.known.learn(&held);
        let finalized = self.finalize(branch, branch.tip.height.get()).finalized;
        branch.certificate = finalized.map(|one| one.certificate);
        self.extend(branch, 0, Vec::new());
        branch.certificate = None;
        branch.set = set.after(&step).expect("room");
    }

    /// Extends a branch by one block, in the slot that is `skip` after the next.
    pub fn extend(&self, branch: &mut Branch, skip: u64, transactions: Vec<Transaction>) {
        let mut overlay = Overlay::new(&branch.state);
        let time = self.spec.slot_time(branch.tip.slot + 1 + skip);
        for one in &transactions {
            apply_transaction(&mut overlay, self.spec.rules(), time, &one.body).expect("valid");
        }
        let changes = overlay.into_changes();
        let state = branch.state.with(&changes);
        let linked = self.sign(branch, skip, transactions, &state, changes);
        let (height, slot) = (linked.block.header().height, linked.block.header().slot);
        branch.tip = Tip { height, slot, hash: linked.block.hash() };
        branch.state = state;
        branch.blocks.push(linked);
    }

    /// Extends a branch by `count` blocks with a payment each.
    pub fn extend_by(&self, branch: &mut Branch, count: u64, skip: u64) {
        for _ in 0..count {
            let salt = branch.tip.height.get();
            let (from, to) = (salt % 10, (salt + 1 + skip) % 10);
            let paid = self.payment(branch, skip, from, to, 1 + u128::from(salt));
            self.extend(branch, skip, if from == to { vec![] } else { vec![paid] });
        }
    }

    /// Makes a payment of `units` base units of COIN.
    pub fn payment(
        &self,
        branch: &Branch,
        skip: u64,
        from: u64,
        to: u64,
        units: u128,
    ) -> Transaction {
        let (giver, receiver) = (user(from), user(to));
        let action = Action::Transfer {
            token: symbol("COIN"),
            from: giver,
            to: receiver,
            amount: amount(units),
        };
        self.transaction(branch, skip, from, vec![action], &[])
    }

    /// Makes a new token of `issuer`, who gives all of it to `to`.
    pub fn creation(&self, branch: &Branch, name: &str, issuer: u64, to: u64) -> Transaction {
        let create = Action::CreateToken(CreateToken {
            token: symbol(name),
            name: "Token".try_into().expect("a name"),
            decimals: 0,
            cap: None,
            issuer: Some(user(issuer)),
            supply: amount(500),
            to: user(to),
        });
        self.transaction(branch, 0, issuer, vec![create], &[])
    }

    /// Makes a transaction of `sender`, with the consent of `others`.
    pub fn transaction(
        &self,
        branch: &Branch,
        salt: u64,
        sender: u64,
        actions: Vec<Action>,
        others: &[u64],
    ) -> Transaction {
        let body = Body {
            sender: user(sender),
            salt,
            expires_at: self.spec.slot_time(branch.tip.slot) + 500_000,
            actions: Bounded::first_of(actions),
            memo: "paid".try_into().expect("a memo"),
        };
        let id = body.id(self.spec.chain());
        let mut witnesses: Vec<_> =
            others.iter().chain([&sender]).map(|one| witness(*one, id.as_bytes())).collect();
        witnesses.sort_by_key(|witness| witness.lock.address());
        Transaction { body, witnesses: Bounded::first_of(witnesses) }
    }

    /// Signs the block that says that these transactions lead to that state.
    pub fn sign(
        &self,
        branch: &Branch,
        skip: u64,
        transactions: Vec<Transaction>,
        state: &State,
        changes: Changes,
    ) -> LinkedBlock {
        let slot = branch.tip.slot + 1 + skip;
        let chain = self.spec.chain();
        let leaves: Vec<_> = transactions.iter().map(|one| one.full_hash(chain)).collect();
        let header = Header {
            version: 1,
            height: branch.tip.height + 1,
            slot,
            previous: branch.tip.hash,
            transactions_root: transactions_root(&leaves),
            state_root: state.root(),
            authorities: branch.set.hash(),
            certificate: branch.certificate.clone(),
            next_authorities: branch.change.clone(),
        };
        let leader = |key: &&SecretKey| key.public() == *branch.set.leader(slot);
        let leader = self.authorities.iter().find(leader).expect("an authority");
        let header = header.sign(chain, leader);
        let block = Block { header, transactions: Bounded::first_of(transactions) };
        let context = HeaderContext { chain, authorities: &branch.known };
        let block = CheckedBlock::new(block, context, UnwrapErr(SysRng)).expect("valid");
        LinkedBlock { block: Arc::new(block), changes: Arc::new(changes) }
    }
}

impl Branch {
    /// Returns the blocks from a height on, each a batch of its own.
    pub fn batches(&self, from: u64) -> Vec<Batch> {
        let new = self.blocks.iter().filter(|one| one.block.header().height >= Height::new(from));
        let batch = |one: &LinkedBlock| Batch { applied: vec![one.clone()], ..Batch::at(tip(one)) };
        new.map(batch).collect()
    }

    /// Returns the change from this branch to another.
    pub fn reorg_to(&self, other: &Self) -> Batch {
        let shared = self.blocks.iter().zip(&other.blocks);
        let shared = shared.take_while(|(one, two)| one.block.hash() == two.block.hash()).count();
        let record = ReorgRecord {
            time: UnixMillis::new(START),
            common_ancestor: tip(&self.blocks[shared - 1]),
            old_head: self.tip,
            new_head: other.tip,
            rule: ReorgRule::Longer,
            counts: ReorgCounts::default(),
            transactions: Vec::new(),
        };
        Batch {
            reverted: self.blocks[shared..].iter().rev().cloned().collect(),
            applied: other.blocks[shared..].to_vec(),
            reorg: Some(Arc::new(record)),
            ..Batch::at(other.tip)
        }
    }

    /// Returns the state after the branch's last block.
    pub fn state(&self) -> &State {
        &self.state
    }
}

/// Plays the driver: knows the state after each block of a branch from a height on.
pub fn answer_states(world: &World, branch: &Branch, oldest: u64) -> mpsc::Sender<StateQuery> {
    let mut state = world.spec.genesis_state().clone();
    let mut states = BTreeMap::from([(world.spec.genesis_hash(), state.clone())]);
    for LinkedBlock { block, changes } in &branch.blocks {
        state = state.with(changes);
        states.insert(block.hash(), state.clone());
        if block.header().height <= Height::new(oldest) {
            states.remove(&block.header().previous);
        }
    }
    let (ask, mut asked) = mpsc::channel::<StateQuery>(8);
    tokio::spawn(async move {
        while let Some(StateQuery { block, reply }) = asked.recv().await {
            let state = states.get(&block).cloned();
            let _ = reply.send(state.ok_or_else(|| Height::new(oldest)));
        }
    });
    ask
}

/// Address of a user by number.
pub fn user(one: u64) -> Address {
    Lock::Key(public(one)).address()
}

/// Symbol of this text.
pub fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// Amount in base units.
pub fn amount(units: u128) -> Amount {
    Amount::try_from(units).expect("an amount")
}

fn tip(linked: &LinkedBlock) -> Tip {
    let header = linked.block.header();
    Tip { height: header.height, slot: header.slot, hash: linked.block.hash() }
}

fn witness(one: u64, message: &[u8]) -> Witness {
    let signature = KeySignature { key: 0, signature: secret(one).sign(message) };
    Witness { lock: Lock::Key(public(one)), signatures: Bounded::first_of([signature]) }
}

fn secret(one: u64) -> SecretKey {
    let mut seed = [1; 32];
    seed[..8].copy_from_slice(&one.to_le_bytes());
    SecretKey::new(seed)
}

fn public(one: u64) -> PublicKey {
    secret(one).public()
}
