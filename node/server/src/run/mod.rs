//! Life of a node, from its settings to its end.

mod authorities;
mod error;
mod listen;
mod opening;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use coinage_protocol::engine::{
    Authority, Batch, Engine, MempoolBounds, Now, RestoreError, Settings, Stored, View,
};
use coinage_protocol::{ChainSpec, Entry, Key, PublicKey, Text};
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

pub use self::error::RunError;
use self::opening::Opening;
pub use self::opening::PrivateError;
pub use self::opening::{genesis_of, keep, key};
use coinage_files as files;
use coinage_keys::{AuthorityKey, NetworkKey, node_key};
use coinage_model::Fingerprint;

use crate::api;
use crate::authority_log;
use crate::clock::Clock;
use crate::config::Config;
use crate::driver::{self, DriverError, Parts, Remember, SigningNote};
use crate::event_log;
use crate::events::Events;
use crate::handle::{Handle, Identity};
use crate::metrics::Metrics;
use crate::network::{self, Link, NetworkError, NetworkSettings};
use crate::node_state::NodeState;
use crate::peer_diagnostics::Diagnostic;
use crate::storage::{Storage, StorageError};

/// Questions for a state that wait for the driver, at most.
const STATE_QUERIES: usize = 16;
/// Time that streams may take to end.
const STREAMS_END_TIME: Duration = Duration::from_millis(300);
/// Submissions that wait for the driver, at most.
const SUBMISSIONS: usize = 1024;
/// Name and version that the node tells its peers.
const AGENT: &str = concat!("coinage/", env!("CARGO_PKG_VERSION"));

/// Runs a node until what `shutdown` returns completes, or it cannot go on. `shutdown` is called
/// before the node says that it has started: from then on it ends in order.
///
/// # Errors
///
/// [`RunError`], each a sentence a person can act on.
pub async fn run<F: Future<Output = ()>>(
    config: Config,
    shutdown: impl FnOnce() -> F,
) -> Result<(), RunError> {
    // All that may be refused comes before anything is written.
    let opening = opening::read(&config)?;
    let clock = Clock::start(config.clock_offset_ms);
    let early = authorities::may_begin(&config, &opening.spec)?;
    let early = early.then(|| open_authority(&config, &opening.spec, &clock)).transpose()?;
    let listeners = listen::listen(&config).await?;
    let storage = Storage::open_telling(&config.data, &opening.spec, &mut event_log::rebuilding())?;
    let late = || authorities::refuse_other(&config, &storage);
    let late = || late().and_then(|()| open_authority(&config, &opening.spec, &clock));
    let (authority, remember) = early.map_or_else(late, Ok)?;
    event_log::journal_cut(storage.cut().bytes, storage.snapshot().head()?.height);
    opening.keep(&config)?;
    let Opening { spec, key, .. } = opening;
    let keypair = node_key(&config.data)?;
    let signer = authority.as_ref().map(|one| one.key.public());
    let peer_id = keypair.public().to_peer_id();
    let mut metrics = Metrics::new();
    let named = (spec.clone(), key.as_ref().map(NetworkKey::fingerprint));
    let link = start_network(&config, spec.clone(), key, keypair, &mut metrics).await?;

    let settings = settings(authority, &spec, &link, &config);
    let engine = restore(&spec, settings, clock.now(), &storage)?;
    let view = engine.view();
    let events = Arc::new(events_of(&view, &spec, &storage)?);
    let live = live_of(view, &link, clock.wall());
    let metrics = Arc::new(metrics);
    let (submissions, submitted) = mpsc::channel(SUBMISSIONS);
    let (changes, changing) = mpsc::channel(SUBMISSIONS);
    let (states, asked) = mpsc::channel(STATE_QUERIES);
    let handle = Handle {
        identity: Arc::new(identity(&config, named, peer_id, signer)),
        live: Arc::clone(&live),
        events: Arc::clone(&events),
        metrics: Arc::clone(&metrics),
        storage: storage.clone(),
        submissions,
        changes,
        states,
    };
    let shutdown = shutdown();
    announce(&config, &handle, &listeners, &link)?;

    let (failing, placed) = (storage.clone(), storage.clone());
    let (stop_api, api_stopped) = oneshot::channel::<()>();
    let measured = Arc::clone(&metrics);
    let api = serve_api(listeners, handle, options(&config), async { drop(api_stopped.await) });
    let parts = Parts {
        engine,
        spec,
        clock,
        live,
        events,
        metrics,
        link,
        submissions: submitted,
        changes: changing,
        states: asked,
        remember,
        failure: Box::new(move || failing.failure()),
        misplaced: Box::new(move || placed.check_place().err().map(|error| error.to_string())),
    };
    let ended = driver::run(parts, measured_write(storage, measured), shutdown).await;
    drop(stop_api);
    // Streams that a client holds open are cut after a moment.
    let _ = tokio::time::timeout(STREAMS_END_TIME, api).await;
    ended.map_err(|error: DriverError| RunError::Node(error.to_string()))
}

