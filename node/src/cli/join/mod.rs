//! The command `coinage join`: everything that a second machine needs.

mod directory;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use coinage_keys::genesis_file;
use coinage_keys::{AuthorityKey, KeyFileError};
use coinage_model::terminal::typed;
use coinage_model::time;
use coinage_protocol::ChainSpec;
use coinage_server::address;
use coinage_server::config::RunArgs;
use coinage_server::invite::{Invite, Mismatch};
use coinage_server::network::{FetchError, fetch_genesis};
use libp2p::Multiaddr;
use serde_json::json;

use self::directory::Wanted;
use super::context::Context;
use super::failure::Failure;
use super::node_run;
use super::printer::Output;

/// Which network, and how.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage join INVITE
  coinage join INVITE --data points --no-run

INVITE is the line that `coinage invite` printed on a machine of the network. The genesis comes from
that machine and is checked against the invite; nothing that is there already is overwritten.")]
pub(crate) struct JoinArguments {
    /// The line that `coinage invite` printed
    invite: String,
    /// Where the node is to keep its chain
    #[arg(long, value_name = "DIR", default_value = "coinage-data")]
    data: PathBuf,
    /// What to call this node in its log
    #[arg(long)]
    name: Option<String>,
    /// The key to sign blocks with, if the genesis names it
    #[arg(long, value_name = "FILE")]
    authority_key: Option<PathBuf>,
    /// The key is to become an authority: sign the change that adds it
    #[arg(long, requires = "authority_key")]
    join_authorities: bool,
    /// Where the HTTP API and the pages for browsers listen; for 127.0.0.1 also at ::1
    /// [default: 127.0.0.1:8600]
    #[arg(long, value_name = "ADDR")]
    api: Option<SocketAddr>,
    /// Where other nodes can connect: IP:PORT or a multiaddr [default: 0.0.0.0:9600]
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    listen: Vec<Multiaddr>,
    /// Prepare everything, and only say how to start the node
    #[arg(long)]
    no_run: bool,
    /// Stop when stdin ends
    #[arg(long, hide = true)]
    stop_with_stdin: bool,
}

pub(crate) fn run(arguments: &JoinArguments, context: &Context) -> Result<Output, Failure> {
    let invite: Invite = arguments.invite.trim().parse()?;
    if invite.is_expired(time::millis(SystemTime::now())) {
        let until = time::format(invite.expires_at.get());
        let sentence = format!("the invite expired at {until}");
        return Err(Failure::new("invite.expired", sentence)
            .details(json!({ "field": "expires_at" }))
            .hint("ask for a new one: `coinage invite` on a machine of the network"));
    }
    let spec = chain_spec(arguments, &invite, context)?;
    let authority_key = arguments.authority_key.as_deref();
    let authority_key =
        authority_key.map(|path| usable_key(path, &spec, arguments.join_authorities));
    let authority_key = authority_key.transpose()?;
    let wanted = Wanted {
        name: arguments.name.clone(),
        api: arguments.api,
        listen: arguments.listen.clone(),
        peers: invite.addresses.clone(),
        authority_key,
        join_authorities: arguments.join_authorities,
    };
    let key = invite.key.as_ref();
    let config = directory::prepare(&arguments.data, &spec, key, &wanted)?;
    let command = format!("coinage node run --config {}", typed(&config));
    if arguments.no_run {
        let data = json!({
            "network": invite.name.as_str(), "chain_id": invite.chain.to_string(),
            "genesis_hash": invite.genesis.to_string(),
            "data": arguments.data.display().to_string(),
            "config": config.display().to_string(), "command": command,
        });
        let text = format!("ready to join {}; start the node with\n  {command}", invite.name);
        return Ok(Output::new(data, text));
    }
    context
        .printer
        .note(&format!("joined {}; from now on `{command}` starts the node", invite.name));
    let stop_with_stdin = arguments.stop_with_stdin;
    node_run::run(RunArgs { config: Some(config), stop_with_stdin, ..RunArgs::default() })
}

