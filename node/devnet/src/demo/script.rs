//! The script of the demonstration: which account pays which, and what else happens. Only the
//! amounts differ between demonstrations, as they depend on balances.

use coinage_keys::published_key;
use coinage_protocol::{Action, Address, Amount, Lock, SecretKey, Symbol};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Number of accounts.
pub(super) const ACCOUNTS: usize = 50;
/// The token of the genesis, whose supply never changes.
pub(super) const COIN: &str = "COIN";
/// The tokens that the demonstration makes: symbol and name.
pub(super) const TOKENS: [(&str, &str); 3] =
    [("TEA", "Cups of tea"), ("CAKE", "Slices of cake"), ("RIDE", "Bus rides")];
/// The seed of the randomness that decides who pays whom. Published.
const SEED: &[u8; 32] = b"coinage devnet demo, published 1";
const MEMOS: [&str; 12] = [
    "lunch",
    "thank you",
    "rent",
    "coffee",
    "tickets",
    "half of the bill",
    "birthday",
    "groceries",
    "a good book",
    "as agreed",
    "the garden",
    "see you soon",
];

/// A token and its amount.
pub(super) type Balance = (Symbol, Amount);

/// An account of the demonstration.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) secret: SecretKey,
    pub(super) address: Address,
}

impl Holder {
    /// The account of this name. Everybody can spend what it holds.
    pub(super) fn named(name: &str) -> Self {
        let secret = published_key(name);
        let address = Lock::Key(secret.public()).address();
        Self { secret, address }
    }
}

/// Returns all accounts: `demo-01`, `demo-02` and so on.
pub(super) fn holders() -> Vec<Holder> {
    (1..=ACCOUNTS).map(|number| Holder::named(&format!("demo-{number:02}"))).collect()
}

/// Returns an amount of so many base units, if there can be so many.
pub(super) fn amount(units: u128) -> Option<Amount> {
    Amount::try_from(units).ok()
}

/// A token that an account of the demonstration issues.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) symbol: Symbol,
    /// The number of the account that issues the token.
    pub(super) issuer: usize,
}

/// A transaction to be signed.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Accounts that sign, the sender first.
    pub(super) signers: Vec<Holder>,
    pub(super) actions: Vec<Action>,
    pub(super) memo: String,
}

/// The source of the demonstration's transactions, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Script {
    random: ChaCha20Rng,
    holders: Vec<Holder>,
    tokens: Vec<Token>,
}

