//! Faults that befall nodes, and how they come back.

use coinage_protocol::engine::{Batch, Engine, RestoreError};
use coinage_protocol::{BlockHash, UnixMillis};

use super::{Family, Happening, World};
use crate::memory::MemoryChain;

impl World {
    /// Separates the groups from each other. Nodes in no group stay connected to all.
    pub fn partition(&mut self, groups: &[&[usize]]) {
        for (position, group) in groups.iter().enumerate() {
            for other in &groups[position + 1..] {
                for (one, two) in
                    group.iter().flat_map(|one| other.iter().map(move |two| (*one, *two)))
                {
                    self.links.part(one, two);
                    self.disconnect(one, two);
                }
            }
        }
    }

    /// Connects everybody again.
    pub fn heal(&mut self) {
        self.links.heal();
        for one in 0..self.nodes.len() {
            for two in 0..one {
                self.connect(one, two);
            }
        }
    }

    /// Stops a node at once; what was not durable is lost.
    pub fn kill(&mut self, node: usize) {
        self.crash(node, 0);
    }

    /// Stops a node at once, just after the first so many of its writes under way became durable.
    pub(crate) fn crash(&mut self, node: usize, written: usize) {
        if let Err(error) = self.end(node, written) {
            self.violation("X-3", || error);
        }
        self.trace.note(self.time, node, &[b"crash"], || "is killed".into());
    }

    /// Starts a stopped node with what is on its disk, if that is in order.
    pub fn start(&mut self, node: usize) {
        let found = self.nodes[node].disk.open();
        if found.dropped {
            self.tally.count(Family::Disk, "torn record dropped");
        }
        let refused = found.refused;
        let restored = self.nodes[node].restore(&self.spec, self.time, found);
        if let Some(Ok(engine)) = &restored {
            // Whether or not the disk has noticed anything: the protocol must.
            let state = engine.state().entries();
            if let Err((_, error)) = self.auditor.holds(&engine.head(), state) {
                self.violation("I13", || {
                    format!("node {} would run on a damaged record: {error}", node + 1)
                });
            }
        }
        match (refused, restored) {
            (None, Some(Ok(engine))) => self.begin(node, engine),
            (refused, restored) => self.refuse_to_start(node, refused, restored.map(Result::err)),
        }
    }

    fn begin(&mut self, node: usize, engine: Engine<MemoryChain>) {
        self.nodes[node].start(engine);
        self.trace.note(self.time, node, &[b"start"], || "starts".into());
        let (head, stored) = (self.nodes[node].engine().head(), self.nodes[node].disk.head());
        if head != stored || !self.nodes[node].had(&head.hash) {
            self.violation("I12", || format!("node {} starts with {head:?}", node + 1));
        }
        self.check_disk(node);
        self.schedule(0, node, Happening::Tick);
        if self.nodes[node].villain.is_none() {
            self.check_final(node, &self.view(node));
        } else {
            self.schedule(1, node, Happening::Mischief);
        }
        for other in 0..self.nodes.len() {
            self.connect(node, other);
        }
    }

    fn refuse_to_start(
        &mut self,
        node: usize,
        disk: Option<&'static str>,
        engine: Option<Option<RestoreError>>,
    ) {
        let error = engine.flatten().map(|error| error.to_string());
        if !self.nodes[node].disk.is_damaged() {
            self.violation("I12", || format!("node {} does not start: {disk:?}", node + 1));
        }
        if disk.is_some() {
            self.tally.count(Family::Disk, "start refused by the disk");
        }
        if error.is_some() {
            self.tally.count(Family::Disk, "start refused by the engine");
        }
        self.nodes[node].is_broken = true;
        let why = error.unwrap_or_else(|| disk.unwrap_or_default().to_owned());
        self.trace.note(self.time, node, &[b"refused"], || format!("does not start: {why}"));
    }

    /// Ends a node's process because a record that it asked for could not be read: nothing of what
    /// it would have done then is done.
    pub(super) fn fail(&mut self, node: usize) {
        self.tally.count(Family::Disk, "read refused");
        // What it owes, it owes for ever.
        let _owed = self.end(node, usize::MAX);
        self.nodes[node].is_broken = true;
        self.trace.note(self.time, node, &[b"failed"], || "cannot read its disk".into());
    }

    /// Stops a node at once, and leaves of the write that was under way only a part.
    pub(crate) fn tear(&mut self, node: usize, at: u64, checksums: bool) {
        if let Some(batch) = self.nodes[node].under_way(1).pop() {
            self.nodes[node].disk.tear(&batch, at, checksums);
        }
        self.crash(node, 0);
    }

