//! The table of sentences: a row for each kind, in both languages.
//!
//! A slot stands in braces. Its name says what is written there (`slot.rs`); a number behind the
//! name tells two of a kind apart. What stands right behind a slot, without a space, belongs to its
//! last word. A comma is a word of its own.

use crate::language::Language;

/// A kind of sentence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Coin,
    Anchor,
    AddressAccount,
    ThresholdAccount,
    Creation,
    Outstanding,
    Ever,
    Issue,
    IssueFreely,
    Growth,
    Halving,
    Evenly,
    EvenlyAfter,
    Claim,
    ClaimMissed,
    Receive,
    NotBefore,
    NotFrom,
    Role,
    SendRoleToRole,
    SendRoleToAccount,
    SendAccountToRole,
    SendAccountToAccount,
    Hold,
    SendLimit,
    Freeze,
    Move,
    End,
    HandOver,
    Amend,
    Owe,
}

/// A row: a kind of sentence in English and in Korean.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    english: &'static str,
    korean: &'static str,
}

impl Row {
    pub(crate) fn template(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        }
    }
}

const fn row(kind: Kind, english: &'static str, korean: &'static str) -> Row {
    Row { kind, english, korean }
}

/// The rows: those of the head of a file, then those of clauses.
pub(crate) const ROWS: &[Row] = &[
    row(
        Kind::Coin,
        "coin {symbol} {title} , {decimals} decimals",
        "코인 {symbol} {title} , 소수 {decimals}자리",
    ),
    row(Kind::Anchor, "periods count from {instant}", "구간은 {instant} 부터 셉니다"),
    row(
        Kind::AddressAccount,
        "{new-account} is {address}",
        "{new-account} 계정은 {address} 입니다",
    ),
    row(
        Kind::ThresholdAccount,
        "{new-account} is {count} of {keys}",
        "{new-account} 계정은 {keys} 가운데 {count}개의 서명입니다",
    ),
    row(
        Kind::Creation,
        "{amount} go to {account} at creation",
        "{account} 계정은 처음에 {amount} 만큼 받습니다",
    ),
    row(Kind::Outstanding, "at most {ceiling} may be outstanding", "유통량은 {ceiling} 이하입니다"),
    row(
        Kind::Ever,
        "at most {ceiling} may ever be issued",
        "지금까지 발행한 양은 모두 {ceiling} 이하입니다",
    ),
    row(
        Kind::Issue,
        "{account} may issue at most {ceiling} per {period}",
        "{account} 계정은 {period} 구간마다 {ceiling} 이하로 발행할 수 있습니다",
    ),
    row(
        Kind::IssueFreely,
        "{account} may issue without limit",
        "{account} 계정은 한도 없이 발행할 수 있습니다",
    ),
    row(
        Kind::Growth,
        "{account} may issue at most {rate} % of the supply per {period}",
        "{account} 계정은 {period} 구간마다 유통량의 {rate} % 이하로 발행할 수 있습니다",
    ),
    row(
        Kind::Halving,
        "{account} may draw {amount} per {period} , halving every {count} periods",
        "{account} 계정은 {period} 구간마다 {amount} 만큼 인출할 수 있고 , {count}구간마다 절반이 됩니다",
    ),
    row(
        Kind::Evenly,
        "{account} may draw {amount} in all , evenly over {count} days from {instant}",
        "{account} 계정은 {instant} 부터 {count}일 동안 고르게 모두 {amount} 만큼 인출할 수 있습니다",
    ),
    row(
        Kind::EvenlyAfter,
        "{account} may draw {amount} in all , evenly over {count} days from {instant} , nothing in \
         the first {count2}",
        "{account} 계정은 {instant} 부터 {count}일 동안 고르게 모두 {amount} 만큼 인출할 수 있으나 , \
         처음 {count2}일 동안은 인출할 수 없습니다",
    ),
    row(
        Kind::Claim,
        "each {role} may claim {amount} per {period}",
        "{role} 역할은 저마다 {period} 구간마다 {amount} 만큼 받을 수 있습니다",
    ),
    row(
        Kind::ClaimMissed,
        "each {role} may claim {amount} per {period} , also for the last {count} missed",
        "{role} 역할은 저마다 {period} 구간마다 {amount} 만큼 받을 수 있고 , 놓친 구간도 최근 \
         {count}개까지 받을 수 있습니다",
    ),
    row(
        Kind::Receive,
        "each {role} may be issued at most {amount} per {period}",
        "{role} 역할은 저마다 {period} 구간마다 {amount} 이하로 발행받을 수 있습니다",
    ),
    row(
        Kind::NotBefore,
        "nothing may be issued before {instant}",
        "{instant} 전에는 아무것도 발행할 수 없습니다",
    ),
    row(
        Kind::NotFrom,
        "nothing may be issued from {instant} on",
        "{instant} 부터는 아무것도 발행할 수 없습니다",
    ),
    row(
        Kind::Role,
        "{account} may give and take the role {new-role} , to at most {count} accounts",
        "{account} 계정은 {new-role} 역할을 주고 거둘 수 있으며 , 최대 {count}개 계정까지입니다",
    ),
    row(
        Kind::SendRoleToRole,
        "each {role} may send to each {role2}",
        "{role} 역할은 저마다 {role2} 역할에게 보낼 수 있습니다",
    ),
    row(
        Kind::SendRoleToAccount,
        "each {role} may send to {account}",
        "{role} 역할은 저마다 {account} 계정에 보낼 수 있습니다",
    ),
    row(
        Kind::SendAccountToRole,
        "{account} may send to each {role}",
        "{account} 계정은 {role} 역할에게 보낼 수 있습니다",
    ),
    row(
        Kind::SendAccountToAccount,
        "{account} may send to {account2}",
        "{account} 계정은 {account2} 계정에 보낼 수 있습니다",
    ),
    row(
        Kind::Hold,
        "each {role} may hold at most {amount}",
        "{role} 역할은 저마다 {amount} 이하로 가질 수 있습니다",
    ),
    row(
        Kind::SendLimit,
        "each {role} may send at most {amount} per {period}",
        "{role} 역할은 저마다 {period} 구간마다 {amount} 이하로 보낼 수 있습니다",
    ),
    row(
        Kind::Freeze,
        "{account} may freeze and unfreeze any account",
        "{account} 계정은 모든 계정을 동결하고 풀 수 있습니다",
    ),
    row(
        Kind::Move,
        "{account} may move the coins of any account to any account",
        "{account} 계정은 모든 계정의 코인을 다른 계정으로 옮길 수 있습니다",
    ),
    row(
        Kind::End,
        "from {instant} on coins may only be sent to {account} or burned",
        "{instant} 부터 코인은 {account} 계정으로 보내거나 소각할 수만 있습니다",
    ),
    row(
        Kind::HandOver,
        "{account} may hand over its place to another account",
        "{account} 계정은 그 자리를 다른 계정에 넘길 수 있습니다",
    ),
    row(
        Kind::Amend,
        "{account} may set the amount in clause {clause} between {amount} and {amount2} , \
         announced {period} before",
        "{account} 계정은 {clause}번째 조항의 양을 {amount} 이상 {amount2} 이하로 바꿀 수 있고 , \
         {period} 전에 알려야 합니다",
    ),
    row(
        Kind::Owe,
        "each {role} may owe at most {amount}",
        "{role} 역할은 저마다 {amount} 이하로 빚질 수 있습니다",
    ),
];
