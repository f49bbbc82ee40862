//! Draws a picture of the nodes; a pure function of it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Widget};

use super::events::Log;
use super::facts::{Facts, short};
use super::look::Look;
use super::panes;

/// Size of the smallest screen that shows anything.
pub(super) const WIDTH_MIN: u16 = 30;
pub(super) const HEIGHT_MIN: u16 = 6;
/// Lines from which on there is room for rates, and for branches.
const HEIGHT_WITH_RATES: u16 = 12;
const HEIGHT_WITH_BRANCHES: u16 = 14;
/// Branches shown at once.
const BRANCHES_MAX: usize = 5;

/// Draws everything that there is room for.
pub(super) fn draw(facts: &Facts, log: &Log, look: &Look, area: Rect, to: &mut Buffer) {
    Clear.render(area, to);
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        let (width, height) = (area.width, area.height);
        let text = format!("too small: {width}x{height}, needs {WIDTH_MIN}x{HEIGHT_MIN}");
        // On very few columns the first word must be enough.
        return Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }).render(area, to);
    }
    let [title, body, keys] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)])
            .areas(area);
    headline(facts, look).render(title, to);
    key_line(look).render(keys, to);
    if look.help {
        return Paragraph::new(HELP).render(body, to);
    }
    if look.log_only {
        return panes::log(facts, log, look, body, to);
    }
    let nodes =
        rows(facts.nodes.len()).saturating_add(1).min((body.height.saturating_mul(2) / 3).max(3));
    let rates = if area.height >= HEIGHT_WITH_RATES { 2 } else { 0 };
    let branches = rows(facts.branches.len().clamp(1, BRANCHES_MAX)).saturating_add(2);
    let branches = if area.height >= HEIGHT_WITH_BRANCHES { branches } else { 0 };
    let [nodes, rates, branches, log_area] = Layout::vertical([
        Constraint::Length(nodes),
        Constraint::Length(rates),
        Constraint::Length(branches.min(body.height / 3)),
        Constraint::Min(0),
    ])
    .areas(body);
    panes::nodes(facts, look, nodes, to);
    panes::rates(facts, look, rates, to);
    panes::branches(facts, look, branches, to);
    panes::log(facts, log, look, log_area, to);
}

const HELP: &str = "
 up, down  choose a node: its log alone, and what it warns of
 p         pause the screen, and go on
 f         nothing but the log, and back
 ?         this help, and back
 q, Esc    quit (Ctrl-C, too)

 LAG       blocks behind the best head of all nodes
 FINAL     height of the node's final block: nothing up to it can be undone
 HEARD     authorities of which blocks come, of all: half or fewer is a warning
 AGE       how long ago the slot of the node's head began
 o *       a block without, and with transactions
 `         where a branch leaves the best chain";

fn headline(facts: &Facts, look: &Look) -> Line<'static> {
    let answering = facts.nodes.iter().filter(|node| node.answer.is_some()).count();
    let network = facts.network.clone().unwrap_or_else(|| "no network".to_owned());
    let mut text = format!(" {network}  {answering}/{} nodes", facts.nodes.len());
    if let Some(best) = &facts.best {
        text.push_str(&format!("  head {} {}", best.height, short(best)));
        let answers = facts.nodes.iter().filter_map(|node| node.answer.as_ref());
        let ours = answers.filter(|answer| answer.same_network);
        if let Some(height) = ours.filter_map(|answer| answer.final_height).max() {
            text.push_str(&format!("  final {height}"));
        }
    }
    let heads = facts.branches.iter().filter(|branch| !branch.nodes.is_empty()).count();
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut spans = Vec::new();
    if look.paused {
        let inverted = bold.add_modifier(Modifier::REVERSED);
        spans.push(Span::styled(" PAUSED ", inverted));
    }
    spans.push(Span::styled(text, bold));
    if heads > 1 {
        spans.push(Span::styled(format!("  FORKED: {heads} branches"), look.theme.bad()));
    }
    Line::from(spans)
}

fn key_line(look: &Look) -> Line<'static> {
    let keys = " q quit  ? help  p pause  f log  up/down node";
    Line::styled(keys, look.theme.quiet())
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
