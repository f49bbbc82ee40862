//! The page of a transaction: one sentence, its life, who gains and loses, details folded.

use coinage_model::submission::{TransactionState, TransactionStatusJson};
use coinage_model::transaction::{LockJson, TransactionJson};
use coinage_protocol::Lock;
use maud::{Markup, html};

use crate::frame::{Page, frame};
use crate::life;
use crate::names::Decimals;
use crate::now::is_done;
use crate::sentence::{Teller, changes};
use crate::site::Site;
use crate::text::{account, foreign, hash, moment};

/// Writes the page of a transaction.
pub fn page(site: &Site, status: &TransactionStatusJson, decimals: &Decimals) -> Markup {
    let words = site.words();
    let id = status.id.to_string();
    let content = html! {
        h1 { (words.transaction()) }
        div #life data-live aria-live="polite" {
            @if let Some(transaction) = &status.transaction {
                (Teller { site, decimals, done: is_done(status.status) }.whole(&transaction.body))
            }
            (life::line(site, status))
            @if status.status == TransactionState::Final {
                @let file = format!("receipt-{}.json", id.get(..8).unwrap_or(&id));
                p {
                    a href={ "/v1/transactions/" (id) "/receipt" } download=(file) {
                        (words.receipt())
                    }
                }
            }
        }
        @if let Some(transaction) = &status.transaction { (terms(site, transaction, decimals)) }
        details #details {
            summary { (words.details()) }
            dl {
                dt { (words.id()) } dd { code { (id) } }
                dt { (words.expires()) } dd { (moment(status.expires_at)) }
                @if let Some(transaction) = &status.transaction {
                    dt { (words.signed_by()) }
                    @for lock in transaction.witnesses.iter().map(|witness| &witness.lock) {
                        dd { (signer(site, lock)) }
                    }
                }
                @if let Some(tip) = &status.block {
                    dt { (words.block()) }
                    dd { a href={ "/block/" (tip.hash) } { (hash(&tip.hash.to_string())) } }
                }
            }
        }
    };
    let title = format!("{} {}", words.transaction(), id.get(..8).unwrap_or(&id));
    let json = Some(format!("/v1/transactions/{id}"));
    frame(site, Page { title, json, changes: !status.is_final, content })
}

/// The address that a lock makes.
fn signer(site: &Site, lock: &LockJson) -> Markup {
    match Lock::try_from(lock.clone()) {
        Ok(lock) => account(site, &lock.address()),
        Err(error) => html! { (error) },
    }
}

fn terms(site: &Site, transaction: &TransactionJson, decimals: &Decimals) -> Markup {
    let words = site.words();
    let changes = changes(&transaction.body);
    let memo = transaction.body.memo.as_str();
    html! {
        @if !memo.is_empty() { p.memo { (words.memo()) ": " (foreign(memo)) } }
        @if !changes.is_empty() {
            h2 { (words.who_gains()) }
            table {
                thead { tr {
                    th scope="col" { (words.account()) }
                    th.number scope="col" { (words.change()) }
                } }
                tbody {
                    @for (who, token, change) in &changes {
                        tr {
                            th scope="row" { (account(site, who)) }
                            td.number { (change.shown(*token, decimals)) }
                        }
                    }
                }
            }
        }
    }
}
