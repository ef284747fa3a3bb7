"""An error's sentence and hint in another language than the English in which they are raised.

Whoever raises an error does not know who will read it, and click speaks English; so a sentence is found again by its
form, as a verifier's is in ``rules``, and said anew with the values that stand in it.
"""

from __future__ import annotations

import re
from functools import cache

from .language import Words

__all__ = ["in_words"]


_VALUE = r"((?:(?!\. [A-Z]).)*?)"
"""A value in a sentence of ours is no sentence's end: what is said in two sentences is not a form of one."""


@cache
def _tables() -> tuple[dict[str, str], ...]:
    """Every table of such sentences; click's own is the last, because its forms are the least particular."""
    from .texts_zh_audit import LIMITS
    from .texts_zh_files import FILES
    from .texts_zh_refused import REFUSED
    from .texts_zh_usage import CLICK, NOUNS, OWN

    return OWN, NOUNS, LIMITS, FILES, REFUSED, CLICK


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every sentence with values as a pattern, those with the most words of their own first."""
    *_, of_click = _tables()
    forms = [(form, text) for table in _tables() for form, text in table.items() if "{}" in form]
    forms.sort(key=lambda pair: -len(pair[0].replace("{}", "")))
    found = []
    for form, text in forms:
        value = "(.*?)" if form in of_click else _VALUE
        found.append((re.compile(value.join(map(re.escape, form.split("{}"))), re.DOTALL), text))
    return tuple(found)


def in_words(sentence: str, words: Words) -> str | None:
    """``sentence`` in the caller's language, or None where there is no other than English for it."""
    if words.language == "en":
        return sentence
    known = next((table[sentence] for table in _tables() if sentence in table), None)
    if known is not None:
        return known
    for pattern, text in _forms():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return text.format(*(in_words(value, words) or value for value in found.groups()))
    return None
