//! `coinage node run` and `coinage node reset-signing-memory`.

use std::io::Read;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use coinage_keys::genesis_file;
use coinage_keys::{AuthorityKey, KeyFileError, Lock};
use coinage_protocol::engine::StopCause;
use coinage_protocol::{ChainSpec, UnixMillis, quorum};
use coinage_server::config::{Config, RunArgs};
use coinage_server::run::{PrivateError, RunError};
use coinage_server::telemetry;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::context::Context;
use super::failure::Failure;
use super::printer::Output;

/// Advice for who cannot listen.
const PORTS: &str = "if a devnet or another node has that port, stop it (`coinage devnet stop`), \
                     or choose others: --api 127.0.0.1:8700 --listen 0.0.0.0:9700";
/// Slots after the present one for which a key whose memory is lost signs nothing: another
/// machine's clock may have been ahead when the key was last used.
const SAFETY_SLOTS: u64 = 64;

/// Where the key is to be.
#[derive(Args, Debug)]
pub(crate) struct NewKeyArguments {
    /// The new file; its memory is kept beside it
    #[arg(value_name = "KEYFILE")]
    key: PathBuf,
}

/// Which key.
#[derive(Args, Debug)]
pub(crate) struct ResetArguments {
    /// The authority key whose memory is lost, or that stopped: it signed elsewhere, or two quorums
    /// contradict each other
    #[arg(value_name = "KEYFILE")]
    key: PathBuf,
    /// The network's genesis file
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// Let the key vote without waiting for a newer certificate of the others, where there are not
    /// enough of them (up to three authorities, or all have stopped); no node of the chain that
    /// goes on may have a final block that this one lacks
    #[arg(long)]
    release_lock: bool,
}

/// Runs a node until it is told to stop.
pub(crate) fn run(arguments: RunArgs) -> Result<Output, Failure> {
    let with_stdin = arguments.stop_with_stdin;
    let config = Config::new(arguments).map_err(|error| Failure::new("node.config", error))?;
    telemetry::start(config.log_format, config.name.clone(), config.log.as_deref())
        .map_err(|error| Failure::new("node.config", error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new("node.failed", error))?;
    let ended = runtime.block_on(coinage_server::run::run(config, || told_to_stop(with_stdin)));
    // A thread that waits for stdin must not keep the process alive.
    runtime.shutdown_background();
    telemetry::flush();
    ended?;
    Ok(Output::new(json!({}), ""))
}

/// Makes an authority key and shows its public half, for the genesis.
pub(crate) fn new_key(arguments: &NewKeyArguments, context: &Context) -> Result<Output, Failure> {
    let public = AuthorityKey::create(&arguments.key)?.to_string();
    let file = arguments.key.display();
    context.printer.note(&format!(
        "{file} signs blocks and is not encrypted; {file}.memory says what it signed. Keep both\n\
         together and secret, on one machine alone. Its public half, for the genesis:"
    ));
    Ok(Output::new(json!({ "authority": public }), public))
}

/// Makes a new memory for a key that lost it, or that stopped.
pub(crate) fn reset_memory(arguments: &ResetArguments) -> Result<Output, Failure> {
    let spec = ChainSpec::new(genesis_file::read(&arguments.genesis)?)
        .map_err(|error| Failure::new("genesis.invalid", error))?;
    let seen = match AuthorityKey::inspect(&arguments.key) {
        Ok(seen) => Some(seen),
        // That is what it is reset for.
        Err(KeyFileError::MemoryMissing { .. } | KeyFileError::MemoryDamaged { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let is_bound = seen.is_some_and(|seen| seen.chain == Some(*spec.chain()));
    // By the slots of another network the key might sign twice.
    if !is_bound && !spec.genesis_authorities().contains(&AuthorityKey::public_in(&arguments.key)?)
    {
        let sentence = format!(
            "{} is no authority's of this genesis, and has signed nothing on its chain that is \
             remembered",
            arguments.key.display()
        );
        return Err(Failure::new("authority.key_file", sentence).hint(
            "name the genesis of its network; an authority that was added later and has lost its \
             memory needs a new key: `coinage authority propose` adds that and removes the old one",
        ));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let slot = spec.slot_at(UnixMillis::new(now)).unwrap_or_default().saturating_add(SAFETY_SLOTS);
    let lock = if arguments.release_lock { Lock::Released } else { Lock::Kept };
    let signed = AuthorityKey::recreate_memory(&arguments.key, slot, lock)?;
    let later = signed.stretches().filter(|stretch| *stretch.start() > slot);
    let later: String =
        later.map(|one| format!(", nor for slots {} to {}", one.start(), one.end())).collect();
    let authorities = spec.genesis_authorities().len();
    let stop = seen.and_then(|seen| seen.stop);
    let in_conflict = stop.is_some_and(|stop| stop.cause == StopCause::Conflict);
    let few = authorities.saturating_sub(1) < quorum(authorities);
    let votes = match (arguments.release_lock, in_conflict) {
        (false, true) => String::from(
            "; two quorums contradict each other, so all have stopped: once people have agreed \
             which chain goes on, and this node is on it, repeat this with --release-lock, or \
             nothing becomes final there again",
        ),
        (false, false) if few => format!(
            "; with {authorities} authorities nothing becomes final again before this is repeated \
             with --release-lock, which is safe if no node has a final block that this one lacks"
        ),
        _ => String::new(),
    };
    let text = format!(
        "the key signs nothing up to slot {slot}{later}; be sure that no other node uses it before \
         you start this one{votes}"
    );
    Ok(Output::new(json!({ "last_slot": slot.to_string() }), text))
}

/// Listens for signals from now on. The future completes when one has come, or stdin has ended.
fn told_to_stop(with_stdin: bool) -> impl Future<Output = ()> {
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    let (closed, stdin) = oneshot::channel();
    if with_stdin {
        std::thread::spawn(move || {
            let mut rest = [0; 256];
            let mut stdin = std::io::stdin().lock();
            while stdin.read(&mut rest).is_ok_and(|read| read > 0) {}
            // Nobody waits for it if the node has ended meanwhile.
            let _ = closed.send(());
        });
    } else {
        // Kept open for ever, so that the branch below never completes.
        std::mem::forget(closed);
    }
    async {
        let [Ok(mut interrupt), Ok(mut terminate)] = signals else { return };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = stdin => {}
        }
    }
}

impl From<PrivateError> for Failure {
    fn from(error: PrivateError) -> Self {
        match error {
            PrivateError::File(error) => error.into(),
            error => Self::new("node.network_key", error),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let code = match error {
            RunError::Genesis(error) => return error.into(),
            RunError::Key(error) => return error.into(),
            RunError::Private(error) => return error.into(),
            RunError::File { .. } | RunError::Node(_) => "node.failed",
            RunError::NoGenesis { .. } => "node.no_genesis",
            RunError::Network(_) => "genesis.invalid",
            RunError::OtherNetwork { .. } => "storage.other_network",
            RunError::NotAnAuthority { .. } => "authority.key_file",
            RunError::Storage(_) | RunError::Restore(_) => "storage.unusable",
            RunError::Api { .. } | RunError::Listen(_) => {
                return Self::new("node.port_taken", error).hint(PORTS);
            }
        };
        Self::new(code, error)
    }
}
