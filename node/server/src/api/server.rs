//! Connections to the API: how many, how slow, for how long.
//!
//! A newcomer always gets a place. If all are taken, somebody goes: of those who have most
//! connections from one address, the one whose turn it has been the longest, and clients that the
//! node waits for go before those that wait for the node. So nobody can keep others out by holding
//! connections, however many and whatever they do with them: slow heads, slow bodies, answers that
//! are not taken, idling, or long waits. Whoever sends a request at once is heard, and then it is
//! the node's turn, which no newcomer ends while others idle.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::future::select_all;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use super::activity::{Activity, Answered, Asked, Turn};
use super::guard::Ends;
use super::memory::{Client, Memory};
use crate::metrics::Metrics;

/// Number of connections at one time at most.
const CONNECTIONS_MAX: usize = 256;

/// Time that a client may take to send the head of a request; also the time that it may idle.
const HEADER_TIME_MAX: Duration = Duration::from_secs(5);

/// Time after which a connection takes no further request.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(300);

/// Time that its last request may take longer: the longest wait, and time to read the answer.
const LAST_REQUEST_TIME_MAX: Duration = Duration::from_secs(90);

/// Bytes of a request's head, and of what is ready to be sent, that a connection keeps at most.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Time that connections may take to end when the node stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(1);

/// Pause when the machine has no socket for a new connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, says so through `stop`, and ends all connections.
pub(super) async fn run(
    listeners: Vec<TcpListener>,
    router: Router,
    mut house: ConnectionPool,
    stop: watch::Sender<bool>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listeners.iter().try_for_each(|listener| listener.local_addr().map(drop))?;
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            () = house.left() => {}
            accepted = accept(&listeners) => match accepted {
                Ok((stream, from)) => {
                    house.make_room().await;
                    house.enter(stream, from, router.clone(), stop.subscribe());
                }
                Err(error) => {
                    tracing::warn!(event = "api.accept_failed", %error);
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listeners);
    stop.send_replace(true);
    let ConnectionPool { mut tasks, .. } = house;
    let ended = async { while tasks.join_next().await.is_some() {} };
    if timeout(STOP_TIME_MAX, ended).await.is_err() {
        tasks.shutdown().await;
    }
    Ok(())
}

/// Waits for somebody to come, at whichever address.
///
/// Cancel safety: nobody who comes is lost.
async fn accept(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    if listeners.is_empty() {
        return std::future::pending().await;
    }
    select_all(listeners.iter().map(|one| Box::pin(one.accept()))).await.0
}

/// Pool of the connections that there are.
#[derive(Debug)]
pub(super) struct ConnectionPool {
    answer_time_max: Duration,
    metrics: Arc<Metrics>,
    memory: Memory,
    tasks: JoinSet<()>,
    guests: HashMap<Id, Connection>,
}

/// A connection in the pool.
#[derive(Debug)]
struct Connection {
    from: IpAddr,
    activity: Activity,
    task: AbortHandle,
}

impl ConnectionPool {
    pub(super) fn new(answer_time_max: Duration, metrics: Arc<Metrics>, memory: Memory) -> Self {
        Self { answer_time_max, metrics, memory, tasks: JoinSet::new(), guests: HashMap::new() }
    }

    fn enter(
        &mut self,
        stream: TcpStream,
        from: SocketAddr,
        router: Router,
        stopping: watch::Receiver<bool>,
    ) {
        let from = from.ip().to_canonical();
        let activity = Activity::new();
        let client = self.memory.enter(from, activity.clone());
        let serving = serve(stream, from, router, stopping, (activity.clone(), client.clone()));
        let (watched, time_max) = (activity.clone(), self.answer_time_max);
        let counted = self.metrics.connected();
        let task = self.tasks.spawn(async move {
            let _counted = counted;
            tokio::select! {
                () = serving => {}
                () = watched.client_slower_than(time_max) => {}
                () = client.pressed() => {}
            }
        });
        self.guests.insert(task.id(), Connection { from, activity, task });
    }

    /// Waits until somebody has left; for ever if nobody is there.
    ///
    /// Cancel safety: nobody leaves unseen.
    async fn left(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => return std::future::pending().await,
        };
        self.guests.remove(&id);
    }

    /// Sees to it that one more finds a place.
    async fn make_room(&mut self) {
        while self.tasks.len() >= CONNECTIONS_MAX {
            if let Some(id) = self.least_missed() {
                // What it was at ends as if the client had gone.
                if let Some(guest) = self.guests.remove(&id) {
                    guest.task.abort();
                }
            }
            self.left().await;
        }
    }

    /// Finds the connection that goes first if one has to.
    fn least_missed(&self) -> Option<Id> {
        let mut shares: HashMap<IpAddr, usize> = HashMap::new();
        for guest in self.guests.values() {
            *shares.entry(guest.from).or_default() += 1;
        }
        let most = shares.values().copied().max()?;
        let crowd = self.guests.iter().filter(|(_, guest)| shares.get(&guest.from) == Some(&most));
        crowd.min_by_key(|(_, guest)| guest.activity.now()).map(|(id, _)| *id)
    }
}

async fn serve(
    stream: TcpStream,
    from: IpAddr,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    (activity, client): (Activity, Client),
) {
    let Ok(local) = stream.local_addr() else { return };
    let ends = Ends { here: local.ip().to_canonical(), there: from };
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ends);
        request.extensions_mut().insert(client.clone());
        let (router, activity) = (router.clone(), activity.clone());
        activity.turn(Turn::Node);
        let request = request.map(|body| Body::new(Asked(body, activity.clone())));
        async move {
            let answer = router.oneshot(request).await;
            activity.turn(Turn::Client);
            answer.map(|answer| answer.map(|body| Answered(body, activity)))
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME_MAX);
    builder.max_buf_size(BUFFER_BYTES_MAX);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let enough = timeout(CONNECTION_TIME_MAX, async {
        let _ = stopping.wait_for(|stopping| *stopping).await;
    });
    // What a client does wrong on its connection is its own affair.
    tokio::select! {
        _ = &mut connection => return,
        _ = enough => connection.as_mut().graceful_shutdown(),
    }
    let _ = timeout(LAST_REQUEST_TIME_MAX, connection).await;
}