fn settings(
    authority: Option<Authority>,
    spec: &ChainSpec,
    link: &Link,
    config: &Config,
) -> Settings {
    Settings {
        authority,
        agent: Text::try_from(AGENT).expect("a short text"),
        addresses: texts(&link.places),
        expects_peers: spec.genesis_authorities().len() > 1 || !config.peers.is_empty(),
        clock_vouched: config.trust_clock,
        joins: config.join_authorities,
        pool: MempoolBounds::default(),
        heartbeat_ms: config.heartbeat.ms(),
    }
}

/// Returns what the node shows from its start on.
fn live_of(view: View, link: &Link, now: SystemTime) -> Arc<NodeState> {
    link.sets.set(&view.known);
    let (stop, conflict) = (view.stop, view.finality.conflict.clone());
    let live = NodeState::new(view);
    live.located(link.places.clone());
    if let Some(stop) = stop {
        Diagnostic::authority_twice(stop, now).into_iter().for_each(|twin| live.note(twin));
        event_log::signing_stopped(stop);
    }
    conflict.iter().for_each(event_log::finality_conflict);
    Arc::new(live)
}

/// Returns the events of the node from its start on.
fn events_of(view: &View, spec: &ChainSpec, storage: &Storage) -> Result<Events, StorageError> {
    let tokens = storage.snapshot().tokens(None, usize::MAX)?.into_iter();
    let chartered = tokens.filter(|(_, token)| token.charter.is_some()).map(|(token, _)| token);
    Ok(Events::new(view.head, spec.clone(), chartered.collect()))
}

fn identity(
    config: &Config,
    (spec, network_key): (ChainSpec, Option<Fingerprint>),
    peer_id: PeerId,
    authority: Option<PublicKey>,
) -> Identity {
    Identity {
        spec,
        network_key,
        name: config.name.clone(),
        peer_id: peer_id.to_string(),
        authority,
        devnet: config.devnet_dir.clone(),
    }
}

fn options(config: &Config) -> api::Options {
    let mut options = api::Options::default();
    options.hosts = config.api_hosts.clone();
    options.origins = config.api_cors.clone();
    options.requests_per_second = config.api_rate.unwrap_or(options.requests_per_second);
    options
}

/// Writes batches, and measures how long that takes.
fn measured_write(
    storage: Storage,
    metrics: Arc<Metrics>,
) -> impl FnMut(&[Batch]) -> Result<(), StorageError> + Send {
    move |batches| {
        let begun = Instant::now();
        let written = storage.write(batches);
        metrics.written_in(begun.elapsed());
        written
    }
}

async fn start_network(
    config: &Config,
    spec: ChainSpec,
    key: Option<NetworkKey>,
    keypair: Keypair,
    metrics: &mut Metrics,
) -> Result<Link, RunError> {
    let settings = NetworkSettings {
        keypair,
        spec,
        key,
        listen: config.listen.clone(),
        peers: config.peers.clone(),
        external: config.external_addresses.clone(),
        discovery: config.discovery,
        book: Some(config.data.join("peers.json")),
    };
    network::start(settings, metrics).await.map_err(network_refused)
}

fn network_refused(error: NetworkError) -> RunError {
    match error {
        NetworkError::Listen { .. } => RunError::Listen(error.to_string()),
        NetworkError::Setup { .. } => RunError::Node(error.to_string()),
    }
}

fn serve_api(
    listeners: Vec<TcpListener>,
    handle: Handle,
    options: api::Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = api::serve(listeners, handle, options, shutdown).await {
            tracing::error!(%error, "api.failed");
        }
    })
}

