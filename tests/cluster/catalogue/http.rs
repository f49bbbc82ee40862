//! Requests over TCP, as a program without a library would send them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coinage_protocol::{Transaction, decode};
use coinage_simulation::conformance::{Call, CallBody, Delivery, Ground, Sample};
use coinage_simulation::fixtures::{account, address, coin, transaction, units};
use coinage_tests::single_node::SingleNode;
use coinage_tests::submit::body;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

/// The answer of a node.
#[derive(Debug)]
struct Heard {
    status: u16,
    head: String,
    body: Value,
}

/// Replays a request or submission, and says what is wrong with the answer.
pub(super) fn replay(node: &SingleNode, ground: &Ground, sample: &Sample) -> Result<(), String> {
    let Some(expected) = sample.expected.submitted else { return Err("no answer".into()) };
    let heard = match &sample.delivery {
        Delivery::Call(call) => ask(node, call, ground),
        Delivery::Submission(bytes) => {
            let bytes = BASE64_STANDARD.encode(bytes);
            let head =
                "POST /v1/transactions HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json";
            let body = CallBody::Bytes(json!({ "bytes": bytes }).to_string().into_bytes());
            ask(node, &Call { head: head.into(), body }, ground)
        }
        _ => return Err("it does not come over HTTP".into()),
    };
    let code = heard.body["code"].as_str().unwrap_or_default();
    if (heard.status, code) != (expected.status, expected.code) {
        return Err(format!("{heard:?}"));
    }
    if !expected.says.is_empty() && !says(&heard.body, expected.says) {
        return Err(format!("it does not say {}: {heard:?}", expected.says));
    }
    form(&heard)?;
    if let Delivery::Submission(bytes) = &sample.delivery
        && let Ok(one) = decode::<Transaction>(bytes, bytes.len())
    {
        let id = one.body.id(ground.spec.chain());
        let found = node.get(&format!("/v1/transactions/{id}")).expect("it lives").status;
        let expected = if expected.status == 422 { 404 } else { 200 };
        if found != expected {
            return Err(format!("afterwards it is {found}"));
        }
    }
    Ok(())
}

/// Every answer is JSON that says so, is kept nowhere and is for no other origin.
fn form(heard: &Heard) -> Result<(), String> {
    let head = heard.head.to_ascii_lowercase();
    let problem = heard.status >= 400;
    let kind = if problem { "application/problem+json" } else { "application/json" };
    let lines = [&*format!("content-type: {kind}"), "x-content-type-options: nosniff"];
    if lines.iter().any(|line| !head.lines().any(|one| one == *line)) {
        return Err(format!("not {lines:?}: {head}"));
    }
    if head.contains("access-control-") {
        return Err(format!("it allows other origins: {head}"));
    }
    let words = |name: &str| heard.body[name].as_str().is_some_and(|text| !text.is_empty());
    let whole = heard.body["status"] == json!(heard.status)
        && words("title")
        && words("detail")
        && words("hint")
        && heard.body["retry"].is_boolean();
    if problem && !whole { Err(format!("not a whole problem: {heard:?}")) } else { Ok(()) }
}

fn ask(node: &SingleNode, call: &Call, ground: &Ground) -> Heard {
    let body = match &call.body {
        CallBody::Bytes(bytes) => bytes.clone(),
        CallBody::Payment(edits) => payment(ground, edits).into_bytes(),
    };
    let at = node.socket(false);
    let mut stream = TcpStream::connect(&at).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let head = call.head.replace("HOST", &at);
    let head = format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).expect("sent");
    // The node may answer and close before it has read all of a body that is too large.
    let _refused = stream.write_all(&body);
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    Heard { status, head: head.into(), body }
}

/// A good payment as JSON, with texts replaced.
fn payment(ground: &Ground, edits: &[(&str, &str)]) -> String {
    let pay = coinage_protocol::Action::Transfer {
        token: coin(),
        from: address(&account(7)),
        to: address(&account(61)),
        amount: units(1),
    };
    let (chain, until) = (ground.spec.chain(), ground.expires_at());
    let one = transaction(chain, &[&account(7)], 77, until, vec![pay]);
    let mut text = body(&one, false).to_string();
    for (from, to) in edits {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replacen(from, to, 1);
    }
    text
}

/// Checks whether a text stands in a value, as the whole of some value within.
fn says(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Array(all) => all.iter().any(|one| says(one, text)),
        Value::Object(all) => all.values().any(|one| says(one, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
