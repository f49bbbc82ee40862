//! The command `coinage events`: what happens at the node, line by line.

use std::time::{Duration, Instant};

use clap::Args;
use coinage_client::{ClientError, EventStream, Received};
use coinage_model::event::{
    BlockEvent, CharterChange, CharterEvent, EventJson, EventKind, FinalEvent, PeerChange,
    PeerEvent, ReorgEvent, ResetEvent, ResetReason, TransactionChange, TransactionEvent,
};
use serde_json::{Value, json};

use super::context::Context;
use super::describe::Words;
use super::failure::Failure;
use super::printer::Output;
use super::{account, duration};

/// Time to wait before connecting anew.
const PAUSE: Duration = Duration::from_secs(1);

/// Which events, and how long.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  coinage events --types head,reorg --for 2s
  coinage events --types transaction --account alice --for 2s
  coinage events --types charter --for 2s

With --json each event is a line of its own with an id to resume after; the last line is the usual
envelope. A `reset` says that events are missing: read what you need anew, then go on.")]
pub(crate) struct EventsArguments {
    /// Of these kinds only: head, block, reorg, transaction, charter, peer
    #[arg(long, value_delimiter = ',', value_name = "TYPE")]
    types: Vec<EventKind>,
    /// Of the transactions and what they do by charters, those that touch this wallet or address
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// End after so many events
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after this time
    #[arg(long = "for", value_name = "TIME", value_parser = duration::parse)]
    duration: Option<Duration>,
    /// Resume after the event of this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

pub(crate) fn run(arguments: EventsArguments, context: &Context) -> Result<Output, Failure> {
    let deadline = arguments.duration.and_then(|time| Instant::now().checked_add(time));
    let mut query = Vec::new();
    if !arguments.types.is_empty() {
        let names: Vec<_> = arguments.types.iter().map(|kind| kind.name()).collect();
        query.push(("types", names.join(",")));
    }
    if let Some(name) = &arguments.account {
        query.push(("account", account::address(context, name)?.to_string()));
    }
    let mut following = Following {
        context,
        words: Words::brief(context),
        query,
        deadline,
        left: arguments.count,
        shown: 0,
        last: arguments.after,
    };
    context.printer.end_with_reader();
    following.run()?;
    let Following { shown, last, .. } = following;
    Ok(Output::new(json!({ "events": shown, "last_event_id": last }), ""))
}

struct Following<'a> {
    context: &'a Context,
    words: Words<'a>,
    query: Vec<(&'static str, String)>,
    deadline: Option<Instant>,
    left: Option<u64>,
    shown: u64,
    last: Option<String>,
}

impl Following<'_> {
    /// Connects again and again, each time after the last event, until enough was seen.
    fn run(&mut self) -> Result<(), Failure> {
        let mut connected = false;
        while !self.is_over() {
            match self.connect() {
                Ok(stream) => {
                    connected = true;
                    self.show_all(stream)?;
                }
                Err(_) if self.is_over() => {}
                Err(error) if connected && error.may_pass_soon() => {}
                Err(error) => return Err(error.into()),
            }
            let pause = self.remaining().map_or(PAUSE, |left| left.min(PAUSE));
            if !self.is_over() {
                std::thread::sleep(pause);
            }
        }
        Ok(())
    }

    fn connect(&self) -> Result<EventStream, ClientError> {
        let left = self.remaining().map(|left| left.max(Duration::from_millis(1)));
        self.context.client.events(&self.query, self.last.as_deref(), left)
    }

