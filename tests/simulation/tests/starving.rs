//! Goal: nobody keeps the payments of others out of blocks by what can never all be included.
//! Method: a lone engine with the only authority key; the test plays everybody who submits.

use coinage_protocol::engine::{Input, MempoolBounds, SubmissionId, SubmitOutcome};
use coinage_protocol::limits::POOL_BYTES_MAX;
use coinage_protocol::{Action, ChainSpec, CheckedTransaction, Height, SecretKey, Slot};
use coinage_simulation::fixtures::{
    account, address, chain_spec, checked, coin, transaction, transfer, units,
};
use coinage_simulation::target::Target;

/// All that an account has.
const ALL: u128 = 1_000_000;

fn submit(target: &mut Target, transaction: CheckedTransaction) {
    let (submission, transaction) = (SubmissionId(1), Box::new(transaction));
    target.input(Input::Submit { submission, transaction, park: true });
    let outcome = target.outcomes.pop().expect("a submission gets its outcome at once");
    assert!(matches!(outcome, SubmitOutcome::Accepted(_)), "{outcome:?}");
}

/// Payments of these amounts, all together or not at all.
fn payments(
    spec: &ChainSpec,
    salt: u64,
    paid: &[(&SecretKey, &SecretKey, u128)],
) -> CheckedTransaction {
    let actions = paid.iter().map(|(from, to, amount)| Action::Transfer {
        token: coin(),
        from: address(from),
        to: address(to),
        amount: units(*amount),
    });
    let mut signers: Vec<_> = paid.iter().map(|(from, ..)| *from).collect();
    signers.dedup_by_key(|key| address(key));
    let expiry = spec.slot_time(Slot::new(1_000));
    checked(spec, transaction(spec.chain(), &signers, salt, expiry, actions.collect()))
}

#[test]
fn what_seems_possible_before_each_block_and_never_is_holds_up_nobody() {
    // SPEC P-1
    let spec = chain_spec(1, 500);
    // The share of one payer is another bound.
    let pool = MempoolBounds { share: POOL_BYTES_MAX, ..MempoolBounds::default() };
    let mut target = Target::leading_with(&spec, Slot::new(5), 0, pool);
    let expiry = spec.slot_time(Slot::new(1_000));
    let [rich, bank, giver, honest] = [1, 2, 3, 4].map(account);
    // In each block the rich account hands all it has to the bank before its other payments are
    // tried, and gets it back after that; a baton lets it be once for each block.
    let batons: Vec<_> = (0..9).map(|n| account(100 + n)).collect();
    submit(&mut target, payments(&spec, 0, &[(&giver, &batons[0], 1)]));
    target.wait_ms(20_000);
    assert!(target.head().height > Height::new(0), "there is a leader");
    for salt in 0..8 {
        submit(&mut target, payments(&spec, salt, &[(&rich, &bank, ALL)]));
    }
    let to = address(&giver);
    let pay = |from: &SecretKey, salt: u64| transfer(&spec, from, to, 1, 1_000 + salt, expiry);
    for salt in 0..4_080 {
        submit(&mut target, pay(&rich, salt));
    }
    for batons in batons.windows(2) {
        let back = [(&bank, &rich, ALL), (&batons[0], &batons[1], 1)];
        submit(&mut target, payments(&spec, 0, &back));
    }
    // With these, 4,096 are in vain: whoever holds the baton has just passed it on.
    for baton in &batons[..8] {
        (0..20).for_each(|salt| submit(&mut target, pay(baton, salt)));
    }
    let payment = transfer(&spec, &honest, to, 5, 1, expiry);
    let id = payment.id();
    submit(&mut target, payment);
    target.wait_ms(3_000);
    assert!(target.disk.transactions().contains(&id), "six blocks have come");
}
