//! Inputs that are tried over HTTP.

use coinage_protocol::{Text, Transaction, encode};

use super::limits::{signed, single};
use super::setup::Ground;
use super::{Call, CallBody, Delivery, Entry, Expected, SOCKET, Sample, Submitted, entry, told};

pub(super) const ENTRIES: &[Entry] = &[
    entry("A1", "what is no JSON is refused", SOCKET, bad_json),
    entry("A2", "wrong types are refused", SOCKET, wrong_types),
    entry("A3", "numbers are whole and not negative", SOCKET, numbers),
    entry("A4", "a key stands once, and is known", SOCKET, keys),
    entry("A5", "bodies and limits are bounded", SOCKET, huge),
    entry("A6", "foreign hosts and origins get nothing", SOCKET, foreign),
    told(
        "A7",
        "slow clients shut nobody out",
        &[
            "half_open_and_slow_connections_shut_nobody_out",
            "a_thousand_requests_in_one_breath_are_all_answered",
        ],
    ),
    told(
        "A8",
        "the same transaction 100 times at once is included once",
        &["the_same_transaction_a_hundred_times_at_once_is_included_once"],
    ),
    entry("A9", "script comes back as text", SOCKET, script),
    told(
        "A10",
        "a reorg during paging confuses nobody",
        &["a_reorg_between_two_pages_is_told_and_says_where_to_begin_again"],
    ),
    told(
        "A11",
        "a stream that is never read holds nobody up",
        &["a_thousand_slow_clients_cost_an_authority_no_slot_and_nobody_an_answer"],
    ),
    entry("A12", "unknown routes and methods are refused", SOCKET, routes),
    entry("A13", "only JSON is taken", SOCKET, media_types),
    entry("A14", "parameters that are none are refused", SOCKET, parameters),
];

const BAD_JSON: (u16, &str) = (400, "request.bad_json");
const POST: &str = "POST /v1/transactions HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json";

