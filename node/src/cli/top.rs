//! The command `coinage top`: all nodes on one screen.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use coinage_client::Client;
use coinage_devnet::Home;
use coinage_top::{self, Facts, NodeFacts, Sources};

use super::context::Context;
use super::duration;
use super::failure::Failure;
use super::printer::{Output, table};

/// Nodes watched at once: each has a thread.
const NODES_MAX: usize = 64;
/// The shortest interval at which the nodes may be asked.
const INTERVAL_MIN: Duration = Duration::from_millis(100);
const INTERVAL_MAX: Duration = Duration::from_secs(3600);

/// What to watch.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage top
  coinage top --nodes http://127.0.0.1:8600,http://127.0.0.1:8601
  coinage top --once --json")]
pub(crate) struct TopArguments {
    /// These nodes, and no devnet
    #[arg(long, value_name = "URL", value_delimiter = ',', conflicts_with = "dir")]
    nodes: Vec<String>,
    /// The devnet in this directory [default: the one that --node belongs to]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How often to ask the nodes
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1s",
        value_parser = duration::parse
    )]
    interval: Duration,
    /// Print one table and end
    #[arg(long)]
    once: bool,
}

pub(crate) fn run(arguments: &TopArguments, context: &Context) -> Result<Output, Failure> {
    if !(INTERVAL_MIN..=INTERVAL_MAX).contains(&arguments.interval) {
        return Err(Failure::usage("--interval is 100ms at least and 1h at most"));
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !arguments.once && (context.printer.is_json() || !terminal) {
        return Err(Failure::new("usage.no_terminal", "the screen needs a terminal")
            .hint("`coinage top --once` prints one table, `--once --json` all facts"));
    }
    let sources = sources(arguments, context)?;
    if arguments.once {
        let facts = coinage_top::once(&sources);
        let text = text(&facts);
        return Ok(Output::new(facts, text));
    }
    coinage_top::run(&sources, arguments.interval)
        .map_err(|error| Failure::new("other", format!("the terminal cannot be used: {error}")))?;
    Ok(Output::new((), ""))
}

/// The nodes that are meant.
fn sources(arguments: &TopArguments, context: &Context) -> Result<Sources, Failure> {
    if !arguments.nodes.is_empty() {
        if arguments.nodes.len() > NODES_MAX {
            return Err(Failure::usage(format!("at most {NODES_MAX} nodes can be watched")));
        }
        for url in &arguments.nodes {
            Client::new(url)?;
        }
        return Ok(Sources::urls(arguments.nodes.iter().cloned()));
    }
    if let Some(dir) = &arguments.dir {
        return Ok(Sources::devnet(Home::find(Some(dir.clone()))?));
    }
    match context.status() {
        Ok(status) => {
            // Another machine's node has no business naming directories here.
            let dir = status.devnet.clone().filter(|dir| dir.is_absolute());
            let home = dir.filter(|_| context.client.is_local());
            let home = home.and_then(|dir| Home::find(Some(dir)).ok());
            let alone = || Sources::urls([context.client.url().to_owned()]);
            Ok(home.map_or_else(alone, Sources::devnet))
        }
        // The node may be the one of the devnet that does not run.
        Err(failure) => Home::find(context.devnet_dir()).map(Sources::devnet).map_err(|_| failure),
    }
}

fn text(facts: &Facts) -> String {
    let head = [
        "NODE", "ROLE", "STATE", "HEAD", "LAG", "FINAL", "PEERS", "HEARD", "POOL", "AGE",
        "BLOCKS/S", "TX/S",
    ];
    let mut text = table(head, facts.nodes.iter().map(row));
    for node in &facts.nodes {
        if let Some(error) = &node.error {
            text.push_str(&format!("{}: {error}\n", node.name));
        }
        for warning in node.answer.iter().flat_map(|answer| &answer.warnings) {
            text.push_str(&format!("{}: warning: {warning}\n", node.name));
        }
    }
    for branch in facts.branches.iter().skip(1) {
        let fork = branch.fork_height.map_or_else(String::new, |fork| format!(" from {fork}"));
        let nodes: Vec<_> = branch.nodes.iter().map(|node| node.name.as_str()).collect();
        let nodes = if nodes.is_empty() { "nobody".to_owned() } else { nodes.join(" ") };
        let (height, hash) = (branch.tip.height, coinage_top::short(&branch.tip));
        text.push_str(&format!("branch{fork} to {height} {hash}: {nodes}\n"));
    }
    text
}

fn row(node: &NodeFacts) -> [String; 12] {
    let dash = || "-".to_owned();
    let (name, state) = (node.name.clone(), node.state().to_owned());
    let Some(answer) = &node.answer else {
        let [role, rest @ ..] = [(); 10].map(|()| dash());
        let [head, lag, finalized, peers, heard, pool, age, blocks, transactions] = rest;
        return [
            name,
            role,
            state,
            head,
            lag,
            finalized,
            peers,
            heard,
            pool,
            age,
            blocks,
            transactions,
        ];
    };
    let rate = |pick: fn(&coinage_top::Rates) -> f64| {
        answer.rates.as_ref().map_or_else(dash, |rates| format!("{:.2}", pick(rates)))
    };
    [
        name,
        coinage_top::role(answer),
        state,
        format!("{} {}", answer.head.height, coinage_top::short(&answer.head)),
        answer.lag.map_or_else(dash, |lag| lag.to_string()),
        coinage_top::finalized(answer),
        answer.peers.to_string(),
        answer.heard.clone(),
        answer.mempool.transactions.to_string(),
        coinage_top::age(answer.block_age_ms),
        rate(|rates| rates.blocks_per_second),
        rate(|rates| rates.transactions_per_second),
    ]
}
