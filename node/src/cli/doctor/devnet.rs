//! Advice for nodes of a devnet: whoever runs one starts its nodes and heals its links by its own
//! commands, and changes no settings of a node.

use std::path::Path;

use coinage_devnet::{Home, flag_for};
use rustix::fs::{Access, access};

use super::facts::Facts;
use super::finding::{
    AUTHORITY_SILENT, FINALITY_HELD_UP, Finding, PEER_HUNG_UP, PEER_UNREACHABLE, PEERS_NONE,
    SYNC_ALONE, SYNC_BEHIND, SYNC_SEARCHING, SYNC_STALLED,
};

/// Findings that come of nodes that do not run or links that are cut.
const OF_OTHERS: [&str; 9] = [
    AUTHORITY_SILENT.code,
    FINALITY_HELD_UP.code,
    PEER_HUNG_UP.code,
    PEER_UNREACHABLE.code,
    PEERS_NONE.code,
    SYNC_ALONE.code,
    SYNC_BEHIND.code,
    SYNC_SEARCHING.code,
    SYNC_STALLED.code,
];

/// Puts the devnet's commands in the place of advice for nodes that somebody started alone.
pub(super) fn advise(facts: &Facts, findings: &mut [Finding]) {
    let Some(directory) = &facts.status.devnet else { return };
    let mend = advice(directory, facts.local && is_own(directory));
    for finding in findings.iter_mut().filter(|one| OF_OTHERS.contains(&one.code)) {
        finding.mend.clone_from(&mend);
    }
}

fn advice(directory: &Path, own: bool) -> String {
    if !own {
        return format!(
            "the node is of the devnet in {} of another user or machine: whoever runs it sees with \
             `coinage devnet status` which nodes do not run and which links are cut",
            directory.display()
        );
    }
    let flag = flag_for(directory);
    format!(
        "`coinage devnet{flag} status` shows which nodes do not run and which links are cut; \
         `coinage devnet{flag} start N` starts a node, `coinage devnet{flag} heal` joins the links"
    )
}

/// True if this user can tell the devnet in a directory what to do.
fn is_own(directory: &Path) -> bool {
    access(directory, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Returns the advice for a URL where nobody answers, if a node of this user's devnet should.
pub(super) fn stopped(url: &str, home: Option<std::path::PathBuf>) -> Option<String> {
    let directory =
        home.or_else(|| coinage_devnet::home().map(|home| coinage_devnet::dir_in(&home)));
    let directory = directory?;
    let flag = flag_for(&directory);
    match Home::find(Some(directory)) {
        Ok(devnet) => {
            let at = |node: &u16| devnet.api(*node).is_some_and(|api| api == url);
            let node = (1..=devnet.nodes()).find(at)?;
            Some(format!(
                "n{node} of the devnet should be there: `coinage devnet{flag} start {node}` starts \
                 it, `coinage devnet{flag} logs {node}` shows why it ended"
            ))
        }
        Err(_) => None,
    }
}

/// Says what starts the node of a directory, if it is a devnet's.
pub(super) fn started_by(data: &Path) -> Option<String> {
    let data = data.canonicalize().ok().filter(|data| data.ends_with("data"))?;
    let node = data.parent()?;
    let number: u16 = node.file_name()?.to_str()?.strip_prefix('n')?.parse().ok()?;
    let root = node.parent().filter(|root| root.join("config.json").is_file())?;
    let flag = flag_for(root);
    Some(match Home::find(Some(root.to_owned())) {
        Ok(_) => format!("`coinage devnet{flag} start {number}` starts it"),
        Err(_) => format!("`coinage devnet{flag}` starts it with the others of its devnet"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devnets_node_is_started_with_its_devnet() {
        let root = tempfile::tempdir().expect("a directory");
        let data = root.path().join("n3/data");
        std::fs::create_dir_all(&data).expect("made");
        assert_eq!(started_by(&data), None, "no devnet is here");
        std::fs::write(root.path().join("config.json"), "{}").expect("written");
        let said = started_by(&data).expect("it is a devnet's");
        assert!(said.starts_with("`coinage devnet --dir "), "{said}");
        assert_eq!(started_by(root.path()), None);
    }

    #[test]
    fn advice_reaches_the_devnet_it_speaks_of_and_nobody_elses() {
        let own = advice(Path::new("/srv/net 1"), true);
        assert!(own.contains("`coinage devnet --dir '/srv/net 1' start N`"), "{own}");
        let other = advice(Path::new("/home/eve/net"), false);
        assert!(other.contains("of another user") && !other.contains("--dir"), "{other}");
        assert!(!is_own(Path::new("/proc/1/net/nowhere")));
    }
}
