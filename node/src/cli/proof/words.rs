//! Proven facts in plain words: what a leaf of the state means, or that there is none.

use coinage_client::proof::Fact;
use coinage_model::time;
use coinage_policy::{Language, sentence, write};
use coinage_protocol::{
    Address, Amendment, Amount, Charter, Chartered, ClauseId, Entry, Key, Standing, Symbol, Token,
    Usage,
};

use super::super::amount;

/// Knowledge of tokens, for names and decimal points; whoever has none says numbers.
pub(super) trait Known {
    /// Number of decimals of a token.
    fn decimals(&self, token: Symbol) -> Option<u8>;

    /// Charter of a token, for its sentences and the names of its roles.
    fn charter(&self, token: Symbol) -> Option<Charter>;
}

/// Says what a proof is of.
pub(super) fn of_fact(fact: &Fact, known: &dyn Known) -> String {
    match fact {
        Fact::Transaction { id, position, count, .. } => {
            format!("transaction {id} is number {} of {count}", position.saturating_add(1))
        }
        Fact::State { key, entry } => of_entry(key, entry.as_ref(), known),
    }
}

/// Says what stands at a key of the state, or that nothing does.
fn of_entry(key: &Key, entry: Option<&Entry>, known: &dyn Known) -> String {
    match (key, entry) {
        (Key::Balance(address, token), Some(Entry::Balance(units))) => {
            format!("{address} has {}", units_of(*units, *token, known))
        }
        (Key::Balance(address, token), _) => format!("{address} has no {token}"),
        (Key::Token(token), Some(Entry::Token(record))) => of_token(*token, record),
        (Key::Token(token), _) => format!("there is no token {token}"),
        (Key::Charter(token), Some(Entry::Charter(charter))) => {
            let text = write(charter, Language::English);
            let lines: Vec<_> = text.lines().map(|line| format!("\n    {line}")).collect();
            format!(
                "the charter of {token}, with its accounts as they are then, is{}",
                lines.concat()
            )
        }
        (Key::Charter(token), _) => format!("{token} has no charter"),
        (Key::Usage(token, clause), Some(Entry::Usage(usage))) => {
            of_usage(*token, *clause, usage, known)
        }
        (Key::Usage(token, clause), _) => {
            let clause = of_clause(*token, *clause, known);
            format!("nothing was ever used of {clause}, if there is such a clause")
        }
        (Key::Amendment(token, clause), Some(Entry::Amendment(amendment))) => {
            of_amendment(*token, *clause, amendment, known)
        }
        (Key::Amendment(token, clause), _) => {
            let clause = of_clause(*token, *clause, known);
            format!("no amendment of {clause} was ever announced, if there is such a clause")
        }
        (Key::Standing(address, token), Some(Entry::Standing(standing))) => {
            of_standing(*address, *token, standing, known)
        }
        (Key::Standing(address, token), _) => format!(
            "{address} has no standing in {token}: no role, it is not frozen, and it has used \
             nothing of a limit"
        ),
        (Key::Deposit(..) | Key::Lookalike(_), _) => "an entry of the state".to_owned(),
    }
}

fn of_token(token: Symbol, record: &Token) -> String {
    let supply = amount::format(record.supply, record.decimals);
    let who = match (record.charter, record.issuer) {
        (Some(Chartered { hash, issued }), _) => format!(
            "{} were ever issued, and more is by the charter that it was created with, {hash}",
            amount::format(issued, record.decimals)
        ),
        (None, Some(issuer)) => format!("{issuer} may issue more"),
        (None, None) => "nobody may issue more".to_owned(),
    };
    format!("of {token} {supply} are outstanding, {who}")
}

fn of_usage(token: Symbol, clause: ClauseId, usage: &Usage, known: &dyn Known) -> String {
    let Usage { period, used, total, base } = usage;
    let charter = known.charter(token);
    let is_role = charter.is_some_and(|charter| charter.roles().any(|(_, id, ..)| id == clause));
    let clause = of_clause(token, clause, known);
    if is_role {
        return format!("{used} accounts have the role of {clause}");
    }
    let shown = |units: Amount| units_of(units, token, known);
    format!(
        "of {clause} {} were used in period {}, which began with a supply of {}; {} in all time",
        shown(*used),
        period.get(),
        shown(*base),
        shown(*total)
    )
}

