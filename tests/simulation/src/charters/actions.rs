//! Actions by charters, with some chance that they can be done.

use coinage_protocol::{
    AccountId, Action, Address, Amount, Charter, Clause, ClauseId, CreateToken, RoleId, Text,
    UnixMillis,
};

use super::{Chance, Scene};
use crate::fixtures::units;

/// Any action on one of the scene's tokens, in a block of about that time.
pub fn action(chance: &mut Chance<'_>, scene: &Scene, time: UnixMillis) -> Action {
    let charter = chance.one_of(&scene.charters);
    if chance.one_in(12) {
        return misplaced(chance, scene, &charter);
    }
    let token = charter.token;
    let [from, to] = two(chance, scene);
    let amount = some(chance);
    match chance.below(24) {
        0..4 if charter.has_debts() => draw(chance, scene, &charter),
        4 if charter.has_debts() => Action::Burn { token, from, amount },
        0..5 => Action::Mint { token, issuer: issuer(chance, scene, &charter), to, amount },
        5..9 => Action::Transfer { token, from, to, amount },
        9 => Action::Burn { token, from, amount },
        10 | 11 => draw(chance, scene, &charter),
        12..15 => claim(chance, scene, &charter),
        15..18 => {
            let officer = officer(chance, scene, &charter, |clause| match clause {
                Clause::Role { officer, .. } => Some(*officer),
                _ => None,
            });
            let role = (!chance.one_in(4)).then(|| RoleId(small(chance, 3)));
            Action::SetRole { token, officer, account: to, role }
        }
        18 => {
            let officer = officer(chance, scene, &charter, |clause| match clause {
                Clause::Freeze { officer } => Some(*officer),
                _ => None,
            });
            Action::SetFrozen { token, officer, account: to, frozen: chance.one_in(2) }
        }
        19 => {
            let officer = officer(chance, scene, &charter, |clause| match clause {
                Clause::Move { officer } => Some(*officer),
                _ => None,
            });
            Action::Move { token, officer, from, to, amount }
        }
        20 => hand_over(chance, scene, &charter, to),
        _ => amend(chance, scene, &charter, time),
    }
}

/// A role that is given, used, taken, given again and used again: all within one period.
pub(super) fn given_again(chance: &mut Chance<'_>, scene: &Scene) -> Vec<Action> {
    let charter = chance.one_of(&scene.charters);
    let roles: Vec<_> = charter.roles().map(|(role, _, named, ..)| (role, named)).collect();
    if roles.is_empty() {
        return vec![action(chance, scene, charter.anchor.millis())];
    }
    let (role, named) = chance.one_of(&roles);
    let (token, officer) = (charter.token, holder(&charter, named));
    // Whoever has coins from the creation, or anybody.
    let account = if chance.one_in(2) {
        holder(&charter, AccountId(0))
    } else {
        chance.one_of(&scene.people)
    };
    let to = two_from(chance, scene, account);
    let set = |role| Action::SetRole { token, officer, account, role };
    let (is_issued, issuer) = (chance.one_in(2), issuer(chance, scene, &charter));
    let mut uses = || match some(chance) {
        amount if is_issued => Action::Mint { token, issuer, to: account, amount },
        amount => Action::Transfer { token, from: account, to, amount },
    };
    let rest = [uses(), set(None), set(Some(role)), uses()];
    if chance.one_in(2) { rest.to_vec() } else { [vec![set(Some(role))], rest.to_vec()].concat() }
}

