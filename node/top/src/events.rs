//! Changes between two pictures, for the log.

use coinage_devnet::Line;
use coinage_model::time;

use super::facts::{Facts, NodeFacts, ReorgFacts, harmless, short};

/// Lines of the log that are kept.
const LINES_MAX: usize = 1000;

/// A line of the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Entry {
    /// Name of the node that the line is about; `top` for what this program has to say.
    pub(super) name: String,
    pub(super) text: String,
}

/// The last lines of the log, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(pub(super) Vec<Entry>);

impl Log {
    /// Adds lines of the logs of a devnet's nodes.
    pub(super) fn lines(&mut self, lines: Vec<Line>) {
        let entries = lines.into_iter();
        self.add(entries.map(|line| Entry { name: line.name(), text: harmless(&line.brief()) }));
    }

    /// Adds what changed; with `chain`, blocks and reorgs as well, where no log tells them.
    pub(super) fn changes(&mut self, old: &Facts, new: &Facts, chain: bool) {
        let at = clock(new.taken);
        let nodes = old.nodes.iter().zip(&new.nodes);
        let about = nodes.flat_map(|(old, new)| {
            let mut said = standing(old, new);
            if chain {
                said.extend(blocks(old, new));
                said.extend(reorgs(old, new).map(reorg));
            }
            said.into_iter().map(|text| (new.name.clone(), text)).collect::<Vec<_>>()
        });
        self.add(about.map(|(name, text)| Entry { name, text: format!("{at} {text}") }));
    }

    fn add(&mut self, entries: impl Iterator<Item = Entry>) {
        self.0.extend(entries);
        self.0.drain(..self.0.len().saturating_sub(LINES_MAX));
    }
}

/// The time of day, as in the nodes' logs.
pub(super) fn clock(time: u64) -> String {
    let text = time::format(time);
    text.get(11..23).unwrap_or(&text).to_owned()
}

/// A reorg in words.
pub(super) fn reorg(reorg: &ReorgFacts) -> String {
    let (old, new) = (&reorg.old_head, &reorg.new_head);
    format!(
        "reorg, depth {}: {} {} -> {} {}",
        reorg.depth,
        old.height,
        short(old),
        new.height,
        short(new)
    )
}

fn standing(old: &NodeFacts, new: &NodeFacts) -> Vec<String> {
    // That a node answers for the first time is to be expected.
    let begun = old.state() == "asking" && new.state() == "synced";
    if begun || old.state() == new.state() {
        return Vec::new();
    }
    let because = new.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    vec![format!("{}{because}", new.state())]
}

fn blocks(old: &NodeFacts, new: &NodeFacts) -> Option<String> {
    let head = new.answer.as_ref()?.head;
    let same = old.answer.as_ref().is_some_and(|old| old.head.hash == head.hash);
    (!same).then(|| format!("head {} {}", head.height, short(&head)))
}

fn reorgs<'a>(old: &'a NodeFacts, new: &'a NodeFacts) -> impl Iterator<Item = &'a ReorgFacts> + 'a {
    // What happened before the first look is no news.
    let next = |last: &ReorgFacts| last.number.saturating_add(1);
    let known = old.answer.as_ref().map(|old| old.reorgs.first().map_or(0, next));
    let all = new.answer.iter().flat_map(|answer| answer.reorgs.iter().rev());
    all.filter(move |one| known.is_some_and(|known| one.number >= known))
}
