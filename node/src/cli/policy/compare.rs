//! Comparison of a policy in a file with the rules that a token has on the chain.

use std::path::Path;

use coinage_policy::{Language, write};
use coinage_protocol::{Charter, Clause, Symbol};
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::failure::Failure;

/// The rules of a token beside those of a file.
pub(super) struct Compared {
    /// Sentence about both, for people.
    pub(super) text: String,
    /// Facts for programs.
    pub(super) data: Value,
}

/// Fails unless the file says the rules by which a token was created, or those that it has now.
///
/// A name proves nothing: who shows a text with the names of a token's accounts, but with a key of
/// his own, is told of here.
pub(super) fn with_token(
    charter: &Charter,
    path: &Path,
    token: Symbol,
    language: Language,
    context: &Context,
) -> Result<Compared, Failure> {
    let hash = context.charter_state(token)?.hash;
    let now = context.charter(token)?;
    let [file, chain] = [charter, &now].map(|one| write(one, language));
    let (only_file, only_chain) = (only_in(&file, &chain), only_in(&chain, &file));
    let data = json!({
        "token": token.to_string(),
        "hash": hash.to_string(),
        "only_file": only_file,
        "only_token": only_chain,
    });
    if charter.hash() == hash {
        let mut text = format!("these are the rules with which {token} was created, {hash}\n");
        for line in &only_chain {
            text.push_str(&format!("since then an account was handed over: {line}\n"));
        }
        text.push_str(amended(charter));
        return Ok(Compared { text, data });
    }
    if *charter == now {
        let mut text =
            format!("these are the rules of {token} now, since accounts were handed over\n");
        text.push_str(amended(charter));
        return Ok(Compared { text, data });
    }
    let path = path.display();
    let mut text = format!("{path}: these are not the rules of {token}");
    for (who, lines) in [("file", &only_file), ("token", &only_chain)] {
        for line in lines {
            text.push_str(&format!("\n  only the {who} says: {line}"));
        }
    }
    if only_file.is_empty() && only_chain.is_empty() {
        text.push_str("\n  the sentences are the same, but not in the same order");
    }
    let failure = Failure::new("token.other_policy", text);
    Err(failure
        .hint(format!("`coinage token show {token} --policy` prints its rules"))
        .details(data))
}

/// Says where amounts are told of that may be others by now.
fn amended(charter: &Charter) -> &'static str {
    let may_change = |clause: &Clause| matches!(clause, Clause::Amend { .. });
    if charter.clauses.iter().any(may_change) {
        "`coinage token explain` says which amounts were set since\n"
    } else {
        ""
    }
}

/// The lines of one text that are not in the other.
fn only_in(one: &str, other: &str) -> Vec<String> {
    let lines = one.lines().filter(|line| !other.lines().any(|known| known == *line));
    lines.map(str::to_owned).collect()
}
