//! The parts of the screen.

use std::time::Duration;

use coinage_model::chain::TipKindJson;
use coinage_model::status::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Sparkline, Widget};

use super::branches::Branch;
use super::events::{Log, clock, reorg};
use super::facts::{AnswerFacts, Facts, NodeFacts, ReorgFacts, short};
use super::look::{Look, Theme};

/// A column of the nodes' table.
struct Column {
    head: &'static str,
    width: usize,
    /// Width of the screen from which on the column is shown.
    from: u16,
    right: bool,
    text: fn(&NodeFacts, &AnswerFacts) -> String,
}

const COLUMNS: [Column; 12] = [
    Column { head: "STATE", width: 13, from: 0, right: false, text: |node, _| node.state().into() },
    Column { head: "HEAD", width: 18, from: 50, right: false, text: |_, answer| head(answer) },
    Column { head: "LAG", width: 5, from: 0, right: true, text: |_, answer| lag(answer) },
    Column { head: "FINAL", width: 9, from: 88, right: true, text: |_, one| finalized(one) },
    Column { head: "PEERS", width: 5, from: 96, right: true, text: |_, one| one.peers.to_string() },
    Column { head: "HEARD", width: 5, from: 60, right: true, text: |_, one| one.heard.clone() },
    Column { head: "POOL", width: 6, from: 60, right: true, text: |_, answer| pool(answer) },
    Column { head: "AGE", width: 6, from: 70, right: true, text: |_, one| age(one.block_age_ms) },
    Column { head: "TX/S", width: 7, from: 80, right: true, text: |_, answer| per_second(answer) },
    Column { head: "ROLE", width: 9, from: 106, right: false, text: |_, answer| role(answer) },
    Column { head: "REORGS", width: 16, from: 122, right: false, text: |_, one| depths(one) },
    Column { head: "URL", width: 40, from: 160, right: false, text: |node, _| url(node) },
];

/// Characters of a node's name.
const NAME_WIDTH: usize = 10;

/// The table of nodes; scrolled so that the chosen one is seen.
pub(super) fn nodes(facts: &Facts, look: &Look, area: Rect, to: &mut Buffer) {
    let columns = || COLUMNS.iter().filter(|column| column.from <= area.width);
    let mut header = format!(" {:NAME_WIDTH$}", "NODE");
    columns().for_each(|column| header.push_str(&cell(column, column.head)));
    let mut lines = vec![Line::styled(header, look.theme.quiet())];
    let room = usize::from(area.height.saturating_sub(1)).max(1);
    let chosen = look.chosen.unwrap_or(0);
    let first = chosen.saturating_sub(room.saturating_sub(1));
    for (at, node) in facts.nodes.iter().enumerate().skip(first).take(room) {
        let mut spans = vec![Span::raw(format!(" {:NAME_WIDTH$}", cut(&node.name, NAME_WIDTH)))];
        for column in columns() {
            let text = match &node.answer {
                Some(answer) => (column.text)(node, answer),
                None if column.head == "STATE" => node.state().to_owned(),
                None => "-".to_owned(),
            };
            let style = if column.head == "STATE" {
                standing(node, look.theme)
            } else {
                lagging(node, column, look.theme)
            };
            spans.push(Span::styled(cell(column, &text), style));
        }
        let line = Line::from(spans);
        let inverted = Style::new().add_modifier(Modifier::REVERSED);
        lines.push(if look.chosen == Some(at) { line.patch_style(inverted) } else { line });
    }
    Paragraph::new(lines).render(area, to);
}

/// Draws how fast the best chain grows, with small curves.
pub(super) fn rates(facts: &Facts, look: &Look, area: Rect, to: &mut Buffer) {
    let lines = Layout::vertical([Constraint::Length(1); 2]).split(area);
    let kinds = [
        ("blocks", facts.rates.map(|rates| rates.blocks_per_second), &facts.curves.blocks),
        (
            "transactions",
            facts.rates.map(|rates| rates.transactions_per_second),
            &facts.curves.transactions,
        ),
    ];
    for (line, (what, rate, curve)) in lines.iter().zip(kinds) {
        if line.height == 0 {
            continue;
        }
        let rate = rate.map_or_else(|| "?".to_owned(), |rate| format!("{rate:.2}"));
        let [text, room] =
            Layout::horizontal([Constraint::Length(26), Constraint::Min(0)]).areas(*line);
        Line::from(format!(" {what:12} {rate:>8}/s")).render(text, to);
        let from = curve.len().saturating_sub(usize::from(room.width));
        let curve = curve.iter().skip(from).copied();
        Sparkline::default().data(curve).style(look.theme.good()).render(room, to);
    }
}

