"""English and Simplified Chinese: the English sentence is the key, as with gettext.

``--lang``, then MUTUALCHAIN_LANG, then the locale decide. A sentence without a translation stays English; a test
holds the table complete for all that a member meets.
"""

from __future__ import annotations

import os

__all__ = ["ENGLISH", "LANGUAGES", "LOCALES", "Words", "preferred"]

LANGUAGES = ("en", "zh")
LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
"""How each writes dates and numbers, by the names of Unicode's locale data."""


def preferred() -> str:
    """The language of the environment."""
    for name in ("MUTUALCHAIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class Words:
    """Sentences in one language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"

    @property
    def locale(self) -> str:
        """The locale of dates and numbers, as babel names it."""
        return LOCALES[self.language]

    def say(self, sentence: str, /, **values: object) -> str:
        """``sentence`` in this language, with its values put in; integers get thousands separators."""
        if self.language == "zh":
            from .texts_zh import TEXTS

            sentence = TEXTS.get(sentence, sentence)
        shown = {name: f"{value:,}" if type(value) is int else value for name, value in values.items()}
        return sentence.format(**shown) if shown else sentence

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """``one`` or ``many``, by ``number``, which the sentences call ``{count}``."""
        return self.say(one if number == 1 else many, count=number, **values)

    def currency(self, code: str) -> str:
        """What people call a currency."""
        return ("元" if self.language == "zh" else "yuan") if code == "CNY" else code


ENGLISH = Words("en")
"""For dates in sentences that are not translated."""
