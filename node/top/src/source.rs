//! Where the nodes are that are watched.

use coinage_devnet::Home;

/// A node to watch.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// At this URL.
    Url(String),
    /// One of a devnet: its URL may change at each of its starts.
    Devnet {
        /// The devnet.
        home: Home,
        /// Its number, from 1.
        node: u16,
    },
}

/// The nodes to watch, and the devnet that they all belong to.
#[derive(Clone, Debug)]
pub struct Sources {
    /// In the order in which they are shown.
    pub(crate) nodes: Vec<Source>,
    /// Whose logs are shown.
    pub(crate) home: Option<Home>,
}

impl Sources {
    /// These nodes.
    pub fn urls(urls: impl IntoIterator<Item = String>) -> Self {
        Self { nodes: urls.into_iter().map(Source::Url).collect(), home: None }
    }

    /// All nodes of a devnet.
    pub fn devnet(home: Home) -> Self {
        let node = |node| Source::Devnet { home: home.clone(), node };
        Self { nodes: (1..=home.nodes()).map(node).collect(), home: Some(home) }
    }
}

impl Source {
    /// What to call it until it says its name.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Url(url) => url.trim_start_matches("http://").to_owned(),
            Self::Devnet { node, .. } => format!("n{node}"),
        }
    }

    /// Where it is, if that is known.
    pub(super) fn url(&self) -> Option<String> {
        match self {
            Self::Url(url) => Some(url.clone()),
            Self::Devnet { home, node } => home.api(*node),
        }
    }
}
