//! An invite: one line by which another machine joins a network.
//!
//! Bech32m of the prefix `coinage` and a version byte, followed by the canonical encoding of what
//! it says; so a mistyped letter is noticed, and it fits a QR code. It holds no secret: who has it
//! can read the chain, as anybody can who reaches a node of it.

use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use coinage_protocol::limits::NETWORK_NAME_BYTES_MAX;
use coinage_protocol::{BlockHash, Bounded, ChainId, Network, Text, decode, encode};
use libp2p::Multiaddr;
use serde::{Deserialize, Serialize};

use crate::network::is_dialable;

/// The version that this program writes and reads.
const VERSION: u8 = 1;
/// Addresses in an invite: several ways to one or two nodes.
const ADDRESSES_MAX: usize = 8;
/// Bytes of one address: a host name of ordinary length, a port and a peer id.
const ADDRESS_BYTES_MAX: usize = 128;
/// Bytes of an invite before it is written as text: what bech32m can hold.
const BYTES_MAX: usize = 630;
/// Characters of an invite that are looked at.
const TEXT_LEN_MAX: usize = 1100;

/// What it takes to join a network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invite {
    /// What people call the network.
    pub name: Text<NETWORK_NAME_BYTES_MAX>,
    /// The network's id.
    pub chain: ChainId,
    /// The hash of its block 0.
    pub genesis: BlockHash,
    /// Until when it may be used, in milliseconds since 1970.
    pub expires_at: u64,
    /// Where nodes of the network are, each with a peer id; at least one.
    pub addresses: Vec<Multiaddr>,
}

#[derive(Deserialize, Serialize)]
struct Content {
    name: Text<NETWORK_NAME_BYTES_MAX>,
    chain: ChainId,
    genesis: BlockHash,
    expires_at: u64,
    addresses: Bounded<Bounded<u8, ADDRESS_BYTES_MAX>, ADDRESSES_MAX>,
}

/// Why a text is no invite, or one that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InviteError {
    /// Not an invite, or mistyped.
    #[error("this is no invite, or not a whole one: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// Another version of the program wrote it.
    #[error("the invite is of version {version}, this program knows version {VERSION}")]
    Version {
        /// Its version.
        version: u8,
    },
    /// An address leads to no one peer.
    #[error("the address {address} of the invite is not a host, a TCP port and a peer id")]
    Address {
        /// Which.
        address: String,
    },
    /// No address at all, or too many or too long ones.
    #[error("an invite has 1 to {ADDRESSES_MAX} addresses of ordinary length, not these {count}")]
    Addresses {
        /// How many there are.
        count: usize,
    },
}

/// A network that is not the one of an invite.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the {field} differs: {theirs} there, {ours} in the invite")]
pub struct Mismatch {
    /// The field that differs.
    pub field: &'static str,
    /// As the invite has it.
    pub ours: String,
    /// As the network has it.
    pub theirs: String,
}

impl Invite {
    /// An invite to this network.
    ///
    /// # Errors
    ///
    /// [`InviteError`] if an address leads to no one peer, or they do not fit.
    pub fn new(
        (name, chain, genesis): (Text<NETWORK_NAME_BYTES_MAX>, ChainId, BlockHash),
        expires_at: u64,
        addresses: Vec<Multiaddr>,
    ) -> Result<Self, InviteError> {
        let invite = Self { name, chain, genesis, expires_at, addresses };
        invite.check()?;
        invite.bytes()?;
        Ok(invite)
    }

    /// Whether it may no longer be used at this time, in milliseconds since 1970.
    pub fn is_expired(&self, now: u64) -> bool {
        self.expires_at <= now
    }

    /// Whether this is the network that it is for.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], with the field that differs.
    pub fn check_network(&self, network: &Network) -> Result<(), Mismatch> {
        let differs = |field, ours: &dyn fmt::Display, theirs: &dyn fmt::Display| {
            let (ours, theirs) = (ours.to_string(), theirs.to_string());
            if ours == theirs { Ok(()) } else { Err(Mismatch { field, ours, theirs }) }
        };
        differs("network name", &self.name, &network.genesis().name)?;
        differs("chain id", &self.chain, network.chain())?;
        differs("genesis hash", &self.genesis, &network.genesis_hash())
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
        let mut bytes = vec![VERSION];
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
        let content = match bytes.split_first() {
            Some((&VERSION, content)) => content,
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
        let invite = Self { name, chain, genesis, expires_at, addresses };
        invite.check()?;
        let written = invite.to_string();
        if written == text.to_ascii_lowercase() {
            Ok(invite)
        } else {
            Err(malformed("it is written in another way than invites are".into()))
        }
    }
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
        let name = Text::try_from("a name of thirty-two characters!").expect("short");
        let ids = (name, ChainId::new([7; 32]), BlockHash::new([9; 32]));
        let addresses = vec![address("/ip4/192.0.2.1"); addresses];
        Invite::new(ids, 1_900_000_000_000, addresses).expect("it fits")
    }

    #[test]
    fn the_largest_invite_is_read_back_and_fits_a_qr_code() {
        for count in 1..=ADDRESSES_MAX {
            let invite = invite(count);
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
        bytes[0] = 2;
        let text = bech32::encode::<Bech32m>(prefix(), &bytes).expect("short");
        assert_eq!(text.parse::<Invite>(), Err(InviteError::Version { version: 2 }));
    }

    #[test]
    fn an_address_without_a_peer_or_with_a_detour_is_none_to_invite_to() {
        let bad = ["/ip4/192.0.2.1/tcp/9600", "/ip4/0.0.0.0/tcp/1", "/ip4/192.0.2.1/udp/1"];
        for text in bad {
            let Invite { name, chain, genesis, expires_at, .. } = invite(1);
            let addresses = vec![text.parse().expect("an address")];
            let refused = Invite::new((name, chain, genesis), expires_at, addresses);
            assert!(matches!(refused, Err(InviteError::Address { .. })), "{refused:?}");
        }
        for count in [0, 9] {
            let Invite { name, chain, genesis, expires_at, .. } = invite(1);
            let addresses = vec![address("/ip4/192.0.2.1"); count];
            let refused = Invite::new((name, chain, genesis), expires_at, addresses);
            assert_eq!(refused, Err(InviteError::Addresses { count }));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same_way_and_nothing_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..620),
            first in 0..3_u8,
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
