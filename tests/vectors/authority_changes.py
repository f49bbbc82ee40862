"""Changes of the authorities (B-11 of SPEC), as pure functions.

Values are those of the vectors: an enum has one key, hashes and keys are hexadecimal.
"""

import finality


def step_of(change):
    ((kind, fields),) = change["step"].items()
    return kind, fields["key"]


def after(keys, change):
    """The authorities to which a change leads, or the word for why it cannot be made."""
    kind, key = step_of(change)
    if kind == "Add":
        if key in keys:
            return "Present"
        return keys + [key] if len(keys) < 64 else "Full"
    if key not in keys:
        return "Absent"
    rest = [one for one in keys if one != key]
    return rest or "Nobody"


def what_is_wrong(header, keys, named, verifies):
    """B-5, B-11: why a header may not hold its change, or None.

    `named` is the hash of `keys`, `verifies(key, signature)` is for the bytes that are signed.
    """
    change = header["next_authorities"]
    if header["certificate"]:
        return "Both"
    kind, key = step_of(change)
    if kind == "Add" and change["newcomer"] is None:
        return "Newcomer"
    if change["authorities"] != named:
        return "OtherAuthorities"
    following = after(keys, change)
    if isinstance(following, str):
        return following
    wrong = finality.what_is_wrong(change, keys, verifies)
    if wrong:
        return wrong
    if change["newcomer"] is not None:
        if kind != "Add" or not verifies(key, change["newcomer"]):
            return "Newcomer"
    return None
