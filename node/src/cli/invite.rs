//! The command `coinage invite`: one line by which another machine joins the network.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use coinage_keys::NetworkKey;
use coinage_model::Fingerprint;
use coinage_model::time;
use coinage_protocol::limits::NETWORK_NAME_BYTES_MAX;
use coinage_protocol::{BlockHash, ChainId, Text, UnixMillis};
use coinage_server::address;
use coinage_server::invite::{Invite, InviteError};
use libp2p::Multiaddr;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use super::{duration, qr};

/// Time for which an invite may be good at most.
const LIFETIME_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The way from an invite to a place among the authorities (SPEC B-11).
const BECOMING_AN_AUTHORITY: &str = "\
to become an authority, whoever joins makes a key, joins with it, and tells you its public half:
  coinage node new-authority-key authority.json
  coinage join INVITE --authority-key authority.json --join-authorities
more than two thirds of the present authorities approve that, one after the other in one file:
  coinage authority propose --add PUBLIC_KEY --out change.json
  coinage authority sign change.json --key authority.json
  coinage authority submit change.json
the new node signs last, by itself; `coinage authority list` shows when it is in force";

/// For how long, and where to.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage invite --expires 7d --qr
  coinage invite --address 192.0.2.1
  coinage invite --authority

An invite says where the network is, and lets nobody do anything that a stranger could not: it is no
secret. That of a private network carries the network's key: whoever has it can connect, as long as
the key is in use, so give it to friends only, and not in public. Whoever has it types
`coinage join INVITE`.")]
pub(crate) struct InviteArguments {
    /// For how long it can be used
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1d",
        value_parser = duration::positive
    )]
    expires: Duration,
    /// One more address at which the node can be reached, such as that of its router: IP or NAME,
    /// with :PORT unless it is 9600, or a multiaddr
    #[arg(long = "address", value_name = "ADDRESS", value_parser = address::parse)]
    addresses: Vec<Multiaddr>,
    /// The key of a private network, which the node tells nobody
    #[arg(long, value_name = "FILE", default_value = "coinage-data/genesis.network-key")]
    network_key: PathBuf,
    /// Draw it as a QR code, too
    #[arg(long)]
    qr: bool,
    /// Say, too, how whoever joins becomes an authority
    #[arg(long)]
    authority: bool,
}

pub(crate) fn run(arguments: &InviteArguments, context: &Context) -> Result<Output, Failure> {
    if arguments.expires > LIFETIME_MAX {
        return Err(Failure::usage("an invite is good for at most ten years"));
    }
    let status = context.status()?;
    let peer = format!("/p2p/{}", status.peer_id);
    let named = |address: &Multiaddr| -> Result<Multiaddr, Failure> {
        let text = address.to_string();
        let whole = if text.contains("/p2p/") { text } else { format!("{text}{peer}") };
        whole.parse().map_err(|error| Failure::new("invite.address", error))
    };
    let addresses: Vec<_> = arguments.addresses.iter().map(named).collect::<Result<_, _>>()?;
    let now = time::millis(SystemTime::now());
    let lifetime = u64::try_from(arguments.expires.as_millis()).unwrap_or(u64::MAX);
    let until = now.saturating_add(lifetime);
    let name =
        Text::try_from(&*status.network).map_err(|error| Failure::new("node.foreign", error))?;
    let ids = (name, status.chain_id, status.genesis_hash);
    let key = status.network_key.map(|named| key(&arguments.network_key, named)).transpose()?;
    let invite = fitting(&ids, until, addresses, &status.addresses, key)?;
    let line = invite.to_string();
    let shown: Vec<_> = invite.addresses.iter().map(ToString::to_string).collect();
    context.printer.note(&format!(
        "invites to {} until {}, at {}",
        invite.name,
        time::format(invite.expires_at.get()),
        shown.join(", ")
    ));
    if invite.key.is_some() {
        context.printer.note(
            "it carries the network's key: keep it secret, and send it to nobody but whom you \
             invite",
        );
    }
    if arguments.authority {
        context.printer.note(BECOMING_AN_AUTHORITY);
    }
    let data = json!({
        "invite": line, "network": invite.name.as_str(), "chain_id": invite.chain.to_string(),
        "genesis_hash": invite.genesis.to_string(), "addresses": shown,
        "expires_at": time::format(invite.expires_at.get()), "secret": invite.key.is_some(),
    });
    let drawn = if arguments.qr { qr::draw(&line.to_ascii_uppercase())? } else { String::new() };
    let text = if drawn.is_empty() { line } else { format!("{line}\n\n{drawn}") };
    Ok(Output::new(data, text))
}

/// The key that the node's network has, from this machine: no node gives it away.
fn key(path: &Path, named: Fingerprint) -> Result<NetworkKey, Failure> {
    let hint = "name it with --network-key: `genesis new --private` put it beside the genesis \
                file, a node keeps it in its data directory as genesis.network-key";
    let failed = |sentence: String| Failure::new("invite.network_key", sentence).hint(hint);
    let key = NetworkKey::read(path).map_err(|error| {
        failed(format!("the invite to a private network needs its key: {error}"))
    })?;
    let found = key.fingerprint();
    if found == named {
        return Ok(key);
    }
    let path = path.display();
    Err(failed(format!("{path} is another key ({found}) than the node's network has ({named})")))
}

/// An invite with the addresses that people named, which must fit, and with those of the node's
/// own that do; it tells the most useful first.
fn fitting(
    ids: &(Text<NETWORK_NAME_BYTES_MAX>, ChainId, BlockHash),
    until: u64,
    mut addresses: Vec<Multiaddr>,
    own: &[String],
    key: Option<NetworkKey>,
) -> Result<Invite, Failure> {
    let mut invite =
        Invite::new(ids.clone(), UnixMillis::new(until), addresses.clone(), key.clone());
    if let (Err(error), false) = (&invite, addresses.is_empty()) {
        return Err(error.clone().into());
    }
    for text in own {
        let one: Multiaddr = text.parse().map_err(|error| Failure::new("node.foreign", error))?;
        if addresses.contains(&one) {
            continue;
        }
        addresses.push(one);
        match Invite::new(ids.clone(), UnixMillis::new(until), addresses.clone(), key.clone()) {
            Ok(longer) => invite = Ok(longer),
            Err(_) => drop(addresses.pop()),
        }
    }
    Ok(invite?)
}

impl From<InviteError> for Failure {
    fn from(error: InviteError) -> Self {
        let (code, hint) = match error {
            InviteError::Malformed { .. } => {
                ("invite.malformed", "copy the whole line that `coinage invite` printed")
            }
            InviteError::Version { .. } => {
                ("invite.version", "use the same version of coinage on both machines")
            }
            InviteError::Address { .. } => {
                ("invite.address", "for example --address 192.0.2.1:9600")
            }
            InviteError::Addresses { .. } => {
                ("invite.addresses", "name one or two addresses that others can reach")
            }
        };
        Self::new(code, error).hint(hint)
    }
}
