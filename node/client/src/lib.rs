//! A blocking client of a node's HTTP API.

mod error;
pub mod events;
pub mod proof;
pub mod receipt;
mod silence;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::{Response, Uri};

pub use self::error::ClientError;
pub use self::events::{EventStream, Received};
use self::silence::Tell;
use coinage_model::problem::Problem;

/// Bytes of an answer: a page of blocks of 2 MiB in JSON is larger, and is refused.
const ANSWER_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes of a refusal: its details may be any JSON, which takes many times its length in memory.
const REFUSAL_BYTES_MAX: u64 = 1024 * 1024;
/// Attempts at a request that the node had no time for, or that did not reach it.
const ATTEMPTS: u32 = 4;
/// The pause before the first repetition; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(150);
/// Time within which an answer must come, beyond what the caller asked the node to wait.
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// Time within which a node that is well answers.
const HASTY_TIME: Duration = Duration::from_secs(5);
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// The form that the URL of a node has.
const FORM: &str = "http://HOST:PORT";

/// A node, seen over HTTP.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    local: bool,
    attempts: u32,
    answer_time: Duration,
    tell: Option<Tell>,
}

impl Client {
    /// The node at this URL. Does not connect yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`] if this is not `http://HOST:PORT`.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let refused = |reason| ClientError::Url { url: url.to_owned(), reason };
        if url.starts_with("https:") {
            return Err(refused("a node speaks http, not https"));
        }
        let uri: Uri = url.parse().map_err(|_| refused(FORM))?;
        let host = uri.host().ok_or_else(|| refused(FORM))?;
        let plain = uri.scheme_str() == Some("http") && uri.query().is_none();
        if !plain || host.is_empty() {
            return Err(refused(FORM));
        }
        // A port that is no number of one is none to the parser, which would be another port.
        let whole = uri.authority().map_or("", |authority| authority.as_str());
        let named = whole.rsplit_once(':').is_some_and(|(before, _)| before.ends_with(host));
        if named && uri.port_u16().is_none_or(|port| port == 0) {
            return Err(refused("a port is a number from 1 to 65535"));
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let local = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT_TIME))
            .user_agent(concat!("coinage/", env!("CARGO_PKG_VERSION")))
            .build();
        let (base, agent) = (url.trim_end_matches('/').to_owned(), config.new_agent());
        Ok(Self { agent, base, local, attempts: ATTEMPTS, answer_time: ANSWER_TIME, tell: None })
    }

    /// Asks the node once for each request and waits for so long: for who asks again anyway.
    #[must_use]
    pub fn impatient(mut self, answer_time: Duration) -> Self {
        self.attempts = 1;
        self.answer_time = answer_time;
        self
    }

    /// Waits for no longer than a node needs that is well, for whoever wants to know whether the
    /// node answers at all.
    #[must_use]
    pub fn hasty(self) -> Self {
        self.impatient(HASTY_TIME)
    }

    /// Tells when a node has been silent for some seconds longer than it was asked to be.
    #[must_use]
    pub fn telling(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.tell = Some(Tell::new(tell));
        self
    }

    /// Returns the URL of the node.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// True if the node runs on this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Reads a resource of the API.
    ///
    /// # Errors
    ///
    /// [`ClientError`], after some repetitions if those can help.
    pub fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, ClientError> {
        self.get_within(path, query, Duration::ZERO)
    }

    /// Reads a resource, which the node may hold back for so long.
    ///
    /// # Errors
    ///
    /// [`ClientError`], after some repetitions if those can help.
    pub fn get_within<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        patience: Duration,
    ) -> Result<T, ClientError> {
        self.persistently(patience, || {
            let mut request = self.agent.get(format!("{}{path}", self.base));
            for (name, value) in query {
                request = request.query(*name, value);
            }
            let limit = Some(patience.saturating_add(self.answer_time));
            self.read(request.config().timeout_global(limit).build().call())
        })
    }

    /// Submits something that may be submitted twice.
    ///
    /// # Errors
    ///
    /// [`ClientError`], after some repetitions if those can help.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.persistently(Duration::ZERO, || {
            let mut request = self.agent.post(format!("{}{path}", self.base));
            for (name, value) in query {
                request = request.query(*name, value);
            }
            let request = request.config().timeout_global(Some(self.answer_time)).build();
            self.read(request.send_json(body))
        })
    }

    fn read<T: DeserializeOwned>(
        &self,
        answer: Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, ClientError> {
        let mut answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let most = if status.is_success() { ANSWER_BYTES_MAX } else { REFUSAL_BYTES_MAX };
        let body = answer.body_mut().with_config().limit(most).read_to_vec();
        let body = body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => self.foreign("it is too long"),
            error => self.unreachable(&error),
        })?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| self.foreign(&error.to_string()));
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(ClientError::Refused { problem: Box::new(problem) }),
            Err(_) => {
                Err(self.foreign(&format!("HTTP status {status} without a problem document")))
            }
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> ClientError {
        let never_sent = match error {
            ureq::Error::Io(error) => {
                error.kind() == std::io::ErrorKind::ConnectionRefused || is_of_a_name(error)
            }
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
            ureq::Error::Timeout(timeout) => {
                matches!(timeout, ureq::Timeout::Connect | ureq::Timeout::Resolve)
            }
            _ => false,
        };
        let cause = match error {
            ureq::Error::Io(error) if is_of_a_name(error) => {
                format!("the name of its host leads nowhere ({error})")
            }
            ureq::Error::Io(error) => error.kind().to_string(),
            ureq::Error::Timeout(_) => "it is silent".to_owned(),
            other => other.to_string(),
        };
        let url = self.base.clone();
        ClientError::Unreachable { url, cause, never_sent }
    }

    fn foreign(&self, cause: &str) -> ClientError {
        ClientError::Foreign { url: self.base.clone(), cause: cause.to_owned() }
    }

    fn persistently<T>(
        &self,
        patience: Duration,
        attempt: impl Fn() -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let _watched = self.tell.as_ref().map(|tell| tell.watch(&self.base, patience));
        let enough = Instant::now().checked_add(patience.saturating_add(self.answer_time));
        let mut pause = PAUSE;
        let mut perhaps_sent = false;
        for _ in 1..self.attempts {
            match attempt() {
                // Who was silent for as long as that is asked no more.
                Err(error)
                    if error.may_pass_soon() && enough.is_some_and(|at| Instant::now() < at) =>
                {
                    perhaps_sent |= error.perhaps_sent();
                }
                Err(error) => return Err(error.or_sent_before(perhaps_sent)),
                decided => return decided,
            }
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2);
        }
        attempt().map_err(|error| error.or_sent_before(perhaps_sent))
    }
}

