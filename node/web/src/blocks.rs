//! The page of the chain's blocks, newest first.

use coinage_model::chain::BlockSummary;
use maud::{Markup, html};

use crate::frame::{Page, frame};
use crate::site::Site;
use crate::text::{block, moment};
use crate::words::Words;

/// Content of the page of blocks.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// Blocks of the chain, newest first.
    pub blocks: Vec<BlockSummary>,
    /// Height up to which blocks are final.
    pub final_height: u64,
    /// Height below which older blocks begin, if there are any.
    pub older: Option<u64>,
    /// True on the page that begins with the head, which changes.
    pub is_newest: bool,
}

/// Writes the page of blocks.
pub fn page(site: &Site, shown: &Blocks) -> Markup {
    let words = site.words();
    let content = html! {
        h1 { (words.all_blocks()) }
        div #blocks data-live[shown.is_newest] { (table(words, &shown.blocks, shown.final_height)) }
        @if let Some(older) = shown.older {
            p { a rel="next" href={ "/blocks?below=" (older) } { (words.older()) } }
        }
    };
    let (title, json) = (words.all_blocks().to_owned(), Some("/v1/blocks".to_owned()));
    frame(site, Page { title, json, changes: shown.is_newest, content })
}

/// Writes blocks as a table.
pub(crate) fn table(words: Words, blocks: &[BlockSummary], final_height: u64) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (words.block()) }
                th scope="col" { (words.time()) }
                th.number scope="col" { (words.transactions()) }
                th scope="col" { (words.state()) }
            } }
            tbody {
                @for one in blocks {
                    @let tip = &one.header.tip;
                    tr {
                        th scope="row" { (block(words, tip.height, &tip.hash.to_string())) }
                        td { (moment(tip.time)) }
                        td.number { (one.transactions) }
                        td { (finality(words, tip.height <= final_height)) }
                    }
                }
            }
        }
    }
}

/// Finality of a block, in a word.
pub(crate) fn finality(words: Words, is_final: bool) -> Markup {
    html! {
        @if is_final { span.state.final { (words.final_word()) } }
        @else { span.state.included { (words.not_final_yet()) } }
    }
}
