#!/usr/bin/env python3
"""A second implementation of the values of Coinage, written from protocol/SPEC.md alone.

Reads the golden vectors beside it, encodes and decodes every value, and recomputes every hash, id,
root, proof and address, and verifies every signature. Only the standard library.
"""

import copy
import datetime
import hashlib
import hmac
import json
import pathlib
import sys
import unicodedata

import authority_changes  # beside this file, as the others
import charters
import finality
import receipts

# --- E, A: the encoding -------------------------------------------------------------------------


class Malformed(Exception):
    """Bytes that are not the encoding of any value."""


def u(size):
    def enc(value):
        return int(value).to_bytes(size, "little")

    def dec(data, at):
        part = take(data, at, size)
        number = int.from_bytes(part, "little")
        return (number if size < 8 else str(number)), at + size

    return enc, dec


def fixed(size):
    def enc(value):
        raw = bytes.fromhex(value)
        assert len(raw) == size
        return raw

    return enc, lambda data, at: (take(data, at, size).hex(), at + size)


def take(data, at, size):
    if at + size > len(data):
        raise Malformed("too short")
    return data[at : at + size]


def text(most, check=lambda value: True):
    def enc(value):
        raw = value.encode()
        return u(8)[0](len(raw)) + raw

    def dec(data, at):
        size = int.from_bytes(take(data, at, 8), "little")
        if size > most:
            raise Malformed("text too long")
        try:
            value = take(data, at + 8, size).decode()
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error
        if any(unicodedata.category(one) == "Cc" for one in value) or not check(value):
            raise Malformed("forbidden text")
        return value, at + 8 + size

    return enc, dec


def option(kind):
    def enc(value):
        return b"\0" if value is None else b"\1" + kind[0](value)

    def dec(data, at):
        flag = take(data, at, 1)[0]
        if flag > 1:
            raise Malformed("neither 0 nor 1")
        return kind[1](data, at + 1) if flag else (None, at + 1)

    return enc, dec


def listed(kind, most):
    def enc(values):
        return u(8)[0](len(values)) + b"".join(kind[0](value) for value in values)

    def dec(data, at):
        count = int.from_bytes(take(data, at, 8), "little")
        if count > most:
            raise Malformed("list too long")
        values, at = [], at + 8
        for _ in range(count):
            value, at = kind[1](data, at)
            values.append(value)
        return values, at

    return enc, dec


def struct(**fields):
    def enc(value):
        assert set(value) == set(fields), (list(value), list(fields))
        return b"".join(kind[0](value[name]) for name, kind in fields.items())

    def dec(data, at):
        value = {}
        for name, kind in fields.items():
            value[name], at = kind[1](data, at)
        return value, at

    return enc, dec


def enum(**variants):
    names = list(variants)

    def enc(value):
        ((name, inner),) = value.items()
        return u(4)[0](names.index(name)) + variants[name][0](inner)

    def dec(data, at):
        tag = int.from_bytes(take(data, at, 4), "little")
        if tag >= len(names):
            raise Malformed("unknown tag")
        inner, at = variants[names[tag]][1](data, at + 4)
        return {names[tag]: inner}, at

    return enc, dec


def checked(kind, good):
    def dec(data, at):
        value, at = kind[1](data, at)
        if not good(value):
            raise Malformed("breaks a rule")
        return value, at

    return kind[0], dec


NOTHING = (lambda value: b"", lambda data, at: (None, at))


