//! Texts as squares that a camera reads.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use super::failure::Failure;

/// A QR code for a terminal, two modules a character, dark modules dark on a dark terminal.
pub(crate) fn draw(text: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|error| Failure::usage(format!("that is too long for a QR code: {error}")))?;
    // A terminal paints what is written, and most are dark: a light module is a full block.
    let mut image = code.render::<Dense1x2>();
    let image = image.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark);
    Ok(format!("{}\n", image.build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN: usize = 4;

    /// The modules of a drawing: whether each is dark.
    fn modules(drawn: &str) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in drawn.lines() {
            let halves = line.chars().map(|character| match character {
                '█' => (false, false),
                '▀' => (false, true),
                '▄' => (true, false),
                ' ' => (true, true),
                other => panic!("{other:?} is no half block"),
            });
            let (upper, lower): (Vec<_>, Vec<_>) = halves.unzip();
            rows.extend([upper, lower]);
        }
        rows
    }

    #[test]
    fn a_drawing_has_the_modules_of_the_code_and_a_light_margin() {
        let address = format!("coin1{}", "q".repeat(58));
        let drawn = draw(&address).expect("fits");
        let rows = modules(&drawn);
        let code = QrCode::with_error_correction_level(&address, EcLevel::L).expect("fits");
        let (width, colors) = (code.width(), code.to_colors());
        assert!(drawn.lines().count() <= 24 && rows[0].len() <= 80, "{drawn}");
        for (y, row) in rows.iter().take(width + 2 * MARGIN).enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let inside =
                    (MARGIN..MARGIN + width).contains(&x) && (MARGIN..MARGIN + width).contains(&y);
                let expected =
                    inside && { colors[(y - MARGIN) * width + x - MARGIN] == qrcode::Color::Dark };
                assert_eq!(*dark, expected, "{x} {y}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(draw(&"a".repeat(5000)).expect_err("too long").code, "usage.invalid");
    }
}