fn of_amendment(
    token: Symbol,
    clause: ClauseId,
    amendment: &Amendment,
    known: &dyn Known,
) -> String {
    let Amendment { before, amount, in_force_at } = amendment;
    format!(
        "the amount in {} is {} before {}, and {} from then on",
        of_clause(token, clause, known),
        units_of(*before, token, known),
        time::format(in_force_at.get()),
        units_of(*amount, token, known)
    )
}

fn of_standing(address: Address, token: Symbol, standing: &Standing, known: &dyn Known) -> String {
    let Standing { role, frozen, next_claim, owed, used } = standing;
    let charter = known.charter(token);
    let role = role.map(|role| {
        let number = u16::from(role.0) + 1;
        let named = charter.as_ref().and_then(|one| one.roles().find(|(id, ..)| *id == role));
        let named = named.map(|(.., name, _)| name.to_string());
        named.map_or_else(
            || format!("role {number} of its charter"),
            |name| format!("the role {name}"),
        )
    });
    let mut parts = vec![role.unwrap_or_else(|| "no role".to_owned())];
    parts.push(if *frozen { "is frozen" } else { "is not frozen" }.to_owned());
    if next_claim.get() > 0 {
        parts.push(format!("claims from period {} on", next_claim.get()));
    }
    if !owed.is_zero() {
        parts.push(format!("owes {}", units_of(*owed, token, known)));
    }
    parts.extend(used.iter().map(|one| {
        let units = units_of(one.amount, token, known);
        format!("used {units} of clause {} in period {}", one.clause, one.period.get())
    }));
    format!("{address} has in {token} {}", parts.join(", "))
}

/// A clause by its number, with its sentence if that is known.
fn of_clause(token: Symbol, clause: ClauseId, known: &dyn Known) -> String {
    let charter = known.charter(token).filter(|charter| charter.clause(clause).is_some());
    let said = charter.map(|charter| sentence(&charter, clause, Language::English));
    let said = said.map(|said| format!(" (\"{said}\")")).unwrap_or_default();
    format!("clause {clause} of {token}{said}")
}

/// An amount in whole tokens, as far as their decimals are known.
fn units_of(units: Amount, token: Symbol, known: &dyn Known) -> String {
    match known.decimals(token) {
        Some(decimals) => format!("{} {token}", amount::format(units, decimals)),
        None => format!("{units} base units of {token}"),
    }
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{ChainSpec, ClauseUse, ClauseUses, PeriodNumber, RoleId};
    use coinage_server::storage::testing::{World, amount, symbol, user};

    use super::*;

    fn of(key: Key, entry: Option<Entry>, spec: Option<&ChainSpec>) -> String {
        of_fact(&Fact::State { key, entry }, &spec)
    }

    #[test]
    fn what_the_genesis_knows_is_said_in_names_and_whole_tokens() {
        let (world, token) = (World::chartered("words"), symbol("POINTS"));
        let (clause, period) = (ClauseId(2), PeriodNumber::new(7));
        let used = [ClauseUse { clause, period, amount: amount(125) }];
        let used = ClauseUses::try_from(coinage_protocol::Bounded::first_of(used)).expect("one");
        let standing = Standing { role: Some(RoleId(0)), used, ..Standing::default() };
        let entry = Some(Entry::Standing(Box::new(standing)));
        let key = Key::Standing(user(4), token);
        let known = of(key, entry.clone(), Some(&world.spec));
        assert!(known.ends_with(
            "has in POINTS the role member, is not frozen, used 1.25 POINTS of clause 3 in period 7"
        ));
        let unknown = of(key, entry, None);
        assert!(unknown.contains("role 1 of its charter"), "{unknown}");
        assert!(unknown.contains("125 base units of POINTS"), "{unknown}");
        let usage = Usage { used: amount(2), ..Usage::default() };
        let of_role = Key::Usage(token, ClauseId(1));
        let counted = of(of_role, Some(Entry::Usage(Box::new(usage))), Some(&world.spec));
        assert_eq!(
            counted,
            "2 accounts have the role of clause 2 of POINTS (\"board may give and take the role \
             member, to at most 2 accounts\")"
        );
        let none = of(Key::Usage(token, ClauseId(0)), None, Some(&world.spec));
        assert!(none.starts_with("nothing was ever used of clause 1 of POINTS (\"board may"));
    }

    #[test]
    fn a_token_with_a_charter_is_not_said_to_be_closed() {
        let (world, token) = (World::chartered("words"), symbol("POINTS"));
        let key = Key::Token(token);
        let said = of(key, world.spec.genesis_state().get(&key).cloned(), None);
        assert!(said.contains("were ever issued, and more is by the charter"), "{said}");
    }
}
