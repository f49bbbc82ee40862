//! Templates of a genesis: three questions, and the coin has sound rules.

use std::time::SystemTime;

use clap::Args;
use coinage_model::time;
use coinage_policy::template::{Answers, filled, first_amount};
use coinage_policy::{Language, charters, read, sentence};
use coinage_protocol::limits::NAME_BYTES_MAX;
use coinage_protocol::{Amount, Charter, Instant, Lock, PublicKey, Symbol, Text, Threshold};

use super::context::Context;
use super::failure::Failure;
use super::{account, address, amount, password};

const MINUTES_OF_DAY: u64 = 24 * 60;
/// People who hold the treasury, and how many of them must sign.
const TREASURERS: usize = 3;
const SIGNERS: u8 = 2;

/// A template, and what it would ask otherwise.
#[derive(Args, Debug)]
pub(crate) struct TemplateArguments {
    /// A coin with the rules of an example (see "coinage policy example"); asks three questions
    #[arg(long, value_name = "EXAMPLE", value_parser = charter)]
    template: Option<Charter>,
    /// Answer to the first question: symbol and name of the coin
    #[arg(long, value_name = "SYMBOL[:NAME]", requires = "template")]
    coin: Option<String>,
    /// Answer to the second, three times: a public key, or a wallet, of whom two must sign together
    #[arg(long = "treasurer", value_name = "KEY|WALLET", requires = "template")]
    treasurers: Vec<String>,
    /// Answer to the third: the first amount of the rules; the others keep their proportion
    #[arg(long, value_name = "AMOUNT", requires = "template")]
    amount: Option<String>,
}

/// The coin of a genesis, and who holds its treasury.
pub(crate) struct Made {
    pub(crate) charter: Charter,
    pub(crate) treasury: Lock,
}

/// The charter that ships under a name.
fn charter(name: &str) -> Result<Charter, String> {
    let names = || charters().iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
    let shipped = charters().iter().find(|one| one.name == name);
    let shipped = shipped.ok_or_else(|| format!("the examples are {}", names()))?;
    read(shipped.text(Language::English)).map_err(|error| error.to_string())
}

/// Makes the coin of a template from the flags, and asks for what they leave open.
pub(crate) fn make(
    arguments: &TemplateArguments,
    context: &Context,
) -> Result<Option<Made>, Failure> {
    let Some(template) = &arguments.template else { return Ok(None) };
    let (token, name) = coin(arguments, template, context)?;
    let treasury = treasury(arguments, context)?;
    let amount = first(arguments, template, context)?;
    let answers = Answers { token, name, treasury: treasury.clone(), amount, anchor: today()? };
    let charter = filled(template, &answers).map_err(|error| {
        Failure::usage(error).hint("give another amount: all others keep their proportion to it")
    })?;
    Ok(Some(Made { charter, treasury: Lock::Threshold(treasury) }))
}

fn coin(
    arguments: &TemplateArguments,
    charter: &Charter,
    context: &Context,
) -> Result<(Symbol, Text<NAME_BYTES_MAX>), Failure> {
    let example = format!("{}:{}", charter.token, charter.name);
    let question = format!("1. What is the coin called? Symbol and name, such as {example}");
    let answer = answer(arguments.coin.as_ref(), &question, "--coin SYMBOL:NAME", context)?;
    let answer = if answer.is_empty() { example } else { answer };
    let (symbol, name) = answer.split_once(':').unwrap_or((&answer, &answer));
    let token = symbol.trim().parse();
    let token = token.map_err(|error| Failure::usage(format!("{symbol:?}: {error}")))?;
    let name = Text::try_from(name.trim());
    let bad = |error| Failure::bad_text("genesis.bad_name", "the name of the coin", error);
    Ok((token, name.map_err(bad)?))
}

fn treasury(arguments: &TemplateArguments, context: &Context) -> Result<Threshold, Failure> {
    let question = "2. Who holds the treasury? Three public keys or wallets, with spaces between; \
                    two of the three sign together";
    let given = (!arguments.treasurers.is_empty()).then(|| arguments.treasurers.join(" "));
    let answer = answer(given.as_ref(), question, "--treasurer KEY three times", context)?;
    let words = answer.split([' ', ',']).filter(|word| !word.is_empty());
    let keys: Vec<PublicKey> =
        words.map(|word| address::key(context, word)).collect::<Result<_, _>>()?;
    if keys.len() != TREASURERS {
        let text = format!("{} keys, but three people hold the treasury", keys.len());
        return Err(Failure::usage(text).hint("`coinage wallet show NAME` prints a key"));
    }
    let threshold = Threshold::new(SIGNERS, keys);
    threshold
        .map_err(|error| Failure::new("usage.bad_threshold", error).hint("three different keys"))
}

fn first(
    arguments: &TemplateArguments,
    charter: &Charter,
    context: &Context,
) -> Result<Amount, Failure> {
    let Some((clause, was)) = first_amount(charter) else { return Ok(Amount::MAX) };
    let said = sentence(charter, clause, Language::English);
    let shown = amount::format(was, charter.decimals);
    let question = format!("3. \"{said}\": how much instead of {shown}? (Enter keeps it)");
    let answer = answer(arguments.amount.as_ref(), &question, "--amount AMOUNT", context)?;
    if answer.is_empty() {
        return Ok(was);
    }
    let units = amount::parse(&answer.replace(',', ""), charter.decimals)?;
    if units.is_zero() {
        return Err(Failure::usage("with an amount of zero nobody would ever have any"));
    }
    Ok(units)
}

/// The answer that a flag gives, or else somebody at the terminal.
fn answer(
    given: Option<&String>,
    question: &str,
    flag: &str,
    context: &Context,
) -> Result<String, Failure> {
    match given {
        Some(answer) => Ok(answer.trim().to_owned()),
        None if password::can_ask(context) => password::question(question),
        None => {
            let text = format!("a template asks: {question}");
            Err(Failure::usage(text).hint(format!("nobody can answer here: give {flag}")))
        }
    }
}

/// The first minute of this day in UTC.
pub(crate) fn today() -> Result<Instant, Failure> {
    let minutes = time::millis(SystemTime::now()) / 60_000;
    let day = u32::try_from(minutes / MINUTES_OF_DAY * MINUTES_OF_DAY).unwrap_or(u32::MAX);
    Instant::new(day, 0).map_err(Failure::usage)
}

impl Made {
    /// Words on how to act for the treasury.
    pub(crate) fn note(&self) -> String {
        let keys = match &self.treasury {
            Lock::Threshold(threshold) => threshold.keys().iter().map(ToString::to_string),
            Lock::Key(_) => return String::new(),
        };
        let numbered = self
            .charter
            .numbered()
            .map(|(id, _)| format!("  {id}. {}\n", sentence(&self.charter, id, Language::English)));
        format!(
            "the rules of {}, which nobody can change but as they say:\n{}\
             its accounts are one treasury, held by {}. Each of the three names it with:\n  \
             coinage address --threshold {SIGNERS} {} --save treasury",
            self.charter.token,
            numbered.collect::<String>(),
            account::describe(&self.treasury),
            keys.collect::<Vec<_>>().join(" "),
        )
    }
}
