//! Reports of what a run saw, for people.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Write as _;

use crate::audit::Remarkable;
use crate::byzantine::{AGAINST_A_CHARTER, FORGERIES, Villainy, WAYS, WAYS_TO_LACK};
use crate::life::{Fault, Plan};
use crate::sim_network::{Family, Tally};

/// Messages that must come in every long run, or the simulator tests less than it says.
const MESSAGES: [&str; 11] = [
    "gossip of transactions",
    "gossip of a block",
    "gossip of a ballot",
    "certificates",
    "evidence",
    "newest ballots",
    "status",
    "headers",
    "blocks",
    "waiting ids",
    "transactions",
];
const REJECTIONS: [&str; 25] = [
    "verdict accept",
    "verdict ignore",
    "verdict reject",
    "ban",
    "block rejected",
    "undecodable",
    "bad_transaction",
    "bad_header",
    "bad_certificate",
    "bad_evidence",
    "other_body",
    "bad_body",
    "broken_link",
    "invalid_chain",
    "wrong_answer",
    "lying_status",
    "flood",
    "expired",
    "too far ahead",
    "insufficient balance",
    "unknown token",
    "symbol taken",
    "not the issuer",
    "issuance closed",
    "cap exceeded",
];
const MORE_REJECTIONS: [&str; 8] = [
    "not a creator",
    "too many balances",
    "too many tokens",
    "pool full",
    "share full",
    "parked full",
    "evicted",
    "change refused",
];
const DISK: [&str; 7] = [
    "torn record dropped",
    "start refused by the disk",
    "start refused by the engine",
    "read refused",
    "found by a look at everything",
    "wiped by its operator",
    "copied back by its operator",
];
const CHAIN: [&str; 13] = [
    "block imported",
    "block final",
    "double vote seen",
    "evidence: two blocks",
    "evidence: two votes",
    "evidence: two commits",
    "fork seen",
    "reorg",
    "sync",
    "wrong clock noticed",
    "change taken",
    "authorities to come",
    "authorities in force",
];
const REVEALS: [&str; 3] = ["timed reveal", "timed reveal off the head", "block displaced"];
const CHAINS_FORGED: [&str; 4] =
    ["foreign slots", "own slots", "own slots to come", "heights skipped"];

/// The table of everything counted, family by family.
pub(crate) fn table(tally: &Tally) -> String {
    let mut text = String::new();
    let mut last = None;
    for (family, name, count) in tally.iter() {
        if last != Some(family) {
            let _ = writeln!(text, "\n{family:?}");
            last = Some(family);
        }
        let _ = writeln!(text, "  {name:<32} {count:>12}");
    }
    text
}

/// Times, over all lives, until something was final again after the peace; each with its seed.
pub(crate) fn healing(mut slots: Vec<(u64, u64)>) -> String {
    slots.sort_unstable();
    let lives = slots.len();
    let at = |part: usize| slots.get((lives * part / 100).min(lives.saturating_sub(1)));
    let [Some(median), Some(rare), Some(most)] = [50, 99, 100].map(at) else {
        return String::from("nothing was final after a heal");
    };
    let (median, rare, (most, seed)) = (median.0, rare.0, most);
    let what = format!("slots from heal to final, {lives} lives");
    format!("{what}: median {median}, p99 {rare}, max {most} (seed {seed})")
}

/// Lists what should have happened and did not.
pub(crate) fn never_fired(tally: &Tally) -> Vec<String> {
    let villains = Villainy::ALL.map(Villainy::name);
    let wanted = [
        (Family::Fault, Fault::ALL.map(Fault::name).to_vec()),
        (Family::Disk, DISK.to_vec()),
        (
            Family::Villain,
            [
                &villains[..],
                &WAYS,
                &WAYS_TO_LACK,
                &CHAINS_FORGED,
                &FORGERIES,
                &REVEALS,
                &["wrong answer", AGAINST_A_CHARTER],
            ]
            .concat(),
        ),
        (Family::Message, MESSAGES.to_vec()),
        (Family::Rejection, [&REJECTIONS[..], &MORE_REJECTIONS].concat()),
        (Family::Chain, [&CHAIN[..], &Remarkable::OFTEN].concat()),
    ];
    let missing = |family, names: Vec<&'static str>| {
        let never = names.into_iter().filter(move |name| tally.get(family, name) == 0);
        never.map(move |name| format!("{family:?}: {name}")).collect::<Vec<_>>()
    };
    wanted.into_iter().flat_map(|(family, names)| missing(family, names)).collect()
}

/// A plan, for people.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut text = format!(
        "seed {}: {} nodes, {} slots, faults {:?}\n",
        plan.seed,
        plan.nodes(),
        plan.slots,
        plan.faults
    );
    for (number, role) in plan.roles.iter().enumerate() {
        let _ = writeln!(text, "  node {}: {role:?}", number + 1);
    }
    for (slot, deed) in &plan.deeds {
        let _ = writeln!(text, "  slot {slot}: {deed:?}");
    }
    text
}

thread_local! {
    /// Place where the last panic of this thread came from.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Makes panics silent: each is a broken invariant that is caught, and told once at the end.
pub(crate) fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| PLACE.set(panic.location().map(ToString::to_string))));
}

/// Describes a panic: what it says, and where it came from.
pub(crate) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    let text = text.unwrap_or_else(|| "a panic that says nothing".into());
    PLACE.take().map_or_else(|| text.clone(), |place| format!("{text} ({place})"))
}
