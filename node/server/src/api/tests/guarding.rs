//! Requests and connections that a node refuses to everybody.

use super::*;

#[tokio::test]
async fn foreign_hosts_wrong_routes_and_bad_parameters_are_problems() {
    let served = Served::new().await;
    for host in ["Host: evil.example\r\n", "", "Host: localhost\r\nHost: evil.example\r\n"] {
        let head = format!("GET /v1/status HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        served.raw(head.as_bytes()).await.is_problem(403, "http.host_not_allowed");
    }
    let ours = format!(
        "GET /health/live HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        served.address
    );
    assert_eq!(served.raw(ours.as_bytes()).await.status, 200);
    served.get("/v1/nothing").await.is_problem(404, "http.not_found");
    let wrong = served.get("/v1/transactions").await;
    wrong.is_problem(405, "http.method_not_allowed");
    assert!(wrong.head.contains("allow: post"), "{}", wrong.head);
    served.get("/v1/blocks?limit=1001").await.is_problem(400, "request.bad_limit");
    served.get("/v1/blocks?limit=-1").await.is_problem(400, "request.bad_parameter");
    served.get("/v1/blocks?surplus=1").await.is_problem(400, "request.bad_parameter");
    served.get("/v1/blocks?cursor=x").await.is_problem(400, "request.bad_cursor");
    served.get("/v1/blocks/%ff").await.is_problem(400, "request.bad_parameter");
    served.stop().await;
}

#[tokio::test]
async fn names_that_the_operator_allows_are_the_node_s_and_no_others() {
    let hosts = ["node.example", "192.0.2.7", "2001:db8::1"];
    let hosts = hosts.map(|host| host.parse().expect("a name")).into();
    let served = Served::with(Options { hosts, ..Options::default() }).await;
    let ask = async |host: &str, path: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        served.raw(head.as_bytes()).await
    };
    for ours in ["node.example", "NODE.example:8080", "192.0.2.7:80", "[2001:db8::1]:8600"] {
        for path in ["/health/live", "/metrics", "/v1/status"] {
            assert_eq!(ask(ours, path).await.status, 200, "{ours} {path}");
        }
    }
    for foreign in ["other.example", "sub.node.example", "node.example.evil", "192.0.2.8"] {
        let refused = ask(foreign, "/health/live").await;
        refused.is_problem(403, "http.host_not_allowed");
        assert!(refused.text.contains("--api-host"), "{}", refused.text);
    }
    served.stop().await;
}

/// The line of an answer's head that says which pages may read it.
fn readable_by(got: &Got) -> Option<&str> {
    got.head.lines().find_map(|line| line.strip_prefix("access-control-allow-origin: "))
}

#[tokio::test]
async fn pages_of_the_sites_that_the_operator_allows_may_use_the_api_and_no_others() {
    let site = "https://wallet.example";
    let origins = vec![site.parse().expect("an origin")];
    let served = Served::with(Options { origins, ..Options::default() }).await;
    let closed = Served::new().await;
    let ask = async |served: &Served, method: &str, origin: &str, more: &str| {
        let head = format!(
            "{method} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: {origin}\r\n\
             {more}\r\n"
        );
        served.raw(head.as_bytes()).await
    };
    let preflight = "Access-Control-Request-Method: POST\r\n\
                     Access-Control-Request-Headers: content-type\r\n";
    // Refusals can be read as well.
    for path in ["GET /v1/status", "GET /v1/nowhere", "GET /v1/blocks?limit=-1"] {
        assert_eq!(readable_by(&ask(&served, path, site, "").await), Some(site), "{path}");
    }
    let asked = ask(&served, "OPTIONS /v1/transactions", site, preflight).await;
    assert_eq!((asked.status, readable_by(&asked)), (200, Some(site)), "{}", asked.head);
    assert!(asked.head.contains("access-control-allow-methods: get,post"), "{}", asked.head);
    assert!(asked.head.contains("access-control-allow-headers: content-type"), "{}", asked.head);
    for foreign in
        ["https://evil.example", "http://wallet.example", "null", "https://wallet.example.evil"]
    {
        for method in ["GET /v1/status", "OPTIONS /v1/transactions"] {
            let got = ask(&served, method, foreign, preflight).await;
            assert_eq!(readable_by(&got), None, "{method} from {foreign}: {}", got.head);
        }
    }
    // Without a word of the operator nobody's pages may.
    let got = ask(&closed, "GET /v1/status", site, "").await;
    assert_eq!((got.status, readable_by(&got)), (200, None));
    ask(&closed, "OPTIONS /v1/transactions", site, preflight)
        .await
        .is_problem(405, "http.method_not_allowed");
    served.stop().await;
    closed.stop().await;
}

