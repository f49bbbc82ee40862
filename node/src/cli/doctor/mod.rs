//! The command `coinage doctor`: reasons, not symptoms, each with the command that mends it.
//!
//! Facts are gathered first ([`facts`]); every family of findings is a function from facts to
//! findings. The codes stand in [`finding`].

mod authorities;
mod clock;
mod data;
mod devnet;
mod facts;
mod finding;
mod holder;
mod peers;
mod sync;
mod transaction;
mod trial;
mod turns;

use std::path::PathBuf;

use clap::Args;
use coinage_client::Client;
use coinage_protocol::TransactionId;
use serde_json::json;

use self::data::Examined;
use self::facts::Facts;
use self::finding::{
    AUTHORITY_NO_VOTES, AUTHORITY_SILENT, FINALITY_HELD_UP, Finding, Kind, Level, NODE_STOPPED,
    NODE_UNREACHABLE, SYNC_ALONE, SYNC_STALLED,
};
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;

/// Whom to examine.
#[derive(Args, Debug)]
#[command(after_help = finding::help())]
pub(crate) struct DoctorArguments {
    /// Examine this data directory, and the node that runs on it if one does
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Examine this authority key, too [default: the one in the settings of the directory]
    #[arg(long, value_name = "FILE", requires = "data")]
    authority_key: Option<PathBuf>,
    /// Say what this transaction waits for
    #[arg(long = "tx", value_name = "ID")]
    transaction: Option<TransactionId>,
    /// Ask this node about the transaction, too
    #[arg(long = "also", value_name = "URL", requires = "transaction")]
    also: Vec<String>,
}

pub(crate) fn run(arguments: &DoctorArguments, context: &Context) -> Result<Output, Failure> {
    let mut findings = Vec::new();
    let mut usable = true;
    let client = match &arguments.data {
        None => Some(context.client.clone().hasty()),
        Some(directory) => {
            let Examined { findings: found, api, usable: is_usable } =
                data::examine(directory, arguments.authority_key.as_deref());
            findings.extend(found);
            usable = is_usable;
            api.as_deref().map(Client::new).transpose()?.map(Client::hasty)
        }
    };
    let mut subject = String::new();
    match client.as_ref().map(|client| (client, facts::gather(client))) {
        Some((client, Ok(facts))) => {
            subject = describe(&facts);
            findings.extend(examine(&facts));
            if arguments.data.is_none() {
                findings.extend(disk_of(&facts));
            }
            if let Some(id) = arguments.transaction {
                findings.extend(transaction::examine(id, &facts, client, &arguments.also));
            }
        }
        Some((client, Err(mut finding))) => {
            let devnet = devnet::stopped(client.url(), context.devnet_dir());
            if let Some(mend) = devnet.filter(|_| finding.code == NODE_UNREACHABLE.code) {
                finding.mend = mend;
            }
            findings.push(*finding);
        }
        None if !usable => {}
        None => {
            let directory = arguments.data.as_deref().unwrap_or_else(|| "".as_ref());
            findings.push(Finding::new(
                NODE_STOPPED,
                format!("no node runs on {}", directory.display()),
                data::started_by(directory, arguments.authority_key.as_deref()),
            ));
        }
    }
    findings.sort_by_key(|finding| finding.level == Level::Note);
    report(&findings, &subject, context)
}

/// Finds all that can be found out by asking a node.
fn examine(facts: &Facts) -> Vec<Finding> {
    let mut findings = clock::examine(facts);
    findings.extend(peers::examine(facts));
    findings.extend(authorities::conflict(facts));
    findings.extend(authorities::convicted(facts));
    let others = sync::examine(facts).into_iter().chain(authorities::examine(facts));
    // A node whose clock is wrong sees no block in time, whoever writes it.
    let excused = clock::is_own_wrong(&findings);
    findings.extend(others.filter(|finding| !excused || !blames_authorities(finding)));
    devnet::advise(facts, &mut findings);
    findings
}

/// Finds by what the node says of itself that its disk is nearly full; whoever examines its
/// directory has looked at the disk.
fn disk_of(facts: &Facts) -> Option<Finding> {
    let disk = facts.status.disk.filter(|disk| disk.low)?;
    let mend = "make room on the node's machine; `coinage node run` keeps its chain in --data DIR";
    Some(data::disk_low("the node's data", disk.free_bytes, mend.to_owned()))
}

fn blames_authorities(finding: &Finding) -> bool {
    const BLAMING: [Kind; 5] =
        [SYNC_ALONE, SYNC_STALLED, AUTHORITY_SILENT, AUTHORITY_NO_VOTES, FINALITY_HELD_UP];
    BLAMING.iter().any(|kind| kind.code == finding.code)
}

fn describe(facts: &Facts) -> String {
    let status = &facts.status;
    let (node, height, peers) = (&status.node, status.head.height, facts.peers.len());
    let (heard, url) = (status.heard(), &facts.url);
    format!(
        "{node} at {url} is at block {height} with {peers} peers, and hears of {heard} authorities"
    )
}

fn report(findings: &[Finding], subject: &str, context: &Context) -> Result<Output, Failure> {
    let problems = findings.iter().filter(|finding| finding.level == Level::Problem).count();
    let text: String = findings.iter().map(words).collect();
    if problems == 0 {
        let text = format!(
            "{text}nothing is wrong{}{subject}",
            if subject.is_empty() { "" } else { ": " }
        );
        return Ok(Output::new(json!({ "findings": findings }), text));
    }
    if !context.printer.is_json() {
        match context.printer.line(text.trim_end()) {
            // What was found is no success, whoever reads it.
            Err(failure) if !failure.is_reader_gone() => return Err(failure),
            _ => {}
        }
    }
    let sentence = if problems == 1 {
        "1 problem was found".to_owned()
    } else {
        format!("{problems} problems were found")
    };
    Err(Failure::new("doctor.findings", sentence)
        .hint("begin with the first one: it may be the reason of the others")
        .details(json!({ "findings": findings })))
}

fn words(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Problem => "problem",
        Level::Note => "note",
    };
    let Finding { code, what, mend, .. } = finding;
    format!("{level} [{code}] {what}\n  mend: {mend}\n")
}

#[cfg(test)]
mod tests;
