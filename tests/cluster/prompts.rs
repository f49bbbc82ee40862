//! Questions on a terminal, and people who do not answer them.

use std::process::Command;

use coinage_tests::program::{Desk, eventually};
use coinage_tests::terminal::Terminal;

use crate::PROGRAM;

const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";

fn asked(desk: &Desk, words: &str) -> Terminal {
    Terminal::start(&desk.command(&words.split(' ').collect::<Vec<_>>()))
}

#[test]
fn who_interrupts_a_question_for_a_password_has_the_terminal_as_it_was() {
    let desk = Desk::beside(PROGRAM);
    for signal in [None, Some("-TERM"), Some("-INT")] {
        let mut terminal = asked(&desk, "wallet new ann");
        terminal.wait_for("New password", 1);
        eventually("what is typed is hidden", || !terminal.shows_typing());
        match signal {
            None => terminal.press(CTRL_C),
            Some(name) => {
                let pid = terminal.pid().to_string();
                assert!(Command::new("kill").args([name, &pid]).status().expect("kill").success());
            }
        }
        assert_eq!(terminal.wait(), 130, "{}", terminal.said());
        assert!(terminal.shows_typing(), "{signal:?}: {}", terminal.said());
    }
    assert!(!desk.path("home/wallets/ann.json").exists());
}

#[test]
fn an_input_that_ends_is_no_answer() {
    let desk = Desk::beside(PROGRAM);
    let mut terminal = asked(&desk, "wallet new ann");
    terminal.wait_for("New password", 1);
    terminal.press(CTRL_D);
    assert_eq!(terminal.wait(), 3, "{}", terminal.said());
    terminal.wait_for("the input ended", 1);
    assert!(terminal.shows_typing());
    // The phrase is shown, and nobody types its words.
    let mut terminal = asked(&desk, "wallet new ann");
    for question in ["New password", "The same again"] {
        terminal.wait_for(question, 1);
        eventually("what is typed is hidden", || !terminal.shows_typing());
        terminal.press("a long password\r");
    }
    terminal.wait_for("Word ", 1);
    terminal.press(CTRL_D);
    assert_eq!(terminal.wait(), 3, "{}", terminal.said());
    terminal.wait_for("the input ended", 1);
    assert!(!terminal.said().contains("Look at your paper"), "{}", terminal.said());
    assert!(!desk.path("home/wallets/ann.json").exists());
}
