//! `coinage devnet logs`: from the nodes' log files, whether the devnet runs or not.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use coinage_files as files;
use serde_json::json;

use super::error::DevnetError;
use super::log::{Line, tail};
use super::places::log_of;
use super::report::{Outlet, Report};

/// Lines of each log that are shown unless told.
pub(super) const LOG_LINES: u32 = 200;
/// Bytes of new lines that are read at once.
const READ_BYTES_MAX: u64 = 256 * 1024;
const POLL: Duration = Duration::from_millis(200);

/// Shows the last lines of the logs of these nodes.
pub(super) fn show(root: &Path, nodes: &[u16], count: u32) -> Result<Report, DevnetError> {
    let lines = last(root, nodes, count)?;
    let entry = |line: &Line| json!({ "node": line.node, "line": line.text });
    let data = json!({ "lines": lines.iter().map(entry).collect::<Vec<_>>() });
    let text: Vec<_> = lines.iter().map(Line::shown).collect();
    // As many as were asked for: there may be earlier ones.
    let cut = nodes.iter().find(|node| {
        let shown = lines.iter().filter(|line| line.node == Some(**node));
        u32::try_from(shown.count()) == Ok(count)
    });
    let note = cut.map(|node| {
        let log = log_of(root, *node);
        format!("the last {count} lines of a node: --lines N shows more, {} has all", log.display())
    });
    Ok(Report { data, text: text.join("\n"), note })
}

/// Shows the last lines of the logs of these nodes and goes on with new ones, until the process
/// ends or nobody reads them.
pub(super) fn follow(
    root: &Path,
    nodes: &[u16],
    count: u32,
    json: bool,
    out: &mut dyn Outlet,
) -> Result<Report, DevnetError> {
    let logs = nodes.iter().map(|node| Followed::from_end(*node, log_of(root, *node)));
    let mut logs: Vec<_> = logs.collect();
    let mut show = |lines: &[Line]| {
        let said = |line: &Line| if json { line.json() } else { line.shown() };
        lines.iter().try_for_each(|line| out.line(&said(line)))?;
        // Also while there are no lines for whoever has gone.
        if out.is_closed() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    };
    show(&last(root, nodes, count)?).map_err(DevnetError::Output)?;
    loop {
        for log in &mut logs {
            let new = log.next().map_err(DevnetError::io("read", &log.path))?;
            show(&new).map_err(DevnetError::Output)?;
        }
        std::thread::sleep(POLL);
    }
}

/// The last lines of each of these nodes.
fn last(root: &Path, nodes: &[u16], count: u32) -> Result<Vec<Line>, DevnetError> {
    let mut lines = Vec::new();
    for node in nodes {
        let path = log_of(root, *node);
        let found = tail(&path, count).map_err(DevnetError::io("read", &path))?;
        lines.extend(found.into_iter().map(|text| Line { node: Some(*node), text }));
    }
    Ok(lines)
}

/// A log and how far it was read.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) node: u16,
    path: PathBuf,
    position: u64,
}

impl Followed {
    pub(super) fn from_end(node: u16, path: PathBuf) -> Self {
        let position = path.metadata().map_or(0, |metadata| metadata.len());
        Self { node, path, position }
    }

    /// The whole lines that are new.
    pub(super) fn next(&mut self) -> io::Result<Vec<Line>> {
        let mut file = match files::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        if file.metadata()?.len() < self.position {
            // A full log was put aside for a new one.
            self.position = 0;
        }
        file.seek(SeekFrom::Start(self.position))?;
        let mut bytes = Vec::new();
        file.take(READ_BYTES_MAX).read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes.truncate(whole);
        self.position = self.position.saturating_add(u64::try_from(whole).unwrap_or(u64::MAX));
        let node = Some(self.node);
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().map(|text| Line { node, text: text.to_owned() }).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn following_a_log_gives_each_new_whole_line_once_also_after_it_began_anew() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let texts = |log: &mut Followed| {
            let lines = log.next().expect("read");
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        fs::write(&path, "old\n").expect("written");
        let mut log = Followed::from_end(1, path.clone());
        assert!(texts(&mut log).is_empty());
        fs::write(&path, "old\nnew\nhal").expect("written");
        assert_eq!(texts(&mut log), ["new"]);
        fs::write(&path, "old\nnew\nhalf\n").expect("written");
        assert_eq!(texts(&mut log), ["half"]);
        fs::write(&path, "anew\n").expect("written");
        assert_eq!(texts(&mut log), ["anew"]);
    }
}
