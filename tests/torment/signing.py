"""Transactions made and signed here, from protocol/SPEC.md alone: nothing of the program is asked
what a payment is, so that it cannot be wrong in the same way as the checker.

The encoding is that of tests/vectors/check.py; Ed25519 is RFC 8032 over a table of multiples of the
base point, some hundred microseconds for a signature. Not for secrets: it takes varying time.
"""

import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "vectors"))
import check as values  # noqa: E402

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def _add(one, other):
    """Of two points in extended coordinates."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _table():
    """16 multiples of the base point for each of 64 half bytes of a scalar."""
    y = 4 * pow(5, -1, P) % P
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if x * x % P != x2:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x % 2:
        x = P - x
    step = (x, y, 1, x * y % P)
    table = []
    for _ in range(64):
        row = [(0, 1, 1, 0)]
        for _ in range(15):
            row.append(_add(row[-1], step))
        table.append(row)
        step = _add(row[-1], step)
    return table


TABLE = _table()


def _times_base(scalar):
    point = (0, 1, 1, 0)
    for row in TABLE:
        if scalar & 15:
            point = _add(point, row[scalar & 15])
        scalar >>= 4
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class Key:
    """Somebody who can sign, and the address of a lock with that key alone."""

    def __init__(self, name, seed):
        self.name = name
        digest = hashlib.sha512(seed).digest()
        self._scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
        self._prefix = digest[32:]
        self.public = _times_base(self._scalar)
        lock = values.LOCK[0]({"Key": self.public.hex()})
        self.raw = values.tagged(2, lock)
        self.address = values.bech32m("coin", self.raw)

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self._prefix + message).digest(), "little") % ORDER
        commitment = _times_base(nonce)
        challenge = hashlib.sha512(commitment + self.public + message).digest()
        challenge = int.from_bytes(challenge, "little") % ORDER
        return commitment + ((nonce + challenge * self._scalar) % ORDER).to_bytes(32, "little")


def developer(name):
    """A development account of a devnet, whose key is published."""
    return Key(name, f"coinage devnet test key {name}".encode().ljust(32, b"\0"))


def person(name):
    """Somebody who begins with nothing."""
    return Key(name, hashlib.sha256(f"torment {name}".encode()).digest())


def _written(action, raw):
    """An action for the encoder, which knows addresses in hexadecimal and tags by name."""
    fields = {field: value for field, value in action.items() if field != "type"}
    for field in ("from", "to", "issuer"):
        if fields.get(field) is not None:
            fields[field] = raw[fields[field]].hex()
    name = "".join(word.capitalize() for word in action["type"].split("_"))
    return {name: fields}


class Notary:
    """Makes transactions of one chain between people that it knows."""

    def __init__(self, chain, people):
        self.chain = bytes.fromhex(chain)
        self._raw = {key.address: key.raw for key in people}

    def transaction(self, signers, salt, expires_at, actions):
        """The id and the JSON of a transaction; the first of the signers is its sender."""
        body = {
            "sender": signers[0].raw.hex(), "salt": salt, "expires_at": expires_at,
            "actions": [_written(action, self._raw) for action in actions], "memo": "",
        }
        number = values.tagged(3, self.chain, values.BODY[0](body))
        witnesses = [
            {
                "lock": {"type": "key", "key": key.public.hex()},
                "signatures": [{"key": 0, "signature": key.sign(number).hex()}],
            }
            for key in sorted(signers, key=lambda key: key.raw)
        ]
        shown = {
            "sender": signers[0].address, "salt": str(salt), "expires_at": str(expires_at),
            "actions": actions, "memo": "",
        }
        return number.hex(), {"body": shown, "witnesses": witnesses}
