//! Replay: which of a token's past transactions another charter would have refused, and why.
//!
//! The ledger's own code judges each transaction at the time of its block, by the proposed charter
//! instead of the one that the token has, if it has one. What is refused does not happen in the
//! replay, so that later transactions may lack the coins; that is told, too.

use std::collections::BTreeMap;

use coinage_protocol::{Action, Address, Amount, Body, Charter, LedgerError, UnixMillis};

use crate::ledger::Ledger;

/// A past transaction that the charter would have refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// Position of the transaction among those that were given.
    pub position: usize,
    /// Reason of the refusal.
    pub reason: LedgerError,
}

/// Judges past transactions, in their order, each with the time of its block.
///
/// Actions of other tokens are left out. The creation of the token is that of the charter; a token
/// without one in its past has the balances from the start that its transfers show.
///
/// # Panics
///
/// If the ledger refuses to create a token by a checked charter, which is a fault.
pub fn replay<'b>(
    charter: &Charter,
    past: impl IntoIterator<Item = (UnixMillis, &'b Body)>,
) -> Vec<Refused> {
    let past: Vec<_> = past.into_iter().collect();
    let start = past.first().map_or_else(|| charter.anchor.millis(), |(time, _)| *time);
    let mut ledger = Ledger::create(charter, start).expect("a checked charter can be created");
    let actions = past.iter().flat_map(|(_, body)| own(charter, body));
    if !actions.clone().any(creates) {
        ledger.endow(lacking(charter, actions));
    }
    let mut refused = Vec::new();
    for (position, (time, body)) in past.iter().enumerate() {
        let actions: Vec<_> = own(charter, body).filter(|one| !creates(one)).cloned().collect();
        if actions.is_empty() {
            continue;
        }
        if let Err(reason) = ledger.at(*time, |moment| moment.act(body.sender, actions)) {
            refused.push(Refused { position, reason });
        }
    }
    refused
}

/// The actions of a transaction that are of the charter's token.
fn own<'b>(charter: &Charter, body: &'b Body) -> impl Iterator<Item = &'b Action> + Clone {
    let token = charter.token;
    body.actions.iter().filter(move |action| action.token() == token)
}

fn creates(action: &Action) -> bool {
    matches!(action, Action::CreateToken(_) | Action::CreateWithCharter(_))
}

/// The amounts that accounts must have had before, for what they then paid.
fn lacking<'b>(
    charter: &Charter,
    actions: impl Iterator<Item = &'b Action>,
) -> BTreeMap<Address, Amount> {
    let mut balances: BTreeMap<Address, Amount> = BTreeMap::new();
    for (address, amount) in charter.creations() {
        let has = balances.entry(address).or_default();
        *has = has.checked_add(amount).unwrap_or(*has);
    }
    let mut lacking: BTreeMap<Address, Amount> = BTreeMap::new();
    for movement in actions.flat_map(Action::movements) {
        if let Some(from) = movement.from {
            let has = balances.entry(from).or_default();
            if let Some(lacks) = movement.amount.checked_sub(*has).filter(|lacks| !lacks.is_zero())
            {
                let lack = lacking.entry(from).or_default();
                *lack = lack.checked_add(lacks).unwrap_or(*lack);
            }
            *has = has.checked_sub(movement.amount).unwrap_or_default();
        }
        if let Some(to) = movement.to {
            let has = balances.entry(to).or_default();
            *has = has.checked_add(movement.amount).unwrap_or(*has);
        }
    }
    lacking
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{Bounded, PolicyReason, Symbol, Text};

    use super::*;
    use crate::read;
    use crate::testing::address;

    fn charter() -> Charter {
        let text = format!(
            "coin POINTS \"Club\", 2 decimals\nperiods count from 2027-01-01 00:00 +00:00\n\
             board is {}\nboard may issue at most 5.00 per day\nboard may freeze and unfreeze any \
             account",
            address(1)
        );
        read(&text).expect("a policy")
    }

    fn token() -> Symbol {
        "POINTS".parse().expect("a symbol")
    }

    fn units(units: u128) -> Amount {
        Amount::try_from(units).expect("small")
    }

    fn body(actions: Vec<Action>) -> Body {
        let sender = address(1);
        Body {
            sender,
            salt: 0,
            expires_at: UnixMillis::new(u64::MAX),
            actions: Bounded::new(actions).expect("few"),
            memo: Text::default(),
        }
    }

    fn mint(amount: u128) -> Action {
        let (issuer, to, amount) = (address(1), address(2), units(amount));
        Action::Mint { token: token(), issuer, to, amount }
    }

    fn pay(from: u8, amount: u128) -> Action {
        let (from, to, amount) = (address(from), address(3), units(amount));
        Action::Transfer { token: token(), from, to, amount }
    }

    #[test]
    fn what_a_charter_would_have_refused_is_named_with_what_follows_from_it() {
        let charter = charter();
        let day = |days: u64| charter.anchor.millis().saturating_add(days * 86_400_000);
        let past = [
            (day(0), body(vec![mint(500)])),
            (day(0), body(vec![mint(1)])),
            (day(1), body(vec![mint(400)])),
            (day(1), body(vec![pay(2, 901)])),
            (day(1), body(vec![pay(2, 900)])),
        ];
        let create = Action::CreateWithCharter(Box::new(charter.clone()));
        let created = body(vec![create]);
        let all = std::iter::once((day(0), &created));
        let all = all.chain(past.iter().map(|(time, body)| (*time, body)));
        let refused = replay(&charter, all);
        let [over, lacks] = refused.as_slice() else { panic!("{refused:?}") };
        assert_eq!((over.position, lacks.position), (2, 4));
        let LedgerError::Policy(refusal) = &over.reason else { panic!("{over:?}") };
        assert!(matches!(refusal.reason, PolicyReason::Limit { .. }));
        assert!(matches!(lacks.reason, LedgerError::InsufficientBalance { .. }));
    }

    #[test]
    fn a_token_of_the_genesis_has_the_coins_that_its_history_shows() {
        let charter = charter();
        let day = charter.anchor.millis();
        let paid = [body(vec![pay(7, 300)]), body(vec![pay(7, 200)]), body(vec![pay(3, 100)])];
        let past = || paid.iter().map(|body| (day, body));
        assert_eq!(replay(&charter, past()), []);
        let other = Action::Burn {
            token: "COIN".parse().expect("a symbol"),
            from: address(1),
            amount: units(9),
        };
        let other = body(vec![other]);
        assert_eq!(replay(&charter, [(day, &other)]), [], "another token is not judged");
    }
}
