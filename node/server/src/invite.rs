//! Invites: each is one line by which another machine joins a network.
//!
//! Bech32m of the prefix `coinage` and a version byte, followed by the canonical encoding of what
//! it says; so a mistyped letter is noticed, and it fits a QR code. That of a public network holds
//! no secret: who has it can read the chain, as anybody can who reaches a node of it. That of a
//! private network is of a version of its own and begins with the network's key: it is as secret
//! as the key.

use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use coinage_keys::NetworkKey;
use coinage_protocol::limits::NETWORK_NAME_BYTES_MAX;
use coinage_protocol::{BlockHash, Bounded, ChainId, ChainSpec, Text, UnixMillis, decode, encode};
use libp2p::Multiaddr;
use serde::{Deserialize, Serialize};

use crate::network::is_dialable;

/// Version of an invite to a public network.
const VERSION: u8 = 1;
/// Version of an invite to a private network: before the rest stands the network's key.
const VERSION_PRIVATE: u8 = 2;
/// Addresses in an invite at most: several ways to one or two nodes.
const ADDRESSES_MAX: usize = 8;
/// Bytes of one address at most: a host name of ordinary length, a port and a peer id.
const ADDRESS_BYTES_MAX: usize = 128;
/// Bytes of an invite at most before it is written as text: what bech32m can hold.
const BYTES_MAX: usize = 630;
/// Characters of an invite that are looked at, at most.
const TEXT_LEN_MAX: usize = 1100;

/// An invite: what it takes to join a network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invite {
    /// Name that people call the network by.
    pub name: Text<NETWORK_NAME_BYTES_MAX>,
    /// Id of the network's chain.
    pub chain: ChainId,
    /// Hash of the network's block 0.
    pub genesis: BlockHash,
    /// Time until which the invite may be used, in milliseconds since 1970.
    pub expires_at: UnixMillis,
    /// Addresses where nodes of the network are, each with a peer id; at least one.
    pub addresses: Vec<Multiaddr>,
    /// Key of the network, if it is private; the invite is then a secret.
    pub key: Option<NetworkKey>,
}

#[derive(Deserialize, Serialize)]
struct Content {
    name: Text<NETWORK_NAME_BYTES_MAX>,
    chain: ChainId,
    genesis: BlockHash,
    expires_at: UnixMillis,
    addresses: Bounded<Bounded<u8, ADDRESS_BYTES_MAX>, ADDRESSES_MAX>,
}

/// Reason why a text is no invite, or one that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InviteError {
    /// The text is no invite, or mistyped.
    #[error("this is no invite, or not a whole one: {reason}")]
    Malformed {
        /// Description of what is wrong with the text.
        reason: String,
    },
    /// The invite was written by another version of the program.
    #[error(
        "the invite is of version {version}, this program knows {VERSION} and {VERSION_PRIVATE}"
    )]
    Version {
        /// Version of the invite.
        version: u8,
    },
    /// An address leads to no one peer.
    #[error("the address {address} of the invite is not a host, a TCP port and a peer id")]
    Address {
        /// Address that leads to no one peer.
        address: String,
    },
    /// The invite has no address at all, or too many or too long ones.
    #[error("an invite has 1 to {ADDRESSES_MAX} addresses of ordinary length, not these {count}")]
    Addresses {
        /// Number of addresses that there are.
        count: usize,
    },
}

/// Mismatch of a network that is not the one of an invite.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the {field} differs: {theirs} there, {ours} in the invite")]
pub struct Mismatch {
    /// Name of the field that differs.
    pub field: &'static str,
    /// Value that the invite has.
    pub ours: String,
    /// Value that the network has.
    pub theirs: String,
}

impl Invite {
    /// Makes an invite to this network.
    ///
    /// # Errors
    ///
    /// [`InviteError`] if an address leads to no one peer, or they do not fit.
    pub fn new(
        (name, chain, genesis): (Text<NETWORK_NAME_BYTES_MAX>, ChainId, BlockHash),
        expires_at: UnixMillis,
        addresses: Vec<Multiaddr>,
        key: Option<NetworkKey>,
    ) -> Result<Self, InviteError> {
        let invite = Self { name, chain, genesis, expires_at, addresses, key };
        invite.check()?;
        invite.bytes()?;
        Ok(invite)
    }

    /// True if the invite may no longer be used at this time, in milliseconds since 1970.
    pub fn is_expired(&self, now: u64) -> bool {
        self.expires_at <= UnixMillis::new(now)
    }

    /// Checks that this is the network that the invite is for.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], with the field that differs.
    pub fn check_network(&self, spec: &ChainSpec) -> Result<(), Mismatch> {
        let differs = |field, ours: &dyn fmt::Display, theirs: &dyn fmt::Display| {
            let (ours, theirs) = (ours.to_string(), theirs.to_string());
            if ours == theirs { Ok(()) } else { Err(Mismatch { field, ours, theirs }) }
        };
        differs("network name", &self.name, &spec.genesis().name)?;
        differs("chain id", &self.chain, spec.chain())?;
        differs("genesis hash", &self.genesis, &spec.genesis_hash())
    }

