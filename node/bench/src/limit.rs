//! The limit of the machine: its cores decode, check and execute payments, and nothing else.

use std::time::Instant;

use coinage_devnet::genesis_of;
use coinage_keys::random::generator;
use coinage_protocol::limits::TRANSACTION_BYTES_MAX;
use coinage_protocol::{
    Block, BlockExecution, Bounded, ChainSpec, CheckedBlock, Header, Height, SecretKey, Slot,
    Transaction, apply_block, check_all, decode, encode, transactions_root,
};

use super::workload::Workload;

/// Payments that are timed.
const SAMPLE: u64 = 2_000;
/// Payments whose signatures are checked together, as a node does.
const TOGETHER: usize = 500;

/// Payments per second, if all cores did nothing but decode, check and execute every payment once
/// for each of so many nodes.
pub(super) fn per_second(nodes: u16) -> f64 {
    let leader = SecretKey::new([1; 32]);
    let genesis = genesis_of(vec![leader.public()], 500).expect("a sound genesis");
    let payers = Workload::new(ChainSpec::new(genesis).expect("a sound genesis"));
    let payments = (0..SAMPLE).map(|number| payers.payment(number).1);
    let transactions: Vec<_> = std::iter::once(payers.funding()).chain(payments).collect();
    let bytes: Vec<_> = transactions.iter().map(encode).collect();
    let (spec, block) = (payers.spec(), block(payers.spec(), &leader, transactions));

    let began = Instant::now();
    for page in bytes.chunks(TOGETHER) {
        let read = page.iter().map(|one| decode::<Transaction>(one, TRANSACTION_BYTES_MAX));
        let read = read.collect::<Result<_, _>>().expect("just written");
        check_all(read, spec.chain(), &(), generator()).expect("just signed");
    }
    let (header, before) = (block.header(), spec.genesis_state());
    let context = spec.block_context(header.height, header.slot);
    apply_block(before, context, block.bodies(), header.state_root, |_| false).expect("sound");
    let took = began.elapsed().as_secs_f64();

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = u64::try_from(cores).unwrap_or(u64::MAX);
    super::float(SAMPLE) * super::float(cores) / took / f64::from(nodes)
}

/// The first block of a network, with all its checks done.
fn block(spec: &ChainSpec, leader: &SecretKey, transactions: Vec<Transaction>) -> CheckedBlock {
    let chain = spec.chain();
    let context = spec.block_context(Height::new(1), Slot::new(1));
    let mut execution = BlockExecution::new(spec.genesis_state(), context);
    for one in &transactions {
        execution.apply(one.body.id(chain), &one.body).expect("funded");
    }
    let (state, _) = execution.finish();
    let leaves: Vec<_> = transactions.iter().map(|one| one.full_hash(chain)).collect();
    let header = Header {
        version: 1,
        height: Height::new(1),
        slot: Slot::new(1),
        previous: spec.genesis_hash(),
        transactions_root: transactions_root(&leaves),
        state_root: state.root(),
        authorities: spec.genesis_authorities().hash(),
        certificate: None,
        next_authorities: None,
    };
    let transactions = Bounded::new(transactions).expect("fewer than fit");
    let block = Block { header: header.sign(chain, leader), transactions };
    CheckedBlock::new(block, spec, generator()).expect("a sound block")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_nodes_have_less_of_the_same_machine() {
        let (one, many) = (per_second(1), per_second(30));
        assert!(one > many && many > 0.0, "{one} {many}");
    }
}
