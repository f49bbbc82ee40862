//! Output of nodes: kept in a bounded log file each, and shown to whoever looks on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use coinage_files as files;
use coinage_model::terminal;
use serde_json::json;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::sync::broadcast;

/// Bytes of a node's log before it becomes `log.1` and a new one begins.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a line; what is longer is continued on the next.
const LINE_BYTES_MAX: usize = 16 * 1024;
/// Lines that a slow onlooker may lag behind before it misses some.
const LINES_WAITING_MAX: usize = 4096;
/// Bytes at the end of a log in which a line is looked for, for each that is asked for: many times
/// what one usually takes.
const TAIL_BYTES_PER_LINE: u64 = 1024;
/// Bytes at the end of a log in which the last lines are looked for at least.
const TAIL_BYTES_MIN: u64 = 256 * 1024;

/// A line for people who look on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// The node that said it, from 1; `None` for the devnet itself.
    pub node: Option<u16>,
    /// Text that was said, without the end of the line.
    pub text: String,
}

impl Line {
    /// Name of who said it: `n1`, or `devnet`.
    pub fn name(&self) -> String {
        self.node.map_or_else(|| "devnet".to_owned(), |node| format!("n{node}"))
    }

    /// The text without the node's name, which is for those who read its log alone.
    fn nameless(&self) -> String {
        self.text.replacen(&format!("[{}] ", self.name()), "", 1)
    }

    /// The text as it is read the moment it is said: the time of day alone, in UTC.
    pub fn brief(&self) -> String {
        let text = self.nameless();
        match text.split_once(' ') {
            Some((time, said)) if humantime::parse_rfc3339(time).is_ok() => {
                format!("{} {said}", time.get(11..23).unwrap_or(time))
            }
            _ => text,
        }
    }

    /// The line as it is shown later: `n1 | text`.
    pub(super) fn shown(&self) -> String {
        format!("{} | {}", self.name(), self.nameless())
    }

    /// The line as a JSON object.
    pub(super) fn json(&self) -> String {
        json!({ "event": "line", "node": self.name(), "line": self.text }).to_string()
    }
}

/// The place where lines go to be shown. Cheap to clone; never waits for who reads.
#[derive(Clone, Debug)]
pub(super) struct Console(broadcast::Sender<Line>);

impl Console {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(LINES_WAITING_MAX))
    }

    pub(super) fn say(&self, node: Option<u16>, text: impl Into<String>) {
        // Nobody looking on is fine.
        let _onlookers = self.0.send(Line { node, text: text.into() });
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Line> {
        self.0.subscribe()
    }
}

/// A file of lines that takes at most twice [`LOG_BYTES_MAX`] with its predecessor.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl LogFile {
    /// Opens a log to go on with, or begins it.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file = files::open_with(&path, OpenOptions::new().create(true).append(true))?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes })
    }

    /// Adds a line, and begins a new file when this one is full.
    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        let added = u64::try_from(line.len()).unwrap_or(u64::MAX).saturating_add(1);
        if self.bytes.saturating_add(added) > LOG_BYTES_MAX {
            fs::rename(&self.path, self.path.with_extension("1"))?;
            *self = Self::open(self.path.clone())?;
        }
        self.bytes = self.bytes.saturating_add(added);
        self.file.write_all(format!("{line}\n").as_bytes())
    }
}

/// Copies lines to the log and the console until the stream ends; gives back the last one.
pub(super) async fn follow(
    mut from: impl AsyncBufRead + Unpin,
    node: u16,
    mut log: LogFile,
    console: Console,
) -> String {
    let mut last = String::new();
    while let Ok(Some(line)) = next_line(&mut from).await {
        // A full disk must not keep the line from who looks on.
        if let Err(error) = log.write(&line) {
            console.say(None, format!("cannot write the log of n{node}: {error}"));
        }
        console.say(Some(node), line.clone());
        if !line.trim().is_empty() {
            last = line;
        }
    }
    last
}

