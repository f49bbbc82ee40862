//! Whole networks' lives in one process: real engines, simulated clock, links and disks.

mod agreement;
mod catalogue;
mod clock;
mod edges;
mod hostile;
mod lives;
mod scenario;
mod steps;
mod waiting;
mod withheld;
