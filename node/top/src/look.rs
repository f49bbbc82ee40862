//! The look: what of the picture is chosen, and in which colours.

use ratatui::style::{Color, Modifier, Style};

/// The way in which somebody looks at the picture: what is chosen, and what is left out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// Row of the chosen node.
    pub(super) chosen: Option<usize>,
    pub(super) paused: bool,
    pub(super) help: bool,
    /// True if nothing but the log is shown.
    pub(super) log_only: bool,
    pub(super) theme: Theme,
}

/// The choice of colours. Without them everything is told by words, bold and inverted text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Theme {
    pub(super) colours: bool,
}

impl Theme {
    pub(super) fn good(self) -> Style {
        self.style(Color::Green, Modifier::empty())
    }

    pub(super) fn odd(self) -> Style {
        self.style(Color::Yellow, Modifier::empty())
    }

    pub(super) fn bad(self) -> Style {
        self.style(Color::Red, Modifier::BOLD)
    }

    pub(super) fn quiet(self) -> Style {
        self.style(Color::DarkGray, Modifier::DIM)
    }

    fn style(self, colour: Color, otherwise: Modifier) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new().add_modifier(otherwise) }
    }
}
