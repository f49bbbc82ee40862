//! A node at work: bytes choose what happens to a real engine, one input after the other, and after
//! each of them everything that an engine promises its shell is checked.

mod forging;
mod peers;
mod script;
mod shell;
mod turns;
mod world;

use self::script::Script;
use self::turns::Run;
use self::world::WORLD;

/// Inputs to an engine beyond which the bytes are not read on.
const TURNS_MAX: usize = 400;

/// The bytes of a run: how the node is set, then one turn after the other.
pub(super) fn engine(bytes: &[u8]) {
    let mut script = Script::new(bytes);
    let mut run = Run::new(&WORLD, &mut script);
    for _ in 0..TURNS_MAX {
        if script.is_over() {
            break;
        }
        run.turn(&mut script);
    }
    run.end();
}
