//! Cost of charters: how much longer their transactions take than plain payments.
//!
//! `cargo run --release -p coinage-policy --example charter_cost`
//!
//! Prints ratios to a plain payment of the same run: of execution alone, and with the signatures
//! that are verified besides. The last line is the most expensive action that the rules accept, in
//! a block that is full of it.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::{Duration, Instant as Clock};

use coinage_policy::read;
use coinage_protocol::limits::{ACTIONS_MAX, BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, ChainId, Charter, CheckedTransaction, CreateToken,
    KeySignature, Lock, Overlay, PolicyBounds, RoleId, Rules, SecretKey, State, Symbol, Text,
    Transaction, UnixMillis, Witness, apply_transaction, encoded_len,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// Transactions of each kind that are timed at once, and how often.
const COUNT: usize = 2_000;
const ROUNDS: usize = 15;
/// A time in the first period of every charter here.
const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
const ANCHOR: &str = "periods count from 2027-01-01 00:00 +00:00";

type Failed = Box<dyn Error>;

/// A kind of transaction: the state before, and what is done again and again.
struct Case {
    name: &'static str,
    state: State,
    actions: Vec<Action>,
    per_transaction: usize,
}

fn main() -> Result<(), Failed> {
    let plainly = "1,000,000,000.00";
    // A formula as long as one may be, of the slowest operation on numbers of two words.
    let formula = format!("[{}{}]", "1000000000000000000000000000.00", " / 7".repeat(15));
    let cases = [
        plain()?,
        six_clauses()?,
        dearest("an issue that 32 clauses bind", plainly, 1)?,
        dearest("as many of them as fit into a transaction", plainly, ACTIONS_MAX)?,
        dearest("an issue that 32 long formulas bind", &formula, 1)?,
        dearest("as many of them as fit into a transaction", &formula, ACTIONS_MAX)?,
    ];
    let mut signed = Vec::new();
    for case in &cases {
        signed.push(sign(case)?);
    }
    let mut times = vec![(Duration::MAX, Duration::MAX); cases.len()];
    // In turns, so that whatever else the machine does concerns all of them; the best round counts.
    for _ in 0..ROUNDS {
        for ((case, transactions), (execution, check)) in cases.iter().zip(&signed).zip(&mut times)
        {
            *execution = (*execution).min(execute(case, transactions)?);
            *check = (*check).min(verify(transactions)?);
        }
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:44} {:>10} {:>10} {:>10} {:>12}",
        "", "execution", "ratio", "in all", "full block"
    )?;
    let [(plain, plain_check), ..] = times.as_slice() else { return Ok(()) };
    for ((case, transactions), (execution, check)) in cases.iter().zip(&signed).zip(&times) {
        let all = |one: &Duration, other: &Duration| (*one + *other).as_secs_f64();
        let bytes = transactions.first().map_or(1, encoded_len);
        let fit = (BLOCK_BYTES_MAX / bytes).min(BLOCK_TRANSACTIONS_MAX);
        writeln!(
            out,
            "{:44} {:>8.2}us {:>10.2} {:>10.2} {:>10.0}ms",
            case.name,
            execution.as_secs_f64() * 1e6,
            execution.as_secs_f64() / plain.as_secs_f64(),
            all(execution, check) / all(plain, plain_check),
            execution.as_secs_f64() * 1e3 * fit as f64,
        )?;
    }
    Ok(())
}

fn key() -> SecretKey {
    SecretKey::new([7; 32])
}

fn address(number: u8) -> Address {
    if number == 0 { Lock::Key(key().public()).address() } else { Address::new([number; 32]) }
}

fn plain() -> Result<Case, Failed> {
    let token: Symbol = "PLAIN".parse()?;
    let create = Action::CreateToken(CreateToken {
        token,
        name: Text::try_from("Plain")?,
        decimals: 2,
        supply: Amount::try_from(1_000_000)?,
        cap: None,
        issuer: None,
        to: address(0),
    });
    let pay =
        Action::Transfer { token, from: address(0), to: address(1), amount: Amount::try_from(1)? };
    case("a payment without a charter", vec![create], vec![pay], 1)
}

