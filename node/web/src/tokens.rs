//! Pages of all tokens and of one.

use coinage_model::account::{HoldersJson, Page as List, TokenJson};
use coinage_model::charter_state::{CharterStateJson, ClauseStateJson};
use coinage_policy::Language;
use coinage_protocol::Charter;
use maud::{Markup, html};

use crate::frame::{Page, frame};
use crate::names::Decimals;
use crate::site::Site;
use crate::text::{account, amount, figures, foreign, moment};

/// Content of the page of a token.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub token: TokenJson,
    /// Accounts that hold most of the token.
    pub holders: HoldersJson,
    /// Rules of the token, with what was used of each, if it has any.
    pub charter: Option<CharterStateJson>,
}

/// Writes the page of all tokens.
pub fn list(site: &Site, tokens: &List<TokenJson>) -> Markup {
    let words = site.words();
    let content = html! {
        h1 { (words.tokens()) }
        div #tokens data-live {
            @if tokens.items.is_empty() { p.quiet { (words.no_tokens()) } }
            @else { (table(site, &tokens.items)) }
        }
        @if let Some(next) = &tokens.next {
            p { a rel="next" href={ "/tokens?cursor=" (next) } { (words.further()) } }
        }
    };
    let (title, json) = (words.tokens().to_owned(), Some("/v1/tokens".to_owned()));
    frame(site, Page { title, json, changes: true, content })
}

fn table(site: &Site, tokens: &[TokenJson]) -> Markup {
    let words = site.words();
    html! {
        table {
            thead { tr {
                th scope="col" { (words.symbol()) }
                th scope="col" { (words.name()) }
                th.number scope="col" { (words.supply()) }
                th scope="col" { (words.issuer()) }
            } }
            tbody {
                @for one in tokens {
                    tr {
                        th scope="row" { a href={ "/token/" (one.token) } { (one.token) } }
                        td { (foreign(one.name.as_str())) (warning(site, one)) }
                        td.number { (figures(one.supply, one.token, &decimals(one))) }
                        td { (issuer(site, one)) }
                    }
                }
            }
        }
    }
}

/// Writes the page of a token.
pub fn page(site: &Site, shown: &Token) -> Markup {
    let words = site.words();
    let Token { token, holders, charter } = shown;
    let known = decimals(token);
    let content = html! {
        h1 { (token.token) }
        p.lead { (foreign(token.name.as_str())) }
        (warning(site, token))
        @if token.genesis { p.quiet { (words.of_genesis()) } }
        div #supply data-live {
            dl {
                dt { (words.supply()) } dd { (amount(token.supply, token.token, &known)) }
                @if let Some(cap) = token.cap {
                    dt { (words.cap()) } dd { (amount(cap, token.token, &known)) }
                }
                @if let Some(issued) = token.issued {
                    dt { (words.issued()) } dd { (amount(issued, token.token, &known)) }
                }
                dt { (words.issuer()) } dd { (issuer(site, token)) }
                dt { (words.decimals()) } dd { (token.decimals) }
            }
        }
        @if let Some(charter) = charter {
            h2 { (words.rules()) }
            div #rules data-live { (rules(site, token, charter)) }
        }
        h2 { (words.holders()) }
        div #holders data-live {
            @if holders.holders.items.is_empty() { p.quiet { (words.no_holders()) } }
            @else { (most(site, token, holders)) }
        }
    };
    let json = Some(format!("/v1/tokens/{}", token.token));
    frame(site, Page { title: token.token.to_string(), json, changes: true, content })
}

fn decimals(token: &TokenJson) -> Decimals {
    Decimals::from([(token.token, token.decimals)])
}

/// A warning if a token looks like one that the network began with.
fn warning(site: &Site, token: &TokenJson) -> Markup {
    html! {
        @if let Some(other) = &token.looks_like {
            p.warning { (site.words().looks_like(&other.to_string())) }
        }
    }
}

/// The issuer, who may issue more.
fn issuer(site: &Site, token: &TokenJson) -> Markup {
    let words = site.words();
    html! {
        @if let Some(issuer) = &token.issuer { (account(site, issuer)) }
        @else if token.charter.is_some() { (words.by_rules()) }
        @else { (words.closed()) }
    }
}

fn rules(site: &Site, token: &TokenJson, state: &CharterStateJson) -> Markup {
    html! {
        ol.rules {
            @for clause in &state.clauses {
                li value=(clause.number) { (clause_of(site, token, clause)) }
            }
        }
        @if let Ok(charter) = Charter::try_from(state.charter.clone()) {
            @for note in coinage_policy::notes(&charter, site.language) { p.quiet { (note) } }
        }
    }
}

fn clause_of(site: &Site, token: &TokenJson, clause: &ClauseStateJson) -> Markup {
    let words = site.words();
    let units = |units| amount(units, token.token, &decimals(token));
    let said = match site.language {
        Language::English => &clause.english,
        Language::Korean => &clause.korean,
    };
    html! {
        (foreign(said))
        @if let (Some(allowed), Some(used)) = (clause.allowed, clause.used) {
            p.quiet { (words.used()) ": " (units(used)) " / " (units(allowed)) }
        }
        @if let Some(total) = clause.total { p.quiet { (words.in_all()) ": " (units(total)) } }
        @if let Some(announced) = &clause.announced {
            p.warning {
                (words.announced()) ": " (units(announced.amount)) ", "
                (moment(announced.in_force_at))
            }
        }
    }
}

fn most(site: &Site, token: &TokenJson, holders: &HoldersJson) -> Markup {
    let words = site.words();
    let all = holders.supply.units().max(1);
    html! {
        table {
            thead { tr {
                th scope="col" { (words.account()) }
                th.number scope="col" { (words.amount()) }
                th.number scope="col" { (words.share()) }
            } }
            tbody {
                @for one in &holders.holders.items {
                    tr {
                        th scope="row" { (account(site, &one.address)) }
                        td.number { (figures(one.amount, token.token, &decimals(token))) }
                        td.number { (share(one.amount.units(), all)) }
                    }
                }
            }
        }
    }
}

/// A part of a whole in hundredths, rounded down: `12.5 %`.
fn share(part: u128, whole: u128) -> String {
    // More than 2^118 units are divided first, which loses nothing that is shown.
    let (part, whole) =
        if part > u128::MAX >> 10 { (part >> 10, whole >> 10) } else { (part, whole) };
    let thousandths = part.saturating_mul(1000) / whole.max(1);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_right_for_the_least_and_the_largest_amounts() {
        for (part, whole, written) in [
            (1, 3, "33.3 %"),
            (0, 1, "0.0 %"),
            (5, 5, "100.0 %"),
            (u128::MAX, u128::MAX, "100.0 %"),
            (u128::MAX / 2, u128::MAX, "49.9 %"),
            (1, u128::MAX, "0.0 %"),
        ] {
            assert_eq!(share(part, whole), written, "{part} of {whole}");
        }
    }
}
