"""What a stranger may see of a person: 李*, 110************001X, 138****5678, the region down to the city.

Operators commit to fields that are masked already. Whoever shows them masks them once more, so that a careless
disclosure names nobody.
"""

from __future__ import annotations

import re

__all__ = ["mask_city", "mask_id", "mask_name", "mask_phone"]

_CITY = re.compile(r"^.+?(?:市|自治州|盟|地区)")


def mask_name(name: str) -> str:
    """The first character of a name, and a star: ``李*``. One that is masked stays as it is."""
    name = name.strip()
    return name if "*" in name or len(name) < 2 else f"{name[0]}*"


def mask_id(number: str) -> str:
    """The first three and the last four characters of an identity number: ``110************001X``."""
    return number if "*" in number else _middle(number, 3, 4)


def mask_phone(number: str) -> str:
    """The first three and the last four digits of a telephone number: ``138****5678``."""
    return number if "*" in number else _middle(number, 3, 4)


def mask_city(region: str) -> str:
    """A region down to its city: what follows 市, 自治州, 盟 or 地区 is left out."""
    found = _CITY.match(region)
    return found[0] if found else region


def _middle(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[-tail:] if hidden > 0 else "*" * len(text)
