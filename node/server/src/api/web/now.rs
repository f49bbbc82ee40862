//! The first page.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::{Query, State};
use coinage_model::chain::IdentifiedTransaction;
use coinage_model::submission::TransactionState;
use coinage_protocol::{Amount, BlockHash, Height, Symbol};
use coinage_web::now::{Now, page};
use coinage_web::{Names, Site};
use serde::Deserialize;

use super::super::accounts::block_at;
use super::super::block_ref::parameter;
use super::super::failure::Failure;
use super::super::page::ListQuery;
use super::super::{App, network, transactions};
use super::blocks::latest;
use super::{Html, PEERS_SHOWN, Page, decimals};
use crate::storage::Snapshot;

/// Blocks on the page.
const BLOCKS_SHOWN: usize = 10;

/// Transactions on the page.
const TRANSACTIONS_SHOWN: usize = 10;

/// Blocks among which the latest transactions are looked for.
const BLOCKS_SEARCHED: usize = 100;

/// Query for the first page.
#[derive(Debug, Deserialize)]
pub(super) struct NowQuery {
    /// Payment that the reader has just made.
    paid: Option<String>,
}

/// The first page: what is happening.
pub(super) async fn show(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Query(query): Query<NowQuery>,
) -> Page {
    let paid = match query.paid {
        Some(id) => transactions::look(&app, parameter(&id)?, false).await.ok(),
        None => None,
    };
    let status = network::status(State(app.clone())).await?.0;
    let peers = ListQuery::new(Some(PEERS_SHOWN), None);
    let peers = network::peers(State(app.clone()), Query(peers)).await?.0.items;
    app.read(move |app, snapshot| {
        let above_head = snapshot.head()?.height.saturating_add(1);
        let blocks = latest(app, snapshot, above_head, BLOCKS_SHOWN)?;
        let transactions = app.lately.of(app, snapshot)?.to_vec();
        let own = paid.iter().filter_map(|one| one.transaction.as_ref()).map(|one| &one.body);
        let bodies = transactions.iter().map(|(one, _)| &one.transaction.body).chain(own);
        let decimals = decimals(snapshot, bodies, [])?;
        let offer = offer(app, snapshot, &site.names)?;
        let offer = offer.map(|(token, amount)| {
            let decimals = snapshot.token(token).ok().flatten().map_or(0, |one| one.decimals);
            format!("{} {token}", coinage_policy::amount(amount, decimals))
        });
        let now = Now { status, peers, blocks, transactions, decimals, offer, paid };
        Ok(Html(page(&site, &now)))
    })
    .await
}

/// The latest transactions of the chain, newest first, each with its state.
type Paid = Arc<[(IdentifiedTransaction, TransactionState)]>;

/// The latest transactions as they were looked up last: a full block takes some time to decode, and
/// all who look at the page see the same.
#[derive(Debug, Default)]
pub(in super::super) struct Lately(Mutex<Option<(BlockHash, BlockHash, Paid)>>);

impl Lately {
    fn of(&self, app: &App, snapshot: &Snapshot) -> Result<Paid, Failure> {
        let (head, finalized) = (snapshot.head()?, app.finalized(snapshot)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of_head, of_final, paid)) = &*kept
            && (*of_head, *of_final) == (head.hash, finalized.hash)
        {
            return Ok(Arc::clone(paid));
        }
        let above = head.height.saturating_add(1);
        let paid: Paid = paid_lately(app, snapshot, above, finalized.height)?.into();
        *kept = Some((head.hash, finalized.hash, Arc::clone(&paid)));
        Ok(paid)
    }
}

fn paid_lately(
    app: &App,
    snapshot: &Snapshot,
    above: Height,
    finalized: Height,
) -> Result<Vec<(IdentifiedTransaction, TransactionState)>, Failure> {
    let mut found = Vec::new();
    for height in (0..above.get()).rev().map(Height::new).take(BLOCKS_SEARCHED) {
        let room = TRANSACTIONS_SHOWN.saturating_sub(found.len());
        if room == 0 {
            break;
        }
        let hash = snapshot.canonical(height)?;
        let is_empty =
            |hash: &BlockHash| Ok::<_, Failure>(snapshot.transactions_in(hash)? == Some(0));
        if hash.as_ref().map(is_empty).transpose()?.unwrap_or(false) {
            continue;
        }
        let (_, block) = block_at(snapshot, height)?;
        let is_final = height <= finalized;
        let state = if is_final { TransactionState::Final } else { TransactionState::Included };
        let newest = block.transactions.iter().rev().take(room);
        found.extend(newest.map(|one| (IdentifiedTransaction::new(one, app.spec()), state)));
    }
    Ok(found)
}

/// The amount that alice can pay bob with one click: one whole coin of the first token that the
/// genesis gave her, while she has it.
pub(super) fn offer(
    app: &App,
    snapshot: &Snapshot,
    names: &Names,
) -> Result<Option<(Symbol, Amount)>, Failure> {
    let (Some(alice), Some(_bob)) = (names.address("alice"), names.address("bob")) else {
        return Ok(None);
    };
    let genesis = app.spec().genesis();
    let given = genesis.balances.iter().find(|balance| balance.address == alice);
    let Some(token) = given.map(|balance| balance.token) else { return Ok(None) };
    let decimals = snapshot.token(token)?.map_or(0, |record| u32::from(record.decimals));
    let one = 10_u128.checked_pow(decimals).and_then(|units| Amount::try_from(units).ok());
    let held = snapshot.balance(alice, token)?;
    Ok(one.filter(|one| *one <= held).map(|one| (token, one)))
}
