//! The page of the network: who signs and who is missing, who is connected, what is wrong.

use coinage_model::status::{AuthorityJson, PeerJson, StatusJson};
use maud::{Markup, html};

use crate::frame::{Page, frame};
use crate::site::Site;
use crate::text::{foreign, hash};

/// Writes the page of the network.
pub fn page(site: &Site, status: &StatusJson, peers: &[PeerJson]) -> Markup {
    let words = site.words();
    let content = html! {
        h1 { (words.network()) }
        div #warnings data-live { (warnings(site, status)) }
        h2 { (words.authorities()) }
        div #authorities data-live { (authorities(site, status)) }
        h2 { (words.peers()) }
        div #peers data-live { (table(site, peers)) }
        details #facts {
            summary { (words.details()) }
            dl {
                dt { (words.network()) } dd { (foreign(&status.network)) }
                dt { (words.chain_id()) } dd { code { (status.chain_id) } }
                dt { (words.genesis_hash()) } dd { code { (status.genesis_hash) } }
                dt { (words.slot()) } dd { (words.seconds(status.slot_ms)) }
                dt { (words.id()) } dd { code { (status.peer_id) } }
            }
        }
    };
    let (title, json) = (words.network().to_owned(), Some("/v1/status".to_owned()));
    frame(site, Page { title, json, changes: true, content })
}

/// Warnings of the node, and the way to hear more.
fn warnings(site: &Site, status: &StatusJson) -> Markup {
    let words = site.words();
    html! {
        @if status.warnings.is_empty() { p { (words.nothing_is_wrong()) } }
        @else {
            ul { @for one in &status.warnings { li.warning lang="en" { (foreign(one)) } } }
            p.quiet { (words.doctor()) " " code { "coinage doctor" } }
        }
    }
}

fn authorities(site: &Site, status: &StatusJson) -> Markup {
    let words = site.words();
    let is_in = |list: &[AuthorityJson], one: &AuthorityJson| {
        list.iter().any(|other| other.index == one.index)
    };
    html! {
        table {
            thead { tr {
                th scope="col" { (words.name()) }
                th scope="col" { (words.key()) }
                th scope="col" { (words.state()) }
            } }
            tbody {
                @for one in &status.authorities {
                    tr {
                        th scope="row" {
                            (words.authority(one.index))
                            @if one.is_self { " (" (words.this_node()) ")" }
                        }
                        td { (hash(&one.key.to_string())) }
                        td {
                            @if is_in(&status.missing, one) {
                                span.state.dropped { (words.missing()) }
                            } @else if is_in(&status.silent, one) {
                                span.state.included { (words.silent()) }
                            } @else {
                                span.state.final { (words.heard()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn table(site: &Site, peers: &[PeerJson]) -> Markup {
    let words = site.words();
    html! {
        @if peers.is_empty() { p.warning { (words.no_peers()) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (words.id()) }
                    th.number scope="col" { (words.height_told()) }
                    th scope="col" { (words.program()) }
                    th.number scope="col" { (words.clock()) }
                } }
                tbody {
                    @for peer in peers {
                        tr {
                            th scope="row" title=(peer.peer_id) {
                                (foreign(&end_of(&peer.peer_id)))
                            }
                            td.number {
                                @if let Some(head) = &peer.head { (head.height) } @else { "–" }
                            }
                            td { (foreign(peer.agent.as_deref().unwrap_or("–"))) }
                            td.number { (peer.clock_ahead_ms) " ms" }
                        }
                    }
                }
            }
        }
    }
}

/// The end of a peer id, which is what differs.
pub(crate) fn end_of(id: &str) -> String {
    let end = id.get(id.len().saturating_sub(6)..).unwrap_or(id);
    format!("…{end}")
}
