//! Transactions in plain sentences.

use coinage_model::time;
use coinage_policy::Language;
use coinage_protocol::{Action, Address, Amount, Body, Charter, Clause, CreateToken, Lock, Symbol};

use super::account::{self, Found};
use super::amount;
use super::context::Context;
use super::failure::Failure;
use super::offices::{account_name, role_name};
use super::offline_context::OfflineContext;

/// Says what transactions do, with the names of wallets and amounts in whole tokens.
#[derive(Debug)]
pub(crate) struct Words<'a> {
    context: &'a Context,
    wallets: Vec<Found>,
    /// Ground that tells of tokens, if it is not the node.
    ground: Option<OfflineContext>,
    /// True if the name of a wallet stands for its address.
    brief: bool,
}

impl<'a> Words<'a> {
    /// Creates words that know the wallets within reach; one that cannot be read has no name here.
    pub(crate) fn new(context: &'a Context) -> Self {
        let wallets = account::everything(context).unwrap_or_default();
        Self { context, wallets, ground: None, brief: false }
    }

    /// Creates words in fewer letters, for what has been done and cannot be declined any more: a
    /// wallet within reach by its name alone.
    pub(crate) fn brief(context: &'a Context) -> Self {
        Self { brief: true, ..Self::new(context) }
    }

    /// Creates words for a transaction of this network, whatever network the node is on.
    pub(crate) fn on(context: &'a Context, ground: OfflineContext) -> Self {
        Self { ground: Some(ground), ..Self::new(context) }
    }

    /// Creates words without any node, and so without its wallets: the same wherever they are said.
    pub(crate) fn apart(context: &'a Context, ground: OfflineContext) -> Self {
        Self { context, wallets: Vec::new(), ground: Some(ground), brief: false }
    }

    /// Returns a sentence for each action.
    pub(crate) fn body(&self, body: &Body) -> Vec<String> {
        body.actions.iter().map(|action| self.action(action, body.sender)).collect()
    }

    /// An address, with the name of its wallet.
    pub(crate) fn address(&self, address: Address) -> String {
        let known = self.wallets.iter().find(|found| found.entry.address() == address);
        match known {
            Some(found) if self.brief => found.entry.name.to_string(),
            _ => account::shown(&self.wallets, address),
        }
    }

    /// Returns a key of a lock, with the name of the wallet that holds it.
    pub(crate) fn key(&self, lock: &Lock, key: &str) -> String {
        if let Lock::Key(_) = lock {
            return self.address(lock.address());
        }
        let holder = self
            .wallets
            .iter()
            .find(|found| matches!(&found.entry.lock, Lock::Key(own) if own.to_string() == key));
        let holder = holder.map(|found| format!("{}, ", found.entry.name)).unwrap_or_default();
        format!("{holder}key {key} of {}", self.address(lock.address()))
    }

    /// An amount in whole tokens, or in base units if the node does not know the token.
    pub(crate) fn amount(&self, units: Amount, symbol: Symbol) -> String {
        let decimals = match &self.ground {
            Some(ground) => ground.decimals(self.context, symbol),
            None => self.context.token(symbol).map(|token| token.decimals),
        };
        match decimals {
            Ok(decimals) => format!("{} {symbol}", amount::format(units, decimals)),
            Err(_) => format!("{units} base units of {symbol}"),
        }
    }

    /// A node's refusal of a transaction, with names for addresses and whole tokens for base units.
    pub(crate) fn refusal(&self, mut failure: Failure, body: &Body) -> Failure {
        let fact = |name: &str| failure.details[name].as_str();
        let token = || fact("token")?.parse::<Symbol>().ok();
        let units = |name: &str| {
            let units: u128 = fact(name)?.parse().ok()?;
            Some(self.amount(Amount::try_from(units).ok()?, token()?))
        };
        let who = |name: &str| fact(name)?.parse().ok().map(|address| self.address(address));
        let sentence = || match failure.code.as_ref() {
            "transaction.insufficient_balance" => Some(format!(
                "{} has {}, needed are {}{}",
                who("address")?,
                units("have")?,
                units("need")?,
                self.fee(token()?, fact("address")?.parse().ok()?, body).unwrap_or_default()
            )),
            "transaction.place_too_dear" => Some(format!(
                "a new balance or token takes a deposit of {}, the sender has {}; {} of {} places \
                 are taken",
                units("need")?,
                units("have")?,
                fact("used")?,
                fact("max")?
            )),
            "transaction.supply_above_cap" => body.actions.iter().find_map(|action| match action {
                Action::CreateToken(CreateToken { decimals, cap: Some(cap), supply, .. })
                    if supply > cap =>
                {
                    let [supply, cap] = [supply, cap].map(|one| amount::format(*one, *decimals));
                    Some(format!("a supply of {supply} does not fit a cap of {cap}"))
                }
                _ => None,
            }),
            "transaction.cap_exceeded" => Some(format!(
                "{} are outstanding, {} more would exceed the cap of {}",
                units("supply")?,
                units("amount")?,
                units("cap")?
            )),
            "policy.not_entitled" => Some(format!(
                "no clause of the charter of {} lets {} do this",
                token()?,
                who("address")?
            )),
            "policy.no_way" => Some(format!(
                "no clause of the charter of {} lets {} send to {}",
                token()?,
                who("from")?,
                who("to")?
            )),
            "policy.not_a_receiver" => Some(format!(
                "{} has no role or name by which it may receive {}",
                who("to")?,
                token()?
            )),
            "policy.frozen" => Some(format!("{} is frozen in {}", who("address")?, token()?)),
            "transaction.not_the_issuer" => {
                Some(format!("{} is not the issuer of {}", who("named")?, token()?))
            }
            _ => None,
        };
        if let Some(sentence) = sentence() {
            failure.message = sentence;
        }
        failure
    }

