//! The way from subcommands to the supervisor: a Unix socket in the devnet's directory, one JSON
//! request and one JSON answer a line.

use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::directory::{read_small, remove};
use super::error::DevnetError;
use super::status::DevnetStatus;
use super::supervisor::Devnet;

/// Bytes of a request: a partition of the most nodes is some hundreds.
const REQUEST_BYTES_MAX: u64 = 16 * 1024;
/// Bytes of an answer: a status of the most nodes is some 20,000.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Connections served at once.
const CONNECTIONS_MAX: usize = 32;
/// Time within which a request must arrive, and an answer must be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time within which the supervisor must answer: a node may take 20 s to start.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a socket's path that every system allows.
const SOCKET_PATH_BYTES_MAX: usize = 100;

/// A subcommand's request to the supervisor.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    Status,
    Stop,
    Kill { node: u16 },
    Start { node: u16, clock_offset_ms: Option<i64> },
    Wipe { node: u16 },
    Partition { groups: Vec<Vec<u16>> },
    Heal,
}

/// The supervisor's answer: how the devnet stands after the request, or why it was not done.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Status(Box<DevnetStatus>),
    Error { code: String, message: String, hint: Option<String> },
}

/// The supervisor's end of the socket. Dropping it deletes the socket.
#[derive(Debug)]
pub(super) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens on the socket, and replaces one left by a supervisor that was killed. The caller
    /// holds the directory.
    pub(super) fn bind(root: &Path) -> Result<Self, DevnetError> {
        let mut path = root.join("control.sock");
        let note = root.join("control.path");
        if let Some(old) = noted(root)? {
            remove(&old)?;
            remove(&note)?;
        }
        if path.as_os_str().as_bytes().len() > SOCKET_PATH_BYTES_MAX {
            let name = format!("coinage-devnet-{}.sock", std::process::id());
            path = std::env::temp_dir().join(name);
            let written = fs::write(&note, path.as_os_str().as_bytes());
            written.map_err(DevnetError::io("write", &note))?;
        }
        remove(&path)?;
        let listener = UnixListener::bind(&path).map_err(DevnetError::io("listen on", &path))?;
        let private = fs::set_permissions(&path, Permissions::from_mode(0o600));
        private.map_err(DevnetError::io("protect", &path))?;
        Ok(Self { listener, path })
    }

    /// Answers requests until it is dropped; `stop` is set when somebody asks to stop.
    pub(super) async fn serve(&self, devnet: &Devnet, stop: &watch::Sender<bool>) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = tokio::task::JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let (devnet, stop) = (devnet.clone(), stop.clone());
            connections.spawn(async move {
                // A client that goes away gets no answer.
                let _gone = converse(stream, &devnet, &stop).await;
                drop(permit);
            });
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // What is left is replaced by the next supervisor.
        let _left = fs::remove_file(&self.path);
    }
}

/// Asks the supervisor of the devnet in `root`.
///
/// # Errors
///
/// [`DevnetError::NotRunning`] if there is none, [`DevnetError::Refused`] with what it says.
pub(super) fn ask(root: &Path, request: &Request) -> Result<DevnetStatus, DevnetError> {
    let path = noted(root)?.unwrap_or_else(|| root.join("control.sock"));
    let not_running = |_| DevnetError::NotRunning { dir: root.to_owned() };
    let stream = UnixStream::connect(&path).map_err(not_running)?;
    match exchange(stream, request) {
        Ok(Answer::Status(status)) => Ok(*status),
        Ok(Answer::Error { code, message, hint }) => {
            Err(DevnetError::Refused { code, message, hint })
        }
        Err(error) => Err(DevnetError::Control { reason: error.to_string() }),
    }
}

fn exchange(mut stream: UnixStream, request: &Request) -> io::Result<Answer> {
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream.take(ANSWER_BYTES_MAX)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// The path of a socket that is not in the directory itself.
fn noted(root: &Path) -> Result<Option<PathBuf>, DevnetError> {
    let Some(bytes) = read_small(&root.join("control.path"))? else { return Ok(None) };
    let path = String::from_utf8(bytes).map(PathBuf::from).ok();
    // Only a path that a supervisor would choose: it is going to be deleted.
    Ok(path.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        path.is_absolute() && name.starts_with("coinage-devnet-") && name.ends_with(".sock")
    }))
}

async fn converse(
    stream: tokio::net::UnixStream,
    devnet: &Devnet,
    stop: &watch::Sender<bool>,
) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = tokio::io::BufReader::new(read);
    let mut stopping = false;
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut read).take(REQUEST_BYTES_MAX);
        let got = timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await??;
        if got == 0 {
            return Ok(());
        }
        let whole = line.last() == Some(&b'\n');
        let answer = match serde_json::from_slice::<Request>(&line) {
            Ok(request) if whole => {
                stopping = request == Request::Stop;
                perform(request, devnet).await
            }
            Ok(_) => Err(DevnetError::Control { reason: "the request has no end".to_owned() }),
            Err(error) => Err(DevnetError::Control { reason: format!("not a request: {error}") }),
        };
        let answer = match answer {
            Ok(status) => Answer::Status(Box::new(status)),
            Err(error) => {
                let error = error.of(devnet.directory().root());
                let (code, message) = (error.code().to_owned(), error.to_string());
                Answer::Error { code, message, hint: error.hint() }
            }
        };
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        let written = timeout(PATIENCE, write.write_all(&text)).await;
        if stopping {
            stop.send_replace(true);
        }
        written??;
        if !whole {
            return Ok(());
        }
    }
}

async fn perform(request: Request, devnet: &Devnet) -> Result<DevnetStatus, DevnetError> {
    match request {
        Request::Status => {}
        Request::Stop => devnet.stop().await,
        Request::Kill { node } => devnet.kill(node).await?,
        Request::Start { node, clock_offset_ms } => {
            devnet.start_node(node, clock_offset_ms).await?
        }
        Request::Wipe { node } => devnet.wipe(node).await?,
        Request::Partition { groups } => devnet.partition(&groups)?,
        Request::Heal => devnet.heal(),
    }
    Ok(devnet.status().await)
}
