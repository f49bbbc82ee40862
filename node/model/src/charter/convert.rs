//! Charters between their JSON and the protocol's types.

use coinage_protocol::{
    AccountId, Bounded, Ceiling, Charter, CharterParts, Clause, ClauseId, Formula, Holder, Name,
    NamedAccount, Party, Period, Rate, RoleId, Term, Threshold,
};

use super::{
    CeilingJson, CharterJson, ClauseJson, FormulaJson, HolderJson, NamedAccountJson, PartyJson,
    TermJson,
};
use crate::text::Spelled;

impl From<&Charter> for CharterJson {
    fn from(charter: &Charter) -> Self {
        let accounts = charter.accounts.iter().map(NamedAccountJson::from);
        let clauses = charter.clauses.iter().map(|clause| to_json(charter, clause));
        Self {
            token: charter.token,
            name: charter.name.clone(),
            decimals: charter.decimals,
            anchor: charter.anchor,
            accounts: Bounded::first_of(accounts),
            clauses: Bounded::first_of(clauses),
        }
    }
}

impl TryFrom<CharterJson> for Charter {
    /// Words for what is wrong.
    type Error = String;

    fn try_from(json: CharterJson) -> Result<Self, String> {
        let names = Names::of(&json);
        let clauses = (1..).zip(&json.clauses).map(|(number, clause)| {
            names.clause(clause).map_err(|error| format!("clause {number}: {error}"))
        });
        let clauses = clauses.collect::<Result<Vec<_>, _>>()?;
        let accounts = json.accounts.into_vec().into_iter().map(NamedAccount::try_from);
        let accounts = accounts.collect::<Result<Vec<_>, _>>()?;
        let parts = CharterParts {
            token: json.token,
            name: json.name,
            decimals: json.decimals,
            anchor: json.anchor,
            accounts: Bounded::first_of(accounts),
            clauses: Bounded::first_of(clauses),
        };
        Self::new(parts).map_err(|error| error.to_string())
    }
}

impl From<&NamedAccount> for NamedAccountJson {
    fn from(account: &NamedAccount) -> Self {
        let holder = match &account.holder {
            Holder::Address(address) => HolderJson::Address { address: *address },
            Holder::Threshold(threshold) => {
                let keys = threshold.keys().iter().copied().map(Spelled);
                let keys = Bounded::first_of(keys);
                HolderJson::Threshold { required: threshold.required(), keys }
            }
        };
        Self { name: account.name.clone(), holder }
    }
}

impl TryFrom<NamedAccountJson> for NamedAccount {
    type Error = String;

    fn try_from(json: NamedAccountJson) -> Result<Self, String> {
        let holder = match json.holder {
            HolderJson::Address { address } => Holder::Address(address),
            HolderJson::Threshold { required, keys } => {
                let keys = keys.iter().map(|key| key.0).collect();
                let threshold = Threshold::new(required, keys);
                Holder::Threshold(threshold.map_err(|error| format!("{}: {error}", json.name))?)
            }
        };
        Ok(Self { name: json.name, holder })
    }
}

/// The name of a named account.
fn name_of(charter: &Charter, id: AccountId) -> Name {
    charter.account(id).expect("a charter names its accounts").name.clone()
}

/// The name of a role.
pub(crate) fn role_name(charter: &CharterParts, id: RoleId) -> Name {
    let known = charter.roles().find(|(role, ..)| *role == id);
    known.map(|(.., name, _)| name.clone()).expect("a charter declares its roles")
}

fn party(charter: &Charter, party: Party) -> PartyJson {
    match party {
        Party::Role(id) => PartyJson::Role { role: role_name(charter, id) },
        Party::Account(id) => PartyJson::Account { account: name_of(charter, id) },
    }
}

