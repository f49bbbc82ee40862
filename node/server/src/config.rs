//! Settings of a node: by flags as typed, by a file, and both together as meant.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use coinage_files as files;
use coinage_model::Heartbeat;
use libp2p::Multiaddr;
use serde::Deserialize;

use crate::address;
use crate::api::{Host, Origin};
use crate::telemetry::LogFormat;

/// Bytes of a configuration file at most.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Flags that `coinage node run` accepts.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RunArgs {
    /// Flags that may stand in a file, too.
    #[command(flatten)]
    pub settings: NodeSettings,
    /// A TOML file with any of these settings
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Sign by this machine's clock at this start although nobody confirms it
    // A word for one start, and so not for a file.
    #[arg(long)]
    pub trust_clock: bool,
    /// The devnet that this node belongs to
    #[arg(long, hide = true)]
    pub devnet_dir: Option<PathBuf>,
    /// Stop when stdin ends
    #[arg(long, hide = true)]
    pub stop_with_stdin: bool,
    /// For experiments: believe in a time of day that is so far ahead
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub clock_offset_ms: Option<i64>,
}

/// Settings as given: by flags, or in the file of `--config`, with underscores for hyphens. A flag
/// wins over the file.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSettings {
    /// The network's genesis file; afterwards the data directory has a copy
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// Where the node keeps its chain [default: coinage-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where the HTTP API and the pages for browsers listen; for 127.0.0.1 also at ::1
    /// [default: 127.0.0.1:8600]
    #[arg(long, value_name = "ADDR", value_parser = api_address)]
    pub api: Option<SocketAddr>,
    /// How many requests to the API one address may send in a second [default: 5000]
    #[arg(long, value_name = "REQUESTS")]
    pub api_rate: Option<NonZeroU32>,
    /// A further name by which the API is asked for, such as that of a service or a proxy
    #[arg(long = "api-host", value_name = "NAME")]
    pub api_hosts: Vec<Host>,
    /// A web site whose pages may use the API, such as `https://wallet.example`; none by default
    #[arg(long, value_name = "ORIGIN")]
    pub api_cors: Vec<Origin>,
    /// Where other nodes can connect: IP:PORT or a multiaddr [default: 0.0.0.0:9600]
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    pub listen: Vec<Multiaddr>,
    /// A node to connect to and stay connected to: IP:PORT, NAME:PORT or a multiaddr
    #[arg(long = "peer", value_name = "ADDRESS", value_parser = address::parse)]
    pub peers: Vec<Multiaddr>,
    /// The key to sign blocks with, if this node is an authority
    #[arg(long, value_name = "FILE")]
    pub authority_key: Option<PathBuf>,
    /// The key is to become an authority: sign the change that adds it
    #[arg(long)]
    pub join_authorities: bool,
    /// How long this node, as an authority, lets the network be without a block while nothing is to
    /// be written; a slot or less: a block in each of its slots [default: 10s]
    #[arg(long, value_name = "TIME")]
    pub heartbeat: Option<Heartbeat>,
    /// The key of a private network [default: beside the genesis file, and in the data directory]
    #[arg(long, value_name = "FILE")]
    pub network_key: Option<PathBuf>,
    /// What to call this node in its log
    #[arg(long)]
    pub name: Option<String>,
    /// Connect to nobody but the given peers
    #[arg(long)]
    pub no_discovery: bool,
    /// An address to tell others instead of those this node listens on
    #[arg(long = "external-address", value_name = "ADDRESS", value_parser = address::parse)]
    pub external_addresses: Vec<Multiaddr>,
    /// How log lines are written
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// What to log, in the syntax of RUST_LOG
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

/// Reads the address at which the API is to listen.
fn api_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write IP:PORT, such as 127.0.0.1:8600 or [::1]:8600")
}

/// Settings of a node, as meant.
#[derive(Clone, Debug)]
pub struct Config {
    /// Path of the network's genesis file; may be missing if the data directory has its copy.
    pub genesis: Option<PathBuf>,
    /// Directory where the node keeps its chain.
    pub data: PathBuf,
    /// Address where the HTTP API listens.
    pub api: SocketAddr,
    /// Requests to the API that one address may send in a second, if not the usual number.
    pub api_rate: Option<NonZeroU32>,
    /// Names by which the API is asked for besides its addresses.
    pub api_hosts: Vec<Host>,
    /// Web sites whose pages may use the API.
    pub api_cors: Vec<Origin>,
    /// Addresses where other nodes can connect.
    pub listen: Vec<Multiaddr>,
    /// Nodes to stay connected to.
    pub peers: Vec<Multiaddr>,
    /// Path of the key to sign blocks with, if the node is an authority.
    pub authority_key: Option<PathBuf>,
    /// True if that key is to become an authority: the node signs the change that adds it.
    pub join_authorities: bool,
    /// The longest time from one block to the next on a quiet network.
    pub heartbeat: Heartbeat,
    /// Path of the key of a private network, if it is not where it is looked for.
    pub network_key: Option<PathBuf>,
    /// Name that people call the node by.
    pub name: Option<String>,
    /// True to look for more peers than the given ones.
    pub discovery: bool,
    /// Addresses to tell others; those listened on, if there are none.
    pub external_addresses: Vec<Multiaddr>,
    /// Format of log lines.
    pub log_format: LogFormat,
    /// Filter of log lines, in the syntax of `RUST_LOG`.
    pub log: Option<String>,
    /// True if the operator vouches for this machine's clock at this start.
    pub trust_clock: bool,
    /// The devnet that the node belongs to.
    pub devnet_dir: Option<PathBuf>,
    /// True to stop when stdin ends; whoever runs the node sees to it.
    pub stop_with_stdin: bool,
    /// Milliseconds by which the wall clock pretends to be ahead; for experiments.
    pub clock_offset_ms: i64,
}

