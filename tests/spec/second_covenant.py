"""The second verifier's covenant: SPEC.md sections 7.1, 7.2 and 7.4. The table of parameters is read out of SPEC.md."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.spec.second import need, text, unpack, whole

DAY = 86_400
EPOCH = date(1970, 1, 1)
Rules = dict[str, Any]


@cache
def parameters() -> dict[str, list[str]]:
    """Section 7.1: each clause and what it takes, as words."""
    spec = (Path(__file__).resolve().parents[2] / "SPEC.md").read_text(encoding="utf-8")
    table = spec.split("```text name=covenant-parameters\n")[1].split("\n```")[0]
    return {line.split()[0]: line.split()[1:] for line in table.split("\n") if not line.startswith(" ")}


def document(data: bytes) -> Rules:
    """Section 7.1."""
    value = unpack(data, 1 << 20)
    need(isinstance(value, dict), 80)
    need(type(value.get("format")) is int and value["format"] == 1, 14)
    keys({name: item for name, item in value.items() if name != "format"}, "")
    agree(value)
    return value


def keys(value: Any, prefix: str) -> None:
    """A map has exactly the keys that the table names below a prefix, each with what it takes."""
    below = {clause[len(prefix) :] for clause in parameters() if clause.startswith(prefix)}
    here = {re.split(r"[.\[]", name)[0] for name in below if name}
    need(isinstance(value, dict) and set(value) == here, 80)
    for name in here:
        takes = parameters().get(prefix + name)
        if takes is None:
            keys(value[name], f"{prefix}{name}.")
        else:
            taken(value[name], takes, f"{prefix}{name}[].")


def flattened(rules: Rules) -> dict[str, Any]:
    """Every parameter by its clause."""
    found: dict[str, Any] = {}
    for name, value in rules.items():
        found |= {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
    return found


def taken(value: Any, takes: list[str], rows: str) -> None:
    kind = takes[0]
    if kind in ("number", "amount"):
        whole(value, 80, int(takes[1]), int(takes[3]))
    elif kind == "flag":
        whole(value, 80, 0, 1)
    elif kind == "one":
        need(isinstance(value, str) and value in takes[2:], 80)
    elif kind == "bytes":
        need(isinstance(value, bytes) and len(value) in (0, int(takes[3])), 80)
    elif kind == "text":
        need(isinstance(value, str) and int(takes[1]) <= len(value) <= int(takes[3]), 80)
        need(value == "" or text(value, 80, 1 << 20), 80)
        need(value == "" or len(takes) == 4 or re.fullmatch(takes[4], value), 80)
    else:
        need(isinstance(value, list) and int(takes[1]) <= len(value) <= int(takes[3]), 80)
        for item in value:
            need(kind != "numbers" or type(item) is int, 80)
            need(kind != "texts" or isinstance(item, str), 80)
            if kind == "maps":
                keys(item, rows)


def agree(rules: Rules) -> None:
    """The contradictions of section 7.1, in its order."""
    calendar, aid, sharing, cases = (rules[name] for name in ("calendar", "aid", "sharing", "cases"))
    Clock(rules)
    for name in ("disclosure_days", "deduction_days"):
        days = calendar[name]
        need(len(set(days)) == len(days) and all(1 <= day <= 31 for day in days), 80)
    if calendar["kind"] == "event":
        need(not calendar["disclosure_days"] and not calendar["deduction_days"], 80)
    else:
        monthly(rules)
    membership = rules["membership"]
    least, most, out = (membership[f"age_{name}"] for name in ("least_days", "most_years", "out_years"))
    need(out == 0 or out > most, 80)
    need((most or out) == 0 or least < 365 * ((most or out) + 1), 80)
    for at, row in enumerate(aid["maxima"]):
        need(row["age_from"] < row["age_below"], 80)
        for other in aid["maxima"][:at]:
            wider = other["age_from"] <= row["age_from"] and other["age_below"] >= row["age_below"]
            need(not (other["group"] in ("", row["group"]) and wider), 80)
    for one, other in zip(aid["tiers"], aid["tiers"][1:], strict=False):
        need(other["days"] > one["days"] and other["bp"] >= one["bp"], 80)
    causes = aid["causes"]
    need(len(set(causes)) == len(causes), 80)
    need(all(re.fullmatch("[a-z0-9_]{1,32}", cause) and cause.strip("_") for cause in causes), 80)
    need(all(row["cause"] in ("", *causes) for row in aid["waiting"]), 80)
    need(aid["request_most"] or not aid["request_override"], 80)
    need(sharing["funding"] == "postpaid" or not sharing["credit_limit"], 80)
    need(sharing["above_cap"] == "refuse" or sharing["cap_case"] or sharing["cap_round"], 80)
    roles = [row["role"] for row in cases["attestations"]]
    need(len(set(roles)) == len(roles), 80)
    need(cases["jury"] != "on_objection" or cases["objection_days"], 80)
    need(cases["jury"] != "none" or not cases["jury_quorum"], 80)
    if cases["request"] == "operator":
        need(not roles and not cases["objection_days"] and cases["jury"] == "none", 80)
    need(rules["amendments"]["vote"] or not rules["amendments"]["quorum"], 80)


def monthly(rules: Rules) -> None:
    calendar, clock = rules["calendar"], Clock(rules)
    need(calendar["notice_days"] == 0, 80)
    need(0 < len(calendar["disclosure_days"]) == len(calendar["deduction_days"]), 80)
    at, end = clock.start_of((date(2027, 1, 1) - EPOCH).days), clock.start_of((date(2029, 1, 1) - EPOCH).days)
    at = clock.disclosure(at)
    while at <= end:
        after = clock.disclosure(at)
        need(clock.deduction(at) < after, 80)
        at = after


# --- section 7.2 --------------------------------------------------------------------------------

NAME = r"(?:[A-Za-z]{3,16}|<[A-Za-z0-9+-]{3,16}>)"
OFFSET = r"([+-]?\d{1,2}(?::[0-5]\d){0,2})"
CHANGE = r"(J\d{1,3}|\d{1,3}|M\d{1,2}\.[1-5]\.[0-6])(?:/([+-]?\d{1,3}(?::[0-5]\d){0,2}))?"
RULE = re.compile(f"{NAME}{OFFSET}(?:{NAME}{OFFSET}?,{CHANGE},{CHANGE})?", re.ASCII)


def seconds(words: str, most: int) -> int:
    sign = -1 if words.startswith("-") else 1
    hours, minutes, rest = [*map(int, words.lstrip("+-").split(":")), 0, 0][:3]
    total = hours * 3_600 + minutes * 60 + rest
    need(total <= most * 3_600, 80)
    return sign * total


class Clock:
    """A covenant's days and instants, times in milliseconds."""

    def __init__(self, rules: Rules) -> None:
        self.calendar = rules["calendar"]
        match = RULE.fullmatch(self.calendar["rule"])
        need(match is not None, 80)
        assert match is not None
        standard, saving, *changes = match.groups()
        self.standard = self.saving = -seconds(standard, 24)
        self.changes: list[tuple[str, int]] = []
        if changes[0] is not None:
            self.saving = self.standard + 3_600 if saving is None else -seconds(saving, 24)
            for day, time in (changes[:2], changes[2:]):
                self.changes.append((day, 7_200 if time is None else seconds(time, 167)))
                self.date(day, 2027)

    def date(self, form: str, year: int) -> int:
        """The day's number of a change in a year."""
        first = date(year, 1, 1)
        if form[0] == "M":
            month, week, weekday = map(int, form[1:].split("."))
            need(1 <= month <= 12, 80)
            days = [first.replace(month=month, day=1) + timedelta(days=at) for at in range(31)]
            fitting = [day for day in days if day.month == month and day.isoweekday() % 7 == weekday]
            return (fitting[min(week, len(fitting)) - 1] - EPOCH).days
        number = int(form.lstrip("J"))
        need((1 if form[0] == "J" else 0) <= number <= 365, 80)
        if form[0] == "J":
            number += -1 + (number >= 60 and (date(year, 12, 31) - first).days == 365)
        return (first - EPOCH).days + number

    def offset(self, instant: int) -> int:
        """Seconds east of UTC at an instant, in seconds."""
        if not self.changes:
            return self.standard
        (start, at), (end, until) = self.changes
        found = []
        around = (EPOCH + timedelta(days=instant // DAY)).year
        for year in range(around - 2, around + 3):
            found.append((self.date(end, year) * DAY + until - self.saving, year, 0, self.standard))
            found.append((self.date(start, year) * DAY + at - self.standard, year, 1, self.saving))
        return max(item for item in found if item[0] <= instant)[3]

    def day_of(self, time: int) -> int:
        return (time // 1_000 + self.offset(time // 1_000)) // DAY

    def year_of(self, time: int) -> int:
        return (EPOCH + timedelta(days=self.day_of(time))).year

    def start_of(self, day: int) -> int:
        """The first instant that shows the day or a later one: an offset changes at a change only."""
        local = day * DAY
        ways = {local - self.standard, local - self.saving}
        for form, at in self.changes:
            for year in {(EPOCH + timedelta(days=day + by)).year for by in (-370, 0, 370)}:
                ways |= {self.date(form, year) * DAY + at - offset for offset in (self.standard, self.saving)}
        return 1_000 * min(way for way in ways if abs(way - local) < 3 * DAY and way + self.offset(way) >= local)

    def instant(self, days: list[int], time: int) -> int:
        """The first start of one of these days of the month after a time."""
        first = EPOCH + timedelta(days=self.day_of(time) - 1)
        for by in range(80):
            day = first + timedelta(days=by)
            last = (day + timedelta(days=1)).month != day.month
            if day.day in days or (last and max(days) > day.day):
                start = self.start_of((day - EPOCH).days)
                if start > time:
                    return start
        raise AssertionError("no month without one")

    def disclosure(self, time: int) -> int:
        """The first disclosure instant after a time."""
        return self.instant(self.calendar["disclosure_days"], time)

    def is_disclosure(self, time: int) -> bool:
        return self.disclosure(time - 1) == time

    def deduction(self, time: int) -> int:
        if self.calendar["kind"] == "event":
            return int(time + self.calendar["notice_days"] * DAY * 1_000)
        return self.instant(self.calendar["deduction_days"], time)


# --- section 7.4 --------------------------------------------------------------------------------


def fee_of(rules: Rules, aid: int) -> int:
    fee = rules["fee"]
    up, rest = divmod(aid * fee["bp"], 10_000 - (fee["bp"] if fee["base"] == "gross" else 0))
    return up + (1 if rest and fee["rounding"] == "up" else 0)


def ceil(sum_of: int, by: int) -> int:
    return -(-sum_of // by)


def limit(rules: Rules, cases: int) -> int:
    sharing = rules["sharing"]
    return min(sharing["cap_round"] or 2**32 - 1, sharing["cap_case"] * max(cases, 1) or 2**32 - 1, 2**32 - 1)


def figures(
    rules: Rules, aids: list[int], divisor: int, surplus: int, deficit: int, top_up: int, borne: bool = False
) -> tuple[int, int, int]:
    """Fee, share, least top-up; ``borne`` says that the operator bears the round alone."""
    sharing, per_case = rules["sharing"], rules["fee"]["per"] == "case"
    fee = sum(fee_of(rules, aid) for aid in aids) if per_case else fee_of(rules, sum(aids))
    if sharing["rounding"] == "round":
        parts, rest = 0, sum(aids) + fee + deficit - surplus
    else:
        parts = sum(ceil(aid + (fee_of(rules, aid) if per_case else 0), divisor) for aid in aids)
        rest = deficit - surplus + (0 if per_case else fee)
    share = max(parts + ceil(rest - top_up, divisor), 0)
    most = limit(rules, len(aids))
    least = deficit if sharing["shortfall"] == "operator" else 0
    least = max(least, rest + parts * divisor) if borne else least
    if sharing["above_cap"] == "carry":
        share = min(share, most)
    elif sharing["above_cap"] == "top_up":
        least = max(least, rest - (most - parts) * divisor)
    else:
        cap = sharing["cap_case"]
        need(not cap or all(ceil(aid + fee_of(rules, aid), divisor) <= cap for aid in aids), 92)
    need(share <= most, 92)
    return fee, share, least


def part_of(rules: Rules, aids: list[int], at: int) -> int:
    """What one case took of a round: its aid and its part of the fee."""
    if rules["fee"]["per"] == "case":
        return aids[at] + fee_of(rules, aids[at])
    return aids[at] + fee_of(rules, sum(aids)) * aids[at] // sum(aids)
