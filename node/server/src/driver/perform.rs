//! Performs what the engine says is to be done.

use coinage_model::event::PeerChange;
use coinage_protocol::engine::{
    ChainReader, Effect, Event, PeerRef, Publication, SubmissionId, SubmitOutcome,
};
use coinage_protocol::{Offence, Status, TransactionId};

use super::{Driver, DriverError, SigningNote};
use crate::event_log::{self, SyncPace};
use crate::network::{self, Command};
use crate::peer_diagnostics::{Diagnostic, TroubleKind};

impl<R: ChainReader> Driver<R> {
    pub(super) async fn perform(&mut self, effect: Effect) -> Result<(), DriverError> {
        match effect {
            Effect::Persist { number, batch } => {
                self.parts.events.expect(&batch);
                self.disk.write(number, *batch).await;
                Ok(())
            }
            Effect::Remember { slot } => {
                let written = (self.parts.remember)(SigningNote::Slot(slot));
                written.map_err(|error| DriverError::Remember { slot, error })
            }
            Effect::RememberVoting(memory) => {
                let slot = memory.last_vote.slot;
                let written = (self.parts.remember)(SigningNote::Voting(memory));
                written.map_err(|error| DriverError::Remember { slot, error })
            }
            Effect::StopSigning(stop) => {
                let written = (self.parts.remember)(SigningNote::Stop(stop));
                written.map_err(|error| DriverError::Remember { slot: stop.slot, error })
            }
            Effect::Publish(publication) => self.command(publish(&publication)).await,
            Effect::Judge { token, verdict } => {
                self.command(Command::Judge { token, verdict }).await
            }
            Effect::Ask { peer, request, question } => {
                self.command(Command::Ask { peer, request, question }).await
            }
            Effect::Answer { asked, reply } => self.command(Command::Answer { asked, reply }).await,
            Effect::Charge { peer, offence } => {
                self.charge(peer, offence);
                Ok(())
            }
            Effect::Ban { peer, offence } => {
                if let Some(shown) = self.parts.live.peer(peer)
                    && self.may_log()
                {
                    event_log::peer_banned(&shown, offence.reason());
                    let reason = Some(offence.reason());
                    self.parts.events.peer(&shown, PeerChange::Banned, reason);
                }
                self.note(peer, TroubleKind::Banned, offence.reason(), Some(network::BAN_TIME));
                self.command(Command::Ban { peer }).await
            }
            Effect::Refuse { peer, theirs, ours } => self.refuse(peer, &ours, &theirs).await,
            Effect::Renew { peer } => self.command(Command::Renew { peer }).await,
            Effect::Submitted { submission, id, outcome } => {
                self.submitted(submission, id, outcome);
                Ok(())
            }
            Effect::ChangeSubmitted { submission, outcome } => {
                if let Some(reply) = self.change_submitters.remove(&submission) {
                    // Whoever asked may have gone away.
                    let _ = reply.send(outcome);
                }
                Ok(())
            }
            Effect::Report(event) => self.report(&event).await,
        }
    }

    /// Sends a command to the network task, which always takes commands, so this never waits for a
    /// peer.
    async fn command(&mut self, command: Command) -> Result<(), DriverError> {
        self.parts.link.commands.send(command).await.map_err(|_| DriverError::NetworkGone)
    }

    fn charge(&mut self, peer: PeerRef, offence: Offence) {
        if let Some(shown) = self.parts.live.peer(peer)
            && self.may_log()
        {
            event_log::peer_charged(&shown, offence.reason(), offence.price());
        }
    }

    async fn refuse(
        &mut self,
        peer: PeerRef,
        ours: &Status,
        theirs: &Status,
    ) -> Result<(), DriverError> {
        let Some(shown) = self.parts.live.peer(peer) else { return Ok(()) };
        if self.refused.insert(peer) {
            if self.may_log() {
                let reason = event_log::peer_refused(&shown, ours, theirs);
                self.parts.events.peer(&shown, PeerChange::Refused, Some(reason));
            }
            let trouble = Diagnostic::refused(ours, theirs, self.parts.clock.wall());
            self.parts.live.note(trouble.of(Some(shown.address), Some(shown.peer_id)));
        }
        self.command(Command::Refuse { peer }).await
    }

    fn submitted(&mut self, submission: SubmissionId, id: TransactionId, outcome: SubmitOutcome) {
        self.parts.metrics.submitted(&outcome);
        if let Some(reply) = self.submitters.remove(&submission) {
            // Whoever asked may have gone away.
            let _ = reply.send(Ok((id, outcome)));
        }
    }

    #[deny(clippy::wildcard_enum_match_arm)]
    async fn report(&mut self, event: &Event) -> Result<(), DriverError> {
        let gone = if let Event::TransactionDropped { id, .. } = event {
            self.parts.live.pending(id)
        } else {
            None
        };
        // Whoever hears of it must find it.
        self.parts.live.apply(event, self.parts.clock.wall());
        self.parts.events.report(event, gone.as_ref());
        self.parts.metrics.event(event);
        let of_peer = matches!(
            event,
            Event::Misbehaviour { .. } | Event::BlockRejected { peer: Some(_), .. }
        );
        if !of_peer || self.may_log() {
            event_log::event(event, self.parts.spec.chain(), &self.parts.live);
        }
        let uptime = self.parts.clock.now().uptime;
        match event {
            Event::SigningStopped(stop) => {
                if let Some(twin) = Diagnostic::authority_twice(*stop, self.parts.clock.wall()) {
                    self.parts.live.note(twin);
                }
            }
            Event::GossipSilent { peer } => {
                let detail = "its head moves, but its gossip does not arrive";
                self.note(*peer, TroubleKind::GossipSilent, detail, None);
            }
            Event::SyncStarted { from, .. } => {
                let slot = self.parts.engine.head().slot;
                self.pace = SyncPace::new(from.get(), slot.get(), uptime);
            }
            Event::SyncProgress { height, target, slot, slot_now } => {
                self.pace.progress(
                    [height.get(), target.get()],
                    [slot.get(), slot_now.get()],
                    uptime,
                );
            }
            Event::PeerStatus { peer, status } => {
                let addresses: Vec<_> =
                    status.addresses.iter().filter_map(|text| text.as_str().parse().ok()).collect();
                if !addresses.is_empty() {
                    return self.command(Command::Learn { peer: *peer, addresses }).await;
                }
            }
            Event::BlockImported { .. }
            | Event::BlockSide { .. }
            | Event::BlockRejected { .. }
            | Event::BlockFinal { .. }
            | Event::DoubleSigned { .. }
            | Event::VotedTwice { .. }
            | Event::EvidenceFound(_)
            | Event::FinalityConflict(_)
            | Event::FinalInvalid(_)
            | Event::Misbehaviour { .. }
            | Event::Reorg(_)
            | Event::TransactionAccepted { .. }
            | Event::TransactionRechecked { .. }
            | Event::TransactionRejected { .. }
            | Event::TransactionDropped { .. }
            | Event::TransactionLost { .. }
            | Event::SyncDone { .. }
            | Event::ClockSkewed { .. }
            | Event::ClockFine
            | Event::ClockAbsurd { .. }
            | Event::ChangeWaits { .. }
            | Event::Authorities { .. } => {}
        }
        Ok(())
    }
}

fn publish(publication: &Publication) -> Command {
    let (topic, bytes) = publication.to_message();
    Command::Publish { topic, bytes }
}