fn to_json(charter: &Charter, clause: &Clause) -> ClauseJson {
    let ceiling = |amount| ceiling_json(charter, amount);
    match clause.clone() {
        Clause::Creation { to, amount } => {
            ClauseJson::Creation { to: name_of(charter, to), amount }
        }
        Clause::Outstanding { amount } => ClauseJson::Outstanding { amount: ceiling(amount) },
        Clause::Ever { amount } => ClauseJson::Ever { amount: ceiling(amount) },
        Clause::Issue { officer, amount, period } => ClauseJson::Issue {
            officer: name_of(charter, officer),
            amount: ceiling(amount),
            period_s: period.seconds(),
        },
        Clause::IssueFreely { officer } => {
            ClauseJson::IssueFreely { officer: name_of(charter, officer) }
        }
        Clause::Growth { officer, rate, period } => ClauseJson::Growth {
            officer: name_of(charter, officer),
            millionths: rate.millionths(),
            period_s: period.seconds(),
        },
        Clause::Halving { account, amount, period, every } => ClauseJson::Halving {
            account: name_of(charter, account),
            amount,
            period_s: period.seconds(),
            every,
        },
        Clause::Evenly { account, total, days, from, first_days } => {
            ClauseJson::Evenly { account: name_of(charter, account), total, days, from, first_days }
        }
        Clause::Claim { role, amount, period, missed } => ClauseJson::Claim {
            role: role_name(charter, role),
            amount,
            period_s: period.seconds(),
            missed,
        },
        Clause::Receive { role, amount, period } => ClauseJson::Receive {
            role: role_name(charter, role),
            amount,
            period_s: period.seconds(),
        },
        Clause::NotBefore { from } => ClauseJson::NotBefore { from },
        Clause::NotFrom { from } => ClauseJson::NotFrom { from },
        Clause::Role { officer, name, max } => {
            ClauseJson::Role { officer: name_of(charter, officer), name, max }
        }
        Clause::Send { from, to } => {
            ClauseJson::Send { from: party(charter, from), to: party(charter, to) }
        }
        Clause::Hold { role, amount } => {
            ClauseJson::Hold { role: role_name(charter, role), amount }
        }
        Clause::SendLimit { role, amount, period } => ClauseJson::SendLimit {
            role: role_name(charter, role),
            amount,
            period_s: period.seconds(),
        },
        Clause::Freeze { officer } => ClauseJson::Freeze { officer: name_of(charter, officer) },
        Clause::Move { officer } => ClauseJson::Move { officer: name_of(charter, officer) },
        Clause::End { from, to } => ClauseJson::End { from, to: name_of(charter, to) },
        Clause::HandOver { account } => ClauseJson::HandOver { account: name_of(charter, account) },
        Clause::Amend { officer, clause, min, max, notice } => ClauseJson::Amend {
            officer: name_of(charter, officer),
            clause: clause.0.saturating_add(1),
            min,
            max,
            notice_s: notice.seconds(),
        },
        Clause::Owe { role, amount } => ClauseJson::Owe { role: role_name(charter, role), amount },
    }
}

fn ceiling_json(charter: &Charter, ceiling: Ceiling) -> CeilingJson {
    let formula = match ceiling {
        Ceiling::Amount(amount) => return CeilingJson::Amount(amount),
        Ceiling::Formula(formula) => formula,
    };
    let terms = formula.iter().map(|term| match *term {
        Term::Amount(amount) => TermJson::Amount { amount },
        Term::Number(number) => TermJson::Number { number },
        Term::Supply => TermJson::Supply {},
        Term::Issued => TermJson::Issued {},
        Term::Burned => TermJson::Burned {},
        Term::Days => TermJson::Days {},
        Term::Periods => TermJson::Periods {},
        Term::Members(role) => TermJson::Members { role: role_name(charter, role) },
        Term::Add => TermJson::Add {},
        Term::Subtract => TermJson::Subtract {},
        Term::Multiply => TermJson::Multiply {},
        Term::Divide => TermJson::Divide {},
        Term::Min => TermJson::Min {},
        Term::Max => TermJson::Max {},
        Term::Part(rate) => TermJson::Part { millionths: rate.millionths() },
    });
    CeilingJson::Formula(FormulaJson { formula: Bounded::first_of(terms) })
}

/// The names that a charter in JSON declares.
struct Names {
    accounts: Vec<Name>,
    roles: Vec<Name>,
}

impl Names {
    fn of(json: &CharterJson) -> Self {
        let roles = json.clauses.iter().filter_map(|clause| match clause {
            ClauseJson::Role { name, .. } => Some(name.clone()),
            _ => None,
        });
        let accounts = json.accounts.iter().map(|account| account.name.clone());
        Self { accounts: accounts.collect(), roles: roles.collect() }
    }

    fn account(&self, name: &Name) -> Result<AccountId, String> {
        place(&self.accounts, name).map(AccountId).ok_or_else(|| format!("no account is {name}"))
    }

    fn role(&self, name: &Name) -> Result<RoleId, String> {
        place(&self.roles, name).map(RoleId).ok_or_else(|| format!("no role is {name}"))
    }

    fn party(&self, json: &PartyJson) -> Result<Party, String> {
        match json {
            PartyJson::Role { role } => self.role(role).map(Party::Role),
            PartyJson::Account { account } => self.account(account).map(Party::Account),
        }
    }

