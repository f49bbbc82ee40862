//! Whole networks' lives in one process: real engines, simulated clock, links and disks.

mod agreement;
mod asker;
mod authorities;
mod clock;
mod conflict;
mod conformance;
mod edges;
mod evidence;
mod fetching;
mod finality;
mod heavy;
mod hostile;
mod lives;
mod quiet;
mod room;
mod scenario;
mod serving;
mod shunned;
mod split_limits;
mod standing;
mod starving;
mod steps;
mod timekeeping;
mod unheard;
mod waiting;
mod withheld;
