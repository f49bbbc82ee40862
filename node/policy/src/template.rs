//! Templates: a charter that ships, with somebody's own coin, keys, amounts and first day.

use coinage_protocol::limits::NAME_BYTES_MAX;
use coinage_protocol::{
    Amount, Bounded, Ceiling, Charter, CharterError, CharterParts, Clause, ClauseId, Formula,
    Holder, Instant, NamedAccount, Symbol, Term, Text, Threshold,
};

/// Answers to what a template leaves open.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Symbol of the coin.
    pub token: Symbol,
    /// Name of the coin, for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Holder of every named account: so many of several keys.
    pub treasury: Threshold,
    /// Amount of the first clause that has one; all others keep their proportion to it.
    pub amount: Amount,
    /// First day: dates lie as far behind it as behind that of the template.
    pub anchor: Instant,
}

/// The first clause with an amount, and that amount: what a template asks for.
pub fn first_amount(charter: &CharterParts) -> Option<(ClauseId, Amount)> {
    charter.numbered().find_map(|(id, clause)| {
        let mut first = None;
        change_amounts(&mut clause.clone(), |amount| {
            first.get_or_insert(*amount);
        });
        first.map(|amount| (id, amount))
    })
}

/// A charter like the template, with these answers in it.
///
/// # Errors
///
/// [`CharterError`] if the answers break a rule, such as an amount from which another becomes
/// nothing.
pub fn filled(template: &Charter, answers: &Answers) -> Result<Charter, CharterError> {
    let holder = Holder::Threshold(answers.treasury.clone());
    let parts = held_by(template, &holder, answers.anchor)?.into_parts();
    let was = first_amount(&parts).map_or(answers.amount, |(_, amount)| amount);
    let clauses = parts.clauses.iter().map(|clause| {
        let mut clause = clause.clone();
        change_amounts(&mut clause, |amount| {
            *amount = in_proportion(*amount, answers.amount, was);
        });
        clause
    });
    let clauses = Bounded::first_of(clauses);
    Charter::new(CharterParts {
        token: answers.token,
        name: answers.name.clone(),
        clauses,
        ..parts
    })
}

/// A charter like the template, with this holder in the place of all its accounts, and dates that
/// lie as far behind another first day.
///
/// # Errors
///
/// [`CharterError`] if that breaks a rule.
pub fn held_by(
    template: &Charter,
    holder: &Holder,
    anchor: Instant,
) -> Result<Charter, CharterError> {
    let parts = template.clone().into_parts();
    let accounts = parts
        .accounts
        .iter()
        .map(|account| NamedAccount { name: account.name.clone(), holder: holder.clone() });
    let clauses = parts.clauses.iter().map(|clause| {
        let mut clause = clause.clone();
        if let Some(date) = date(&mut clause) {
            *date = moved(*date, parts.anchor, anchor);
        }
        clause
    });
    let (accounts, clauses) = (Bounded::first_of(accounts), Bounded::first_of(clauses));
    Charter::new(CharterParts { anchor, accounts, clauses, ..parts })
}

/// Changes the amounts of a clause, those in its formula too; the number of them.
fn change_amounts(clause: &mut Clause, mut change: impl FnMut(&mut Amount)) -> usize {
    match clause {
        Clause::Outstanding { amount } | Clause::Ever { amount } | Clause::Issue { amount, .. } => {
            change_ceiling(amount, change)
        }
        Clause::Creation { amount, .. }
        | Clause::Halving { amount, .. }
        | Clause::Evenly { total: amount, .. }
        | Clause::Claim { amount, .. }
        | Clause::Receive { amount, .. }
        | Clause::Hold { amount, .. }
        | Clause::SendLimit { amount, .. }
        | Clause::Owe { amount, .. } => {
            change(amount);
            1
        }
        Clause::Amend { min, max, .. } => {
            change(min);
            change(max);
            2
        }
        Clause::IssueFreely { .. }
        | Clause::Growth { .. }
        | Clause::NotBefore { .. }
        | Clause::NotFrom { .. }
        | Clause::Role { .. }
        | Clause::Send { .. }
        | Clause::Freeze { .. }
        | Clause::Move { .. }
        | Clause::End { .. }
        | Clause::HandOver { .. } => 0,
    }
}

