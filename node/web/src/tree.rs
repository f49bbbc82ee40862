//! The page of the tree: the latest blocks as a drawing and as a table, and each reorg.

use std::collections::{BTreeMap, BTreeSet};

use coinage_model::chain::{CountsJson, ReorgJson};
use coinage_model::tree::{TreeBlockJson, TreeBranchJson, TreeJson};
use coinage_protocol::BlockHash;
use maud::{Markup, html};

use crate::frame::{Page, dot, frame};
use crate::site::Site;
use crate::text::{block, hash, moment};
use crate::words::Words;

/// Distance between two heights and between two lanes of the drawing.
const STEP: u64 = 26;

/// Radius of a block in the drawing.
const RADIUS: u64 = 7;

/// Lanes beside the chain; further branches share the last one.
const LANES_MAX: u64 = 6;

/// Writes the page of the tree.
pub fn page(site: &Site, tree: &TreeJson, reorgs: &[ReorgJson]) -> Markup {
    let words = site.words();
    let content = html! {
        h1 { (words.tree()) }
        p { (words.tree_about()) }
        div.scroll tabindex="0" role="region" aria-label=(words.drawing()) {
            div #drawing data-live { (drawing(words, tree)) }
        }
        h2 { (words.reorgs()) }
        div #reorgs data-live { (changes(words, reorgs)) }
        details #table {
            summary { (words.as_table()) }
            div #rows data-live { (table(words, tree)) }
        }
    };
    let (title, json) = (words.tree().to_owned(), Some("/v1/chain/tree".to_owned()));
    frame(site, Page { title, json, changes: true, content })
}

/// Places of blocks in the drawing: heights to the left, branches below the chain.
fn lanes(blocks: &[TreeBlockJson]) -> BTreeMap<BlockHash, u64> {
    let mut lanes = BTreeMap::new();
    let mut taken = BTreeSet::new();
    // From the oldest on: a block stands beside its parent, where there is room.
    for one in blocks.iter().rev() {
        let height = one.tip.height;
        let lane = if one.branch == TreeBranchJson::Chain {
            0
        } else {
            let parent = one.previous.and_then(|previous| lanes.get(&previous)).copied();
            let wish = parent.filter(|lane| *lane > 0).unwrap_or(1);
            let free =
                (wish..=LANES_MAX).chain(1..wish).find(|lane| !taken.contains(&(height, *lane)));
            free.unwrap_or(LANES_MAX)
        };
        taken.insert((height, lane));
        lanes.insert(one.tip.hash, lane);
    }
    lanes
}

fn drawing(words: Words, tree: &TreeJson) -> Markup {
    let lanes = lanes(&tree.blocks);
    let top = tree.blocks.first().map_or(0, |one| one.tip.height);
    let bottom = tree.blocks.last().map_or(0, |one| one.tip.height);
    let deepest = lanes.values().max().copied().unwrap_or_default();
    let width = top.saturating_sub(bottom).saturating_add(2).saturating_mul(STEP);
    let across = deepest.saturating_add(1).saturating_mul(STEP).saturating_add(STEP);
    let x = |height: u64| top.saturating_sub(height).saturating_add(1).saturating_mul(STEP);
    let y = |lane: u64| lane.saturating_add(1).saturating_mul(STEP);
    let heights: BTreeMap<_, _> =
        tree.blocks.iter().map(|one| (one.tip.hash, one.tip.height)).collect();
    let parent = |one: &TreeBlockJson| {
        let previous = one.previous?;
        Some((*heights.get(&previous)?, *lanes.get(&previous)?))
    };
    html! {
        svg.tree width=(width) height=(across) viewBox={ "0 0 " (width) " " (across) }
            aria-hidden="true" focusable="false" {
            @for one in &tree.blocks {
                @let lane = lanes.get(&one.tip.hash).copied().unwrap_or_default();
                @if let Some((height, beside)) = parent(one) {
                    line x1=(x(one.tip.height)) y1=(y(lane)) x2=(x(height)) y2=(y(beside)) {}
                }
            }
            @for one in &tree.blocks {
                @let lane = lanes.get(&one.tip.hash).copied().unwrap_or_default();
                circle class=(class(tree, one)) cx=(x(one.tip.height)) cy=(y(lane)) r=(RADIUS) {
                    title { (words.block_number(one.tip.height)) ": " (state(words, tree, one)) }
                }
            }
        }
    }
}

fn class(tree: &TreeJson, one: &TreeBlockJson) -> &'static str {
    match one.branch {
        TreeBranchJson::Chain if one.tip.height <= tree.final_height => "final",
        TreeBranchJson::Chain => "included",
        TreeBranchJson::Left => "left",
        TreeBranchJson::Side | TreeBranchJson::HeadersOnly => "side",
        TreeBranchJson::Invalid => "invalid",
    }
}

