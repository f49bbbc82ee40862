//! Charters: clauses with what was used of them, and who has which role.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use coinage_model::charter_state::{
    AnnouncedJson, CharterStateJson, ClauseStateJson, StandingJson, StandingsJson,
};
use coinage_model::code::Code;
use coinage_model::{schema, time};
use coinage_policy::{Language, notes, sentence};
use coinage_protocol::{
    Address, Amount, Ceiling, Charter, Clause, ClauseId, Entry as StateEntry, Formula, Key,
    PeriodNumber, RoleId, Standing, Symbol, Token, UnixMillis, Usage,
};

use super::accounts::{known, symbol};
use super::block_ref::parameter;
use super::failure::Failure;
use super::page::{Entry, ListQuery, page};
use super::refusals::{CharterListing, OfCharter};
use super::{Answer, App};
use crate::storage::{Snapshot, StorageError};

/// A token's charter: its clauses, what was used of each, and what is announced.
#[utoipa::path(get, path = "/v1/tokens/{symbol}/charter", tag = "tokens", operation_id = "charter",
    params(("symbol" = schema::Symbol, Path, description = "Which.")),
    responses((status = 200, description = "The charter.", body = CharterStateJson), OfCharter))]
pub(super) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Answer<CharterStateJson> {
    let token = symbol(&name)?;
    app.answer(move |app, snapshot| {
        let (record, charter) = chartered(snapshot, token)?;
        let head = app.tip(&snapshot.head()?);
        let time = UnixMillis::new(head.time);
        let state = ClauseState { snapshot, charter: &charter, record: &record, time };
        let clauses = charter.numbered().map(|(id, clause)| state.of(id, clause));
        let clauses = clauses.collect::<Result<_, StorageError>>()?;
        let chartered = record.charter;
        let hash = chartered.ok_or_else(|| Failure::internal("a charter without a hash"))?.hash;
        let notes = notes(&charter, Language::English);
        Ok(CharterStateJson { hash, charter: (&*charter).into(), head, clauses, notes })
    })
    .await
}

/// Accounts that have a role in a token, are frozen, or used something of a clause, by address.
#[utoipa::path(get, path = "/v1/tokens/{symbol}/standings", tag = "tokens",
    operation_id = "standings",
    params(("symbol" = schema::Symbol, Path, description = "Which."), ListQuery),
    responses(
        (status = 200, description = "A part of them.", body = StandingsJson), CharterListing))]
pub(super) async fn standings(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<ListQuery>,
) -> Answer<StandingsJson> {
    let token = symbol(&name)?;
    let limit = query.limit()?;
    let list = format!("standings {token}");
    let after = query.after(&list, |text| text.parse::<Address>().ok())?;
    app.answer(move |app, snapshot| {
        let (_, charter) = chartered(snapshot, token)?;
        let standings = snapshot.standings(token, after, limit.saturating_add(1))?;
        let entries = standings.into_iter().map(|(address, standing)| {
            let item = StandingJson::new(address, &standing, &charter);
            Ok(Entry { item, place: address.to_string(), bytes: 0 })
        });
        let head = app.tip(&snapshot.head()?);
        Ok(StandingsJson { token, head, standings: page(&list, limit, entries)? })
    })
    .await
}

/// The standing of one account by a token's charter.
#[utoipa::path(get, path = "/v1/tokens/{symbol}/standings/{address}", tag = "tokens",
    operation_id = "standing",
    params(
        ("symbol" = schema::Symbol, Path, description = "Which."),
        ("address" = schema::Address, Path, description = "Whose.")),
    responses((status = 200, description = "Its standing.", body = StandingJson), OfCharter))]
pub(super) async fn standing(
    State(app): State<App>,
    Path((name, address)): Path<(String, String)>,
) -> Answer<StandingJson> {
    let (token, address) = (symbol(&name)?, parameter(&address)?);
    app.answer(move |_, snapshot| {
        let (_, charter) = chartered(snapshot, token)?;
        let standing = match snapshot.entry(&Key::Standing(address, token))? {
            Some(StateEntry::Standing(standing)) => *standing,
            _ => Standing::default(),
        };
        Ok(StandingJson::new(address, &standing, &charter))
    })
    .await
}

/// The record and the charter of a token that has one.
fn chartered(snapshot: &Snapshot, token: Symbol) -> Result<(Token, Arc<Charter>), Failure> {
    let record = known(snapshot, token)?;
    match snapshot.entry(&Key::Charter(token))? {
        Some(StateEntry::Charter(charter)) => Ok((record, charter)),
        _ => {
            let detail = format!("{token} has no charter: its issuer alone decides");
            Err(Failure::new(Code::NoCharter, detail))
        }
    }
}

