//! The command `coinage policy simulate`: how many coins a charter lets exist over the years.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use coinage_files as files;
use coinage_model::{text, time};
use coinage_policy::simulate::{
    Bend, BendKind, Forecast, Point, Settings, SimulateError, simulate,
};
use coinage_policy::{Language, amount, sentence};
use coinage_protocol::{Amount, Charter, Symbol, UnixMillis};
use serde::Serialize;
use serde_json::json;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::printer::{Output, table};
use super::history::{self, Supply};
use super::{chart, picture, read_charter};

const TEN_YEARS_MS: u64 = 10 * 365 * 86_400_000;
/// Points of a curve, if nobody says how far apart they are.
const POINTS: u64 = 120;
/// Moments that are played at most: some seconds.
const WORK_MAX: u64 = 500_000;
/// Permissions of a picture.
const MODE: u32 = 0o644;

/// What to simulate, and how far.
#[derive(Args, Debug)]
pub(crate) struct SimulateArguments {
    /// A file with a policy, or the symbol of a token; - is standard input
    #[arg(value_name = "FILE|TOKEN")]
    what: String,
    /// The last day or time to look at [default: ten years on, less if periods are short]
    #[arg(long, value_name = "DAY|TIME")]
    until: Option<Until>,
    /// How far the points of the curve are apart, such as 30d [default: a 120th of the time]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    step: Option<Duration>,
    /// How many accounts get each role, if as many may have it
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    members: u32,
    /// Print the points for a spreadsheet
    #[arg(long, conflicts_with = "svg")]
    csv: bool,
    /// Draw the curve into this new file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// A day or a time, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
struct Until(u64);

impl FromStr for Until {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let whole =
            if written.len() == 10 { format!("{written}T00:00:00Z") } else { written.into() };
        time::parse(&whole)
            .map(Self)
            .map_err(|_| "write a day like 2037-01-01 or a time like 2037-01-01T12:00:00Z".into())
    }
}

/// A forecast with what it is of.
pub(super) struct Played {
    pub(super) charter: Charter,
    pub(super) forecast: Forecast,
    pub(super) members: u32,
    /// The supply that there really was, if it is the charter of a token.
    pub(super) happened: Vec<Supply>,
}

pub(super) fn run(arguments: &SimulateArguments, context: &Context) -> Result<Output, Failure> {
    let (charter, happened) = subject(&arguments.what, context)?;
    let (forecast, cut) = play(&charter, arguments)?;
    let played = Played { charter, forecast, members: arguments.members, happened };
    if let Some(path) = &arguments.svg {
        return draw(&played, path);
    }
    let text = if arguments.csv { csv(&played) } else { words(&played, cut) };
    Ok(Output::new(facts(&played), text))
}

/// The charter of a file, or of a token with what really happened.
fn subject(what: &str, context: &Context) -> Result<(Charter, Vec<Supply>), Failure> {
    let path = Path::new(what);
    match what.parse::<Symbol>() {
        Ok(token) if !path.exists() => {
            let now = context.charter(token)?;
            let past = history::of(token, context)?;
            let happened = history::supplies(token, &past, context)?;
            Ok((history::created_by(&past, now), happened))
        }
        _ => Ok((read_charter(path)?, Vec::new())),
    }
}

/// Plays as far as is asked, or else as far as is sensible; the end, if that is nearer.
fn play(
    charter: &Charter,
    arguments: &SimulateArguments,
) -> Result<(Forecast, Option<UnixMillis>), Failure> {
    let start = charter.anchor.millis();
    let asked = arguments.until.map(|Until(ms)| UnixMillis::new(ms));
    let until = asked.unwrap_or_else(|| start.saturating_add(TEN_YEARS_MS));
    match simulate(charter, settings(charter, arguments, until)) {
        Err(SimulateError::TooLong { until }) if asked.is_none() => {
            // A nearer end brings the points closer together, which takes some of the moments.
            let until = start.saturating_add(until.since(start) / 10 * 9);
            let nearer = simulate(charter, settings(charter, arguments, until));
            Ok((nearer.map_err(|error| refused(&error))?, Some(until)))
        }
        forecast => Ok((forecast.map_err(|error| refused(&error))?, None)),
    }
}

fn settings(charter: &Charter, arguments: &SimulateArguments, until: UnixMillis) -> Settings {
    let span = until.checked_since(charter.anchor.millis()).unwrap_or_default();
    let step_ms = match arguments.step {
        Some(step) => u64::try_from(step.as_millis()).unwrap_or(u64::MAX),
        None => (span / POINTS).max(1_000),
    };
    Settings { until, step_ms, members: arguments.members, work_max: WORK_MAX }
}

