//! Words and numbers that would mislead who reads them.

use coinage_tests::program::Said;
use serde_json::Value;

use crate::results::Place;

/// Fails unless a command was refused with this exit code, code and part of its words.
fn refused(said: &Said, exit: i32, code: &str, part: &str) {
    assert_eq!((said.code, said.out.is_empty()), (exit, true), "{said:?}");
    assert!(said.err.contains(&format!("[{code}]")) && said.err.contains(part), "{said:?}");
}

#[test]
fn a_question_that_makes_no_sense_is_no_empty_answer() {
    let place = Place::new();
    assert_eq!(place.run("send 1 COIN bob --from alice").code, 0);
    let backwards = [
        "--from 2 --to 1",
        "--from 2026-02-01 --to 2026-01-31",
        "--from 2026-01-01T00:00:01Z --to 2026-01-01T00:00:00Z",
        "--from 1 --to 2020-01-01",
    ];
    // Block 0 of a devnet is as old as the devnet: a day may begin after it and before block 1.
    let day = place.data("block show 1").0["time"].as_str().expect("a time").to_owned();
    let after_genesis = format!("--from {day} --to 0");
    let later = ["--from 2099-01-01", "--from 99999999", "--from 99999999 --to 5"];
    for form in ["", " --csv", " --json"] {
        for (period, part) in backwards
            .iter()
            .chain([&after_genesis.as_str()])
            .map(|period| (period, "ends before it begins"))
            .chain(later.iter().map(|period| (period, "has only got to block")))
        {
            let said = place.run(&format!("statement bob {period}{form}"));
            if form == " --json" {
                let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
                assert_eq!(envelope["error"]["code"], "usage.bad_period", "{period} {said:?}");
                assert_eq!(said.code, 2, "{period}");
            } else {
                refused(&said, 2, "usage.bad_period", part);
            }
        }
    }
    for line in ["statement bob --token CION", "statement bob --token CION --csv"] {
        refused(&place.run(line), 6, "token.unknown", "CION");
    }
    let year = place.run("statement bob --to 2026");
    assert!(year.code == 0 && year.err.contains("2026-01-01"), "{year:?}");
    // Periods that make sense, whatever their ends are written as.
    for period in ["--from 1 --to 1", "--from 0 --to 2099-01-01", "--from 2020-01-01 --to 9999999"]
    {
        let (data, _) = place.data(&format!("statement bob {period}"));
        assert!(data["opening"].is_array() && data["closing"].is_array(), "{period} {data}");
    }
}
