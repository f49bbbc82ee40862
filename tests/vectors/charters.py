"""Charters, judged a second time: written from protocol/SPEC.md, chapter R, alone.

A state is a dictionary of rows, each a value in the names of the vectors. An action is accepted, or
refused with the words of SPEC R. What fails for lack of balance is refused by "rule".
"""

MOST = 10**30
DAY = 86_400_000
YEAR = 365 * DAY
NOBODY = {"role": None, "frozen": False, "next_claim": 0, "owed": 0, "used": {}}
TAKES = {"Add": 2, "Subtract": 2, "Multiply": 2, "Divide": 2, "Min": 2, "Max": 2, "Part": 1}


def is_formula(terms):
    """R-13: whether each operation finds its values, and one is left."""
    left = 0
    for term in terms:
        (name,) = term
        left += 1 - TAKES.get(name, 0)
        if left < 1:
            return False
    return left == 1


def worked_out(terms, named, members):
    """R-13: the amount of a formula; what leaves 128 bits, zero and 10^30 is nothing."""
    values = []
    for term in terms:
        ((name, inside),) = term.items()
        taken = [values.pop() for _ in range(TAKES.get(name, 0))][::-1]
        if name in ("Amount", "Number"):
            value = int(inside)
        elif name == "Members":
            value = members(inside)
        elif name == "Part":
            value = taken[0] * inside
            if not -(2**127) <= value < 2**127:
                return 0
            value //= 1_000_000
        elif name == "Divide":
            if taken[1] == 0:
                return 0
            value = taken[0] // taken[1]
        elif taken:
            one, two = taken
            value = {
                "Add": one + two, "Subtract": one - two, "Multiply": one * two,
                "Min": min(one, two), "Max": max(one, two),
            }[name]
        else:
            value = named[name]
        if not -(2**127) <= value < 2**127:
            return 0
        values.append(value)
    return values[0] if 0 <= values[0] <= MOST else 0


class Refused(Exception):
    def __init__(self, reason, clause=None, passes="never", limit=None):
        self.words = {"reason": reason}
        if reason != "rule":
            self.words |= {"clause": clause, "passes": passes}
        if limit:
            words = (str(min(one, MOST)) for one in limit)
            self.words |= dict(zip(("used", "allowed", "need"), words))


def time_word(ms):
    return str(min(ms, 2**64 - 1))


