//! Ten questions that a reader of a printed charter can answer, put to the ledger.
//!
//! Each has the sentence from which one reads the answer. The ledger is asked twice: under the
//! charter that was read from the English print, and under that from the Korean one.

use coinage_policy::{Language, charters, read, sentence, write};
use coinage_protocol::ClauseId;

use crate::world::{Act, World, amend, burn, claim, freeze, give, issue, send};

/// A question of the form "may X do Y now?".
struct Question {
    charter: &'static str,
    asked: &'static str,
    /// Actions before it, each with its day.
    before: &'static [(u64, Act)],
    day: u64,
    act: Act,
    /// Number of the clause that answers, and its sentence.
    clause: u8,
    says: &'static str,
    may: bool,
}

const ISSUE: &str = "board may issue at most 5,000.00 per day";
const CLAIM: &str = "each member may claim 30.00 per 30 days, also for the last 3 missed";

const QUESTIONS: &[Question] = &[
    Question {
        charter: "points",
        asked: "The board issued 5,000.00 this morning. May it issue 0.01 more today?",
        before: &[(3, issue("board", "ann", "5,000.00"))],
        day: 3,
        act: issue("board", "ann", "0.01"),
        clause: 1,
        says: ISSUE,
        may: false,
    },
    Question {
        charter: "points",
        asked: "The board issued nothing for a week. May it issue 5,000.01 today?",
        before: &[],
        day: 7,
        act: issue("board", "ann", "5,000.01"),
        clause: 1,
        says: ISSUE,
        may: false,
    },
    Question {
        charter: "points",
        asked: "Ann burned what was issued to her yesterday. May the board issue as much today?",
        before: &[(3, issue("board", "ann", "5,000.00")), (3, burn("ann", "5,000.00"))],
        day: 4,
        act: issue("board", "bob", "5,000.00"),
        clause: 1,
        says: ISSUE,
        may: true,
    },
    Question {
        charter: "points",
        asked: "May the board issue 6,000.00 a day from the day after tomorrow on?",
        before: &[],
        day: 10,
        act: amend("board", 1, "6,000.00", 2),
        clause: 3,
        says: "board may set the amount in clause 1 between 0.00 and 10,000.00, \
               announced 30 days before",
        may: false,
    },
    Question {
        charter: "regio",
        asked: "May a member pay at a shop?",
        before: &[
            (0, give("desk", "ann", "member")),
            (0, give("desk", "shop", "merchant")),
            (0, issue("desk", "ann", "700.00")),
        ],
        day: 1,
        act: send("ann", "shop", "700.00"),
        clause: 7,
        says: "each member may send to each merchant",
        may: true,
    },
    Question {
        charter: "regio",
        asked: "May a shop give change to a member?",
        before: &[
            (0, give("desk", "ann", "member")),
            (0, give("desk", "shop", "merchant")),
            (0, issue("desk", "ann", "700.00")),
            (1, send("ann", "shop", "700.00")),
        ],
        day: 1,
        act: send("shop", "ann", "1.00"),
        clause: 8,
        says: "each merchant may send to each merchant",
        may: false,
    },
    Question {
        charter: "regio",
        asked: "Ann got 700.00 on the last day of a period. May she get as much on the next?",
        before: &[(0, give("desk", "ann", "member")), (29, issue("desk", "ann", "700.00"))],
        day: 30,
        act: issue("desk", "ann", "700.00"),
        clause: 5,
        says: "each member may be issued at most 700.00 per 30 days",
        may: true,
    },
    Question {
        charter: "stipend",
        asked: "Ann has been a member since this morning. May she claim now?",
        before: &[(40, give("board", "ann", "member"))],
        day: 40,
        act: claim("ann", 2, "30.00"),
        clause: 2,
        says: CLAIM,
        may: false,
    },
    Question {
        charter: "stipend",
        asked: "Ann forgot three periods. May she claim them now, and this one?",
        before: &[(0, give("board", "ann", "member"))],
        day: 120,
        act: claim("ann", 2, "120.00"),
        clause: 2,
        says: CLAIM,
        may: true,
    },
    Question {
        charter: "stipend",
        asked: "The board froze Ann's account. May she send what she claimed before?",
        before: &[
            (0, give("board", "ann", "member")),
            (30, claim("ann", 2, "30.00")),
            (31, freeze("board", "ann")),
        ],
        day: 31,
        act: send("ann", "bob", "30.00"),
        clause: 4,
        says: "board may freeze and unfreeze any account",
        may: false,
    },
];

#[test]
fn the_ledger_answers_what_a_reader_of_either_language_does() {
    assert_eq!(QUESTIONS.len(), 10);
    for question in QUESTIONS {
        let Question { asked, day, act, .. } = *question;
        let shipped = charters().iter().find(|one| one.name == question.charter);
        let charter = read(shipped.expect("it ships").text(Language::English)).expect("a policy");
        let id = ClauseId(question.clause - 1);
        assert_eq!(sentence(&charter, id, Language::English), question.says, "{asked}");
        let answers = Language::ALL.map(|language| {
            let mut world = World::new(&write(&charter, language));
            for (day, act) in question.before {
                world.set_day(*day);
                assert_eq!(world.answer(*act, 1), "yes", "{asked}: {act:?}");
            }
            world.set_day(day);
            world.answer(act, 1)
        });
        assert_eq!(answers[0], answers[1], "{asked}");
        assert_eq!(answers[0] == "yes", question.may, "{asked}: {}", answers[0]);
    }
}
