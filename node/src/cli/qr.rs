//! QR codes for terminals.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use super::failure::Failure;

/// A text as a QR code of half blocks, dark on light whatever the colours of the terminal are.
///
/// # Errors
///
/// If the text is longer than a QR code can be.
pub(crate) fn qr(text: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|error| Failure::new("qr.too_long", error))?;
    // Most terminals are dark: what is drawn is the light part.
    let drawn = code.render::<Dense1x2>();
    let mut drawn = drawn;
    Ok(drawn.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}
