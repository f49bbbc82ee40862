//! The key that signs blocks.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use coinage_files as files;
use coinage_protocol::engine::Stop;
use coinage_protocol::{ChainId, PublicKey, SecretKey, SignedSlots, Slot, VotingMemory};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::KeyFileError;
use super::signing_memory::{Lock, Noted, SigningMemory};

const KIND: &str = "coinage-authority-key";
const VERSION: u32 = 1;
const FILE_BYTES_MAX: u64 = 4096;

/// An authority's key and its memory, held by this process alone.
#[derive(Debug)]
pub struct AuthorityKey {
    secret: SecretKey,
    memory: SigningMemory,
}

/// A new key that no file holds yet.
#[derive(Debug)]
pub struct NewAuthorityKey {
    path: PathBuf,
    secret: SecretKey,
}

/// The contents of a key file and its memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    /// The public half of the key.
    pub public: PublicKey,
    /// The chain that the key signs on, once it has.
    pub chain: Option<ChainId>,
    /// The last slot that the key signed for; 0 if none.
    pub last_slot: Slot,
    /// Reason why it signs nothing until its operator has acted, if there is one.
    pub stop: Option<Stop>,
    /// True if one half of the memory is damaged: the key signs nothing up to the slot in which its
    /// node starts.
    pub damaged: bool,
}

/// The key file as it is written.
#[derive(Deserialize, Serialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    kind: String,
    version: u32,
    secret: String,
    public: String,
}

impl NewAuthorityKey {
    /// Makes a key; nothing is written yet.
    ///
    /// # Errors
    ///
    /// [`KeyFileError::Exists`] if there is a file of this path.
    pub fn new(path: &Path) -> Result<Self, KeyFileError> {
        if path.try_exists().map_err(|error| KeyFileError::io(path, error))? {
            return Err(KeyFileError::Exists { path: path.to_owned() });
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|error| KeyFileError::io(path, error.into()))?;
        Ok(Self { path: path.to_owned(), secret: SecretKey::new(*seed) })
    }

    /// Returns the public half of the key.
    pub fn public(&self) -> PublicKey {
        self.secret.public()
    }

    /// Writes the key and its memory.
    ///
    /// # Errors
    ///
    /// As [`AuthorityKey::create`].
    pub fn write(&self) -> Result<PublicKey, KeyFileError> {
        let Self { path, secret } = self;
        let public = secret.public();
        let file = KeyFile {
            kind: KIND.to_owned(),
            version: VERSION,
            secret: hex::encode(secret.expose()),
            public: public.to_string(),
        };
        // A key without its memory could not be told from one that lost it, so the memory is first.
        SigningMemory::create(&memory_path(path))?;
        let text =
            serde_json::to_string(&file).map_err(|error| KeyFileError::format(path, error))?;
        let text = Zeroizing::new(text);
        let made = files::create_atomically(path, text.as_bytes(), 0o600);
        made.map_err(|error| KeyFileError::unmade(path, error))?;
        Ok(public)
    }
}

impl AuthorityKey {
    /// Makes a new key and its memory: `path`, and `path` with `.memory` added. Only their owner
    /// may read them.
    ///
    /// # Errors
    ///
    /// [`KeyFileError::Exists`] if there is a key, or a memory that has been used.
    pub fn create(path: &Path) -> Result<PublicKey, KeyFileError> {
        NewAuthorityKey::new(path)?.write()
    }

    /// Takes the key for signing on this chain. Nothing is written: what it remembers first binds
    /// its memory to the chain.
    ///
    /// If one half of the memory is damaged, everything up to the present slot counts as signed.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if there is no sound key that only its owner may read, or its memory is
    /// missing, another chain's or in use.
    pub fn open(path: &Path, chain: &ChainId, present: Slot) -> Result<Self, KeyFileError> {
        let secret = read(path)?;
        Ok(Self { secret, memory: SigningMemory::open(&memory_path(path), chain, present)? })
    }

