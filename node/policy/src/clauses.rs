//! Clauses and their sentences: which kind, and what stands in its slots.

use coinage_protocol::{
    AccountId, Amount, Ceiling, Clause, ClauseId, Instant, Name, Party, Period, Rate, RoleId,
};

use crate::slot::Value;
use crate::table::Kind;

/// Values in the slots of a sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(Vec<(&'static str, Value)>);

macro_rules! getters {
    ($($get:ident: $variant:ident($type:ty)),+ $(,)?) => {$(
        pub(crate) fn $get(&self, slot: &str) -> Option<$type> {
            match self.get(slot)? {
                Value::$variant(value) => Some(value.clone()),
                _ => None,
            }
        }
    )+};
}

impl Values {
    pub(crate) fn put(&mut self, slot: &'static str, value: Value) {
        self.0.push((slot, value));
    }

    pub(crate) fn get(&self, slot: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| *name == slot).map(|(_, value)| value)
    }

    getters! {
        account: Account(AccountId),
        role: Role(RoleId),
        name: Name(Name),
        clause: Clause(ClauseId),
        count: Count(u32),
        amount: Amount(Amount),
        ceiling: Ceiling(Ceiling),
        period: Period(Period),
        rate: Rate(Rate),
        instant: Instant(Instant),
    }
}

