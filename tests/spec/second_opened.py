"""The second verifier's opened facts: SPEC.md sections 20 and 20.2."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from tests.spec.second import Refused, array, blob, need, pack, root_of, sha, unpack
from tests.spec.second_covenant import Clock, Rules, ceil

FACTS = "cause group disease diagnosed_day birth_day name hospital region age".split()
FIELDS = "name age region cause group disease hospital files".split()
NUMBERS = ("diagnosed_day", "birth_day", "age")
ANY = ("cause", "group", "diagnosed_day", "birth_day")
NEEDED = {"aid.causes": ("cause",), "aid.request_within_days": ("diagnosed_day",)}
MECHANICAL = """
    aid.causes aid.maxima aid.request_within_days aid.tiers aid.waiting membership.age_least_days
    membership.age_most_years membership.age_out_years
""".split()
EPOCH = date(1970, 1, 1)
Values = dict[str, Any]


def opening(data: bytes, names: list[str], tag: bytes, whose: list[Any], root: bytes) -> Values:
    """The values that are open, by name; everything that is wrong is MC-172."""
    found: Values = {}
    leaves = []
    try:
        for name, item in zip(names, array(unpack(data, 1 << 13), 172, len(names)), strict=True):
            if isinstance(item, bytes):
                leaves.append(blob(item, 172, 32))
                continue
            salt, value = array(item, 172, 2)
            found[name] = proper(name, value)
            said = pack([*whose, name, value])
            leaves.append(sha(b"mutualchain/" + tag + b"/v1\n", blob(salt, 172, 32), said))
    except Refused:
        raise Refused(172) from None
    need(root_of(leaves) == root, 172)
    return found


def proper(name: str, value: Any) -> Any:
    if value == "" and isinstance(value, str):
        return value
    if name == "files":
        need(isinstance(value, str) and re.fullmatch("[0-9a-f]{64}( [0-9a-f]{64}){0,15}", value), 172)
        need(value.split() == sorted(set(value.split())), 172)
    elif name in NUMBERS:
        need(type(value) is int and -80_000 <= value < 200_000, 172)
    else:
        need(isinstance(value, str) and 0 < len(value) <= 200, 172)
        need(not re.search("[\0-\x1f\x7f-\x9f]", value), 172)
    return value


def day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def years(born: int, at: int) -> int:
    one, other = day(born), day(at)
    return other.year - one.year - ((other.month, other.day) < (one.month, one.day))


class Opened:
    """What is open of one case, and what the covenant says of it."""

    def __init__(self, facts: Values | None, fields: Values | None, joined: int) -> None:
        self.facts, self.fields, self.joined = facts, fields, joined

    def fact(self, name: str) -> Any:
        """A fact's value; None where it is closed or, for a number, not known."""
        value = None if self.facts is None else self.facts.get(name)
        return None if name in NUMBERS and value == "" else value

    def text(self, name: str, alone: bool) -> str | None:
        found = self.fact(name)
        if found is None and not alone and self.fields is not None:
            found = self.fields.get(name) or None
        return found if isinstance(found, str) else None

    def age(self, alone: bool = False) -> int | None:
        born, found = self.fact("birth_day"), self.fact("diagnosed_day")
        if born is not None and found is not None:
            return years(born, found)
        value = self.fact("age")
        if value is None and not alone and self.fields is not None:
            value = self.fields.get("age")
        return value if isinstance(value, int) else None

    def check(self, rules: Rules, asked: int, time: int, aid: int) -> None:
        """Section 20.1, step 3."""
        found = self.fact("diagnosed_day")
        need(found is None or found >= self.joined, 176)
        back = rules["aid"]["ill_in_waiting"] == "refund_and_end" and not aid
        broken = self.breaches(rules, max(asked, aid), time, False)
        need(not [clause for clause in broken if not (back and clause == "aid.waiting")], 176)
        if self.facts is not None and self.fields is not None:
            for name in ("cause", "group"):
                one, other = self.facts.get(name), self.fields.get(name)
                need(not one or not other or one == other, 176)
            stated, known = self.fields.get("age"), self.age(alone=True)
            need(not isinstance(stated, int) or known is None or stated == known, 176)

    def breaches(self, rules: Rules, aid: int, time: int, alone: bool) -> list[str]:
        """Section 20.2: the clauses that are broken; with ``alone`` by the facts, without the fields."""
        membership, table, clock = rules["membership"], rules["aid"], Clock(rules)
        cause, age = self.text("cause", alone), self.age(alone)
        born, found, asked = self.fact("birth_day"), self.fact("diagnosed_day"), clock.day_of(time)
        wrong = ["aid.causes"] if cause is not None and cause not in table["causes"] else []
        if born is not None:
            wrong += self.ages(membership, born, found)
        elif age is not None:
            latest = asked if found is None else found
            least = age - ceil(max(latest - self.joined, 0), 365)
            most, out = membership["age_most_years"], membership["age_out_years"]
            wrong += ["membership.age_most_years"] if most and least > most else []
            wrong += ["membership.age_out_years"] if out and age >= out else []
        if found is not None:
            waiting = self.waiting(rules, cause, age)
            wrong += ["aid.waiting"] if waiting is not None and found - self.joined <= waiting else []
            within = table["request_within_days"]
            late = found > asked or (within and asked - found > within)
            wrong += ["aid.request_within_days"] if late else []
        maximum, part = self.maximum(rules, self.text("group", alone), age), self.part(rules)
        if maximum is None:
            return [*wrong, "aid.maxima"]
        if aid > maximum * part // 10_000:
            wrong.append("aid.maxima" if part == 10_000 else "aid.tiers")
        return wrong

    def ages(self, membership: dict[str, int], born: int, found: int | None) -> list[str]:
        wrong = ["membership.age_least_days"] if self.joined - born < membership["age_least_days"] else []
        most, out = membership["age_most_years"], membership["age_out_years"]
        wrong += ["membership.age_most_years"] if most and years(born, self.joined) > most else []
        if out and found is not None and years(born, found) >= out:
            wrong.append("membership.age_out_years")
        stated = self.fact("age")
        if found is not None and stated is not None and stated != years(born, found):
            wrong.append("facts")
        return wrong

    def waiting(self, rules: Rules, cause: str | None, age: int | None) -> int | None:
        rows = rules["aid"]["waiting"]
        if any((row["cause"] and cause is None) or (row["age_from"] and age is None) for row in rows):
            return None
        fits = [row for row in rows if row["cause"] in ("", cause) and (age is None or age >= row["age_from"])]
        return max((row["days"] for row in fits), default=0)

    def maximum(self, rules: Rules, group: str | None, age: int | None) -> int | None:
        """The most before seniority, the largest of all where it depends on what is closed; None where no row fits."""
        for row in rules["aid"]["maxima"]:
            aged = row["age_from"] > 0 or row["age_below"] < 150
            if (row["group"] and group is None) or (aged and age is None):
                return int(max(one["amount"] for one in rules["aid"]["maxima"]))
            if row["group"] in ("", group) and (age is None or row["age_from"] <= age < row["age_below"]):
                return int(row["amount"])
        return None

    def part(self, rules: Rules) -> int:
        tiers, found = rules["aid"]["tiers"], self.fact("diagnosed_day")
        if not tiers or found is None:
            return 10_000
        return max((row["bp"] for row in tiers if row["days"] <= found - self.joined), default=0)

    def may_break(self, rules: Rules, clause: str, asked: int, time: int) -> bool:
        """Whether a refusal by a clause of facts can be right, as far as they are open."""
        if clause not in MECHANICAL or self.facts is None:
            return True
        broken = clause in self.breaches(rules, asked, time, True)
        return broken or any(self.facts.get(name) is None for name in NEEDED.get(clause, ANY))

    # --- what it says -------------------------------------------------------------------------

    def said(self, rules: Rules) -> dict[str, Any]:
        cause, age = self.text("cause", False), self.age()
        waiting = self.waiting(rules, cause, age)
        shown = {"facts": masked(self.facts), "shown": masked(self.fields), "age": age, "waiting_days": waiting}
        return {**shown, "age_attested": self.age(alone=True) is not None, "maximum": self.shown_maximum(rules, age)}

    def shown_maximum(self, rules: Rules, age: int | None) -> int | None:
        group = self.text("group", False)
        for row in rules["aid"]["maxima"]:
            aged = row["age_from"] > 0 or row["age_below"] < 150
            if (row["group"] and group is None) or (aged and age is None):
                return None
            if row["group"] in ("", group) and (age is None or row["age_from"] <= age < row["age_below"]):
                return int(row["amount"]) * self.part(rules) // 10_000
        return None


def masked(values: Values | None) -> Values:
    """Section 20: what is shown of an opening, masked once more."""
    found = {name: value for name, value in (values or {}).items() if value != "" and name != "birth_day"}
    if "name" in found:
        name = found["name"].strip()
        found["name"] = name if "*" in name or len(name) < 2 else name[0] + "*"
    if "region" in found:
        city = re.match(r"^.+?(?:市|自治州|盟|地区)", found["region"])
        found["region"] = city[0] if city else found["region"]
    return found