/// Reason why settings make no node.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {reason}", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Reason why the file cannot be read.
        reason: String,
    },
    /// The file says something that is not a setting, or no value for it.
    #[error("{}, line {line}: {reason}", path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// Line of the mistake, from 1.
        line: usize,
        /// Description of what is wrong; names the field.
        reason: String,
    },
}

impl Config {
    /// Puts flags and file together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the file cannot be used.
    pub fn new(args: RunArgs) -> Result<Self, ConfigError> {
        let RunArgs { settings: flags, config, .. } = args;
        let file = config.as_deref().map(read).transpose()?.unwrap_or_default();
        let listen = or(or(flags.listen, file.listen), vec![default_listen()]);
        Ok(Self {
            genesis: flags.genesis.or(file.genesis),
            data: flags.data.or(file.data).unwrap_or_else(|| "coinage-data".into()),
            api: flags.api.or(file.api).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8600))),
            api_rate: flags.api_rate.or(file.api_rate),
            api_hosts: or(flags.api_hosts, file.api_hosts),
            api_cors: or(flags.api_cors, file.api_cors),
            listen,
            peers: or(flags.peers, file.peers),
            authority_key: flags.authority_key.or(file.authority_key),
            join_authorities: flags.join_authorities || file.join_authorities,
            heartbeat: flags.heartbeat.or(file.heartbeat).unwrap_or_default(),
            network_key: flags.network_key.or(file.network_key),
            name: flags.name.or(file.name),
            discovery: !(flags.no_discovery || file.no_discovery),
            external_addresses: or(flags.external_addresses, file.external_addresses),
            log_format: flags.log_format.or(file.log_format).unwrap_or_default(),
            log: flags.log.or(file.log),
            devnet_dir: args.devnet_dir,
            trust_clock: args.trust_clock,
            stop_with_stdin: args.stop_with_stdin,
            clock_offset_ms: args.clock_offset_ms.unwrap_or_default(),
        })
    }
}

fn or<T>(first: Vec<T>, second: Vec<T>) -> Vec<T> {
    if first.is_empty() { second } else { first }
}

fn default_listen() -> Multiaddr {
    "/ip4/0.0.0.0/tcp/9600".parse().expect("a valid address")
}

/// Reads the configuration file; paths in it are relative to it.
fn read(path: &Path) -> Result<NodeSettings, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable { path: path.to_owned(), reason };
    // Not by the length that the file is said to have: a device or a pipe says 0.
    let bytes = files::read_bounded(path, FILE_BYTES_MAX);
    let bytes = bytes.map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    parse(&text, path)
}

/// Parses the text of the configuration file.
pub(crate) fn parse(text: &str, path: &Path) -> Result<NodeSettings, ConfigError> {
    let mut file: NodeSettings = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        // What an address or number is wrong about does not say for which field.
        let field = text.lines().nth(line - 1).and_then(|text| text.split_once('='));
        let field = field.map_or("", |(field, _)| field.trim());
        let reason = match field {
            "" => format!("this is no setting like `name = value` ({})", error.message()),
            field => format!("{field}: {}", error.message()),
        };
        ConfigError::Invalid { path: path.to_owned(), line, reason }
    })?;
    let directory = path.parent().unwrap_or_else(|| Path::new(""));
    let NodeSettings { genesis, data, authority_key, network_key, .. } = &mut file;
    for path in [genesis, data, authority_key, network_key].into_iter().flatten() {
        // Without the `.` of a directory that names itself.
        *path = directory.join(&*path).components().collect();
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, args: RunArgs) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("node.toml");
        std::fs::write(&path, text).expect("writable");
        Config::new(RunArgs { config: Some(path), ..args })
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let text = "name = 'n1'\napi = '127.0.0.1:1'\nno_discovery = true\n\
                    listen = ['/ip4/127.0.0.1/tcp/0']\n";
        let settings = NodeSettings { name: Some("n2".into()), ..NodeSettings::default() };
        let args = RunArgs { settings, ..RunArgs::default() };
        let config = with_file(text, args).expect("valid");
        assert_eq!(config.name.as_deref(), Some("n2"));
        assert_eq!(config.api.port(), 1);
        assert_eq!(config.listen[0].to_string(), "/ip4/127.0.0.1/tcp/0");
        assert!(!config.discovery);
        assert_eq!(config.data, PathBuf::from("coinage-data"));
    }

    #[test]
    fn a_device_without_an_end_is_no_configuration() {
        let args = RunArgs { config: Some("/dev/zero".into()), ..RunArgs::default() };
        let refused = Config::new(args).expect_err("it never ends");
        assert!(matches!(refused, ConfigError::Unreadable { .. }), "{refused}");
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_field() {
        for (text, line, field) in [
            ("name = 'n1'\nportt = 7\n", 2, "portt"),
            ("\n\napi = 'somewhere'\n", 3, "api"),
            ("listen = ['nowhere']\n", 1, "listen"),
            ("api_hosts = ['http://node.example']\n", 1, "api_hosts"),
            ("name = 'n1'\napi_cors = ['*']\n", 2, "api_cors"),
            ("heartbeat = '2h'\n", 1, "heartbeat"),
        ] {
            let error = with_file(text, RunArgs::default()).expect_err("a mistake").to_string();
            assert!(error.contains(&format!("line {line}: {field}")), "{error}");
        }
    }
}
