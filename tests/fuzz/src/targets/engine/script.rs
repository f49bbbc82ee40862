//! Decisions, read from bytes.

/// Bytes that are left to read; after their end every decision is 0.
#[derive(Debug)]
pub(super) struct Script<'b>(&'b [u8]);

impl<'b> Script<'b> {
    /// Decisions from these bytes.
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Checks whether every byte was read.
    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a number.
    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Reads a large number.
    pub(super) fn word(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// Chooses one of several things, by its place among them; `None` if there are none.
    pub(super) fn choose<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        let number = usize::from(self.byte());
        things.get(number.checked_rem(things.len())?)
    }

    /// Reads so many bytes, or what is left.
    pub(super) fn bytes(&mut self, count: usize) -> &'b [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
