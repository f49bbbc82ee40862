//! Site of a page: which node shows it, to whom.

use crate::Language;
use crate::names::Names;
use crate::words::Words;

/// Facts about the node and the reader that every page needs.
#[derive(Clone, Debug)]
pub struct Site {
    /// Language of the page.
    pub language: Language,
    /// Name of the network.
    pub network: String,
    /// Name of the node.
    pub node: String,
    /// Version of the program.
    pub version: &'static str,
    /// Test accounts of the network.
    pub names: Names,
    /// Path and query of the page, without the language.
    pub here: String,
}

impl Site {
    pub(crate) fn words(&self) -> Words {
        Words(self.language)
    }

    /// The same page in another language.
    pub(crate) fn in_language(&self, language: Language) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={}", self.here, language.code())
    }
}
