//! Files that are there whole or not at all, whatever happens meanwhile.
//!
//! What is opened for reading is an ordinary file: in the place of one of the program's files, a
//! pipe would keep it waiting for ever, and a device might never end.

use std::ffi::OsString;
use std::fs::{self, File, FileType, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

/// Writes a file durably with these permissions, in place of whatever was there before.
///
/// # Errors
///
/// What the operating system says; the file is then as it was before.
pub fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let written = written_beside(path, bytes, mode)
        .and_then(|file| Ok(file.persist(path)?))
        .and_then(|_| sync_parent(path));
    written.map_err(plain)
}

/// Writes a new file durably with these permissions.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] if there is a file of this name, which is left as it is; or
/// whatever else the operating system says.
pub fn create_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let written = written_beside(path, bytes, mode)
        .and_then(|file| Ok(file.persist_noclobber(path)?))
        .and_then(|_| sync_parent(path));
    written.map_err(plain)
}

/// Opens an ordinary file to read it, without waiting, whatever is there instead.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] if it is a directory, a device, a pipe or a socket; or what the
/// operating system says.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true))
}

/// Opens an ordinary file in this way.
///
/// # Errors
///
/// As for [`open`].
pub fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Without it, whoever opens a pipe waits for the other end. An ordinary file knows no waiting.
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = options.custom_flags(nonblocking).open(path).map_err(plain)?;
    // Of what was opened, not of the name: that may mean something else by now.
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("it is {}, not an ordinary file", what_else(kind)),
    ))
}

fn what_else(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// Reads all bytes of a small ordinary file.
///
/// # Errors
///
/// [`io::ErrorKind::FileTooLarge`] beyond `limit` bytes; or as for [`open`].
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    bounded(open(path)?, limit)
}

/// Opens what somebody gives by naming a file, which may be a pipe: `<(command)`, `/dev/stdin`.
///
/// # Errors
///
/// What the operating system says.
pub fn open_given(path: &Path) -> io::Result<File> {
    File::open(path).map_err(plain)
}

/// Reads all bytes that somebody gives by naming a file.
///
/// # Errors
///
/// [`io::ErrorKind::FileTooLarge`] beyond `limit` bytes; or what the operating system says.
pub fn read_given(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    bounded(open_given(path)?, limit)
}

fn bounded(from: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = from.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(plain)?;
    if u64::try_from(read).is_ok_and(|read| read <= limit) {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes")))
}

/// The same error in the words of people who type paths, without the system's number for it.
pub fn plain(error: io::Error) -> io::Error {
    use io::ErrorKind as Kind;
    let words = match error.kind() {
        Kind::NotFound => "there is no such file or directory",
        Kind::PermissionDenied => "this user is not allowed to",
        Kind::IsADirectory => "it is a directory, not an ordinary file",
        Kind::NotADirectory => "a part of the path is a file, not a directory",
        Kind::StorageFull | Kind::QuotaExceeded => "no space is left on the disk",
        Kind::ReadOnlyFilesystem => "the disk can only be read",
        _ => {
            let text = error.to_string();
            let Some((words, _)) = text.split_once(" (os error ") else { return error };
            return io::Error::new(error.kind(), words.to_owned());
        }
    };
    io::Error::new(error.kind(), words)
}

/// Text without the mark that some editors put at its beginning, and that no format here knows.
pub fn without_byte_order_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

/// The permissions of a file if anybody but its owner has any, as in `chmod`.
///
/// # Errors
///
/// What the operating system says.
pub fn open_to_others(path: &Path) -> io::Result<Option<u32>> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// An open file that no other opening of it can lock.
#[derive(Debug)]
pub struct Locked(File);

impl Locked {
    /// Locks the file, or gives it back if somebody else has.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn new(file: File) -> io::Result<Result<Self, File>> {
        match file.try_lock() {
            Ok(()) => Ok(Ok(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(Err(file)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Returns the locked file.
    pub fn file(&self) -> &File {
        &self.0
    }

    /// True if the locked file is the one that others find at this path: not if it was deleted or
    /// replaced, and whoever comes next takes another lock.
    ///
    /// # Errors
    ///
    /// What the operating system says, but for there being nothing at the path.
    pub fn is_at(&self, path: &Path) -> io::Result<bool> {
        let there = match fs::metadata(path) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(false);
            }
            there => there?,
        };
        let held = self.0.metadata()?;
        Ok((there.dev(), there.ino()) == (held.dev(), held.ino()))
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing is not enough: a child process that is just being started holds the file, too.
        let _ = self.0.unlock();
    }
}

/// Makes a directory and those above it, if they are not there, so that a loss of power does not
/// take them back with all that is in them.
pub fn make_directory(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), make_directory)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => Err(error),
        _ => sync_parent(path),
    }
}

