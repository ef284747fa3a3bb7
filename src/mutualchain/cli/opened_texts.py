"""Files that somebody writes as text, opened for ``mutualchain show``: covenants, and the facts of a case.

Facts are shown as a disclosure would show them: the name masked, the age in place of days, the region down to the city.
Their salts are never shown.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from .language import Words

if TYPE_CHECKING:
    from ..covenant.document import Covenant

__all__ = ["covenant_pairs", "open_text"]

Pairs = list[tuple[str, str]]


def open_text(data: bytes, words: Words) -> tuple[str, Pairs] | None:
    """The kind of a text file and what it says; None for another. Raises CovenantError for a wrong covenant."""
    try:
        text = data.decode("utf-8")
        value: Any = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not value:
        return None
    if "title" in value and {"membership", "aid", "sharing"} & set(value):
        return "covenant", _covenant(text, words)
    return _case(value)


def _covenant(text: str, words: Words) -> Pairs:
    from ..catalogue import rule_of
    from ..covenant.toml import read_toml

    return covenant_pairs(read_toml(text, rule_of).covenant, words)


def covenant_pairs(covenant: Covenant, words: Words) -> Pairs:
    """What most people ask of a covenant first, under labels in English."""
    from .amounts import amounts

    say, amount = words.say, amounts(covenant.decimals, covenant.currency, words)
    cap = covenant.sharing.cap_round or covenant.sharing.cap_case
    scope = "cap in one round" if covenant.sharing.cap_round or not cap else "cap for one case"
    base = "{percent} of the aid" if covenant.fee.base == "aid" else "{percent} of aid and fee together"
    pairs = [
        ("title", covenant.title),
        ("deposit on joining", say("at least {amount}", amount=amount(covenant.membership.prepay))),
        ("aid for one case", say("at most {amount}", amount=amount(covenant.max_aid))),
        ("fee", say(base, percent=f"{covenant.fee.bp / 100:g}%") if covenant.fee.bp else say("none")),
        (scope, amount(cap) if cap else say("none")),
    ]
    if covenant.aid.waiting:
        longest = max(item.days for item in covenant.aid.waiting)
        pairs.insert(3, ("waiting period", say("up to {count} days", count=longest)))
    if covenant.smallest:
        pairs.append(("smallest plan", say("{count} members", count=covenant.smallest)))
    return [*pairs, ("hash", covenant.hash.hex())]


def _case(value: dict[str, Any]) -> tuple[str, Pairs] | None:
    """The facts of a case, or the masked fields that are made of them."""
    from ..covenant.facts import Facts, Fields
    from ..errors import InputFileError, MutualchainError
    from .case_facts import day_from
    from .case_mask import masked
    from .disclosure_facts import LABELS

    sealed = value.pop("salts", None) is not None
    if not value or not all(isinstance(item, str | int) for item in value.values()):
        return None
    if sealed and set(value) <= set(Fields.NAMES):
        kind, fields = "fields", value
    elif set(value) <= set(Facts.NAMES):
        kind = "sealed facts" if sealed else "facts"
        try:
            days = {name: day_from(value[name], name) for name in Facts.DAYS if value.get(name, "") != ""}
            fields = masked(value | days)
        except (InputFileError, MutualchainError):
            return None
    else:
        return None
    return kind, [(label, str(fields[name])) for name, label in LABELS.items() if fields.get(name, "") != ""]
