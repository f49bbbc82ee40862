//! The directory of a devnet: taken by one process, created, resumed and reset.
//!
//! `config.json` is written first and `genesis.json` last: a directory with the first alone is one
//! whose creation was interrupted, and no chain can have begun in it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use coinage_files as files;

use super::error::DevnetError;
use super::material;
use super::places::NODES_MAX;
use super::places::{data_of, genesis_in, key_of, log_of};
use super::settings::{Config, Settings};

/// Bytes of a small file of the devnet that are read.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Files and sockets that a devnet writes into its directory, besides a directory for each node.
const FILES: [&str; 5] =
    ["config.json", "genesis.json", "devnet.log", "control.sock", "control.path"];
/// File that is held while the directory is in use; its owner's process id is inside.
const LOCK: &str = "lock";

/// The directory of a devnet, held by this process alone until it is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
    settings: Settings,
    /// True if the devnet was there before.
    resumed: bool,
    lock: File,
}

impl Directory {
    /// Takes the directory, and creates or resumes the devnet in it.
    ///
    /// # Errors
    ///
    /// [`DevnetError`] if it is in use, is not a devnet's, was created otherwise, or cannot be
    /// written.
    pub(super) fn open(config: &Config) -> Result<Self, DevnetError> {
        // Before anything is written into a directory that is somebody else's.
        inspect(&config.dir)?;
        fs::create_dir_all(&config.dir).map_err(DevnetError::io("create", &config.dir))?;
        let root = fs::canonicalize(&config.dir).map_err(DevnetError::io("open", &config.dir))?;
        let lock = take_lock(&root)?;
        let stored = inspect(&root)?;
        // One whose creation was interrupted binds nobody to its settings.
        let begun = genesis_in(&root).exists() || data_of(&root, 1).exists();
        let resumed = stored.is_some() && begun && !config.reset;
        let settings = match stored.clone().filter(|_| resumed) {
            Some(stored) => stored.resumed(config)?,
            None => Settings::of_new(config)?,
        };
        // Before anything is deleted or written: what is refused leaves no trace.
        settings.check_ports()?;
        if config.reset && stored.is_some() {
            delete(&root)?;
        }
        if !resumed {
            let text = serde_json::to_string_pretty(&settings).unwrap_or_default();
            write_new(&root.join("config.json"), text.as_bytes())?;
        }
        let directory = Self { root, settings, resumed, lock };
        directory.complete()?;
        Ok(directory)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Fails if the directory was deleted or moved since it was taken.
    pub(super) fn still_there(&self) -> Result<(), DevnetError> {
        let there = fs::metadata(self.root.join(LOCK));
        let same = match (&there, self.lock.metadata()) {
            (Ok(there), Ok(own)) => (there.dev(), there.ino()) == (own.dev(), own.ino()),
            (Err(error), _) => error.kind() != io::ErrorKind::NotFound,
            (_, Err(_)) => true,
        };
        if same { Ok(()) } else { Err(DevnetError::DirectoryGone { dir: self.root.clone() }) }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn resumed(&self) -> bool {
        self.resumed
    }

    pub(super) fn genesis(&self) -> PathBuf {
        genesis_in(&self.root)
    }

    pub(super) fn key(&self, node: u16) -> PathBuf {
        key_of(&self.root, node)
    }

    /// The chain of a node; may be deleted while the node does not run.
    pub(super) fn data(&self, node: u16) -> PathBuf {
        data_of(&self.root, node)
    }

    pub(super) fn log(&self, node: u16) -> PathBuf {
        log_of(&self.root, node)
    }

    /// Makes keys, wallets and genesis, unless they are there.
    fn complete(&self) -> Result<(), DevnetError> {
        let nodes = 1..=self.settings.nodes;
        if !self.genesis().exists() {
            if nodes.clone().any(|node| self.data(node).exists()) {
                let reason = "it is missing, and there are nodes' chains that began with it";
                let (path, reason) = (self.genesis(), reason.to_owned());
                return Err(DevnetError::Damaged { path, reason });
            }
            for made in ["keys", "wallets"] {
                remove(&self.root.join(made))?;
            }
            material::create(&self.root, &self.settings)?;
        }
        for node in nodes {
            let data = self.data(node);
            fs::create_dir_all(&data).map_err(DevnetError::io("create", &data))?;
        }
        Ok(())
    }
}

/// The settings of the devnet in a directory, or `None` if nothing is there.
///
/// # Errors
///
/// [`DevnetError::Foreign`] if something else is there.
pub(super) fn inspect(root: &Path) -> Result<Option<Settings>, DevnetError> {
    let path = root.join("config.json");
    let Some(bytes) = read_small(&path)? else {
        return if is_empty(root)? {
            Ok(None)
        } else {
            Err(DevnetError::Foreign { dir: root.to_owned() })
        };
    };
    let foreign = |_| DevnetError::Foreign { dir: root.to_owned() };
    let settings: Settings = serde_json::from_slice(&bytes).map_err(foreign)?;
    settings.checked().map(Some).map_err(|error| {
        let reason = error.to_string();
        DevnetError::Damaged { path, reason }
    })
}

/// True if a process holds the directory.
pub(super) fn is_held(root: &Path) -> bool {
    let file = files::open(&root.join(LOCK));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Returns the id of the process that holds the directory, if the lock file says it.
fn holder(root: &Path) -> Option<u32> {
    let bytes = read_small(&root.join(LOCK)).ok()??;
    String::from_utf8(bytes).ok()?.trim().parse().ok()
}

/// Reads a file that is small if it is ours; `None` if there is none.
pub(super) fn read_small(path: &Path) -> Result<Option<Vec<u8>>, DevnetError> {
    let file = match files::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DevnetError::io("open", path)(error)),
    };
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(DevnetError::io("read", path))?;
    Ok(Some(bytes))
}

/// Deletes a file or directory; it need not be there.
pub(super) fn remove(path: &Path) -> Result<(), DevnetError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DevnetError::io("delete", path)(error))
        }
        _ => Ok(()),
    }
}