def is_symbol(value):
    allowed = all(one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" for one in value)
    return 2 <= len(value) <= 12 and allowed and not value[0].isdigit()


# --- K: keys and signatures ---------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def point(raw):
    """Any encoding of a point on the curve (ZIP-215), or None: y may be p or more, and the sign
    may be set where x is 0."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number % 2**255 % P
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if x * x % P != x2:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != x2:
        return None
    return (P - x if x % 2 != sign and x else x), y


def sum_of(one, other):
    (x1, y1), (x2, y2) = one, other
    over = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + over, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - over, -1, P) % P


def times(number, one):
    total = (0, 1)
    for digit in f"{number:b}":
        total = sum_of(total, total)
        if digit == "1":
            total = sum_of(total, one)
    return total


def minus(one):
    return -one[0] % P, one[1]


def written(one):
    return (one[1] + (one[0] % 2 << 255)).to_bytes(32, "little")


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_key(value):
    """K-1: canonical, on the curve, not of small order."""
    raw = bytes.fromhex(value)
    key = point(raw)
    return key is not None and written(key) == raw and times(8, key) != (0, 1)


def sides(public, signature, message):
    """[s] B - [k] A, and R; or None if there is no s or no R."""
    key, r = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER:
        return None
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little")
    return sum_of(times(s, BASE), minus(times(k % ORDER, key))), r


def verifies(public, signature, message):
    """K-2: the equation times 8."""
    both = sides(public, signature, message)
    return both is not None and times(8, both[0]) == times(8, both[1])


def public_of(seed):
    half = hashlib.sha512(seed).digest()[:32]
    return written(times(int.from_bytes(half, "little") & (2**254 - 8) | 2**254, BASE))


def is_signed(public, signature, message):
    return verifies(bytes.fromhex(public), bytes.fromhex(signature), message)


# --- The types ----------------------------------------------------------------------------------

def is_threshold(value):
    keys = value["keys"]
    rising = all(one < following for one, following in zip(keys, keys[1:]))
    return 1 <= value["required"] <= len(keys) and rising


HASH = ADDRESS = fixed(32)
U8, U16, U32, U64 = u(1), u(2), u(4), u(8)
PUBLIC = checked(fixed(32), is_key)
SIGNATURE = fixed(64)
AMOUNT = checked(u(16), lambda value: int(value) <= 10**30)
SYMBOL = text(12, is_symbol)
LOCK = enum(
    Key=PUBLIC, Threshold=checked(struct(required=U8, keys=listed(PUBLIC, 16)), is_threshold)
)
CREATE = struct(
    token=SYMBOL, name=text(64), decimals=U8, cap=option(AMOUNT), issuer=option(ADDRESS),
    supply=AMOUNT, to=ADDRESS,
)
FLAG = checked(u(1), lambda value: value < 2)
BOOL = (FLAG[0], lambda data, at: (bool(FLAG[1](data, at)[0]), at + 1))


def offset_encoded(value):
    return int(value).to_bytes(1, "little", signed=True)


def offset_decoded(data, at):
    return int.from_bytes(take(data, at, 1), "little", signed=True), at + 1


INSTANT = struct(minutes=U32, offset=(offset_encoded, offset_decoded))
PARTY = enum(Role=U8, Account=U8)
TERM = enum(
    Amount=AMOUNT, Number=U32, Supply=NOTHING, Issued=NOTHING, Burned=NOTHING, Days=NOTHING,
    Periods=NOTHING, Members=U8, Add=NOTHING, Subtract=NOTHING, Multiply=NOTHING, Divide=NOTHING,
    Min=NOTHING, Max=NOTHING, Part=checked(U32, lambda value: 0 < value <= 10**6),
)
CEILING = enum(Amount=AMOUNT, Formula=checked(listed(TERM, 32), charters.is_formula))
CLAUSE = enum(
    Creation=struct(to=U8, amount=AMOUNT),
    Outstanding=struct(amount=CEILING),
    Ever=struct(amount=CEILING),
    Issue=struct(officer=U8, amount=CEILING, period=U32),
    IssueFreely=struct(officer=U8),
    Growth=struct(officer=U8, rate=U32, period=U32),
    Halving=struct(account=U8, amount=AMOUNT, period=U32, every=U32),
    Evenly=struct(**{
        "account": U8, "total": AMOUNT, "days": U32, "from": INSTANT, "first_days": U32
    }),
    Claim=struct(role=U8, amount=AMOUNT, period=U32, missed=U32),
    Receive=struct(role=U8, amount=AMOUNT, period=U32),
    NotBefore=struct(**{"from": INSTANT}),
    NotFrom=struct(**{"from": INSTANT}),
    Role=struct(officer=U8, name=text(36), max=U32),
    Send=struct(**{"from": PARTY, "to": PARTY}),
    Hold=struct(role=U8, amount=AMOUNT),
    SendLimit=struct(role=U8, amount=AMOUNT, period=U32),
    Freeze=struct(officer=U8),
    Move=struct(officer=U8),
    End=struct(**{"from": INSTANT, "to": U8}),
    HandOver=struct(account=U8),
    Amend=struct(officer=U8, clause=U8, min=AMOUNT, max=AMOUNT, notice=U32),
    Owe=struct(role=U8, amount=AMOUNT),
)
HOLDER = enum(
    Address=ADDRESS,
    Threshold=checked(struct(required=U8, keys=listed(PUBLIC, 16)), is_threshold),
)
CHARTER = struct(
    token=SYMBOL, name=text(64), decimals=U8, anchor=INSTANT,
    accounts=listed(struct(name=text(36), holder=HOLDER), 16), clauses=listed(CLAUSE, 32),
)
ACTION = enum(
    CreateToken=CREATE,
    Mint=struct(token=SYMBOL, issuer=ADDRESS, to=ADDRESS, amount=AMOUNT),
    Transfer=struct(**{"token": SYMBOL, "from": ADDRESS, "to": ADDRESS, "amount": AMOUNT}),
    Burn=struct(**{"token": SYMBOL, "from": ADDRESS, "amount": AMOUNT}),
    SetIssuer=struct(token=SYMBOL, issuer=ADDRESS, new=option(ADDRESS)),
    CreateWithCharter=CHARTER,
    Draw=struct(token=SYMBOL, account=ADDRESS, clause=U8, amount=AMOUNT),
    Claim=struct(token=SYMBOL, account=ADDRESS, clause=U8, amount=AMOUNT),
    SetRole=struct(token=SYMBOL, officer=ADDRESS, account=ADDRESS, role=option(U8)),
    SetFrozen=struct(token=SYMBOL, officer=ADDRESS, account=ADDRESS, frozen=BOOL),
    Move=struct(**{
        "token": SYMBOL, "officer": ADDRESS, "from": ADDRESS, "to": ADDRESS, "amount": AMOUNT
    }),
    HandOver=struct(**{"token": SYMBOL, "account": U8, "from": ADDRESS, "to": ADDRESS}),
    Amend=struct(token=SYMBOL, officer=ADDRESS, clause=U8, amount=AMOUNT, in_force_at=U64),
)
BODY = struct(
    sender=ADDRESS, salt=U64, expires_at=U64, actions=listed(ACTION, 64), memo=text(256)
)
WITNESS = struct(lock=LOCK, signatures=listed(struct(key=U8, signature=SIGNATURE), 16))
WITNESSES = listed(WITNESS, 65)
TRANSACTION = struct(body=BODY, witnesses=WITNESSES)
PHASE = enum(Vote=NOTHING, Commit=NOTHING)
BALLOT = struct(phase=PHASE, slot=U64, block=HASH, signer=PUBLIC, signature=SIGNATURE)
CERTIFICATE = struct(
    phase=PHASE, slot=U64, block=HASH,
    signatures=listed(struct(place=U8, signature=SIGNATURE), 64),
)
NAMED_CERTIFICATE = struct(authorities=HASH, certificate=CERTIFICATE)
STEP = enum(Add=struct(key=PUBLIC), Remove=struct(key=PUBLIC))
CHANGE = struct(
    authorities=HASH, follows=HASH, step=STEP,
    signatures=listed(struct(place=U8, signature=SIGNATURE), 64), newcomer=option(SIGNATURE),
)
HEADER = struct(
    version=U16, height=U64, slot=U64, previous=HASH, transactions_root=HASH, state_root=HASH,
    authorities=HASH, certificate=option(CERTIFICATE), next_authorities=option(CHANGE),
)
SIGNED_HEADER = struct(header=HEADER, signature=SIGNATURE)
EVIDENCE = enum(
    Blocks=struct(signer=PUBLIC, first=SIGNED_HEADER, second=SIGNED_HEADER),
    Ballots=struct(first=BALLOT, second=BALLOT),
    CommitAndVote=struct(commit=BALLOT, vote=BALLOT, headers=listed(HEADER, 512)),
)
BLOCK = struct(header=SIGNED_HEADER, transactions=listed(TRANSACTION, 16384))
FEE = struct(token=SYMBOL, amount=AMOUNT)
RULES = struct(
    lifetime_ms_max=U64, balances_max=U64, tokens_max=U64, creators=option(listed(ADDRESS, 64)),
    fee=option(FEE),
)
GROWTH = struct(block_max=U64, deposit=option(SYMBOL))
RULES_2 = struct(
    lifetime_ms_max=U64, balances_max=U64, tokens_max=U64, creators=option(listed(ADDRESS, 64)),
    fee=option(FEE), growth=GROWTH,
)
RULES_3 = struct(
    lifetime_ms_max=U64, balances_max=U64, tokens_max=U64, creators=option(listed(ADDRESS, 64)),
    fee=option(FEE), growth=GROWTH, policies=struct(charters_max=U64, standings_max=U64),
)
GENESIS_TOKEN = struct(
    token=SYMBOL, name=text(64), decimals=U8, cap=option(AMOUNT), issuer=option(ADDRESS)
)
AUTHORITIES = listed(PUBLIC, 64)


def genesis_of(rules, **more):
    return struct(
        version=U16, name=text(32), time=U64, slot_ms=U32, authorities=AUTHORITIES, rules=rules,
        tokens=listed(GENESIS_TOKEN, 64),
        balances=listed(struct(address=ADDRESS, token=SYMBOL, amount=AMOUNT), 4096), **more,
    )


GENESES = {
    1: genesis_of(RULES), 2: genesis_of(RULES_2),
    3: genesis_of(RULES_3, charters=listed(CHARTER, 64)),
}
GENESIS = (
    lambda value: GENESES[value["version"]][0](value),
    lambda data, at: GENESES[U16[1](data, at)[0]][1](data, at),
)
PLACE = struct(address=ADDRESS, token=SYMBOL)
BY_CLAUSE = struct(token=SYMBOL, clause=U8)
KEY = enum(
    Balance=PLACE, Token=SYMBOL, Deposit=PLACE, Charter=SYMBOL, Usage=BY_CLAUSE,
    Amendment=BY_CLAUSE, Standing=PLACE, Lookalike=text(12),
)
TOKEN = struct(
    name=text(64), decimals=U8, cap=option(AMOUNT), issuer=option(ADDRESS), supply=AMOUNT
)
USE = struct(clause=U8, period=U64, amount=AMOUNT)
ENTRY = enum(
    Balance=AMOUNT, Token=TOKEN,
    CharteredToken=struct(name=text(64), decimals=U8, supply=AMOUNT, issued=AMOUNT, charter=HASH),
    Charter=CHARTER,
    Usage=struct(period=U64, used=AMOUNT, total=AMOUNT, base=AMOUNT),
    Amendment=struct(before=AMOUNT, amount=AMOUNT, in_force_at=U64),
    Standing=struct(
        role=option(U8), frozen=BOOL, next_claim=U64, owed=AMOUNT, used=listed(USE, 32)
    ),
    Symbol=SYMBOL,
)
INCLUSION = struct(position=U32, count=U32, partners=listed(HASH, 32))
STATE_PROOF = struct(
    partners=listed(HASH, 256), found=option(struct(key=HASH, value=HASH))
)
TIP = struct(height=U64, slot=U64, hash=HASH)
STATUS = struct(
    version=U16, chain=HASH, genesis=HASH, head=TIP, time=U64, agent=text(64),
    addresses=listed(text(256), 16),
)
REQUEST = enum(
    Headers=struct(locator=listed(HASH, 64)),
    Blocks=struct(hashes=listed(HASH, 64)),
    Waiting=struct(after=option(HASH)),
    Transactions=struct(ids=listed(HASH, 1024)),
    Certificates=NOTHING,
    Evidence=struct(known=listed(struct(
        signer=fixed(32), kind=enum(
            Blocks=NOTHING, Votes=NOTHING, Commits=NOTHING, CommitAndVote=NOTHING,
        )
    ), 512)),
    Ballots=struct(signer=fixed(32)),
)
BATCH = listed(TRANSACTION, 4096)
ANSWER = enum(
    Headers=listed(SIGNED_HEADER, 512), Blocks=listed(BLOCK, 64), Waiting=listed(HASH, 1024),
    Transactions=BATCH, Busy=NOTHING,
    Certificates=struct(
        votes=option(NAMED_CERTIFICATE), commits=option(NAMED_CERTIFICATE), change=option(CHANGE)
    ),
    Evidence=listed(EVIDENCE, 16),
    Ballots=struct(vote=option(BALLOT), commit=option(BALLOT)),
)
TYPES = {
    "Lock": LOCK, "Action": ACTION, "Transaction": TRANSACTION, "Block": BLOCK, "Genesis": GENESIS,
    "InclusionProof": INCLUSION, "Status": STATUS, "Request": REQUEST, "Answer": ANSWER,
    "TransactionBatch": BATCH, "Charter": CHARTER, "Ballot": BALLOT, "Certificate": CERTIFICATE,
    "Evidence": EVIDENCE,
}
LIMITS = {"Transaction": 32 * 1024, "Block": 2 * 1024 * 1024, "Status": 8 * 1024, "Ballot": 140}


def decode(kind, data):
    value, at = TYPES[kind][1](data, 0)
    if at != len(data):
        raise Malformed("trailing bytes")
    return value


# --- H, K, M: hashes, addresses, trees ----------------------------------------------------------


def tagged(tag, *parts):
    return hashlib.sha256(b"coinage" + bytes([tag]) + b"".join(parts)).digest()


def bech32m(prefix, data):
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    expanded = [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]
    check = 1
    for value in expanded + values + [0] * 6:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            check ^= factor if top >> bit & 1 else 0
    check ^= 0x2BC830A3
    values += [check >> 5 * (5 - at) & 31 for at in range(6)]
    return prefix + "1" + "".join(alphabet[value] for value in values)


def transaction_hashes(chain, value):
    body_id = tagged(3, chain, BODY[0](value["body"]))
    return body_id, tagged(5, body_id, tagged(4, WITNESSES[0](value["witnesses"])))


def transactions_root(leaves):
    level = list(leaves)
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [tagged(6, *pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return tagged(7, U32[0](len(leaves)), level[0] if level else bytes(32))


def included(leaf, proof, root):
    at, width, top = proof["position"], proof["count"], leaf
    partners = [bytes.fromhex(one) for one in proof["partners"]]
    if at >= width:
        return False
    while width > 1:
        if at % 2 or at + 1 < width:
            if not partners:
                return False
            partner = partners.pop(0)
            top = tagged(6, partner, top) if at % 2 else tagged(6, top, partner)
        at, width = at // 2, (width + 1) // 2
    return not partners and tagged(7, U32[0](proof["count"]), top) == root


def bit(key, depth):
    return key[depth // 8] >> (7 - depth % 8) & 1


def state_root(entries, depth=0):
    """Of a list of (hashed key, hash of the value)."""
    if not entries:
        return bytes(32)
    if len(entries) == 1:
        return tagged(10, *entries[0])
    sides = [[entry for entry in entries if bit(entry[0], depth) == side] for side in (0, 1)]
    return tagged(11, *(state_root(side, depth + 1) for side in sides))


def hashed(entry):
    return tagged(8, KEY[0](entry["key"])), tagged(9, ENTRY[0](entry["entry"]))


def state_proves(proof, root, key, value):
    partners = [bytes.fromhex(one) for one in proof["partners"]]
    found = proof["found"] and tuple(bytes.fromhex(proof["found"][one]) for one in ("key", "value"))
    if found and found[0] == key:
        claim = value == found[1]
    elif found:
        claim = value is None and all(bit(found[0], at) == bit(key, at) for at in range(len(partners)))
    else:
        claim = value is None
    top = tagged(10, *found) if found else bytes(32)
    for at in reversed(range(len(partners))):
        top = tagged(11, partners[at], top) if bit(key, at) else tagged(11, top, partners[at])
    return claim and top == root


# --- G-5, M-5: documents ------------------------------------------------------------------------


def address_of(written):
    """K-5, the other way round: the bytes that an address in text stands for."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{alphabet.index(one):05b}" for one in written[5:-6])
    raw = bytes(int(bits[at : at + 8], 2) for at in range(0, 256, 8))
    if bech32m("coin", raw) != written:
        raise Malformed("not an address")
    return raw.hex()


