//! Names of wallets.

use std::fmt;
use std::str::FromStr;

use super::WalletError;

/// Characters of a name at most.
const LEN_MAX: usize = 32;

/// The name of a wallet: 1 to 32 of `a-z0-9-_`, so that it is a file name everywhere, means the
/// same in any case, and is never mistaken for an address.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct WalletName(String);

impl WalletName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WalletName {
    type Err = WalletError;

    fn from_str(text: &str) -> Result<Self, WalletError> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        // An option never begins a name, so a name can follow options.
        if (1..=LEN_MAX).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(WalletError::BadName { name: text.chars().take(64).collect() })
        }
    }
}

impl fmt::Display for WalletName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_directory() {
        let long = "a".repeat(33);
        for bad in ["", "..", "a/b", "A", "a.b", "a b", "-a", "ä", "a\0", long.as_str()] {
            assert!(bad.parse::<WalletName>().is_err(), "{bad:?}");
        }
        for good in ["a", "alice-2", "n_1", &long[1..]] {
            assert_eq!(good.parse::<WalletName>().expect(good).as_str(), good);
        }
    }
}
