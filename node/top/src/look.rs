//! How somebody looks at the picture.

use ratatui::style::{Color, Modifier, Style};

/// How somebody looks at it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// The chosen node.
    pub(super) chosen: Option<usize>,
    pub(super) paused: bool,
    pub(super) help: bool,
    /// Nothing but the log.
    pub(super) log_only: bool,
    pub(super) theme: Theme,
}

/// Whether to use colours. Without them everything is told by words, bold and inverted text.
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
