//! What a node refuses to everybody.

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
    served.get("/v2/status").await.is_problem(404, "http.not_found");
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

#[tokio::test]
async fn more_clients_than_places_are_served_one_after_the_other() {
    let served = Served::new().await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(served.address).await.expect("the kernel queues it"));
    }
    // Served once the idle ones have been disconnected.
    assert_eq!(served.get("/health/live").await.status, 200);
    served.stop().await;
}
