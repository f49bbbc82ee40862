//! Memory: what requests and answers take of it, together, from one address and on one connection.
//!
//! The bytes of a body count from before it is read until its request is answered, those of an
//! answer until the kernel has them. When there is no room, somebody goes: of those who hold most
//! from one address, whoever has kept the node waiting longest. So a client that sends half a body
//! or reads half an answer keeps nobody else from being served, and the node stays small.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use coinage_model::code::Code;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::BODY_BYTES_MAX;
use super::activity::{Activity, Turn};
use super::failure::Failure;
use super::parts::Parts;
use super::rate::whole;

/// Bytes that bodies and answers may have together at most: several of the largest of each.
pub(super) const BYTES_MAX: usize = 48 * 1024 * 1024;
/// Bytes that bodies and answers of one address may have at most.
const ADDRESS_BYTES_MAX: usize = BYTES_MAX / 2;
/// Number of answers that are made at the same time at most. Each may take some 30 MiB while it is
/// made: a block, what is shown of it, and the text.
const MAKING_MAX: usize = 4;
/// Number of answers for one address that are made at the same time at most.
const ADDRESS_MAKING_MAX: usize = 3;
/// Time that a client may keep the node waiting although others need what it holds.
const GRACE: Duration = Duration::from_secs(1);
/// Time that a request waits for room at most.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Pause before a request looks again whom else to wait for no longer.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// Bytes that a byte of a body takes with what is read from it: as text, as JSON, as a transaction.
const BODY_WEIGHT: usize = 3;
/// Bytes of a body or an answer that do not count: all connections together have few of them, and
/// an account, a status or a payment never waits for room.
const SMALL_BYTES: usize = 16 * 1024;

/// Account of the bytes that all clients hold. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    held: Mutex<Holdings>,
    freed: Notify,
    making: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Holdings {
    bytes: usize,
    last: u64,
    clients: BTreeMap<u64, Holding>,
    addresses: HashMap<IpAddr, Weak<Semaphore>>,
}

/// Account of the bytes that one connection holds.
#[derive(Debug)]
struct Holding {
    from: IpAddr,
    bytes: usize,
    activity: Activity,
    end: Arc<Notify>,
    /// True if the connection was told to end.
    ends: bool,
}

/// A connection, as far as memory goes; clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Client(Arc<Entered>);

#[derive(Debug)]
struct Entered {
    memory: Memory,
    number: u64,
    end: Arc<Notify>,
    making: Arc<Semaphore>,
}

/// Bytes that count until they are dropped.
#[derive(Debug)]
pub(super) struct Held {
    client: Client,
    bytes: usize,
}

/// Leave to make an answer, until it is dropped.
#[derive(Debug)]
pub(super) struct Making {
    _of_address: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

tokio::task_local! {
    /// The client whose request the task is at, and the leave that lasts until the answer is held.
    static REQUEST: (Client, RefCell<Option<Making>>);
}

impl Memory {
    pub(super) fn new() -> Self {
        let making = Arc::new(Semaphore::new(MAKING_MAX));
        let inner = Inner { held: Mutex::default(), freed: Notify::new(), making };
        Self(Arc::new(inner))
    }

    /// Enters a new connection.
    pub(super) fn enter(&self, from: IpAddr, activity: Activity) -> Client {
        let (from, end) = (whole(from), Arc::new(Notify::new()));
        let mut held = self.lock();
        held.last += 1;
        let number = held.last;
        let holding = Holding { from, bytes: 0, activity, end: Arc::clone(&end), ends: false };
        held.clients.insert(number, holding);
        held.addresses.retain(|_, making| making.strong_count() > 0);
        let making = held.addresses.get(&from).and_then(Weak::upgrade);
        let making = making.unwrap_or_else(|| Arc::new(Semaphore::new(ADDRESS_MAKING_MAX)));
        held.addresses.insert(from, Arc::downgrade(&making));
        drop(held);
        Client(Arc::new(Entered { memory: self.clone(), number, end, making }))
    }

