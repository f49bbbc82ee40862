//! Asks a node for its status, then follows its head, its reorgs, and what becomes final.
//!
//! Beside `coinage devnet`: `cargo run -p coinage-client --example follow -- URL`; without a URL
//! the first node of the devnet is asked. Ctrl-C ends it.

use std::env;
use std::error::Error;
use std::io::{self, Write};

use coinage_client::Client;
use coinage_model::event::EventJson;
use coinage_model::status::StatusJson;

/// URL of the first node of a devnet.
const LOCAL: &str = "http://127.0.0.1:8600";

fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| LOCAL.to_owned());
    let client = Client::new(&url)?;
    let mut out = io::stdout().lock();

    let StatusJson { node, network, head, peers, sync, .. } = client.get("/v1/status", &[])?;
    writeln!(out, "{node} of {network}: {:?}, {peers} peers", sync.state)?;
    writeln!(out, "head {} {}", head.height, head.hash)?;

    let types = [("types", "head,reorg,final".to_owned())];
    let mut last: Option<String> = None;
    loop {
        // Whoever says which event came last misses nothing, or is told so by a reset.
        let mut stream = client.events(&types, last.as_deref(), None)?;
        while let Some(received) = stream.receive()? {
            tell(&mut out, &received.event)?;
        }
        last = stream.last_id().map(str::to_owned);
    }
}

/// Writes a line about an event.
fn tell(out: &mut impl Write, event: &EventJson) -> io::Result<()> {
    match event {
        EventJson::Head(tip) => writeln!(out, "head {} {}", tip.height, tip.hash),
        EventJson::Reorg(reorg) => {
            let (left, new) = (reorg.depth, &reorg.new_head);
            writeln!(out, "reorg: {left} blocks left the chain, the head is {}", new.hash)
        }
        EventJson::Final(settled) => {
            writeln!(out, "final {} {}", settled.tip.height, settled.tip.hash)
        }
        EventJson::Reset(reset) => {
            let (reason, head) = (reset.reason, &reset.head);
            writeln!(out, "events are missing ({reason:?}); from here: {}", head.height)
        }
        EventJson::Block(_)
        | EventJson::Transaction(_)
        | EventJson::Charter(_)
        | EventJson::Evidence(_)
        | EventJson::Conflict(_)
        | EventJson::Peer(_) => Ok(()),
    }
}