    fn show_all(&mut self, mut stream: EventStream) -> Result<(), Failure> {
        loop {
            let next = stream.receive();
            self.last = stream.last_id().map(str::to_owned).or_else(|| self.last.take());
            match next {
                Ok(Some(received)) => self.show(&received)?,
                Ok(None) => return Ok(()),
                Err(_) if self.is_over() => return Ok(()),
                Err(error) if error.may_pass_soon() => {
                    self.context.printer.note(&format!("{error}; connecting again"));
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
            if self.is_over() {
                return Ok(());
            }
        }
    }

    fn show(&mut self, received: &Received) -> Result<(), Failure> {
        let printer = &self.context.printer;
        if printer.is_json() {
            printer.line(&json_line(received).to_string())?;
        } else {
            printer.line(&self.words(&received.event))?;
        }
        self.shown += 1;
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(())
    }

    /// Describes an event in a line, what is done by a charter with the names that it gives.
    fn words(&self, event: &EventJson) -> String {
        let EventJson::Charter(CharterEvent { sender, actions, .. }) = event else {
            return words(event);
        };
        let did = actions.iter().map(|action| {
            let text = self.words.action(&action.clone().into(), *sender);
            // The sentences of a charter are too many for a line.
            text.lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
        });
        format!("{}: {}", words(event), did.collect::<Vec<_>>().join("; "))
    }

    fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    fn is_over(&self) -> bool {
        self.left == Some(0) || self.remaining() == Some(Duration::ZERO)
    }
}

/// The data stays whole: a transaction has an id of its own.
fn json_line(received: &Received) -> Value {
    json!({ "id": received.id, "event": received.event })
}

/// Describes an event in a line.
pub(crate) fn words(event: &EventJson) -> String {
    match event {
        EventJson::Head(tip) => format!("head         {} {}", tip.height, short(&tip.hash)),
        EventJson::Block(block) => block_words(block),
        EventJson::Reorg(reorg) => reorg_words(reorg),
        EventJson::Final(FinalEvent { tip, delay_ms, .. }) => {
            format!("final        {} {}, {delay_ms} ms", tip.height, short(&tip.hash))
        }
        EventJson::Transaction(transaction) => transaction_words(transaction),
        EventJson::Charter(charter) => charter_words(charter),
        EventJson::Evidence(one) => {
            format!("evidence     {} {}", one.authority, one.deed())
        }
        EventJson::Conflict(conflict) => format!("conflict     {}", conflict.sentence()),
        EventJson::Peer(peer) => peer_words(peer),
        EventJson::Reset(ResetEvent { reason, head }) => {
            let reason = match reason {
                ResetReason::Restarted => "the node has started anew",
                ResetReason::TooOld => "what followed is no longer kept",
                ResetReason::TooSlow => "events came faster than they were read",
                ResetReason::UnknownId => "the id to resume after is none of this node's",
            };
            let (height, hash) = (head.height, short(&head.hash));
            format!("reset        events are missing: {reason}; at {height} {hash}")
        }
    }
}

fn block_words(block: &BlockEvent) -> String {
    let BlockEvent { tip, previous, transactions, delay_ms, .. } = block;
    let (height, hash, previous) = (tip.height, short(&tip.hash), short(previous));
    format!(
        "block        {height} {hash} after {previous}, {transactions} transactions, {delay_ms} ms"
    )
}

fn reorg_words(reorg: &ReorgEvent) -> String {
    let ReorgEvent { depth, common_ancestor, old_head, new_head, .. } = reorg;
    let (old, new) = (short(&old_head.hash), short(&new_head.hash));
    let fork = common_ancestor.height;
    format!("reorg        {depth} blocks left the chain above {fork}: {old} gave way to {new}")
}

fn transaction_words(transaction: &TransactionEvent) -> String {
    let what = match transaction.status {
        TransactionChange::Accepted => "accepted",
        TransactionChange::Included => "included",
        TransactionChange::Reverted => "reverted",
        TransactionChange::Dropped => "dropped",
        TransactionChange::Expired => "expired",
    };
    let TransactionEvent { id, block, waits_for, reason, .. } = transaction;
    let at = block.map(|block| format!(" in block {}", block.height)).unwrap_or_default();
    let why = waits_for.as_ref().or(reason.as_ref());
    let why = why.map(|reason| format!(": {}", reason.detail)).unwrap_or_default();
    format!("transaction  {id} {what}{at}{why}")
}

fn charter_words(event: &CharterEvent) -> String {
    let CharterEvent { id, status, block, .. } = event;
    let what = match status {
        CharterChange::Included => "included",
        CharterChange::Reverted => "reverted",
    };
    format!("charter      {id} {what} in block {}", block.height)
}

fn peer_words(peer: &PeerEvent) -> String {
    let change = match peer.change {
        PeerChange::Connected => "connected",
        PeerChange::Disconnected => "disconnected",
        PeerChange::Refused => "refused",
        PeerChange::Banned => "banned",
    };
    let why = peer.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("peer         {} {change} at {}{why}", peer.peer_id, peer.address)
}

fn short(hash: &impl ToString) -> String {
    let mut digits = hash.to_string();
    digits.truncate(12);
    digits
}