/// Coins that somebody owes, paid to somebody else who burns some of them; or whatever, if nobody
/// owes by any charter.
pub(super) fn owed_and_paid(
    chance: &mut Chance<'_>,
    scene: &Scene,
    time: UnixMillis,
) -> Vec<Action> {
    let owing: Vec<_> = scene.charters.iter().filter(|one| one.has_debts()).cloned().collect();
    if owing.is_empty() {
        return vec![action(chance, scene, time)];
    }
    let charter = chance.one_of(&owing);
    let [from, to] = two(chance, scene);
    let (token, officer) = (charter.token, holder(&charter, AccountId(0)));
    let owes = |clause: &Clause| matches!(clause, Clause::Owe { .. }).then_some(());
    let clause = place(chance, &charter, owes).map_or(ClauseId(0), |(clause, ())| clause);
    let amount = units(u128::from(1 + chance.below(9)));
    let give = |account| Action::SetRole { token, officer, account, role: Some(RoleId(0)) };
    let mut all = vec![
        Action::Draw { token, account: from, clause, amount },
        Action::Transfer { token, from, to, amount },
        Action::Burn { token, from: to, amount },
    ];
    if chance.one_in(2) {
        all.insert(0, give(from));
    }
    if chance.one_in(2) {
        all.pop();
    }
    all
}

/// A place handed over to whoever has it: no transaction may (T-6), and the ledger refuses it, too.
pub(super) fn handed_to_itself(chance: &mut Chance<'_>, scene: &Scene) -> Action {
    let (charter, account) = (chance.one_of(&scene.charters), AccountId(small(chance, 3)));
    let from = holder(&charter, account);
    Action::HandOver { token: charter.token, account, from, to: from }
}

/// Actions that fit no charter: another token, or what only tokens without one know.
fn misplaced(chance: &mut Chance<'_>, scene: &Scene, charter: &Charter) -> Action {
    let other = chance.one_of(&scene.others);
    let [from, to] = two(chance, scene);
    let (account, amount, clause) = (from, some(chance), ClauseId(small(chance, 40)));
    match chance.below(7) {
        0 => Action::SetIssuer { token: charter.token, issuer: from, new: Some(to) },
        1 => Action::Draw { token: other, account, clause, amount },
        2 => Action::SetRole { token: other, officer: from, account: to, role: None },
        3 => Action::Mint { token: other, issuer: from, to, amount },
        4 => Action::Transfer { token: other, from, to, amount },
        5 => Action::CreateWithCharter(Box::new(charter.clone())),
        _ => Action::CreateToken(CreateToken {
            token: other,
            name: Text::default(),
            decimals: 0,
            cap: None,
            issuer: Some(from),
            supply: amount,
            to,
        }),
    }
}

fn draw(chance: &mut Chance<'_>, scene: &Scene, charter: &Charter) -> Action {
    let (token, amount) = (charter.token, some(chance));
    if charter.has_debts() {
        let owes = |clause: &Clause| matches!(clause, Clause::Owe { .. }).then_some(());
        let clause = place(chance, charter, owes).map_or(ClauseId(0), |(clause, ())| clause);
        return Action::Draw { token, account: chance.one_of(&scene.people), clause, amount };
    }
    let found = place(chance, charter, |clause| match clause {
        Clause::Halving { account, .. } | Clause::Evenly { account, .. } => Some(*account),
        _ => None,
    });
    let (clause, account) = match found {
        Some((place, named)) if !chance.one_in(9) => (place, holder(charter, named)),
        Some((place, _)) => (place, chance.one_of(&scene.people)),
        None => (ClauseId(small(chance, 40)), chance.one_of(&scene.people)),
    };
    Action::Draw { token, account, clause, amount }
}

fn claim(chance: &mut Chance<'_>, scene: &Scene, charter: &Charter) -> Action {
    let (token, account) = (charter.token, chance.one_of(&scene.people));
    let found = place(chance, charter, |clause| match clause {
        Clause::Claim { amount, .. } => Some(*amount),
        _ => None,
    });
    let Some((clause, each)) = found else {
        return Action::Claim { token, account, clause: ClauseId(0), amount: units(1) };
    };
    let times = [1, 1, 1, 2, 3, 6][usize::from(small(chance, 6))];
    let whole = each.units().saturating_mul(times).min(Amount::MAX.units());
    let amount = units(whole - u128::from(chance.one_in(12) && whole > 1));
    Action::Claim { token, account, clause, amount }
}