/// Opens the authority key, and the way to remember what it signed.
fn open_authority(
    config: &Config,
    spec: &ChainSpec,
    clock: &Clock,
) -> Result<(Option<Authority>, Remember), RunError> {
    let Some(path) = &config.authority_key else {
        return Ok((None, Box::new(|_| Err(io::Error::other("the node has no authority key")))));
    };
    let present = spec.slot_at(clock.now().wall).unwrap_or_default();
    let mut key = AuthorityKey::open(path, spec.chain(), present)?;
    if key.is_memory_damaged() {
        event_log::signing_memory_damaged(path, present);
    }
    let authority = Authority {
        key: key.secret().clone(),
        signed: key.signed().clone(),
        voting: key.voting(),
        stop: key.stopped(),
    };
    let remember = move |note| match note {
        SigningNote::Slot(slot) => key.remember(slot).map_err(io::Error::other),
        SigningNote::Voting(voting) => key.remember_voting(voting).map_err(io::Error::other),
        SigningNote::Stop(stop) => key.stop(stop).map_err(io::Error::other),
    };
    Ok((Some(authority), Box::new(remember)))
}

/// Restores the engine as it stopped. If the balances on disk are not those of the stored head,
/// they are made anew from the blocks, which are the truth.
fn restore(
    spec: &ChainSpec,
    settings: Settings,
    now: Now,
    storage: &Storage,
) -> Result<Engine<Storage>, RunError> {
    let again = settings.clone();
    let resumed = Engine::restore(spec.clone(), settings, now, stored(storage)?);
    let Err(error @ RestoreError::StateDiffers { .. }) = resumed else { return Ok(resumed?) };
    tracing::warn!(%error, "storage.rebuilding");
    storage.rebuild(spec, &mut event_log::rebuilding())?;
    Ok(Engine::restore(spec.clone(), again, now, stored(storage)?)?)
}

fn stored(storage: &Storage) -> Result<Stored<Storage, Vec<(Key, Entry)>>, StorageError> {
    let snapshot = storage.snapshot();
    let (head, finalized) = (Some(snapshot.head()?.hash), snapshot.finalized()?);
    let (evidence, entries) = (snapshot.evidence()?, snapshot.entries()?);
    let conflict = snapshot.conflict()?;
    Ok(Stored { reader: storage.clone(), head, finalized, conflict, evidence, entries })
}

fn texts(addresses: &[Multiaddr]) -> Vec<Text<{ coinage_protocol::limits::ADDRESS_BYTES_MAX }>> {
    let texts = addresses.iter().map(ToString::to_string);
    texts.filter_map(|text| Text::try_from(text.as_str()).ok()).collect()
}

/// Says where the node can be reached: in the log, and in a file for programs that let the system
/// choose the ports.
fn announce(
    config: &Config,
    handle: &Handle,
    listeners: &[TcpListener],
    link: &Link,
) -> Result<(), RunError> {
    let path = config.data.join("addresses.json");
    let failed = |error| RunError::File { path: path.clone(), error };
    let none = || io::Error::other("nobody listens for the API");
    let listener = listeners.first().ok_or_else(none).map_err(failed)?;
    let api = format!("http://{}", listener.local_addr().map_err(failed)?);
    let p2p: Vec<_> = link.addresses.iter().map(ToString::to_string).collect();
    let content = serde_json::json!({ "api": api, "p2p": p2p, "pid": std::process::id() });
    files::write_atomically(&path, format!("{content}\n").as_bytes(), 0o644).map_err(failed)?;
    let identity = &handle.identity;
    let view = handle.live.view();
    let in_force = |key: &PublicKey| view.authorities.contains(key);
    let role =
        if identity.authority.as_ref().is_some_and(in_force) { "authority" } else { "observer" };
    let head = view.head;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        chain = %identity.spec.chain(),
        role,
        private = identity.network_key.is_some(),
        api,
        p2p = p2p.join(","),
        height = head.height.get(),
        head = %head.hash,
        data = %config.data.display(),
        "node.started"
    );
    if let Some(key) = identity.authority.filter(|key| !in_force(key)) {
        authority_log::not_in_force(&key, config.join_authorities);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