    fn check(&self) -> Result<(), InviteError> {
        let count = self.addresses.len();
        if !(1..=ADDRESSES_MAX).contains(&count) {
            return Err(InviteError::Addresses { count });
        }
        let bad = self.addresses.iter().find(|address| !is_dialable(address));
        bad.map_or(Ok(()), |bad| Err(InviteError::Address { address: bad.to_string() }))
    }

    fn bytes(&self) -> Result<Vec<u8>, InviteError> {
        let too_many = |_| InviteError::Addresses { count: self.addresses.len() };
        let addresses: Result<Vec<_>, _> =
            self.addresses.iter().map(|address| Bounded::new(address.to_vec())).collect();
        let content = Content {
            name: self.name.clone(),
            chain: self.chain,
            genesis: self.genesis,
            expires_at: self.expires_at,
            addresses: Bounded::new(addresses.map_err(too_many)?).map_err(too_many)?,
        };
        let mut bytes = match &self.key {
            None => vec![VERSION],
            Some(key) => [&[VERSION_PRIVATE], &key.expose()[..]].concat(),
        };
        bytes.extend(encode(&content));
        if bytes.len() > BYTES_MAX {
            return Err(InviteError::Addresses { count: self.addresses.len() });
        }
        Ok(bytes)
    }
}

impl fmt::Display for Invite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes().map_err(|_| fmt::Error)?;
        bech32::encode_lower_to_fmt::<Bech32m, _>(formatter, prefix(), &bytes)
            .map_err(|_| fmt::Error)
    }
}

impl FromStr for Invite {
    type Err = InviteError;

    /// Reads the one form that invites are written in; also in capital letters, as QR codes have
    /// it.
    fn from_str(text: &str) -> Result<Self, InviteError> {
        let malformed = |reason: String| InviteError::Malformed { reason };
        if text.len() > TEXT_LEN_MAX {
            return Err(malformed(format!("it has {} characters", text.len())));
        }
        let checked = CheckedHrpstring::new::<Bech32m>(text)
            .map_err(|_| malformed("a letter is wrong or missing".into()))?;
        if checked.hrp() != prefix() {
            return Err(malformed(format!("it begins with {}", checked.hrp())));
        }
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let (key, content) = match bytes.split_first() {
            Some((&VERSION, content)) => (None, content),
            Some((&VERSION_PRIVATE, rest)) => {
                let short = || malformed("it holds no whole network key".into());
                let (key, content) = rest.split_first_chunk().ok_or_else(short)?;
                (Some(NetworkKey::new(*key)), content)
            }
            Some((&version, _)) => return Err(InviteError::Version { version }),
            None => return Err(malformed("it is empty".into())),
        };
        let content: Content =
            decode(content, BYTES_MAX).map_err(|error| malformed(error.to_string()))?;
        let Content { name, chain, genesis, expires_at, addresses } = content;
        let address = |bytes: &Bounded<u8, ADDRESS_BYTES_MAX>| {
            let address = Multiaddr::try_from(bytes.to_vec()).ok()?;
            (address.to_vec() == bytes.to_vec()).then_some(address)
        };
        let addresses: Option<Vec<_>> = addresses.iter().map(address).collect();
        let addresses = addresses.ok_or_else(|| malformed("an address is none".into()))?;
        let invite = Self { name, chain, genesis, expires_at, addresses, key };
        invite.check()?;
        let written = invite.to_string();
        if written == text.to_ascii_lowercase() {
            Ok(invite)
        } else {
            Err(malformed("it is written in another way than invites are".into()))
        }
    }
}

/// Returns a command line as others may see it: an invite may carry a key.
pub fn without_invites(words: impl IntoIterator<Item = String>) -> String {
    let is_invite = |word: &str| {
        word.trim_start().get(..8).is_some_and(|start| start.eq_ignore_ascii_case("coinage1"))
    };
    let shown = |word: String| if is_invite(&word) { "INVITE".to_owned() } else { word };
    words.into_iter().map(shown).collect::<Vec<_>>().join(" ")
}

fn prefix() -> Hrp {
    Hrp::parse_unchecked("coinage")
}

#[cfg(test)]
mod tests {
    use libp2p::PeerId;
    use libp2p::multiaddr::Protocol;
    use proptest::prelude::*;

    use super::*;

    fn address(host: &str) -> Multiaddr {
        let address: Multiaddr = format!("{host}/tcp/9600").parse().expect("an address");
        address.with(Protocol::P2p(PeerId::random()))
    }

    fn invite(addresses: usize) -> Invite {
        invite_with(addresses, None)
    }

    fn invite_with(addresses: usize, key: Option<NetworkKey>) -> Invite {
        let name = Text::try_from("a name of thirty-two characters!").expect("short");
        let ids = (name, ChainId::new([7; 32]), BlockHash::new([9; 32]));
        let addresses = vec![address("/ip4/192.0.2.1"); addresses];
        Invite::new(ids, UnixMillis::new(1_900_000_000_000), addresses, key).expect("it fits")
    }