fn is_empty(root: &Path) -> Result<bool, DevnetError> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(DevnetError::io("list", root)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(DevnetError::io("list", root))?;
        // What a start leaves that failed before it wrote the settings.
        if ![LOCK, "devnet.log"].iter().any(|ours| entry.file_name() == *ours) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn take_lock(root: &Path) -> Result<File, DevnetError> {
    let path = root.join(LOCK);
    let mut options = File::options();
    let options = options.create(true).truncate(false).read(true).write(true);
    let opened = files::open_with(&path, options);
    let mut file = opened.map_err(DevnetError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DevnetError::AlreadyRunning { dir: root.to_owned(), pid: holder(root) });
        }
        Err(TryLockError::Error(error)) => return Err(DevnetError::io("lock", &path)(error)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", std::process::id()));
    written.map_err(DevnetError::io("write", &path))?;
    Ok(file)
}

/// Deletes what a devnet writes, and nothing else; the settings last, so that an interrupted reset
/// can be repeated.
fn delete(root: &Path) -> Result<(), DevnetError> {
    for node in 1..=NODES_MAX {
        let own = root.join(format!("n{node}"));
        for name in ["data", "log", "log.1"] {
            remove(&own.join(name))?;
        }
        // Stays if somebody else put something into it.
        let _left = fs::remove_dir(own);
    }
    for name in ["keys", "wallets"].iter().chain(FILES.iter().rev()) {
        // The log of a devnet in the background is being written by this very process.
        if *name != "devnet.log" {
            remove(&root.join(name))?;
        }
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DevnetError> {
    let beside = path.with_extension("new");
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(DevnetError::io("write", path))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn config(dir: &Path) -> Config {
        let base_port = Some(0);
        Config { base_port, nodes: Some(2), ..Config::new(dir.to_owned(), PathBuf::new()) }
    }

    #[test]
    fn a_devnet_is_resumed_with_the_same_genesis_and_keys() {
        let temp = tempfile::tempdir().expect("a directory");
        let dir = temp.path().join("deep/devnet");
        let created = Directory::open(&config(&dir)).expect("created");
        assert!(!created.resumed());
        let genesis = fs::read(created.genesis()).expect("a genesis");
        let key = fs::read(created.key(2)).expect("a key");
        drop(created);
        let resumed = Directory::open(&Config::new(dir, PathBuf::new())).expect("resumed");
        assert!(resumed.resumed());
        assert_eq!(resumed.settings().nodes, 2);
        assert_eq!(fs::read(resumed.genesis()).expect("a genesis"), genesis);
        assert_eq!(fs::read(resumed.key(2)).expect("a key"), key);
    }

    #[test]
    fn other_settings_than_at_creation_are_refused_and_nothing_is_changed() {
        let temp = tempfile::tempdir().expect("a directory");
        drop(Directory::open(&config(temp.path())).expect("created"));
        let other = Config { nodes: Some(3), ..config(temp.path()) };
        let error = Directory::open(&other).expect_err("another number of nodes");
        assert_eq!(error.code(), "devnet.mismatch");
        assert!(error.hint().expect("a hint").contains("--reset"));
        let other = Config { slot: Some(Duration::from_secs(1)), ..config(temp.path()) };
        let error = Directory::open(&other).expect_err("another slot");
        assert!(error.to_string().contains("--slot 500ms, not 1000ms"), "{error}");
        let same = Config { slot: Some(Duration::from_millis(500)), ..config(temp.path()) };
        Directory::open(&same).expect("the same settings");
    }

    #[test]
    fn a_reset_begins_anew_and_leaves_what_no_devnet_wrote() {
        let temp = tempfile::tempdir().expect("a directory");
        let created = Directory::open(&config(temp.path())).expect("created");
        let genesis = fs::read(created.genesis()).expect("a genesis");
        fs::write(created.data(1).join("blocks"), "chain").expect("written");
        drop(created);
        fs::write(temp.path().join("mine.txt"), "mine").expect("written");
        let reset = Config { reset: true, nodes: Some(3), ..config(temp.path()) };
        let anew = Directory::open(&reset).expect("created anew");
        assert!(!anew.resumed());
        assert_ne!(fs::read(anew.genesis()).expect("a genesis"), genesis);
        assert!(!anew.data(1).join("blocks").exists());
        assert!(temp.path().join("mine.txt").exists());
    }

    #[test]
    fn a_foreign_directory_is_refused_with_and_without_reset() {
        let temp = tempfile::tempdir().expect("a directory");
        for name in ["thesis.tex", "config.json"] {
            fs::write(temp.path().join(name), "{\"nodes\":4}").expect("written");
            for reset in [false, true] {
                let error = Directory::open(&Config { reset, ..config(temp.path()) });
                assert_eq!(error.expect_err("foreign").code(), "devnet.foreign_directory");
            }
            assert_eq!(fs::read_dir(temp.path()).expect("a directory").count(), 1);
            fs::remove_file(temp.path().join(name)).expect("deleted");
        }
    }

    #[test]
    fn a_second_devnet_is_refused_and_told_who_holds_the_directory() {
        let temp = tempfile::tempdir().expect("a directory");
        let _held = Directory::open(&config(temp.path())).expect("created");
        for reset in [false, true] {
            let error = Directory::open(&Config { reset, ..config(temp.path()) });
            let error = error.expect_err("held").to_string();
            assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        }
    }

    #[test]
    fn an_interrupted_creation_is_completed_but_a_lost_genesis_is_not_replaced() {
        let temp = tempfile::tempdir().expect("a directory");
        let created = Directory::open(&config(temp.path())).expect("created");
        let (genesis, data) = (created.genesis(), [created.data(1), created.data(2)]);
        drop(created);
        fs::remove_file(&genesis).expect("deleted");
        let error = Directory::open(&config(temp.path())).expect_err("a lost genesis");
        assert_eq!(error.code(), "devnet.damaged");
        data.iter().for_each(|data| fs::remove_dir_all(data).expect("deleted"));
        Directory::open(&config(temp.path())).expect("completed");
        assert!(genesis.exists());
    }
}
