//! Accounts, their history, and tokens.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use coinage_protocol::{Address, Block, BlockHash, Symbol, Tip, encoded_len};

use super::anchor::Anchor;
use super::failure::Failure;
use super::page::{Entry, ListQuery, page};
use super::refusals::{Descending, Listing, OfToken};
use super::{Answer, App};
use crate::model::account::{AccountJson, BalanceJson, HistoryItem, Page, TokenJson};
use crate::model::chain::IdentifiedTransaction;
use crate::model::{code, schema, text};
use crate::storage::{Place, Snapshot};

/// What an address has, by symbol.
#[utoipa::path(get, path = "/v1/accounts/{address}", tag = "accounts", operation_id = "account",
    params(("address" = schema::Address, Path, description = "Whose."), ListQuery),
    responses((status = 200, description = "Its balances.", body = AccountJson), Listing))]
pub(super) async fn show(
    State(app): State<App>,
    Path(address): Path<String>,
    Query(query): Query<ListQuery>,
) -> Answer<AccountJson> {
    let address = parameter(&address)?;
    let limit = query.limit()?;
    let list = format!("balances {address}");
    let after = query.after(&list, |text| text.parse::<Symbol>().ok())?;
    app.answer(move |app, snapshot| {
        let head = app.tip(&snapshot.head()?);
        let balances = snapshot.balances(address, after, limit.saturating_add(1))?;
        let entries = balances.into_iter().map(|(token, amount)| {
            let known = snapshot.token(token)?;
            let known = known.ok_or_else(|| Failure::internal("a balance without its token"))?;
            let item = BalanceJson { token, amount, decimals: known.decimals };
            Ok(Entry { item, place: token.to_string(), bytes: 0 })
        });
        Ok(AccountJson { address, head, balances: page(&list, limit, entries)? })
    })
    .await
}

/// The transactions that touch an address, newest first.
#[utoipa::path(get, path = "/v1/accounts/{address}/transactions", tag = "accounts",
    operation_id = "history",
    params(("address" = schema::Address, Path, description = "Whose."), ListQuery),
    responses(
        (status = 200, description = "A part of its history.", body = Page<HistoryItem>),
        Descending))]
pub(super) async fn history(
    State(app): State<App>,
    Path(address): Path<String>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<HistoryItem>> {
    let address: Address = parameter(&address)?;
    let limit = query.limit()?;
    let list = format!("history {address}");
    let before = query.after(&list, read_place)?;
    app.answer(move |app, snapshot| {
        if let Some((anchor, _)) = &before {
            anchor.check(snapshot)?;
        }
        let before = before.map(|(_, place)| place);
        let places = snapshot.history(address, before, limit.saturating_add(1))?;
        // Neighbours often share a block.
        let mut block = None;
        let entries =
            places.into_iter().map(|place| history_item(app, snapshot, place, &mut block));
        page(&list, limit, entries)
    })
    .await
}

/// All tokens, by symbol.
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", operation_id = "tokens",
    params(ListQuery),
    responses(
        (status = 200, description = "A part of the tokens.", body = Page<TokenJson>),
        Listing))]
pub(super) async fn tokens(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<TokenJson>> {
    let limit = query.limit()?;
    let after = query.after("tokens", |text| text.parse::<Symbol>().ok())?;
    app.answer(move |_, snapshot| {
        let tokens = snapshot.tokens(after, limit.saturating_add(1))?;
        let entries = tokens.iter().map(|(symbol, token)| {
            let item = TokenJson::new(*symbol, token);
            Ok(Entry { item, place: symbol.to_string(), bytes: 0 })
        });
        page("tokens", limit, entries)
    })
    .await
}

/// One token.
#[utoipa::path(get, path = "/v1/tokens/{symbol}", tag = "tokens", operation_id = "token",
    params(("symbol" = schema::Symbol, Path, description = "Which.")),
    responses((status = 200, description = "The token.", body = TokenJson), OfToken))]
pub(super) async fn token(State(app): State<App>, Path(name): Path<String>) -> Answer<TokenJson> {
    let symbol: Symbol = name.parse().map_err(|error| Failure::bad(code::BAD_PARAMETER, error))?;
    let token = app.read(move |_, snapshot| Ok(snapshot.token(symbol)?)).await?;
    let unknown = || {
        let detail = format!("there is no token {symbol}");
        Failure::new(StatusCode::NOT_FOUND, code::UNKNOWN_TOKEN, detail)
    };
    token.map(|token| Json(TokenJson::new(symbol, &token))).ok_or_else(unknown)
}

/// A value in the path of a route.
pub(super) fn parameter<T: text::Written>(text: &str) -> Result<T, Failure> {
    text::parse(text).map_err(|error| Failure::bad(code::BAD_PARAMETER, error))
}

/// The chain's block at a height; that it is there, an index of the same snapshot says.
pub(super) fn block_at(snapshot: &Snapshot, height: u64) -> Result<(BlockHash, Block), Failure> {
    let missing = || Failure::internal(format!("block {height} of the chain is missing"));
    let hash = snapshot.canonical(height)?.ok_or_else(missing)?;
    Ok((hash, snapshot.block(&hash)?.ok_or_else(missing)?))
}

fn history_item(
    app: &App,
    snapshot: &Snapshot,
    place: Place,
    loaded: &mut Option<(BlockHash, Block)>,
) -> Result<Entry<HistoryItem>, Failure> {
    let Place { height, position } = place;
    let mut bytes = 0;
    let reusable = loaded.take().filter(|(_, block)| block.header.header.height == height);
    let (hash, block) = match reusable {
        Some(block) => loaded.insert(block),
        None => {
            let block = block_at(snapshot, height)?;
            bytes = encoded_len(&block.1);
            loaded.insert(block)
        }
    };
    let at = usize::try_from(position).unwrap_or(usize::MAX);
    let missing = || Failure::internal(format!("transaction {position} of block {height}"));
    let transaction = block.transactions.get(at).ok_or_else(missing)?;
    let tip = Tip { height, slot: block.header.header.slot, hash: *hash };
    let anchor = Anchor { height, hash: *hash };
    let item = HistoryItem {
        transaction: IdentifiedTransaction::new(transaction, app.network()),
        block: app.tip(&tip),
        position,
    };
    Ok(Entry { item, place: format!("{position}.{}", anchor.write()), bytes })
}

fn read_place(text: &str) -> Option<(Anchor, Place)> {
    let (position, anchor) = text.split_once('.')?;
    let anchor = Anchor::read(anchor)?;
    Some((anchor, Place { height: anchor.height, position: position.parse().ok()? }))
}
