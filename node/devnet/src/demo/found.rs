//! The beginning of the demonstration: alice's gifts, and tokens of its own.

use std::time::{Duration, Instant};

use coinage_client::ClientError;
use coinage_model::account::TokenJson;
use coinage_model::code::Code;
use coinage_model::status::StatusJson;
use coinage_protocol::{Action, Amount, CreateToken, Symbol, Text, Transaction};

use super::node::{Sent, Talk, signed};
use super::script::{COIN, Draft, Holder, TOKENS, Token, amount, holders};

/// Base units of COIN that alice gives each account: 1,000.00 COIN.
const GIFT: u128 = 100_000;
/// Base units of each new token that each account has at first: 1,000.00.
const SHARE: u128 = 100_000;
/// Time after which a transaction that is not in a block has expired, and is made anew.
const ANEW: Duration = Duration::from_secs(90);

/// The way to the first payment. Each step is looked for on the chain before it is taken, so that
/// a devnet that had a demonstration goes on where it was.
#[derive(Debug)]
pub(super) struct Founding {
    holders: Vec<Holder>,
    steps: Vec<Step>,
    tokens: Vec<Token>,
}

/// A step on the way to the first payment, which ends with something on the chain.
#[derive(Debug)]
enum Step {
    /// Alice's gifts to the accounts.
    Gifts(Option<Pending>),
    /// The token with this number.
    Token(usize, Option<Pending>),
}

/// A transaction that was sent; sent again, it is the same.
#[derive(Debug)]
struct Pending {
    transaction: Transaction,
    since: Instant,
}

impl Founding {
    pub(super) fn new() -> Self {
        let tokens = (0..TOKENS.len()).rev().map(|number| Step::Token(number, None));
        let steps = tokens.chain([Step::Gifts(None)]).collect();
        Self { holders: holders(), steps, tokens: Vec::new() }
    }

    /// True if everything is on the chain.
    pub(super) fn is_done(&self) -> bool {
        self.steps.is_empty()
    }

    /// The tokens that the demonstration may mint and burn.
    pub(super) fn into_tokens(self) -> Vec<Token> {
        self.tokens
    }

    /// Looks at the next step, and takes it if it was not.
    pub(super) fn go_on(&mut self, talk: &Talk) -> Sent {
        let Some(step) = self.steps.pop() else { return Sent::Nothing };
        let looked = match &step {
            Step::Gifts(_) => self.gifts_are_there(talk),
            Step::Token(number, _) => self.token_is_there(talk, *number),
        };
        match looked {
            Ok(true) => Sent::Nothing,
            Ok(false) => {
                let (step, sent) = self.take(step, talk);
                self.steps.push(step);
                sent
            }
            Err(error) => {
                self.steps.push(step);
                Sent::of(&error)
            }
        }
    }

    fn gifts_are_there(&self, talk: &Talk) -> Result<bool, ClientError> {
        let Some(first) = self.holders.first() else { return Ok(true) };
        Ok(talk.balances(first.address)?.iter().any(|(token, _)| token.as_str() == COIN))
    }

    /// Checks whether the token of this number is on the chain; one of that name which somebody
    /// else issues is left alone.
    fn token_is_there(&mut self, talk: &Talk, number: usize) -> Result<bool, ClientError> {
        let (Some(symbol), Some(issuer)) = (symbol(number), self.holders.get(number)) else {
            return Ok(true);
        };
        match talk.get::<TokenJson>(&format!("/v1/tokens/{symbol}")) {
            Ok(known) => {
                if known.issuer == Some(issuer.address) {
                    self.tokens.push(Token { symbol, issuer: number });
                }
                Ok(true)
            }
            Err(ClientError::Refused { problem }) if problem.code == Code::UnknownToken.name() => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn take(&self, step: Step, talk: &Talk) -> (Step, Sent) {
        let draft = match &step {
            Step::Gifts(_) => self.gifts(),
            Step::Token(number, _) => self.creation(*number),
        };
        let (Step::Gifts(pending) | Step::Token(_, pending)) = &step;
        let known = pending.as_ref().filter(|pending| pending.since.elapsed() < ANEW);
        let (transaction, since) = match known {
            Some(pending) => (Some(pending.transaction.clone()), pending.since),
            None => match talk.get::<StatusJson>("/v1/status") {
                Ok(status) => {
                    let made = draft.and_then(|draft| signed(draft, &status.chain_id));
                    (made, Instant::now())
                }
                Err(error) => return (step, Sent::of(&error)),
            },
        };
        let Some(transaction) = transaction else { return (step, Sent::Nothing) };
        let sent = talk.send(&transaction);
        let pending = Some(Pending { transaction, since });
        let step = match step {
            Step::Gifts(_) => Step::Gifts(pending),
            Step::Token(number, _) => Step::Token(number, pending),
        };
        (step, sent)
    }

    fn gifts(&self) -> Option<Draft> {
        let (alice, token) = (Holder::named("alice"), COIN.parse().ok()?);
        let gift = amount(GIFT)?;
        let give = |to: &Holder| Action::Transfer {
            token,
            from: alice.address,
            to: to.address,
            amount: gift,
        };
        let actions = self.holders.iter().map(give).collect();
        let memo = "for the demonstration".to_owned();
        Some(Draft { signers: vec![alice], actions, memo })
    }

    fn creation(&self, number: usize) -> Option<Draft> {
        let (token, issuer) = (symbol(number)?, self.holders.get(number)?);
        let (_, name) = TOKENS.get(number)?;
        let all = u128::try_from(self.holders.len()).ok()?.checked_mul(SHARE)?;
        let create = Action::CreateToken(CreateToken {
            token,
            name: Text::try_from(*name).ok()?,
            decimals: 2,
            cap: None,
            issuer: Some(issuer.address),
            supply: amount(all)?,
            to: issuer.address,
        });
        let share: Amount = amount(SHARE)?;
        let others = self.holders.iter().filter(|other| other.address != issuer.address);
        let shares = others.map(|to| Action::Transfer {
            token,
            from: issuer.address,
            to: to.address,
            amount: share,
        });
        let actions = [create].into_iter().chain(shares).collect();
        let memo = format!("{name}, for everybody");
        Some(Draft { signers: vec![issuer.clone()], actions, memo })
    }
}

fn symbol(number: usize) -> Option<Symbol> {
    TOKENS.get(number)?.0.parse().ok()
}
