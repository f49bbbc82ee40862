//! Whole networks' lives in one process: real engines, simulated clock, links and disks.

mod agreement;
mod catalogue;
mod chance;
mod hostile;
mod waiting;
mod withheld;