impl<const N: usize> From<[(&'static str, Value); N]> for Values {
    fn from(values: [(&'static str, Value); N]) -> Self {
        Self(values.into())
    }
}

/// The kind of a clause's sentence, and what stands in its slots.
pub(crate) fn sentence_of(clause: &Clause) -> (Kind, Values) {
    let account = |id: &AccountId| ("account", Value::Account(*id));
    let role = |id: &RoleId| ("role", Value::Role(*id));
    let amount = |units: &Amount| ("amount", Value::Amount(*units));
    let ceiling = |most: &Ceiling| ("ceiling", Value::Ceiling(most.clone()));
    let per = |length: &Period| ("period", Value::Period(*length));
    let count = |number: &u32| ("count", Value::Count(*number));
    let at = |at: &Instant| ("instant", Value::Instant(*at));
    match clause {
        Clause::Creation { to, amount: units } => {
            (Kind::Creation, [account(to), amount(units)].into())
        }
        Clause::Outstanding { amount: most } => (Kind::Outstanding, [ceiling(most)].into()),
        Clause::Ever { amount: most } => (Kind::Ever, [ceiling(most)].into()),
        Clause::Issue { officer, amount: most, period } => {
            (Kind::Issue, [account(officer), ceiling(most), per(period)].into())
        }
        Clause::IssueFreely { officer } => (Kind::IssueFreely, [account(officer)].into()),
        Clause::Growth { officer, rate, period } => {
            (Kind::Growth, [account(officer), ("rate", Value::Rate(*rate)), per(period)].into())
        }
        Clause::Halving { account: who, amount: units, period, every } => {
            (Kind::Halving, [account(who), amount(units), per(period), count(every)].into())
        }
        Clause::Evenly { account: who, total, days, from, first_days: 0 } => {
            (Kind::Evenly, [account(who), amount(total), count(days), at(from)].into())
        }
        Clause::Evenly { account: who, total, days, from, first_days } => {
            let first = ("count2", Value::Count(*first_days));
            (Kind::EvenlyAfter, [account(who), amount(total), count(days), at(from), first].into())
        }
        Clause::Claim { role: who, amount: units, period, missed: 0 } => {
            (Kind::Claim, [role(who), amount(units), per(period)].into())
        }
        Clause::Claim { role: who, amount: units, period, missed } => {
            (Kind::ClaimMissed, [role(who), amount(units), per(period), count(missed)].into())
        }
        Clause::Receive { role: who, amount: units, period } => {
            (Kind::Receive, [role(who), amount(units), per(period)].into())
        }
        Clause::NotBefore { from } => (Kind::NotBefore, [at(from)].into()),
        Clause::NotFrom { from } => (Kind::NotFrom, [at(from)].into()),
        Clause::Role { officer, name, max } => {
            let name = ("new-role", Value::Name(name.clone()));
            (Kind::Role, [account(officer), name, count(max)].into())
        }
        Clause::Send { from, to } => send(*from, *to),
        Clause::Hold { role: who, amount: units } => {
            (Kind::Hold, [role(who), amount(units)].into())
        }
        Clause::SendLimit { role: who, amount: units, period } => {
            (Kind::SendLimit, [role(who), amount(units), per(period)].into())
        }
        Clause::Freeze { officer } => (Kind::Freeze, [account(officer)].into()),
        Clause::Move { officer } => (Kind::Move, [account(officer)].into()),
        Clause::End { from, to } => (Kind::End, [at(from), account(to)].into()),
        Clause::HandOver { account: who } => (Kind::HandOver, [account(who)].into()),
        Clause::Amend { officer, clause, min, max, notice } => {
            let clause = ("clause", Value::Clause(*clause));
            let max = ("amount2", Value::Amount(*max));
            (Kind::Amend, [account(officer), clause, amount(min), max, per(notice)].into())
        }
        Clause::Owe { role: who, amount: units } => (Kind::Owe, [role(who), amount(units)].into()),
    }
}

fn send(from: Party, to: Party) -> (Kind, Values) {
    match (from, to) {
        (Party::Role(from), Party::Role(to)) => {
            let parties = [("role", Value::Role(from)), ("role2", Value::Role(to))];
            (Kind::SendRoleToRole, parties.into())
        }
        (Party::Role(from), Party::Account(to)) => {
            let parties = [("role", Value::Role(from)), ("account", Value::Account(to))];
            (Kind::SendRoleToAccount, parties.into())
        }
        (Party::Account(from), Party::Role(to)) => {
            let parties = [("account", Value::Account(from)), ("role", Value::Role(to))];
            (Kind::SendAccountToRole, parties.into())
        }
        (Party::Account(from), Party::Account(to)) => {
            let parties = [("account", Value::Account(from)), ("account2", Value::Account(to))];
            (Kind::SendAccountToAccount, parties.into())
        }
    }
}

/// The clause that a sentence says; `None` for those of the head of a file.
pub(crate) fn clause_of(kind: Kind, values: &Values) -> Option<Clause> {
    let account = || values.account("account");
    let role = || values.role("role");
    let amount = || values.amount("amount");
    let ceiling = || values.ceiling("ceiling");
    let period = || values.period("period");
    let count = || values.count("count");
    let instant = || values.instant("instant");
    let clause = match kind {
        Kind::Coin | Kind::Anchor | Kind::AddressAccount | Kind::ThresholdAccount => return None,
        Kind::Creation => Clause::Creation { to: account()?, amount: amount()? },
        Kind::Outstanding => Clause::Outstanding { amount: ceiling()? },
        Kind::Ever => Clause::Ever { amount: ceiling()? },
        Kind::Issue => Clause::Issue { officer: account()?, amount: ceiling()?, period: period()? },
        Kind::IssueFreely => Clause::IssueFreely { officer: account()? },
        Kind::Growth => {
            Clause::Growth { officer: account()?, rate: values.rate("rate")?, period: period()? }
        }
        Kind::Halving => Clause::Halving {
            account: account()?,
            amount: amount()?,
            period: period()?,
            every: count()?,
        },
        Kind::Evenly | Kind::EvenlyAfter => Clause::Evenly {
            account: account()?,
            total: amount()?,
            days: count()?,
            from: instant()?,
            first_days: values.count("count2").unwrap_or_default(),
        },
        Kind::Claim | Kind::ClaimMissed => Clause::Claim {
            role: role()?,
            amount: amount()?,
            period: period()?,
            missed: count().unwrap_or_default(),
        },
        Kind::Receive => Clause::Receive { role: role()?, amount: amount()?, period: period()? },
        Kind::NotBefore => Clause::NotBefore { from: instant()? },
        Kind::NotFrom => Clause::NotFrom { from: instant()? },
        Kind::Role => {
            Clause::Role { officer: account()?, name: values.name("new-role")?, max: count()? }
        }
        Kind::SendRoleToRole
        | Kind::SendRoleToAccount
        | Kind::SendAccountToRole
        | Kind::SendAccountToAccount => parties(kind, values)?,
        Kind::Hold => Clause::Hold { role: role()?, amount: amount()? },
        Kind::SendLimit => {
            Clause::SendLimit { role: role()?, amount: amount()?, period: period()? }
        }
        Kind::Freeze => Clause::Freeze { officer: account()? },
        Kind::Move => Clause::Move { officer: account()? },
        Kind::End => Clause::End { from: instant()?, to: account()? },
        Kind::HandOver => Clause::HandOver { account: account()? },
        Kind::Amend => Clause::Amend {
            officer: account()?,
            clause: values.clause("clause")?,
            min: amount()?,
            max: values.amount("amount2")?,
            notice: period()?,
        },
        Kind::Owe => Clause::Owe { role: role()?, amount: amount()? },
    };
    Some(clause)
}

/// The clause that a sentence about sending says.
fn parties(kind: Kind, values: &Values) -> Option<Clause> {
    let role = |slot| values.role(slot).map(Party::Role);
    let account = |slot| values.account(slot).map(Party::Account);
    let (from, to) = match kind {
        Kind::SendRoleToRole => (role("role")?, role("role2")?),
        Kind::SendRoleToAccount => (role("role")?, account("account")?),
        Kind::SendAccountToRole => (account("account")?, role("role")?),
        _ => (account("account")?, account("account2")?),
    };
    Some(Clause::Send { from, to })
}
