//! Values that change now and then along a chain, by the heights from which it holds.

use alloc::collections::VecDeque;

use crate::units::Height;

/// A value for each block of the chain, from the final block up.
///
/// # Invariant
///
/// There is always a first one; it holds below its height, too, where nobody asks any more.
#[derive(Debug)]
pub(super) struct Along<T> {
    /// Heights from which each holds, the lowest first.
    changes: VecDeque<(Height, T)>,
}

impl<T: Clone> Along<T> {
    /// The same value from a height on.
    pub(super) fn new(height: Height, value: T) -> Self {
        Self { changes: VecDeque::from([(height, value)]) }
    }

    /// The value of the block at a height, the final one or above.
    pub(super) fn at(&self, height: Height) -> &T {
        let up_to = self.changes.partition_point(|(from, _)| *from <= height).saturating_sub(1);
        &self.changes.get(up_to).expect("there is always a first one").1
    }

    /// Sets the value of a block on top and of those that follow.
    pub(super) fn push(&mut self, height: Height, value: T) {
        self.changes.push_back((height, value));
    }

    /// Leaves out the change before the newest ones, if it is the same to whoever asks as the one
    /// before it.
    pub(super) fn thin(&mut self, kept: usize, is_same: impl Fn(&T, &T) -> bool) {
        let Some(at) = self.changes.len().checked_sub(kept) else { return };
        let value = |at: usize| self.changes.get(at).map(|(_, value)| value);
        let pair = at.checked_sub(1).and_then(value).zip(value(at));
        if pair.is_some_and(|(before, one)| is_same(before, one)) {
            self.changes.remove(at);
        }
    }

    /// Forgets those that begin above a height.
    pub(super) fn cut(&mut self, height: Height) {
        let kept = self.changes.partition_point(|(from, _)| *from <= height);
        self.changes.truncate(kept.max(1));
    }

    /// Forgets those that no block at a height or above has.
    pub(super) fn forget_below(&mut self, height: Height) {
        let there = self.changes.partition_point(|(from, _)| *from <= height);
        self.changes.drain(..there.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_chain_up_and_back() {
        let height = Height::new;
        let mut along = Along::new(height(0), 'a');
        along.push(height(2), 'b');
        along.push(height(5), 'c');
        let at = |along: &Along<char>, number| *along.at(height(number));
        assert_eq!([1, 2, 4, 5, 9].map(|number| at(&along, number)), ['a', 'b', 'b', 'c', 'c']);
        along.forget_below(height(4));
        assert_eq!(at(&along, 4), 'b', "in force there");
        along.cut(height(4));
        assert_eq!(at(&along, 9), 'b');
        along.cut(height(1));
        assert_eq!(at(&along, 9), 'b', "there is always one");
        for number in 10..1_000 {
            along.push(height(number), 'd');
            along.thin(3, |before, one| before == one);
        }
        assert!(along.changes.len() <= 5, "{}", along.changes.len());
        assert_eq!([9, 10, 500, 999].map(|number| at(&along, number)), ['b', 'd', 'd', 'd']);
    }
}
