//! Server-sent events by which a node is followed (WHATWG HTML, section 9.2).

use std::fmt;
use std::io::{self, BufRead, BufReader, Read as _};
use std::time::Duration;

use coinage_model::event::EventJson;
use ureq::BodyReader;

use super::{Client, ClientError};

/// Bytes of a line; events are some hundred bytes long.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// Time for which a node may be silent; it shows every ten seconds that it is there.
const SILENCE_MAX: Duration = Duration::from_secs(35);

/// A stream of a node's events as they come.
pub struct EventStream {
    lines: Lines<BufReader<BodyReader<'static>>>,
    client: Client,
}

/// An event, and what to resume after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// Id of the event: `boot.sequence`.
    pub id: String,
    /// Event of the node.
    pub event: EventJson,
}

impl Client {
    /// Follows the node from now on, or after the event of this id, for so long at most.
    ///
    /// # Errors
    ///
    /// [`ClientError`], after some repetitions if those can help.
    pub fn events(
        &self,
        query: &[(&str, String)],
        after: Option<&str>,
        within: Option<Duration>,
    ) -> Result<EventStream, ClientError> {
        self.persistently(Duration::ZERO, || {
            let mut request = self.agent.get(format!("{}/v1/events", self.base));
            for (name, value) in query {
                request = request.query(*name, value);
            }
            if let Some(after) = after {
                request = request.header("last-event-id", after);
            }
            let config = request.config().timeout_global(within);
            let called = config.timeout_per_read(Some(SILENCE_MAX)).build().call();
            let answer = called.map_err(|error| self.unreachable(&error))?;
            let kind = answer.headers().get("content-type");
            let streams =
                kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
            if !answer.status().is_success() {
                return self.read(Ok(answer)).and_then(|()| Err(self.foreign("it is no stream")));
            }
            if !streams {
                return Err(self.foreign("it is no stream of events"));
            }
            let body = answer.into_body().into_with_config().limit(u64::MAX).reader();
            let lines = Lines::new(BufReader::new(body));
            Ok(EventStream { lines, client: self.clone() })
        })
    }
}

impl EventStream {
    /// Returns the next event; `None` if the node ended the stream.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the connection broke or this is no stream of events.
    pub fn receive(&mut self) -> Result<Option<Received>, ClientError> {
        let next = self.lines.event().map_err(|error| ClientError::Unreachable {
            url: self.client.base.clone(),
            cause: error.to_string(),
            never_sent: false,
        })?;
        let Some(data) = next else { return Ok(None) };
        let event = serde_json::from_str(&data);
        let event = event.map_err(|error| self.client.foreign(&error.to_string()))?;
        Ok(Some(Received { id: self.lines.id.clone(), event }))
    }

    /// Returns the id to resume after: also moved on by what was passed over on purpose.
    pub fn last_id(&self) -> Option<&str> {
        Some(self.lines.id.as_str()).filter(|id| !id.is_empty())
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EventStream").field("id", &self.lines.id).finish_non_exhaustive()
    }
}

/// A stream of events, line by line.
#[derive(Debug)]
pub struct Lines<R> {
    from: R,
    /// The id of the last event that had one, to resume after.
    pub id: String,
}

impl<R: BufRead> Lines<R> {
    /// The stream from its beginning.
    pub fn new(from: R) -> Self {
        Self { from, id: String::new() }
    }

    /// The data of the next event that has some.
    pub fn event(&mut self) -> io::Result<Option<String>> {
        let mut data = String::new();
        // What stands before the end of a stream without an empty line is no event, and its id is
        // none to resume after.
        let mut id = None;
        while let Some(line) = self.line()? {
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" if line.is_empty() => {
                    self.id = id.take().unwrap_or_else(|| std::mem::take(&mut self.id));
                    if !data.is_empty() {
                        return Ok(Some(data));
                    }
                }
                "data" => {
                    if !data.is_empty() {
                        data.push('\n');
                    }
                    data.push_str(value);
                }
                "id" => id = Some(value.to_owned()),
                _ => {}
            }
            if u64::try_from(data.len()).is_ok_and(|len| len > LINE_BYTES_MAX) {
                return Err(io::Error::other("an event is too long"));
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        (&mut self.from).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            let cut = u64::try_from(line.len()).is_ok_and(|len| len + 1 >= LINE_BYTES_MAX);
            return if cut { Err(io::Error::other("a line is too long")) } else { Ok(None) };
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        String::from_utf8(line).map(Some).map_err(|_| io::Error::other("it is not text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, String) {
        let mut lines = Lines { from: text.as_bytes(), id: "start".into() };
        let mut all = Vec::new();
        while let Some(data) = lines.event().expect("text") {
            all.push(data);
        }
        (all, lines.id)
    }

    #[test]
    fn an_event_ends_with_an_empty_line_and_comments_are_none() {
        let text = ": hello\nretry: 1000\n\nid: a.1\nevent: head\ndata: {}\n\n:\nid: a.9\n\n";
        assert_eq!(read(text), (vec!["{}".into()], "a.9".into()));
        assert_eq!(read("data:a\r\ndata: b\r\n\r\n").0, ["a\nb"]);
    }

    #[test]
    fn what_is_cut_short_was_not_received() {
        let text = "id: a.1\ndata: one\n\nid: a.2\ndata: two\n";
        assert_eq!(read(text), (vec!["one".into()], "a.1".into()));
        assert_eq!(read("id: a.2\ndata: tw"), (vec![], "start".into()));
    }

    #[test]
    fn no_line_and_no_event_takes_all_memory() {
        let long = "x".repeat(usize::try_from(LINE_BYTES_MAX).expect("small"));
        let mut lines = Lines::new(long.as_bytes());
        assert!(lines.event().is_err());
        let part = format!("data: {}\n", "x".repeat(700_000)).repeat(3);
        let mut lines = Lines::new(part.as_bytes());
        assert!(lines.event().is_err());
    }
}