    fn end(&mut self, node: usize, written: usize) -> Result<(), String> {
        for batch in self.nodes[node].under_way(written) {
            self.write(node, &batch);
        }
        self.frozen.remove(&node);
        for other in 0..self.nodes.len() {
            self.disconnect(node, other);
        }
        self.nodes[node].stop()
    }

    /// Checks whether a node's disk is the only one of honest nodes that has a block which is final
    /// somewhere, or which an authority has signed for last: no rule brings such a block back.
    pub(crate) fn is_only_copy(&self, node: usize) -> bool {
        let honest = || self.nodes.iter().enumerate().filter(|(_, one)| one.villain.is_none());
        let needed = honest().flat_map(|(_, one)| one.relied_on());
        let elsewhere =
            |hash: &BlockHash| honest().any(|(other, one)| other != node && one.disk.holds(hash));
        let held = |hash: &BlockHash| self.nodes[node].disk.holds(hash);
        needed.into_iter().any(|hash| held(&hash) && !elsewhere(&hash))
    }

    /// Brings a damaged disk back to what it was, from a copy that its operator has, if the disk
    /// did not take up a write in part.
    pub(crate) fn restore_copy(&mut self, node: usize) -> bool {
        let mended = self.nodes[node].disk.mend();
        self.nodes[node].is_broken &= !mended;
        mended
    }

    /// Empties the disk of a stopped node. Its memory of what it signed stays.
    pub fn wipe(&mut self, node: usize) {
        if self.is_only_copy(node) {
            self.has_lost_for_good = true;
            self.tally.count(Family::Disk, "only copy lost");
        }
        self.nodes[node].disk = MemoryChain::new(&self.spec);
        self.nodes[node].is_broken = false;
        self.finality.forget(node);
        self.trace.note(self.time, node, &[b"wipe"], || "loses its disk".into());
    }

    /// Sets a node's clock ahead, or back.
    pub fn set_clock(&mut self, node: usize, ahead_ms: i64) {
        let node = &mut self.nodes[node];
        node.clock_ahead_ms = ahead_ms;
        node.was_far_ahead |= ahead_ms > 0 && node.has_far_clock();
    }

    /// Freezes a node's process until it is woken; what comes to it waits.
    pub fn freeze(&mut self, node: usize) {
        self.frozen.entry(node).or_default();
        self.trace.note(self.time, node, &[b"freeze"], || "freezes".into());
    }

    /// Freezes a node's process for so many slots.
    pub(crate) fn pause(&mut self, node: usize, slots: u64) {
        self.freeze(node);
        self.schedule(slots * self.slot_ms(), node, Happening::Thaw);
    }

    /// A frozen process goes on with what came meanwhile.
    pub fn resume(&mut self, node: usize) {
        self.trace.note(self.time, node, &[b"thaw"], || "goes on".into());
        let life = self.nodes[node].life;
        for happening in self.frozen.remove(&node).unwrap_or_default() {
            // What came for a process that has ended meanwhile is lost.
            if self.nodes[node].life == life {
                self.happen(node, happening);
            }
        }
    }

    /// Checks whether a node's process is frozen.
    pub fn is_paused(&self, node: usize) -> bool {
        self.frozen.contains_key(&node)
    }

    /// Schedules a villain's turn once more, in the next slot.
    pub(crate) fn mischief_again(&mut self, node: usize) {
        let delay = self.slot_ms() - self.time % self.slot_ms();
        self.schedule(delay, node, Happening::Mischief);
    }

    /// Writes a batch to a node's disk, and checks what is there then.
    pub(super) fn write(&mut self, node: usize, batch: &Batch) {
        if !batch.reverted.is_empty() {
            self.tally.count(Family::Chain, "reverted batch");
        }
        self.nodes[node].write(batch);
        for linked in &batch.applied {
            let (slot, latest) = (linked.block.header().slot, self.nodes[node].latest);
            // A block of the next slot is taken: clocks differ.
            if self.spec.slot_time(slot) > UnixMillis::new(latest + self.slot_ms()) {
                self.violation("B-9", || {
                    format!("node {} adopts a block of slot {slot}, which is to come", node + 1)
                });
            }
            let proves = self.finality.proves(linked.block.header());
            let adopted = self.auditor.adopted(&linked.block.to_block());
            if let Err((invariant, error)) = proves.and(adopted) {
                let hash = linked.block.hash();
                self.violation(invariant, || {
                    format!("node {} adopts block {hash}: {error}", node + 1)
                });
            }
        }
        self.check_disk(node);
    }

    /// Checks whether a node's stored balances are those that the model has at its head.
    fn check_disk(&self, node: usize) {
        let disk = &self.nodes[node].disk;
        let head = disk.head();
        if let Err((invariant, error)) =
            disk.read(|entries| self.auditor.holds(&head, entries.iter()))
        {
            self.violation(invariant, || format!("node {} at {head:?}: {error}", node + 1));
        }
    }
}
