//! Fuzz targets for what people type, and for what programs hand back as they got it.

use coinage_client::Client;
use coinage_devnet::links;
use coinage_model::event::EventKind;
use coinage_model::{text, time};
use coinage_protocol::Amount;
use coinage_server::api::page;
use coinage_server::invite::Invite;
use coinage_server::network::is_dialable;
use coinage_wallet::{Phrase, WalletName};
use libp2p::Multiaddr;

use crate::cli::amount;
use crate::cli::block::BlockReference;
use crate::cli::statement::period::End;

/// Reads the decimals of a token, and an amount of it: exactly as many base units as the digits
/// say.
pub(super) fn amount(bytes: &[u8]) {
    let Some((&decimals, typed)) = bytes.split_first() else { return };
    let Ok(typed) = str::from_utf8(typed) else { return };
    let Ok(units) = amount::parse(typed, decimals) else { return };
    assert!(units <= Amount::MAX, "more than there can be");
    let (whole, fraction) = typed.split_once('.').unwrap_or((typed, ""));
    assert!(fraction.len() <= usize::from(decimals), "it was rounded");
    let zeros = "0".repeat(usize::from(decimals) - fraction.len());
    let digits = format!("{whole}{fraction}{zeros}");
    let meant = Some(digits.trim_start_matches('0')).filter(|digits| !digits.is_empty());
    assert_eq!(units.to_string(), meant.unwrap_or("0"), "other digits");
    assert_eq!(amount::parse(&amount::format(units, decimals), decimals), Ok(units), "shown");
}

/// Reads an invite, which has one spelling, in small letters or in capitals.
pub(super) fn invite(bytes: &[u8]) {
    let Ok(typed) = str::from_utf8(bytes) else { return };
    let Ok(invite) = typed.parse::<Invite>() else { return };
    assert_eq!(invite.to_string(), typed.to_ascii_lowercase(), "another spelling");
    assert!(invite.addresses.iter().all(is_dialable), "an address that leads nowhere");
    let content = (invite.name.clone(), invite.chain, invite.genesis);
    let again =
        Invite::new(content, invite.expires_at, invite.addresses.clone(), invite.key.clone());
    assert_eq!(again, Ok(invite), "what was read is none");
}

/// Reads a text as all else that people type: times, names, addresses, cursors and recovery
/// phrases.
pub(super) fn typed(bytes: &[u8]) {
    let Ok(typed) = str::from_utf8(bytes) else { return };
    times(typed);
    names(typed);
    addresses(typed);
    cursors(typed);
    if let Ok(phrase) = Phrase::parse(typed) {
        let words: Vec<_> = phrase.words().collect();
        assert!(matches!(words.len(), 12 | 15 | 18 | 21 | 24), "{} words", words.len());
        let again = Phrase::parse(&words.join(" ")).expect("its own words");
        assert!(again.words().eq(words), "other words");
    }
}

fn times(typed: &str) {
    if let Ok(at) = time::parse(typed) {
        assert_eq!(time::parse(&time::format(at)), Ok(at), "another time");
    }
    if let Ok(end) = typed.parse::<End>() {
        let shown = end.to_string();
        let again = shown.strip_prefix("block ").unwrap_or(&shown).parse();
        // From the year 10000 on, times are written as milliseconds, which are typed as heights.
        assert!(again == Ok(end) || shown.bytes().all(|byte| byte.is_ascii_digit()), "{shown}");
    }
    if let Ok(units) = text::parse::<Amount>(typed) {
        assert_eq!(units.to_string(), typed, "two spellings");
    }
}

fn names(typed: &str) {
    if let Ok(name) = typed.parse::<WalletName>() {
        assert_eq!(name.as_str(), typed, "another name");
        assert!(!typed.contains(['/', '.', '\0']), "a name that leaves its directory");
    }
    if let Ok(kind) = typed.parse::<EventKind>() {
        assert_eq!(kind.name(), typed, "another kind");
    }
    match typed.parse::<BlockReference>() {
        Ok(BlockReference::Height(height)) => assert_eq!(typed.parse(), Ok(height)),
        Ok(BlockReference::Hash(hash)) => {
            assert_eq!(hash.to_string(), typed.to_ascii_lowercase(), "another hash");
        }
        _ => {}
    }
    if let Ok(groups) = links::parse_groups(typed, 32) {
        let known = groups.iter().flatten().all(|node| (1..=32).contains(node));
        assert!(known && groups.iter().all(|group| !group.is_empty()), "{groups:?}");
    }
}

fn addresses(typed: &str) {
    if let Ok(address) = typed.parse::<Multiaddr>()
        && is_dialable(&address)
    {
        assert_eq!(address.to_string().parse().ok(), Some(address), "another address");
    }
    if let Ok(client) = Client::new(typed) {
        assert!(typed.starts_with(client.url()), "another URL");
        assert!(!client.url().contains(char::is_control), "a URL with control characters");
    }
}

fn cursors(typed: &str) {
    let list = "blocks";
    if let Some(place) = page::place(list, typed) {
        assert_eq!(page::cursor(list, &place), typed, "two cursors of one place");
    }
    let cursor = page::cursor(list, typed);
    assert_eq!(page::place(list, &cursor).as_deref(), Some(typed), "another place");
    assert_eq!(page::place("tokens", &cursor), None, "a cursor of another list");
}
