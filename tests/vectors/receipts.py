"""Receipts (M-6 and "Files" of SPEC): the one spelling of their files, and what they show.

What hashes and signs is given as arguments, as in finality.py. Of actions those are known that M-5
names.
"""

import datetime
import json
import re


class NotAsWritten(Exception):
    """The text is no receipt, or one in another spelling."""


def digits_of(most):
    pattern = re.compile(f"[0-9a-f]{{{most}}}")
    return lambda value: isinstance(value, str) and pattern.fullmatch(value)


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_integer(value):
    return isinstance(value, str) and re.fullmatch("0|[1-9][0-9]*", value)


def is_text(value):
    return isinstance(value, str)


def is_time(value):
    """A time to the millisecond; from the year 10000 on the milliseconds alone."""
    if is_integer(value):
        return int(value) >= 253_402_300_800_000
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    if not is_text(value) or not re.fullmatch(shape, value):
        return False
    try:
        return bool(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")))
    except ValueError:
        return False


def exactly(word):
    return lambda value: value == word


def or_null(kind):
    return lambda value: value is None or fits(kind, value)


HASH = KEY = digits_of(64)
SIGNATURE = digits_of(128)

CERTIFICATE = {
    "phase": lambda value: value in ("votes", "commits"), "slot": is_integer, "block": HASH,
    "signatures": [{"index": is_number, "signature": SIGNATURE}],
}
CHANGE = {
    "authorities": HASH, "follows": HASH, "step": lambda value: by_type(STEPS)(value),
    "signatures": [{"index": is_number, "signature": SIGNATURE}], "newcomer": SIGNATURE,
}
STEPS = {name: {"type": is_text, "key": KEY} for name in ("add", "remove")}
HEADER = {
    "version": is_number, "height": is_integer, "slot": is_integer, "previous": HASH,
    "transactions_root": HASH, "state_root": HASH, "authorities": HASH, "certificate": CERTIFICATE,
    "next_authorities": CHANGE,
}
FINALITY = {"headers": [HEADER], "commits": CERTIFICATE}
ACTIONS = {
    "create_token": {
        "type": is_text, "token": is_text, "name": is_text, "decimals": is_number,
        "cap": or_null(is_integer), "issuer": or_null(is_text), "supply": is_integer, "to": is_text,
    },
    "mint": {
        "type": is_text, "token": is_text, "issuer": is_text, "to": is_text, "amount": is_integer,
    },
    "transfer": {
        "type": is_text, "token": is_text, "from": is_text, "to": is_text, "amount": is_integer,
    },
    "burn": {"type": is_text, "token": is_text, "from": is_text, "amount": is_integer},
    "set_issuer": {"type": is_text, "token": is_text, "issuer": is_text, "new": or_null(is_text)},
}
LOCKS = {
    "key": {"type": is_text, "key": KEY},
    "threshold": {"type": is_text, "required": is_number, "keys": [KEY]},
}


def by_type(kinds):
    return lambda value: isinstance(value, dict) and fits(kinds.get(value.get("type"), {}), value)


RECEIPT = {
    "format": exactly("coinage receipt 1"), "chain_id": HASH,
    "transaction": {
        "body": {
            "sender": is_text, "salt": is_integer, "expires_at": is_time,
            "actions": [by_type(ACTIONS)], "memo": is_text,
        },
        "witnesses": [
            {"lock": by_type(LOCKS), "signatures": [{"key": is_number, "signature": SIGNATURE}]}
        ],
    },
    "position": is_number, "count": is_number, "partners": [HASH], "header": HEADER,
    "finality": FINALITY, "changes": [{"header": HEADER, "finality": FINALITY}],
}


def fits(kind, value):
    """Whether a value has this form: an object's fields stand in the order of the form."""
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            return False
        # These alone may be left out; they are never null.
        optional = ("certificate", "next_authorities", "newcomer")
        names = [name for name in kind if name in value or name not in optional]
        return list(value) == names and all(fits(kind[name], value[name]) for name in names)
    if isinstance(kind, list):
        return isinstance(value, list) and all(fits(kind[0], one) for one in value)
    return bool(kind(value))


def read(text):
    """The receipt in a file, of which there is one spelling."""

    def no_such(value):
        raise NotAsWritten(value)

    try:
        document = json.loads(text, parse_float=no_such, parse_constant=no_such)
    except ValueError as error:
        raise NotAsWritten(str(error)) from error
    # What stands twice in an object is there once by now, and not in the text made anew.
    if json.dumps(document, indent=2, ensure_ascii=False) + "\n" != text:
        raise NotAsWritten("another spelling")
    if not fits(RECEIPT, document):
        raise NotAsWritten("another form")
    return document


def is_final(header, proof, authorities, hash_of, authorities_hash, is_certified):
    """M-6: whether these authorities committed a block with this header, or one above it."""
    last = header
    for above in proof["headers"]:
        follows = (
            above["previous"] == hash_of(last)
            and int(above["height"]) == int(last["height"]) + 1
            and int(above["slot"]) > int(last["slot"])
        )
        if not follows:
            return False
        last = above
    commits = proof["commits"]
    if commits["phase"] != "commits":
        return False
    if (commits["slot"], commits["block"]) != (last["slot"], hash_of(last)):
        return False
    return last["authorities"] == authorities_hash(authorities) and is_certified(
        commits, authorities
    )
