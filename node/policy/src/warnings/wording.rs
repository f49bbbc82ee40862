//! Words of warnings: a sentence for each, in both languages, with slots in braces.

use crate::language::Language;

/// A sentence in both languages.
#[derive(Debug)]
pub(super) struct Wording {
    english: &'static str,
    korean: &'static str,
}

impl Wording {
    /// The sentence with values in its slots.
    pub(super) fn filled(&self, values: &[(&str, String)], language: Language) -> String {
        let text = match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        };
        let fill = |text: String, (slot, value): &(&str, String)| text.replace(slot, value);
        values.iter().fold(text.to_owned(), fill)
    }
}

const fn wording(english: &'static str, korean: &'static str) -> Wording {
    Wording { english, korean }
}

/// An account is still one of a charter that ships, and nobody has its keys.
pub(super) const PLACEHOLDER: &Wording = &wording(
    "{name} is still the placeholder of a charter that ships: nobody has its keys",
    "{name} 계정은 아직 예시 그대로입니다: 그 키를 가진 사람이 없습니다",
);

/// No clause lets an office hand over its place.
pub(super) const IRREPLACEABLE: &Wording = &wording(
    "{name} cannot be replaced: no clause lets it hand over its place",
    "{name} 계정은 바꿀 수 없습니다: 그 자리를 넘길 수 있다는 조항이 없습니다",
);

/// No clause lets an office hand over its place, and nobody sees how well it is guarded.
pub(super) const IRREPLACEABLE_ADDRESS: &Wording = &wording(
    "{name} cannot be replaced: no clause lets it hand over its place, and its address does not \
     show whose keys it has",
    "{name} 계정은 바꿀 수 없습니다: 그 자리를 넘길 수 있다는 조항이 없고, 주소만으로는 누구의 \
     키인지 알 수 없습니다",
);

/// Coins of an account that loses the role can only be burned.
pub(super) const LOST_ROLE: &Wording = &wording(
    "an account that loses the role {name} can only burn its coins: no clause lets it send them",
    "{name} 역할을 잃은 계정은 코인을 소각할 수만 있습니다: 보낼 수 있다는 조항이 없습니다",
);

/// Coins of an account that loses the role can go nowhere: they are burned only to repay.
pub(super) const LOST_ROLE_OWED: &Wording = &wording(
    "an account that loses the role {name} can do nothing with its coins: no clause lets it send \
     them, and they are burned only to repay",
    "{name} 역할을 잃은 계정은 코인으로 아무것도 할 수 없습니다: 보낼 수 있다는 조항이 없고, 소각은 \
     빚을 갚을 때만 할 수 있습니다",
);

/// A circle comes to an end although everybody repays.
pub(super) const OWED_IN_ALL: &Wording = &wording(
    "once {room} was owed in all, nobody can owe again, although all is repaid: clause {clause} \
     counts what was ever issued",
    "빚진 양이 모두 {room} 에 이르면, 다 갚아도 아무도 다시 빚질 수 없습니다: {clause}번째 조항은 \
     지금까지 발행한 양을 셉니다",
);

/// An amount of zero lets nobody owe anything.
pub(super) const OWES_NOTHING: &Wording = &wording(
    "nobody can ever owe anything by clause {clause}: its amount is zero, and no clause can raise \
     it",
    "{clause}번째 조항으로는 아무도 빚질 수 없습니다: 양이 0이고, 늘릴 수 있다는 조항이 없습니다",
);

/// Draws and claims exceed what the cap leaves.
pub(super) const STARVED: &Wording = &wording(
    "clause {cap} may leave nothing for clause {clause}: draws and claims can come to {total}, \
     and it has room for {room}",
    "{cap}번째 조항 때문에 {clause}번째 조항에는 남는 것이 없을 수 있습니다: 인출하거나 받을 수 \
     있는 양은 모두 {total} 인데, 여유는 {room}뿐입니다",
);

