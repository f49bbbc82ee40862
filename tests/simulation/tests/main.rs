//! Whole networks' lives in one process: real engines, simulated clock, links and disks.

mod agreement;
mod catalogue;
mod hostile;
mod lives;
mod scenario;
mod waiting;
mod withheld;
