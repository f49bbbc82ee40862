//! The page of an account: its balances, and what touched it.

use coinage_model::account::{AccountJson, HistoryItem, Page as List};
use coinage_model::submission::TransactionState;
use coinage_protocol::Address;
use maud::{Markup, PreEscaped, html};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::frame::{Page, dot, frame};
use crate::life;
use crate::names::Decimals;
use crate::sentence::{Teller, changes};
use crate::site::Site;
use crate::text::{amount, foreign, moment};

/// Pixels of the squares of a QR code.
const MODULE: u32 = 4;

/// Content of an account's page.
#[derive(Clone, Debug)]
pub struct Account {
    /// Balances of the account.
    pub account: AccountJson,
    /// Transactions that touch it, newest first.
    pub history: List<HistoryItem>,
    /// Height up to which blocks are final.
    pub final_height: u64,
    /// Decimals of the tokens that they name.
    pub decimals: Decimals,
    /// True on a page of older transactions, which does not change.
    pub is_older: bool,
}

/// Writes the page of an account.
pub fn page(site: &Site, shown: &Account) -> Markup {
    let words = site.words();
    let address = shown.account.address;
    let written = address.to_string();
    let name = site.names.of(&address);
    let content = html! {
        h1 {
            @if let Some(name) = name { (words.called(name)) } @else { (words.account()) }
        }
        @if name.is_some() { p.warning { (words.test_account_long()) } }
        p { code.whole { (written) } }
        details #qr {
            summary { (words.qr()) }
            img alt=(words.qr()) src={ "/qr.svg?text=" (written) };
        }
        @if !shown.is_older {
            h2 { (words.balances()) }
            div #balances data-live { (balances(site, shown)) }
        }
        h2 { (words.history()) }
        div #history data-live[!shown.is_older] { (history(site, shown, &address)) }
    };
    let title = name.map_or_else(|| words.account().to_owned(), |name| words.called(name));
    let json = Some(format!("/v1/accounts/{written}"));
    frame(site, Page { title, json, changes: !shown.is_older, content })
}

fn balances(site: &Site, shown: &Account) -> Markup {
    let items = &shown.account.balances.items;
    html! {
        @if items.is_empty() { p.quiet { (site.words().no_balances()) } }
        @else {
            ul.balances {
                @for one in items { li { (amount(one.amount, one.token, &shown.decimals)) } }
            }
        }
    }
}

fn history(site: &Site, shown: &Account, of: &Address) -> Markup {
    let words = site.words();
    let List { items, next } = &shown.history;
    if items.is_empty() {
        return html! { p.quiet { (words.no_history()) } };
    }
    html! {
        table {
            thead { tr {
                th scope="col" { (words.when()) }
                th scope="col" { (words.what()) }
                th.number scope="col" { (words.change()) }
                th scope="col" { (words.state()) }
            } }
            tbody { @for item in items { (row(site, shown, item, of)) } }
        }
        @if let Some(next) = next {
            p { a href={ "/account/" (of) "?cursor=" (next) } { (words.older()) } }
        }
    }
}

fn row(site: &Site, shown: &Account, item: &HistoryItem, of: &Address) -> Markup {
    let body = &item.transaction.transaction.body;
    let is_final = item.block.height <= shown.final_height;
    let state = if is_final { TransactionState::Final } else { TransactionState::Included };
    let memo = body.memo.as_str();
    let own = changes(body).into_iter().filter(|(who, ..)| who == of);
    html! {
        tr {
            td { (moment(item.block.time)) }
            td {
                (Teller { site, decimals: &shown.decimals, done: true }.brief(body))
                @if !memo.is_empty() { (dot()) (foreign(memo)) }
            }
            td.number {
                @for (_, token, change) in own { div { (change.shown(token, &shown.decimals)) } }
            }
            td { a href={ "/tx/" (item.transaction.id) } { (life::badge(site.words(), state)) } }
        }
    }
}

/// Draws a text as a QR code; `None` if it is too long for one.
pub fn qr(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let side = u32::try_from(code.width()).ok()?.checked_mul(MODULE)?;
    let image = code.render::<svg::Color<'_>>().min_dimensions(side, side).build();
    Some(PreEscaped(image).into_string())
}
