"""Backup phrases: BIP 39's own vectors, both languages, and every mistake people make said as such."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.errors import PhraseError
from mutualchain.record.phrase import HEAD_WORDS, LANGUAGES, WORDS, head_words, phrase_of, seed_of
from tests.project.tree import ROOT

SEEDS = st.binary(min_size=32, max_size=32)

BIP_39 = [
    ("00" * 32, "abandon " * 23 + "art"),
    (
        "7f" * 32,
        "legal winner thank year wave sausage worth useful " * 2 + "legal winner thank year wave sausage worth title",
    ),
    ("ff" * 32, "zoo " * 23 + "vote"),
    (
        "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
        "void come effort suffer camp survey warrior heavy shoot primary clutch crush "
        "open amazing screen patrol group space point ten exist slush involve unfold",
    ),
]


@pytest.mark.parametrize(("seed", "phrase"), BIP_39)
def test_phrases_are_those_of_bip_39(seed: str, phrase: str) -> None:
    assert phrase_of(bytes.fromhex(seed)) == phrase
    assert seed_of(phrase) == bytes.fromhex(seed)


@given(SEEDS, st.sampled_from(["en", "zh"]))
@settings(max_examples=50)
def test_a_seed_comes_back_from_its_words(seed: bytes, language: str) -> None:
    phrase = phrase_of(seed, language)
    assert len(phrase.split()) == WORDS
    assert seed_of(phrase) == seed
    assert seed_of(f"  {phrase.upper()}\n") == seed


def test_a_chinese_phrase_needs_no_spaces() -> None:
    seed = bytes(range(32))
    phrase = phrase_of(seed, "zh")
    assert seed_of(phrase.replace(" ", "")) == seed
    assert seed_of(phrase.replace(" ", "\u3000")) == seed


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "form", ["{number} {word}\n", "{number}. {word}", "{word},", "{word}，", "{word}、", "（{number}）{word}"]
)
def test_a_phrase_may_be_numbered_or_have_commas_as_people_write_it(language: str, form: str) -> None:
    seed = bytes(range(32))
    words = phrase_of(seed, language).split()
    assert seed_of(" ".join(form.format(number=at, word=word) for at, word in enumerate(words, 1))) == seed
    assert seed_of("".join(form.format(number=at, word=word) for at, word in enumerate(words, 1))) == seed


def test_a_misspelt_word_is_named_with_what_was_perhaps_meant() -> None:
    words = phrase_of(bytes(32)).split()
    words[3] = "abandom"
    with pytest.raises(PhraseError, match="word 4 is not in the list") as caught:
        seed_of(" ".join(words))
    assert "abandon" in caught.value.hint


@given(SEEDS, st.integers(0, 22))
@settings(max_examples=30)
def test_two_words_in_the_wrong_order_do_not_pass_as_the_same_seed(seed: bytes, at: int) -> None:
    words = phrase_of(seed).split()
    words[at], words[at + 1] = words[at + 1], words[at]
    swapped = " ".join(words)
    if words[at] == words[at + 1]:
        assert seed_of(swapped) == seed
        return
    with suppress(PhraseError):  # one time in 256 the check fits by chance
        assert seed_of(swapped) != seed


@pytest.mark.parametrize(
    "wrong", ["", "abandon", "abandon " * 24, "abandon " * 25, "的" * 23, "x" * 3_000, "zzzz " * 24, "\x00"]
)
def test_what_is_no_phrase_is_refused(wrong: str) -> None:
    with pytest.raises(PhraseError):
        seed_of(wrong)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_only_seeds_of_32_bytes_have_a_phrase(seed: bytes) -> None:
    with pytest.raises(PhraseError):
        phrase_of(seed)


def test_the_words_of_a_head_change_with_everything_in_it() -> None:
    base = ("example.org/mutual", 7, bytes(32))
    others = [
        ("example.org/other", 7, bytes(32)),
        ("example.org/mutual", 8, bytes(32)),
        ("example.org/mutual", 7, b"\1" * 32),
    ]
    words = head_words(*base)
    assert len(words.split()) == HEAD_WORDS
    assert words not in [head_words(*other) for other in others]
    assert len(head_words(*base, language="zh").split()) == HEAD_WORDS


def test_the_example_of_the_specification() -> None:
    text = (ROOT / "SPEC.md").read_text(encoding="utf-8")
    for language in LANGUAGES:
        assert head_words("example.org/mutual-aid", 1, bytes(32), language) in text
