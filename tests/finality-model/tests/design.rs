//! The design holds on every tree of the small tier.

use coinage_finality_model::{Case, Rules, catalogue, try_voter};

#[track_caller]
fn hold(cases: &[Case<'_>]) {
    for case in cases {
        for set in case.shape.sets {
            assert!(set.is_trustworthy(), "{}: {set:?}", case.name);
        }
        let report = case.run();
        let (name, blocks) = (case.name, case.shape.blocks);
        assert!(case.is_as_expected(&report), "{name}, blocks {blocks:?}: {report:#?}");
    }
}

#[test]
fn no_bad_pair_is_reached_with_one_set() {
    hold(&catalogue::one_set());
}

#[test]
fn no_bad_pair_is_reached_when_authorities_change() {
    hold(&catalogue::changes());
}

#[test]
fn no_honest_voter_ever_signs_evidence_against_itself() {
    let trials = catalogue::one_voter().into_iter().map(|shape| try_voter(&shape, Rules::DESIGN));
    let trials: Vec<_> = trials.collect();
    for trial in &trials {
        assert_eq!(trial.conviction, None, "{trial:?}");
    }
    assert!(trials.iter().map(|trial| trial.histories).sum::<u64>() > 1_400_000, "{trials:?}");
}
