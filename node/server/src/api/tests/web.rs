//! Pages of a node, as a browser asks for them.

use super::*;

/// Asks as a browser does, with these lines in the head.
async fn ask(served: &Served, request: &str, lines: &str) -> Got {
    let head = format!("{request} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n");
    served.raw(head.as_bytes()).await
}

async fn read(served: &Served, path: &str) -> Got {
    ask(served, &format!("GET {path}"), "Host: localhost\r\n").await
}

/// The value of a line of an answer's head, in lower case.
fn line<'a>(got: &'a Got, name: &str) -> Option<&'a str> {
    got.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn each_page_shows_what_the_api_says_and_obeys_one_policy() {
    let served = Served::new().await;
    served.finalize(5);
    let head = served.get("/v1/blocks/head").await.body;
    let (hash, height) = (head["hash"].as_str().expect("a hash"), &head["height"]);
    let paid = served.get("/v1/blocks/3").await.body;
    let id = paid["transactions"][0]["id"].as_str().expect("a payment").to_owned();
    let sender = paid["transactions"][0]["transaction"]["body"]["sender"].as_str().expect("who");
    let account = served.get(&format!("/v1/accounts/{sender}")).await.body;
    let held = account["items"][0]["amount"].as_str().expect("an amount").to_owned();
    for (path, says) in [
        ("/".to_owned(), height.as_str().expect("a height").to_owned()),
        (format!("/block/{hash}"), "not final yet".to_owned()),
        ("/block/3".to_owned(), format!("/tx/{id}")),
        (format!("/tx/{id}"), "nothing undoes it any more".to_owned()),
        (format!("/account/{sender}"), id.clone()),
        ("/blocks?below=4".to_owned(), "/block/".to_owned()),
        ("/blocks".to_owned(), hash.to_owned()),
        ("/tokens".to_owned(), "/token/GOLD".to_owned()),
        ("/token/GOLD".to_owned(), "100.0 %".to_owned()),
        ("/network".to_owned(), "authority 1".to_owned()),
    ] {
        let got = read(&served, &path).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        assert!(got.text.contains(&says), "{says} in {path}: {}", got.text);
        let policy = line(&got, "content-security-policy").expect("a policy");
        for part in ["default-src 'none'", "trusted-types 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(line(&got, "cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(line(&got, "referrer-policy"), Some("no-referrer"));
        assert_eq!(line(&got, "cache-control"), Some("no-cache"), "{path}");
    }
    let shown = read(&served, &format!("/account/{sender}")).await.text;
    let digits: String = shown.split("id=\"balances\"").nth(1).expect("balances").chars().collect();
    let digits = digits.split("<span class=\"amount\">").nth(1).expect("one");
    let digits: String = digits.split(' ').next().expect("figures").replace([',', '.'], "");
    assert_eq!(digits.parse::<u128>().ok(), held.parse().ok(), "{shown}");
    served.stop().await;
}

#[tokio::test]
async fn a_page_that_says_the_same_is_not_sent_again() {
    let served = Served::new().await;
    let first = read(&served, "/block/3").await;
    let tag = line(&first, "etag").expect("a tag").to_owned();
    let again = async |lines: String| ask(&served, "GET /block/3", &lines).await;
    let same = again(format!("Host: localhost\r\nIf-None-Match: {tag}\r\n")).await;
    assert_eq!((same.status, same.text.as_str()), (304, ""), "{}", same.head);
    let other = format!("Host: localhost\r\nIf-None-Match: {tag}\r\nAccept-Language: ko\r\n");
    let other = again(other).await;
    assert_eq!(other.status, 200, "another language is another page");
    served.finalize(5);
    let changed = again(format!("Host: localhost\r\nIf-None-Match: {tag}\r\n")).await;
    assert_eq!(changed.status, 200, "it is final now");
    served.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_page_with_a_way_on_and_programs_get_problems() {
    let served = Served::new().await;
    for (path, status) in [
        ("/nothing", 404),
        ("/block/99", 404),
        ("/block/zebra", 400),
        ("/blocks?below=x", 400),
        ("/token/NONE", 404),
        ("/token/!", 400),
        ("/tokens?cursor=x", 400),
        ("/tx/12", 400),
        (&format!("/tx/{}", "0".repeat(64)), 404),
        ("/account/coin1nobody", 400),
        ("/search?q=zebra", 404),
        (&format!("/search?q={}", "a".repeat(81)), 400),
        ("/search?q=zoo%20zoo", 400),
        ("/assets/0123456789abcdef/page.js", 404),
        ("/play/pay", 405),
    ] {
        let got = read(&served, path).await;
        assert_eq!(got.status, status, "{path}: {}", got.text);
        assert!(got.head.contains("content-type: text/html"), "{path}: {}", got.head);
        assert!(got.text.contains("<main") && got.text.contains("href=\"/\""), "{}", got.text);
    }
    for path in ["//evil.example/x", "/\\evil.example/x", "///evil.example/x?a=b"] {
        let got = read(&served, path).await;
        let slashes = ["href=\"//", "href=\"/\\"];
        let leads_away = slashes.iter().any(|start| got.text.contains(start));
        assert!(got.status == 404 && !leads_away, "{path}: {}", got.text);
        assert!(got.text.contains("href=\"/evil.example/x?"), "{path}: {}", got.text);
    }
    let foreign = ask(&served, "GET /", "Host: evil.example\r\n").await;
    assert_eq!(foreign.status, 403, "{}", foreign.text);
    served.get("/v1/blocks/99").await.is_problem(404, "block.unknown");
    // Nobody on this network has a published key.
    let lines = "Host: localhost\r\nContent-Length: 0\r\n";
    let paid = ask(&served, "POST /play/pay", lines).await;
    assert_eq!(paid.status, 404, "{}", paid.text);
    served.stop().await;
}

#[tokio::test]
async fn a_search_leads_to_the_page_of_what_was_named() {
    let served = Served::new().await;
    let block = served.get("/v1/blocks/3").await.body;
    let hash = block["hash"].as_str().expect("a hash");
    let id = block["transactions"][0]["id"].as_str().expect("an id");
    let of = block["transactions"][0]["transaction"]["body"]["sender"].as_str().expect("who");
    for (named, path) in [
        ("3", "/block/3".to_owned()),
        (hash, format!("/block/{hash}")),
        (id, format!("/tx/{id}")),
        (of, format!("/account/{of}")),
        ("%20final%20", "/block/final".to_owned()),
        // The head of an answer is read in lower case here.
        ("gold", "/token/gold".to_owned()),
        ("", "/".to_owned()),
    ] {
        let got = read(&served, &format!("/search?q={named}")).await;
        assert_eq!((got.status, line(&got, "location")), (303, Some(path.as_str())), "{named}");
    }
    served.stop().await;
}

#[tokio::test]
async fn what_pages_of_others_ask_for_is_refused_unless_the_operator_allows_them() {
    let site = "https://wallet.example";
    let origins = vec![site.parse().expect("an origin")];
    let served = Served::with(Options { origins, ..Options::default() }).await;
    let status = async |request: &str, lines: &str| {
        ask(&served, request, &format!("Host: localhost:8600\r\n{lines}")).await.status
    };
    let navigates = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    let frames = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n";
    for from in ["cross-site", "same-site"] {
        let from = format!("Sec-Fetch-Site: {from}\r\n");
        for request in ["GET /", "GET /v1/status", "POST /v1/transactions", "POST /play/pay"] {
            assert_eq!(status(request, &from).await, 403, "{request} {from}");
        }
        assert_eq!(status("GET /", &format!("{from}{navigates}")).await, 200);
        assert_eq!(status("GET /", &format!("{from}{frames}")).await, 403);
        assert_eq!(status("POST /play/pay", &format!("{from}{navigates}")).await, 403);
        let allowed = format!("{from}Origin: {site}\r\n");
        assert_eq!(status("GET /v1/status", &allowed).await, 200);
    }
    for (origin, answer) in [
        ("", 404),
        ("Origin: http://localhost:8600\r\n", 404),
        ("Origin: http://localhost:8601\r\n", 403),
        ("Origin: null\r\n", 403),
        (&format!("Origin: {site}\r\n"), 404),
    ] {
        assert_eq!(status("POST /play/pay", origin).await, answer, "{origin}");
    }
    for from in ["none", "same-origin"] {
        assert_eq!(status("GET /", &format!("Sec-Fetch-Site: {from}\r\n")).await, 200);
    }
    served.stop().await;
}

#[tokio::test]
async fn older_blocks_follow_without_a_gap_down_to_the_first() {
    let served = Served::new().await;
    let heights = |page: &str| {
        let links = page.split("<th scope=\"row\"><a href=\"/block/").skip(1);
        let shown = links.filter_map(|link| link.split("\">block ").nth(1)?.split('<').next());
        shown.map(|height| height.parse::<u64>().expect("a height")).collect::<Vec<_>>()
    };
    let all = read(&served, "/blocks").await.text;
    assert_eq!(heights(&all), (0..=12).rev().collect::<Vec<_>>());
    assert!(!all.contains("rel=\"next\""), "there is nothing older");
    let counts = all.split("<td class=\"number\">").skip(1);
    let counts = counts.map(|cell| cell.split('<').next().expect("a count").to_owned());
    for (height, count) in (0..=12).rev().zip(counts) {
        let block = served.get(&format!("/v1/blocks/{height}")).await.body;
        let held = block["transactions"].as_array().expect("a list").len();
        assert_eq!(count, held.to_string(), "block {height}");
    }
    let part = read(&served, "/blocks?below=5").await.text;
    assert_eq!(heights(&part), [4, 3, 2, 1, 0]);
    assert!(!part.contains("data-changes"), "the past does not change");
    served.stop().await;
}

#[tokio::test]
async fn the_tree_shows_the_chain_and_the_branch_that_was_left() {
    let served = Served::new().await;
    served.finalize(5);
    let old = served.get("/v1/blocks/head").await.body["hash"].clone();
    let mut other = served.world.genesis();
    served.world.extend_by(&mut other, 10, 0);
    served.world.extend_by(&mut other, 3, 1);
    served.storage.write(&[served.branch.reorg_to(&other)]).expect("writes");
    let tree = served.get("/v1/chain/tree").await.body;
    assert_eq!(tree["final_height"], "5");
    let blocks = tree["blocks"].as_array().expect("blocks").clone();
    let of = |branch: &str| {
        let some = blocks.iter().filter(|one| one["branch"] == branch);
        some.map(|one| one["height"].as_str().expect("a height").to_owned()).collect::<Vec<_>>()
    };
    let chain: Vec<_> = (0..=13).rev().map(|height: u64| height.to_string()).collect();
    assert_eq!(of("chain"), chain);
    assert_eq!(of("left"), ["12", "11"]);
    assert!(blocks.iter().any(|one| one["branch"] == "left" && one["hash"] == old), "{tree}");
    for (at, one) in blocks.iter().enumerate().filter(|(_, one)| one["height"] != "0") {
        let parent = blocks.iter().position(|other| other["hash"] == one["previous"]);
        assert!(parent > Some(at), "{one} has its parent below it");
    }
    let part = served.get("/v1/chain/tree?limit=3").await.body;
    assert_eq!(part["blocks"].as_array().map(Vec::len), Some(3), "{part}");
    for limit in ["0", "201"] {
        let refused = served.get(&format!("/v1/chain/tree?limit={limit}")).await;
        refused.is_problem(400, "request.bad_limit");
    }
    let shown = read(&served, "/tree").await.text;
    assert_eq!(shown.matches("class=\"left\"").count(), 2, "{shown}");
    assert!(shown.contains(&format!("/block/{}", old.as_str().expect("a hash"))), "{shown}");
    served.stop().await;
}
