//! The page that says why something is not shown, and how to go on.

use maud::{Markup, html};

use crate::frame::{Page, frame};
use crate::site::Site;
use crate::text::foreign;

/// Writes the page of a refusal: a sentence for people, then what exactly was seen.
pub fn page(site: &Site, status: u16, detail: &str) -> Markup {
    let words = site.words();
    let content = html! {
        h1 { (status) }
        p.lead { (words.trouble(status)) }
        @if !detail.is_empty() { p.quiet { (foreign(detail)) } }
        p { a href="/" { (words.go_on()) } }
    };
    frame(site, Page { title: status.to_string(), json: None, changes: false, content })
}

/// Returns what is said to a search that found nothing.
pub fn nothing_found(site: &Site) -> &'static str {
    site.words().nothing_found()
}

/// Returns what is said to a search for something too long, which may be a secret.
pub fn too_long(site: &Site) -> &'static str {
    site.words().too_long()
}
