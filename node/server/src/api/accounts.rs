//! Accounts, their history, and tokens.

use axum::extract::{Path, Query, State};
use coinage_model::FirstTokens;
use coinage_model::account::{
    AccountJson, BalanceJson, HistoryItem, HolderJson, HoldersJson, Page, TokenJson,
};
use coinage_model::chain::IdentifiedTransaction;
use coinage_model::code::Code;
use coinage_model::{schema, text};
use coinage_protocol::{
    Address, Amount, Block, BlockHash, Height, Key, Symbol, Tip, Token, encoded_len,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::anchor::Anchor;
use super::block_ref::{At, not_kept, parameter};
use super::failure::Failure;
use super::page::{Entry, ListQuery, page};
use super::refusals::{History, HolderListing, Listing, OfToken, PastListing};
use super::{Answer, App};
use crate::storage::{Past, Place, Snapshot};

/// Query for a part of an account's balances, now or after an earlier block.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BalancesQuery {
    /// Number of items on the page at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 50)]
    limit: Option<usize>,
    /// Cursor of the page: `next` of the page before.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// Height of the chain's block after which to show the balances, instead of the head.
    #[param(value_type = Option<schema::Unsigned>)]
    height: Option<String>,
    /// Hash of the block after which to show the balances; it must be on the chain.
    #[param(value_type = Option<schema::Hash>)]
    block: Option<String>,
}

/// Query for a part of a history, in a chosen order, up to a chosen block.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// Number of items on the page at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 50)]
    limit: Option<usize>,
    /// Cursor of the page: `next` of the page before.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// Order of the items: which comes first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Hash of the last block of the history; it must be on the chain.
    #[param(value_type = Option<schema::Hash>)]
    block: Option<String>,
}

impl BalancesQuery {
    /// The first so many balances, as they are now.
    pub(super) fn first(limit: usize) -> Self {
        Self { limit: Some(limit), cursor: None, height: None, block: None }
    }
}

impl HistoryQuery {
    /// The part of the history that begins at a cursor, the newest first.
    pub(super) fn newest(cursor: Option<String>) -> Self {
        Self { limit: None, cursor, order: Order::Newest, block: None }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    Newest,
    Oldest,
}

/// Balances of an address, by symbol, now or after an earlier block.
#[utoipa::path(get, path = "/v1/accounts/{address}", tag = "accounts", operation_id = "account",
    params(("address" = schema::Address, Path, description = "Whose."), BalancesQuery),
    responses((status = 200, description = "Its balances.", body = AccountJson), PastListing))]
