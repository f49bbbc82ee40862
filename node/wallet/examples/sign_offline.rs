//! Makes a wallet in a temporary directory and signs a payment, without any node.
//!
//! `cargo run -p coinage-wallet --example sign_offline -- CHAIN_ID` writes what
//! `POST /v1/transactions` takes. `coinage genesis show` tells the chain id of a network; without
//! one the payment is for a network that does not exist.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use coinage_model::submission::SubmitOne;
use coinage_protocol::{
    Action, Amount, Body, Bounded, ChainId, KeySignature, Lock, SecretKey, Text, Transaction,
    UnixMillis, Witness,
};
use coinage_wallet::{Phrase, Store, Strength, WalletName};

/// Time for which the payment may be included.
const LIFETIME: Duration = Duration::from_secs(600);
/// Password of the wallet. A real one comes from a person.
const PASSWORD: &str = "correct horse battery staple";

fn main() -> Result<(), Box<dyn Error>> {
    let chain: ChainId = match env::args().nth(1) {
        Some(text) => text.parse()?,
        None => ChainId::new([0; 32]),
    };
    let directory = tempfile::tempdir()?;
    let store = Store::open(directory.path().join("wallets"))?;
    let name: WalletName = "alice".parse()?;

    // The words on paper are the backup; the file is encrypted with the password.
    let phrase = Phrase::generate()?;
    let key = phrase.key(0).ok_or("0 is an index that every phrase has")?;
    store.create(&name, &key, PASSWORD, Strength::Light)?;

    let secret = store.unlock(&name, PASSWORD)?;
    let signed = sign(payment(&secret)?, &chain, &secret);
    let request = SubmitOne { transaction: Some((&signed).into()), ..SubmitOne::default() };
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&request)?)?;
    Ok(())
}

/// Returns a payment of 5 base units of COIN to somebody who has a key of their own.
fn payment(secret: &SecretKey) -> Result<Body, Box<dyn Error>> {
    let sender = Lock::Key(secret.public()).address();
    let to = Lock::Key(SecretKey::new([7; 32]).public()).address();
    let amount = Amount::try_from(5)?;
    let pay = Action::Transfer { token: "COIN".parse()?, from: sender, to, amount };
    let expires = SystemTime::now() + LIFETIME;
    Ok(Body {
        sender,
        // Two payments that are otherwise equal must differ here, or they are one.
        salt: 1,
        expires_at: UnixMillis::new(
            expires.duration_since(SystemTime::UNIX_EPOCH)?.as_millis().try_into()?,
        ),
        actions: Bounded::new(vec![pay])?,
        memo: Text::try_from("lunch")?,
    })
}

/// Signs the id of a body, which covers the chain id (SPEC T-2).
fn sign(body: Body, chain: &ChainId, secret: &SecretKey) -> Transaction {
    let signature = secret.sign(body.id(chain).as_bytes());
    let signatures = Bounded::first_of([KeySignature { key: 0, signature }]);
    let witness = Witness { lock: Lock::Key(secret.public()), signatures };
    Transaction { body, witnesses: Bounded::first_of([witness]) }
}
