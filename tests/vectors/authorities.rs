//! Changes of authorities that are refused.

use coinage_protocol::{AuthorityChange, AuthorityStep, Block, Bounded, Phase, Signature, encode};
use serde_json::Value;

use crate::invalid::block_bytes;
use crate::samples::{
    addition, block, block_changing, certificate, chain_spec, removal, secret, some_hash,
};

/// Blocks whose change of authorities cannot be made.
pub(crate) fn changes() -> Vec<Value> {
    // SPEC B-5, B-11
    let spec = chain_spec();
    let (added, removed) = (addition(&spec), removal(&spec));
    let wrong = |name, change, expected| {
        block_bytes(name, &encode(&block_changing(&spec, change)), expected)
    };
    let signed = |change: fn(&mut Vec<(u8, Signature)>)| {
        let mut signatures = removed.signatures.clone().into_vec();
        change(&mut signatures);
        AuthorityChange { signatures: Bounded::first_of(signatures), ..removed.clone() }
    };
    let stepped = |step| AuthorityChange { step, ..removed.clone() };
    let [member, stranger] = [102, 7].map(|seed| secret(seed).public());
    let votes = certificate(&spec, Phase::Vote, &block(&spec, vec![]));
    let mut both = block_changing(&spec, removed.clone()).header.header;
    both.certificate = Some(votes);
    let both = Block { header: both.sign(spec.chain(), &secret(102)), ..block(&spec, vec![]) };
    let others = coinage_protocol::AuthoritiesHash::default();
    vec![
        block_bytes("a certificate and a change", &encode(&both), "Both"),
        wrong("two of three approve", signed(|all| all.truncate(2)), "Count"),
        wrong("approvals in the wrong order", signed(|all| all.swap(0, 1)), "Signers"),
        wrong("approvals of each other", signed(|all| all[2].1 = all[1].1), "BadSignature"),
        wrong("a member is added", stepped(AuthorityStep::Add { key: member }), "Newcomer"),
        wrong("a stranger is removed", stepped(AuthorityStep::Remove { key: stranger }), "Absent"),
        wrong(
            "an approval of another step",
            stepped(AuthorityStep::Remove { key: member }),
            "BadSignature",
        ),
        wrong(
            "an approval that follows another change",
            AuthorityChange { follows: some_hash(7), ..removed.clone() },
            "BadSignature",
        ),
        wrong(
            "a change of others",
            AuthorityChange { authorities: others, ..removed.clone() },
            "OtherAuthorities",
        ),
        wrong(
            "a newcomer that has not signed",
            AuthorityChange { newcomer: None, ..added.clone() },
            "Newcomer",
        ),
        wrong(
            "a newcomer for whom another one signed",
            AuthorityChange { newcomer: Some(added.signatures[0].1), ..added.clone() },
            "Newcomer",
        ),
        wrong(
            "a newcomer where nobody is added",
            AuthorityChange { newcomer: added.newcomer, ..removed },
            "Newcomer",
        ),
    ]
}
