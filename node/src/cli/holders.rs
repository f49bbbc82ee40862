//! The command `coinage token holders`: the accounts that hold a token.

use clap::Args;
use coinage_model::account::HoldersJson;
use coinage_protocol::{Amount, Symbol};

use super::amount;
use super::context::Context;
use super::describe::Words;
use super::failure::Failure;
use super::finality;
use super::listing::Listing;
use super::printer::{Output, table};

/// Whose holders.
#[derive(Args, Debug)]
pub(crate) struct HoldersArguments {
    /// The token
    symbol: Symbol,
    #[command(flatten)]
    listing: Listing,
}

pub(crate) fn run(arguments: &HoldersArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let path = format!("/v1/tokens/{}/holders", arguments.symbol);
    let page: HoldersJson = arguments.listing.get(context, &path)?;
    let words = Words::brief(context);
    let rows = page.holders.items.iter().map(|one| {
        let much = amount::format(one.amount, page.decimals);
        [words.address(one.address), much, share(one.amount, page.supply)]
    });
    let mut text = table(["HOLDER", "AMOUNT", "SHARE"], rows);
    if page.holders.items.is_empty() {
        text = format!("nobody holds {}\n", page.token);
    }
    if let Some(next) = &page.holders.next {
        text.push_str(&format!("more with --cursor {next}\n"));
    }
    let settled = finality::word(context, &page.head);
    text.push_str(&format!("at block {}; {settled}\n", page.head.height));
    Ok(Output::new(&page, text))
}

/// A part of a whole in hundredths of a percent, cut off.
fn share(part: Amount, whole: Amount) -> String {
    // No amount is above 10^30, so this stays far below the top of u128.
    let hundredths = part.units().saturating_mul(10_000).checked_div(whole.units()).unwrap_or(0);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_cut_off_and_never_more_than_all() {
        let of = |part: u128, whole: u128| {
            let amount = |units| Amount::try_from(units).expect("an amount");
            share(amount(part), amount(whole))
        };
        assert_eq!(of(1, 3), "33.33 %");
        assert_eq!(of(Amount::MAX.units(), Amount::MAX.units()), "100.00 %");
        assert_eq!(of(0, 0), "0.00 %");
    }
}