    /// Returns the number of bytes that are held.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Holdings> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holdings {
    /// Takes so many more bytes, or tells those to end who are in the way.
    fn take(&mut self, number: u64, bytes: usize) -> bool {
        let Some(from) = self.clients.get(&number).map(|one| one.from) else { return false };
        let shares = self.shares();
        let own = shares.get(&from).copied().unwrap_or_default();
        let over_own = (own + bytes).saturating_sub(ADDRESS_BYTES_MAX);
        let over_all = (self.bytes + bytes).saturating_sub(BYTES_MAX);
        if over_own == 0 && over_all == 0 {
            self.bytes += bytes;
            if let Some(holding) = self.clients.get_mut(&number) {
                holding.bytes += bytes;
            }
            return true;
        }
        let most = shares.iter().max_by_key(|(_, bytes)| **bytes).map_or(from, |(from, _)| *from);
        if over_own > 0 {
            self.press(from, over_own);
        } else {
            self.press(most, over_all);
        }
        false
    }

    fn shares(&self) -> HashMap<IpAddr, usize> {
        let mut shares = HashMap::new();
        for holding in self.clients.values() {
            *shares.entry(holding.from).or_default() += holding.bytes;
        }
        shares
    }

    /// Ends connections from an address that keep the node waiting, the longest first, until so
    /// many bytes will be free.
    fn press(&mut self, from: IpAddr, missing: usize) {
        let holders = self.clients.values_mut().filter(|one| one.from == from && one.bytes > 0);
        let (ending, mut idle): (Vec<_>, Vec<_>) = holders.partition(|one| one.ends);
        let mut missing = missing.saturating_sub(ending.iter().map(|one| one.bytes).sum::<usize>());
        let waited_for = |one: &Holding| {
            let (turn, since) = one.activity.now();
            (turn == Turn::Client && since.elapsed() >= GRACE).then_some(since)
        };
        idle.retain(|one| waited_for(one).is_some());
        idle.sort_by_key(|one| waited_for(one));
        for one in idle {
            if missing == 0 {
                return;
            }
            missing = missing.saturating_sub(one.bytes);
            one.ends = true;
            one.end.notify_one();
        }
    }
}

impl Client {
    /// Waits until others need what it holds.
    pub(super) async fn pressed(&self) {
        self.0.end.notified().await;
    }

    /// Takes room for so many bytes, or for as many as one address may hold; `None` if there is
    /// none for too long.
    pub(super) async fn hold(&self, bytes: usize) -> Option<Held> {
        let bytes = bytes.min(ADDRESS_BYTES_MAX);
        let memory = &self.0.memory;
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            let freed = memory.0.freed.notified();
            if memory.lock().take(self.0.number, bytes) {
                return Some(Held { client: self.clone(), bytes });
            }
            if Instant::now() >= deadline {
                return None;
            }
            let _either = timeout(LOOK_PAUSE, freed).await;
        }
    }

    async fn making(&self) -> Option<Making> {
        let _of_address = Arc::clone(&self.0.making).acquire_owned().await.ok()?;
        let _of_all = Arc::clone(&self.0.memory.0.making).acquire_owned().await.ok()?;
        Some(Making { _of_address, _of_all })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.memory.lock().clients.remove(&self.number);
    }
}

impl Held {
    /// Splits off so many of these bytes, as a part of their own.
    pub(super) fn part(&mut self, bytes: usize) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { client: self.client.clone(), bytes }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Entered { memory, number, .. } = &*self.client.0;
        let mut held = memory.lock();
        held.bytes -= self.bytes;
        if let Some(holding) = held.clients.get_mut(number) {
            holding.bytes -= self.bytes;
        }
        drop(held);
        memory.0.freed.notify_waiters();
    }
}

/// Waits for leave to make an answer that may be large; `None` outside of a request.
pub(super) async fn making() -> Option<Making> {
    let client = REQUEST.try_with(|(client, _)| client.clone()).ok()?;
    client.making().await
}

/// Lets the leave last until the answer that was made is held.
pub(super) fn keep(making: Option<Making>) {
    let _outside = REQUEST.try_with(|(_, kept)| kept.replace(making));
}

