//! Planted faults are found: a search that cannot fail proves nothing.

#![expect(clippy::print_stdout, reason = "traces are shown to whoever asks with --nocapture")]

use std::ops::ControlFlow;

use coinage_finality_model::{
    Claim, Fault, Headers, Rules, Search, Seen, Settings, Shape, Written, catalogue, try_voter,
};

const ALL_FAULTS: [Option<Fault>; 13] = [
    None,
    Some(Fault::NoLock),
    Some(Fault::LockForgotten),
    Some(Fault::LeftIgnored),
    Some(Fault::C3Dropped),
    Some(Fault::C3Lax),
    Some(Fault::C2AndC3Dropped),
    Some(Fault::TwoVotesPerSlot),
    Some(Fault::TwoVotesAndC3Lax),
    Some(Fault::SimpleMajority),
    Some(Fault::ChangeAtOnce),
    Some(Fault::Replacement),
    Some(Fault::OldQuorum),
];

#[test]
fn every_planted_fault_gives_a_conflict() {
    for case in catalogue::faults() {
        let report = case.run();
        let refutation = report.refutation.unwrap_or_else(|| panic!("{}: no conflict", case.name));
        println!("{}: {}", case.name, refutation.tree);
        for step in &refutation.steps {
            println!("    {step}");
        }
        assert!(refutation.steps.len() > 4, "{}: {refutation:?}", case.name);
    }
}

#[test]
fn faults_that_another_rule_makes_up_for_give_no_conflict() {
    for case in catalogue::harmless_faults() {
        let report = case.run();
        assert!(case.is_as_expected(&report), "{}: {report:#?}", case.name);
    }
}

#[test]
fn faults_make_an_honest_voter_sign_evidence_against_itself() {
    let faults =
        [Fault::NoLock, Fault::LeftIgnored, Fault::C3Dropped, Fault::C3Lax, Fault::TwoVotesPerSlot];
    for fault in faults {
        let shapes = catalogue::one_voter();
        let mut trials = shapes.iter().map(|shape| try_voter(shape, Rules::with(fault)));
        let conviction = trials.find_map(|trial| trial.conviction);
        let conviction = conviction.unwrap_or_else(|| panic!("{fault:?}: no evidence"));
        println!("{fault:?}: {conviction}");
    }
}

/// Goal: reductions hide nothing. Method: each tree is searched with and without them, for each
/// fault and claim; both find a refutation, or both find none.
#[test]
fn a_search_that_leaves_out_nothing_comes_to_the_same_end() {
    let mut pairs: Vec<_> =
        catalogue::faults().iter().map(|case| (case.settings.rules, case.shape)).collect();
    let four = catalogue::faults()[0].shape;
    for fault in ALL_FAULTS {
        let small: [&[u8]; 3] = [&[1, 1, 1], &[2, 1], &[1, 2]];
        for blocks in small {
            pairs.push((Rules { fault }, Shape { blocks, ..four }));
        }
    }
    let (mut refuted, mut held) = (0, 0);
    for (rules, shape) in pairs {
        let modes = [
            (Headers::Any, shape.written, Claim::NoConflict),
            (Headers::Any, shape.written, Claim::NoBadPair),
            (Headers::Written, Written::Both, Claim::NoConflict),
        ];
        for (headers, written, claim) in modes {
            let settings = Settings { rules, headers, claim, is_reduced: true };
            let (yes, no) = compare(&Shape { written, ..shape }, settings);
            refuted += yes;
            held += no;
        }
    }
    println!("{refuted} trees with a refutation, {held} without");
    assert!(refuted > 200 && held > 5_000, "{refuted}, {held}");
}

/// Counts the trees with and without a refutation.
fn compare(shape: &Shape<'_>, settings: Settings) -> (u64, u64) {
    let (mut refuted, mut held) = (0, 0);
    let mut seen = Seen::default();
    let _ = shape.for_each_tree(settings.rules, &mut |tree| {
        let is_whole = Settings { is_reduced: false, ..settings };
        let reduced = Search::new(tree, settings).run(&mut seen);
        let whole = Search::new(tree, is_whole).run(&mut seen);
        assert_eq!(reduced.is_some(), whole.is_some(), "{settings:?}: {}", tree.describe());
        if reduced.is_some() {
            held += 1;
        } else {
            refuted += 1;
        }
        ControlFlow::Continue(())
    });
    (refuted, held)
}
