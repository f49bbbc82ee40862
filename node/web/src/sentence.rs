//! Sentences about transactions: who does what, with links.

use coinage_model::transaction::ActionJson;
use coinage_model::transaction::BodyJson;
use coinage_policy::Language;
use coinage_protocol::{Action, Address, Amount, Body, CreateToken, Symbol};
use maud::{Markup, html};

use crate::names::Decimals;
use crate::site::Site;
use crate::text::{account, amount, figures, moment};

/// Teller of sentences: for whom, with which decimals, before or after it has happened.
#[derive(Clone, Copy)]
pub(crate) struct Teller<'a> {
    pub(crate) site: &'a Site,
    pub(crate) decimals: &'a Decimals,
    /// True once a block holds it: nobody has paid before.
    pub(crate) done: bool,
}

impl Teller<'_> {
    /// The first thing that a transaction does, and how many more there are.
    pub(crate) fn brief(&self, body: &BodyJson) -> Markup {
        let more = body.actions.len().saturating_sub(1);
        html! {
            @if let Some(first) = body.actions.iter().next() { (self.action(first, &body.sender)) }
            @if more > 0 { " " (self.site.words().and_more(more)) }
        }
    }

    /// All steps of a transaction.
    pub(crate) fn whole(&self, body: &BodyJson) -> Markup {
        html! {
            @if body.actions.len() == 1 { p.sentence { (self.brief(body)) } }
            @else {
                ul.sentences {
                    @for action in body.actions.iter() {
                        li { (self.action(action, &body.sender)) }
                    }
                }
            }
        }
    }

    fn action(&self, action: &ActionJson, sender: &Address) -> Markup {
        let action = Action::from(action.clone());
        match self.site.language {
            Language::English => self.english(&action, sender),
            Language::Korean => self.korean(&action, sender),
        }
    }

    fn who(&self, address: &Address) -> Markup {
        account(self.site, address)
    }

    fn much(&self, units: Amount, token: Symbol) -> Markup {
        amount(units, token, self.decimals)
    }

    /// The form of a verb before and after it has happened.
    fn verb(&self, before: &'static str, after: &'static str) -> &'static str {
        if self.done { after } else { before }
    }

    fn english(&self, action: &Action, sender: &Address) -> Markup {
        let (who, verb) = (|one: &Address| self.who(one), |one, other| self.verb(one, other));
        match action {
            Action::Transfer { token, from, to, amount } => html! {
                (who(from)) " " (verb("pays", "paid")) " " (self.much(*amount, *token)) " to "
                (who(to))
            },
            Action::Mint { token, issuer, to, amount } => html! {
                (who(issuer)) " " (verb("issues", "issued")) " " (self.much(*amount, *token))
                " to " (who(to))
            },
            Action::Burn { token, from, amount } => html! {
                (who(from)) " " (verb("burns", "burned")) " " (self.much(*amount, *token))
            },
            Action::CreateToken(CreateToken { token, supply, to, .. }) => html! {
                (who(sender)) " " (verb("creates", "created")) " the token " (token) ", with "
                (self.much(*supply, *token)) " for " (who(to))
            },
            Action::CreateWithCharter(charter) => html! {
                (who(sender)) " " (verb("creates", "created")) " the token " (charter.token)
                ", with rules that bind everybody"
            },
            Action::SetIssuer { token, issuer, new: Some(new) } => html! {
                (who(issuer)) " " (verb("makes", "made")) " " (who(new)) " the issuer of " (token)
            },
            Action::SetIssuer { token, issuer, new: None } => html! {
                (who(issuer)) " " (verb("closes", "closed")) " " (token) ": nobody can issue more"
            },
            Action::Draw { token, account, clause, amount } => html! {
                (who(account)) " " (verb("draws", "drew")) " " (self.much(*amount, *token))
                " by clause " (clause)
            },
            Action::Claim { token, account, clause, amount } => html! {
                (who(account)) " " (verb("claims", "claimed")) " " (self.much(*amount, *token))
                " by clause " (clause)
            },
            Action::SetRole { token, officer, account, role } => html! {
                (who(officer)) " " (verb("changes", "changed")) " the role of " (who(account))
                " in " (token)
                @if role.is_none() { ": none any more" }
            },
            Action::SetFrozen { token, officer, account, frozen } => html! {
                (who(officer)) " "
                @if *frozen { (verb("freezes", "froze")) } @else { (verb("unfreezes", "unfroze")) }
                " the " (token) " of " (who(account))
            },
            Action::Move { token, officer, from, to, amount } => html! {
                (who(officer)) " " (verb("moves", "moved")) " " (self.much(*amount, *token))
                " of " (who(from))
                " to " (who(to))
            },
            Action::HandOver { token, from, to, .. } => html! {
                (who(from)) " " (verb("hands", "handed")) " a place in the rules of " (token)
                " over to " (who(to))
            },
            Action::Amend { token, officer, clause, amount, in_force_at } => html! {
                (who(officer)) " " (verb("changes", "changed")) " the amount in clause "
                (clause) " of " (token)
                " to " (self.much(*amount, *token)) ", from " (moment(in_force_at.get())) " on"
            },
        }
    }

    fn korean(&self, action: &Action, sender: &Address) -> Markup {
        let who = |one: &Address| self.who(one);
        // A noun at the end stands for what is to happen and for what has happened.
        match action {
            Action::Transfer { token, from, to, amount } => html! {
                (who(from)) "에서 " (who(to)) "으로 " (self.much(*amount, *token)) " 지급"
            },
            Action::Mint { token, issuer, to, amount } => html! {
                (who(issuer)) "이 " (who(to)) "에 " (self.much(*amount, *token)) " 발행"
            },
            Action::Burn { token, from, amount } => html! {
                (who(from)) "이 " (self.much(*amount, *token)) " 소각"
            },
            Action::CreateToken(CreateToken { token, supply, to, .. }) => html! {
                (who(sender)) "이 토큰 " (token) " 생성, " (who(to)) "에 " (self.much(*supply, *token))
            },
            Action::CreateWithCharter(charter) => html! {
                (who(sender)) "이 모두를 구속하는 규칙과 함께 토큰 " (charter.token) " 생성"
            },
            Action::SetIssuer { token, issuer, new: Some(new) } => html! {
                (who(issuer)) "이 " (token) " 발행 권한을 " (who(new)) "으로 넘김"
            },
            Action::SetIssuer { token, issuer, new: None } => html! {
                (who(issuer)) "이 " (token) " 발행 종료: 더는 아무도 발행할 수 없음"
            },
            Action::Draw { token, account, clause, amount } => html! {
                (who(account)) "이 조항 " (clause) "에 따라 " (self.much(*amount, *token)) " 인출"
            },
            Action::Claim { token, account, clause, amount } => html! {
                (who(account)) "이 조항 " (clause) "에 따라 " (self.much(*amount, *token)) " 청구"
            },
            Action::SetRole { token, officer, account, role } => html! {
                (who(officer)) "이 " (token) "에서 " (who(account)) "의 역할 "
                @if role.is_some() { "변경" } @else { "해제" }
            },
            Action::SetFrozen { token, officer, account, frozen } => html! {
                (who(officer)) "이 " (who(account)) "의 " (token) " "
                @if *frozen { "동결" } @else { "동결 해제" }
            },
            Action::Move { token, officer, from, to, amount } => html! {
                (who(officer)) "이 " (who(from)) "에서 " (who(to)) "으로 "
                (self.much(*amount, *token)) " 이동"
            },
            Action::HandOver { token, from, to, .. } => html! {
                (who(from)) "이 " (token) " 규칙 속의 자리를 " (who(to)) "으로 넘김"
            },
            Action::Amend { token, officer, clause, amount, in_force_at } => html! {
                (who(officer)) "이 " (token) " 조항 " (clause) "의 금액을 " (moment(in_force_at.get()))
                "부터 " (self.much(*amount, *token)) " 단위로 변경"
            },
        }
    }
}

