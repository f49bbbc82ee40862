//! Crowds of strangers who come from one address: throw-away identities, and sockets that say
//! nothing.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use coinage_protocol::ChainSpec;
use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;

use crate::villain::from::{connect, socket};
use crate::villain::{Villain, claiming, genesis};

/// Time that a stranger waits before it comes again.
const PAUSE: Duration = Duration::from_millis(20);

/// A crowd that keeps coming until it is dropped.
#[derive(Debug)]
pub struct Crowd {
    runtime: Runtime,
    identities: Arc<AtomicUsize>,
    sockets: Arc<AtomicUsize>,
}

impl Crowd {
    /// Gathers so many identities and so many silent sockets at a time; who is turned away comes
    /// again, an identity under a new name.
    ///
    /// # Panics
    ///
    /// If the machine has not this address.
    pub fn gather(
        spec: &ChainSpec,
        node: &str,
        from: Ipv4Addr,
        identities: usize,
        sockets: usize,
    ) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let address: Multiaddr = node.parse().expect("an address");
        let socket = socket(&address).expect("a TCP address");
        let crowd = Self { identities: Arc::default(), sockets: Arc::default(), runtime };
        for _ in 0..identities {
            let (spec, address) = (spec.clone(), address.clone());
            let count = Arc::clone(&crowd.identities);
            crowd.runtime.spawn(async move {
                loop {
                    count.fetch_add(1, Ordering::Relaxed);
                    stay(&spec, address.clone(), from).await;
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        for _ in 0..sockets {
            let count = Arc::clone(&crowd.sockets);
            crowd.runtime.spawn(async move {
                loop {
                    count.fetch_add(1, Ordering::Relaxed);
                    // However it ends, there is another.
                    let _ended = be_silent(socket, from).await;
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        crowd
    }

    /// Numbers of identities and silent sockets that came so far.
    pub fn came(&self) -> (usize, usize) {
        (self.identities.load(Ordering::Relaxed), self.sockets.load(Ordering::Relaxed))
    }
}

/// A peer that claims nothing, for as long as the node keeps it.
async fn stay(spec: &ChainSpec, node: Multiaddr, from: Ipv4Addr) {
    let script = claiming(spec, genesis(spec));
    let keypair = Keypair::generate_ed25519();
    let mut villain = Villain::dial_from(Some(from), spec, node, keypair, script);
    villain.stay().await;
}

/// Connects and waits until the node has had enough.
async fn be_silent(node: SocketAddr, from: Ipv4Addr) -> io::Result<()> {
    let mut rest = Vec::new();
    connect(from, node).await?.read_to_end(&mut rest).await.map(drop)
}
