//! Whole networks' lives in one process: real engines, simulated clock, links and disks.

mod agreement;
mod chance;
mod clock;
mod hostile;
mod waiting;
mod withheld;