fn refused(error: &SimulateError) -> Failure {
    let failure = Failure::new("policy.simulation", error.to_string());
    match error {
        SimulateError::TooLong { until } => {
            failure.hint(format!("--until {}", time::format(until.get())))
        }
        SimulateError::Empty => failure.hint("give a later --until"),
        SimulateError::Step => failure.hint("give a longer --step"),
    }
}

fn draw(played: &Played, path: &Path) -> Result<Output, Failure> {
    let picture = picture::svg(played);
    files::create_atomically(path, picture.as_bytes(), MODE).map_err(|error| {
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let why = if exists { "it is there already".to_owned() } else { error.to_string() };
        Failure::new("input.file", format!("cannot write {}: {why}", path.display()))
    })?;
    let shown = path.display().to_string();
    Ok(Output::new(json!({ "file": shown }), format!("{shown}: the picture is there\n")))
}

#[derive(Serialize)]
struct PointJson {
    #[serde(with = "time")]
    time: u64,
    #[serde(with = "text")]
    least: Amount,
    #[serde(with = "text")]
    most: Amount,
}

#[derive(Serialize)]
struct HappenedJson {
    #[serde(with = "time")]
    time: u64,
    #[serde(with = "text")]
    supply: Amount,
}

fn facts(played: &Played) -> serde_json::Value {
    let Played { charter, forecast, members, happened } = played;
    let points = forecast.points.iter().map(|point| {
        let Point { time, least, most } = *point;
        PointJson { time: time.get(), least, most }
    });
    let bends = forecast.bends.iter().map(|bend| {
        json!({
            "time": time::format(bend.time.get()),
            "clause": bend.clause.to_string(),
            "sentence": sentence(charter, bend.clause, Language::English),
            "what": word(bend.kind),
        })
    });
    let happened = happened.iter().map(|supply| {
        let Supply { time, units } = *supply;
        HappenedJson { time: time.get(), supply: units }
    });
    json!({
        "token": charter.token.to_string(),
        "hash": charter.hash().to_string(),
        "decimals": charter.decimals,
        "members": members,
        "points": points.collect::<Vec<_>>(),
        "bends": bends.collect::<Vec<_>>(),
        "happened": happened.collect::<Vec<_>>(),
    })
}

fn csv(played: &Played) -> String {
    let decimals = played.charter.decimals;
    let shown = |units| amount(units, decimals).replace(',', "");
    let lines = played.forecast.points.iter().map(|point| {
        let Point { time, least, most } = *point;
        format!("{},{},{}\n", time::format(time.get()), shown(least), shown(most))
    });
    std::iter::once("time,least,most\n".to_owned()).chain(lines).collect()
}

fn words(played: &Played, cut: Option<UnixMillis>) -> String {
    let Played { charter, forecast, members, .. } = played;
    let mut text = chart::draw(played);
    let roles = charter.roles().next().is_some();
    let shown = |units| amount(units, charter.decimals);
    if let Some(last) = forecast.points.last() {
        let of =
            if roles { format!(", with {members} accounts of each role") } else { String::new() };
        text.push_str(&format!(
            "\nOn {} there are at most {} {}{of}; at least {}, less what is burned.\n",
            day(last.time),
            shown(last.most),
            charter.token,
            shown(last.least),
        ));
    }
    if let Some(until) = cut {
        text.push_str(&format!(
            "Periods are short: this looks as far as {}; --until looks less far.\n",
            time::format(until.get())
        ));
    }
    text.push_str(&bends(charter, &forecast.bends));
    text
}

fn bends(charter: &Charter, bends: &[Bend]) -> String {
    let rows = bends.iter().map(|bend| {
        let clause = bend.clause;
        [
            day(bend.time),
            word(bend.kind).to_owned(),
            format!("{clause}. {}", sentence(charter, clause, Language::English)),
        ]
    });
    if bends.is_empty() {
        return String::new();
    }
    format!("\n{}", table(["FROM", "WHAT", "CLAUSE"], rows))
}

pub(super) fn word(kind: BendKind) -> &'static str {
    match kind {
        BendKind::Reached => "reached, at the earliest",
        BendKind::Halved => "halves",
        BendKind::Begun => "begins",
        BendKind::Ended => "ends",
        BendKind::Amended => "can be raised",
    }
}

/// The day of a time, in UTC.
pub(super) fn day(time: UnixMillis) -> String {
    time::format(time.get()).chars().take(10).collect()
}
