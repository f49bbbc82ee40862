//! What happens, as it happens: server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use coinage_protocol::Address;
use futures::Stream;
use futures::stream::unfold;
use serde::Deserialize;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use utoipa::IntoParams;

use super::App;
use super::failure::Failure;
use super::guard::Cut;
use crate::events::{Filter, READERS_MAX, Reader, Told};
use crate::model::code;
use crate::model::event::EventKind;

/// How long a stream goes on; the client resumes it. A connection that nobody reads any more, or
/// that a proxy holds, ends this way, too.
const STREAM_TIME_MAX: Duration = Duration::from_secs(300);

/// After how long without an event a client is shown that the node is there.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How long a client may read nothing while something is there to be read.
const UNREAD_TIME_MAX: Duration = Duration::from_secs(30);

/// How long a client should wait before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// Bytes of a list of kinds.
const TYPES_LEN_MAX: usize = 256;

/// The header with which a client resumes.
const LAST_EVENT_ID: &str = "last-event-id";

/// Which events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    /// Kinds, with commas between them: head, block, reorg, final (reserved: never sent by this
    /// version), transaction, peer. All, if none is named. A `reset` comes in any case.
    types: Option<String>,
    /// Of the events about transactions, only those that touch this address.
    account: Option<String>,
}

impl EventsQuery {
    fn filter(&self) -> Result<Filter, Failure> {
        let bad = |error: String| Failure::bad(code::BAD_PARAMETER, error);
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

/// What happens from now on, or after `Last-Event-ID`, as server-sent events.
///
/// Each event has the name of its kind, an id `boot.sequence` to resume after, and JSON data. A
/// stream that resumes nothing begins with a `head`; one that cannot resume begins with exactly one
/// `reset`, which names the head at which what follows begins, and so does one whose client read
/// too slowly go on. A client of all `block` and `reorg` events has the node's chain: the parent of
/// a block is the block told before it, or the common ancestor of the `reorg` just told. What is
/// told can be read by the other routes already. A stream ends after five minutes, and with the
/// node; a client connects again with the last id, as browsers do by themselves.
#[utoipa::path(get, path = "/v1/events", tag = "node", operation_id = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header,
        description = "The id of the last event that was received.")),
    responses(
        (status = 200, description = "Events, as they happen.",
            body = String, content_type = "text/event-stream"),
        (status = 400, description = "`request.bad_parameter`"),
        (status = 503, description = "`events.too_many_streams`, with Retry-After")))]
pub(super) async fn events(
    State(app): State<App>,
    cut: Option<Extension<Cut>>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let filter = query.filter()?;
    let last = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default());
    let reader = app.handle.events.read(last, filter).ok_or_else(|| {
        let detail = format!("{READERS_MAX} streams of events are open already");
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, code::TOO_MANY_STREAMS, detail)
    })?;
    let watch = Watch::new(cut.map(|Extension(cut)| cut), UNREAD_TIME_MAX);
    let stream = Following {
        reader,
        end: Box::pin(sleep(STREAM_TIME_MAX)),
        stopped: Box::pin(stopped(app)),
        greeted: false,
        watch,
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
struct Following {
    reader: Reader,
    end: Pin<Box<Sleep>>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
    greeted: bool,
    watch: Watch,
}

impl Following {
    /// The next event; `None` at the end of the node or of the stream's time.
    async fn next(&mut self) -> Option<Event> {
        self.watch.read();
        if !self.greeted {
            self.greeted = true;
            return Some(Event::default().retry(RETRY).comment(GREETING));
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

/// Cuts the connection of a client that does not read: then nobody asks for the next event, for
/// longer than the keep-alive would take.
struct Watch {
    asked: tokio::sync::watch::Sender<Instant>,
}

impl Watch {
    fn new(cut: Option<Cut>, unread_max: Duration) -> Self {
        let (asked, mut seen) = tokio::sync::watch::channel(Instant::now());
        if let Some(cut) = cut {
            tokio::spawn(async move {
                loop {
                    let due = *seen.borrow_and_update() + unread_max;
                    tokio::select! {
                        changed = seen.changed() => if changed.is_err() { return },
                        () = sleep_until(due) => {
                            cut.now();
                            return;
                        }
                    }
                }
            });
        }
        Self { asked }
    }

    fn read(&self) {
        self.asked.send_replace(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn who_does_not_read_is_cut_off_and_who_went_away_is_not() {
        let short = Duration::from_millis(50);
        let (gone, stuck) = (Cut::default(), Cut::default());
        drop(Watch::new(Some(gone.clone()), short));
        let _stays = Watch::new(Some(stuck.clone()), short);
        timeout(Duration::from_secs(10), stuck.wanted()).await.expect("cut");
        assert!(timeout(short * 2, gone.wanted()).await.is_err());
    }

    #[tokio::test]
    async fn who_reads_goes_on() {
        let cut = Cut::default();
        let watch = Watch::new(Some(cut.clone()), Duration::from_millis(500));
        let mut wanted = Box::pin(cut.wanted());
        for _ in 0..20 {
            assert!(timeout(Duration::from_millis(50), &mut wanted).await.is_err());
            watch.read();
        }
    }
}
