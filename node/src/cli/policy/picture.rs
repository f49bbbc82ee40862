//! The curve of a supply as a picture (SVG) for people.

use coinage_policy::amount;
use coinage_protocol::{Amount, UnixMillis};
use plotters::prelude::*;

use super::simulate::{Played, day, word};

const SIZE: (u32, u32) = (880, 480);
/// A strong blue for what may be, and a dark red for what was: they differ for everybody.
const MAY_BE: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const WAS: RGBColor = RGBColor(0xa8, 0x32, 0x1f);
const FONT: &str = "sans-serif";

/// Draws the band of possible supply, and what there really was.
pub(super) fn svg(played: &Played) -> String {
    let mut picture = String::new();
    draw(played, &mut picture).expect("a text takes every line of a drawing");
    picture.push('\n');
    picture
}

type Failed<'s> = DrawingAreaErrorKind<<SVGBackend<'s> as DrawingBackend>::ErrorType>;

fn draw<'s>(played: &Played, into: &'s mut String) -> Result<(), Failed<'s>> {
    let Played { charter, forecast, members, happened } = played;
    let points = &forecast.points;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    let top = points.iter().map(|point| point.most).max().unwrap_or_default();
    let area = SVGBackend::with_string(into, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let of = if charter.roles().next().is_some() {
        format!(" ({members} accounts of each role)")
    } else {
        String::new()
    };
    let title = format!("{}: supply that is possible{of}", charter.token);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 20))
        .margin(12)
        .margin_right(36)
        .x_label_area_size(36)
        .y_label_area_size(130)
        .build_cartesian_2d(x(first.time)..x(last.time), 0..y(top).max(20) / 20 * 21)?;
    let decimals = charter.decimals;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .x_label_formatter(&|at: &u64| day(UnixMillis::new(*at)))
        .y_label_formatter(&|units: &u128| {
            amount(Amount::try_from(*units).unwrap_or(Amount::MAX), decimals)
        })
        .draw()?;
    let most = points.iter().map(|point| (x(point.time), y(point.most)));
    let least = points.iter().rev().map(|point| (x(point.time), y(point.least)));
    let band: Vec<_> = most.clone().chain(least).collect();
    chart.draw_series([Polygon::new(band, MAY_BE.mix(0.18))])?;
    chart.draw_series(LineSeries::new(most, MAY_BE.stroke_width(2)))?;
    let shown = happened.iter().filter(|supply| supply.time <= last.time);
    let real = shown.map(|supply| (x(supply.time), y(supply.units)));
    chart.draw_series(LineSeries::new(real, WAS.stroke_width(2)))?;
    let bends = forecast.bends.iter().map(|bend| {
        let at = points.iter().rev().find(|point| point.time <= bend.time).unwrap_or(first);
        let words = format!("{}: {}", bend.clause, word(bend.kind));
        EmptyElement::at((x(bend.time), y(at.most)))
            + Circle::new((0, 0), 4, MAY_BE.filled())
            + Text::new(words, (-4, -20), (FONT, 13))
    });
    chart.draw_series(bends)?;
    area.present()
}

fn x(time: UnixMillis) -> u64 {
    time.get()
}

fn y(units: Amount) -> u128 {
    units.units()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use coinage_policy::simulate::{Settings, simulate};
    use coinage_policy::{Language, charters, read};

    use super::*;

    const DAY_MS: u64 = 86_400_000;
    const ANEW: &str = "COINAGE_REGENERATE_PICTURES";

    #[test]
    fn each_charter_that_ships_has_the_picture_of_its_curve() {
        for shipped in charters() {
            let charter = read(shipped.text(Language::English)).expect("a policy");
            let until = charter.anchor.millis().saturating_add(3_650 * DAY_MS);
            let step_ms = 3_650 * DAY_MS / 120;
            let settings = Settings { until, step_ms, members: 20, work_max: 1_000_000 };
            let forecast = simulate(&charter, settings).expect("ten years of days");
            let drawn = svg(&Played { charter, forecast, members: 20, happened: Vec::new() });
            let file = format!("policy/charters/{}.svg", shipped.name);
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            if std::env::var_os(ANEW).is_some() {
                fs::write(&path, &drawn).expect("written");
            }
            let kept = fs::read_to_string(&path).unwrap_or_default();
            assert!(kept == drawn, "{}: run this test with {ANEW}=1", path.display());
        }
    }
}
