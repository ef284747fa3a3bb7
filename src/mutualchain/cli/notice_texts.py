"""What members are told of a round: sentences with placeholders, in a template that a platform may replace.

A template is TOML. ``text`` is a whole notice; ``[what]``, ``[holds]`` and ``[advice]`` have a sentence for every
situation. A template of one's own needs only what it replaces; the rest is the language's own. Placeholders are names
in braces and nothing else: no formats, no attributes, so that a template can do nothing but show what is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Formatter
from typing import Any, Final

from .. import toml_text
from ..errors import NoticeTemplate

__all__ = ["MOST", "PLACEHOLDERS", "Compiled", "Template", "builtin", "parse"]

MOST: Final = 64 << 10
"""Bytes of a template's file."""
_LONGEST: Final = 2_000

PLACEHOLDERS: Final = (
    *("title", "plan", "round", "day", "cases", "members", "aid", "share"),
    *("amount", "balance", "owed", "slot", "words", "blocks"),
)
"""What every sentence may show; ``text`` also {what}, {holds} and {advice}, the sentences that are true of her."""
_SITUATIONS: Final = {
    "what": ("paid", "partial", "failed", "capped", "exempt", "lapsed", "exited", "waiting"),
    "holds": ("balance", "owing", "none"),
    "advice": ("none", "low", "empty", "owing", "ended", "left"),
}

Piece = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """Sentences by table and situation, each as (literal text, placeholder after it or empty) pieces."""

    text: tuple[Piece, ...]
    sentences: Mapping[tuple[str, str], tuple[Piece, ...]]

    def shows(self, name: str) -> bool:
        """Whether any sentence has this placeholder."""
        return any(piece[1] == name for pieces in (self.text, *self.sentences.values()) for piece in pieces)

    def compiled(self, shared: Mapping[str, str]) -> Compiled:
        """The template with what all notices of a round show alike put in."""
        return Compiled(_put(self.text, shared), {at: _put(it, shared) for at, it in self.sentences.items()})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template of one round."""

    text: tuple[Piece, ...]
    sentences: Mapping[tuple[str, str], tuple[Piece, ...]]

    def render(self, what: str, holds: str, advice: str, values: Mapping[str, str]) -> str:
        """One notice. ``values`` has every placeholder that is not put in yet."""
        parts = {
            table: _filled(self.sentences[table, situation], values)
            for table, situation in (("what", what), ("holds", holds), ("advice", advice))
        }
        return re.sub(" {2,}", " ", _filled(self.text, {**values, **parts})).strip()


def _put(pieces: tuple[Piece, ...], shared: Mapping[str, str]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    text = ""
    for literal, name in pieces:
        text += literal + shared.get(name, "")
        if name not in shared:
            found.append((text, name))
            text = ""
    return (*found, (text, ""))


def _filled(pieces: tuple[Piece, ...], values: Mapping[str, str]) -> str:
    return "".join(literal + (values[name] if name else "") for literal, name in pieces)


def builtin(language: str) -> str:
    """The template of a language, as it is printed and read."""
    return files(__package__).joinpath(f"notice_templates/{language}.toml").read_text(encoding="utf-8")


def parse(data: bytes | None, language: str, place: str = "the template") -> Template:
    """A template of a platform's own over the language's; without ``data`` the language's alone.

    Raises NoticeTemplate that names the sentence and what is wrong with it.
    """
    own = _table(toml_text.load(builtin(language)))
    if data is not None:
        try:
            own |= _table(toml_text.load(data), place)
        except ValueError as error:
            raise NoticeTemplate(f"this is no TOML: {error}", place=place) from None
    text = own.pop(("text", ""))
    return Template(
        _pieces(text, (*PLACEHOLDERS, *_SITUATIONS), f"{place}, text"),
        {
            (table, name): _pieces(value, PLACEHOLDERS, f"{place}, {table}.{name}")
            for (table, name), value in own.items()
        },
    )


def _table(found: Mapping[str, Any], place: str = "the template") -> dict[tuple[str, str], str]:
    """The sentences of a template by table and situation."""
    sentences: dict[tuple[str, str], str] = {}
    for name, value in found.items():
        if name == "text":
            sentences["text", ""] = _sentence(value, f"{place}, text")
        elif name in _SITUATIONS and isinstance(value, dict):
            for situation, sentence in value.items():
                if situation not in _SITUATIONS[name]:
                    known = ", ".join(_SITUATIONS[name])
                    raise NoticeTemplate(f"[{name}] has no situation {situation[:40]!r}", value=known, place=place)
                sentences[name, situation] = _sentence(sentence, f"{place}, {name}.{situation}")
        else:
            known = ", ".join(("text", *(f"[{table}]" for table in _SITUATIONS)))
            raise NoticeTemplate(f"a template has no {name[:40]!r}", value=known, place=place)
    return sentences


def _sentence(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise NoticeTemplate("a sentence is text in quotation marks", value=repr(value)[:40], place=place)
    if len(value) > _LONGEST or any(ord(char) < 32 or ord(char) == 127 for char in value):
        text = f"a sentence has at most {_LONGEST:,} characters, on one line, without control characters"
        raise NoticeTemplate(text, value=value[:40], place=place)
    return value


def _pieces(sentence: str, known: Iterable[str], place: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    try:
        for literal, name, form, conversion in Formatter().parse(sentence):
            if name is not None and (name not in known or form or conversion):
                written = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
                shown = f"{{{written}}}"[:60]
                hint = "Known are " + ", ".join(f"{{{item}}}" for item in known) + "."
                raise NoticeTemplate(f"there is no placeholder {shown}", place=place, hint=hint)
            found.append((literal, name or ""))
    except ValueError as error:
        raise NoticeTemplate(f"the braces do not match: {error}", value=sentence[:80], place=place) from None
    return tuple(found)
