//! Decisions, read from bytes.

/// What is left of the bytes; after their end every decision is 0.
#[derive(Debug)]
pub(super) struct Script<'b>(&'b [u8]);

impl<'b> Script<'b> {
    /// Decisions from these bytes.
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Whether every byte was read.
    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// A number.
    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A large number.
    pub(super) fn word(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// One of several things, by its place among them; `None` if there are none.
    pub(super) fn choose<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        let number = usize::from(self.byte());
        things.get(number.checked_rem(things.len())?)
    }

    /// So many bytes, or what is left.
    pub(super) fn bytes(&mut self, count: usize) -> &'b [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
