//! Pages of lists: limits and cursors.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use coinage_model::account::Page;
use coinage_model::code::Code;
use coinage_model::schema;
use serde::Deserialize;
use utoipa::IntoParams;

use super::failure::Failure;

/// Number of items on a page unless asked otherwise.
const LIMIT_DEFAULT: usize = 50;

/// Number of items on a page at most.
const LIMIT_MAX: usize = 1000;

/// Bytes of what a page is made from, after which it ends early: large transactions make short
/// pages.
const PAGE_BYTES: usize = 1024 * 1024;

/// Query for a part of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Number of items on the page at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 50)]
    limit: Option<usize>,
    /// Cursor of the page: `next` of the page before. A list that runs down the chain goes on from
    /// the block where that page ended, also after a reorg above it; if it is no longer on the
    /// chain, the answer is 410.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
}

impl ListQuery {
    /// Returns the part of a query that says which part of a list is asked for.
    pub(super) fn new(limit: Option<usize>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// Returns the number of items that may be on the page.
    pub(super) fn limit(&self) -> Result<usize, Failure> {
        match self.limit.unwrap_or(LIMIT_DEFAULT) {
            limit if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            limit => Err(Failure::new(Code::BadLimit, format!("limit is {limit}"))),
        }
    }

    /// Reads the place in this list after which the page begins.
    pub(super) fn after<T>(
        &self,
        list: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let wrong = || Failure::new(Code::BadCursor, "the cursor is not one of this list");
        let place = place(list, cursor).and_then(|place| read(&place));
        place.map(Some).ok_or_else(wrong)
    }
}

/// Reads the place in a list that a cursor names.
pub fn place(list: &str, cursor: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix(list)?.strip_prefix(':').map(str::to_owned)
}

/// Writes the cursor of a place in a list.
pub fn cursor(list: &str, place: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{list}:{place}"))
}

/// An item with the place where the next page begins if this is the last one, and how many bytes
/// it is made from.
pub(super) struct Entry<T> {
    pub(super) item: T,
    pub(super) place: String,
    pub(super) bytes: usize,
}

/// Returns the page of the first of these items.
pub(super) fn page<T>(
    list: &str,
    limit: usize,
    entries: impl Iterator<Item = Result<Entry<T>, Failure>>,
) -> Result<Page<T>, Failure> {
    let (mut items, mut bytes, mut last) = (Vec::new(), 0_usize, None);
    for entry in entries {
        if items.len() == limit || bytes >= PAGE_BYTES {
            return Ok(Page { items, next: last.map(|place: String| cursor(list, &place)) });
        }
        let entry = entry?;
        bytes = bytes.saturating_add(entry.bytes);
        last = Some(entry.place);
        items.push(entry.item);
    }
    Ok(Page { items, next: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(limit: Option<usize>, cursor: Option<String>) -> ListQuery {
        ListQuery { limit, cursor }
    }

    fn entries(count: usize, bytes: usize) -> impl Iterator<Item = Result<Entry<usize>, Failure>> {
        (0..count).map(move |item| Ok(Entry { item, place: item.to_string(), bytes }))
    }

    #[test]
    fn a_limit_is_1_to_1000() {
        assert_eq!(query(None, None).limit().ok(), Some(50));
        assert_eq!(query(Some(1000), None).limit().ok(), Some(1000));
        for bad in [0, 1001, usize::MAX] {
            assert!(query(Some(bad), None).limit().is_err());
        }
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let ours = query(None, Some(cursor("blocks", "7")));
        assert_eq!(ours.after("blocks", |text| text.parse().ok()).ok(), Some(Some(7_u64)));
        assert!(ours.after("block", |text| text.parse::<u64>().ok()).is_err());
        assert!(ours.after("tokens", |text| text.parse::<u64>().ok()).is_err());
        for bad in ["", "x", "????", "YmxvY2tzOg"] {
            let query = query(None, Some(bad.into()));
            assert!(query.after("blocks", |text| text.parse::<u64>().ok()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_page_ends_at_its_limit_or_when_it_is_large() {
        let full = page("l", 2, entries(3, 1)).expect("no failure");
        assert_eq!((full.items, full.next), (vec![0, 1], Some(cursor("l", "1"))));
        let whole = page("l", 3, entries(3, 1)).expect("no failure");
        assert_eq!((whole.items.len(), whole.next), (3, None));
        let large = page("l", 3, entries(3, PAGE_BYTES)).expect("no failure");
        assert_eq!(large.items, [0]);
        assert!(large.next.is_some());
    }
}
