//! Charters of a running network, as text: their sentences, and what was used of each.

use coinage_model::charter_state::{AnnouncedJson, ClauseStateJson};
use coinage_model::time;
use coinage_policy::{amount, write};
use coinage_protocol::{Amount, Symbol};

use super::context::Context;
use super::failure::Failure;
use super::policy::Tongue;
use super::printer::Output;

/// The sentences of a token's charter, with the accounts as they are now.
pub(crate) fn show(symbol: Symbol, language: Tongue, context: &Context) -> Result<Output, Failure> {
    let state = context.charter_state(symbol)?;
    let text = write(&context.charter(symbol)?, language.into());
    Ok(Output::new(state, text))
}

/// Shows what was issued by each clause, what can be, and when.
pub(crate) fn explain(symbol: Symbol, context: &Context) -> Result<Output, Failure> {
    let state = context.charter_state(symbol)?;
    let token = context.token(symbol)?;
    let shown = |units: Amount| amount(units, token.decimals);
    let mut lines =
        vec![format!("{symbol}: {} outstanding, charter {}", shown(token.supply), state.hash)];
    if let Some(issued) = token.issued {
        let burned = issued.checked_sub(token.supply).unwrap_or_default();
        lines.push(format!("{} were ever issued, {} of them burned", shown(issued), shown(burned)));
    }
    for clause in &state.clauses {
        lines.push(format!("{:>2}. {}", clause.number, clause.english));
        lines.extend(usage(clause, token.decimals).map(|usage| format!("    {usage}")));
    }
    lines.extend(state.notes.iter().cloned());
    Ok(Output::new(state, format!("{}\n", lines.join("\n"))))
}

/// Says what was used of a clause, if there is anything to say.
fn usage(clause: &ClauseStateJson, decimals: u8) -> Option<String> {
    // A role is counted in accounts.
    let of_role = clause.english.contains(" may give and take the role ");
    let decimals = if of_role { 0 } else { decimals };
    let shown = |units: Amount| amount(units, decimals);
    let mut parts = Vec::new();
    if let (Some(used), Some(allowed)) = (clause.used, clause.allowed) {
        let left = allowed.checked_sub(used).unwrap_or(Amount::ZERO);
        parts.push(format!("{} used of {}, {} left", shown(used), shown(allowed), shown(left)));
    }
    if let Some(total) = clause.total {
        parts.push(format!("{} in all time", shown(total)));
    }
    if let Some(next) = &clause.next_period {
        parts.push(format!("next period from {next}"));
    }
    if let Some(AnnouncedJson { amount, in_force_at }) = clause.announced {
        parts.push(format!("{} from {} on", shown(amount), time::format(in_force_at)));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
