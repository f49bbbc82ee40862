//! `coinage chain evidence`: who signed what no honest authority signs.

use coinage_model::evidence::{EvidenceJson, EvidenceListJson};

use super::context::Context;
use super::failure::Failure;
use super::printer::Output;

/// The meaning of evidence, for people.
pub(super) const MEANING: &str = "an honest node never signs both: the owner of the key cheats, or \
                                  two processes use it, or its signing memory was restored from \
                                  a copy or reset with --release-lock";
/// The ways to mend it.
pub(super) const MEND: &str = "ask its owner; if that does not help, the other authorities remove \
                               it by a change of authorities. Blocks and finality go on meanwhile, \
                               as long as fewer than a third of the authorities cheat";

/// Lists the evidence that the node has.
pub(super) fn list(context: &Context) -> Result<Output, Failure> {
    let list: EvidenceListJson = context.client.get("/v1/evidence", &[])?;
    let text = if list.items.is_empty() {
        "no evidence: as far as this node knows, no authority has signed what no honest one signs"
            .to_owned()
    } else {
        let said: String = list.items.iter().map(said).collect();
        format!("{said}\n{MEANING}. {MEND}. --json shows the proofs\n")
    };
    Ok(Output::new(&list, text))
}

fn said(one: &EvidenceJson) -> String {
    let EvidenceJson { authority, first, second, .. } = one;
    format!("authority {authority} {}:\n  {first}\n  {second}\n", one.deed())
}