    fn clause(&self, json: &ClauseJson) -> Result<Clause, String> {
        Ok(match json.clone() {
            ClauseJson::Creation { to, amount } => {
                Clause::Creation { to: self.account(&to)?, amount }
            }
            ClauseJson::Outstanding { amount } => {
                Clause::Outstanding { amount: self.ceiling(amount)? }
            }
            ClauseJson::Ever { amount } => Clause::Ever { amount: self.ceiling(amount)? },
            ClauseJson::Issue { officer, amount, period_s } => Clause::Issue {
                officer: self.account(&officer)?,
                amount: self.ceiling(amount)?,
                period: length(period_s)?,
            },
            ClauseJson::IssueFreely { officer } => {
                Clause::IssueFreely { officer: self.account(&officer)? }
            }
            ClauseJson::Growth { officer, millionths, period_s } => Clause::Growth {
                officer: self.account(&officer)?,
                rate: part(millionths)?,
                period: length(period_s)?,
            },
            ClauseJson::Halving { account, amount, period_s, every } => Clause::Halving {
                account: self.account(&account)?,
                amount,
                period: length(period_s)?,
                every,
            },
            ClauseJson::Evenly { account, total, days, from, first_days } => {
                Clause::Evenly { account: self.account(&account)?, total, days, from, first_days }
            }
            ClauseJson::Claim { role, amount, period_s, missed } => {
                Clause::Claim { role: self.role(&role)?, amount, period: length(period_s)?, missed }
            }
            ClauseJson::Receive { role, amount, period_s } => {
                Clause::Receive { role: self.role(&role)?, amount, period: length(period_s)? }
            }
            ClauseJson::NotBefore { from } => Clause::NotBefore { from },
            ClauseJson::NotFrom { from } => Clause::NotFrom { from },
            ClauseJson::Role { officer, name, max } => {
                Clause::Role { officer: self.account(&officer)?, name, max }
            }
            ClauseJson::Send { from, to } => {
                Clause::Send { from: self.party(&from)?, to: self.party(&to)? }
            }
            ClauseJson::Hold { role, amount } => Clause::Hold { role: self.role(&role)?, amount },
            ClauseJson::SendLimit { role, amount, period_s } => {
                Clause::SendLimit { role: self.role(&role)?, amount, period: length(period_s)? }
            }
            ClauseJson::Freeze { officer } => Clause::Freeze { officer: self.account(&officer)? },
            ClauseJson::Move { officer } => Clause::Move { officer: self.account(&officer)? },
            ClauseJson::End { from, to } => Clause::End { from, to: self.account(&to)? },
            ClauseJson::HandOver { account } => {
                Clause::HandOver { account: self.account(&account)? }
            }
            ClauseJson::Amend { officer, clause, min, max, notice_s } => Clause::Amend {
                officer: self.account(&officer)?,
                clause: ClauseId(clause.checked_sub(1).ok_or("clauses count from 1")?),
                min,
                max,
                notice: length(notice_s)?,
            },
            ClauseJson::Owe { role, amount } => Clause::Owe { role: self.role(&role)?, amount },
        })
    }

    fn ceiling(&self, json: CeilingJson) -> Result<Ceiling, String> {
        let terms = match json {
            CeilingJson::Amount(amount) => return Ok(amount.into()),
            CeilingJson::Formula(formula) => formula.formula,
        };
        let terms = terms.iter().map(|term| self.term(term)).collect::<Result<Vec<_>, _>>()?;
        Formula::new(terms).map(Ceiling::Formula).map_err(|error| error.to_string())
    }

    fn term(&self, json: &TermJson) -> Result<Term, String> {
        Ok(match json {
            TermJson::Amount { amount } => Term::Amount(*amount),
            TermJson::Number { number } => Term::Number(*number),
            TermJson::Supply {} => Term::Supply,
            TermJson::Issued {} => Term::Issued,
            TermJson::Burned {} => Term::Burned,
            TermJson::Days {} => Term::Days,
            TermJson::Periods {} => Term::Periods,
            TermJson::Members { role } => Term::Members(self.role(role)?),
            TermJson::Add {} => Term::Add,
            TermJson::Subtract {} => Term::Subtract,
            TermJson::Multiply {} => Term::Multiply,
            TermJson::Divide {} => Term::Divide,
            TermJson::Min {} => Term::Min,
            TermJson::Max {} => Term::Max,
            TermJson::Part { millionths } => Term::Part(part(*millionths)?),
        })
    }
}

fn place(names: &[Name], name: &Name) -> Option<u8> {
    u8::try_from(names.iter().position(|known| known == name)?).ok()
}

fn length(seconds: u32) -> Result<Period, String> {
    Period::new(seconds).map_err(|error| error.to_string())
}

fn part(millionths: u32) -> Result<Rate, String> {
    Rate::new(millionths).map_err(|error| error.to_string())
}