    /// Says that there is a fee, if it may be the reason why the sender has too little.
    fn fee(&self, token: Symbol, address: Address, body: &Body) -> Option<String> {
        let fee = self.context.status().ok()?.fee?;
        let concerns = fee.token == token && address == body.sender;
        let sentence = || format!("; the fee of {} comes first", self.amount(fee.amount, token));
        concerns.then(sentence)
    }

    /// Returns the sentence for an action of this sender.
    pub(crate) fn action(&self, action: &Action, sender: Address) -> String {
        let who = |address: &Address| self.address(*address);
        match action {
            Action::CreateToken(create) => self.creation(create, sender),
            Action::Mint { token, issuer, to, amount } => {
                format!("{} mints {} to {}", who(issuer), self.amount(*amount, *token), who(to))
            }
            Action::Transfer { token, from, to, amount } => {
                format!("{} gives {} to {}", who(from), self.amount(*amount, *token), who(to))
            }
            Action::Burn { token, from, amount } => {
                format!("{} destroys {}", who(from), self.amount(*amount, *token))
            }
            Action::SetIssuer { token, issuer, new: Some(new) } => {
                format!("{} makes {} the issuer of {token}", who(issuer), who(new))
            }
            Action::SetIssuer { token, issuer, new: None } => {
                format!("{} closes the issuance of {token} for ever", who(issuer))
            }
            other => self.by_charter(other, sender),
        }
    }

    /// Returns the sentence for what is done by a token's charter.
    fn by_charter(&self, action: &Action, sender: Address) -> String {
        let who = |address: &Address| self.address(*address);
        let charter = self.charter(action.token());
        match action {
            Action::CreateWithCharter(charter) => format!(
                "{} creates {} with the charter {}:\n{}",
                self.address(sender),
                charter.token,
                charter.hash(),
                indented(&coinage_policy::write(charter, Language::English))
            ),
            Action::Draw { token, account, clause, amount } => {
                let amount = self.amount(*amount, *token);
                let said = charter.as_ref().and_then(|charter| charter.clause(*clause));
                let debt = matches!(said, Some(Clause::Owe { .. }));
                let owes = if debt { ", and owes it" } else { "" };
                format!("{} draws {amount} by clause {clause}{owes}", who(account))
            }
            Action::Claim { token, account, clause, amount } => {
                let amount = self.amount(*amount, *token);
                format!("{} claims {amount} by clause {clause}", who(account))
            }
            Action::SetRole { token, officer, account, role: Some(role) } => {
                let role = role_name(charter.as_ref(), *role);
                format!("{} gives {} {role} in {token}", who(officer), who(account))
            }
            Action::SetRole { token, officer, account, role: None } => {
                format!("{} takes the role of {} in {token}", who(officer), who(account))
            }
            Action::SetFrozen { token, officer, account, frozen } => {
                let does = if *frozen { "freezes" } else { "unfreezes" };
                format!("{} {does} the {token} of {}", who(officer), who(account))
            }
            Action::Move { token, officer, from, to, amount } => format!(
                "{} moves {} of {} to {}",
                who(officer),
                self.amount(*amount, *token),
                who(from),
                who(to)
            ),
            Action::HandOver { token, account, from, to } => {
                let place = account_name(charter.as_ref(), *account);
                format!("{} hands over the place of {place} in {token} to {}", who(from), who(to))
            }
            Action::Amend { token, officer, clause, amount, in_force_at } => format!(
                "{} sets the amount in clause {clause} of {token} to {} from {} on",
                who(officer),
                self.amount(*amount, *token),
                time::format(in_force_at.get())
            ),
            Action::CreateToken(_)
            | Action::Mint { .. }
            | Action::Transfer { .. }
            | Action::Burn { .. }
            | Action::SetIssuer { .. } => String::new(),
        }
    }

    /// The charter of a token, if the ground knows it.
    fn charter(&self, token: Symbol) -> Option<Charter> {
        match &self.ground {
            Some(ground) => ground.charter(self.context, token).ok(),
            None => self.context.charter(token).ok(),
        }
    }

    fn creation(&self, create: &CreateToken, sender: Address) -> String {
        let CreateToken { token, name, decimals, cap, issuer, supply, to } = create;
        let units = |units: Amount| amount::format(units, *decimals);
        let cap = cap.map_or("no cap".to_owned(), |cap| format!("at most {}", units(cap)));
        let issuer = issuer.map_or("nobody can mint".to_owned(), |issuer| {
            format!("issuer {}", self.address(issuer))
        });
        let called =
            if name.as_str() == token.as_str() { String::new() } else { format!(" ({name})") };
        format!(
            "{} creates {token}{called}: {decimals} decimals, {cap}, {issuer}; {} go to {}",
            self.address(sender),
            units(*supply),
            self.address(*to),
        )
    }
}

/// A text with its lines moved to the right.
fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
