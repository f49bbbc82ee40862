//! Throw-away identities that come from one address to nodes, and come again when turned away.
//!
//! `strangers GENESIS FROM COUNT MULTIADDR...`: so many to each node at a time, until stdin ends.
//! Then the number that came is printed.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program's output")]

use std::io::Read as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;

use coinage_keys::genesis_file;
use coinage_protocol::ChainSpec;
use coinage_tests::crowd::Crowd;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match come(&words) {
        Ok(came) => {
            println!("{came}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}\nusage: strangers GENESIS FROM COUNT MULTIADDR...");
            ExitCode::FAILURE
        }
    }
}

fn come(words: &[String]) -> Result<usize, Box<dyn std::error::Error>> {
    let [file, from, count, nodes @ ..] = words else { return Err("too few words".into()) };
    let spec = ChainSpec::new(genesis_file::read(Path::new(file))?)?;
    let (from, count): (Ipv4Addr, usize) = (from.parse()?, count.parse()?);
    let gather = |node: &String| Crowd::gather(&spec, node, from, count, 0);
    let crowds: Vec<_> = nodes.iter().map(gather).collect();
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(crowds.iter().map(|crowd| crowd.came().0).sum())
}