/// State of the clauses of a token at a time.
struct ClauseState<'a> {
    snapshot: &'a Snapshot,
    charter: &'a Charter,
    record: &'a Token,
    time: UnixMillis,
}

impl ClauseState<'_> {
    fn of(&self, id: ClauseId, clause: &Clause) -> Result<ClauseStateJson, StorageError> {
        let anchor = self.charter.anchor;
        let usage = self.usage(id)?;
        let period = clause.period();
        let number = period.and_then(|period| period.at(anchor, self.time));
        let next = number.map_or_else(PeriodNumber::default, PeriodNumber::next);
        let next_period = period.map(|period| time::format(period.start(anchor, next).get()));
        let (announced, in_force) = self.amended(id, clause)?;
        let in_force = match clause.formula() {
            Some(formula) => Some(self.by_formula(clause, formula)?),
            None => in_force,
        };
        let (allowed, used) = self.limit(clause, &usage, number.unwrap_or_default(), in_force);
        let total = (!usage.total.is_zero()).then_some(usage.total);
        Ok(ClauseStateJson {
            number: id.number(),
            english: sentence(self.charter, id, Language::English),
            korean: sentence(self.charter, id, Language::Korean),
            allowed,
            used,
            total,
            next_period,
            announced,
        })
    }

    /// Returns what a clause allows, and what of it is used by all together.
    fn limit(
        &self,
        clause: &Clause,
        usage: &Usage,
        number: PeriodNumber,
        in_force: Option<Amount>,
    ) -> (Option<Amount>, Option<Amount>) {
        let is_current = usage.period == number && !usage.total.is_zero();
        let used = if is_current { usage.used } else { Amount::ZERO };
        match clause {
            // By a formula the amount of a period is that of its first issue.
            Clause::Issue { amount: Ceiling::Formula(_), .. } if is_current => {
                (Some(usage.base), Some(used))
            }
            Clause::Issue { .. } => (in_force, Some(used)),
            Clause::Growth { rate, .. } => {
                let base = if is_current { usage.base } else { self.record.supply };
                (Some(rate.of(base)), Some(used))
            }
            Clause::Outstanding { .. } => (in_force, Some(self.record.supply)),
            Clause::Ever { .. } => (in_force, Some(self.record.issued())),
            Clause::Halving { .. } | Clause::Evenly { .. } => {
                (clause.drawable(self.charter.anchor, self.time), Some(usage.total))
            }
            Clause::Role { max, .. } => (Amount::try_from(u128::from(*max)).ok(), Some(usage.used)),
            _ => (in_force, None),
        }
    }

    /// Returns what a formula comes to at the time, before anything else is issued.
    fn by_formula(&self, clause: &Clause, formula: &Formula) -> Result<Amount, StorageError> {
        let (supply, issued) = (self.record.supply, self.record.issued());
        let figures = self.charter.figures(clause, supply, issued, self.time);
        let counts =
            self.charter.roles().map(|(_, clause, ..)| Ok(self.usage(clause)?.used.units()));
        let counts = counts.collect::<Result<Vec<_>, StorageError>>()?;
        let members = |role: RoleId| counts.get(usize::from(role.0)).copied().unwrap_or_default();
        Ok(formula.amount(&figures, members))
    }

    fn usage(&self, id: ClauseId) -> Result<Usage, StorageError> {
        Ok(match self.snapshot.entry(&Key::Usage(self.charter.token, id))? {
            Some(StateEntry::Usage(usage)) => *usage,
            _ => Usage::default(),
        })
    }

    /// Returns what is announced for a clause, and the amount that is in force.
    fn amended(
        &self,
        id: ClauseId,
        clause: &Clause,
    ) -> Result<(Option<AnnouncedJson>, Option<Amount>), StorageError> {
        let entry = self.snapshot.entry(&Key::Amendment(self.charter.token, id))?;
        let Some(StateEntry::Amendment(amendment)) = entry else {
            return Ok((None, clause.amendable()));
        };
        let announced = (self.time < amendment.in_force_at).then(|| AnnouncedJson {
            amount: amendment.amount,
            in_force_at: amendment.in_force_at.get(),
        });
        Ok((announced, Some(amendment.at(self.time))))
    }
}