pub(super) async fn show(
    State(app): State<App>,
    Path(address): Path<String>,
    Query(query): Query<BalancesQuery>,
) -> Answer<AccountJson> {
    let address = parameter(&address)?;
    let at = At::read(query.height.as_deref(), query.block.as_deref())?;
    let query = ListQuery::new(query.limit, query.cursor);
    let limit = query.limit()?;
    let list = format!("balances {address}");
    let after = query.after(&list, |text| text.parse::<Symbol>().ok())?;
    app.answer(move |app, snapshot| {
        let tip = at.resolve(snapshot)?;
        let (head, many) = (app.tip(&tip), limit.saturating_add(1));
        let balances = if tip.height == 0 {
            first_balances(app, address, after)
        } else {
            match snapshot.balances_at(address, tip.height, after, many)? {
                Past::Kept(balances) => balances,
                Past::TooFar { oldest } => return Err(not_kept(oldest)),
            }
        };
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

/// Balances that an address began with: the genesis says it, however long ago that is.
fn first_balances(app: &App, address: Address, after: Option<Symbol>) -> Vec<(Symbol, Amount)> {
    let state = app.spec().genesis_state();
    let tokens = state.entries().filter_map(|(key, _)| match key {
        Key::Balance(owner, token) if *owner == address => Some(*token),
        _ => None,
    });
    let mut first: Vec<_> = tokens.map(|token| (token, state.balance(address, token))).collect();
    first.retain(|(token, _)| after.is_none_or(|after| *token > after));
    first.sort_unstable_by_key(|(token, _)| *token);
    first
}

/// Transactions that touch an address, newest first, unless asked otherwise. With `block`, only
/// while that block is on the chain, and only up to it: so all pages fit together.
#[utoipa::path(get, path = "/v1/accounts/{address}/transactions", tag = "accounts",
    operation_id = "history",
    params(("address" = schema::Address, Path, description = "Whose."), HistoryQuery),
    responses(
        (status = 200, description = "A part of its history.", body = Page<HistoryItem>),
        History))]
pub(super) async fn history(
    State(app): State<App>,
    Path(address): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Answer<Page<HistoryItem>> {
    let address: Address = parameter(&address)?;
    let (order, at) = (query.order, At::read(None, query.block.as_deref())?);
    let query = ListQuery::new(query.limit, query.cursor);
    let limit = query.limit()?;
    let list = match order {
        Order::Newest => format!("history {address}"),
        Order::Oldest => format!("history from the oldest {address}"),
    };
    let after = query.after(&list, read_place)?;
    app.answer(move |app, snapshot| {
        if let Some((anchor, _)) = &after {
            anchor.check(snapshot)?;
        }
        let after = after.map(|(_, place)| place);
        let (top, many) = (at.resolve(snapshot)?.height, limit.saturating_add(1));
        let places = match order {
            Order::Newest => {
                let above = Place { height: top.saturating_add(1), position: 0 };
                let before = after.map_or(above, |after| after.min(above));
                snapshot.history(address, Some(before), many)?
            }
            Order::Oldest => snapshot.history_forward(address, after, top.get(), many)?,
        };
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
    app.answer(move |app, snapshot| {
        let tokens = snapshot.tokens(after, limit.saturating_add(1))?;
        let first = FirstTokens::of(app.spec().genesis());
        let entries = tokens.iter().map(|(symbol, token)| {
            let item = TokenJson::new(*symbol, token, &first);
            Ok(Entry { item, place: symbol.to_string(), bytes: 0 })
        });
        page("tokens", limit, entries)
    })
    .await
}

/// A token, by its symbol.
#[utoipa::path(get, path = "/v1/tokens/{symbol}", tag = "tokens", operation_id = "token",
    params(("symbol" = schema::Symbol, Path, description = "Which.")),
    responses((status = 200, description = "The token.", body = TokenJson), OfToken))]
pub(super) async fn token(State(app): State<App>, Path(name): Path<String>) -> Answer<TokenJson> {
    let symbol = symbol(&name)?;
    app.answer(move |app, snapshot| {
        let first = FirstTokens::of(app.spec().genesis());
        Ok(TokenJson::new(symbol, &known(snapshot, symbol)?, &first))
    })
    .await
}

/// Holders of a token: who has most first, then by address. Each part is of one block, which it
/// names; whose balance changes between two parts may be in both or in none.
#[utoipa::path(get, path = "/v1/tokens/{symbol}/holders", tag = "tokens", operation_id = "holders",
    params(("symbol" = schema::Symbol, Path, description = "Which."), ListQuery),
    responses((status = 200, description = "A part of them.", body = HoldersJson), HolderListing))]
pub(super) async fn holders(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<ListQuery>,
) -> Answer<HoldersJson> {
    let token = symbol(&name)?;
    let limit = query.limit()?;
    let list = format!("holders {token}");
    let after = query.after(&list, read_holder)?;
    app.answer(move |app, snapshot| {
        let record = known(snapshot, token)?;
        let holders = snapshot.holders(token, after, limit.saturating_add(1))?;
        let entries = holders.into_iter().map(|(address, amount)| {
            let place = format!("{amount}.{address}");
            Ok(Entry { item: HolderJson { address, amount }, place, bytes: 0 })
        });
        Ok(HoldersJson {
            token,
            decimals: record.decimals,
            supply: record.supply,
            head: app.tip(&snapshot.head()?),
            holders: page(&list, limit, entries)?,
        })
    })
    .await
}

/// Returns a token as the chain knows it, or a refusal if there is none of this symbol.
pub(super) fn known(snapshot: &Snapshot, symbol: Symbol) -> Result<Token, Failure> {
    snapshot.token(symbol)?.ok_or_else(|| {
        let detail = format!("there is no token {symbol}");
        Failure::new(Code::UnknownToken, detail)
    })
}

/// Reads a token's symbol in the path or query of a route.
pub(super) fn symbol(text: &str) -> Result<Symbol, Failure> {
    text.parse().map_err(|error| Failure::new(Code::BadParameter, error))
}

/// The chain's block at a height; that it is there, an index of the same snapshot says.
pub(super) fn block_at(snapshot: &Snapshot, height: Height) -> Result<(BlockHash, Block), Failure> {
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
        transaction: IdentifiedTransaction::new(transaction, app.spec()),
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

fn read_holder(text: &str) -> Option<(Address, Amount)> {
    let (amount, address) = text.split_once('.')?;
    Some((text::parse(address).ok()?, text::parse(amount).ok()?))
}