impl Script {
    /// Creates the script from its beginning, with these tokens besides COIN.
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        Self { random: ChaCha20Rng::from_seed(*SEED), holders: holders(), tokens }
    }

    /// Returns the next transaction; `None` if the accounts whose turn it is have nothing.
    pub(super) fn next<E>(
        &mut self,
        balances: impl Fn(Address) -> Result<Vec<Balance>, E>,
    ) -> Result<Option<Draft>, E> {
        let kind = self.below(100);
        let payer = self.below(self.holders.len());
        // Another one than the payer.
        let others = self.holders.len().saturating_sub(1).max(1);
        let payee = payer.saturating_add(1).saturating_add(self.below(others));
        let payee = payee.checked_rem(self.holders.len()).unwrap_or(0);
        let memo = self.memo();
        let (Some(one), Some(other)) = (self.holder(payer), self.holder(payee)) else {
            return Ok(None);
        };
        let one_has = balances(one.address)?;
        let actions = match kind {
            0..=4 => return Ok(self.mint(&other, memo)),
            5..=9 => self.burn(&one, &one_has),
            10..=19 => {
                let other_has = balances(other.address)?;
                let there = self.transfer(&one, &other, &one_has);
                let back = self.transfer(&other, &one, &other_has);
                let both = there.zip(back).map(|(there, back)| vec![there, back]);
                let signers = vec![one, other];
                return Ok(both.map(|actions| Draft { signers, actions, memo }));
            }
            _ => self.transfer(&one, &other, &one_has),
        };
        let draft = actions.map(|action| Draft { signers: vec![one], actions: vec![action], memo });
        Ok(draft)
    }

    fn mint(&mut self, to: &Holder, memo: String) -> Option<Draft> {
        let token = self.any_token()?;
        let issuer = self.holder(token.issuer)?;
        let units = u128::try_from(self.below(10_000)).ok()?.saturating_add(1);
        let mint = Action::Mint {
            token: token.symbol,
            issuer: issuer.address,
            to: to.address,
            amount: amount(units)?,
        };
        Some(Draft { signers: vec![issuer], actions: vec![mint], memo })
    }

    /// Returns a burn of some of a token; never of COIN, which nobody could bring back.
    fn burn(&mut self, from: &Holder, has: &[Balance]) -> Option<Action> {
        let token = self.any_token()?.symbol;
        let (_, balance) = has.iter().find(|(symbol, _)| *symbol == token)?;
        Some(Action::Burn { token, from: from.address, amount: self.part(*balance)? })
    }

    fn transfer(&mut self, from: &Holder, to: &Holder, has: &[Balance]) -> Option<Action> {
        let (token, balance) = *has.get(self.below(has.len()))?;
        let amount = self.part(balance)?;
        Some(Action::Transfer { token, from: from.address, to: to.address, amount })
    }

    /// Returns a random part of an amount, at most a tenth, so that several payments of one account
    /// can wait at once.
    fn part(&mut self, of: Amount) -> Option<Amount> {
        let most = of.units() / 10;
        let draw = u128::from(self.random.next_u64());
        amount(draw.checked_rem(most)?.saturating_add(1))
    }

    fn memo(&mut self) -> String {
        let at = self.below(MEMOS.len().saturating_mul(2));
        MEMOS.get(at).map_or_else(String::new, |memo| (*memo).to_owned())
    }

    fn any_token(&mut self) -> Option<Token> {
        let at = self.below(self.tokens.len());
        self.tokens.get(at).copied()
    }

    fn holder(&self, at: usize) -> Option<Holder> {
        self.holders.get(at).cloned()
    }

    /// A number below `end`; 0 if there is none.
    fn below(&mut self, end: usize) -> usize {
        let draw = usize::try_from(self.random.next_u32()).unwrap_or(0);
        draw.checked_rem(end).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn rich(_: Address) -> Result<Vec<Balance>, Infallible> {
        let all = [COIN, "TEA"]
            .map(|token| (token.parse().expect("a symbol"), amount(1_000_000).expect("an amount")));
        Ok(all.to_vec())
    }

    fn script() -> Script {
        let symbol = "TEA".parse().expect("a symbol");
        Script::new(vec![Token { symbol, issuer: 0 }])
    }

    #[test]
    fn the_same_payments_come_in_every_demonstration_and_each_is_signed_by_who_must() {
        let (mut one, mut other) = (script(), script());
        let mut kinds = [0_u32; 4];
        for _ in 0..500 {
            let Ok(draft) = one.next(rich);
            let Ok(again) = other.next(rich);
            let (draft, again) = (draft.expect("they have much"), again.expect("they have much"));
            assert_eq!(draft.actions, again.actions);
            assert_eq!(draft.memo, again.memo);
            for action in &draft.actions {
                let mut consents = action.footprint().consents();
                let signer = consents.next();
                let signs = |holder: &Holder| signer == Some(holder.address);
                assert!(draft.signers.iter().any(signs), "{action:?}");
                assert!(action.token().as_str() == "TEA" || !changes_supply(action), "{action:?}");
            }
            let kind = match draft.actions.as_slice() {
                [Action::Transfer { .. }] => 0,
                [Action::Transfer { .. }, Action::Transfer { .. }] => 1,
                [Action::Mint { .. }] => 2,
                [Action::Burn { .. }] => 3,
                other => panic!("what is {other:?}?"),
            };
            kinds[kind] += 1;
        }
        assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
    }

    fn changes_supply(action: &Action) -> bool {
        matches!(action, Action::Mint { .. } | Action::Burn { .. })
    }

    #[test]
    fn who_has_nothing_pays_nothing() {
        let mut script = Script::new(Vec::new());
        for _ in 0..200 {
            let Ok(draft) = script.next(|_| Ok::<_, Infallible>(Vec::new()));
            assert!(draft.is_none(), "{draft:?}");
        }
    }

    #[test]
    fn the_accounts_are_as_many_as_they_are_said_to_be() {
        let mut addresses: Vec<_> = holders().iter().map(|holder| holder.address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), ACCOUNTS);
    }
}
