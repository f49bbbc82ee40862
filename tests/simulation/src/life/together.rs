//! Transactions of several parties with several actions, and those that lack somebody's consent.

use coinage_protocol::{Action, Body, Bounded, CreateToken, Symbol, Text, Transaction};

use super::draw::Draw;
use super::users::Users;
use super::users::rich;
use crate::accounts::{Party, capped_token, parties};
use crate::audit::who_agrees;
use crate::fixtures::{account, address, coin, transaction, units};
use crate::sim_network::{Family, World};

/// Actions of an ordinary transaction at most.
const SOME: u64 = 6;

impl Users {
    /// Sends what several parties have agreed to, after everything has been tried to get it through
    /// without one of them.
    pub(super) fn act_together(&mut self, world: &mut World, node: usize, number: u64) {
        let mut draw = Draw::new(number);
        let parties = parties();
        let count = 1 + draw.below(SOME);
        let actions = (0..count).map(|_| action(&mut draw, &parties)).collect();
        let agreed = self.agreement(world, &mut draw, &parties, actions);
        world.tally.count(Family::Use, "act together");
        world.offer_lacking(&agreed, draw.index(64));
        let park = draw.one_in(2);
        self.hand_in(world, node, agreed, park);
    }

    /// Hands in many payments at once, each of so many small sums from somebody who has enough.
    pub(super) fn rush(&mut self, world: &mut World, node: usize, count: u64, actions: usize) {
        let name = if actions == 1 { "crowd" } else { "bulk" };
        world.tally.count(Family::Use, name);
        for number in 0..count {
            let payer = account(rich(number));
            let (from, to) = (address(&payer), address(&account(rich(number + 1))));
            let pay = Action::Transfer { token: coin(), from, to, amount: units(1) };
            let (salt, expiry) = (self.next_salt(), world.expiry(100));
            let chain = world.spec().chain();
            let signed = transaction(chain, &[&payer], salt, expiry, vec![pay; actions]);
            self.hand_in(world, node, signed, false);
        }
    }

    /// A transaction of these actions that exactly those have signed who must.
    pub(super) fn agreement(
        &mut self,
        world: &World,
        draw: &mut Draw,
        parties: &[Party],
        actions: Vec<Action>,
    ) -> Transaction {
        let sender = parties[draw.index(parties.len())].address();
        let body = Body {
            sender,
            salt: self.next_salt(),
            expires_at: world.expiry(10 + draw.below(300)),
            actions: Bounded::first_of(actions),
            memo: Text::try_from("together").expect("short"),
        };
        let id = body.id(world.spec().chain());
        // The auditor's list: the protocol's own is what is tried out here.
        let agrees = |action: &Action, who| who_agrees(action).contains(&who);
        let must = |party: &&Party| {
            let who = party.address();
            who == sender || body.actions.iter().any(|action| agrees(action, who))
        };
        let first = draw.index(16);
        let mut asked: Vec<_> = parties.iter().filter(must).collect();
        asked.sort_by_key(|party| party.address());
        let witnesses = asked.into_iter().map(|party| party.witness(&id, first));
        Transaction { witnesses: Bounded::first_of(witnesses), body }
    }
}

/// Any action of one of the parties, with a chance that it can be done.
fn action(draw: &mut Draw, parties: &[Party]) -> Action {
    let (one, next) = (draw.index(parties.len()), 1 + draw.index(parties.len() - 1));
    let (me, to) = (parties[one].address(), parties[(one + next) % parties.len()].address());
    let fresh: Symbol = ["T4", "T5"][draw.index(2)].parse().expect("a symbol");
    let token = [coin(), coin(), capped_token(), fresh][draw.index(4)];
    let amount = units(u128::from(1 + draw.below(40)));
    match draw.below(9) {
        0..5 => Action::Transfer { token: coin(), from: me, to, amount },
        5 => Action::Burn { token, from: me, amount },
        6 => {
            let issuer = parties[draw.index(2)].address();
            Action::Mint { token, issuer, to, amount }
        }
        7 => {
            let new = (!draw.one_in(8)).then_some(to);
            Action::SetIssuer { token, issuer: me, new }
        }
        _ => Action::CreateToken(CreateToken {
            token: fresh,
            name: Text::try_from("Fresh").expect("short"),
            decimals: 2,
            cap: Some(units(1_000)),
            issuer: Some(me),
            supply: amount,
            to,
        }),
    }
}
