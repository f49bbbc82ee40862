//! A chain in memory: a genesis, a payment, and the block that holds it.
//!
//! `cargo run -p coinage-protocol --example one_block`

use std::error::Error;
use std::io::{self, Write};

use coinage_protocol::{
    Action, Amount, Block, BlockExecution, Body, Bounded, ChainSpec, CheckedBlock,
    CheckedTransaction, Genesis, GenesisBalance, GenesisToken, Header, Height, KeySignature, Lock,
    Rules, SecretKey, Slot, Symbol, Text, Transaction, UnixMillis, Witness, apply_block, encode,
    transactions_root,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

fn main() -> Result<(), Box<dyn Error>> {
    let (leader, alice) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
    let spec = ChainSpec::new(genesis(&leader, &alice)?)?;
    let (chain, before) = (spec.chain(), spec.genesis_state());
    // Must not be predictable where bytes come from others (see `SignatureBatch::verifies`).
    let mut random = ChaCha20Rng::from_seed([3; 32]);

    let checked = CheckedTransaction::new(pay(&spec, &alice)?, chain, &mut random)?;

    // The leader of slot 1 executes the payment, and signs what comes of it.
    let mut execution =
        BlockExecution::new(before, spec.block_context(Height::new(1), Slot::new(1)));
    execution.apply(checked.id(), &checked.transaction().body)?;
    let header = Header {
        version: 1,
        height: Height::new(1),
        slot: Slot::new(1),
        previous: spec.genesis_hash(),
        transactions_root: transactions_root(&[checked.full_hash()]),
        state_root: execution.finish().0.root(),
        authorities: spec.genesis_authorities().hash(),
        certificate: None,
        next_authorities: None,
    };
    let transactions = Bounded::first_of([checked.into_transaction()]);
    let bytes = encode(&Block { header: header.sign(chain, &leader), transactions });

    // Everybody else trusts none of it: bytes are checked, then executed again.
    let block = CheckedBlock::from_bytes(&bytes, &spec, &mut random)?;
    let (context, root) =
        (spec.block_context(Height::new(1), Slot::new(1)), block.header().state_root);
    let (after, changes) = apply_block(before, context, block.bodies(), root, |_| false)?;
    let (hash, changed) = (block.hash(), changes.iter().count());
    writeln!(io::stdout(), "block {hash}: {changed} entries changed, state {}", after.root())?;
    Ok(())
}

fn genesis(leader: &SecretKey, alice: &SecretKey) -> Result<Genesis, Box<dyn Error>> {
    let (token, address): (Symbol, _) = ("COIN".parse()?, Lock::Key(alice.public()).address());
    let (name, amount) = (Text::try_from("Coin")?, Amount::try_from(1_000)?);
    let coin = GenesisToken { token, name, decimals: 0, cap: None, issuer: None };
    let (lifetime_ms_max, balances_max, tokens_max) = (3_600_000, 100, 10);
    let (creators, fee, growth) = (None, None, None);
    Ok(Genesis {
        version: 1,
        name: Text::try_from("example")?,
        time: UnixMillis::new(1_800_000_000_000),
        slot_ms: 1_000,
        authorities: Bounded::first_of([leader.public()]),
        rules: Rules {
            lifetime_ms_max,
            balances_max,
            tokens_max,
            creators,
            fee,
            growth,
            policies: None,
        },
        tokens: Bounded::first_of([coin]),
        balances: Bounded::first_of([GenesisBalance { address, token, amount }]),
        charters: Bounded::default(),
    })
}

fn pay(spec: &ChainSpec, alice: &SecretKey) -> Result<Transaction, Box<dyn Error>> {
    let lock = Lock::Key(alice.public());
    let (from, to) = (lock.address(), Lock::Key(SecretKey::new([4; 32]).public()).address());
    let transfer = Action::Transfer { token: "COIN".parse()?, from, to, amount: 5.try_into()? };
    let (actions, memo) = (Bounded::first_of([transfer]), Text::default());
    let expires_at = spec.slot_time(Slot::new(100));
    let body = Body { sender: from, salt: 1, expires_at, actions, memo };
    let signature = alice.sign(body.id(spec.chain()).as_bytes());
    let signatures = Bounded::first_of([KeySignature { key: 0, signature }]);
    Ok(Transaction { body, witnesses: Bounded::first_of([Witness { lock, signatures }]) })
}