fn state(words: Words, tree: &TreeJson, one: &TreeBlockJson) -> &'static str {
    match one.branch {
        TreeBranchJson::Chain if one.tip.height <= tree.final_height => words.final_word(),
        TreeBranchJson::Chain => words.not_final_yet(),
        TreeBranchJson::Left => words.left(),
        TreeBranchJson::Side => words.side(),
        TreeBranchJson::HeadersOnly => words.headers_only(),
        TreeBranchJson::Invalid => words.invalid(),
    }
}

fn table(words: Words, tree: &TreeJson) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (words.block()) }
                th scope="col" { (words.hash()) }
                th scope="col" { (words.time()) }
                th scope="col" { (words.state()) }
            } }
            tbody {
                @for one in &tree.blocks {
                    tr {
                        th scope="row" {
                            (block(words, one.tip.height, &one.tip.hash.to_string()))
                        }
                        td { (hash(&one.tip.hash.to_string())) }
                        td { (moment(one.tip.time)) }
                        td {
                            span class={ "state " (class(tree, one)) } { (state(words, tree, one)) }
                        }
                    }
                }
            }
        }
    }
}

fn changes(words: Words, reorgs: &[ReorgJson]) -> Markup {
    html! {
        @if reorgs.is_empty() { p.quiet { (words.no_reorgs()) } }
        @else {
            ul.rows {
                @for one in reorgs {
                    li {
                        (moment(one.time)) (dot()) (words.blocks_left(one.depth)) ": "
                        (block(words, one.old_head.height, &one.old_head.hash.to_string())) " → "
                        (block(words, one.new_head.height, &one.new_head.hash.to_string()))
                        @let fates = fates(words, &one.counts);
                        @if !fates.is_empty() { (dot()) (fates) }
                    }
                }
            }
        }
    }
}

/// The fate of the transactions of a branch that was left.
fn fates(words: Words, counts: &CountsJson) -> String {
    let CountsJson { reincluded, back_in_pool, conflicting, expired, dropped } = *counts;
    let all = [
        (reincluded, words.reincluded()),
        (back_in_pool, words.back_in_pool()),
        (conflicting, words.conflicting()),
        (expired, words.expired()),
        (dropped, words.dropped()),
    ];
    let some = all.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!("{what} {count}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block at a height whose hash and parent are these bytes.
    fn one(height: u64, hash: u8, previous: u8, branch: TreeBranchJson) -> TreeBlockJson {
        let named = |byte| BlockHash::new([byte; 32]);
        let tip =
            coinage_model::chain::TipJson { height, hash: named(hash), slot: height, time: 0 };
        TreeBlockJson { tip, previous: Some(named(previous)), leader: None, branch }
    }

    #[test]
    fn branches_stand_beside_the_chain_each_in_a_lane_of_its_own() {
        use TreeBranchJson::{Chain, Left, Side};
        let blocks = [
            one(3, 13, 12, Chain),
            one(3, 23, 22, Left),
            one(3, 33, 32, Side),
            one(2, 12, 11, Chain),
            one(2, 22, 11, Left),
            one(2, 32, 11, Side),
            one(1, 11, 0, Chain),
        ];
        let lanes = lanes(&blocks);
        let lane = |byte: u8| lanes[&BlockHash::new([byte; 32])];
        assert_eq!([11, 12, 13].map(lane), [0, 0, 0]);
        assert_eq!(lane(22), lane(23), "a branch goes straight on");
        assert_eq!(lane(32), lane(33));
        assert!(lane(22) != lane(32) && lane(22) > 0 && lane(32) > 0);
        let tree = TreeJson { final_height: 1, blocks: blocks.to_vec() };
        let drawn = drawing(Words(crate::Language::English), &tree).into_string();
        assert_eq!(drawn.matches("<circle").count(), 7);
        assert_eq!(drawn.matches("<line").count(), 6, "each but the lowest has its parent");
        let twin = table(Words(crate::Language::Korean), &tree).into_string();
        assert_eq!(twin.matches("<tr>").count(), 8, "the table has as many, and a head");
    }

    #[test]
    fn more_branches_than_lanes_and_no_block_at_all_are_drawn() {
        let many = (1..=40).map(|hash| one(9, hash, 0, TreeBranchJson::Side)).collect::<Vec<_>>();
        let highest = lanes(&many).into_values().max();
        assert_eq!(highest, Some(LANES_MAX));
        let empty = TreeJson { final_height: 0, blocks: Vec::new() };
        assert!(drawing(Words(crate::Language::English), &empty).into_string().contains("<svg"));
    }
}