/// True if no address was found for the name of a host; the error has no kind of its own.
fn is_of_a_name(error: &std::io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address information")
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread::{self, JoinHandle};

    use coinage_model::code::Code;
    use serde_json::{Value, json};

    use super::*;

    fn problem(code: Code) -> String {
        serde_json::to_string(&Problem::new("", code, "no")).expect("JSON")
    }

    /// Answers so many connections with these statuses and bodies, then goes away.
    fn node(answers: Vec<(&'static str, String)>) -> (Client, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let serving = thread::spawn(move || {
            let mut asked = Vec::new();
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().expect("a client");
                let mut request = vec![0; 4096];
                let got = stream.read(&mut request).expect("a request");
                asked.push(String::from_utf8_lossy(&request[..got]).into_owned());
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n");
                let _ = write!(stream, "{head}connection: close\r\n\r\n{body}");
            }
            asked
        });
        (Client::new(&url).expect("a URL"), serving)
    }

    #[test]
    fn a_busy_node_is_asked_again() {
        let busy = problem(Code::NotReady);
        let (client, serving) = node(vec![
            ("503 Service Unavailable", busy.clone()),
            ("503 Service Unavailable", busy),
            ("200 OK", json!({ "height": "1" }).to_string()),
        ]);
        let answer: Value = client.get("/v1/status", &[]).expect("the third time");
        assert_eq!(answer, json!({ "height": "1" }));
        assert_eq!(serving.join().expect("served").len(), 3);
    }

    #[test]
    fn a_refusal_keeps_the_nodes_code_and_is_not_repeated() {
        let body = problem(Code::UnknownBlock);
        let (client, serving) = node(vec![("404 Not Found", body)]);
        let query = [("cursor", "a b&c".to_owned())];
        let refused = client.get::<Value>("/v1/blocks/9", &query).expect_err("refused");
        assert_eq!(refused.code(), "block.unknown");
        let asked = serving.join().expect("served");
        assert!(asked[0].starts_with("GET /v1/blocks/9?cursor=a%20b%26c "), "{asked:?}");
    }

    #[test]
    fn nobody_there_is_unreachable_and_nothing_was_sent() {
        let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", closed.local_addr().expect("bound"));
        drop(closed);
        let client = Client::new(&url).expect("a URL");
        let error = client.post::<Value>("/v1/transactions", &[], &json!({})).expect_err("nobody");
        assert_eq!(error.code(), "node.unreachable");
        assert!(!error.perhaps_sent());
    }

    #[test]
    fn a_name_that_leads_nowhere_is_said_to_and_nothing_was_sent() {
        let client = Client::new("http://nowhere.invalid:1").expect("a URL");
        let error = client.hasty().get::<Value>("/v1/status", &[]).expect_err("nowhere");
        assert!(!error.perhaps_sent(), "{error}");
        // Without a network another reason may come first.
        assert!(!error.to_string().contains("uncategorized"), "{error}");
    }

    #[test]
    fn a_silent_node_is_told_of_and_not_asked_for_ever() {
        // It takes connections, and answers none.
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", silent.local_addr().expect("bound"));
        let (told, heard) = mpsc::channel();
        let tell = move |text: &str| told.send(text.to_owned()).expect("heard");
        let client = Client::new(&url).expect("a URL").telling(tell);
        let patient = Client { answer_time: silence::SILENCE * 2, ..client };
        let error = patient.get::<Value>("/v1/status", &[]).expect_err("silence");
        assert!(heard.recv().expect("told").contains(&url));
        assert!(error.to_string().contains("silent") && error.perhaps_sent(), "{error}");
        silent.set_nonblocking(true).expect("set");
        let asked = std::iter::from_fn(|| silent.accept().ok()).count();
        assert_eq!(asked, 1, "it was asked again");
    }

    #[test]
    fn something_else_than_a_node_is_said_to_be() {
        let (client, _serving) = node(vec![("200 OK", "<html>".into())]);
        let error = client.get::<Value>("/v1/status", &[]).expect_err("not JSON");
        assert_eq!(error.code(), "node.foreign");
    }

    #[test]
    fn a_refusal_of_endless_details_is_not_read() {
        let zeros = format!("[{}0]", "0,".repeat(600_000));
        let body = problem(Code::UnknownBlock).replace("{}", &zeros);
        assert!(body.contains(&zeros), "the details are in it");
        let (client, _serving) = node(vec![("404 Not Found", body)]);
        let error = client.get::<Value>("/v1/blocks/9", &[]).expect_err("too long");
        assert_eq!(error.code(), "node.foreign");
    }

    #[test]
    fn only_plain_urls_of_nodes_are_taken() {
        for bad in ["", "127.0.0.1:8600", "ftp://a", "https://a", "http://", "http://a/?b"] {
            assert!(Client::new(bad).is_err(), "{bad}");
        }
        for (bad, word) in [
            ("https://a", "not https"),
            ("http://a:99999", "65535"),
            ("http://a:0/", "65535"),
            ("http://[::1]:65536", "65535"),
            ("http://a:", "65535"),
        ] {
            let error = Client::new(bad).expect_err(bad).to_string();
            assert!(error.contains(word), "{bad}: {error}");
        }
        assert!(Client::new("http://[::1]:8600/").expect("a URL").is_local());
        assert!(!Client::new("http://u@a").expect("a URL").is_local());
        assert!(Client::new("http://localhost:1").expect("a URL").is_local());
        assert!(!Client::new("http://10.0.0.1:1").expect("a URL").is_local());
    }
}
