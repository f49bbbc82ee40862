//! References to the block that an answer is about, when it is not the head.

use coinage_model::code::Code;
use coinage_model::text;
use coinage_protocol::engine::ChainReader as _;
use coinage_protocol::{BlockHash, Height, SignedHeader, State, Tip};
use tokio::sync::oneshot;

use super::App;
use super::failure::Failure;
use crate::handle::StateQuery;
use crate::storage::Snapshot;

/// Number of times that a state is asked for at most, when reorgs come in between.
const ATTEMPTS: u32 = 3;

/// The block of the chain that a request means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum At {
    /// The head.
    Head,
    /// The chain's block at a height.
    Height(u64),
    /// A block that must be on the chain.
    Block(BlockHash),
}

impl At {
    /// Reads what the parameters `height` and `block` mean together.
    pub(super) fn read(height: Option<&str>, block: Option<&str>) -> Result<Self, Failure> {
        match (height, block) {
            (None, None) => Ok(Self::Head),
            (Some(height), None) => parameter(height).map(Self::Height),
            (None, Some(block)) => parameter(block).map(Self::Block),
            (Some(_), Some(_)) => {
                Err(Failure::new(Code::BadParameter, "give height or block, not both"))
            }
        }
    }

    /// Returns the place of the block, if it is on the chain.
    pub(super) fn resolve(self, snapshot: &Snapshot) -> Result<Tip, Failure> {
        let unknown = || {
            let detail = "this node has no such block";
            Failure::new(Code::UnknownBlock, detail)
        };
        let hash = match self {
            Self::Head => return Ok(snapshot.head()?),
            Self::Height(height) => snapshot.canonical(Height::new(height))?.ok_or_else(unknown)?,
            Self::Block(hash) => hash,
        };
        let header = snapshot.header(&hash)?.ok_or_else(unknown)?.header;
        if snapshot.canonical(header.height)? != Some(hash) {
            return Err(left(&hash));
        }
        Ok(Tip { height: header.height, slot: header.slot, hash })
    }
}

impl App {
    /// Returns the signed header of a block and the state after it, as the node keeps it in memory.
    pub(super) async fn state_at(&self, at: At) -> Result<(SignedHeader, State), Failure> {
        let mut attempts = ATTEMPTS;
        loop {
            let found = self.clone().read(move |app, snapshot| {
                let tip = at.resolve(snapshot)?;
                let header = app.handle.storage.header(&tip.hash);
                let missing = || Failure::internal(format!("block {} has no header", tip.height));
                Ok((tip, header.ok_or_else(missing)?))
            });
            let (tip, header) = found.await?;
            let (reply, answered) = oneshot::channel();
            let query = StateQuery { block: tip.hash, reply };
            self.handle.states.send(query).await.map_err(|_| stopping())?;
            attempts = attempts.saturating_sub(1);
            match answered.await.map_err(|_| stopping())? {
                Ok(state) if state.root() == header.header.state_root => {
                    return Ok((header, state));
                }
                Ok(_) => return Err(Failure::internal("a state is not the one of its block")),
                Err(oldest) if tip.height < oldest => {
                    return Err(not_kept(oldest.get()));
                }
                // A reorg came in between.
                Err(_) if attempts == 0 => return Err(left(&tip.hash)),
                Err(_) => {}
            }
        }
    }
}

/// Refusal to show a state so old that the node no longer keeps it.
pub(super) fn not_kept(oldest: u64) -> Failure {
    let detail = format!("what was then is not kept; the oldest height that is kept is {oldest}");
    Failure::new(Code::StateNotKept, detail).with("oldest_height", oldest)
}

fn left(hash: &BlockHash) -> Failure {
    let detail = format!("block {hash} is not, or no longer, on this node's chain");
    Failure::new(Code::NotOnChain, detail)
}

fn stopping() -> Failure {
    let detail = "the node is stopping";
    Failure::new(Code::Stopping, detail)
}

/// A value in the path of a route.
pub(super) fn parameter<T: text::Written>(text: &str) -> Result<T, Failure> {
    text::parse(text).map_err(|error| Failure::new(Code::BadParameter, error))
}
