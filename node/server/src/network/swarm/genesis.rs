//! Gives the genesis to whoever asks (SPEC N-7): what a machine needs that was invited.

use coinage_protocol::{DecodeError, encode};
use libp2p::request_response::{Event, Message};

use super::Task;

/// Answers on their way at a time at most: a genesis may have a MiB.
const GIVING_MAX: usize = 8;

impl Task {
    pub(super) fn on_genesis(&mut self, event: Event<Vec<u8>, Vec<u8>>) {
        match event {
            Event::Message { peer, message: Message::Request { request, channel, .. }, .. } => {
                if !request.is_empty() {
                    let error = DecodeError::TooLong { len: request.len(), limit: 0 };
                    return self.garbled(&peer, error.to_string());
                }
                if self.giving >= GIVING_MAX || !self.peers.may_have_genesis(&peer) {
                    return;
                }
                let genesis = encode(self.spec.genesis());
                let sent = self.swarm.behaviour_mut().genesis.send_response(channel, genesis);
                self.giving += usize::from(sent.is_ok());
            }
            Event::ResponseSent { .. } | Event::InboundFailure { .. } => {
                self.giving = self.giving.saturating_sub(1);
            }
            Event::Message { .. } | Event::OutboundFailure { .. } => {}
        }
    }
}
