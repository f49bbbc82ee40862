//! Notices of the network, and what the driver does with each.

use std::time::Duration;

use coinage_model::event::PeerChange;
use coinage_protocol::Offence;
use coinage_protocol::engine::{ChainReader, Effect, Event, Input, PeerRef};

use super::{Driver, DriverError};
use crate::event_log;
use crate::network::{self, Notice};
use crate::peer_diagnostics::{Diagnostic, TroubleKind};

impl<R: ChainReader> Driver<R> {
    pub(super) async fn on_notice(&mut self, notice: Notice) -> Result<(), DriverError> {
        match notice {
            Notice::Input(input) => self.feed(input).await,
            Notice::Connected { peer, shown } => {
                if self.may_log() {
                    event_log::peer_connected(&shown);
                    self.parts.events.peer(&shown, PeerChange::Connected, None);
                }
                self.parts.live.connected(peer, *shown);
                self.feed(Input::Connected { peer }).await
            }
            Notice::Disconnected { peer, reason } => {
                self.refused.remove(&peer);
                self.feed(Input::Disconnected { peer }).await?;
                if let Some(shown) = self.parts.live.disconnected(peer)
                    && self.may_log()
                {
                    event_log::peer_disconnected(&shown, &reason);
                    let change = PeerChange::Disconnected;
                    self.parts.events.peer(&shown, change, Some(&reason));
                }
                Ok(())
            }
            Notice::Garbled { peer, detail } => {
                if let Some(shown) = self.parts.live.peer(peer)
                    && self.may_log()
                {
                    event_log::peer_garbled(&shown, &detail);
                }
                self.note(peer, TroubleKind::Undecodable, &detail, Some(network::GARBLED_TIME));
                Ok(())
            }
            Notice::Flooded { peer, detail } => {
                let offence = Offence::Flood;
                let detail = detail.into();
                self.perform(Effect::Report(Event::Misbehaviour { peer, offence, detail })).await?;
                self.perform(Effect::Ban { peer, offence }).await
            }
            Notice::Located(places) => {
                if self.may_log() {
                    event_log::located(&places);
                }
                self.parts.live.located(places);
                Ok(())
            }
            Notice::Diagnostic(trouble) => {
                match trouble.kind {
                    TroubleKind::NoHandshake if self.may_log() => event_log::no_handshake(&trouble),
                    TroubleKind::IdentityTwice if self.may_log() => {
                        event_log::identity_twice(&trouble);
                    }
                    _ => {}
                }
                self.parts.live.note(*trouble);
                Ok(())
            }
        }
    }

    /// Remembers what went wrong with a peer, and for how long it is kept away.
    pub(super) fn note(
        &self,
        peer: PeerRef,
        kind: TroubleKind,
        detail: &str,
        away: Option<Duration>,
    ) {
        let Some(shown) = self.parts.live.peer(peer) else { return };
        let now = self.parts.clock.wall();
        let until = away.map(|away| now + away);
        let trouble =
            Diagnostic::new(kind, detail, now).of(Some(shown.address), Some(shown.peer_id));
        self.parts.live.note(Diagnostic { until, ..trouble });
    }
}
