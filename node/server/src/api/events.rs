//! Events as they happen: server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use coinage_model::code::Code;
use coinage_model::event::EventKind;
use coinage_protocol::Address;
use futures::Stream;
use futures::stream::unfold;
use serde::Deserialize;
use tokio::time::{Sleep, sleep};
use utoipa::IntoParams;

use super::App;
use super::failure::Failure;
use super::refusals::Following;
use crate::events::{Filter, READERS_MAX, Reader, Told};

/// Time after which a stream ends; the client resumes it. A connection that nobody reads any more,
/// or that a proxy holds, ends this way, too.
const STREAM_TIME_MAX: Duration = Duration::from_secs(300);

/// Time without an event after which a client is shown that the node is there.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Time that a client should wait before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// Bytes of a list of kinds at most.
const TYPES_LEN_MAX: usize = 256;

/// Name of the header with which a client resumes.
const LAST_EVENT_ID: &str = "last-event-id";

/// Query for a stream of events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    /// Kinds of events, with commas between them: head, block, reorg, final, transaction,
    /// charter, peer. All, if none is named. A `reset` comes in any case.
    types: Option<String>,
    /// Address that the transactions of `transaction` and `charter` events must touch; other events
    /// come in any case.
    account: Option<String>,
}

impl EventsQuery {
    fn filter(&self) -> Result<Filter, Failure> {
        let bad = |error: String| Failure::new(Code::BadParameter, error);
        let types = self.types.as_deref().unwrap_or_default();
        if types.len() > TYPES_LEN_MAX {
            return Err(bad(format!("types has more than {TYPES_LEN_MAX} bytes")));
        }
        let named = types.split(',').filter(|name| !name.is_empty());
        let kinds = named.map(str::parse).collect::<Result<Vec<EventKind>, _>>();
        let account = self.account.as_deref().map(str::parse::<Address>).transpose();
        Ok(Filter {
            kinds: kinds.map_err(|error| bad(format!("types: {error}")))?,
            account: account.map_err(|error| bad(format!("account: {error}")))?,
        })
    }
}

/// Events from now on, or after `Last-Event-ID`, as server-sent events.
///
/// Each event has the name of its kind, an id `boot.sequence` to resume after, and JSON data. A
/// stream that resumes nothing begins with a `head`; one that cannot resume begins with exactly
/// one `reset`, which names the head at which what follows begins, and so does one whose client
/// read too slowly go on. A client of all `block` and `reorg` events has the node's chain: the
/// parent of a block is the block told before it, or the common ancestor of the `reorg` just told.
/// What a transaction does by the charter of a token follows it as a `charter`, which a reorg
/// takes back as it does the transaction. What is told can be read by the other routes already. A
/// stream that begins with no event begins with an id alone, so that one that is cut off at once
/// can be resumed. A stream ends after five minutes, and with the node; a client connects again
/// with the last id, as browsers do by themselves.
#[utoipa::path(get, path = "/v1/events", tag = "node", operation_id = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header,
        description = "The id of the last event that was received.")),
    responses(
        (status = 200, description = "Events, as they happen. The data of each is an `EventJson`.",
            body = String, content_type = "text/event-stream"),
        Following))]
pub(super) async fn events(
    State(app): State<App>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let filter = query.filter()?;
    let last = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default());
    let reader = app.handle.events.read(last, filter).ok_or_else(|| {
        let detail = format!("{READERS_MAX} streams of events are open already");
        Failure::new(Code::TooManyStreams, detail)
    })?;
    let stream = Sending {
        reader,
        end: Box::pin(sleep(STREAM_TIME_MAX)),
        stopped: Box::pin(stopped(app)),
        greeted: false,
    };
    Ok(Sse::new(unfold(stream, |mut stream| async {
        let event = stream.next().await?;
        Some((Ok(event), stream))
    })))
}

async fn stopped(mut app: App) {
    app.stopped().await;
}

/// A stream that is being sent.
struct Sending {
    reader: Reader,
    end: Pin<Box<Sleep>>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
    greeted: bool,
}

impl Sending {
    /// Returns the next event; `None` at the end of the node or of the stream's time.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            let greeting = Event::default().retry(RETRY).comment(GREETING);
            let id = self.reader.first_id();
            return Some(id.into_iter().fold(greeting, Event::id));
        }
        tokio::select! {
            biased;
            () = &mut self.stopped => None,
            () = &mut self.end => None,
            told = self.reader.next() => Some(shown(told)),
            // An id without data is no event, but a client that passes over everything else
            // resumes after it.
            () = sleep(KEEP_ALIVE) => Some(Event::default().comment("").id(self.reader.id())),
        }
    }
}

const GREETING: &str = "each event names its kind, its id to resume after, and what happened";

fn shown(Told { id, name, data }: Told) -> Event {
    Event::default().id(id).event(name).data(data)
}
