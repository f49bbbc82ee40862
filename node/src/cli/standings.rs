//! The command `coinage token standings`: who has which role of a token, and what each used.

use clap::Args;
use coinage_model::charter_state::{ClauseUseJson, StandingJson, StandingsJson};
use coinage_model::time;
use coinage_protocol::{Charter, ClauseId, PeriodNumber, Symbol, UnixMillis};

use super::amount;
use super::context::Context;
use super::describe::Words;
use super::failure::Failure;
use super::finality;
use super::offices;
use super::printer::{Output, table};
use super::suggest;

/// Accounts that are asked for at a time.
const PAGE: &str = "1000";

/// Whose standings.
#[derive(Args, Debug)]
pub(crate) struct StandingsArguments {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// Only the accounts that have this role
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
}

pub(crate) fn run(arguments: &StandingsArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let StandingsArguments { symbol, role } = arguments;
    let charter = context.charter(*symbol)?;
    if let Some(role) = role {
        offices::role_id(&charter, role)?;
    }
    let mut all = everything(*symbol, context)?;
    all.standings.items.retain(|one| role.is_none() || role_of(one) == role.as_deref());
    let words = Words::brief(context);
    let uses = Uses { charter: &charter, time: UnixMillis::new(all.head.time), context };
    let mut rows = Vec::new();
    for one in &all.standings.items {
        let frozen = if one.frozen { "frozen" } else { "" };
        let used = one.used.iter().map(|used| uses.words(used));
        let used = used.collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
        let owed = (!one.owed.is_zero())
            .then(|| format!("owes {}", amount::format(one.owed, charter.decimals)));
        let used = owed.into_iter().chain(used);
        let role = role_of(one).unwrap_or("none").to_owned();
        let used = used.collect::<Vec<_>>().join("; ");
        rows.push([words.address(one.address), role, frozen.to_owned(), used]);
    }
    let count = rows.len();
    let mut text = match (count, role) {
        (0, Some(role)) => format!("nobody has the role {role} in {symbol}\n"),
        (0, None) => format!("nobody has a role in {symbol}\n"),
        _ => table(["ACCOUNT", "ROLE", "FROZEN", "OWED AND USED"], rows),
    };
    let accounts = if count == 1 { "account" } else { "accounts" };
    let settled = finality::word(context, &all.head);
    text.push_str(&format!("{count} {accounts} at block {}; {settled}\n", all.head.height));
    Ok(Output::new(&all, text))
}

fn role_of(standing: &StandingJson) -> Option<&str> {
    standing.role.as_ref().map(|name| name.as_str())
}

/// All standings of a token, part by part: each part is of the head that the node has then.
fn everything(symbol: Symbol, context: &Context) -> Result<StandingsJson, Failure> {
    let path = format!("/v1/tokens/{symbol}/standings");
    let mut all: Option<StandingsJson> = None;
    loop {
        let mut query = vec![("limit", PAGE.to_owned())];
        let next = all.as_mut().and_then(|all| all.standings.next.take());
        query.extend(next.map(|cursor| ("cursor", cursor)));
        let mut part: StandingsJson = context.client.get(&path, &query)?;
        if let Some(before) = all {
            part.standings.items.splice(0..0, before.standings.items);
        }
        if part.standings.next.is_none() {
            return Ok(part);
        }
        all = Some(part);
    }
}

/// Uses of clauses as people read them, as of a time.
struct Uses<'a> {
    charter: &'a Charter,
    time: UnixMillis,
    context: &'a Context,
}

impl Uses<'_> {
    /// Says what is used of a clause in the period of the time; `None` if that is nothing.
    fn words(&self, used: &ClauseUseJson) -> Result<Option<String>, Failure> {
        let place = used.clause.checked_sub(1).and_then(|place| u8::try_from(place).ok());
        let Some(id) = place.map(ClauseId) else { return Ok(None) };
        let period = self.charter.clause(id).and_then(|clause| clause.period());
        let number = period.and_then(|period| period.at(self.charter.anchor, self.time));
        if number.unwrap_or_default() != PeriodNumber::new(used.period) {
            return Ok(None);
        }
        let shown = |units| amount::format(units, self.charter.decimals);
        let limit = self.context.in_force(self.charter.token, id)?.map(shown);
        let of = limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
        let next = period.zip(number).map(|(period, number)| {
            let end = period.start(self.charter.anchor, number.next());
            format!(" until {}", time::format(end.get()))
        });
        let until = next.unwrap_or_default();
        Ok(Some(format!("{}{of} by clause {}{until}", shown(used.amount), used.clause)))
    }
}
