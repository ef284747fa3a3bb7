"""A passport's seed as 24 words to write down (BIP 39), and a book's head as 8 words to read aloud.

English and Simplified Chinese, with BIP 39's word lists. The 24 words are the seed itself and its checksum: other
wallets' derivations play no part. Chinese words are single characters, so that a phrase may come without spaces.

    head words = SHA-256("mutualchain/head-words/v1\\n" || canonical [origin, size, root]), its first 88 bits, 11 a word
"""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from ..canonical import encode
from ..errors import PhraseError

if TYPE_CHECKING:
    from mnemonic import Mnemonic

__all__ = ["HEAD_WORDS", "LANGUAGES", "WORDS", "head_words", "phrase_of", "seed_of"]

LANGUAGES = {"en": "english", "zh": "chinese_simplified"}
"""The word lists, by language."""

WORDS = 24
HEAD_WORDS = 8
_TAG = b"mutualchain/head-words/v1\n"
_MOST = 2_000
_BETWEEN = re.compile(r"[\d\s.,:;()、。]+")
"""What people write between words: numbers, commas, stops. No word of either list has any of it."""


@cache
def _list(language: str) -> Mnemonic:
    from mnemonic import Mnemonic

    return Mnemonic(LANGUAGES[language])


@cache
def _places(language: str) -> dict[str, int]:
    return {unicodedata.normalize("NFKD", word): at for at, word in enumerate(_list(language).wordlist)}


def phrase_of(seed: bytes, language: str = "en") -> str:
    """The 24 words of a 32-byte seed, with spaces between."""
    if len(seed) != 32:
        raise PhraseError("a passport's seed is 32 bytes", value=len(seed))
    return _list(language).to_mnemonic(seed)


def seed_of(phrase: str) -> bytes:
    """The 32-byte seed that 24 words stand for, in either language, numbered or with commas as people write them.

    Raises PhraseError that says what is wrong: a word that is in neither list (with what was perhaps meant), another
    number of words, words that do not fit together.
    """
    if len(phrase) > _MOST:
        raise PhraseError("a phrase has 24 words", hint="Give the words alone, with spaces between them.")
    words = [word for word in _BETWEEN.split(unicodedata.normalize("NFKD", phrase).lower()) if word]
    if len(words) < WORDS and not any(word.isascii() for word in words):
        words = list("".join(words))
    if len(words) != WORDS:
        raise PhraseError(f"a phrase has {WORDS} words, not {len(words)}", value=len(words))
    language = max(LANGUAGES, key=lambda name: sum(word in _places(name) for word in words))
    places = _places(language)
    for at, word in enumerate(words):
        if word not in places:
            near = difflib.get_close_matches(word, places, 3)
            hint = f"Perhaps: {', '.join(near)}." if near else "Compare it with what you wrote down."
            raise PhraseError(f"word {at + 1} is not in the list", value=word[:40], hint=hint)
    number = 0
    for word in words:
        number = number << 11 | places[word]
    seed = (number >> 8).to_bytes(32, "big")
    if hashlib.sha256(seed).digest()[0] != number & 255:
        hint = "One of them is wrong, or two are in the wrong order. Compare them with what you wrote down."
        raise PhraseError("the words do not fit together", hint=hint)
    return seed


def head_words(origin: str, size: int, root: bytes, language: str = "en") -> str:
    """A checkpoint as 8 words, with spaces between: the same for everybody who was shown the same book."""
    number = int.from_bytes(hashlib.sha256(_TAG + encode([origin, size, root])).digest()[:11], "big")
    words = _list(language).wordlist
    return " ".join(words[number >> 11 * (HEAD_WORDS - 1 - at) & 2047] for at in range(HEAD_WORDS))
