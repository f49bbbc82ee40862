//! Words of the pages: the one table, a function per text with both languages.
//!
//! A text that is missing in a language does not compile. No word stands in a script.

use coinage_policy::Language;
use maud::{Markup, html};

/// The words of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words(pub(crate) Language);

/// Declares texts that are the same wherever they stand: name, English, Korean.
macro_rules! texts {
    ($($name:ident $english:literal $korean:literal;)+) => {
        impl Words {
            $(pub(crate) fn $name(self) -> &'static str { self.pick($english, $korean) })+
        }
    };
}

texts! {
    own_name "English" "한국어";
    to_content "To the content" "본문으로";
    pages "Pages" "페이지";
    now "Now" "현재";
    search "Search" "검색";
    find "Find" "찾기";
    search_what "height, hash, id, address, token or test name"
        "높이, 해시, ID, 주소, 토큰 또는 시험 계정 이름";
    node_is_silent "This node does not answer any more. The page goes on asking."
        "이 노드가 더는 응답하지 않습니다. 페이지는 계속 요청합니다.";
    as_json "This page as JSON" "이 페이지의 JSON";
    api "API" "API";
    test_account "A test account: everybody can spend what it holds"
        "시험 계정: 누구나 이 계정의 잔액을 쓸 수 있습니다";
    payments "Latest transactions" "최근 거래";
    no_payments "Nothing was paid in the latest blocks." "최근 블록에는 거래가 없습니다.";
    nodes "Nodes" "노드";
    this_node "this node" "이 노드";
    name "Name" "이름";
    height_told "Height, as last told" "마지막으로 알린 높이";
    program "Program" "프로그램";
    blocks "Latest blocks" "최근 블록";
    block "Block" "블록";
    time "Time" "시각";
    transactions "Transactions" "거래 수";
    transaction "Transaction" "거래";
    state "State" "상태";
    what "What" "내용";
    when "When" "시각";
    change "Change" "변동";
    account "Account" "계정";
    balances "Balances" "잔액";
    no_balances "This account holds nothing." "이 계정에는 잔액이 없습니다.";
    history "What touched this account" "이 계정의 거래";
    no_history "No transaction on this node's chain has touched this account."
        "이 노드의 체인에는 이 계정과 관련된 거래가 없습니다.";
    older "Older" "이전";
    test_account_long
        "This is a test account of a devnet: its key is published, and everybody can spend what \
         it holds."
        "개발용 네트워크의 시험 계정입니다. 키가 공개되어 있어 누구나 잔액을 쓸 수 있습니다.";
    qr "The address as a QR code" "주소의 QR 코드";
    pay_title "Try it" "해 보기";
    pay_about
        "alice and bob are test accounts of this network. A click makes a real payment: signed, \
         spread, put into a block, made final."
        "alice와 bob은 이 네트워크의 시험 계정입니다. 누르면 실제 지급이 서명되고, 퍼지고, 블록에 담기고, 확정됩니다.";
    pending "pending" "대기 중";
    included "included" "블록에 포함됨";
    final_word "final" "확정됨";
    dropped "dropped" "버려짐";
    expired "expired" "만료됨";
    life "From submitted to final" "제출에서 확정까지";
    pending_long "A node has it, and passes it on." "노드가 받아 퍼뜨리는 중입니다.";
    included_long "A block of the chain holds it. A fork could still undo that."
        "체인의 블록에 담겼습니다. 분기가 생기면 아직 취소될 수 있습니다.";
    final_long "More than two thirds of the authorities have signed: nothing undoes it any more."
        "권한자의 3분의 2를 넘게 서명했습니다. 더는 취소되지 않습니다.";
    dropped_long
        "The node no longer holds it. It may still be included until it expires; sending the \
         same bytes again does no harm."
        "노드가 더는 보관하지 않습니다. 만료 전까지는 포함될 수 있으며, 같은 데이터를 다시 보내도 해가 없습니다.";
    expired_long "Its time is over: it can no longer be included. Nothing was paid; make a new one."
        "유효 시간이 지나 더는 포함될 수 없습니다. 지급되지 않았으니 새로 만드십시오.";
    waits_because "It waits because:" "대기 이유:";
    because "Because:" "이유:";
    who_gains "Who gains and who loses" "누가 얼마를 얻고 잃는가";
    memo "Memo" "메모";
    details "Details" "자세히";
    id "Id" "ID";
    expires "Expires" "만료 시각";
    signed_by "Signed by" "서명자";
    receipt "Receipt, which shows without a node that it is final" "노드 없이도 확정을 증명하는 영수증";
    on_the_chain "on the chain" "체인에 있음";
    off_the_chain "no longer on the chain: another branch is better" "체인에 없음: 다른 가지가 더 낫습니다";
    not_final_yet "not final yet" "아직 확정되지 않음";
    header "Header" "헤더";
    slot "Slot" "슬롯";
    hash "Hash" "해시";
    previous "Previous" "이전 블록";
    next "Next" "다음 블록";
    certificate "Votes that the header carries" "헤더에 담긴 투표";
    no_transactions "This block holds no transaction." "이 블록에는 거래가 없습니다.";
    nothing_found "Nothing on this node has that name." "이 노드에는 그런 것이 없습니다.";
    too_long
        "That is too long for anything that can be found here. If it is a recovery phrase, never \
         type it into a page."
        "여기서 찾을 수 있는 것보다 깁니다. 복구 문구라면 어떤 페이지에도 입력하지 마십시오.";
    all_blocks "Blocks" "블록 목록";
    tokens "Tokens" "토큰";
    no_tokens "There is no token on this network yet." "이 네트워크에는 아직 토큰이 없습니다.";
    further "Further" "다음";
    symbol "Symbol" "기호";
    supply "Supply" "유통량";
    issuer "Issuer" "발행자";
    cap "Never more than" "최대 유통량";
    issued "Ever issued" "누적 발행량";
    decimals "Decimals" "소수 자릿수";
    of_genesis "The network began with this token." "네트워크가 시작될 때부터 있던 토큰입니다.";
    by_rules "by its rules alone" "규칙에 따라서만";
    closed "closed: nobody can issue more" "발행 종료: 더는 발행할 수 없음";
    rules "Rules, with what is used of each" "규칙과 사용량";
    used "Used" "사용량";
    in_all "In all" "누적";
    announced "Announced" "예고됨";
    holders "Who holds most" "가장 많이 가진 계정";
    amount "Amount" "금액";
    share "Share" "비율";
    network "Network" "네트워크";
    nothing_is_wrong "Nothing is wrong that this node could see." "이 노드가 볼 수 있는 문제는 없습니다.";
    doctor "What to do about it says, on the node's machine:"
        "해결 방법은 노드가 있는 기기에서 확인하십시오:";
    authorities "Authorities, who write blocks and vote" "블록을 쓰고 투표하는 권한자";
    key "Key" "키";
    missing "missing: neither blocks nor votes" "없음: 블록도 투표도 오지 않음";
    silent "silent: no votes" "조용함: 투표가 오지 않음";
    heard "heard" "소식 있음";
    peers "Nodes that this one is connected to" "이 노드에 연결된 노드";
    no_peers "No node is connected." "연결된 노드가 없습니다.";
    clock "Clock ahead" "시계 차이";
    chain_id "Chain id" "체인 ID";
    genesis_hash "Genesis" "제네시스";
    tree "Tree" "트리";
    tree_about
        "The latest blocks as this node has seen them, the newest to the left. Below the chain \
         stand branches that it left, or that compete with it."
        "이 노드가 본 최근 블록입니다. 왼쪽이 최신이고, 체인 아래에는 떠났거나 경쟁 중인 가지가 있습니다.";
    drawing "Drawing of the tree" "트리 그림";
    as_table "The tree as a table" "트리를 표로 보기";
    reorgs "Changes of branches" "가지 변경";
    no_reorgs "This node has never left a branch." "이 노드는 가지를 떠난 적이 없습니다.";
    left "was on the chain, and was left" "체인에 있었으나 떠남";
    side "end of a branch that competes" "경쟁 중인 가지의 끝";
    headers_only "end of a branch of which only headers are known" "헤더만 알려진 가지의 끝";
    invalid "end of a branch that breaks a rule" "규칙을 어긴 가지의 끝";
    reincluded "included again:" "다시 포함:";
    back_in_pool "waiting again:" "다시 대기:";
    conflicting "excluded by others:" "다른 거래와 충돌:";
    no_holders "Nobody holds any." "가진 계정이 없습니다.";
    go_on "Back to what happens now" "현재 화면으로";
    unknown_author "unknown" "알 수 없음";
    alone "This node hears of no majority of the authorities: rely on nothing that is not final."
        "이 노드는 권한자 과반수의 소식을 듣지 못하고 있습니다. 확정되지 않은 것은 믿지 마십시오.";
    all_nodes_hidden "Only the nodes that this one is connected to." "이 노드에 연결된 노드만 보입니다.";
}

impl Words {
    fn pick<T>(self, english: T, korean: T) -> T {
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// An account by its name, as it stands in a sentence.
    pub(crate) fn called(self, name: &str) -> String {
        self.pick(name.to_owned(), format!("{name} 계정"))
    }

    pub(crate) fn and_more(self, more: usize) -> String {
        self.pick(format!("and {more} more"), format!("외 {more}건"))
    }

    pub(crate) fn block_number(self, height: u64) -> String {
        self.pick(format!("block {height}"), format!("블록 {height}"))
    }

    pub(crate) fn authority(self, index: u32) -> String {
        let number = index.saturating_add(1);
        self.pick(format!("authority {number}"), format!("권한자 {number}"))
    }

    /// The button that lets one test account pay another.
    pub(crate) fn pay(self, amount: &str) -> String {
        self.pick(
            format!("Let alice pay bob {amount}"),
            format!("alice 계정에서 bob 계정으로 {amount} 지급하기"),
        )
    }

    /// Sentence about whose page this is.
    pub(crate) fn whose(self, node: &Markup, network: &Markup) -> Markup {
        match self.0 {
            Language::English => html! {
                "This is " (node) ", a node of the network " (network) "."
            },
            Language::Korean => html! { (network) " 네트워크의 노드 " (node) "입니다." },
        }
    }

    /// Sentence about how many authorities are heard, and how fast payments become final.
    pub(crate) fn healthy(self, (heard, all): (u32, usize), slot: &str) -> String {
        self.pick(
            format!(
                "{heard} of {all} authorities are heard, and a payment is usually final within \
                 {slot}."
            ),
            format!(
                "권한자 {all}명 중 {heard}명의 소식이 들리고, 지급은 보통 {slot} 안에 확정됩니다."
            ),
        )
    }

    /// Sentence about who is missing for anything to become final.
    pub(crate) fn held_up(self, all: usize, quorum: u32, silent: &[u32]) -> String {
        let votes = all.saturating_sub(silent.len());
        let names: Vec<_> = silent.iter().map(|index| self.authority(*index)).collect();
        let names = names.join(", ");
        self.pick(
            format!(
                "Nothing becomes final: {votes} of {all} authorities vote, {quorum} are needed. \
                 Silent: {names}. Payments get into blocks, and wait."
            ),
            format!(
                "아무것도 확정되지 않습니다. 권한자 {all}명 중 {votes}명이 투표하고, {quorum}명이 \
                 필요합니다. 조용한 권한자: {names}. 지급은 블록에 담긴 채 기다립니다."
            ),
        )
    }

    /// The number of blocks that a reorg left.
    pub(crate) fn blocks_left(self, depth: u64) -> String {
        let unit = if depth == 1 { "block" } else { "blocks" };
        self.pick(format!("{depth} {unit} left"), format!("블록 {depth}개를 떠남"))
    }

    /// Warning that a token looks like another, which the network began with.
    pub(crate) fn looks_like(self, other: &str) -> String {
        self.pick(
            format!("This looks like {other}, with which the network began, and is another token."),
            format!("네트워크의 처음 토큰 {other}와 비슷해 보이지만 다른 토큰입니다."),
        )
    }

    /// Sentence that the node has still to fetch what the others have.
    pub(crate) fn fetching(self, height: u64) -> String {
        self.pick(
            format!("It is still fetching the chain, and has got to block {height}."),
            format!("아직 체인을 가져오는 중이며 블록 {height}까지 받았습니다."),
        )
    }

    /// Sentence about why nothing moves, and when something will.
    pub(crate) fn idle(self) -> &'static str {
        self.pick(
            "Nothing waits to be written, so no blocks are needed but one now and then, which \
             shows that the network is there.",
            "기록할 것이 없어 블록이 필요하지 않습니다. 네트워크가 살아 있다는 표시로 가끔만 나옵니다.",
        )
    }

    pub(crate) fn waiting(self, count: u32) -> String {
        let verb = if count == 1 { "transaction waits" } else { "transactions wait" };
        self.pick(
            format!("{count} {verb} for a block."),
            format!("거래 {count}건이 블록을 기다립니다."),
        )
    }

    pub(crate) fn seconds(self, ms: u32) -> String {
        let number = format!("{}.{:03}", ms / 1000, ms % 1000);
        let number = number.trim_end_matches('0').trim_end_matches('.');
        let unit = if number == "1" { "second" } else { "seconds" };
        self.pick(format!("{number} {unit}"), format!("{number}초"))
    }

    /// Sentence about what went wrong, by the status of the answer.
    pub(crate) fn trouble(self, status: u16) -> &'static str {
        match status {
            403 => self.pick(
                "This node does not answer that request: it came by a name or from a page that its \
                 operator does not allow.",
                "이 노드는 그 요청에 응답하지 않습니다. 운영자가 허용하지 않은 이름이나 페이지에서 온 요청입니다.",
            ),
            404 => self.pick("There is no such thing on this node.", "이 노드에는 그런 것이 없습니다."),
            410 => self.pick(
                "The chain changed here: what you asked for was on a branch that this node has \
                 left.",
                "체인이 바뀌었습니다. 요청한 것은 이 노드가 떠난 가지에 있었습니다.",
            ),
            429 => self.pick(
                "Too many requests came from your address; wait a second and try again.",
                "요청이 너무 많습니다. 잠시 뒤 다시 시도하십시오.",
            ),
            503 => self.pick(
                "The node cannot answer that just now; try again in a moment.",
                "노드가 지금은 응답할 수 없습니다. 잠시 뒤 다시 시도하십시오.",
            ),
            400..=499 => self.pick("That is not how one asks for it.", "요청 형식이 올바르지 않습니다."),
            _ => self.pick(
                "The node has a problem of its own; its log says which.",
                "노드에 문제가 있습니다. 로그를 확인하십시오.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_to_the_millisecond() {
        for (ms, told) in [
            (250, "0.25 seconds"),
            (500, "0.5 seconds"),
            (1000, "1 second"),
            (10_000, "10 seconds"),
            (2050, "2.05 seconds"),
            (1, "0.001 seconds"),
        ] {
            assert_eq!(Words(Language::English).seconds(ms), told);
        }
        assert_eq!(Words(Language::Korean).seconds(250), "0.25초");
    }
}
