//! The first page: what is happening on the network, and one click to take part.

use coinage_model::chain::{BlockSummary, IdentifiedTransaction};
use coinage_model::status::{PeerJson, StatusJson, SyncStateJson};
use coinage_model::submission::{TransactionState, TransactionStatusJson};
use maud::{Markup, html};

use crate::blocks::table;
use crate::frame::{Page, dot, frame};
use crate::life;
use crate::names::Decimals;
use crate::network::end_of;
use crate::sentence::Teller;
use crate::site::Site;
use crate::text::foreign;
use crate::words::Words;

/// Content of the first page.
#[derive(Clone, Debug)]
pub struct Now {
    /// Status of the node.
    pub status: StatusJson,
    /// Peers that the node is connected to.
    pub peers: Vec<PeerJson>,
    /// Blocks of the chain, newest first.
    pub blocks: Vec<BlockSummary>,
    /// Transactions of the latest blocks, newest first, each with its state.
    pub transactions: Vec<(IdentifiedTransaction, TransactionState)>,
    /// Decimals of the tokens that they name.
    pub decimals: Decimals,
    /// Amount that the button lets alice pay bob, with its token; `None` if alice cannot.
    pub offer: Option<String>,
    /// The payment that the reader has just made.
    pub paid: Option<TransactionStatusJson>,
}

/// Writes the first page.
pub fn page(site: &Site, now: &Now) -> Markup {
    let words = site.words();
    let finalized = now.status.final_block.map_or(0, |one| one.tip.height);
    let content = html! {
        h1 { (words.now()) }
        section #summary data-live { (summary(words, now)) }
        @if let Some(amount) = &now.offer { (offer(site, amount, now)) }
        section {
            h2 { (words.payments()) }
            div #payments data-live { (transactions(site, now)) }
        }
        section {
            h2 { (words.nodes()) }
            div #nodes data-live { (nodes(words, now)) }
        }
        section {
            h2 { (words.blocks()) }
            div #blocks data-live { (table(words, &now.blocks, finalized)) }
            p { a href="/blocks" { (words.all_blocks()) } }
        }
    };
    let json = Some("/v1/status".to_owned());
    frame(site, Page { title: words.now().to_owned(), json, changes: true, content })
}

/// The sentence about the node: how many authorities it hears, and what that means for payments.
fn summary(words: Words, now: &Now) -> Markup {
    let status = &now.status;
    let all = status.authorities.len();
    let heard = status.sync.heard.unwrap_or_default();
    let syncing = matches!(status.sync.state, SyncStateJson::Searching | SyncStateJson::Syncing);
    html! {
        p.lead {
            (words.whose(&foreign(&status.node), &foreign(&status.network))) " "
            @if syncing { (words.fetching(status.head.height)) }
            @else if status.is_finality_held_up() {
                @let silent: Vec<_> = status.silent.iter().map(|one| one.index).collect();
                (words.held_up(all, status.quorum.unwrap_or_default(), &silent))
            }
            @else { (words.healthy((heard, all), &words.seconds(status.slot_ms))) }
        }
        @if status.sync.state == SyncStateJson::Alone { p.warning { (words.alone()) } }
        @if status.mempool.transactions > 0 { p { (words.waiting(status.mempool.transactions)) } }
        @else if !syncing && !status.is_finality_held_up() { p.quiet { (words.idle()) } }
    }
}

/// The button, and the life of the payment that it made.
fn offer(site: &Site, amount: &str, now: &Now) -> Markup {
    let words = site.words();
    html! {
        section.offer {
            h2 { (words.pay_title()) }
            p { (words.pay_about()) }
            form method="post" action="/play/pay" {
                button.primary { (words.pay(amount)) }
            }
            div #paid data-live aria-live="polite" {
                @if let Some(status) = &now.paid {
                    @if let Some(transaction) = &status.transaction {
                        @let done = is_done(status.status);
                        @let teller = Teller { site, decimals: &now.decimals, done };
                        p.sentence { (teller.brief(&transaction.body)) }
                    }
                    (life::line(site, status))
                    p { a href={ "/tx/" (status.id) } { (words.details()) } }
                }
            }
        }
    }
}

/// True once a block holds it.
pub(crate) fn is_done(state: TransactionState) -> bool {
    matches!(state, TransactionState::Included | TransactionState::Final)
}

fn transactions(site: &Site, now: &Now) -> Markup {
    let words = site.words();
    html! {
        @if now.transactions.is_empty() { p.quiet { (words.no_payments()) } }
        @else {
            ul.rows {
                @for (one, state) in &now.transactions {
                    @let teller = Teller { site, decimals: &now.decimals, done: is_done(*state) };
                    li {
                        a href={ "/tx/" (one.id) } { (life::badge(words, *state)) } " "
                        (teller.brief(&one.transaction.body))
                        @let memo = one.transaction.body.memo.as_str();
                        @if !memo.is_empty() { (dot()) (foreign(memo)) }
                    }
                }
            }
        }
    }
}

fn nodes(words: Words, now: &Now) -> Markup {
    let status = &now.status;
    html! {
        table {
            thead { tr {
                th scope="col" { (words.name()) }
                th.number scope="col" { (words.height_told()) }
                th scope="col" { (words.program()) }
            } }
            tbody {
                tr {
                    th scope="row" { (foreign(&status.node)) " (" (words.this_node()) ")" }
                    td.number { (status.head.height) }
                    td { "coinage " (status.version) }
                }
                @for peer in &now.peers {
                    tr {
                        th scope="row" { (foreign(&end_of(&peer.peer_id))) }
                        td.number {
                            @if let Some(head) = &peer.head { (head.height) } @else { "–" }
                        }
                        td { (foreign(peer.agent.as_deref().unwrap_or("–"))) }
                    }
                }
            }
        }
        p.quiet { (words.all_nodes_hidden()) }
    }
}