    /// Returns what the key and its memory say, without using them. Nothing is written.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn inspect(path: &Path) -> Result<Seen, KeyFileError> {
        let public = read(path)?.public();
        let noted = SigningMemory::inspect(&memory_path(path))?;
        let Noted { chain, last_slot, stop, damaged } = noted;
        Ok(Seen { public, chain, last_slot, stop, damaged })
    }

    /// Makes a memory for a key that lost it, or stopped because of another signer; what the
    /// present one knows stays, but for slots to come that an old one only presumes signed. The
    /// next use binds it to a chain. Gives back the slots that count as signed.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if there is no such key, or a memory that is in use.
    ///
    /// # Security
    ///
    /// `last_slot` must not be below any slot that the key ever signed for, or it may sign twice
    /// for one. The present slot is safe if no other node uses the key.
    ///
    /// With [`Lock::Released`] no node may have a final block that the chain of the key's node
    /// lacks, or two branches may become final.
    pub fn recreate_memory(
        path: &Path,
        last_slot: Slot,
        lock: Lock,
    ) -> Result<SignedSlots, KeyFileError> {
        read(path)?;
        SigningMemory::recreate(&memory_path(path), last_slot, lock)
    }

    /// Returns the public half of the key in a file, whether it has its memory or not.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if there is no sound key that only its owner may read.
    pub fn public_in(path: &Path) -> Result<PublicKey, KeyFileError> {
        read(path).map(|secret| secret.public())
    }

    /// Returns the key in a file, to sign what needs no memory: neither blocks nor ballots. Its
    /// node may be running.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if there is no sound key that only its owner may read.
    pub fn secret_in(path: &Path) -> Result<SecretKey, KeyFileError> {
        read(path)
    }

    /// Returns the secret key.
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// Returns the public key.
    pub fn public(&self) -> PublicKey {
        self.secret.public()
    }

    /// Returns the slots that the key signed for.
    pub fn signed(&self) -> &SignedSlots {
        self.memory.signed()
    }

    /// Reason why nothing is signed until the operator has acted, if there is one.
    pub fn stopped(&self) -> Option<Stop> {
        self.memory.stopped()
    }

    /// Remembers durably that it signs for this slot; to be done before the signature leaves the
    /// process.
    ///
    /// # Errors
    ///
    /// [`KeyFileError::AlreadySigned`] if it has signed for this slot, or has stopped; or the
    /// memory cannot be written, and nothing may be signed.
    pub fn remember(&mut self, slot: Slot) -> Result<(), KeyFileError> {
        self.memory.remember(slot)
    }

    /// The memory of the key's votes and commits.
    pub fn voting(&self) -> VotingMemory {
        self.memory.voting()
    }

    /// True if one half of the memory is damaged: everything up to the slot of its opening counts
    /// as signed.
    pub fn is_memory_damaged(&self) -> bool {
        self.memory.is_damaged()
    }

    /// Remembers durably what its votes and commits come to with one more; to be done before that
    /// one leaves the process.
    ///
    /// # Errors
    ///
    /// [`KeyFileError::AlreadyVoted`] if it has voted or committed for a later slot or another
    /// block, or has stopped; or the memory cannot be written, and nothing may be signed.
    pub fn remember_voting(&mut self, voting: VotingMemory) -> Result<(), KeyFileError> {
        self.memory.remember_voting(voting)
    }

    /// Remembers durably why it signs nothing from now on.
    ///
    /// # Errors
    ///
    /// The memory cannot be written, and nothing may be signed.
    pub fn stop(&mut self, stop: Stop) -> Result<(), KeyFileError> {
        self.memory.stop(stop)
    }
}

/// The file beside a key that remembers what it signed.
pub fn memory_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".memory");
    PathBuf::from(name)
}

fn read(path: &Path) -> Result<SecretKey, KeyFileError> {
    let failed = |error| KeyFileError::io(path, error);
    if let Some(mode) = files::open_to_others(path).map_err(failed)? {
        return Err(KeyFileError::OpenToOthers { path: path.to_owned(), mode });
    }
    let text = Zeroizing::new(files::read_bounded(path, FILE_BYTES_MAX).map_err(failed)?);
    parse(&text, path)
}

/// The key in the text of a key file; `path` is named in errors only.
pub(crate) fn parse(text: &[u8], path: &Path) -> Result<SecretKey, KeyFileError> {
    let file: KeyFile = serde_json::from_slice(files::without_byte_order_mark(text))
        .map_err(|error| KeyFileError::format(path, error))?;
    if file.kind != KIND || file.version != VERSION {
        let reason = format!("a {} of version {}", file.kind, file.version);
        return Err(KeyFileError::format(path, reason));
    }
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(&file.secret, &mut *seed)
        .map_err(|_| KeyFileError::format(path, "the secret is not 64 hexadecimal digits"))?;
    let secret = SecretKey::new(*seed);
    if secret.public().to_string() != file.public {
        return Err(KeyFileError::format(path, "the public key is not that of the secret"));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests;
