//! Frame of every page: head, navigation, search, language, footer.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::site::Site;
use crate::text::foreign;
use crate::words::Words;
use crate::{Language, assets};

/// Seconds after which a browser without scripts asks for a page again that changes.
const REFRESH_SECONDS: u32 = 5;

/// A page that goes into the frame.
pub(crate) struct Page {
    /// Title, which stands in the window's head.
    pub(crate) title: String,
    /// Path of the same in the API.
    pub(crate) json: Option<String>,
    /// True if what the page shows changes by itself.
    pub(crate) changes: bool,
    /// Content of the page.
    pub(crate) content: Markup,
}

/// Writes a page with its frame.
pub(crate) fn frame(site: &Site, page: Page) -> Markup {
    let words = site.words();
    let Page { title, json, changes, content } = page;
    html! {
        (DOCTYPE)
        html lang=(site.language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (coinage_model::terminal::masked(&title)) " · " (site.network) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(assets::path("page.css"));
                script type="module" src=(assets::path("page.js")) {}
                @if changes {
                    noscript { meta http-equiv="refresh" content=(REFRESH_SECONDS); }
                }
            }
            body data-changes[changes] {
                a.skip href="#content" { (words.to_content()) }
                (head(site))
                p #unreachable role="status" hidden { (words.node_is_silent()) }
                main #content tabindex="-1" { (content) }
                (foot(site, json))
            }
        }
    }
}

fn head(site: &Site) -> Markup {
    let words = site.words();
    html! {
        header {
            p.network { a href="/" { (foreign(&site.network)) } " · " (foreign(&site.node)) }
            nav aria-label=(words.pages()) {
                a href="/" { (words.now()) }
                a href="/tokens" { (words.tokens()) }
                a href="/network" { (words.network()) }
                a href="/tree" { (words.tree()) }
                @for language in Language::ALL.into_iter().filter(|one| *one != site.language) {
                    @let code = language.code();
                    a href=(site.in_language(language)) lang=(code) hreflang=(code) {
                        (Words(language).own_name())
                    }
                }
            }
            form.search role="search" action="/search" method="get" {
                label for="q" { (words.search()) }
                input #q name="q" maxlength="80" autocomplete="off" spellcheck="false"
                    placeholder=(words.search_what());
                button { (words.find()) }
            }
        }
    }
}

fn foot(site: &Site, json: Option<String>) -> Markup {
    let words = site.words();
    html! {
        footer {
            span { "Coinage " (site.version) }
            @if let Some(path) = json { a href=(path) { (words.as_json()) } }
            a href="/docs" { (words.api()) }
        }
    }
}

/// A mark between two parts of a line.
pub(crate) fn dot() -> Markup {
    PreEscaped(" · ".to_owned())
}
