//! Receipts, and proofs of what is final.

use coinage_client::{proof, receipt};
use coinage_model::proof::ProofDocument;
use coinage_model::receipt::ReceiptDocument;

use super::*;

/// The id of the first transaction of a block.
fn first_of(served: &Served, height: usize) -> String {
    served.branch.blocks[height - 1].block.transactions()[0].id().to_string()
}

/// The receipt for a transaction, and the height of the block whose commits it has.
async fn receipt(served: &Served, id: &str) -> (ReceiptDocument, u64) {
    let got = served.get(&format!("/v1/transactions/{id}/receipt")).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let document: ReceiptDocument = serde_json::from_str(&got.text).expect("a receipt");
    let (read, settled) = receipt::check(&document, &served.world.spec).expect("final");
    assert_eq!(read.id().to_string(), id);
    (document, settled.committed.height.get())
}

#[tokio::test]
async fn a_receipt_has_the_lowest_commits_that_the_node_can_show() {
    // SPEC M-6
    let mut served = Served::new().await;
    let id = first_of(&served, 11);
    let path = format!("/v1/transactions/{id}/receipt");
    let refused = served.get(&path).await;
    refused.is_problem(409, "transaction.not_final");
    let detail = refused.body["detail"].as_str().expect("words");
    assert!(detail.contains("is in block 11, and the final block is 0"), "{detail}");
    assert_eq!(refused.body["details"]["final_height"], "0");
    served.finalize(10);
    served.get(&path).await.is_problem(409, "transaction.not_final");

    served.finalize(12);
    let (document, committed) = receipt(&served, &id).await;
    assert_eq!((committed, document.finality.headers.len()), (12, 1), "by the node's own");
    let last = first_of(&served, 12);
    let (document, committed) = receipt(&served, &last).await;
    assert_eq!((committed, document.finality.headers.len()), (12, 0));

    // Commits in a header of the chain are nearer than those of the final block.
    let commits = served.world.finalize(&served.branch, 11).finalized.expect("commits");
    served.branch.certificate = Some(commits.certificate);
    served.world.extend_by(&mut served.branch, 1, 0);
    served.branch.certificate = None;
    served.world.extend_by(&mut served.branch, 2, 0);
    served.storage.write(&served.branch.batches(13)).expect("writes");
    served.finalize(15);
    for (height, wanted) in [(2, 11), (11, 11), (12, 15), (14, 15)] {
        let (document, committed) = receipt(&served, &first_of(&served, height)).await;
        let height = u64::try_from(height).expect("small");
        assert_eq!(committed, wanted, "block {height}");
        assert_eq!(document.finality.headers.len() as u64, wanted - height);
    }
    served.stop().await;
}

#[tokio::test]
async fn what_is_in_no_block_has_no_receipt() {
    // SPEC M-6
    let served = Served::new().await;
    let unknown = served.get(&format!("/v1/transactions/{}/receipt", "11".repeat(32))).await;
    unknown.is_problem(404, "transaction.unknown");
    served.get("/v1/transactions/x/receipt").await.is_problem(400, "request.bad_parameter");
    served.stop().await;
}

#[tokio::test]
async fn a_proof_at_a_final_height_comes_with_the_commits() {
    // SPEC M-5, M-6
    let served = Served::new().await;
    let id = first_of(&served, 12);
    let paths = [
        format!("/v1/accounts/{}/proof?token=GOLD", user(4)),
        "/v1/tokens/GOLD/proof".to_owned(),
        format!("/v1/transactions/{id}/proof"),
    ];
    for is_final in [false, true] {
        for path in &paths {
            let got = served.get(path).await;
            let document: ProofDocument = serde_json::from_value(got.body).expect("a proof");
            assert_eq!(document.finality.is_some(), is_final, "{path}");
            let proven = proof::check(&document, Some(&served.world.spec)).expect("proven");
            assert_eq!(
                proven.settled.map(|one| one.committed.height.get()),
                is_final.then_some(12)
            );
        }
        served.finalize(12);
    }
    served.stop().await;
}

#[tokio::test]
async fn receipts_and_proofs_follow_a_change_of_the_authorities() {
    // SPEC M-5, M-6
    let mut served = Served::new().await;
    served.world.join(&mut served.branch);
    let paid = served.world.payment(&served.branch, 0, 1, 2, 7);
    served.world.extend(&mut served.branch, 0, vec![paid]);
    served.storage.write(&served.branch.batches(13)).expect("writes");
    served.finalize(15);
    let (document, committed) = receipt(&served, &first_of(&served, 12)).await;
    assert_eq!((committed, document.changes.len()), (13, 0), "by those before");
    let (document, committed) = receipt(&served, &first_of(&served, 15)).await;
    assert_eq!((committed, document.changes.len()), (15, 1));
    assert_eq!(document.changes[0].header.height, 13);
    let got = served.get(&format!("/v1/transactions/{}/proof", first_of(&served, 15))).await;
    let document: ProofDocument = serde_json::from_value(got.body).expect("a proof");
    let proven = proof::check(&document, Some(&served.world.spec)).expect("proven");
    assert_eq!(proven.settled.expect("final").signers.len(), 3);
    assert_eq!(proven.leader, Some(*served.branch.set.leader(served.branch.tip.slot)));
    served.stop().await;
}
