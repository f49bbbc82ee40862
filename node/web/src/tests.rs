//! Pages of made-up nodes: what a stranger wrote becomes nothing but text, in any language.

use coinage_model::submission::TransactionStatusJson;
use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, Symbol, Text, Transaction, UnixMillis,
};
use serde_json::json;

use crate::{Decimals, Language, Names, Site, assets, failure, transaction};

const NASTY: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\u{202e}gnp.exe\u{200b}\u{7}",
    "</bdi></p><style>*{display:none}</style>",
];

fn alice() -> Address {
    Address::new([1; 32])
}

fn site(language: Language) -> Site {
    Site {
        language,
        network: NASTY[0].to_owned(),
        node: NASTY[1].to_owned(),
        version: "0.0.0",
        names: Names::from_iter([(alice(), "alice".to_owned())]),
        here: "/tx/1?a=b".to_owned(),
    }
}

fn coin() -> Symbol {
    "COIN".parse().expect("a symbol")
}

/// A transaction with these steps, in this state.
fn status(state: &str, memo: &str, actions: Vec<Action>) -> TransactionStatusJson {
    let body = Body {
        sender: alice(),
        salt: 1,
        expires_at: UnixMillis::new(1_800_000_000_000),
        actions: Bounded::new(actions).expect("few"),
        memo: Text::try_from(memo).expect("short"),
    };
    let transaction = Transaction { body, witnesses: Bounded::default() };
    let transaction = coinage_model::transaction::TransactionJson::from(&transaction);
    serde_json::from_value(json!({
        "id": "ab".repeat(32), "status": state, "final": state == "final", "reason": null,
        "waits_for": null, "block": null, "position": null,
        "expires_at": "2027-01-15T08:00:00.000Z", "transaction": transaction,
    }))
    .expect("a status")
}

fn transfer(units: u128) -> Action {
    let amount = Amount::try_from(units).expect("small");
    Action::Transfer { token: coin(), from: alice(), to: Address::new([2; 32]), amount }
}

fn page(language: Language, status: &TransactionStatusJson) -> String {
    let decimals = Decimals::from([(coin(), 2)]);
    transaction::page(&site(language), status, &decimals).into_string()
}

#[test]
fn a_strangers_text_stays_text_and_what_cannot_be_seen_is_marked() {
    for language in Language::ALL {
        for nasty in NASTY {
            let Ok(memo) = Text::<256>::try_from(nasty) else { continue };
            let shown = page(language, &status("final", memo.as_str(), vec![transfer(1)]));
            let shown = shown.split_once("<body").expect("a body").1;
            for markup in ["<script>", "<img src=x", "<style"] {
                assert!(!shown.contains(markup), "{markup} in {shown}");
            }
            assert!(!shown.contains(['\u{202e}', '\u{200b}', '\u{7}']), "{shown}");
        }
        let told = failure::page(&site(language), 404, NASTY[1]).into_string();
        assert!(told.contains("&lt;img src=x") && !told.contains("<img src=x"), "{told}");
    }
}

#[test]
fn nobody_has_paid_before_a_block_holds_it() {
    let shown = |state| page(Language::English, &status(state, "", vec![transfer(1_250)]));
    let (pending, included) = (shown("pending"), shown("included"));
    assert!(pending.contains(" pays ") && !pending.contains(" paid "), "{pending}");
    assert!(included.contains(" paid ") && included.contains("12.50 COIN"), "{included}");
    assert_eq!(pending.matches("aria-current").count(), 1);
    let reached = |page: &str| page.matches("class=\"reached\"").count();
    assert_eq!([reached(&pending), reached(&included), reached(&shown("final"))], [1, 2, 3]);
    // Only what may still change asks for itself again.
    assert!(included.contains("http-equiv=\"refresh\"") && included.contains("data-changes"));
    assert!(!shown("final").contains("http-equiv=\"refresh\""));
    assert!(shown("final").contains("/receipt\""), "a receipt shows what is final");
    assert!(!included.contains("/receipt\""));
}

#[test]
fn what_goes_and_comes_is_summed_for_each_account_and_token() {
    let back = Action::Transfer {
        token: coin(),
        from: Address::new([2; 32]),
        to: alice(),
        amount: Amount::try_from(300).expect("small"),
    };
    let shown = page(Language::English, &status("final", "", vec![transfer(1_000), back]));
    assert!(shown.contains("−7.00 COIN") && shown.contains("+7.00 COIN"), "{shown}");
    let round =
        vec![transfer(5), Action::Burn { token: coin(), from: alice(), amount: Amount::ZERO }];
    assert!(page(Language::Korean, &status("final", "", round)).contains("0.05 COIN"));
}

#[test]
fn a_page_names_its_language_leads_to_the_other_and_styles_nothing_by_itself() {
    let english = page(Language::English, &status("pending", "", vec![transfer(1)]));
    let korean = page(Language::Korean, &status("pending", "", vec![transfer(1)]));
    assert!(english.contains("<html lang=\"en\">") && korean.contains("<html lang=\"ko\">"));
    assert!(english.contains("href=\"/tx/1?a=b&amp;lang=ko\""), "{english}");
    assert!(korean.contains("alice 계정") && korean.contains("지급"), "{korean}");
    for page in [english, korean] {
        assert!(!page.contains(" style=") && !page.contains("<style"));
    }
}

#[test]
fn a_file_is_there_under_the_hash_of_this_program_alone() {
    let shown = page(Language::English, &status("pending", "", vec![transfer(1)]));
    let path = shown.split("href=\"/assets/").nth(1).and_then(|rest| rest.split('"').next());
    let (hash, name) = path.and_then(|path| path.split_once('/')).expect("a path");
    assert!(assets::find(hash, name).is_some_and(|found| found.media_type.starts_with("text/css")));
    assert_eq!(assets::find("0123456789abcdef", name), None);
    assert_eq!(assets::find(hash, "../secret"), None);
}