/// Draws the live strip: the best chain, what leaves it and where, and the last reorg.
pub(super) fn branches(facts: &Facts, look: &Look, area: Rect, to: &mut Buffer) {
    let mut lines = vec![Line::styled(" CHAIN", look.theme.quiet())];
    let best = facts.branches.first();
    let end = facts.branches.iter().map(|branch| branch.tip.height).max().unwrap_or(0);
    let label = 30.min(usize::from(area.width) / 2);
    let room = usize::from(area.width).saturating_sub(label).saturating_sub(2).min(80);
    let from = end.saturating_sub(u64::try_from(room / 2).unwrap_or(0)).saturating_add(1);
    let shown = usize::from(area.height).saturating_sub(2);
    for branch in facts.branches.iter().take(shown) {
        let strip = format!(" {:room$} ", strip(branch, from, end));
        let style = match branch.kind {
            TipKindJson::Invalid => look.theme.bad(),
            TipKindJson::Head if best.is_some_and(|best| best.tip == branch.tip) => {
                look.theme.good()
            }
            _ => look.theme.odd(),
        };
        lines.push(Line::from(vec![Span::styled(strip, style), Span::raw(who(branch))]));
    }
    lines.push(last_reorg(facts, look));
    Paragraph::new(lines).render(area, to);
}

/// The end of the log; of the chosen node alone, if there is one.
pub(super) fn log(facts: &Facts, log: &Log, look: &Look, area: Rect, to: &mut Buffer) {
    let node = look.chosen.and_then(|at| facts.nodes.get(at));
    let mut lines = vec![Line::styled(
        node.map_or_else(|| " LOG".to_owned(), |node| format!(" LOG of {}", node.name)),
        look.theme.quiet(),
    )];
    let warnings = node.and_then(|node| node.answer.as_ref()).map(|answer| &answer.warnings);
    lines.extend(
        warnings
            .into_iter()
            .flatten()
            .map(|warning| Line::styled(format!(" warning: {warning}"), look.theme.odd())),
    );
    if let Some(error) = node.and_then(|node| node.error.as_ref()) {
        lines.push(Line::styled(format!(" {error}"), look.theme.bad()));
    }
    let room = usize::from(area.height).saturating_sub(lines.len());
    let entries = log.0.iter().filter(|entry| node.is_none_or(|node| node.name == entry.name));
    let last: Vec<_> = entries.rev().take(room).collect();
    lines.extend(last.into_iter().rev().map(|entry| {
        let name = format!(" {:4} ", cut(&entry.name, NAME_WIDTH));
        let style = match &entry.text {
            text if text.contains(" ERROR ") => look.theme.bad(),
            text if text.contains(" WARN ") || text.contains("reorg") => look.theme.odd(),
            _ => Style::new(),
        };
        Line::from(vec![
            Span::styled(name, look.theme.quiet()),
            Span::styled(entry.text.clone(), style),
        ])
    }));
    Paragraph::new(lines).render(area, to);
}

/// A branch as a row of blocks, two columns for each height from `from` to `end`.
pub(super) fn strip(branch: &Branch, from: u64, end: u64) -> String {
    let mut text = String::new();
    for height in from..=end {
        let on_branch = branch.fork_height.is_none_or(|fork| height > fork);
        let begins = branch.fork_height.is_some_and(|fork| height == fork.saturating_add(1));
        text.push(match (on_branch && height <= branch.tip.height, begins) {
            (true, true) => '`',
            (true, false) => '-',
            (false, _) => ' ',
        });
        text.push(match branch.blocks.get(&height) {
            _ if !on_branch || height > branch.tip.height => ' ',
            Some((_, 0)) => 'o',
            Some(_) => '*',
            // Its header is all that is known, or not even that.
            None => '.',
        });
    }
    text
}

