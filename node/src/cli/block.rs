//! The command `coinage block`: blocks, one by one or in a list.

use std::str::FromStr;

use clap::Subcommand;
use coinage_model::account::Page;
use coinage_model::certificate::{BallotsJson, CertificateJson};
use coinage_model::chain::{BlockJson, BlockSummary};
use coinage_model::time;
use coinage_protocol::BlockHash;

use super::context::Context;
use super::cosign;
use super::describe::Words;
use super::failure::Failure;
use super::listing::{self, Listing};
use super::printer::{Output, facts, table};

/// What to do with blocks.
#[derive(Debug, Subcommand)]
pub(crate) enum BlockCommand {
    /// Show a block
    #[command(after_help = "Example:\n  coinage block show head")]
    Show {
        /// A height, a hash, head, final or genesis
        #[arg(value_name = "REF")]
        block: BlockReference,
    },
    /// List the blocks of the chain, newest first
    #[command(after_help = "Example:\n  coinage block list --limit 5")]
    List(Listing),
}

/// A block as people name it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BlockReference {
    Height(u64),
    Hash(BlockHash),
    Head,
    Final,
    Genesis,
}

impl FromStr for BlockReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "head" => Ok(Self::Head),
            "final" => Ok(Self::Final),
            "genesis" => Ok(Self::Genesis),
            _ if text.len() == 64 => {
                text.parse().map(Self::Hash).map_err(|error| format!("{error}"))
            }
            _ => text.parse().map(Self::Height).map_err(|_| {
                "a block is named by its height or hash, or head, final or genesis".to_owned()
            }),
        }
    }
}

pub(crate) fn run(command: BlockCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        BlockCommand::Show { block } => show(block, context),
        BlockCommand::List(listing) => list(&listing, context),
    }
}

fn show(block: BlockReference, context: &Context) -> Result<Output, Failure> {
    let name = match block {
        BlockReference::Height(height) => height.to_string(),
        BlockReference::Hash(hash) => hash.to_string(),
        BlockReference::Head => "head".to_owned(),
        BlockReference::Genesis => "genesis".to_owned(),
        BlockReference::Final => "final".to_owned(),
    };
    context.needs_node()?;
    let block: BlockJson = context.client.get(&format!("/v1/blocks/{name}"), &[])?;
    let header = &block.header;
    let mut text = facts([
        ("height", header.tip.height.to_string()),
        ("hash", header.tip.hash.to_string()),
        ("previous", header.previous.to_string()),
        ("slot", header.tip.slot.to_string()),
        ("time", time::format(header.tip.time)),
        ("leader", header.leader.map_or_else(|| "nobody".to_owned(), |key| key.to_string())),
        ("state root", header.state_root.to_string()),
        ("on chain", on_chain(&block).to_owned()),
        ("certifies", header.certificate.as_ref().map_or_else(|| "nothing".to_owned(), certifies)),
        ("transactions", block.transactions.len().to_string()),
    ]);
    let words = Words::brief(context);
    for one in &block.transactions {
        text.push_str(&format!("\n{}\n", one.id));
        text.push_str(&cosign::sentences(&words, &one.transaction.body.clone().into()));
    }
    Ok(Output::new(&block, text))
}

fn on_chain(block: &BlockJson) -> &'static str {
    match (block.on_chain, block.is_final) {
        (true, true) => "yes; final",
        (true, false) => "yes; not final",
        (false, _) => "no",
    }
}

/// Says what the certificate in a header is: whose votes or commits for which block.
fn certifies(certificate: &CertificateJson) -> String {
    let CertificateJson { phase, slot, block, signers } = certificate;
    let signers: Vec<_> = signers.iter().map(ToString::to_string).collect();
    let word = match phase {
        BallotsJson::Votes => "votes",
        BallotsJson::Commits => "commits",
    };
    format!("{block} of slot {slot}, by {word} of {}", signers.join(", "))
}

fn list(listing: &Listing, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let page: Page<BlockSummary> = listing.get(context, "/v1/blocks")?;
    let rows = page.items.iter().map(|block| {
        let tip = block.header.tip;
        let time = time::format(tip.time);
        [tip.height.to_string(), tip.hash.to_string(), time, block.transactions.to_string()]
    });
    let table = table(["HEIGHT", "HASH", "TIME", "TRANSACTIONS"], rows);
    Ok(listing::page(&page, table, "no blocks"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_named_in_five_ways_and_no_other() {
        assert_eq!("7".parse(), Ok(BlockReference::Height(7)));
        let hash = BlockHash::new([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(BlockReference::Hash(hash)));
        assert_eq!("final".parse(), Ok(BlockReference::Final));
        for bad in ["", "-1", "tip", "../status", "0x1", &"z".repeat(64)] {
            assert!(bad.parse::<BlockReference>().is_err(), "{bad:?}");
        }
    }
}
