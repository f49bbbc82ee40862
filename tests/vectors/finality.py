"""Finality (chapter F of SPEC), as pure functions: quorums, certificates, and what may be signed.

Values are those of the vectors: slots are strings, blocks hexadecimal, an enum has one key.
"""


def quorum(authorities):
    """F-1."""
    return 2 * authorities // 3 + 1


def message(tagged, chain, ballot):
    """F-2: the hash that a ballot, or each signature of a certificate, is over."""
    tag = {"Vote": 16, "Commit": 17}[next(iter(ballot["phase"]))]
    slot = int(ballot["slot"]).to_bytes(8, "little")
    return tagged(tag, chain, slot, bytes.fromhex(ballot["block"]))


def what_is_wrong(certificate, authorities, is_signed):
    """F-3: why a certificate proves nothing, or None; `is_signed(key, signature)` is for its hash."""
    signatures = certificate["signatures"]
    places = [one["place"] for one in signatures]
    if len(signatures) != quorum(len(authorities)):
        return "Count"
    if any(one >= following for one, following in zip(places, places[1:])):
        return "Signers"
    if places[-1] >= len(authorities):
        return "Signers"
    good = all(is_signed(authorities[one["place"]], one["signature"]) for one in signatures)
    return None if good else "BadSignature"


def marks_after(marks, certificate):
    """F-3: J and F of a block, from those of its parent and its own certificate."""
    justified, finalized = marks
    if certificate is None:
        return marks
    slot = int(certificate["slot"])
    if "Commit" in certificate["phase"]:
        finalized = max(finalized, slot)
    return max(justified, slot), finalized


def is_news(marks, certificate):
    """B-5: whether a header may have the certificate where its parent has these J and F."""
    justified, finalized = marks
    return int(certificate["slot"]) > (finalized if "Commit" in certificate["phase"] else justified)


def is_on(pairs, block, other):
    """F-5: whether a block is on another one; on none, or one that is not known, nothing is."""
    return other is not None and [block, other] in pairs


def vote(memory, slot, block, justified, pairs):
    """F-5, V2 to V4: the memory after a vote, or None if there may be none."""
    last, lock, justified = memory["last_vote"], memory["lock"], int(justified)
    if int(slot) <= int(last["slot"]):
        return None
    shows_it = justified >= int(lock["slot"])
    stays_on_it = is_on(pairs, block, lock["block"]) and justified >= int(memory["left"])
    if not shows_it and not stays_on_it:
        return None
    stays = is_on(pairs, block, last["block"])
    abandoned = memory["abandoned"] if stays else last["slot"]
    return {**memory, "abandoned": abandoned, "last_vote": {"slot": slot, "block": block}}


def commit(memory, slot, block, pairs):
    """F-6, C1 to C3: the memory after a commit, or None if there may be none."""
    last, lock = memory["last_vote"], memory["lock"]
    if int(slot) <= int(lock["slot"]) or int(slot) <= int(memory["abandoned"]):
        return None
    if last["block"] is None or not is_on(pairs, last["block"], block):
        return None
    left = memory["left"] if is_on(pairs, block, lock["block"]) else lock["slot"]
    return {**memory, "left": left, "lock": {"slot": slot, "block": block}}