#[tokio::test]
async fn a_node_that_stops_ends_waits_and_silent_connections() {
    let served = Served::new().await;
    let silent = TcpStream::connect(served.address).await.expect("connects");
    let id = served.accept(served.payment()).id();
    let path = format!("/v1/transactions/{id}/wait?for=included");
    let mut waiting = TcpStream::connect(served.address).await.expect("connects");
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    waiting.write_all(head.as_bytes()).await.expect("sends");
    served.get("/health/live").await;
    served.stop().await;
    drop(silent);
    let mut rest = Vec::new();
    let _ = waiting.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_request_is_disconnected() {
    let served = Served::new().await;
    let mut slow = TcpStream::connect(served.address).await.expect("connects");
    slow.write_all(b"GET /v1/status HTTP/1.1\r\nHost: local").await.expect("sends");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "still connected");
    served.stop().await;
}

/// Plays a client that holds as many connections as it gets.
async fn besiege(served: &Served, first_words: &str, count: usize) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(served.address).await.expect("connects");
        stream.write_all(first_words.as_bytes()).await.expect("sends");
        held.push(stream);
    }
    held
}

#[tokio::test]
async fn nobody_keeps_others_out_by_holding_connections() {
    let served = Served::new().await;
    let id = served.accept(served.payment()).id();
    let wait = format!("GET /v1/transactions/{id}/wait?for=included HTTP/1.1\r\nHost: ::\r\n\r\n");
    let wait = wait.replace("::", "localhost");
    let slow_body = "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\n\
                     Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let mut held = Vec::new();
    for words in ["", "GET /v1/status HTTP/1.1\r\nHost: local", slow_body, &wait] {
        held.extend(besiege(&served, words, 250).await);
        let begun = std::time::Instant::now();
        for path in ["/health/live", "/v1/status", "/v1/blocks/head"] {
            assert_eq!(served.get(path).await.status, 200, "{words}");
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?} after {words:?}");
    }
    drop(held);
    served.stop().await;
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_not_waited_for() {
    let patience = Duration::from_secs(2);
    let served = Served::with(Options { answer_time_max: patience, ..Options::default() }).await;
    let mut reader = TcpStream::connect(served.address).await.expect("connects");
    let request = "GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n";
    // More than the kernel takes for a client that reads nothing.
    let many = request.repeat(512);
    reader.write_all(many.as_bytes()).await.expect("sends");
    served.get("/health/live").await;
    tokio::time::sleep(patience * 2).await;
    let mut taken = Vec::new();
    let ended = reader.read_to_end(&mut taken).await;
    let whole = taken.windows(15).filter(|bytes| bytes == b"HTTP/1.1 200 OK").count();
    assert!(ended.is_err() || whole < 512, "{whole} answers");
    served.stop().await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_try_again() {
    let quota = NonZeroU32::new(3).expect("not zero");
    let served = Served::with(Options { requests_per_second: quota, ..Options::default() }).await;
    let mut refused = None;
    for _ in 0..20 {
        let got = served.get("/v1/peers").await;
        if got.status == 429 {
            refused = Some(got);
            break;
        }
    }
    let refused = refused.expect("twenty at once are more than three in a second");
    refused.is_problem(429, "http.too_many_requests");
    assert!(refused.head.contains("retry-after: 1\r\n"), "{}", refused.head);
    assert_eq!(refused.body["details"]["retry_after"], "1");
    assert_eq!(refused.body["retry"], true);
    assert_eq!(served.get("/health/live").await.status, 200, "it does not count");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(served.get("/v1/peers").await.status, 200, "as promised");
    served.stop().await;
}
