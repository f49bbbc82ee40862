//! Quiet lives: networks that people use only now and then, and whose leaders then write next to
//! nothing (SPEC F-10).

use coinage_protocol::limits::{HEARTBEAT_MS, HEARTBEAT_MS_MAX};

use super::Life;
use super::draw::Draw;
use super::plan::Deed;

/// Slots from one busy time to the next.
const SLOTS_BETWEEN: u64 = 64;
/// Slots that a busy time lasts.
const BUSY_SLOTS: u64 = 20;

/// Draws the heartbeat of a network in milliseconds: a block in each slot, one now and then, or
/// hardly any. Drawn apart from everything else.
pub(super) fn heartbeat(seed: u64) -> u64 {
    let mut draw = Draw::new(seed ^ 0xBEA7);
    let all = [0, 1_000, HEARTBEAT_MS, HEARTBEAT_MS, HEARTBEAT_MS_MAX];
    all[draw.index(all.len())]
}

/// Checks whether a deed is left out of a life with this heartbeat: on a quiet network what people
/// would do between the busy times. Misfortunes come at any time.
pub(super) fn is_silenced(heartbeat_ms: u64, (slot, deed): &(u64, Deed)) -> bool {
    use Deed::{Bulk, ByCharter, Crowd, Together, Use};
    let is_use = matches!(deed, Use(..) | Together(..) | ByCharter(..) | Crowd(..) | Bulk(..));
    heartbeat_ms > 0 && is_use && slot % SLOTS_BETWEEN >= BUSY_SLOTS
}

impl Life<'_> {
    /// Pays once, if nobody else would: on a quiet network a payment becomes final as soon as on
    /// any other, whatever the heartbeat.
    pub(super) fn pay_on_quiet(&mut self) {
        let payer = self.world.honest().find(|node| self.world.is_usable(*node));
        if let Some(node) = payer.filter(|_| self.plan.heartbeat_ms > 0) {
            self.users.pay(&mut self.world, node, 1, 2);
        }
    }
}
