//! Whole networks' lives in one process: real engines, simulated clock, links and disks.

mod agreement;
mod chance;
mod edges;
mod hostile;
mod steps;
mod waiting;
mod withheld;