/// A local currency: roles, ways, and limits on both sides of each payment.
fn six_clauses() -> Result<Case, Failed> {
    let charter = read(&format!(
        "coin TOWN \"Town\", 2 decimals\n{ANCHOR}\ntown is {}\n\
         town may give and take the role member, to at most 50 accounts\n\
         each member may send to each member\n\
         each member may send at most 1,000,000.00 per 365 days\n\
         each member may hold at most 1,000,000.00\n\
         town may issue at most 1,000,000.00 per 365 days\n\
         at most 10,000,000.00 may be outstanding",
        address(0)
    ))?;
    let (token, officer, role) = (charter.token, address(0), Some(RoleId(0)));
    let give = |account| Action::SetRole { token, officer, account, role };
    let (amount, to) = (Amount::try_from(1_000_000)?, address(0));
    let mint = Action::Mint { token, issuer: officer, to, amount };
    let begin = vec![create(&charter), give(address(0)), give(address(1)), mint];
    let (from, amount) = (address(0), Amount::try_from(1)?);
    let pay = Action::Transfer { token, from, to: address(1), amount };
    case("a payment with six clauses", begin, vec![pay], 1)
}

/// An issue that 32 clauses bind at once, of as many rows of the state.
fn dearest(name: &'static str, most: &str, per_transaction: usize) -> Result<Case, Failed> {
    let mut text = format!("coin DEAR \"Dear\", 2 decimals\n{ANCHOR}\n");
    for number in 1..=15 {
        writeln!(text, "a{number} is {}", address(0))?;
    }
    for number in 1..=30 {
        let (account, days) = (number % 15 + 1, 400 + number);
        writeln!(text, "a{account} may issue at most {most} per {days} days")?;
    }
    write!(text, "at most {most} may be outstanding\nat most {most} may ever be issued")?;
    let charter = read(&text)?;
    let (issuer, to, amount) = (address(0), address(1), Amount::try_from(1)?);
    let mint = Action::Mint { token: charter.token, issuer, to, amount };
    case(name, vec![create(&charter)], vec![mint; per_transaction], per_transaction)
}

fn create(charter: &Charter) -> Action {
    Action::CreateWithCharter(Box::new(charter.clone()))
}

fn case(
    name: &'static str,
    begin: Vec<Action>,
    actions: Vec<Action>,
    per_transaction: usize,
) -> Result<Case, Failed> {
    let state = State::default();
    let mut overlay = Overlay::new(&state);
    apply_transaction(&mut overlay, &rules(), NOW, &body(0, begin)?)?;
    let state = state.with(&overlay.into_changes());
    Ok(Case { name, state, actions, per_transaction })
}

fn rules() -> Rules {
    Rules {
        lifetime_ms_max: 86_400_000,
        balances_max: 1_000,
        tokens_max: 10,
        creators: None,
        fee: None,
        growth: None,
        policies: Some(PolicyBounds { charters_max: 10, standings_max: 100 }),
    }
}

fn body(salt: u64, actions: Vec<Action>) -> Result<Body, Failed> {
    let actions = Bounded::new(actions)?;
    Ok(Body { sender: address(0), salt, expires_at: NOW, actions, memo: Text::default() })
}

fn sign(case: &Case) -> Result<Vec<Transaction>, Failed> {
    let count = COUNT / case.per_transaction;
    (0..count)
        .map(|salt| {
            let body = body(u64::try_from(salt)?, case.actions.clone())?;
            let signature = key().sign(body.id(&chain()).as_bytes());
            let lock = Lock::Key(key().public());
            let signatures = Bounded::new(vec![KeySignature { key: 0, signature }])?;
            Ok(Transaction { body, witnesses: Bounded::new(vec![Witness { lock, signatures }])? })
        })
        .collect()
}

fn chain() -> ChainId {
    ChainId::new([1; 32])
}

/// Time that one transaction takes to be executed, the new state included.
fn execute(case: &Case, transactions: &[Transaction]) -> Result<Duration, Failed> {
    let (rules, begin) = (rules(), Clock::now());
    let mut overlay = Overlay::new(&case.state);
    for transaction in transactions {
        apply_transaction(&mut overlay, &rules, NOW, &transaction.body)?;
    }
    let after = case.state.with(&overlay.into_changes());
    std::hint::black_box(after.root());
    Ok(begin.elapsed() / u32::try_from(transactions.len())?)
}

/// Time that one transaction takes to be checked without a state: its signature, mostly.
fn verify(transactions: &[Transaction]) -> Result<Duration, Failed> {
    let mut random = ChaCha20Rng::from_seed([3; 32]);
    let some = transactions.iter().take(200).cloned().collect::<Vec<_>>();
    let (count, begin) = (u32::try_from(some.len())?, Clock::now());
    for transaction in some {
        CheckedTransaction::new(transaction, &chain(), &mut random)?;
    }
    Ok(begin.elapsed() / count)
}