/// Claims without an end exceed what the cap leaves.
pub(super) const STARVED_IN_TIME: &Wording = &wording(
    "clause {cap} may leave nothing for clause {clause}: claims have no end, and it has room for \
     {room}",
    "{cap}번째 조항 때문에 {clause}번째 조항에는 남는 것이 없을 수 있습니다: 받을 수 있는 양에는 \
     끝이 없는데, 여유는 {room}뿐입니다",
);

/// Offices can issue what draws and claims would need.
pub(super) const CROWDED: &Wording = &wording(
    "clause {cap} may leave nothing for clause {clause}: whoever may issue can use up its room \
     first",
    "{cap}번째 조항 때문에 {clause}번째 조항에는 남는 것이 없을 수 있습니다: 발행할 수 있는 계정이 \
     여유를 먼저 다 쓸 수 있습니다",
);

/// No period can see the amount issued that the clause allows in one.
pub(super) const ABOVE_CAP: &Wording = &wording(
    "clause {clause} allows more in one period than clause {cap} has room for: {room}",
    "{clause}번째 조항은 한 구간에 {cap}번째 조항의 여유보다 많이 허락합니다: {room}",
);

/// All who may be issued to may not get the amount of the clause together.
pub(super) const FEW_RECEIVERS: &Wording = &wording(
    "clause {clause} allows more in one period than all accounts together may be issued: {total}",
    "{clause}번째 조항은 한 구간에 모든 계정이 함께 발행받을 수 있는 양보다 많이 허락합니다: \
     {total}",
);

/// A limit is idle: another clause never allows more.
pub(super) const NEVER_BINDS: &Wording = &wording(
    "clause {clause} never binds: clause {by} allows no more anyway",
    "{clause}번째 조항은 막는 것이 없습니다: 어차피 {by}번째 조항이 더 허락하지 않습니다",
);

/// A limit on sending is idle: nobody can have so much to send.
pub(super) const SEND_ABOVE_HOLD: &Wording = &wording(
    "clause {clause} never binds: with clause {by} nobody has so much to send in one period",
    "{clause}번째 조항은 막는 것이 없습니다: {by}번째 조항 때문에 아무도 한 구간에 그만큼 보낼 \
     코인을 가질 수 없습니다",
);

/// A single claim is more than may be held.
pub(super) const CLAIM_ABOVE_HOLD: &Wording = &wording(
    "nobody can claim by clause {clause}: its amount is more than clause {by} lets an account hold",
    "{clause}번째 조항으로는 아무도 받을 수 없습니다: {by}번째 조항이 가질 수 있게 하는 양보다 \
     많습니다",
);

/// All issue ends before it begins.
pub(super) const NEVER_ISSUED: &Wording = &wording(
    "nothing can be issued after the creation: clause {clause} ends all issue before it begins",
    "처음 발행 뒤에는 아무것도 발행할 수 없습니다: {clause}번째 조항이 모든 발행을 시작하기도 전에 \
     끝냅니다",
);

/// A date is idle: nothing is issued before the anchor anyway.
pub(super) const BEFORE_ANCHOR: &Wording = &wording(
    "clause {clause} never binds: nothing is issued before the periods begin anyway",
    "{clause}번째 조항은 막는 것이 없습니다: 구간이 시작하기 전에는 어차피 발행하지 않습니다",
);

/// The coin ends before anything can be issued.
pub(super) const ENDS_EARLY: &Wording = &wording(
    "clause {clause} ends the coin before anything can be issued",
    "{clause}번째 조항은 무엇이든 발행할 수 있기 전에 코인을 끝냅니다",
);

/// All issue ends before the last of a draw is due.
pub(super) const CUT_SHORT: &Wording = &wording(
    "only {total} can be drawn by clause {clause}: clause {by} ends all issue before the rest is \
     due",
    "{clause}번째 조항으로는 {total} 만큼만 인출할 수 있습니다: {by}번째 조항이 나머지를 인출하기 \
     전에 모든 발행을 끝냅니다",
);

/// Both bounds of an amendment are the same.
pub(super) const UNCHANGEABLE: &Wording = &wording(
    "clause {clause} can change nothing: both its bounds are {total}",
    "{clause}번째 조항은 아무것도 바꿀 수 없습니다: 두 한계가 모두 {total} 입니다",
);
