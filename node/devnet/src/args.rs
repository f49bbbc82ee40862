//! Command-line arguments of `coinage devnet`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use coinage_model::Heartbeat;

use super::demo::{RATE, RATE_MAX};
use super::logs::LOG_LINES;
use super::suggest;

/// Start and steer a network of nodes on this machine
#[derive(Args, Clone, Debug)]
pub struct DevnetArgs {
    /// Where the devnet is kept [default: devnet in --home, or else ~/.local/share/coinage/devnet]
    #[arg(long, value_name = "DIR", global = true)]
    pub dir: Option<PathBuf>,
    /// How many nodes, all of them authorities [default: 4]
    #[arg(long, value_name = "N")]
    pub(super) nodes: Option<u16>,
    /// The API port of n1; n2 has the next, and P2P ports are 1000 above. 0: any free ports
    /// [default: 8600]
    #[arg(long, value_name = "PORT")]
    pub(super) base_port: Option<u16>,
    /// How long a slot is [default: 500ms]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) slot: Option<Duration>,
    /// How long nothing is written while nothing happens; a slot or less: a block in each slot
    /// [default: 10s]
    #[arg(long, value_name = "TIME")]
    pub(super) heartbeat: Option<Heartbeat>,
    /// Delete the devnet that is there and begin anew
    #[arg(long)]
    pub(super) reset: bool,
    /// Let 50 accounts pay each other all the time, so that there is something to watch
    #[arg(long)]
    pub(super) demo: bool,
    /// How many payments a second
    #[arg(
        long,
        value_name = "N",
        requires = "demo",
        default_value_t = RATE,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(RATE_MAX))
    )]
    pub(super) demo_rate: u32,
    /// Open the page of n1 in a browser once it is ready
    #[arg(long)]
    pub(super) open: bool,
    /// Go on in the background once it is ready
    #[arg(long)]
    pub(super) detach: bool,
    /// Be the process in the background: show no log lines
    #[arg(long, hide = true, conflicts_with = "detach")]
    pub(super) background: bool,
    /// True to show all that the nodes say, not only what is of interest to somebody who looks on.
    #[arg(skip)]
    pub verbose: bool,
    /// What to do with a running devnet; without it, start one
    #[command(subcommand)]
    pub(super) command: Option<DevnetCommand>,
}

/// What to do with a running devnet.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum DevnetCommand {
    /// Show the nodes, their heads and peers
    #[command(after_help = "Example:\n  coinage devnet status")]
    Status,
    /// Stop all nodes and keep their chains
    #[command(after_help = "Example:\n  coinage devnet stop")]
    Stop,
    /// Show the last lines of the nodes' logs
    #[command(after_help = "Example:\n  coinage devnet logs n2 --lines 20")]
    Logs {
        /// Only this node
        #[arg(value_name = "NODE", add = suggest::nodes())]
        which: Option<String>,
        /// How many lines of each node
        #[arg(
            long,
            value_name = "N",
            default_value_t = LOG_LINES,
            value_parser = clap::value_parser!(u32).range(1..)
        )]
        lines: u32,
        /// Go on with new lines
        #[arg(short, long)]
        follow: bool,
    },
    /// End a node at once, as a power cut would
    #[command(after_help = "Example:\n  coinage devnet kill n4")]
    Kill {
        /// 2 or n2
        #[arg(value_name = "NODE", add = suggest::nodes())]
        which: String,
    },
    /// Start a node again
    #[command(after_help = "Example:\n  coinage devnet start n4")]
    Start {
        /// 2 or n2
        #[arg(value_name = "NODE", add = suggest::nodes())]
        which: String,
        /// For experiments: let its clock be so far ahead
        #[arg(long, hide = true, allow_hyphen_values = true, value_name = "X")]
        clock_offset_ms: Option<i64>,
    },
    /// Delete the chain of a node that does not run
    #[command(after_help = "Example:\n  coinage devnet wipe n4")]
    Wipe {
        /// 2 or n2
        #[arg(value_name = "NODE", add = suggest::nodes())]
        which: String,
    },
    /// Cut the links between groups of nodes
    #[command(after_help = "Example:\n  coinage devnet partition 1,2/3,4")]
    Partition {
        /// For example 1,2/3,4
        groups: String,
    },
    /// Let all nodes reach each other again
    #[command(after_help = "Example:\n  coinage devnet heal")]
    Heal,
}
