//! Lists that change while somebody reads them.

use coinage_simulation::forge::Forge;
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
async fn a_reorg_between_two_pages_neither_fails_nor_shows_a_height_twice() {
    let ground = super::ground();
    let mut stage = Stage::new(&ground).await;
    let mut longer: Forge = ground.fork(1);
    (0..10).for_each(|number| drop(longer.push(ground.free_slot(number), Vec::new())));
    let page = |stage: &Stage, query: &str| {
        let answer = stage.node.get(&format!("/v1/blocks?limit=2{query}")).expect("it lives");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let first = page(&stage, "");
    assert_eq!(heights(&first), [5, 4]);
    let script = script::chain(&ground.network, longer.blocks.clone());
    let _server = Villain::connect(&stage.node, script).await;
    let head = longer.tip.hash.to_string();
    stage.node.wait("the longer chain is followed", |node| node.head().1 == head);
    let cursor = first["next"].as_str().expect("there is more");
    let second = page(&stage, &format!("&cursor={cursor}"));
    assert_eq!(heights(&second), [3, 2], "of the chain as it is now");
    let hashes: Vec<_> = second["items"].as_array().into_iter().flatten().collect();
    let hash = |at: usize| longer.blocks[at].header.header.hash(ground.network.chain());
    assert_eq!(hashes[0]["hash"], hash(2).to_string());
    assert_eq!(hashes[1]["hash"], hash(1).to_string());
    assert_eq!(
        stage.node.get("/v1/chain/reorgs").expect("it lives").body["items"][0]["depth"],
        "4"
    );
}
