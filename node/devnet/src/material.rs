//! Material of a new devnet: keys for its authorities, wallets whose keys everybody knows, and a
//! genesis.

use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use coinage_keys::{AuthorityKey, TEST_ACCOUNTS, genesis_file, published_address, published_key};
use coinage_model::room;
use coinage_protocol::limits::GENESIS_VERSION;
use coinage_protocol::{
    Amount, Bounded, Genesis, GenesisBalance, GenesisToken, Growth, PolicyBounds, PublicKey, Rules,
    Symbol, Text, UnixMillis,
};
use coinage_wallet::{Store, Strength, WalletName};
use serde::{Deserialize, Serialize};

use super::error::DevnetError;
use super::places::{genesis_in, key_of};
use super::settings::Settings;

/// The password of the development accounts' wallets. Published, like their keys.
const PASSWORD: &str = "published test keys";
/// The token that the development accounts are given.
pub const TOKEN: &str = "COIN";
/// Base units that each account has at the beginning: 1,000,000.00.
const BALANCE: u128 = 100_000_000;
/// Time for which a transaction may be valid, in milliseconds: a day.
const LIFETIME_MS: u64 = 24 * 3600 * 1000;

/// A development account, whose key is published.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Account {
    /// The name of the account's wallet.
    pub name: String,
    /// Address of the account's wallet.
    pub address: String,
    /// Balance at the beginning, for people: `1000000 COIN`.
    pub began_with: String,
}

/// Returns the development accounts, which are the same in every devnet.
pub(super) fn accounts() -> Vec<Account> {
    let account = |name: &&str| Account {
        name: (*name).to_owned(),
        address: published_address(name).to_string(),
        began_with: format!("1000000 {TOKEN}"),
    };
    TEST_ACCOUNTS.iter().map(account).collect()
}

/// Writes keys, wallets and, when all of them are on disk, the genesis.
pub(super) fn create(root: &Path, settings: &Settings) -> Result<(), DevnetError> {
    let keys = root.join("keys");
    fs::create_dir_all(&keys).map_err(DevnetError::io("create", &keys))?;
    let mut authorities = Vec::new();
    for node in 1..=settings.nodes {
        let path = key_of(root, node);
        authorities.push(AuthorityKey::create(&path).map_err(damaged(&path))?);
    }
    let wallets = root.join("wallets");
    let store = Store::open(&wallets).map_err(damaged(&wallets))?;
    for name in TEST_ACCOUNTS {
        let wallet: WalletName = name.parse().map_err(damaged(&wallets))?;
        let made = store.create(&wallet, &published_key(name), PASSWORD, Strength::Light);
        made.map_err(damaged(&wallets))?;
    }
    let password = wallets.join("password");
    fs::write(&password, PASSWORD).map_err(DevnetError::io("write", &password))?;
    let path = genesis_in(root);
    let value = genesis_of(authorities, settings.slot_ms).map_err(damaged(&path))?;
    genesis_file::write(&path, &value).map_err(damaged(&path))
}

/// The genesis of a devnet that begins now, in which the development accounts are funded.
pub fn genesis_of(authorities: Vec<PublicKey>, slot_ms: u32) -> Result<Genesis, String> {
    fn text(error: impl Display) -> String {
        error.to_string()
    }
    let token: Symbol = TOKEN.parse().map_err(text)?;
    let mut balances: Vec<_> = TEST_ACCOUNTS
        .iter()
        .map(|name| {
            let amount = Amount::try_from(BALANCE).map_err(text)?;
            Ok(GenesisBalance { address: published_address(name), token, amount })
        })
        .collect::<Result<_, String>>()?;
    balances.sort_unstable_by_key(|balance| balance.address);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Genesis {
        version: GENESIS_VERSION,
        name: Text::try_from("devnet").map_err(text)?,
        time: UnixMillis::new(u64::try_from(now.as_millis()).map_err(text)?),
        slot_ms,
        authorities: Bounded::new(authorities).map_err(text)?,
        rules: Rules {
            lifetime_ms_max: LIFETIME_MS,
            balances_max: room::BALANCES_MAX,
            tokens_max: room::TOKENS_MAX,
            creators: None,
            fee: None,
            growth: Some(Growth { block_max: room::BLOCK_MAX, deposit: Some(token) }),
            policies: Some(PolicyBounds {
                charters_max: room::CHARTERS_MAX,
                standings_max: room::STANDINGS_MAX,
            }),
        },
        tokens: Bounded::new(vec![GenesisToken {
            token,
            name: Text::try_from("Devnet coin").map_err(text)?,
            decimals: 2,
            cap: None,
            issuer: None,
        }])
        .map_err(text)?,
        balances: Bounded::new(balances).map_err(text)?,
        charters: Bounded::default(),
    })
}

fn damaged<E: Display>(path: &Path) -> impl FnOnce(E) -> DevnetError + '_ {
    move |error| DevnetError::Damaged { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{ChainSpec, SecretKey};

    use super::*;

    #[test]
    fn the_genesis_makes_a_network_in_which_the_test_accounts_are_funded() {
        let keys = [1, 2].map(|seed| SecretKey::new([seed; 32]).public());
        let genesis = genesis_of(keys.to_vec(), 500).expect("a genesis");
        let spec = ChainSpec::new(genesis).expect("a network");
        assert_eq!(spec.genesis().balances.len(), 3);
        assert!(spec.rules().creators.is_none());
    }
}
