//! Clocks that are off by minutes to weeks for a while, drawn apart from everything else.

use std::collections::BTreeSet;

use super::draw::Draw;
use super::fault::Fault;
use super::plan::{Deed, Role, SLOTS};

/// Steps of a clock, from minutes to weeks, in milliseconds.
const FAR_MS: [i64; 5] = [120_000, 900_000, 7_200_000, 86_400_000, 3_456_000_000];

/// Draws when whose clock leaves and comes back. Every draw is made whether it is used or not.
///
/// With the traitors, those whose clocks ever leave are no quorum: what a quorum signs for the
/// future is final, and the chain waits for then.
pub(super) fn deeds(draw: &mut Draw, faults: &BTreeSet<Fault>, roles: &[Role]) -> Vec<(u64, Deed)> {
    let mut deeds = Vec::new();
    let key = |role: &Role| role.authority;
    let authorities = roles.iter().filter_map(key).collect::<BTreeSet<_>>().len();
    let mut astray: BTreeSet<_> =
        roles.iter().filter(|role| role.villainy.is_some()).filter_map(key).collect();
    for _ in 0..3 {
        let (slot, node) = (10 + draw.below(SLOTS - 80), draw.index(roles.len()));
        let (far, slots) = (FAR_MS[draw.index(FAR_MS.len())], 3 + draw.below(60));
        let far = if draw.one_in(3) { -far } else { far };
        let with = astray.iter().copied().chain(key(&roles[node])).collect::<BTreeSet<_>>();
        if faults.contains(&Fault::FarClock) && 3 * with.len() <= 2 * authorities {
            astray = with;
            deeds.extend([(slot, Deed::Jump(node, far)), (slot + slots, Deed::Jump(node, 0))]);
        }
    }
    deeds
}
