//! Layout of the chain in the database: the key and value of every row.
//!
//! One tree, the first byte of a key says which table. One tree, because then all tables are
//! flushed together: whatever a crash leaves is the result of a whole number of writes.

use std::collections::BTreeMap;
use std::str::FromStr;

use coinage_protocol::limits::VOTES_KEPT_SLOTS;
use coinage_protocol::{
    Address, Amount, BlockHash, Body, ChainId, ClauseId, Entry, Evidence, EvidenceKind, Height,
    Key, Slot, Symbol, Tip, TransactionId, encode,
};
use serde::{Deserialize, Serialize};

use super::Place;

/// Table of the database; the first byte of a key says which.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Table {
    /// Rows of [`Identity`] and [`Progress`].
    Meta = 0,
    /// Rows from block hash to signed header.
    Header = 1,
    /// Rows from block hash to transactions.
    Body = 2,
    /// Rows from block hash to what the block changed.
    Changes = 3,
    /// Rows from height to block hash.
    Canonical = 4,
    /// Rows from transaction id to place.
    Transaction = 5,
    /// Rows from address and token to amount.
    Balance = 6,
    /// Rows from token to record.
    Token = 7,
    /// Rows from address and place to nothing.
    History = 8,
    /// Rows from running number to reorg record.
    Reorg = 9,
    /// Rows from token, amount (the largest first) and address to nothing: who holds the token.
    Holder = 10,
    /// Rows from address and token to what was deposited for that balance.
    Deposit = 11,
    /// Rows from token to charter.
    Charter = 12,
    /// Rows from token and clause to what was used up.
    Usage = 13,
    /// Rows from token and clause to the amended amount.
    Amendment = 14,
    /// Rows from token and address to standing: those of a token stand together.
    Standing = 15,
    /// Rows from folded symbol to the symbol that looks so.
    Lookalike = 16,
    /// Rows from the heights whose headers hold changes of authorities to nothing.
    AuthorityChange = 17,
    /// Rows from authority key and kind to evidence.
    Evidence = 18,
    /// Rows from slot, in a ring, to the votes behind this node's commit of a block of it.
    Votes = 19,
}

impl Table {
    /// Tables of the entries of the state.
    pub(super) const STATE: [Self; 8] = [
        Self::Balance,
        Self::Token,
        Self::Deposit,
        Self::Charter,
        Self::Usage,
        Self::Amendment,
        Self::Standing,
        Self::Lookalike,
    ];
}

/// Identity of the stored chain. Its first field is the format, in every format.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Identity {
    pub(super) format: u32,
    pub(super) chain: ChainId,
    pub(super) genesis: BlockHash,
}

/// Progress of the stored chain: how far it has got.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Progress {
    pub(super) head: Tip,
    /// Running number of the next reorg record.
    pub(super) reorgs: u64,
    /// True while state and indexes are being rebuilt: they mean nothing until that is done.
    pub(super) rebuilding: bool,
}

