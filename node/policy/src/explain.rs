//! Explanations: what a charter means, a line for each clause, and what it leaves out.

use coinage_protocol::{Charter, Clause};

use crate::language::Language;
use crate::write::{head, sentence};

/// Explanation of a charter in lines: the head, the numbered clauses, and what cannot change.
pub fn explain(charter: &Charter, language: Language) -> Vec<String> {
    let mut lines = head(charter, language);
    for (id, clause) in charter.numbered() {
        let note = note(clause, language).map(|note| format!(" ({note})")).unwrap_or_default();
        lines.push(format!("{id}. {}{note}", sentence(charter, id, language)));
    }
    lines.extend(notes(charter, language));
    lines
}

/// Sentences about what the clauses leave out: who else can issue, and what can change.
pub fn notes(charter: &Charter, language: Language) -> Vec<String> {
    vec![issue(charter, language).to_owned(), change(charter, language).to_owned()]
}

/// Note on what people overlook in a clause.
fn note(clause: &Clause, language: Language) -> Option<&'static str> {
    let limit = matches!(
        clause,
        Clause::Issue { .. }
            | Clause::Growth { .. }
            | Clause::Receive { .. }
            | Clause::SendLimit { .. }
    );
    let has_formula = clause.formula().is_some();
    let (english, korean) = match clause {
        Clause::Issue { .. } if has_formula => (
            "worked out before the first issue of each period, rounded down, and nothing if below \
             zero or too great; around a boundary of two periods, the amounts of both can be \
             issued within minutes",
            "구간마다 첫 발행 직전의 값으로 계산하여 소수점 아래는 버리고, 0보다 작거나 너무 크면 \
             발행할 수 없습니다; 두 구간의 경계에서는 몇 분 안에 두 구간의 양을 모두 발행할 수 \
             있습니다",
        ),
        _ if has_formula => (
            "worked out before each issue, rounded down, and nothing if below zero or too great",
            "발행할 때마다 그 직전의 값으로 계산하여 소수점 아래는 버리고, 0보다 작거나 너무 크면 발행할 수 \
             없습니다",
        ),
        _ if limit => (
            "around a boundary of two periods, twice this can happen within minutes",
            "두 구간의 경계에서는 몇 분 안에 이 양의 두 배까지 가능합니다",
        ),
        Clause::Halving { .. } | Clause::Evenly { .. } => {
            ("what is not drawn stays drawable", "인출하지 않은 양은 나중에도 인출할 수 있습니다")
        }
        Clause::Claim { .. } => (
            "whoever gets the role claims from the next period on",
            "역할을 받은 계정은 다음 구간부터 받을 수 있습니다",
        ),
        Clause::Hold { .. } => (
            "it binds when coins come in: whoever gets the role with more keeps it",
            "코인이 들어올 때만 적용됩니다: 더 많이 가진 채 역할을 받은 계정은 그대로 가집니다",
        ),
        Clause::Freeze { .. } => ("nobody's coins are taken by it", "코인을 빼앗지는 않습니다"),
        Clause::Move { .. } => ("without the owner's consent", "주인의 동의가 필요 없습니다"),
        Clause::Owe { .. } => (
            "owing makes coins and burning them repays; nothing makes anybody repay",
            "빚지면 코인이 생기고 소각하면 갚습니다; 갚도록 강제하는 것은 없습니다",
        ),
        _ => return None,
    };
    Some(pick(language, english, korean))
}

fn pick<'t>(language: Language, english: &'t str, korean: &'t str) -> &'t str {
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}

/// Sentence on whether anybody can issue after the creation.
fn issue(charter: &Charter, language: Language) -> &'static str {
    let issues = |clause: &Clause| {
        matches!(
            clause,
            Clause::Issue { .. }
                | Clause::IssueFreely { .. }
                | Clause::Growth { .. }
                | Clause::Halving { .. }
                | Clause::Evenly { .. }
                | Clause::Claim { .. }
                | Clause::Owe { .. }
        )
    };
    if charter.clauses.iter().any(issues) {
        pick(
            language,
            "Nobody else can issue, and nobody in another way.",
            "다른 계정은, 그리고 다른 방법으로는 발행할 수 없습니다.",
        )
    } else {
        pick(language, "Nobody can ever issue more.", "누구도 더 발행할 수 없습니다.")
    }
}

/// Sentence on whether anything of the charter can change.
fn change(charter: &Charter, language: Language) -> &'static str {
    let changes =
        |clause: &Clause| matches!(clause, Clause::HandOver { .. } | Clause::Amend { .. });
    if charter.clauses.iter().any(changes) {
        pick(
            language,
            "Nothing of these rules can change but what they say themselves.",
            "이 규칙은 스스로 정한 것 말고는 바뀔 수 없습니다.",
        )
    } else {
        pick(language, "These rules can never change.", "이 규칙은 결코 바뀔 수 없습니다.")
    }
}