/// The last lines of a log; fewer than asked for if it has no more, or they are very long.
///
/// # Errors
///
/// Why the file cannot be read; a log that was never begun is empty.
pub(super) fn tail(path: &Path, lines: u32) -> io::Result<Vec<String>> {
    let mut file = match files::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let wanted = u64::from(lines).saturating_mul(TAIL_BYTES_PER_LINE);
    let bytes_max = wanted.max(TAIL_BYTES_MIN);
    let start = file.metadata()?.len().saturating_sub(bytes_max);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // In the middle of a file, the first line is only the rest of one.
    let found: Vec<_> = text.lines().skip(usize::from(start > 0)).collect();
    let from = found.len().saturating_sub(usize::try_from(lines).unwrap_or(usize::MAX));
    Ok(found.into_iter().skip(from).map(str::to_owned).collect())
}

/// The next line, without control characters that a terminal would obey.
async fn next_line(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            return Ok((!line.is_empty()).then(|| printable(&line)));
        }
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        let end = available.iter().take(room).position(|byte| *byte == b'\n');
        let taken = end.unwrap_or_else(|| available.len().min(room));
        line.extend(available.iter().take(taken));
        from.consume(taken.saturating_add(usize::from(end.is_some())));
        if end.is_some() || line.len() >= LINE_BYTES_MAX {
            return Ok(Some(printable(&line)));
        }
    }
}

/// A line of any bytes, as a terminal may show it.
pub(super) fn printable(line: &[u8]) -> String {
    terminal::masked(String::from_utf8_lossy(line).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_without_an_end_is_cut_into_bounded_pieces() {
        let endless = vec![b'x'; LINE_BYTES_MAX * 2 + 5];
        let mut from = endless.as_slice();
        let mut lengths = Vec::new();
        while let Some(line) = next_line(&mut from).await.expect("memory") {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [LINE_BYTES_MAX, LINE_BYTES_MAX, 5]);
    }

    #[tokio::test]
    async fn terminal_controls_in_a_line_are_not_passed_on() {
        let mut from = "a\x1b[2J\u{202e}b\r\n\n".as_bytes();
        let line = next_line(&mut from).await.expect("memory").expect("a line");
        assert_eq!(line, "a\u{fffd}[2J\u{fffd}b");
        assert_eq!(next_line(&mut from).await.expect("memory").as_deref(), Some(""));
        assert_eq!(next_line(&mut from).await.expect("memory"), None);
    }

    #[test]
    fn a_full_log_becomes_the_predecessor_of_a_new_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let mut log = LogFile::open(path.clone()).expect("a log");
        let line = "x".repeat(1024 * 1024 - 1);
        for _ in 0..17 {
            log.write(&line).expect("written");
        }
        assert_eq!(fs::metadata(&path).expect("a log").len(), 1024 * 1024);
        let before = fs::metadata(dir.path().join("log.1")).expect("the predecessor");
        assert_eq!(before.len(), LOG_BYTES_MAX);
    }

    #[test]
    fn a_line_keeps_its_date_in_a_log_and_loses_it_on_a_screen() {
        let line = |text: &str| Line { node: Some(2), text: text.to_owned() };
        let said = line("2026-12-31T23:59:59.999Z INFO  [n2] node.started height=7");
        assert_eq!(said.brief(), "23:59:59.999 INFO  node.started height=7");
        assert_eq!(said.shown(), "n2 | 2026-12-31T23:59:59.999Z INFO  node.started height=7");
        for other in ["", "killed", "thread main panicked", "2026-12-31T23:59:59.999Z"] {
            assert_eq!(line(other).brief(), other);
        }
    }

    #[test]
    fn the_tail_of_a_log_is_its_last_whole_lines() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        assert!(tail(&path, 2).expect("no log is empty").is_empty());
        fs::write(&path, "1\n2\n3\n").expect("written");
        assert_eq!(tail(&path, 2).expect("read"), ["2", "3"]);
        assert_eq!(tail(&path, 9).expect("read"), ["1", "2", "3"]);
        let long = format!("{}\n", "x".repeat(200)).repeat(10_000);
        fs::write(&path, &long).expect("written");
        assert_eq!(tail(&path, 10_000).expect("read").len(), 10_000);
        assert_eq!(tail(&path, u32::MAX).expect("read").len(), 10_000);
    }
}
