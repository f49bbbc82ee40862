//! Lists that come in parts.

use clap::Args;
use coinage_model::account::Page;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::Context;
use super::failure::Failure;
use super::printer::Output;

/// Which part of a list.
#[derive(Args, Debug)]
pub(crate) struct Listing {
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Where the previous part ended
    #[arg(long)]
    cursor: Option<String>,
}

impl Listing {
    /// Asks the node for this part of a list.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        context: &Context,
        path: &str,
    ) -> Result<T, Failure> {
        self.get_with(context, path, Vec::new())
    }

    /// Asks the node for this part of a list, with further parameters.
    pub(crate) fn get_with<T: DeserializeOwned>(
        &self,
        context: &Context,
        path: &str,
        mut query: Vec<(&str, String)>,
    ) -> Result<T, Failure> {
        query.push(("limit", self.limit.to_string()));
        query.extend(self.cursor.clone().map(|cursor| ("cursor", cursor)));
        Ok(context.client.get(path, &query)?)
    }
}

/// A part of a list, as a table that says how to see the next part.
pub(crate) fn page<T: Serialize>(page: &Page<T>, table: String, none: &str) -> Output {
    let text = match (&page.next, page.items.is_empty()) {
        (None, true) => none.to_owned(),
        (None, false) => table,
        (Some(next), _) => format!("{table}more with --cursor {next}\n"),
    };
    Output::new(page, text)
}