/// The network of the invite: that of the data directory, or what a peer gives.
fn chain_spec(
    arguments: &JoinArguments,
    invite: &Invite,
    context: &Context,
) -> Result<ChainSpec, Failure> {
    let copy = arguments.data.join("genesis.json");
    if copy.exists() {
        let spec = ChainSpec::new(genesis_file::read(&copy)?)
            .map_err(|error| Failure::new("genesis.invalid", error))?;
        let there = arguments.data.display();
        return invite.check_network(&spec).map(|()| spec).map_err(|mismatch| {
            let sentence = format!("{there} belongs to another network: {mismatch}");
            differing("join.other_network", sentence, &mismatch)
                .hint("name another directory with --data")
        });
    }
    context.printer.note(&format!("asking for the genesis of {}", invite.name));
    fetch(invite)
}

/// Asks one peer after the other for the network.
fn fetch(invite: &Invite) -> Result<ChainSpec, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new("join.failed", error))?;
    let mut failed = Vec::new();
    let mut rest = invite.addresses.clone();
    while let Some(first) = rest.first() {
        let peer = first.iter().last().map(libp2p::multiaddr::Protocol::acquire);
        let of_peer: Vec<_> =
            rest.extract_if(.., |address| address.iter().last() == peer).collect();
        match runtime.block_on(fetch_genesis(&of_peer, invite.key.as_ref())) {
            Ok(spec) => {
                invite.check_network(&spec).map_err(|mismatch| {
                    let at = of_peer.first().map(ToString::to_string).unwrap_or_default();
                    let sentence =
                        format!("{at} is on another network than the invite: {mismatch}");
                    differing("invite.mismatch", sentence, &mismatch)
                        .hint("ask for a new invite: this one is damaged or out of date")
                })?;
                return Ok(spec);
            }
            Err(error) => failed.push((of_peer, error)),
        }
    }
    Err(unreachable(&failed))
}

fn unreachable(failed: &[(Vec<Multiaddr>, FetchError)]) -> Failure {
    let each = failed.iter().map(|(addresses, error)| {
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        format!("{}: {error}", addresses.join(", "))
    });
    let each: Vec<_> = each.collect();
    let strangers = failed.iter().any(|(_, error)| matches!(error, FetchError::NoHandshake(_)));
    let hint = if strangers {
        "ask for a new invite: a private network answers only who has its present key"
    } else {
        "does the inviting node run, and can this machine reach its address and port?"
    };
    let sentence = format!("no node of the invite gave the genesis: {}", each.join("; "));
    Failure::new("join.unreachable", sentence).hint(hint)
}

fn differing(code: &'static str, sentence: String, mismatch: &Mismatch) -> Failure {
    let Mismatch { field, ours, theirs } = mismatch;
    let details = json!({ "field": field, "invite": ours, "network": theirs });
    Failure::new(code, sentence).details(details)
}

/// The whole path of a key that may sign on this network.
fn usable_key(path: &Path, spec: &ChainSpec, joins: bool) -> Result<PathBuf, Failure> {
    let seen = AuthorityKey::inspect(path).map_err(|error| {
        let lost = matches!(error, KeyFileError::MemoryMissing { .. });
        let failure = Failure::from(error);
        if lost {
            let hint = "the genesis for that comes with `coinage join INVITE --no-run`; then \
                        `coinage node run --config coinage-data/node.toml --authority-key FILE`";
            return failure.hint(hint);
        }
        failure
    })?;
    if !joins && !spec.genesis_authorities().contains(&seen.public) {
        let sentence = format!("the key in {} is not an authority of this network", path.display());
        return Err(Failure::new("authority.not_in_genesis", sentence).hint(
            "leave --authority-key away: the node then follows without writing blocks; a key \
                 that is to become an authority comes with --join-authorities",
        ));
    }
    std::path::absolute(path).map_err(|error| Failure::new("authority.key_file", error))
}
