//! Connections: how many, how slow, for how long.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use super::guard::{Cut, LocalAddress};
use crate::metrics::{Connected, Metrics};

/// Connections at one time: the next ones wait until the kernel's queue is full, too.
const CONNECTIONS_MAX: usize = 256;

/// How long a client may take to send the head of a request; also how long it may idle.
const HEADER_TIME_MAX: Duration = Duration::from_secs(5);

/// After how long a connection takes no further request.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(300);

/// How much longer its last request may take: the longest wait, and time to read the answer.
const LAST_REQUEST_TIME_MAX: Duration = Duration::from_secs(90);

/// How long connections may take to end when the node stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(1);

/// How long to wait when the machine has no socket for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, says so through `stop`, and ends all connections.
pub(super) async fn run(
    listener: TcpListener,
    router: Router,
    metrics: Arc<Metrics>,
    stop: watch::Sender<bool>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, place)) => {
                    let stopping = stop.subscribe();
                    let held = (place, metrics.connected());
                    connections.spawn(serve(stream, router.clone(), stopping, held));
                }
                Err(error) => {
                    tracing::warn!(event = "api.accept_failed", %error);
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    stop.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(STOP_TIME_MAX, ended).await.is_err() {
        connections.shutdown().await;
    }
    Ok(())
}

/// Cancel safety: a connection that was accepted is returned, nothing waits in between.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

async fn serve(
    stream: TcpStream,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    _held: (OwnedSemaphorePermit, Connected),
) {
    let Ok(local) = stream.local_addr() else { return };
    let local = LocalAddress(local.ip().to_canonical());
    let cut = Cut::default();
    let cutting = cut.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(local);
        request.extensions_mut().insert(cutting.clone());
        let router = router.clone();
        async move { router.oneshot(request).await }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME_MAX);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let enough = timeout(CONNECTION_TIME_MAX, async {
        let _ = stopping.wait_for(|stopping| *stopping).await;
    });
    // What a client does wrong on its connection is its own affair.
    tokio::select! {
        _ = &mut connection => return,
        () = cut.wanted() => return,
        _ = enough => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = timeout(LAST_REQUEST_TIME_MAX, connection) => {}
        () = cut.wanted() => {}
    }
}