/// Outcome of a write: for every key its last value, or that it is to go.
pub(super) type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Returns the key of the row with these parts.
pub(super) fn key(table: Table, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![table as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

pub(super) fn identity() -> Vec<u8> {
    key(Table::Meta, &[&[0]])
}

pub(super) fn progress() -> Vec<u8> {
    key(Table::Meta, &[&[1]])
}

/// Returns the key of the row with the final block; there is none before the first.
pub(super) fn finalized() -> Vec<u8> {
    key(Table::Meta, &[&[2]])
}

/// Returns the key of the row with the conflict of two quorums; there is none on a network in which
/// fewer than a third are traitors.
pub(super) fn conflict() -> Vec<u8> {
    key(Table::Meta, &[&[3]])
}

/// Returns the key of a piece of evidence: there is one of each kind against a key.
pub(super) fn evidence(evidence: &Evidence) -> Vec<u8> {
    let kind = match evidence.kind() {
        EvidenceKind::Blocks => 0,
        EvidenceKind::Votes => 1,
        EvidenceKind::Commits => 2,
        EvidenceKind::CommitAndVote => 3,
    };
    key(Table::Evidence, &[evidence.signer().as_bytes(), &[kind]])
}

/// Returns the key of the votes behind a commit. Those of a slot take the place of those that are
/// kept no longer.
pub(super) fn votes(slot: Slot) -> Vec<u8> {
    key(Table::Votes, &[&(slot.get() % VOTES_KEPT_SLOTS).to_be_bytes()])
}

pub(super) fn of_block(table: Table, hash: &BlockHash) -> Vec<u8> {
    key(table, &[hash.as_bytes()])
}

pub(super) fn canonical(height: Height) -> Vec<u8> {
    key(Table::Canonical, &[&height.get().to_be_bytes()])
}

pub(super) fn authority_change(height: Height) -> Vec<u8> {
    key(Table::AuthorityChange, &[&height.get().to_be_bytes()])
}

/// Reads a height back from what [`authority_change`] made of it.
pub(super) fn parse_authority_change(key: &[u8]) -> Option<Height> {
    let height: &[u8; 8] = key.get(1..)?.try_into().ok()?;
    Some(Height::new(u64::from_be_bytes(*height)))
}

pub(super) fn transaction(id: &TransactionId) -> Vec<u8> {
    key(Table::Transaction, &[id.as_bytes()])
}

pub(super) fn reorg(number: u64) -> Vec<u8> {
    key(Table::Reorg, &[&number.to_be_bytes()])
}

pub(super) fn history(address: &Address, place: Place) -> Vec<u8> {
    key(Table::History, &[address.as_bytes(), &place_bytes(place)])
}

/// Returns the key of an entry of the state: balances and deposits by address and token, all else
/// by symbol.
pub(super) fn state(entry: &Key) -> Vec<u8> {
    match entry {
        Key::Balance(address, token) => key(Table::Balance, &[address.as_bytes(), &padded(*token)]),
        Key::Token(token) => key(Table::Token, &[&padded(*token)]),
        Key::Deposit(address, token) => key(Table::Deposit, &[address.as_bytes(), &padded(*token)]),
        Key::Charter(token) => key(Table::Charter, &[&padded(*token)]),
        Key::Usage(token, clause) => key(Table::Usage, &[&padded(*token), &[clause.0]]),
        Key::Amendment(token, clause) => key(Table::Amendment, &[&padded(*token), &[clause.0]]),
        Key::Standing(address, token) => standing(*token, address),
        Key::Lookalike(folded) => key(Table::Lookalike, &[&padding(folded.as_str())]),
    }
}

/// Returns the key of a standing.
pub(super) fn standing(token: Symbol, address: &Address) -> Vec<u8> {
    key(Table::Standing, &[&padded(token), address.as_bytes()])
}

/// Returns bytes that sort as symbols do.
pub(super) fn padded(symbol: Symbol) -> [u8; Symbol::LEN_MAX] {
    padding(symbol.as_str())
}

fn padding(symbol: &str) -> [u8; Symbol::LEN_MAX] {
    let mut padded = [0; Symbol::LEN_MAX];
    for (to, from) in padded.iter_mut().zip(symbol.bytes()) {
        *to = from;
    }
    padded
}

/// Reads the entry's key back from what [`state`] made of it.
pub(super) fn parse_state(key: &[u8]) -> Option<Key> {
    let (&table, rest) = key.split_first()?;
    match Table::STATE.into_iter().find(|known| *known as u8 == table)? {
        Table::Token => parse_symbol(rest).map(Key::Token),
        Table::Charter => parse_symbol(rest).map(Key::Charter),
        Table::Usage => parse_clause(rest).map(|(token, clause)| Key::Usage(token, clause)),
        Table::Amendment => parse_clause(rest).map(|(token, clause)| Key::Amendment(token, clause)),
        Table::Standing => {
            let (token, address) = rest.split_at_checked(Symbol::LEN_MAX)?;
            Some(Key::Standing(Address::new(address.try_into().ok()?), parse_symbol(token)?))
        }
        Table::Lookalike => unpadded(rest).map(Key::Lookalike),
        table => {
            let (address, symbol) = rest.split_first_chunk()?;
            let (address, token) = (Address::new(*address), parse_symbol(symbol)?);
            let is_deposit = table == Table::Deposit;
            Some(if is_deposit {
                Key::Deposit(address, token)
            } else {
                Key::Balance(address, token)
            })
        }
    }
}

/// Checks whether an entry is of the kind of its key.
pub(super) fn fits(key: &Key, entry: &Entry) -> bool {
    matches!(
        (key, entry),
        (Key::Balance(..) | Key::Deposit(..), Entry::Balance(_))
            | (Key::Token(_), Entry::Token(_))
            | (Key::Charter(_), Entry::Charter(_))
            | (Key::Usage(..), Entry::Usage(_))
            | (Key::Amendment(..), Entry::Amendment(_))
            | (Key::Standing(..), Entry::Standing(_))
            | (Key::Lookalike(_), Entry::Symbol(_))
    )
}

fn parse_clause(bytes: &[u8]) -> Option<(Symbol, ClauseId)> {
    let (&clause, token) = bytes.split_last()?;
    Some((parse_symbol(token)?, ClauseId(clause)))
}

fn parse_symbol(bytes: &[u8]) -> Option<Symbol> {
    let symbol = unpadded::<Symbol>(bytes)?;
    (padded(symbol) == *bytes).then_some(symbol)
}

fn unpadded<T: FromStr>(bytes: &[u8]) -> Option<T> {
    let bytes: &[u8; Symbol::LEN_MAX] = bytes.try_into().ok()?;
    std::str::from_utf8(bytes).ok()?.trim_end_matches('\0').parse().ok()
}

/// Returns bytes that sort as places do.
pub(super) fn place_bytes(place: Place) -> [u8; 12] {
    let mut bytes = [0; 12];
    let (height, position) = bytes.split_at_mut(8);
    height.copy_from_slice(&place.height.get().to_be_bytes());
    position.copy_from_slice(&place.position.to_be_bytes());
    bytes
}

/// Reads a place back from what [`place_bytes`] made of it.
pub(super) fn parse_place(bytes: &[u8]) -> Option<Place> {
    let (height, rest) = bytes.split_first_chunk()?;
    let position: &[u8; 4] = rest.try_into().ok()?;
    let height = Height::new(u64::from_be_bytes(*height));
    Some(Place { height, position: u32::from_be_bytes(*position) })
}

/// Adds the rows that an entry comes to, when it was `from` and is now `to`.
pub(super) fn put_entry(rows: &mut Rows, at: &Key, from: Option<&Entry>, to: Option<&Entry>) {
    rows.insert(state(at), to.map(encode));
    let Key::Balance(address, token) = at else { return };
    for (entry, is_there) in [(from, false), (to, true)] {
        if let Some(Entry::Balance(amount)) = entry {
            rows.insert(holder(*token, *amount, address), is_there.then(Vec::new));
        }
    }
}

/// Returns the key by which a holder of a token is found: whoever has most comes first.
pub(super) fn holder(token: Symbol, amount: Amount, address: &Address) -> Vec<u8> {
    let descending = (!amount.units()).to_be_bytes();
    key(Table::Holder, &[&padded(token), &descending, address.as_bytes()])
}

/// Returns the keys before all holders of a token, and after them.
pub(super) fn holders(token: Symbol) -> [Vec<u8>; 2] {
    let at = |byte: u8| key(Table::Holder, &[&padded(token), &[byte; 48]]);
    [at(0), at(u8::MAX)]
}

/// Reads a holder and its amount back from the key that [`holder`] made.
pub(super) fn parse_holder(key: &[u8]) -> Option<(Address, Amount)> {
    let (amount, address) = key.get(1 + Symbol::LEN_MAX..)?.split_first_chunk()?;
    let amount = Amount::try_from(!u128::from_be_bytes(*amount)).ok()?;
    Some((Address::new(address.try_into().ok()?), amount))
}

/// Returns the rows by which a transaction is found: the key of each, and what it says.
pub(super) fn index(id: &TransactionId, body: &Body, place: Place) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = vec![(transaction(id), place_bytes(place).to_vec())];
    let touched = body.touched();
    rows.extend(touched.iter().map(|address| (history(address, place), Vec::new())));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_state_read_back_and_sort_as_their_values() {
        let symbols = ["AA", "AAA", "AB", "ZZZZZZZZZZ99"].map(|text| text.parse().expect(text));
        let mut keys: Vec<Key> = symbols.into_iter().map(Key::Token).collect();
        for address in [[0; 32], [7; 32], [255; 32]].map(Address::new) {
            keys.extend(symbols.map(|symbol| Key::Balance(address, symbol)));
        }
        for key in &keys {
            assert_eq!(parse_state(&state(key)), Some(*key));
        }
        let (address, token) = (Address::new([7; 32]), symbols[3]);
        for other in [
            Key::Deposit(address, token),
            Key::Charter(token),
            Key::Usage(token, ClauseId(31)),
            Key::Amendment(token, ClauseId(0)),
            Key::Standing(address, token),
            Key::Lookalike(token.folded()),
        ] {
            assert_eq!(parse_state(&state(&other)), Some(other));
        }
        let balances = &keys[symbols.len()..];
        assert!(balances.is_sorted_by_key(state));
        assert_eq!(parse_state(b""), None);
        assert_eq!(parse_state(&[Table::Balance as u8; 20]), None);
        let mut wrong = state(&keys[0]);
        wrong[6] = b'Q';
        assert_eq!(parse_state(&wrong), None);
    }

    #[test]
    fn holders_read_back_and_whoever_has_most_comes_first() {
        let token = "AB".parse().expect("a symbol");
        let of = |units: u128, byte| {
            (Address::new([byte; 32]), Amount::try_from(units).expect("an amount"))
        };
        let all = [of(Amount::MAX.units(), 3), of(256, 1), of(256, 2), of(255, 0), of(1, 255)];
        let keys = all.map(|(address, amount)| holder(token, amount, &address));
        assert!(keys.is_sorted());
        let [first, last] = holders(token);
        assert!(keys.iter().all(|key| (&first..&last).contains(&key)));
        assert_eq!(keys.each_ref().map(|key| parse_holder(key)), all.map(Some));
        let longer = holder("AB0".parse().expect("a symbol"), all[0].1, &all[0].0);
        assert!(!(first..last).contains(&longer));
        assert_eq!(parse_holder(&keys[0][1..]), None);
    }

    #[test]
    fn places_read_back_and_sort() {
        let places = [(1, 0), (1, 300), (256, 1), (u64::MAX, u32::MAX)]
            .map(|(height, position)| Place { height: Height::new(height), position });
        for place in places {
            assert_eq!(parse_place(&place_bytes(place)), Some(place));
        }
        assert!(places.is_sorted_by_key(|place| place_bytes(*place)));
        assert_eq!(parse_place(&[0; 11]), None);
    }
}
