//! Lists that change while somebody reads them.

use coinage_simulation::block_builder::Forge;
use coinage_tests::villain::Villain;
use serde_json::Value;

use super::peers::Stage;
use super::script;

fn heights(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().expect("a list");
    let height = |item: &Value| item["height"].as_str().and_then(|text| text.parse().ok());
    items.iter().map(|item| height(item).expect("a height")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_between_two_pages_is_told_and_says_where_to_begin_again() {
    let ground = super::ground();
    let mut stage = Stage::new(&ground).await;
    let mut longer: Forge = ground.fork(1);
    (0..10).for_each(|number| drop(longer.push(ground.free_slot(number), Vec::new())));
    let page = |stage: &Stage, query: &str, status| {
        let answer = stage.node.get(&format!("/v1/blocks?limit=2{query}")).expect("it lives");
        assert_eq!(answer.status, status, "{answer:?}");
        answer.body
    };
    let first = page(&stage, "", 200);
    assert_eq!(heights(&first), [5, 4]);
    let script = script::chain(&ground.spec, longer.blocks.clone());
    let _server = Villain::connect(&stage.node, script).await;
    let head = longer.tip.hash.to_string();
    stage.node.wait("the longer chain is followed", |node| node.head().1 == head);
    let cursor = first["next"].as_str().expect("there is more");
    let refused = page(&stage, &format!("&cursor={cursor}"), 410);
    assert_eq!(refused["code"], "cursor.reorged");
    assert_eq!(refused["details"]["common_height"], "1", "{refused}");
    let mut again = page(&stage, "", 200);
    let mut seen = heights(&again);
    while let Some(cursor) = again["next"].as_str() {
        again = page(&stage, &format!("&cursor={cursor}"), 200);
        seen.extend(heights(&again));
    }
    assert_eq!(seen, (0..=11).rev().collect::<Vec<_>>(), "the chain as it is now");
    assert_eq!(
        stage.node.get("/v1/chain/reorgs").expect("it lives").body["items"][0]["depth"],
        "4"
    );
}
