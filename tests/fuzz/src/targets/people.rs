//! The network of the golden vectors and everybody's keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use coinage_protocol::limits::GENESIS_BYTES_MAX;
use coinage_protocol::{Address, ChainSpec, Lock, PublicKey, SecretKey, Threshold, decode};

/// The people that the checked targets check against.
#[derive(Debug)]
pub(super) struct People {
    pub(super) spec: ChainSpec,
    /// Every key that anybody has.
    pub(super) secrets: BTreeMap<PublicKey, SecretKey>,
    /// The locks of people, and of the treasury that two of three open.
    pub(super) locks: BTreeMap<Address, Lock>,
}

/// The genesis of the golden vectors.
const GENESIS: &[u8] = include_bytes!("../../corpus/genesis/of_the_vectors");

/// People of the test network, made once.
pub(super) static PEOPLE: LazyLock<People> = LazyLock::new(|| {
    let genesis = decode(GENESIS, GENESIS_BYTES_MAX).expect("a genesis");
    let secret = |number: u8| SecretKey::new([number; 32]);
    let three = (1..=3).map(|number| secret(number).public()).collect();
    let treasury = Lock::Threshold(Threshold::new(2, three).expect("2 of 3"));
    let alone = (1..=8).map(|number| Lock::Key(secret(number).public()));
    let locks = alone.chain([treasury]).map(|lock| (lock.address(), lock)).collect();
    let secrets = (1..=8).chain(101..=103).map(|number| (secret(number).public(), secret(number)));
    let spec = ChainSpec::new(genesis).expect("in order");
    People { spec, secrets: secrets.collect(), locks }
});