/// Counts what a request brings and what its answer takes.
pub(super) async fn counted(request: Request, next: Next) -> Response {
    let Some(client) = request.extensions().get::<Client>().cloned() else {
        return next.run(request).await;
    };
    // Without a length it may be as long as any; what is longer is refused unread.
    let brought = request.body().size_hint().upper().map_or(Some(BODY_BYTES_MAX), as_len);
    let mut body = None;
    if let Some(bytes @ SMALL_BYTES..=BODY_BYTES_MAX) = brought {
        body = client.hold(bytes * BODY_WEIGHT).await;
        if body.is_none() {
            return full();
        }
    }
    let request_of = (client.clone(), RefCell::new(None));
    let answering = async move {
        let response = next.run(request).await;
        drop(body);
        held(&client, response).await
    };
    REQUEST.scope(request_of, answering).await
}

/// Returns the answer, which counts until it is taken.
async fn held(client: &Client, response: Response) -> Response {
    let (head, body) = response.into_parts();
    let Some(bytes @ SMALL_BYTES..) = body.size_hint().exact().and_then(as_len) else {
        return Response::from_parts(head, body);
    };
    let Some(mut held) = client.hold(bytes).await else { return full() };
    match to_bytes(body, bytes).await {
        Ok(whole) => {
            Response::from_parts(head, Body::new(Parts::new(&whole, |bytes| held.part(bytes))))
        }
        Err(error) => Failure::internal(error).into_response(),
    }
}

fn full() -> Response {
    let detail = "too much is under way to other clients, or to this one";
    Failure::new(Code::Crowded, detail).into_response()
}

fn as_len(bytes: u64) -> Option<usize> {
    usize::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures::StreamExt as _;

    use super::*;
    use crate::api::parts::PART_BYTES;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    fn client(memory: &Memory, from: IpAddr) -> Client {
        memory.enter(from, Activity::new())
    }

    #[tokio::test]
    async fn one_address_may_hold_half_and_all_together_no_more_than_there_is() {
        let memory = Memory::new();
        let [one, two] = [client(&memory, ONE), client(&memory, ONE)];
        let first = one.hold(ADDRESS_BYTES_MAX - 1).await.expect("room");
        assert!(two.hold(2).await.is_none(), "more than half");
        let other = client(&memory, OTHER);
        let third = other.hold(ADDRESS_BYTES_MAX).await.expect("room of its own");
        assert_eq!(memory.bytes(), BYTES_MAX - 1);
        drop((first, third));
        assert_eq!(memory.bytes(), 0);
    }

    #[tokio::test]
    async fn who_keeps_the_node_waiting_longest_goes_and_who_waits_for_it_stays() {
        let memory = Memory::new();
        let working = Activity::new();
        working.turn(Turn::Node);
        let busy = memory.enter(ONE, working);
        let _its = busy.hold(ADDRESS_BYTES_MAX / 2).await.expect("room");
        let slow = client(&memory, ONE);
        let kept = slow.hold(ADDRESS_BYTES_MAX / 2).await.expect("room");
        let next = client(&memory, ONE);
        let leaves = async {
            slow.pressed().await;
            drop(kept);
        };
        let (room, ()) = tokio::join!(next.hold(1000), leaves);
        assert!(room.is_some());
        assert!(timeout(GRACE * 2, busy.pressed()).await.is_err(), "it is the node's turn");
        assert!(next.hold(ADDRESS_BYTES_MAX).await.is_none(), "nobody else is in the way");
    }

    #[tokio::test]
    async fn an_answer_is_freed_as_it_is_taken() {
        let memory = Memory::new();
        let client = client(&memory, ONE);
        let bytes = vec![7; 3 * PART_BYTES - 1];
        let answer = held(&client, Response::new(bytes.clone().into())).await.into_body();
        let size = answer.size_hint().exact();
        let mut answer = answer.into_data_stream();
        assert_eq!(memory.bytes(), bytes.len());
        assert_eq!(size, u64::try_from(bytes.len()).ok());
        let mut taken = Vec::new();
        for left in [2 * PART_BYTES - 1, PART_BYTES - 1, 0] {
            taken.extend(answer.next().await.expect("a part").expect("data"));
            assert_eq!(memory.bytes(), left);
        }
        assert_eq!(taken, bytes);
    }
}
