//! The curve of a supply as a drawing in the terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::symbols::Marker;
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget as _};

use coinage_policy::amount;
use coinage_protocol::{Amount, UnixMillis};

use super::simulate::{Played, day};

/// Columns and rows of a drawing: it fits any terminal.
const AREA: Rect = Rect { x: 0, y: 0, width: 78, height: 16 };

/// Draws the band of possible supply, and what there really was.
pub(super) fn draw(played: &Played) -> String {
    let points = &played.forecast.points;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let most: Vec<_> = points.iter().map(|point| place(point.time, point.most)).collect();
    let least: Vec<_> = points.iter().map(|point| place(point.time, point.least)).collect();
    let shown = played.happened.iter().filter(|supply| supply.time <= last.time);
    let happened: Vec<_> = shown.map(|supply| place(supply.time, supply.units)).collect();
    let lines = [("", &most, Marker::Braille), ("", &least, Marker::Dot)];
    let lines = lines.into_iter().chain([("", &happened, Marker::Block)]);
    let lines = lines.filter(|(_, points, _)| !points.is_empty()).map(|(_, points, marker)| {
        Dataset::default().marker(marker).graph_type(GraphType::Line).data(points)
    });
    let top = points.iter().map(|point| point.most).max().unwrap_or_default();
    let label = |units| amount(units, played.charter.decimals);
    let half = Amount::try_from(top.units() / 2).unwrap_or_default();
    let amounts = [label(Amount::ZERO), label(half), label(top)];
    let middle = first.time.saturating_add(last.time.since(first.time) / 2);
    let days = [day(first.time), day(middle), day(last.time)];
    let chart = Chart::new(lines.collect())
        .x_axis(Axis::default().bounds([x(first.time), x(last.time)]).labels(days))
        .y_axis(Axis::default().bounds([0.0, y(top).max(1.0)]).labels(amounts));
    let mut buffer = Buffer::empty(AREA);
    chart.render(AREA, &mut buffer);
    text(&buffer)
}

/// The lines of a buffer, without what is empty at their ends.
fn text(buffer: &Buffer) -> String {
    let row = |y| {
        let symbol = |x| buffer.cell(Position { x, y }).map_or(" ", |cell| cell.symbol());
        let row: String = (0..AREA.width).map(symbol).collect();
        format!("{}\n", row.trim_end())
    };
    (0..AREA.height).map(row).collect()
}

fn place(time: UnixMillis, units: Amount) -> (f64, f64) {
    (x(time), y(units))
}

/// A time as the chart counts. A drawing needs no more digits than a float has.
fn x(time: UnixMillis) -> f64 {
    time.get() as f64
}

/// An amount as the chart counts.
fn y(units: Amount) -> f64 {
    units.units() as f64
}
