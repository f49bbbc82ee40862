//! The past of a token: the transactions that touched it, and its supply after each.

use coinage_model::account::Page;
use coinage_model::chain::{BlockJson, BlockSummary};
use coinage_protocol::{
    Action, Amount, Body, Charter, Height, Symbol, Transaction, TransactionId, UnixMillis,
};

use super::super::context::Context;
use super::super::failure::Failure;

/// Blocks on a page of the API.
const PAGE: &str = "1000";

/// A past transaction that touched a token.
pub(super) struct Past {
    pub(super) id: TransactionId,
    pub(super) height: Height,
    /// Time of its block.
    pub(super) time: UnixMillis,
    pub(super) body: Body,
}

/// The supply that a token had from a time on.
pub(super) struct Supply {
    pub(super) time: UnixMillis,
    pub(super) units: Amount,
}

/// The amount of a token that every transaction burns.
pub(super) fn fee(token: Symbol, context: &Context) -> Result<Option<Amount>, Failure> {
    let fee = context.status()?.fee.as_ref().filter(|fee| fee.token == token);
    Ok(fee.map(|fee| fee.amount))
}

/// The transactions that touched a token, oldest first, from its creation on; all of them, if it is
/// what fees are paid in.
///
/// Asks for every block that holds any: the node has no index of tokens.
pub(super) fn of(token: Symbol, context: &Context) -> Result<Vec<Past>, Failure> {
    let all = fee(token, context)?.is_some();
    let mut past = Vec::new();
    let mut cursor = None;
    let mut is_whole = false;
    while !is_whole {
        let mut query = vec![("limit", PAGE.to_owned())];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: Page<BlockSummary> = context.client.get("/v1/blocks", &query)?;
        for block in page.items.iter().filter(|block| block.transactions > 0) {
            let hash = block.header.tip.hash;
            let block: BlockJson = context.client.get(&format!("/v1/blocks/{hash}"), &[])?;
            is_whole = read(token, all, block, &mut past)?;
            if is_whole {
                break;
            }
        }
        is_whole |= page.next.is_none();
        cursor = page.next;
    }
    past.reverse();
    Ok(past)
}

/// Reads the transactions of a block, newest first; true if one of them creates the token.
fn read(token: Symbol, all: bool, block: BlockJson, past: &mut Vec<Past>) -> Result<bool, Failure> {
    let (height, time) = (block.header.tip.height, block.header.tip.time);
    let mut is_creation = false;
    for one in block.transactions.into_iter().rev() {
        let transaction = Transaction::try_from(one.transaction)
            .map_err(|error| Failure::new("node.foreign", error))?;
        let body = transaction.body;
        let mut own = body.actions.iter().filter(|action| action.token() == token).peekable();
        if all || own.peek().is_some() {
            is_creation |= own.any(creates);
            let (height, time) = (Height::new(height), UnixMillis::new(time));
            past.push(Past { id: one.id, height, time, body });
        }
    }
    Ok(is_creation)
}

fn creates(action: &Action) -> bool {
    matches!(action, Action::CreateToken(_) | Action::CreateWithCharter(_))
}

/// The charter with which a token was created; that of a token of the genesis as it is now.
pub(super) fn created_by(past: &[Past], now: Charter) -> Charter {
    let actions = past.iter().flat_map(|past| &past.body.actions);
    let mut charters = actions.filter_map(|action| match action {
        Action::CreateWithCharter(charter) if charter.token == now.token => Some(charter),
        _ => None,
    });
    charters.next().map_or(now, |charter| (**charter).clone())
}

/// The supply after each transaction, counted back from the one that the token has now.
pub(super) fn supplies(
    token: Symbol,
    past: &[Past],
    context: &Context,
) -> Result<Vec<Supply>, Failure> {
    let fee = fee(token, context)?.unwrap_or_default();
    let mut units = context.token(token)?.supply;
    let mut supplies = Vec::new();
    for past in past.iter().rev() {
        supplies.push(Supply { time: past.time, units });
        let movements = past.body.actions.iter().flat_map(Action::movements);
        for movement in movements.filter(|movement| movement.token == token) {
            let before = match (movement.from, movement.to) {
                (None, _) => units.checked_sub(movement.amount),
                (_, None) => units.checked_add(movement.amount),
                _ => Some(units),
            };
            units = before.unwrap_or_default();
        }
        units = units.checked_add(fee).unwrap_or(units);
    }
    supplies.reverse();
    Ok(supplies)
}