/// Changes of balances by what a transaction does: who loses how much of what, then who gains.
pub(crate) fn changes(body: &BodyJson) -> Vec<(Address, Symbol, Change)> {
    let body = Body::from(body.clone());
    let mut sums = std::collections::BTreeMap::<_, (u128, u128)>::new();
    for moved in body.actions.iter().flat_map(Action::movements) {
        let units = moved.amount.units();
        if let Some(from) = moved.from {
            let lost = &mut sums.entry((from, moved.token)).or_default().1;
            *lost = lost.saturating_add(units);
        }
        if let Some(to) = moved.to {
            let gained = &mut sums.entry((to, moved.token)).or_default().0;
            *gained = gained.saturating_add(units);
        }
    }
    let change = |(gained, lost): (u128, u128)| {
        let amount = Amount::try_from(gained.abs_diff(lost)).unwrap_or(Amount::MAX);
        Change { amount, is_gain: gained > lost }
    };
    let all = sums.into_iter().map(|((who, token), sums)| (who, token, change(sums)));
    let mut all: Vec<_> = all.filter(|(_, _, change)| change.amount != Amount::ZERO).collect();
    all.sort_by_key(|(_, _, change)| change.is_gain);
    all
}

/// Change of a balance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Change {
    pub(crate) amount: Amount,
    pub(crate) is_gain: bool,
}

impl Change {
    /// The change with its sign and token.
    pub(crate) fn shown(self, token: Symbol, decimals: &Decimals) -> Markup {
        let sign = if self.is_gain { "+" } else { "−" };
        let figures = figures(self.amount, token, decimals);
        html! { span.amount { (sign) (figures) " " (token) } }
    }
}
