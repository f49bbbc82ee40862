//! The thread that writes.

use std::io;
use std::thread::JoinHandle;

use coinage_protocol::engine::{Batch, BatchNumber};
use tokio::sync::{mpsc, watch};

/// Batches that wait for the disk at most.
const QUEUE: usize = 64;

/// Writes batches in order on a thread of its own; those that wait become one write.
#[derive(Debug)]
pub(super) struct Disk {
    queue: mpsc::Sender<(BatchNumber, Batch)>,
    written: watch::Receiver<Written>,
    thread: JoinHandle<()>,
}

/// Progress of the disk.
#[derive(Clone, Debug)]
pub(super) enum Written {
    /// The disk has everything up to this batch, durably.
    UpTo(BatchNumber),
    /// A write failed, and nothing is written any more.
    Failed(String),
}

impl Disk {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub(super) fn start<E: std::error::Error>(
        write: impl FnMut(&[Batch]) -> Result<(), E> + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, batches) = mpsc::channel(QUEUE);
        let (progress, written) = watch::channel(Written::UpTo(BatchNumber(0)));
        let thread = std::thread::Builder::new()
            .name("storage".into())
            .spawn(move || run(batches, &progress, write))?;
        Ok(Self { queue, written, thread })
    }

    /// Hands a batch over; waits if too many wait already.
    ///
    /// A thread that has stopped says why through [`Disk::written`].
    pub(super) async fn write(&self, number: BatchNumber, batch: Batch) {
        let _ = self.queue.send((number, batch)).await;
    }

    /// Waits for news of how far the disk is.
    ///
    /// Cancel safety: nothing is lost.
    pub(super) async fn written(&mut self) -> Written {
        if self.written.changed().await.is_err() {
            return Written::Failed("the storage thread has stopped".into());
        }
        self.written.borrow_and_update().clone()
    }

    /// Writes what waits and stops.
    pub(super) async fn finish(self) -> Written {
        let Self { queue, written, thread } = self;
        drop(queue);
        let joined = tokio::task::spawn_blocking(move || thread.join().is_ok()).await;
        match joined {
            Ok(true) => written.borrow().clone(),
            _ => Written::Failed("the storage thread has panicked".into()),
        }
    }
}

fn run<E: std::error::Error>(
    mut batches: mpsc::Receiver<(BatchNumber, Batch)>,
    progress: &watch::Sender<Written>,
    mut write: impl FnMut(&[Batch]) -> Result<(), E>,
) {
    let mut waiting = Vec::with_capacity(QUEUE);
    while let Some((first, batch)) = batches.blocking_recv() {
        let mut last = first;
        waiting.push(batch);
        while waiting.len() < QUEUE
            && let Ok((number, batch)) = batches.try_recv()
        {
            last = number;
            waiting.push(batch);
        }
        if let Err(error) = write(&waiting) {
            progress.send_replace(Written::Failed(error.to_string()));
            return;
        }
        waiting.clear();
        progress.send_replace(Written::UpTo(last));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc as blocking;

    use coinage_protocol::{BlockHash, Height, Slot, Tip};

    use super::*;

    fn batch(height: u64) -> Batch {
        let head = Tip {
            height: Height::new(height),
            slot: Slot::new(height),
            hash: BlockHash::default(),
        };
        Batch::at(head)
    }

    #[tokio::test]
    async fn batches_that_wait_become_one_write_in_order() {
        let (started, wait_started) = blocking::channel();
        let (go, wait_go) = blocking::channel::<()>();
        let mut disk = Disk::start(move |batches: &[Batch]| {
            let heights: Vec<_> = batches.iter().map(|batch| batch.head.height.get()).collect();
            started.send(heights).expect("the test listens");
            wait_go.recv().expect("the test allows it");
            Ok::<_, io::Error>(())
        })
        .expect("a thread");
        disk.write(BatchNumber(1), batch(1)).await;
        assert_eq!(wait_started.recv(), Ok(vec![1]));
        disk.write(BatchNumber(2), batch(2)).await;
        disk.write(BatchNumber(3), batch(3)).await;
        go.send(()).expect("it waits");
        assert!(matches!(disk.written().await, Written::UpTo(BatchNumber(1))));
        go.send(()).expect("it waits");
        assert_eq!(wait_started.recv(), Ok(vec![2, 3]));
        go.send(()).expect("it waits");
        assert!(matches!(disk.finish().await, Written::UpTo(BatchNumber(3))));
    }

    #[tokio::test]
    async fn a_failed_write_is_never_tried_again() {
        let mut writes = 0;
        let mut disk = Disk::start(move |_: &[Batch]| {
            writes += 1;
            assert_eq!(writes, 1, "tried again");
            Err(io::Error::other("no space left"))
        })
        .expect("a thread");
        disk.write(BatchNumber(1), batch(1)).await;
        disk.write(BatchNumber(2), batch(2)).await;
        assert!(matches!(disk.written().await, Written::Failed(why) if why == "no space left"));
        assert!(matches!(disk.finish().await, Written::Failed(_)));
    }
}
