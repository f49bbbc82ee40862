//! `coinage devnet`: a whole network on this machine, of real nodes in processes of their own.
//!
//! A supervisor starts the nodes and owns a TCP relay for each pair of them; cutting a link stops
//! the relay's bytes, so nodes hold no code for partitions. Subcommands reach the supervisor
//! through a socket in the devnet's directory.

mod args;
mod browser;
pub(crate) mod control;
mod demo;
mod directory;
mod error;
mod foreground;
#[cfg(any(test, feature = "testing"))]
pub mod fuzz_targets;
mod home;
mod interest;
pub mod links;
mod log;
mod logs;
mod material;
mod places;
pub(crate) mod ports;
mod probe;
mod process;
mod relay;
mod report;
mod run;
pub(crate) mod settings;
mod status;
pub mod suggest;
mod supervisor;

pub use self::args::DevnetArgs;
pub use self::error::DevnetError;
pub use self::foreground::Signals;
pub use self::home::{Home, LogFeed};
pub use self::log::Line;
pub use self::material::Account;
pub use self::material::{TOKEN, genesis_of};
pub use self::places::{dir_in, flag_for, home, node_names};
pub use self::probe::Head;
pub use self::report::{Outlet, Report};
pub use self::run::run;
pub use self::settings::Config;
pub use self::status::{DemoStatus, DevnetStatus, NodeStatus};
pub use self::supervisor::Devnet;
