//! Each clause of each charter that ships, obeyed by the ledger: what it allows, what it refuses.
//!
//! The tables run over ten years. A line has the day from the anchor, the clause that it is about,
//! the action and the answer; an answer that names no clause comes from what no clause allows.

mod issued;
mod owed;
mod ways;

use coinage_policy::{Language, charters};

use crate::world::{Act, World};

/// A line of a table.
struct Line {
    day: u64,
    clause: u16,
    act: Act,
    answer: &'static str,
    times: u64,
    every_days: u64,
}

/// A line for one day.
const fn on(day: u64, clause: u16, act: Act, answer: &'static str) -> Line {
    Line { day, clause, act, answer, times: 1, every_days: 0 }
}

/// The same line so many times, a number of days apart.
const fn again(times: u64, every_days: u64, line: Line) -> Line {
    Line { times, every_days, ..line }
}

/// Plays a table, and checks that it tries each clause of the charter both ways.
fn play(name: &str, table: &[Line]) {
    let shipped = charters().iter().find(|one| one.name == name).expect("it ships");
    let mut world = World::new(shipped.text(Language::English));
    for line in table {
        for turn in 0..line.times {
            let day = line.day + turn * line.every_days;
            world.set_day(day);
            let answer = world.answer(line.act, turn + 1);
            assert_eq!(answer, line.answer, "{name}, day {day}, {:?}, turn {turn}", line.act);
        }
    }
    world.state.check_supply().expect("balances sum to the supply");
    for (id, _) in world.charter.numbered() {
        let answers = || table.iter().filter(|line| line.clause == id.number());
        assert!(answers().any(|line| line.answer == "yes"), "{name}: {id} never allows");
        assert!(answers().any(|line| line.answer != "yes"), "{name}: {id} never refuses");
    }
    let last = table.last().map(|line| line.day);
    assert!(last >= Some(3_650), "{name}: ten years");
}