fn hand_over(chance: &mut Chance<'_>, scene: &Scene, charter: &Charter, to: Address) -> Action {
    let account = AccountId(small(chance, 3));
    let from = holder(charter, account);
    let from = if from == to || chance.one_in(3) { chance.one_of(&scene.people) } else { from };
    let to = if from == to { two_from(chance, scene, from) } else { to };
    Action::HandOver { token: charter.token, account, from, to }
}

fn amend(chance: &mut Chance<'_>, scene: &Scene, charter: &Charter, time: UnixMillis) -> Action {
    let found = place(chance, charter, |clause| match clause {
        Clause::Amend { officer, clause, max, notice, .. } => {
            Some((*officer, *clause, *max, u64::from(notice.seconds()) * 1_000))
        }
        _ => None,
    });
    let Some((_, (named, clause, max, notice))) = found else {
        let officer = chance.one_of(&scene.people);
        let (token, amount) = (charter.token, units(3));
        return Action::Amend { token, officer, clause: ClauseId(0), amount, in_force_at: time };
    };
    let officer =
        if chance.one_in(9) { chance.one_of(&scene.people) } else { holder(charter, named) };
    let amount = if chance.one_in(9) {
        Amount::MAX
    } else {
        units(u128::from(chance.below(u64::try_from(max.units().min(99)).unwrap_or(9) + 1)))
    };
    let year = 365 * 86_400_000;
    let late = chance.one_of(&[0, 0, 500, 60_000, 86_400_000, year, year + 1]);
    let in_force_at = match chance.below(6) {
        0 => UnixMillis::new(late),
        1 => time.saturating_add(notice.saturating_sub(1)),
        _ => time.saturating_add(notice + late),
    };
    Action::Amend { token: charter.token, officer, clause, amount, in_force_at }
}

fn issuer(chance: &mut Chance<'_>, scene: &Scene, charter: &Charter) -> Address {
    officer(chance, scene, charter, |clause| match clause {
        Clause::Issue { officer, .. }
        | Clause::IssueFreely { officer }
        | Clause::Growth { officer, .. } => Some(*officer),
        _ => None,
    })
}

/// Holder of an office by the charter as it was, or now and then anybody.
fn officer(
    chance: &mut Chance<'_>,
    scene: &Scene,
    charter: &Charter,
    of: impl Fn(&Clause) -> Option<AccountId>,
) -> Address {
    match place(chance, charter, of) {
        Some((_, named)) if !chance.one_in(8) => holder(charter, named),
        _ => chance.one_of(&scene.people),
    }
}

/// A clause of which this says something.
fn place<T: Clone>(
    chance: &mut Chance<'_>,
    charter: &Charter,
    of: impl Fn(&Clause) -> Option<T>,
) -> Option<(ClauseId, T)> {
    let all: Vec<_> =
        charter.numbered().filter_map(|(place, clause)| Some((place, of(clause)?))).collect();
    (!all.is_empty()).then(|| chance.one_of(&all))
}

fn holder(charter: &Charter, account: AccountId) -> Address {
    charter.address(account).expect("a named account")
}

fn two(chance: &mut Chance<'_>, scene: &Scene) -> [Address; 2] {
    let one = chance.one_of(&scene.people);
    [one, two_from(chance, scene, one)]
}

/// A person other than this one.
fn two_from(chance: &mut Chance<'_>, scene: &Scene, one: Address) -> Address {
    let others: Vec<_> = scene.people.iter().copied().filter(|other| *other != one).collect();
    chance.one_of(&others)
}

fn some(chance: &mut Chance<'_>) -> Amount {
    if chance.one_in(40) { Amount::MAX } else { units(u128::from(1 + chance.below(50))) }
}

fn small(chance: &mut Chance<'_>, max: u8) -> u8 {
    u8::try_from(chance.below(u64::from(max))).unwrap_or(0)
}
