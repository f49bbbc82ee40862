//! Talking to a node over HTTP as any program would.

use std::time::Duration;

use serde_json::Value;

/// The answer of a node.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status of the answer.
    pub status: u16,
    /// JSON body of the answer.
    pub body: Value,
}

/// The answer to a GET, if there is one.
pub fn get(url: &str) -> Option<Answer> {
    answer(agent().get(url).call())
}

/// The answer to a POST of JSON, if there is one.
pub fn post(url: &str, body: &Value) -> Option<Answer> {
    answer(agent().post(url).send_json(body))
}

fn answer(called: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Option<Answer> {
    let mut response = called.ok()?;
    let status = response.status().as_u16();
    let body = response.body_mut().read_json().unwrap_or(Value::Null);
    Some(Answer { status, body })
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)));
    config.build().new_agent()
}