class Token:
    """A token with a charter, and all that was done with it."""

    def __init__(self, charter, charter_hash, address_of_lock, time):
        self.charter, self.hash, self.supply, self.issued = charter, charter_hash, 0, 0
        self.anchor = charter["anchor"]["minutes"] * 60_000
        self.clauses = [next(iter(one.items())) for one in charter["clauses"]]
        self.who = []
        for account in charter["accounts"]:
            ((kind, inside),) = account["holder"].items()
            self.who.append(inside if kind == "Address" else address_of_lock(account["holder"]))
        self.handed = {}
        self.roles = [(at, one) for at, (kind, one) in enumerate(self.clauses) if kind == "Role"]
        self.balances, self.usage, self.amended, self.standings = {}, {}, {}, {}
        for _, one in self.of("Creation"):
            self.make(self.who[one["to"]], int(one["amount"]))

    # What is read.

    def of(self, *kinds):
        return [(at, one) for at, (kind, one) in enumerate(self.clauses) if kind in kinds]

    def amount(self, at, time):
        if at in self.amended:
            before, after, start = self.amended[at]
            return before if time < start else after
        kind, one = self.clauses[at]
        if kind not in ("Outstanding", "Ever", "Issue"):
            return int(one["amount"])
        if "Amount" in one["amount"]:
            return int(one["amount"]["Amount"])
        named = {
            "Supply": self.supply, "Issued": self.issued, "Burned": self.issued - self.supply,
            "Days": max(0, time - self.anchor) // DAY,
            "Periods": self.period(one["period"], time) if kind == "Issue" else None,
        }
        return worked_out(one["amount"]["Formula"], named, self.members)

    def members(self, role):
        return sum(standing["role"] == role for standing in self.standings.values())

    def period(self, seconds, time):
        return max(0, time - self.anchor) // (seconds * 1_000)

    def starts(self, seconds, period):
        return time_word(self.anchor + seconds * 1_000 * period)

    def role(self, address):
        return self.standings.get(address, {}).get("role")

    def is_party(self, party, address):
        if "Role" in party:
            return self.role(address) == party["Role"]
        return self.who[party["Account"]] == address

    def row(self, at):
        return self.usage.setdefault(at, {"period": 0, "used": 0, "total": 0, "base": 0})

    def if_people_change(self):
        return "later" if self.of("Role", "HandOver") else "never"

    def if_amended(self, at):
        amount = self.clauses[at][1].get("amount", "")
        if isinstance(amount, dict) and "Formula" in amount:
            return "later"
        return "later" if any(one["clause"] == at for _, one in self.of("Amend")) else "never"

    def not_entitled(self):
        return Refused("NotEntitled", passes=self.if_people_change())

    #

    def check_dates(self, time):
        if time < self.anchor:
            raise Refused("TooEarly", passes=time_word(self.anchor))
        for at, (kind, one) in enumerate(self.clauses):
            if kind == "NotBefore" and time < one["from"]["minutes"] * 60_000:
                raise Refused("TooEarly", at, time_word(one["from"]["minutes"] * 60_000))
            if kind == "NotFrom" and time >= one["from"]["minutes"] * 60_000:
                raise Refused("TooLate", at)

    def check_receiver(self, to):
        if self.of("Send") and self.role(to) is None and to not in self.who:
            raise Refused("NotAReceiver", passes=self.if_people_change())

    def check_not_frozen(self, address):
        if self.standings.get(address, {}).get("frozen"):
            raise Refused("Frozen", passes="later")

    def check_hold(self, to, time):
        for at, one in self.of("Hold"):
            has, most = self.balances.get(to, 0), self.amount(at, time)
            if self.role(to) == one["role"] and has > most:
                raise Refused("Limit", at, "later", (has, most, 0))

    def check_limit(self, at, seconds, time, used, allowed, need, otherwise):
        if used + need > allowed:
            following = self.starts(seconds, self.period(seconds, time) + 1)
            passes = following if need <= allowed else otherwise
            raise Refused("Limit", at, passes, (used, allowed, need))

    def use_each(self, at, one, address, need, time):
        standing = self.standings[address]
        now, used = self.period(one["period"], time), self.running(standing, time).get(at, 0)
        allowed, otherwise = self.amount(at, time), self.if_amended(at)
        self.check_limit(at, one["period"], time, used, allowed, need, otherwise)
        all_used = {**standing["used"], at: (now, used + need)}
        self.stand(address, time, {**standing, "used": all_used})

    def bring(self, to, amount, time):
        for at, (kind, _) in enumerate(self.clauses):
            if kind == "Outstanding":
                most = self.amount(at, time)
                if self.supply + amount > most:
                    raise Refused("Limit", at, "later", (self.supply, most, amount))
            if kind == "Ever":
                most = self.amount(at, time)
                if self.issued + amount > most:
                    raise Refused("Limit", at, self.if_amended(at), (self.issued, most, amount))
        self.make(to, amount)

    def make(self, to, amount):
        if self.supply + amount > MOST:
            raise Refused("rule")
        self.supply += amount
        self.issued = min(self.issued + amount, MOST)
        self.balances[to] = self.balances.get(to, 0) + amount

    def mint(self, time, issuer, to, amount):
        rights = [
            at for at, one in self.of("Issue", "IssueFreely", "Growth")
            if self.who[one["officer"]] == issuer
        ]
        if not rights:
            raise self.not_entitled()
        self.check_dates(time)
        self.check_receiver(to)
        receives = self.of("Receive")
        if receives and self.role(to) not in [one["role"] for _, one in receives]:
            raise Refused("NotAReceiver", passes=self.if_people_change())
        supply = self.supply
        for at, (kind, one) in enumerate(self.clauses):
            if kind == "Receive" and self.role(to) == one["role"]:
                self.use_each(at, one, to, amount, time)
            if at not in rights or kind == "IssueFreely":
                continue
            now, row = self.period(one["period"], time), self.row(at)
            is_new = row["period"] != now or row["total"] == 0
            grows, by_formula = kind == "Growth", "Formula" in one.get("amount", ())
            first = self.amount(at, time) if by_formula else supply
            used, base = (0, first) if is_new else (row["used"], row["base"])
            allowed = base * one["rate"] // 1_000_000 if grows else self.amount(at, time)
            if by_formula:
                allowed = base
            otherwise = "later" if grows else self.if_amended(at)
            self.check_limit(at, one["period"], time, used, allowed, amount, otherwise)
            total = min(row["total"] + amount, MOST)
            row |= {"period": now, "used": used + amount, "total": total, "base": base}
        self.bring(to, amount, time)
        self.check_hold(to, time)

    def due(self, kind, one, time):
        if kind == "Halving":
            over, every = self.period(one["period"], time), one["every"]
            amount, due, era = int(one["amount"]), 0, 0
            while over > era * every and amount >> era:
                due += (amount >> era) * min(every, over - era * every)
                era += 1
            return min(due, MOST)
        whole = max(0, time - one["from"]["minutes"] * 60_000) // DAY
        if whole < one["first_days"]:
            return 0
        return int(one["total"]) * min(whole, one["days"]) // one["days"]

    def due_at(self, kind, one, need):
        """Time at which so much is due, by trying: what is due never shrinks."""
        if kind == "Halving":
            most = one["every"] * 100
            time = lambda count: self.anchor + one["period"] * 1_000 * count
        else:
            most = one["days"]
            time = lambda count: one["from"]["minutes"] * 60_000 + count * DAY
        if need > MOST or self.due(kind, one, time(most)) < need:
            return "never"
        low, high = 0, most
        while low < high:
            middle = (low + high) // 2
            if self.due(kind, one, time(middle)) >= need:
                high = middle
            else:
                low = middle + 1
        return time_word(time(low))

    def draw(self, time, account, clause, amount):
        kind, one = self.clauses[clause] if clause < len(self.clauses) else (None, None)
        if kind == "Owe":
            return self.owe(time, account, clause, one, amount)
        if kind not in ("Halving", "Evenly"):
            raise Refused("OtherClause", clause)
        if self.who[one["account"]] != account:
            raise self.not_entitled()
        self.check_dates(time)
        self.check_not_frozen(account)
        drawn, due = self.row(clause)["total"], self.due(kind, one, time)
        if drawn + amount > due:
            passes = self.due_at(kind, one, drawn + amount)
            raise Refused("Limit", clause, passes, (drawn, due, amount))
        self.row(clause)["total"] += amount
        self.bring(account, amount, time)
        self.check_hold(account, time)

    #

    def owe(self, time, account, clause, one, amount):
        if self.role(account) != one["role"]:
            raise self.not_entitled()
        self.check_dates(time)
        self.check_not_frozen(account)
        owed, most = self.standings[account]["owed"], self.amount(clause, time)
        if owed + amount > most:
            passes = "later" if amount <= most else self.if_amended(clause)
            raise Refused("Limit", clause, passes, (owed, most, amount))
        self.stand(account, time, {**self.standings[account], "owed": owed + amount})
        self.bring(account, amount, time)
        self.check_hold(account, time)

    def repay(self, time, account, amount):
        standing = self.standings.get(account, NOBODY)
        if amount > standing["owed"]:
            raise Refused("OwesLess", passes="later")
        self.stand(account, time, {**standing, "owed": standing["owed"] - amount})

    def claim(self, time, account, clause, amount):
        kind, one = self.clauses[clause] if clause < len(self.clauses) else (None, None)
        if kind != "Claim":
            raise Refused("OtherClause", clause)
        if self.role(account) != one["role"]:
            raise self.not_entitled()
        self.check_dates(time)
        self.check_not_frozen(account)
        each = self.amount(clause, time)
        if each == 0 or amount % each:
            raise Refused("NotWhole", clause, self.if_amended(clause))
        count, now = amount // each, self.period(one["period"], time)
        following = self.standings[account]["next_claim"]
        first = max(following, now - one["missed"], 0)
        opened = max(0, now + 1 - first)
        if count > opened:
            begins = self.starts(one["period"], following + count - 1)
            passes = begins if count <= one["missed"] + 1 else "never"
            raise Refused("Limit", clause, passes, (0, each * opened, amount))
        self.stand(account, time, {**self.standings[account], "next_claim": first + count})
        row = self.row(clause)
        row["total"] = min(row["total"] + amount, MOST)
        self.bring(account, amount, time)
        self.check_hold(account, time)

    #

    def set_role(self, time, officer, account, role):
        old = self.role(account)
        for one in (old, role):
            known = one is None or one < len(self.roles)
            if not known or one is not None and self.who[self.roles[one][1]["officer"]] != officer:
                raise self.not_entitled()
        giver = [one for _, one in self.roles if self.who[one["officer"]] == officer]
        if old is None and role is None and not giver:
            raise self.not_entitled()
        standing = self.standings.get(account, NOBODY)
        clears = role is None and len(self.running(standing, time)) < len(standing["used"])
        if old == role and not clears:
            raise Refused("NothingChanges")
        if standing["owed"]:
            raise Refused("Owes", passes="later")
        if old is not None:
            self.row(self.roles[old][0])["used"] -= 1
        following = 0
        if role is not None:
            at, one = self.roles[role]
            self.row(at)["used"] += 1
            if self.row(at)["used"] > one["max"]:
                raise Refused("RoleFull", at, "later")
            claims = [one for _, one in self.of("Claim") if one["role"] == role]
            if claims and time >= self.anchor:
                following = self.period(claims[0]["period"], time) + 1
        self.stand(account, time, {**standing, "role": role, "next_claim": following})

    def running(self, standing, time):
        """What was used in periods that are not over, by clauses."""
        return {
            at: used for at, (period, used) in standing["used"].items()
            if period == self.period(self.clauses[at][1]["period"], time)
        }

    def stand(self, account, time, standing):
        running = self.running(standing, time)
        used = {at: standing["used"][at] for at in sorted(running)}
        self.standings[account] = {**standing, "used": used}
        left = standing["frozen"] or standing["owed"] or used
        if standing["role"] is None and not left:
            del self.standings[account]

    def set_frozen(self, time, officer, account, frozen):
        if officer not in [self.who[one["officer"]] for _, one in self.of("Freeze")]:
            raise self.not_entitled()
        standing = self.standings.get(account, NOBODY)
        if standing["frozen"] == frozen:
            raise Refused("NothingChanges")
        if frozen and standing["role"] is None and not self.balances.get(account):
            raise Refused("NothingToFreeze", passes="later")
        self.stand(account, time, {**standing, "frozen": frozen})

    def transfer(self, time, giver, to, amount):
        for at, one in self.of("End"):
            if time >= one["from"]["minutes"] * 60_000 and self.who[one["to"]] != to:
                raise Refused("TooLate", at)
        self.check_not_frozen(giver)
        ways = [one for _, one in self.of("Send")]
        leads = [
            one for one in ways
            if self.is_party(one["from"], giver) and self.is_party(one["to"], to)
        ]
        if ways and not leads:
            raise Refused("NoWay", passes=self.if_people_change())
        if self.balances.get(giver, 0) < amount:
            raise Refused("rule")
        for at, one in self.of("SendLimit"):
            if self.role(giver) == one["role"]:
                self.use_each(at, one, giver, amount, time)
        self.pass_on(giver, to, amount)
        self.check_hold(to, time)

    def pass_on(self, giver, to, amount):
        self.take(giver, amount)
        self.balances[to] = self.balances.get(to, 0) + amount

    def take(self, giver, amount):
        if self.balances.get(giver, 0) < amount:
            raise Refused("rule")
        self.balances[giver] -= amount
        if not self.balances[giver]:
            del self.balances[giver]

    def move(self, time, officer, giver, to, amount):
        if officer not in [self.who[one["officer"]] for _, one in self.of("Move")]:
            raise self.not_entitled()
        self.check_receiver(to)
        self.pass_on(giver, to, amount)
        self.check_hold(to, time)

    def burn(self, time, giver, amount):
        self.check_not_frozen(giver)
        self.take(giver, amount)
        self.supply -= amount
        if self.of("Owe"):
            self.repay(time, giver, amount)

    def hand_over(self, account, giver, to):
        declared = account in [one["account"] for _, one in self.of("HandOver")]
        if not declared or self.who[account] != giver:
            raise self.not_entitled()
        if giver == to:
            raise Refused("NothingChanges")
        self.who[account], self.handed[account] = to, to

    def amend(self, time, officer, clause, amount, start):
        mine = [
            (at, one) for at, one in self.of("Amend")
            if one["clause"] == clause and self.who[one["officer"]] == officer
        ]
        if not mine:
            raise self.not_entitled()
        at, one = mine[0]
        if not int(one["min"]) <= amount <= int(one["max"]):
            raise Refused("OutOfBounds", at)
        before = self.amount(clause, time)
        lowers = self.clauses[clause][0] == "Issue" and amount <= before
        notice = 0 if lowers else one["notice"] * 1_000
        earliest = 0 if lowers else time + notice
        if not earliest <= start <= time + notice + YEAR:
            raise Refused("Notice", at)
        self.amended[clause] = (before, amount, start)

    def act(self, time, kind, one):
        """Does it, whatever remains of it if it is refused."""
        units, account = int(one.get("amount", 0)), one.get("account")
        if kind == "Mint":
            self.mint(time, one["issuer"], one["to"], units)
        elif kind == "Draw":
            self.draw(time, account, one["clause"], units)
        elif kind == "Claim":
            self.claim(time, account, one["clause"], units)
        elif kind == "Transfer":
            self.transfer(time, one["from"], one["to"], units)
        elif kind == "Burn":
            self.burn(time, one["from"], units)
        elif kind == "SetRole":
            self.set_role(time, one["officer"], account, one["role"])
        elif kind == "SetFrozen":
            self.set_frozen(time, one["officer"], account, one["frozen"])
        elif kind == "Move":
            self.move(time, one["officer"], one["from"], one["to"], units)
        elif kind == "HandOver":
            self.hand_over(account, one["from"], one["to"])
        elif kind == "Amend":
            self.amend(time, one["officer"], one["clause"], units, int(one["in_force_at"]))
        else:
            assert kind == "SetIssuer"
            raise Refused("NoIssuer")

    def entries(self):
        """All rows of the state, in the names of M-3."""
        token = self.charter["token"]
        accounts = [dict(one) for one in self.charter["accounts"]]
        for at, to in self.handed.items():
            accounts[at]["holder"] = {"Address": to}
        use = lambda at, pair: {"clause": at, "period": str(pair[0]), "amount": str(pair[1])}
        fold = str.maketrans("OILZSB", "011258")
        yield {"Token": token}, {"CharteredToken": {
            "name": self.charter["name"], "decimals": self.charter["decimals"],
            "supply": str(self.supply), "issued": str(self.issued), "charter": self.hash,
        }}
        yield {"Charter": token}, {"Charter": {**self.charter, "accounts": accounts}}
        yield {"Lookalike": token.translate(fold)}, {"Symbol": token}
        for address, units in self.balances.items():
            yield {"Balance": {"address": address, "token": token}}, {"Balance": str(units)}
        for at, row in self.usage.items():
            if any(row.values()):
                value = {name: str(number) for name, number in row.items()}
                yield {"Usage": {"token": token, "clause": at}}, {"Usage": value}
        for at, (before, after, start) in self.amended.items():
            value = {"before": str(before), "amount": str(after), "in_force_at": str(start)}
            yield {"Amendment": {"token": token, "clause": at}}, {"Amendment": value}
        for address, one in self.standings.items():
            yield {"Standing": {"address": address, "token": token}}, {"Standing": {
                **one, "next_claim": str(one["next_claim"]), "owed": str(one["owed"]),
                "used": [use(*used) for used in one["used"].items()],
            }}