fn change_ceiling(ceiling: &mut Ceiling, mut change: impl FnMut(&mut Amount)) -> usize {
    let formula = match ceiling {
        Ceiling::Amount(amount) => {
            change(amount);
            return 1;
        }
        Ceiling::Formula(formula) => formula,
    };
    let mut terms = formula.to_vec();
    let mut count = 0;
    for term in &mut terms {
        if let Term::Amount(amount) = term {
            change(amount);
            count += 1;
        }
    }
    *formula = Formula::new(terms).expect("the terms are of the same kinds");
    count
}

/// The date of a clause.
fn date(clause: &mut Clause) -> Option<&mut Instant> {
    match clause {
        Clause::Evenly { from, .. }
        | Clause::NotBefore { from }
        | Clause::NotFrom { from }
        | Clause::End { from, .. } => Some(from),
        _ => None,
    }
}

/// An amount times `is / was`, rounded down.
fn in_proportion(amount: Amount, is: Amount, was: Amount) -> Amount {
    let units = amount.units().checked_mul(is.units());
    let units = units.and_then(|product| product.checked_div(was.units()));
    units.and_then(|units| Amount::try_from(units).ok()).unwrap_or(Amount::MAX)
}

/// A date as far behind an anchor as it was behind another.
fn moved(date: Instant, was: Instant, is: Instant) -> Instant {
    let ahead = date.minutes().saturating_sub(was.minutes());
    Instant::new(is.minutes().saturating_add(ahead), is.offset()).unwrap_or(is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::key;
    use crate::{Language, charters, placeholders, read, sentence, warnings};

    fn answers(amount: u128) -> Answers {
        Answers {
            token: "VILLAGE".parse().expect("a symbol"),
            name: Text::try_from("Village money").expect("short"),
            treasury: Threshold::new(2, (1..=3).map(|seed| key(seed).public()).collect())
                .expect("three keys"),
            amount: Amount::try_from(amount).expect("small"),
            anchor: Instant::new(29_000_000, 4).expect("a day"),
        }
    }

    #[test]
    fn each_template_is_a_sound_charter_with_whatever_coin_keys_amount_and_day() {
        for shipped in charters() {
            let template = read(shipped.text(Language::English)).expect("a policy");
            let (id, was) = first_amount(&template).unwrap_or((ClauseId(0), Amount::MAX));
            let filled = filled(&template, &answers(was.units() / 2)).expect(shipped.name);
            assert_eq!(placeholders(&filled).count(), 0);
            assert_eq!(filled.clauses.len(), template.clauses.len());
            let same = |clause: ClauseId| {
                let of = |charter| sentence(charter, clause, Language::English);
                let amounts = template.clause(clause).is_some_and(|clause| {
                    let clause = &mut clause.clone();
                    change_amounts(clause, |_| {}) > 0 || date(clause).is_some()
                });
                amounts || of(&template) == of(&filled)
            };
            assert!(template.numbered().all(|(id, _)| same(id)), "{}", shipped.name);
            assert_eq!(first_amount(&filled).map(|(id, _)| id), Some(id));
            let warned = |charter| warnings(charter, Language::English).len();
            let accounts = template.accounts.len();
            assert_eq!(warned(&filled), warned(&template) - accounts, "{}", shipped.name);
        }
    }

    #[test]
    fn amounts_keep_their_proportion_and_dates_their_distance() {
        let shipped = charters().iter().find(|one| one.name == "voucher").expect("it ships");
        let template = read(shipped.text(Language::English)).expect("a policy");
        let filled = filled(&template, &answers(7_000_000)).expect("a charter");
        let said = |number| sentence(&filled, ClauseId(number), Language::English);
        assert_eq!(said(0), "town may issue at most 70,000.00 per 30 days");
        assert_eq!(said(1), "at most 1,200,000.00 may ever be issued");
        assert_eq!(said(4), "each resident may hold at most 50.00");
        let days = |charter: &Charter| {
            let Some(Clause::NotFrom { from }) = charter.clause(ClauseId(7)) else { panic!() };
            from.minutes() - charter.anchor.minutes()
        };
        assert_eq!(days(&filled), days(&template));
    }
}