/// Makes a creation, renaming or removal in the directory of this path durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

/// Writes a file beside the one that is meant, durably; it is removed unless it takes that place.
fn written_beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "the path names no file");
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().ok_or_else(no_name)?);
    prefix.push(".");
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".tmp")
        .tempfile_in(directory.unwrap_or_else(|| Path::new(".")))?;
    // Whatever the umask took away.
    file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, Mode};

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_the_permissions_asked_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        write_atomically(&path, b"one", 0o644).expect("written");
        assert_eq!(open_to_others(&path).expect("there"), Some(0o644));
        write_atomically(&path, b"two", 0o600).expect("written");
        assert_eq!(read_bounded(&path, 3).expect("read"), b"two");
        assert_eq!(open_to_others(&path).expect("there"), None);
        let too_large = read_bounded(&path, 2).expect_err("3 bytes");
        assert_eq!(too_large.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1, "nothing is left");
    }

    #[test]
    fn nothing_but_an_ordinary_file_is_opened_and_nobody_waits() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        rustix::fs::mknodat(CWD, at("pipe"), rustix::fs::FileType::Fifo, Mode::RWXU, 0)
            .expect("a pipe");
        std::os::unix::fs::symlink("/dev/zero", at("endless")).expect("linked");
        fs::create_dir(at("directory")).expect("made");
        fs::write(at("file"), b"bytes").expect("written");
        std::os::unix::fs::symlink(at("file"), at("link")).expect("linked");
        let cases = [("pipe", "a pipe"), ("endless", "a device"), ("directory", "a directory")];
        for (name, kind) in cases {
            for refused in [open(&at(name)).map(drop), read_bounded(&at(name), 9).map(drop)] {
                let refused = refused.expect_err(name);
                assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
                assert!(refused.to_string().contains(kind), "{refused}");
            }
        }
        assert_eq!(read_bounded(&at("link"), 9).expect("read"), b"bytes");
        let endless = read_given(Path::new("/dev/zero"), 9).expect_err("it never ends");
        assert_eq!(endless.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_locked_file_knows_when_it_is_no_longer_the_one_at_its_path() {
        let directory = tempfile::tempdir().expect("a directory");
        let (inner, moved) = (directory.path().join("inner"), directory.path().join("moved"));
        let path = inner.join("lock");
        fs::create_dir(&inner).expect("made");
        fs::write(&path, "mine").expect("written");
        let locked = Locked::new(open(&path).expect("opened")).expect("locked").expect("free");
        assert!(locked.is_at(&path).expect("told"));
        fs::rename(&inner, &moved).expect("moved");
        assert!(!locked.is_at(&path).expect("told"), "its directory is gone");
        assert!(locked.is_at(&moved.join("lock")).expect("told"));
        fs::create_dir(&inner).expect("made");
        fs::write(&path, "another's").expect("written");
        assert!(!locked.is_at(&path).expect("told"), "another has its place");
    }

    #[test]
    fn what_the_system_says_is_said_in_plain_words_and_of_the_same_kind() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("file");
        fs::write(&file, "").expect("written");
        let cases = [
            (read_bounded(&directory.path().join("none"), 9), "no such file"),
            (read_given(directory.path(), 9), "a directory"),
            (read_given(&file.join("below"), 9), "not a directory"),
            (write_atomically(&file.join("below"), b"", 0o600).map(|()| Vec::new()), "not a dir"),
        ];
        for (outcome, words) in cases {
            let said = outcome.expect_err(words).to_string();
            assert!(said.contains(words) && !said.contains("os error"), "{said}");
        }
        let full = plain(io::Error::from_raw_os_error(28));
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        let other = plain(io::Error::from_raw_os_error(40));
        assert!(!other.to_string().contains("os error"), "{other}");
    }

    #[test]
    fn a_new_file_never_replaces_another() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        create_atomically(&path, b"one", 0o600).expect("written");
        let refused = create_atomically(&path, b"two", 0o600).expect_err("it is there");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("read"), b"one");
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1, "nothing is left");
        assert!(write_atomically(Path::new("/"), b"", 0o600).is_err());
    }
}