    #[test]
    fn the_largest_invite_is_read_back_and_fits_a_qr_code() {
        let keys = [None, Some(NetworkKey::new([5; 32]))];
        for (count, key) in (1..=ADDRESSES_MAX).flat_map(|count| keys.clone().map(|it| (count, it)))
        {
            let invite = invite_with(count, key);
            let text = invite.to_string();
            assert!(text.len() <= 1000, "{} characters", text.len());
            assert_eq!(text.parse(), Ok(invite.clone()));
            assert_eq!(text.to_ascii_uppercase().parse(), Ok(invite));
        }
    }

    #[test]
    fn any_wrong_letter_is_noticed() {
        let text = invite(1).to_string();
        for at in 0..text.len() {
            let mut letters = text.clone().into_bytes();
            letters[at] = if letters[at] == b'q' { b'p' } else { b'q' };
            let wrong = String::from_utf8(letters).expect("ASCII");
            assert!(wrong.parse::<Invite>().is_err(), "at {at}");
        }
        assert!(text[..text.len() - 1].parse::<Invite>().is_err());
        assert!(format!("{text}q").parse::<Invite>().is_err());
    }

    #[test]
    fn another_version_says_which() {
        let mut bytes = invite(1).bytes().expect("it fits");
        bytes[0] = 3;
        let text = bech32::encode::<Bech32m>(prefix(), &bytes).expect("short");
        assert_eq!(text.parse::<Invite>(), Err(InviteError::Version { version: 3 }));
    }

    #[test]
    fn an_invite_of_an_earlier_program_is_read_and_written_as_ever() {
        let earlier = "coinage1qyrsqqqqqqqqqqrkd9kxcct8v5rswpc8qurswpc8qurswpc8qurswpc8qurswp\
                       c8qurswpc8qurswzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfqqud\
                       xc96qyqqqqgqqqqqqqqqqqcsqqqqqqqqqqqy0uqqqqgxqqy62qexqqjqsqgjyqak5faue6\
                       m2gttz5w5dq2n0p4ek2vs4wuw7ysax8tqy3gvtt8dzju08u5x";
        let name = Text::try_from("village").expect("short");
        let ids = (name, ChainId::new([7; 32]), BlockHash::new([9; 32]));
        let peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
        let address = format!("/ip4/127.0.0.1/tcp/9/p2p/{peer}").parse().expect("an address");
        let invite = Invite::new(ids, UnixMillis::new(1_900_000_000_000), vec![address], None)
            .expect("it fits");
        assert_eq!(earlier.parse(), Ok(invite.clone()));
        assert_eq!(invite.to_string(), earlier);
    }

    #[test]
    fn a_private_invite_that_was_cut_is_refused_and_never_read_as_public() {
        let whole = invite_with(1, Some(NetworkKey::new([5; 32]))).bytes().expect("it fits");
        for length in 0..whole.len() {
            let text = bech32::encode::<Bech32m>(prefix(), &whole[..length]).expect("short");
            assert!(text.parse::<Invite>().is_err(), "{length} bytes");
        }
    }

    #[test]
    fn an_address_without_a_peer_or_with_a_detour_is_none_to_invite_to() {
        let bad = ["/ip4/192.0.2.1/tcp/9600", "/ip4/0.0.0.0/tcp/1", "/ip4/192.0.2.1/udp/1"];
        for text in bad {
            let Invite { name, chain, genesis, expires_at, .. } = invite(1);
            let addresses = vec![text.parse().expect("an address")];
            let refused = Invite::new((name, chain, genesis), expires_at, addresses, None);
            assert!(matches!(refused, Err(InviteError::Address { .. })), "{refused:?}");
        }
        for count in [0, 9] {
            let Invite { name, chain, genesis, expires_at, .. } = invite(1);
            let addresses = vec![address("/ip4/192.0.2.1"); count];
            let refused = Invite::new((name, chain, genesis), expires_at, addresses, None);
            assert_eq!(refused, Err(InviteError::Addresses { count }));
        }
    }

    #[test]
    fn a_command_line_is_shown_without_its_invite() {
        let line = invite_with(1, Some(NetworkKey::new([5; 32]))).to_string();
        for typed in [line.to_ascii_uppercase(), format!(" {line}"), line] {
            let words = ["coinage", "join", &typed, "--data", "x"].map(str::to_owned);
            assert_eq!(without_invites(words), "coinage join INVITE --data x");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same_way_and_nothing_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..620),
            first in 0..4_u8,
        ) {
            let bytes = [&[first], &bytes[..]].concat();
            let text = bech32::encode::<Bech32m>(prefix(), &bytes).expect("short");
            if let Ok(invite) = text.parse::<Invite>() {
                prop_assert_eq!(invite.to_string(), text);
            }
        }

        #[test]
        fn no_text_makes_a_panic(text in ".{0,200}") {
            let _ = text.parse::<Invite>();
        }
    }
}
