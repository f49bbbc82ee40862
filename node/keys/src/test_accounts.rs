//! Test accounts: accounts of a devnet whose keys everybody knows.

use coinage_protocol::{Address, Lock, SecretKey};

/// Names of the test accounts that a new devnet funds.
pub const TEST_ACCOUNTS: [&str; 3] = ["alice", "bob", "carol"];

/// A PUBLISHED TEST KEY: its seed is `coinage devnet test key NAME`, filled up with zeros.
///
/// # Security
///
/// Everybody can spend what it holds.
pub fn published_key(name: &str) -> SecretKey {
    let text = format!("coinage devnet test key {name}");
    let mut seed = [0; 32];
    seed.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    SecretKey::new(seed)
}

/// The address of a test account.
pub fn published_address(name: &str) -> Address {
    Lock::Key(published_key(name).public()).address()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_keys_are_three_and_never_change() {
        let mut addresses = TEST_ACCOUNTS.map(published_address).to_vec();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), 3);
        assert_eq!(&published_key("carol").expose()[..29], b"coinage devnet test key carol");
    }
}
