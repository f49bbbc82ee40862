//! Sources: the places of the nodes that are watched.

use coinage_devnet::Home;

/// A node to watch.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A node at a URL.
    Url(String),
    /// A node of a devnet: its URL may change at each of its starts.
    Devnet {
        /// Devnet that the node belongs to.
        home: Home,
        /// Number of the node, from 1.
        node: u16,
    },
}

/// The nodes to watch, and the devnet that they all belong to.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Nodes to watch, in the order in which they are shown.
    pub(crate) nodes: Vec<Source>,
    /// Devnet whose logs are shown.
    pub(crate) home: Option<Home>,
}

impl Sources {
    /// Watches the nodes at these URLs.
    pub fn urls(urls: impl IntoIterator<Item = String>) -> Self {
        Self { nodes: urls.into_iter().map(Source::Url).collect(), home: None }
    }

    /// Watches all nodes of a devnet.
    pub fn devnet(home: Home) -> Self {
        let node = |node| Source::Devnet { home: home.clone(), node };
        Self { nodes: (1..=home.nodes()).map(node).collect(), home: Some(home) }
    }
}

impl Source {
    /// Returns what to call the node until it says its name.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Url(url) => url.trim_start_matches("http://").to_owned(),
            Self::Devnet { node, .. } => format!("n{node}"),
        }
    }

    /// Returns the URL of the node, if that is known.
    pub(super) fn url(&self) -> Option<String> {
        match self {
            Self::Url(url) => Some(url.clone()),
            Self::Devnet { home, node } => home.api(*node),
        }
    }
}