fn call(what: &str, head: &str, body: CallBody, (status, code): (u16, &'static str)) -> Sample {
    let call = Call { head: head.into(), body };
    Sample::new(what, Delivery::Call(call), Expected::answer(status, code))
}

fn posted(what: &str, body: &[u8], answer: (u16, &'static str)) -> Sample {
    call(what, POST, CallBody::Bytes(body.to_vec()), answer)
}

fn got(path: &str, answer: (u16, &'static str)) -> Sample {
    let head = format!("GET {path} HTTP/1.1\r\nHost: HOST");
    call(path, &head, CallBody::Bytes(Vec::new()), answer)
}

fn edited(what: &str, edits: &'static [(&'static str, &'static str)]) -> Sample {
    call(what, POST, CallBody::Payment(edits), BAD_JSON)
}

fn bad_json(_: &Ground) -> Vec<Sample> {
    vec![
        posted("nothing", b"", BAD_JSON),
        posted("garbage", b"garbage", BAD_JSON),
        posted("an empty object", b"{}", BAD_JSON),
        posted("half an object", b"{\"transaction\":", BAD_JSON),
        posted("no UTF-8", b"\xff\xfe\xfd", BAD_JSON),
        posted("a lone surrogate", b"{\"bytes\":\"\\ud800\"}", BAD_JSON),
        posted("two documents", b"{\"bytes\":\"\"}{\"bytes\":\"\"}", BAD_JSON),
        posted("a comment", b"{\"bytes\":\"\"} // fine", BAD_JSON),
        posted("100,000 brackets", "[".repeat(100_000).as_bytes(), BAD_JSON),
        posted("100,000 braces", "{\"a\":".repeat(100_000).as_bytes(), BAD_JSON),
        posted("no base64", b"{\"bytes\":\"***\"}", BAD_JSON),
        posted("both forms", b"{\"bytes\":\"\",\"transactions\":[]}", BAD_JSON),
    ]
}

fn wrong_types(_: &Ground) -> Vec<Sample> {
    vec![
        posted("null", b"null", BAD_JSON),
        posted("a number", b"1", BAD_JSON),
        posted("a text", b"\"text\"", BAD_JSON),
        posted("a list of numbers", b"[1]", BAD_JSON),
        posted("an empty transaction", b"{\"transaction\":{}}", BAD_JSON),
        posted("bytes that are a number", b"{\"bytes\":1}", BAD_JSON),
        posted("park that is a text", b"{\"bytes\":\"\",\"park\":\"yes\"}", BAD_JSON),
        edited("a salt that is a number", &[("\"77\"", "77")]),
        edited("a salt that is a list", &[("\"77\"", "[\"77\"]")]),
        edited("a salt that is null", &[("\"77\"", "null")]),
        edited("an action of no type", &[(",\"type\":\"transfer\"", "")]),
        edited("an action of another type", &[("\"transfer\"", "\"steal\"")]),
    ]
}

fn numbers(_: &Ground) -> Vec<Sample> {
    vec![
        edited("a float", &[("\"amount\":\"1\"", "\"amount\":1.5")]),
        edited("a float as text", &[("\"amount\":\"1\"", "\"amount\":\"1.5\"")]),
        edited("a negative amount", &[("\"amount\":\"1\"", "\"amount\":\"-1\"")]),
        edited("a negative number", &[("\"amount\":\"1\"", "\"amount\":-1")]),
        edited("a number", &[("\"amount\":\"1\"", "\"amount\":1")]),
        edited("an exponent", &[("\"amount\":\"1\"", "\"amount\":\"1e3\"")]),
        edited("a hexadecimal number", &[("\"amount\":\"1\"", "\"amount\":\"0x1\"")]),
        edited("a plus", &[("\"amount\":\"1\"", "\"amount\":\"+1\"")]),
        edited("a leading zero", &[("\"amount\":\"1\"", "\"amount\":\"01\"")]),
        edited("a blank", &[("\"amount\":\"1\"", "\"amount\":\" 1\"")]),
        edited("no digits", &[("\"amount\":\"1\"", "\"amount\":\"\"")]),
        edited("NaN", &[("\"amount\":\"1\"", "\"amount\":\"NaN\"")]),
        edited("other digits", &[("\"amount\":\"1\"", "\"amount\":\"\u{661}\"")]),
        edited("10^30 + 1", &[("\"amount\":\"1\"", TOO_MUCH)]),
        edited("2^128", &[("\"amount\":\"1\"", WRAPPED)]),
        edited("a salt of 2^64", &[("\"77\"", "\"18446744073709551616\"")]),
        edited("a negative salt", &[("\"77\"", "\"-77\"")]),
        edited("a salt with a zero before it", &[("\"77\"", "\"077\"")]),
        edited("a salt that is a float", &[("\"77\"", "77.5")]),
    ]
}

const TOO_MUCH: &str = "\"amount\":\"1000000000000000000000000000001\"";
const WRAPPED: &str = "\"amount\":\"340282366920938463463374607431768211456\"";

fn keys(_: &Ground) -> Vec<Sample> {
    vec![
        edited("an amount twice", &[("\"amount\":", "\"amount\":\"1\",\"amount\":")]),
        edited("a salt twice", &[("\"salt\":", "\"salt\":\"77\",\"salt\":")]),
        edited("a surprise in an action", &[("\"amount\":", "\"surprise\":1,\"amount\":")]),
        edited("a surprise in a body", &[("\"salt\":", "\"surprise\":1,\"salt\":")]),
        posted("bytes twice", b"{\"bytes\":\"AAAA\",\"bytes\":\"AAAA\"}", BAD_JSON),
        posted("a surprise outside", b"{\"bytes\":\"AAAA\",\"surprise\":1}", BAD_JSON),
        call("nothing of it", POST, CallBody::Payment(&[]), (202, "")),
    ]
}

fn huge(_: &Ground) -> Vec<Sample> {
    let too_large = (413, "http.body_too_large");
    let limit = (400, "request.bad_limit");
    let many = format!("[{}]", vec!["{\"bytes\":\"\"}"; 1_001].join(","));
    let mut all = vec![
        posted("5 MiB", &vec![b' '; 5 * 1024 * 1024], too_large),
        posted("1,001 at once", many.as_bytes(), (400, "request.too_many")),
    ];
    let parameter = (400, "request.bad_parameter");
    for list in ["blocks", "tokens", "peers", "mempool", "chain/reorgs", "chain/tips"] {
        for word in ["0", "1001", "1000000000", "18446744073709551615"] {
            all.push(got(&format!("/v1/{list}?limit={word}"), limit));
        }
        for word in ["-1", "1.5", "x", ""] {
            all.push(got(&format!("/v1/{list}?limit={word}"), parameter));
        }
    }
    all
}

fn foreign(_: &Ground) -> Vec<Sample> {
    let nothing = || CallBody::Bytes(Vec::new());
    let host = |host: &str| {
        let head = format!("GET /v1/status HTTP/1.1\r\nHost: {host}");
        call(host, &head, nothing(), (403, "http.host_not_allowed"))
    };
    let origin = "GET /v1/status HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example";
    let asks = "OPTIONS /v1/transactions HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\n\
                Access-Control-Request-Method: POST\r\n\
                Access-Control-Request-Headers: content-type";
    let form = "POST /v1/transactions HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\n\
                Content-Type: text/plain";
    let same = "GET /v1/status HTTP/1.1\r\nHost: HOST\r\nSec-Fetch-Site: same-site";
    vec![
        host("evil.example"),
        host("127.0.0.1.evil.example"),
        host("localhost.evil.example:8600"),
        host("<script>alert(1)</script>"),
        host("192.0.2.1"),
        // The runner sees to it that no answer allows another origin to read it.
        call("a foreign page reads", origin, nothing(), (200, "")),
        call("a foreign page asks", asks, nothing(), (405, "http.method_not_allowed")),
        call("a foreign page posts", form, CallBody::Payment(&[]), (403, "http.site_not_allowed")),
        call("another port of localhost", same, nothing(), (403, "http.site_not_allowed")),
    ]
}

const SCRIPT: &str = "<script>alert(1)</script>&\"'";

fn script(ground: &Ground) -> Vec<Sample> {
    let make = || -> Transaction {
        let mut body = ground.payment().body;
        body.memo = Text::try_from(SCRIPT).expect("short and without control characters");
        signed(ground, body, &[single(7)])
    };
    let one = make();
    let id = one.body.id(ground.spec.chain());
    let submission = Delivery::Submission(encode(&one));
    let mut shown = got(&format!("/v1/transactions/{id}"), (200, ""));
    shown.expected.submitted = Some(Submitted { status: 200, code: "", says: SCRIPT });
    let parameter = (400, "request.bad_parameter");
    vec![
        Sample::new("in a memo", submission, Expected::answer(202, "")),
        shown,
        got("/v1/blocks/%3Cscript%3Ealert(1)%3C%2Fscript%3E", parameter),
        got("/v1/tokens/%3Cscript%3E", parameter),
        got("/v1/%3Cscript%3Ealert(1)%3C%2Fscript%3E", (404, "http.not_found")),
    ]
}

fn routes(_: &Ground) -> Vec<Sample> {
    let nothing = || CallBody::Bytes(Vec::new());
    let mut all = Vec::new();
    for path in ["/v1", "/v1/", "/v1/status/", "/v1/keys", "/v1/../v1/status", "/v1/%00"] {
        all.push(got(path, (404, "http.not_found")));
    }
    for method in ["DELETE", "PUT", "PATCH", "POST", "TRACE", "BREW"] {
        let head = format!("{method} /v1/status HTTP/1.1\r\nHost: HOST");
        all.push(call(method, &head, nothing(), (405, "http.method_not_allowed")));
    }
    all.push(got("/v1/transactions", (405, "http.method_not_allowed")));
    all
}

fn media_types(_: &Ground) -> Vec<Sample> {
    let typed = |kind: &str| {
        let head = format!("POST /v1/transactions HTTP/1.1\r\nHost: HOST\r\nContent-Type: {kind}");
        call(kind, &head, CallBody::Payment(&[]), (415, "http.json_required"))
    };
    let none = "POST /v1/transactions HTTP/1.1\r\nHost: HOST";
    let mut all = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json-seq",
        "text/json",
    ]
    .map(typed)
    .to_vec();
    all.push(call("none", none, CallBody::Payment(&[]), (415, "http.json_required")));
    all
}

fn parameters(_: &Ground) -> Vec<Sample> {
    let parameter = (400, "request.bad_parameter");
    let cursor = (400, "request.bad_cursor");
    let unknown = (404, "block.unknown");
    let long = "a".repeat(2_000);
    vec![
        got("/v1/blocks/-1", parameter),
        got("/v1/blocks/1.5", parameter),
        got("/v1/blocks/99999999999999999999999", parameter),
        got("/v1/blocks/99999999", unknown),
        got("/v1/blocks/18446744073709551615", unknown),
        got(&format!("/v1/blocks/{}", "ab".repeat(32)), unknown),
        got(&format!("/v1/blocks/{}", "zz".repeat(32)), parameter),
        got(&format!("/v1/blocks/{long}"), parameter),
        got("/v1/transactions/abc", parameter),
        got(&format!("/v1/transactions/{}", "ab".repeat(32)), (404, "transaction.unknown")),
        got("/v1/tokens/gold", parameter),
        got("/v1/tokens/NOPE", (404, "token.unknown")),
        got("/v1/accounts/nobody", parameter),
        got(&format!("/v1/accounts/{}", "ab".repeat(32)), parameter),
        got("/v1/blocks?cursor=nonsense", cursor),
        got("/v1/tokens?cursor=nonsense", cursor),
        got("/v1/mempool?cursor=nonsense", cursor),
    ]
}
