//! Whole networks' lives in one process: real engines, simulated clock, links and disks.

mod agreement;
mod clock;
mod hostile;
mod lives;
mod waiting;
mod withheld;
