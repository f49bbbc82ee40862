//! Pages of a devnet as its owner meets them: where they are, how they open, who else is there.

use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;

use coinage_tests::program::{Desk, eventually};
use serde_json::Value;

use crate::PROGRAM;

const START: &str = "devnet --dir net --nodes 2 --slot 250ms --detach";

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Lets the devnet open a browser, which is a script here.
#[test]
fn the_first_command_names_the_page_opens_it_and_one_click_pays() {
    let desk = Desk::new(PROGRAM);
    let (browser, opened) = (desk.path("browser"), desk.path("opened"));
    let script =
        format!("#!/bin/sh\necho \"$1\" > '{}.new' && mv '{0}.new' '{0}'\n", opened.display());
    std::fs::write(&browser, script).expect("written");
    std::fs::set_permissions(&browser, PermissionsExt::from_mode(0o755)).expect("set");
    let mut command = desk.command(&words(&format!("{START} --base-port 0 --open")));
    let said = desk.finish({
        command.env("BROWSER", &browser);
        command
    });
    assert_eq!(said.code, 0, "{said:?}");
    let line = said.out.lines().next().expect("a line");
    let url = line.strip_prefix("In a browser: ").and_then(|rest| rest.split(' ').next());
    let url = url.expect("the page comes first").to_owned();
    assert!(url.starts_with("http://localhost:"), "{url}");
    eventually("the browser is opened", || {
        std::fs::read_to_string(&opened).is_ok_and(|text| text.trim() == url)
    });

    let get = |path: &str| {
        let answer = ureq::get(format!("{url}{path}")).call().expect("it answers");
        answer.into_body().read_to_string().expect("text")
    };
    assert!(get("").contains("Let alice pay bob 1.00 COIN"), "{}", get(""));
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).build().into();
    let paid = agent.post(format!("{url}play/pay")).send_empty().expect("it answers");
    let next = paid.headers()["location"].to_str().expect("text").to_owned();
    let id = next.strip_prefix("/?paid=").expect("where it is to be seen").to_owned();
    eventually("it is final", || get(&format!("tx/{id}")).contains("nothing undoes it any more"));
    let shown = desk.run(&["--node", url.trim_end_matches('/'), "tx", "show", &id, "--json"]);
    let shown: Value = serde_json::from_str(&shown.out).expect("an envelope");
    assert_eq!(shown["data"]["status"], "final", "{shown}");
    assert_eq!(desk.run(&["devnet", "--dir", "net", "stop"]).code, 0);
}

/// Takes the other loopback address of the port: a browser could reach whoever is there.
#[test]
fn nothing_starts_while_a_stranger_has_the_port_at_the_other_loopback_address() {
    let desk = Desk::new(PROGRAM);
    // Free at both addresses, and as far as can be seen with 1000 more.
    let stranger = (20_000..30_000).find_map(|port| {
        let at = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        let all = [port, port + 1, port + 1000, port + 1001].into_iter().all(free);
        all.then(|| TcpListener::bind(at).ok()).flatten()
    });
    let Some(stranger) = stranger else { return };
    let port = stranger.local_addr().expect("bound").port();
    let said = desk.run(&words(&format!("{START} --base-port {port}")));
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    assert!(said.err.contains("devnet.port_taken"), "{said:?}");
    assert!(said.err.contains(&port.to_string()), "{said:?}");
    drop(stranger);
    let said = desk.run(&words(&format!("{START} --base-port {port}")));
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(desk.run(&["devnet", "--dir", "net", "stop"]).code, 0);
}
