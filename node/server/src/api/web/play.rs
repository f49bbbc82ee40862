//! Playing with the test accounts: a real payment for one click, on networks that have them.

use std::time::{Duration, SystemTime};

use axum::Extension;
use axum::extract::State;
use axum::response::Redirect;
use coinage_keys::published_key;
use coinage_keys::random::generator;
use coinage_model::code::Code;
use coinage_model::time;
use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, ChainSpec, KeySignature, Lock, Symbol, Text,
    Transaction, UnixMillis, Witness,
};
use coinage_web::Site;
use rand_chacha::rand_core::Rng as _;

use super::super::failure::Failure;
use super::super::{App, submit};
use super::now::offer;

/// Time for which the payment may be included.
const LIFETIME: Duration = Duration::from_secs(600);

/// Lets alice pay bob, and leads to the page on which that is to be seen.
pub(super) async fn pay(
    State(app): State<App>,
    Extension(site): Extension<Site>,
) -> Result<Redirect, Failure> {
    let nobody = || Failure::new(Code::NoRoute, "alice has nothing to pay with on this network");
    let names = site.names.clone();
    let offered = app.clone().read(move |app, snapshot| offer(app, snapshot, &names)).await?;
    let (token, amount) = offered.ok_or_else(nobody)?;
    let bob = site.names.address("bob").ok_or_else(nobody)?;
    let transaction = payment(app.spec(), token, amount, bob);
    let id = submit::submit_own(&app, transaction).await?;
    Ok(Redirect::to(&format!("/?paid={id}")))
}

/// A payment of alice, signed with the key that everybody has.
fn payment(spec: &ChainSpec, token: Symbol, amount: Amount, to: Address) -> Transaction {
    let key = published_key("alice");
    let lock = Lock::Key(key.public());
    let from = lock.address();
    let now = time::millis(SystemTime::now());
    let lifetime = u64::try_from(LIFETIME.as_millis()).unwrap_or(u64::MAX);
    let lifetime = lifetime.min(spec.rules().lifetime_ms_max / 2);
    let body = Body {
        sender: from,
        salt: generator().next_u64(),
        expires_at: UnixMillis::new(now.saturating_add(lifetime)),
        actions: Bounded::first_of([Action::Transfer { token, from, to, amount }]),
        memo: Text::default(),
    };
    let signature = key.sign(body.id(spec.chain()).as_bytes());
    let signatures = Bounded::first_of([KeySignature { key: 0, signature }]);
    Transaction { body, witnesses: Bounded::first_of([Witness { lock, signatures }]) }
}