/// Returns where a branch ends, and which nodes are on it.
fn who(branch: &Branch) -> String {
    let names: Vec<_> = branch
        .nodes
        .iter()
        .map(|node| match node.behind {
            0 => node.name.clone(),
            behind => format!("{}-{behind}", node.name),
        })
        .collect();
    let kind = match branch.kind {
        TipKindJson::Head => names.join(" "),
        TipKindJson::Side => format!("side ({})", branch.known_to.join(" ")),
        TipKindJson::HeadersOnly => format!("headers only ({})", branch.known_to.join(" ")),
        TipKindJson::Invalid => format!("invalid ({})", branch.known_to.join(" ")),
    };
    format!("{} {} {kind}", branch.tip.height, short(&branch.tip))
}

fn last_reorg(facts: &Facts, look: &Look) -> Line<'static> {
    let of = |node: &NodeFacts| -> Option<(ReorgFacts, String)> {
        Some((node.answer.as_ref()?.reorgs.first()?.clone(), node.name.clone()))
    };
    let last = facts.nodes.iter().filter_map(of).max_by_key(|(last, _)| last.time);
    match last {
        None => Line::styled(" no reorgs so far", look.theme.quiet()),
        Some((last, name)) => {
            let text = format!(" {} {name}: {}", clock(last.time), reorg(&last));
            Line::styled(text, look.theme.odd())
        }
    }
}

fn cell(column: &Column, text: &str) -> String {
    let (text, width) = (cut(text, column.width), column.width);
    if column.right { format!(" {text:>width$}") } else { format!(" {text:width$}") }
}

/// Returns at most so many characters of a text.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn standing(node: &NodeFacts, theme: Theme) -> Style {
    match node.state() {
        "synced" => theme.good(),
        "unreachable" | "other network" => theme.bad(),
        _ => theme.odd(),
    }
}

fn lagging(node: &NodeFacts, column: &Column, theme: Theme) -> Style {
    let lag = node.answer.as_ref().and_then(|answer| answer.lag).unwrap_or(0);
    if column.head == "LAG" && lag > 2 { theme.bad() } else { Style::new() }
}

fn head(answer: &AnswerFacts) -> String {
    format!("{} {}", answer.head.height, short(&answer.head))
}

fn lag(answer: &AnswerFacts) -> String {
    answer.lag.map_or_else(|| "?".to_owned(), |lag| lag.to_string())
}

/// Height of a node's final block.
pub fn finalized(answer: &AnswerFacts) -> String {
    answer.final_height.map_or_else(|| "-".to_owned(), |height| height.to_string())
}

fn pool(answer: &AnswerFacts) -> String {
    answer.mempool.transactions.to_string()
}

fn per_second(answer: &AnswerFacts) -> String {
    answer
        .rates
        .map_or_else(|| "?".to_owned(), |rates| format!("{:.1}", rates.transactions_per_second))
}

/// Role of a node in a word, with its index if it is an authority.
pub fn role(answer: &AnswerFacts) -> String {
    match answer.role {
        Role::Authority => "authority".to_owned(),
        Role::Observer => "observer".to_owned(),
    }
}

fn depths(answer: &AnswerFacts) -> String {
    let depths: Vec<_> = answer.reorgs.iter().map(|reorg| reorg.depth.to_string()).collect();
    if depths.is_empty() { "none".to_owned() } else { format!("depth {}", depths.join(",")) }
}

fn url(node: &NodeFacts) -> String {
    node.url.clone().unwrap_or_else(|| "-".to_owned())
}

/// A time span in three or four characters.
pub fn age(ms: u64) -> String {
    let seconds = Duration::from_millis(ms).as_secs();
    match seconds {
        0..=9 => format!("{}.{}s", seconds, ms % 1000 / 100),
        10..=119 => format!("{seconds}s"),
        120..=7199 => format!("{}m", seconds / 60),
        7200..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
