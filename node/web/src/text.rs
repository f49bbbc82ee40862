//! Small parts of pages: strangers' text, addresses, amounts, hashes and times.

use coinage_model::{terminal, time};
use coinage_protocol::{Address, Amount, Symbol};
use maud::{Markup, html};

use crate::names::Decimals;
use crate::site::Site;
use crate::words::Words;

/// Characters of an address that are shown before and after the dots.
const ADDRESS_ENDS: (usize, usize) = (12, 6);

/// Characters of a hash that are shown.
const HASH_BEGINNING: usize = 12;

/// Text that a stranger wrote: what cannot be seen becomes a mark, and its direction stays its own.
pub(crate) fn foreign(text: &str) -> Markup {
    html! { bdi.foreign { (terminal::masked(text)) } }
}

/// An account: a test account by its name, which says that everybody can spend it, else its
/// address, shortened.
pub(crate) fn account(site: &Site, address: &Address) -> Markup {
    let whole = address.to_string();
    let href = format!("/account/{whole}");
    match site.names.of(address) {
        Some(name) => html! {
            a href=(href) title=(site.words().test_account()) { (site.words().called(name)) }
        },
        None => html! {
            a.address href=(href) title=(whole) { (site.words().called(&shortened(&whole))) }
        },
    }
}

fn shortened(address: &str) -> String {
    let (first, last) = ADDRESS_ENDS;
    let end = address.len().saturating_sub(last);
    match (address.get(..first), address.get(end..)) {
        (Some(head), Some(tail)) if end > first => format!("{head}…{tail}"),
        _ => address.to_owned(),
    }
}

/// An amount with the symbol of its token, in the spelling of policies.
pub(crate) fn amount(amount: Amount, token: Symbol, decimals: &Decimals) -> Markup {
    html! { span.amount { (figures(amount, token, decimals)) " " (token) } }
}

/// The figures of an amount; base units if the token is not known here.
pub(crate) fn figures(amount: Amount, token: Symbol, decimals: &Decimals) -> String {
    coinage_policy::amount(amount, decimals.get(&token).copied().unwrap_or_default())
}

/// The beginning of a hash, all of it where one points at it.
pub(crate) fn hash(whole: &str) -> Markup {
    html! { code.hash title=(whole) { (whole.get(..HASH_BEGINNING).unwrap_or(whole)) } }
}

/// A block by its height, with a link to it.
pub(crate) fn block(words: Words, height: u64, hash: &str) -> Markup {
    html! { a href={ "/block/" (hash) } { (words.block_number(height)) } }
}

/// A point in time, in UTC until the script of the page shows it as its reader has it.
pub(crate) fn moment(time_ms: u64) -> Markup {
    let written = time::format(time_ms);
    let shown = written.get(..19).unwrap_or(&written).replace('T', " ");
    html! { time datetime=(written) { (shown) " UTC" } }
}
