//! Texts and charters: exact inverses in both languages, and what is told of what is none.

use coinage_protocol::{Charter, ClauseId};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::testing::{Chance, address, charter, key};
use crate::{Language, PolicyError, explain, read, sentence, write};

/// Charters that a test draws; `COINAGE_CHARTERS` is another number.
fn charters() -> impl Iterator<Item = (u64, Charter)> {
    let count = std::env::var("COINAGE_CHARTERS").ok().and_then(|text| text.parse().ok());
    (0..count.unwrap_or(3_000)).map(|seed| {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let mut chance = |end: u64| random.next_u64() % end;
        (seed, charter(&mut chance))
    })
}

#[test]
fn a_charter_is_read_back_from_its_text_in_both_languages() {
    for (seed, charter) in charters() {
        for language in Language::ALL {
            let text = write(&charter, language);
            let back = read(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert_eq!(back, charter, "seed {seed}:\n{text}");
            assert_eq!(back.hash(), charter.hash());
            assert_eq!(write(&back, language), text, "one text for one charter");
        }
    }
}

#[test]
fn no_sentence_says_two_things() {
    use std::collections::BTreeMap;
    // Every sentence that is drawn means one clause, whichever charter of the same names it is in.
    let mut meant = BTreeMap::new();
    for (seed, charter) in charters().take(1_000) {
        for language in Language::ALL {
            let accounts: Vec<_> = charter.accounts.iter().map(|one| &one.name).collect();
            let roles: Vec<_> = charter.roles().map(|(.., name, _)| name).collect();
            let names = format!("{accounts:?} {roles:?} {}", charter.decimals);
            for (id, clause) in charter.numbered() {
                let said = (language.code(), names.clone(), sentence(&charter, id, language));
                let before = meant.insert(said.clone(), clause.clone());
                assert!(before.is_none_or(|one| one == *clause), "seed {seed}: {said:?}");
            }
        }
    }
}

fn points(clauses: &str) -> String {
    let (board, desk) = (address(1), address(2));
    format!(
        "# A club\n\ncoin POINTS \"Club points\", 2 decimals\n\
         periods count from 2027-01-01 00:00 +09:00\nboard is {board}\ndesk is {desk}  # a till\n\
         {clauses}"
    )
}

fn error(clauses: &str) -> PolicyError {
    read(&points(clauses)).expect_err("no policy")
}

#[test]
fn a_file_may_leave_out_what_means_nothing() {
    let whole = read(&points("board may issue at most 5,000.00 per day\n")).expect("a policy");
    for other in [
        "board may issue at most 5000 per day",
        "  board   may issue at most 5000.0 per day   # every day\r\n\r\n",
        "\n\n# nothing\nboard may issue at most 5,000 per day",
    ] {
        assert_eq!(read(&points(other)).expect(other), whole, "{other:?}");
    }
    let text = write(&whole, Language::English);
    assert!(text.ends_with("\n\nboard may issue at most 5,000.00 per day\n"), "{text}");
    assert_eq!(read(&text.replace('\n', "\r\n")).expect("lines of another system"), whole);
    let korean = "board 계정은 1일 구간마다 5,000.00 이하로 발행할 수 있습니다";
    assert_eq!(sentence(&whole, ClauseId(0), Language::Korean), korean);
}

#[test]
fn an_error_points_at_the_word_and_says_what_may_stand_there() {
    let shown = error("board may issue at most 5,000.00 pro day").to_string();
    assert_eq!(
        shown,
        "line 7, column 34: this is not a sentence of a policy\n  \
         board may issue at most 5,000.00 pro day\n  \
         \u{20}                                ^^^\n  \
         here may stand: `per`"
    );
    let unknown = error("bord may issue at most 5,000.00 per day");
    assert_eq!((unknown.column, unknown.width), (1, 4));
    assert_eq!(unknown.message, "no account is called `bord`");
    assert!(unknown.expected.contains(&"`board`".to_owned()), "{unknown}");

    for (clause, column, message) in [
        ("board may issue at most 5,000.000 per day", 25, "`5,000.000` does not fit here"),
        ("board may issue at most 50,00 per day", 25, "`50,00` does not fit here"),
        ("board may issue at most 5 per 24 hours", 31, "this is written `day`"),
        ("board may issue at most 5 per 1 day", 31, "this is written `day`"),
        ("board may issue at most", 24, "the sentence ends too early"),
        ("each member may claim 5 per day", 6, "no role is called `member`"),
        (
            "nothing may be issued before 2027-02-30 00:00 +09:00",
            30,
            "`2027-02-30 00:00 +09:00` does not fit here",
        ),
    ] {
        let error = error(clause);
        assert_eq!((error.line, error.column, error.message.as_str()), (7, column, message));
    }
}

#[test]
fn what_contradicts_itself_is_told_by_the_line_that_does() {
    let twice = error("board may issue at most 5 per day\nboard may issue at most 6 per day");
    assert_eq!((twice.line, twice.column, twice.width), (8, 1, 33));
    assert!(twice.message.contains("clauses 1 and 2"), "{twice}");
    let again = error("desk is 2 of ab");
    assert!(again.message.contains("no public key"), "{again}");
    let keys = format!("{}, {}", key(1).public(), key(2).public());
    let many = error(&format!("court is 3 of {keys}"));
    assert!(many.message.contains("3 of 2 keys can never sign"), "{many}");
    let named = error(&format!("board is {}", address(3)));
    assert_eq!(named.message, "two accounts are called `board`");
    let reserved = error(&format!("each is {}", address(3)));
    assert!(reserved.message.contains("a word that sentences are made of"), "{reserved}");
    let nothing = read("").expect_err("nothing");
    assert_eq!((nothing.line, nothing.message.as_str()), (1, "there is no sentence"));
    let headless = read("board may issue without limit").expect_err("no coin");
    assert_eq!(headless.message, "no account is called `board`");
    let coin = "coin POINTS \"Club\", 2 decimals\n";
    let anchor = read(&format!("{coin}z is {}\nz may issue without limit", address(1)));
    assert!(anchor.expect_err("no anchor").message.contains("periods count from"));
}

#[test]
fn no_text_of_a_stranger_does_harm() {
    let mut random = ChaCha20Rng::seed_from_u64(7);
    let mut chance = |end: u64| random.next_u64() % end;
    let texts: Vec<_> = charters().take(40).map(|(_, one)| write(&one, Language::Korean)).collect();
    for _ in 0..3_000 {
        let mut bytes = chance.pick(&texts).clone().into_bytes();
        for _ in 0..=chance.below(4) {
            let end = u64::try_from(bytes.len()).expect("short").max(1);
            let at = usize::try_from(chance.below(end)).expect("short");
            let any = u8::try_from(chance.below(256)).expect("a byte");
            match chance.below(4) {
                0 if at < bytes.len() => drop(bytes.remove(at)),
                1 => bytes.insert(at, any),
                2 => bytes.truncate(at),
                _ => bytes.splice(at..at, *b" ,\"#").for_each(drop),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Err(error) = read(&text) {
            assert!(error.to_string().len() < 70_000);
        }
    }
    let long = format!("coin {}", "A".repeat(60_000));
    assert!(read(&long).expect_err("no coin").to_string().len() < 70_000);
    assert!(read(&"\n".repeat(70_000)).is_err());
}

#[test]
fn an_explanation_says_what_nobody_can() {
    let whole = read(&points("board may issue at most 5 per day")).expect("a policy");
    let lines = explain(&whole, Language::English);
    let clause = lines.iter().find(|line| line.starts_with("1. ")).expect("the clause");
    assert!(clause.contains("twice this can happen within minutes"), "{clause}");
    assert_eq!(lines.last().map(String::as_str), Some("These rules can never change."));
    let member = "board may give and take the role member, to at most 2 accounts\n\
                  each member may hold at most 5\nboard may issue at most 5 per day";
    let holds = read(&points(member)).expect("a policy");
    for (language, says) in
        [(Language::English, "with more keeps it"), (Language::Korean, "그대로 가집니다")]
    {
        assert!(explain(&holds, language).iter().any(|line| line.contains(says)), "{says}");
    }
    let fixed = read(&points("7 go to board at creation")).expect("a policy");
    let lines = explain(&fixed, Language::English);
    assert!(lines.contains(&"Nobody can ever issue more.".to_owned()), "{lines:?}");
}
