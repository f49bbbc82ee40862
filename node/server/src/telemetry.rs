//! Log lines: how they look and where they go.

mod outlet;

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use self::outlet::Outlet;
pub use self::outlet::flush;

/// Filter of libraries: what they say of peers without naming them, as often as a peer likes, is
/// not for the log.
const QUIET: &str = "libp2p=warn,libp2p_gossipsub=error,libp2p_request_response=error";

/// Format of a log line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: `2026-12-31T12:00:00.000Z INFO block.imported height=7`.
    #[default]
    Text,
    /// One flat JSON object a line.
    Json,
}

/// Sends log lines to stderr, each with the node's name if it has one. Only the first call of a
/// process counts; `flush` before its end.
///
/// `filter` is in the syntax of `RUST_LOG`, which is used if there is none.
///
/// # Errors
///
/// A sentence if the filter cannot be understood.
pub fn start(format: LogFormat, name: Option<String>, filter: Option<&str>) -> Result<(), String> {
    let environment = std::env::var("RUST_LOG").ok();
    let filter = filter.or(environment.as_deref()).unwrap_or("info");
    let filter = EnvFilter::try_new(format!("{QUIET},{filter}"))
        .map_err(|error| format!("the log filter {filter:?} cannot be understood: {error}"))?;
    let lines = Lines { format, name };
    let outlet = Outlet::start(std::io::stderr())
        .map_err(|error| format!("the log cannot be written: {error}"))?;
    outlet.is_flushed();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(outlet)
        // It would be told on stderr, which would end the process if that is broken.
        .log_internal_errors(false)
        .event_format(lines)
        .finish();
    // A test may have set up its own.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

#[derive(Debug)]
struct Lines {
    format: LogFormat,
    name: Option<String>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let mut facts = Facts::default();
        event.record(&mut facts);
        let level = event.metadata().level();
        match self.format {
            LogFormat::Text => {
                write!(writer, "{time} {level:<5} ")?;
                if let Some(name) = &self.name {
                    write!(writer, "[{name}] ")?;
                }
                writeln!(writer, "{}{}", facts.event, facts.text())
            }
            LogFormat::Json => {
                let mut line = Map::new();
                line.insert("time".into(), time.into());
                line.insert("level".into(), level.as_str().into());
                if let Some(name) = &self.name {
                    line.insert("node".into(), name.as_str().into());
                }
                line.insert("event".into(), facts.event.into());
                line.extend(facts.fields.into_iter().map(|(key, value)| (key.into(), value)));
                writeln!(writer, "{}", Value::Object(line))
            }
        }
    }
}

/// Fields of an event, as text.
#[derive(Debug, Default)]
struct Facts {
    event: String,
    fields: Vec<(&'static str, Value)>,
}

impl Facts {
    fn text(&self) -> String {
        self.fields.iter().fold(String::new(), |mut line, (key, value)| {
            let _ = match value {
                Value::String(text) if plain(text) => write!(line, " {key}={text}"),
                value => write!(line, " {key}={value}"),
            };
            line
        })
    }

    fn add(&mut self, field: &Field, value: Value) {
        self.fields.push((field.name(), value));
    }
}

/// True if a text needs no quotes, and cannot forge a line.
fn plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|one| one.is_ascii_graphic() && one != '"' && one != '=')
}

impl Visit for Facts {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.event = format!("{value:?}");
        } else {
            self.add(field, format!("{value:?}").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_forge_a_line() {
        let fields = vec![("reason", Value::from("a\nb=\"c\"")), ("height", Value::from(7))];
        let facts = Facts { event: "block.rejected".into(), fields };
        assert_eq!(facts.text(), r#" reason="a\nb=\"c\"" height=7"#);
    }
}
