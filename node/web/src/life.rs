//! The life of a transaction: pending, included, final, or how it ended otherwise.

use coinage_model::submission::{TransactionState, TransactionStatusJson};
use maud::{Markup, html};

use crate::site::Site;
use crate::text::{block, foreign, moment};
use crate::words::Words;

/// A state in one word, never by colour alone.
pub(crate) fn badge(words: Words, state: TransactionState) -> Markup {
    let (class, word) = match state {
        TransactionState::Pending => ("pending", words.pending()),
        TransactionState::Included => ("included", words.included()),
        TransactionState::Final => ("final", words.final_word()),
        TransactionState::Dropped => ("dropped", words.dropped()),
        TransactionState::Expired => ("expired", words.expired()),
    };
    html! { span class={ "state " (class) } { (word) } }
}

/// The life line, as far as it has got.
pub(crate) fn line(site: &Site, status: &TransactionStatusJson) -> Markup {
    use TransactionState::{Dropped, Expired, Final, Included, Pending};
    let words = site.words();
    let steps = [
        (words.pending(), matches!(status.status, Pending | Included | Final)),
        (words.included(), matches!(status.status, Included | Final)),
        (words.final_word(), status.status == Final),
    ];
    let reached = steps.iter().filter(|(_, reached)| *reached).count();
    let says = match status.status {
        Pending => words.pending_long(),
        Included => words.included_long(),
        Final => words.final_long(),
        Dropped => words.dropped_long(),
        Expired => words.expired_long(),
    };
    let ended = matches!(status.status, Dropped | Expired);
    html! {
        @if ended { p { (badge(words, status.status)) } }
        @else {
            ol.life aria-label=(words.life()) {
                @for (at, (word, is_reached)) in (1..).zip(steps) {
                    li.reached[is_reached] aria-current=[(at == reached).then_some("step")] {
                        (word)
                        @if is_reached { span.tick aria-hidden="true" { " ✓" } }
                    }
                }
            }
        }
        p {
            (says)
            @if let Some(tip) = &status.block {
                " " (block(words, tip.height, &tip.hash.to_string())) ", " (moment(tip.time)) "."
            }
        }
        @if let Some(reason) = &status.waits_for {
            p { (words.waits_because()) " " (foreign(&reason.detail)) }
        }
        @if let Some(reason) = &status.reason {
            p { (words.because()) " " (foreign(&reason.detail)) }
        }
        @if status.alone { p.warning { (words.alone()) } }
    }
}