def maybe(read, value):
    return None if value is None else read(value)


def time_of(written):
    """Milliseconds since 1970."""
    if written.isdigit():
        return written
    since = datetime.datetime.fromisoformat(written.replace("Z", "+00:00")) - EPOCH
    return str(since // datetime.timedelta(milliseconds=1))


EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def genesis_value(file):
    rules = file["rules"]
    value = {
        "version": file.get("version", 1), "name": file["name"], "time": time_of(file["time"]),
        "slot_ms": file["slot_ms"], "authorities": file["authorities"],
        "rules": {
            "lifetime_ms_max": rules["transaction_lifetime_ms"],
            "balances_max": rules["balances_max"], "tokens_max": rules["tokens_max"],
            "creators": maybe(
                lambda all: sorted(address_of(one) for one in all), rules.get("creators")
            ),
            "fee": rules.get("fee"),
        },
        "tokens": [
            {**one, "cap": one.get("cap"), "issuer": maybe(address_of, one["issuer"])}
            for one in sorted(file["tokens"], key=lambda one: one["token"].encode())
        ],
        "balances": sorted(
            ({**one, "address": address_of(one["address"])} for one in file["balances"]),
            key=lambda one: (one["address"], one["token"].encode()),
        ),
    }
    if "growth" in rules:
        value["rules"]["growth"] = {"deposit": None, **rules["growth"]}
    if "policies" in rules:
        value["rules"]["policies"] = rules["policies"]
        value["charters"] = file.get("charters", [])
    return value


def chartered(charter, time):
    """R-1: a token with a charter, as it is created."""
    charter_hash = tagged(15, CHARTER[0](charter)).hex()
    return charters.Token(charter, charter_hash, lambda lock: tagged(2, LOCK[0](lock)).hex(), time)


def rows(token):
    return [{"key": key, "entry": entry} for key, entry in token.entries()]


def block_0(value):
    """The chain id that follows from a genesis (G-2), and the header of block 0 (G-4)."""
    supply = lambda token: sum(
        int(one["amount"]) for one in value["balances"] if one["token"] == token["token"]
    )
    entries = [
        {
            "key": {"Token": token["token"]},
            "entry": {"Token": {
                **{name: token[name] for name in ("name", "decimals", "cap", "issuer")},
                "supply": supply(token),
            }},
        }
        for token in value["tokens"]
    ] + [
        {
            "key": {"Balance": {"address": one["address"], "token": one["token"]}},
            "entry": {"Balance": one["amount"]},
        }
        for one in value["balances"]
    ]
    if value["version"] == 3:
        fold = str.maketrans("OILZSB", "011258")
        for token in value["tokens"]:
            key = {"Lookalike": token["token"].translate(fold)}
            entries.append({"key": key, "entry": {"Symbol": token["token"]}})
        for charter in value["charters"]:
            entries += rows(chartered(charter, int(value["time"])))
    header = {
        "version": 1, "height": "0", "slot": "0", "previous": "00" * 32,
        "transactions_root": transactions_root([]).hex(),
        "state_root": state_root([hashed(entry) for entry in entries]).hex(),
        "authorities": tagged(12, AUTHORITIES[0](value["authorities"])).hex(),
        "certificate": None, "next_authorities": None,
    }
    return tagged(1, GENESIS[0](value)), header


def transaction_value(written):
    addresses = ("from", "to", "issuer", "new")

    def action(one):
        fields = {name: field for name, field in one.items() if name != "type"}
        fields.update({
            name: maybe(address_of, field) for name, field in fields.items() if name in addresses
        })
        name = "".join(word.capitalize() for word in one["type"].split("_"))
        return {name: {"cap": None, **fields} if name == "CreateToken" else fields}

    def lock(one):
        fields = {name: field for name, field in one.items() if name != "type"}
        return {"Key": one["key"]} if one["type"] == "key" else {"Threshold": fields}

    body = written["body"]
    return {
        "body": {
            "sender": address_of(body["sender"]), "salt": body["salt"],
            "expires_at": time_of(body["expires_at"]), "memo": body.get("memo", ""),
            "actions": [action(one) for one in body["actions"]],
        },
        "witnesses": [
            {"lock": lock(one["lock"]), "signatures": one["signatures"]}
            for one in written["witnesses"]
        ],
    }


def leaf_of(claim):
    """M-5 (3): the key that a claim is about, and the entry that is there, or None."""
    kind = claim["type"].capitalize()
    place = {name: claim[name] for name in ("address", "token", "clause") if name in claim}
    if "address" in place:
        place["address"] = address_of(place["address"])
    if "clause" in place:
        place["clause"] -= 1
    if kind == "Balance":
        entry = {"Balance": claim["amount"]} if claim["amount"] != "0" else None
        return {"Balance": place}, entry
    if kind == "Token":
        return {"Token": claim["token"]}, maybe(token_entry, claim["record"])
    if kind == "Charter":
        charter = maybe(lambda raw: decode("Charter", bytes.fromhex(raw)), claim["charter"])
        return {"Charter": claim["token"]}, maybe(lambda one: {"Charter": one}, charter)
    record = copy.deepcopy(claim[claim["type"]])
    if kind == "Amendment" and record:
        record["in_force_at"] = time_of(record["in_force_at"])
    if kind == "Standing" and record:
        record["role"] = maybe(lambda role: role - 1, record["role"])
        for use in record["used"]:
            use["clause"] -= 1
    return {kind: place}, maybe(lambda one: {kind: one}, record)


def token_entry(record):
    if "charter" not in record and "issued" not in record:
        return {"Token": {**record, "issuer": maybe(address_of, record["issuer"])}}
    covered = ("name", "decimals", "supply", "issued", "charter")
    if not set(covered) <= set(record):
        raise Malformed("a charter and what was issued, or neither")
    if record["cap"] is not None or record["issuer"] is not None:
        raise Malformed("neither cap nor issuer with a charter")
    return {"CharteredToken": {name: record[name] for name in covered}}


def leads_to_its_root(claim, chain, header):
    """M-5 (3)."""
    if claim["type"] == "transaction":
        leaf = transaction_hashes(chain, transaction_value(claim["transaction"]))[1]
        root = bytes.fromhex(header["transactions_root"])
        return included(leaf, claim, root)
    key, entry = leaf_of(claim)
    found = claim["proof"]["found"]
    proof = {
        "partners": claim["proof"]["partners"],
        "found": found and {"key": found["key"], "value": found["commitment"]},
    }
    value = entry and tagged(9, ENTRY[0](entry))
    root = bytes.fromhex(header["state_root"])
    return state_proves(proof, root, tagged(8, KEY[0](key)), value)


def certificate_value(written):
    phase = {"votes": "Vote", "commits": "Commit"}[written["phase"]]
    signatures = [
        {"place": one["index"], "signature": one["signature"]} for one in written["signatures"]
    ]
    return {**written, "phase": {phase: None}, "signatures": signatures}


def wrong_certificate(chain, certificate, keys):
    """F-3: what is wrong with a certificate, or None."""
    signed = finality.message(tagged, chain, certificate)
    return finality.what_is_wrong(
        certificate, keys, lambda key, signature: is_signed(key, signature, signed)
    )


def wrong_evidence(chain, evidence):
    """F-11: what is wrong with evidence, or None."""
    (kind, parts), = evidence.items()
    if kind == "CommitAndVote":
        return wrong_commit_and_vote(chain, **parts)
    pair = [parts["first"], parts["second"]]
    if kind == "Blocks":
        slots = [one["header"]["slot"] for one in pair]
        alike = slots[0] == slots[1]
        blocks = [tagged(13, chain, HEADER[0](one["header"])) for one in pair]
        signed = slots[0] != "0" and all(
            is_signed(parts["signer"], one["signature"], block) for one, block in zip(pair, blocks)
        )
    else:
        alike = all(pair[0][name] == pair[1][name] for name in ("phase", "slot", "signer"))
        blocks = [bytes.fromhex(one["block"]) for one in pair]
        signed = all(
            is_signed(one["signer"], one["signature"], finality.message(tagged, chain, one))
            for one in pair
        )
    if not alike:
        return "Apart"
    if blocks[0] >= blocks[1]:
        return "Order"
    return None if signed else "BadSignature"


def wrong_commit_and_vote(chain, commit, vote, headers):
    """F-11: what is wrong with a commit and a vote that is to break it, or None."""
    slot = int(commit["slot"])
    phases = [list(one["phase"]) for one in (commit, vote)]
    if phases != [["Commit"], ["Vote"]] or commit["signer"] != vote["signer"]:
        return "Apart"
    if slot > int(vote["slot"]):
        return "Apart"
    hashes = [tagged(13, chain, HEADER[0](header)).hex() for header in headers]
    slots = [int(header["slot"]) for header in headers]
    shown = [int((header["certificate"] or {"slot": "-1"})["slot"]) for header in headers]
    leads = (
        hashes[:1] == [vote["block"]] and slots[:1] == [int(vote["slot"])]
        and hashes[1:] == [header["previous"] for header in headers[:-1]]
        and slots[-1] <= slot < min(slots[:-1], default=slot + 1)
        and hashes[-1] != commit["block"] and max(shown[:-1], default=-1) < slot
    )
    if not leads:
        return "Headers"
    signed = all(
        is_signed(one["signer"], one["signature"], finality.message(tagged, chain, one))
        for one in (commit, vote)
    )
    return None if signed else "BadSignature"
def header_value(written):
    """A header, with its signature or without it, as what is hashed."""
    header = {name: field for name, field in written.items() if name != "signature"}
    certificate = maybe(certificate_value, header.get("certificate"))
    change = maybe(change_value, header.get("next_authorities"))
    return header | {"next_authorities": change, "certificate": certificate}


def change_value(written):
    """A change of authorities in a header."""
    step = written["step"]
    signatures = [
        {"place": one["index"], "signature": one["signature"]} for one in written["signatures"]
    ]
    return {
        **written, "step": {step["type"].capitalize(): {"key": step["key"]}},
        "signatures": signatures, "newcomer": written.get("newcomer"),
    }


def hash_of_keys(keys):
    """B-6."""
    return tagged(12, AUTHORITIES[0](keys)).hex()


def sets_of(chain, changes, keys):
    """M-6: the authorities of a genesis and after each change; none if one did not happen."""
    sets = [keys]
    for change in changes:
        written, header, keys = change["header"], header_value(change["header"]), sets[-1]
        if header["next_authorities"] is None or header["authorities"] != hash_of_keys(keys):
            return []
        if not is_final(chain, written, change["finality"], keys):
            return []
        if wrong_change(chain, header, keys):
            return []
        sets.append(authority_changes.after(keys, header["next_authorities"]))
    return sets


def is_final(chain, header, proof, keys):
    """M-6, for the header of a document."""
    return receipts.is_final(
        header, proof, keys,
        lambda written: tagged(13, chain, HEADER[0](header_value(written))).hex(),
        hash_of_keys,
        lambda commits, keys: not wrong_certificate(chain, certificate_value(commits), keys),
    )


def is_settled(text, genesis):
    """M-6: whether a file is a receipt for a final transaction of this network."""
    chain, _ = block_0(genesis)
    try:
        document = receipts.read(text)
        leaf = transaction_hashes(chain, transaction_value(document["transaction"]))[1]
    except (receipts.NotAsWritten, Malformed):
        return False
    header = document["header"]
    if document["chain_id"] != chain.hex():
        return False
    if not included(leaf, document, bytes.fromhex(header["transactions_root"])):
        return False
    sets = sets_of(chain, document["changes"], genesis["authorities"])
    return bool(sets) and is_final(chain, header, document["finality"], sets[-1])


def wrong_change(chain, header, keys):
    """B-11: what is wrong with a header's change of authorities, or None."""
    change = header["next_authorities"]
    named = tagged(12, AUTHORITIES[0](keys)).hex()
    base, follows = (bytes.fromhex(change[name]) for name in ("authorities", "follows"))
    signed = tagged(18, chain, base, follows, STEP[0](change["step"]))
    return authority_changes.what_is_wrong(
        header, keys, named, lambda key, signature: is_signed(key, signature, signed)
    )


def is_proven(document, genesis):
    """M-5, by a genesis that one has from elsewhere."""
    chain, first = block_0(genesis)
    signature, header = document["header"]["signature"], header_value(document["header"])
    slot = int(header["slot"])
    if document["chain_id"] != chain.hex() or document["authorities"] != genesis["authorities"]:
        return False
    sets = sets_of(chain, document.get("changes", []), genesis["authorities"])
    keys = next((keys for keys in sets if hash_of_keys(keys) == header["authorities"]), None)
    if keys is None:
        return False
    if int(header["height"]) == 0:
        if header != first or signature != "00" * 64:
            return False
    else:
        leader = keys[slot % len(keys)]
        block_hash = tagged(13, chain, HEADER[0](header))
        is_header = header["version"] == 1 and 0 < slot <= 2**40
        if not is_header or not is_signed(leader, signature, block_hash):
            return False
        certificate = header["certificate"]
        # Of a block before a change the certificate is by those before.
        if certificate and all(wrong_certificate(chain, certificate, keys) for keys in sets):
            return False
    if "finality" in document and not is_final(
        chain, document["header"], document["finality"], sets[-1]
    ):
        return False
    return leads_to_its_root(document["claim"], chain, header)


# --- The vectors --------------------------------------------------------------------------------

COUNT = 0


def same(what, computed, stored):
    global COUNT
    COUNT += 1
    if isinstance(computed, bytes):
        computed = computed.hex()
    if computed != stored:
        sys.exit(f"{what}: computed {computed}, the vector has {stored}")


def both_ways(vector):
    same(vector["name"], TYPES[vector["type"]][0](vector["value"]), vector["bytes"])
    same(vector["name"], decode(vector["type"], bytes.fromhex(vector["bytes"])), vector["value"])


def load(name):
    return json.loads((pathlib.Path(__file__).parent / f"{name}.json").read_text())


def check_keys():
    vectors = load("keys")
    for vector in vectors["keys"]:
        same("a key is a key", is_key(vector["public"]), True)
        same("public key", public_of(bytes.fromhex(vector["seed"])), vector["public"])
    for vector in vectors["locks"]:
        both_ways(vector)
        address = tagged(2, bytes.fromhex(vector["bytes"]))
        same("address", address, vector["address"])
        same("bech32m", bech32m("coin", address), vector["text"])


def derived(seed, path):
    """The private key of SLIP-10 for Ed25519; every step is hardened."""
    node = hmac.digest(b"ed25519 seed", seed, "sha512")
    for step in path:
        step = (step | 2**31).to_bytes(4, "big")
        node = hmac.digest(node[32:], b"\0" + node[:32] + step, "sha512")
    return node[:32]


def check_phrases():
    """The section "Files" of SPEC."""

    def seed_of(phrase, passphrase):
        salt = b"mnemonic" + passphrase
        return hashlib.pbkdf2_hmac("sha512", phrase.encode(), salt, 2048)

    vectors = load("phrases")
    for vector in vectors["bip39"]:
        same("seed", seed_of(vector["phrase"], b"TREZOR"), vector["seed"])
    for vector in vectors["slip10"]:
        private = derived(bytes.fromhex(vector["seed"]), vector["path"])
        same("derived key", private, vector["private"])
        same("derived public key", public_of(private), vector["public"])
    coin = int.from_bytes(b"COIN", "big")
    same("number of the network", coin, 1129269582)
    seed = seed_of("abandon " * 23 + "art", b"")
    public = public_of(derived(seed, [44, coin, 0, 0]))
    address = bech32m("coin", tagged(2, LOCK[0]({"Key": public.hex()})))
    expected = "coin1kgys4y4r02up3qxsgsp8sn7dw8gp6jqfn82jth4x5kaps8xqzj6swwkva9"
    same("address of a phrase", address, expected)


def check_signatures():
    for vector in load("signatures"):
        public, signature, message = (
            bytes.fromhex(vector[name]) for name in ("public", "signature", "message")
        )
        key = is_key(vector["public"])
        same(vector["name"], key, vector["is_key"])
        same(vector["name"], key and verifies(public, signature, message), vector["verifies"])
        both = sides(public, signature, message)
        older = both is not None and written(both[0]) == signature[:32]
        same(vector["name"], older, vector["without_cofactor"])


def check_genesis(name="genesis"):
    vector = load(name)
    both_ways(vector)
    value = vector["value"]
    chain = tagged(1, bytes.fromhex(vector["bytes"]))
    same("chain id", chain, vector["chain_id"])
    header = block_0(value)[1]
    same("authorities", header["authorities"], vector["authorities_hash"])
    same("genesis state", header["state_root"], vector["state_root"])
    same("block 0", header, vector["block_0"])
    same("block 0 bytes", HEADER[0](header), vector["block_0_bytes"])
    same("block 0 hash", tagged(13, chain, HEADER[0](header)), vector["block_0_hash"])


def place_price(supply, used, places):
    """L-10: what the next place takes."""
    free = places // 4
    if used < free:
        return 0
    k, n = used - free + 1, places - free
    for factor in (k, k, 3):
        supply = -(-supply * factor // n)
    return max(1, min(supply, 10**30))


def check_growth():
    check_genesis("genesis_2")
    vectors = load("growth")
    for vector in vectors["prices"]:
        supply, used, places = (int(vector[name]) for name in ("supply", "used", "max"))
        same("price", str(place_price(supply, used, places)), vector["price"])
    for entry in vectors["entries"]:
        same("key", KEY[0](entry["key"]), entry["key_bytes"])
        same("entry", ENTRY[0](entry["entry"]), entry["entry_bytes"])
    root = state_root([hashed(entry) for entry in vectors["entries"]])
    same("state root", root, vectors["root"])


def check_charters():
    check_genesis("genesis_3")
    vectors = load("charters")
    for vector in vectors["charters"]:
        both_ways(vector)
        same("charter hash", tagged(15, bytes.fromhex(vector["bytes"])), vector["hash"])
    for story in vectors["stories"]:
        token = None
        for number, step in enumerate(story["steps"]):
            ((kind, fields),) = step["action"].items()
            time, words, before = int(step["time"]), None, copy.deepcopy(token)
            if kind == "CreateWithCharter":
                token = chartered(fields, time)
            else:
                try:
                    token.act(time, kind, fields)
                except charters.Refused as refused:
                    token, words = before, refused.words
            name = f"{story['name']}, step {number}: {step['action']}"
            same(name, words, step["refused"])
            same(name, str(token.supply), step["supply"])
        root = state_root([hashed(entry) for entry in rows(token)])
        same(story["name"], root, story["root"])


def required(body):
    addresses = {body["sender"]}
    for action in body["actions"]:
        ((name, fields),) = action.items()
        if name in ("Mint", "SetIssuer"):
            addresses.add(fields["issuer"])
        elif name in ("Transfer", "Burn"):
            addresses.add(fields["from"])
        elif name in ("Draw", "Claim"):
            addresses.add(fields["account"])
        elif name == "HandOver":
            addresses |= {fields["from"], fields["to"]}
        elif "officer" in fields:
            addresses.add(fields["officer"])
    return sorted(addresses)


def check_transactions():
    vectors = load("transactions")
    chain = bytes.fromhex(vectors["chain_id"])
    for vector in vectors["actions"]:
        both_ways(vector)
    for vector in vectors["transactions"]:
        both_ways(vector)
        body_id, full = transaction_hashes(chain, vector["value"])
        same("id", body_id, vector["id"])
        same("full hash", full, vector["full_hash"])
        same("who signs", required(vector["value"]["body"]), vector["required"])
        signed = [tagged(2, LOCK[0](one["lock"])).hex() for one in vector["value"]["witnesses"]]
        same("who signed", signed, vector["required"])
        for witness in vector["value"]["witnesses"]:
            check_witness(witness, body_id)


def check_witness(witness, body_id):
    ((name, inside),) = witness["lock"].items()
    keys = [inside] if name == "Key" else inside["keys"]
    for one in witness["signatures"]:
        same("signed", is_signed(keys[one["key"]], one["signature"], body_id), True)


def check_states():
    for vector in load("states"):
        for entry in vector["entries"]:
            same("key", KEY[0](entry["key"]), entry["key_bytes"])
            same("entry", ENTRY[0](entry["entry"]), entry["entry_bytes"])
        root = state_root([hashed(entry) for entry in vector["entries"]])
        same("state root", root, vector["root"])
        for proof in vector["proofs"]:
            same("proof", STATE_PROOF[0](proof["proof"]), proof["bytes"])
            value = proof["entry"] and tagged(9, ENTRY[0](proof["entry"]))
            key = tagged(8, KEY[0](proof["key"]))
            same("proves", state_proves(proof["proof"], root, key, value), True)
            same("nothing else", state_proves(proof["proof"], root, key, bytes(32)), False)


def check_inclusion():
    for vector in load("inclusion"):
        leaves = [bytes.fromhex(leaf) for leaf in vector["leaves"]]
        root = transactions_root(leaves)
        same("transactions root", root, vector["root"])
        for leaf, proof in zip(leaves, vector["proofs"]):
            both_ways(proof)
            same("included", included(leaf, proof["value"], root), True)
            same("nothing else", included(b"\xee" * 32, proof["value"], root), False)


def check_blocks():
    vectors = load("blocks")
    genesis = load("genesis")
    chain = bytes.fromhex(vectors["chain_id"])
    known = {genesis["block_0_hash"]: {"slot": 0, "below": None, "marks": (0, 0)}}
    for vector in vectors["blocks"]:
        both_ways(vector)
        header = vector["value"]["header"]["header"]
        check_certificate(vector, header, chain, genesis["value"]["authorities"], known)
        if header["next_authorities"]:
            keys = genesis["value"]["authorities"]
            same(vector["name"], wrong_change(chain, header, keys), None)
            follows = header["next_authorities"]["follows"]
            same(vector["name"], follows, genesis["block_0_hash"])
        same("header", HEADER[0](header), vector["header_bytes"])
        same("block hash", tagged(13, chain, HEADER[0](header)), vector["hash"])
        leaves = [transaction_hashes(chain, one)[1] for one in vector["value"]["transactions"]]
        same("root", transactions_root(leaves), header["transactions_root"])
        authorities, slot = genesis["value"]["authorities"], int(header["slot"])
        same("leader", authorities[slot % len(authorities)], vector["leader"])
        signature = vector["value"]["header"]["signature"]
        block_hash = bytes.fromhex(vector["hash"])
        same("signed", is_signed(vector["leader"], signature, block_hash), True)
        time = int(genesis["value"]["time"]) + slot * genesis["value"]["slot_ms"]
        same("time", str(time), vector["time"])


def check_certificate(vector, header, chain, authorities, known):
    """B-5: the certificate of a header proves something, of a block below, and is news there."""
    parent, certificate = known[header["previous"]], header["certificate"]
    if certificate:
        same(vector["name"], wrong_certificate(chain, certificate, authorities), None)
        same(vector["name"], finality.is_news(parent["marks"], certificate), True)
        below, name = parent, header["previous"]
        while name != certificate["block"]:
            name, below = below["below"], known[below["below"]]
        same(vector["name"], str(below["slot"]), certificate["slot"])
    marks = finality.marks_after(parent["marks"], certificate)
    known[vector["hash"]] = {
        "slot": int(header["slot"]), "below": header["previous"], "marks": marks
    }


def check_finality():
    vectors = load("finality")
    chain, keys = bytes.fromhex(vectors["chain_id"]), vectors["authorities"]
    same("quorums", [finality.quorum(n) for n in range(1, 65)], vectors["quorums"])
    for vector in vectors["ballots"]:
        both_ways(vector)
        ballot = vector["value"]
        signed = finality.message(tagged, chain, ballot)
        same(vector["name"], signed, vector["hash"])
        verdict = is_signed(ballot["signer"], ballot["signature"], signed)
        same(vector["name"], verdict, vector["signed"])
    for vector in vectors["certificates"]:
        both_ways(vector)
        same(vector["name"], wrong_certificate(chain, vector["value"], keys), vector["error"])
    for vector in vectors["evidence"]:
        both_ways(vector)
        same(vector["name"], wrong_evidence(chain, vector["value"]), vector["error"])
    for vector in vectors["votes"]:
        asked = (vector[name] for name in ("before", "slot", "block", "justified", "on"))
        same(vector["name"], finality.vote(*asked), vector["after"])
    for vector in vectors["commits"]:
        asked = (vector[name] for name in ("before", "slot", "block", "on"))
        same(vector["name"], finality.commit(*asked), vector["after"])


def better(tip):
    """C-1: what the least of is the head."""
    certified = int(tip.get("justified", 0))
    return -certified, -int(tip["height"]), int(tip["slot"]), tip["hash"]


def check_fork_choice():
    for story in load("fork_choice"):
        certified = "justified" in story["steps"][0]["head"]
        known = [{
            "height": "0", "slot": "0", "hash": "00" * 32, **({"justified": "0"} if certified else {})
        }]
        for step in story["steps"]:
            known.append(step["arrives"])
            same(story["name"], min(known, key=better), step["head"])


def check_documents():
    vectors = load("documents")
    for part in (vectors, vectors["chartered"]):
        genesis = genesis_value(part["genesis"])
        same("chain id", block_0(genesis)[0], part["chain_id"])
        for vector in part["proofs"]:
            same(vector["name"], is_proven(vector["document"], genesis), vector["proven"])


def check_receipts():
    vectors = load("receipts")
    genesis = genesis_value(vectors["genesis"])
    same("chain id", block_0(genesis)[0], vectors["chain_id"])
    for vector in vectors["receipts"]:
        same(vector["name"], is_settled(vector["file"], genesis), vector["final"])


def check_invalid():
    genesis = load("genesis")
    chain, keys = bytes.fromhex(genesis["chain_id"]), genesis["value"]["authorities"]
    for vector in load("invalid"):
        data = bytes.fromhex(vector["bytes"])
        try:
            if len(data) > LIMITS.get(vector["type"], len(data)):
                outcome = "TooLong"
            else:
                decode(vector["type"], data)
                outcome = None
        except Malformed:
            outcome = "Malformed"
        # What decodes is refused by a rule that needs more than the encoding.
        expected = vector["error"] if vector["error"] in ("Malformed", "TooLong") else None
        same(vector["name"], outcome, expected)
        if outcome is None and vector["type"] == "Block":
            header = decode("Block", data)["header"]["header"]
            if header["next_authorities"]:
                same(vector["name"], wrong_change(chain, header, keys), vector["error"])
            elif header["certificate"]:
                wrong = wrong_certificate(chain, header["certificate"], keys)
                same(vector["name"], wrong, vector["error"])


def main():
    for check in (
        check_keys, check_phrases, check_signatures, check_genesis, check_growth, check_charters,
        check_transactions, check_states, check_inclusion, check_blocks, check_documents,
        check_receipts, check_finality, check_fork_choice, check_invalid,
    ):
        check()
    for message in load("messages"):
        both_ways(message)
    print(f"vectors: {COUNT} values agree with a second implementation")


if __name__ == "__main__":
    main()
