//! `coinage devnet --demo`: a steady stream of payments, so that there is something to watch.

mod found;
mod node;
mod script;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use self::found::Founding;
use self::node::{Sent, Talk};
use self::script::{ACCOUNTS, Script};
use super::status::DemoStatus;

/// Transactions a second unless told otherwise.
pub(super) const RATE: u32 = 5;
/// The most transactions a second: this is to be watched, not a load test.
pub(super) const RATE_MAX: u32 = 100;
/// Time for which a node that did not answer is left alone.
const REST: Duration = Duration::from_secs(3);
/// Interval at which it is checked whether the accounts have their first tokens, until they do.
const FOUNDING_POLL: Duration = Duration::from_millis(500);

/// A demonstration and its counts.
#[derive(Debug)]
pub(super) struct Demo {
    per_second: u32,
    taken: AtomicU64,
    refused: AtomicU64,
    unreachable: AtomicU64,
}

impl Demo {
    /// Creates a demonstration that has not begun.
    pub(super) fn new(per_second: u32) -> Self {
        let (taken, refused, unreachable) = Default::default();
        Self { per_second: per_second.clamp(1, RATE_MAX), taken, refused, unreachable }
    }

    pub(super) fn status(&self) -> DemoStatus {
        DemoStatus {
            accounts: ACCOUNTS,
            per_second: self.per_second,
            taken: self.taken.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            unreachable: self.unreachable.load(Ordering::Relaxed),
        }
    }

    fn count(&self, sent: Sent) {
        let counter = match sent {
            Sent::Taken => &self.taken,
            Sent::Refused => &self.refused,
            Sent::Unreachable => &self.unreachable,
            Sent::Nothing => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends payments to the nodes that `apis` lists, until it is dropped; `say` tells the onlookers.
///
/// Cancel safety: what a node was being asked goes on in its thread and is forgotten.
pub(super) async fn play(demo: &Demo, apis: impl Fn() -> Vec<String>, say: impl Fn(&str)) {
    let mut turns = Turns::default();
    let mut founding = Founding::new();
    while !founding.is_done() {
        sleep(FOUNDING_POLL).await;
        let Some(api) = turns.next(apis()) else { continue };
        let talk = Talk::new(api.clone());
        let asked = spawn_blocking(move || {
            let sent = founding.go_on(&talk);
            (founding, sent)
        });
        // A thread that panicked begins again.
        let (again, sent) = asked.await.unwrap_or_else(|_| (Founding::new(), Sent::Nothing));
        founding = again;
        demo.count(sent);
        turns.mind(api, sent);
    }
    say("the demonstration has begun");
    let mut script = Script::new(founding.into_tokens());
    let mut ticks = interval(Duration::from_secs(1) / demo.per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(api) = turns.next(apis()) else {
            demo.count(Sent::Unreachable);
            continue;
        };
        let (talk, mut one) = (Talk::new(api.clone()), script.clone());
        let asked = spawn_blocking(move || {
            let sent = talk.pay(&mut one);
            (one, sent)
        });
        let Ok((again, sent)) = asked.await else { continue };
        script = again;
        demo.count(sent);
        turns.mind(api, sent);
    }
}

/// The order of turns: each running node has one, but for those that did not answer lately.
#[derive(Debug, Default)]
struct Turns {
    at: usize,
    resting: BTreeMap<String, Instant>,
}

impl Turns {
    fn next(&mut self, mut apis: Vec<String>) -> Option<String> {
        self.resting.retain(|_, since| since.elapsed() < REST);
        apis.retain(|api| !self.resting.contains_key(api));
        self.at = self.at.wrapping_add(1);
        let at = self.at.checked_rem(apis.len())?;
        apis.into_iter().nth(at)
    }

    fn mind(&mut self, api: String, sent: Sent) {
        if sent == Sent::Unreachable {
            self.resting.insert(api, Instant::now());
        }
    }
}
