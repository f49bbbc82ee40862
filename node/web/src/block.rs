//! The page of a block: where it stands, and what it holds.

use coinage_model::chain::{BlockJson, IdentifiedTransaction};
use coinage_model::submission::TransactionState;
use maud::{Markup, html};

use crate::blocks::finality;
use crate::frame::{Page, dot, frame};
use crate::life;
use crate::names::Decimals;
use crate::sentence::Teller;
use crate::site::Site;
use crate::text::{foreign, hash, moment};

/// Transactions of a block that its page shows; the API has all.
const TRANSACTIONS_SHOWN: usize = 200;

/// Content of a block's page.
#[derive(Clone, Debug)]
pub struct Block {
    /// The block.
    pub block: BlockJson,
    /// Turn of its author among the authorities of the head, if it is one of them.
    pub author: Option<u32>,
    /// True if a block of the chain stands on it.
    pub has_next: bool,
    /// Decimals of the tokens that its transactions name.
    pub decimals: Decimals,
}

/// Writes the page of a block.
pub fn page(site: &Site, shown: &Block) -> Markup {
    let words = site.words();
    let Block { block, author, has_next, .. } = shown;
    let tip = &block.header.tip;
    let height = tip.height;
    let unknown = || words.unknown_author().to_owned();
    let author = author.map_or_else(unknown, |index| words.authority(index));
    let content = html! {
        h1 { (words.block_number(height)) }
        div #state data-live {
            p.lead {
                (moment(tip.time)) (dot())
                (author) (dot())
                @if block.on_chain {
                    (words.on_the_chain()) (dot()) (finality(words, block.is_final))
                }
                @else { (words.off_the_chain()) }
            }
        }
        nav.steps aria-label=(words.block()) {
            @if height > 0 {
                a rel="prev" href={ "/block/" (block.header.previous) } { "← " (words.previous()) }
            }
            @if *has_next {
                a rel="next" href={ "/block/" (height.saturating_add(1)) } { (words.next()) " →" }
            }
        }
        h2 { (words.transactions()) ": " (block.transactions.len()) }
        (transactions(site, shown))
        details #header {
            summary { (words.header()) }
            dl {
                dt { (words.hash()) } dd { code { (tip.hash) } }
                dt { (words.previous()) } dd { code { (block.header.previous) } }
                dt { (words.slot()) } dd { (tip.slot) }
                @if let Some(certificate) = &block.header.certificate {
                    dt { (words.certificate()) }
                    dd {
                        @for index in &certificate.signers { (words.authority(*index)) " " }
                    }
                }
            }
        }
    };
    let json = Some(format!("/v1/blocks/{}", tip.hash));
    let changes = !block.is_final || !block.on_chain;
    frame(site, Page { title: words.block_number(height), json, changes, content })
}

fn transactions(site: &Site, shown: &Block) -> Markup {
    let words = site.words();
    let all = &shown.block.transactions;
    let more = all.len().saturating_sub(TRANSACTIONS_SHOWN);
    html! {
        @if all.is_empty() { p.quiet { (words.no_transactions()) } }
        @else {
            ul.rows { @for one in all.iter().take(TRANSACTIONS_SHOWN) { (row(site, shown, one)) } }
            @if more > 0 { p { (words.and_more(more)) } }
        }
    }
}

fn row(site: &Site, shown: &Block, one: &IdentifiedTransaction) -> Markup {
    let body = &one.transaction.body;
    let memo = body.memo.as_str();
    let state = match (shown.block.on_chain, shown.block.is_final) {
        (true, true) => Some(TransactionState::Final),
        (true, false) => Some(TransactionState::Included),
        // What became of it on the other branch its own page says.
        (false, _) => None,
    };
    let done = state.is_some();
    html! {
        li {
            a href={ "/tx/" (one.id) } {
                @if let Some(state) = state { (life::badge(site.words(), state)) }
                @else { (hash(&one.id.to_string())) }
            }
            " " (Teller { site, decimals: &shown.decimals, done }.brief(body))
            @if !memo.is_empty() { (dot()) (foreign(memo)) }
        }
    }
}
