//! The command `coinage policy replay`: what a proposed charter would have refused.

use std::path::PathBuf;

use clap::Args;
use coinage_model::code::Coded as _;
use coinage_model::time;
use coinage_policy::replay::replay;
use coinage_protocol::Symbol;
use serde_json::json;

use super::super::context::Context;
use super::super::describe::Words;
use super::super::failure::Failure;
use super::super::printer::Output;
use super::{history, read_charter};

/// Refused transactions that are shown; all are counted.
const SHOWN_MAX: usize = 100;

/// Which charter, and whose past.
#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    /// The file with the proposed policy; - is standard input
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The token whose past is judged [default: the one of the policy]
    #[arg(long)]
    token: Option<Symbol>,
}

pub(super) fn run(arguments: &ReplayArguments, context: &Context) -> Result<Output, Failure> {
    let charter = read_charter(&arguments.path)?;
    let token = arguments.token.unwrap_or(charter.token);
    if token != charter.token {
        let text = format!("the policy is one of {}, not of {token}", charter.token);
        return Err(
            Failure::new("input.bad_policy", text).hint("change the symbol in its first line")
        );
    }
    context.token(token)?;
    let past = history::of(token, context)?;
    let refused = replay(&charter, past.iter().map(|past| (past.time, &past.body)));
    let words = Words::brief(context);
    let mut shown = Vec::new();
    let mut text = format!(
        "{} of {} transactions of {} would have been refused.\n",
        refused.len(),
        past.len(),
        token
    );
    for one in refused.iter().take(SHOWN_MAX) {
        let Some(was) = past.get(one.position) else { continue };
        let why = one.reason.worded().unwrap_or_else(|| one.reason.to_string());
        let at = time::format(was.time.get());
        let did = words.body(&was.body).join("; ");
        text.push_str(&format!("\n{at}  block {}  {}\n  {did}\n  {why}\n", was.height, was.id));
        shown.push(json!({
            "id": was.id.to_string(),
            "height": was.height.to_string(),
            "time": at,
            "code": one.reason.code().name(),
            "detail": why,
            "details": one.reason.details(),
        }));
    }
    if refused.len() > SHOWN_MAX {
        text.push_str(&format!("\nand {} more\n", refused.len() - SHOWN_MAX));
    }
    let data = json!({
        "token": token.to_string(),
        "hash": charter.hash().to_string(),
        "transactions": past.len(),
        "refused": refused.len(),
        "shown": shown,
    });
    Ok(Output::new(data, text))
}
