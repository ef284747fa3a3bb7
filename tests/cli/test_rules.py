"""What is broken is said in her language, with the round and the two values in yuan: for every rule of the verifier."""

from __future__ import annotations

import ast
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mutualchain.cli.checking import check_record, show_outcome
from mutualchain.cli.language import Words
from mutualchain.cli.refusal import show_refusal
from mutualchain.cli.rules import _FIELD, FORMS, said, where
from mutualchain.cli.screen import Screen
from mutualchain.cli.usage import in_words
from mutualchain.covenant.book import Difference
from mutualchain.errors import RecordMismatch, RuleBroken, TooOld
from tests.project.tree import SOURCE
from tests.record.forge import HER_KEY, TRUST, Forge, tell
from tests.record.test_dishonest_operator import LIES
from tests.record.test_dishonest_operator import Lie as OperatorsLie
from tests.record.test_dishonest_rules import LIES as RULES

EN, ZH = Words("en"), Words("zh")
YUAN = (2, "CNY")
CHINESE = re.compile("[\u4e00-\u9fff]")
VALUES = {
    "money": "600",
    "n": "3",
    "word": "paid",
    "place": "round 3",
    "code": "calendar.disclosure_days",
    "kind": "case_withdrawn",
    "rest": "so",
}
SPOKEN = ("RuleBroken", "RecordIncomplete", "_broken", "Rollback", "SplitView", "PinUncovered", "NotYourRecord")


def template(node: ast.expr) -> str | None:
    """A message as text, with ``{}`` where a value stands; None for one that is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
    return None


def messages(path: Path) -> Iterator[str]:
    """What a module says when a rule is broken or something is missing, also through a variable called ``text``."""
    for scope in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(scope, ast.FunctionDef):
            continue
        texts = [
            node.value
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "text"
        ]
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPOKEN and node.args:
                said_here = [node.args[0]]
                if isinstance(node.args[0], ast.Name) and node.args[0].id == "text":
                    said_here = texts
                yield from filter(None, map(template, said_here))


def modules() -> Iterator[Path]:
    yield from sorted((SOURCE / "record").glob("*.py"))
    yield SOURCE / "cli" / "pinning.py"


SAID = sorted({message for path in modules() for message in messages(path)})
ABOUT_RECEIPTS = {"the receipt does not show one row of yours"}


def is_said(message: str) -> bool:
    """Whether a message of this template, with values of some kinds in it, has a sentence."""
    parts = message.split("{}")
    for values in itertools.product([*VALUES.values(), "you"], repeat=len(parts) - 1):
        filled = parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=True))
        if said(filled, ZH, YUAN) is not None:
            return True
    return False


PARSED = {
    "sheet": ("proof",),
    "tlog": ("note", "checkpoint", "cosignature", "merkle", "lineage"),
    "block": ("block", "keys"),
}


def refusals(path: Path) -> Iterator[str]:
    """What a module says of bytes that are not what they should be."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            name = node.func.id
            if name.endswith(
                ("Mismatch", "Damaged", "FrameError", "ProofError", "SignatureError", "GenesisError", "TooOld")
            ):
                message = template(node.args[0])
                if message is not None:
                    yield message


RECORD = [
    path
    for path in modules()
    if path.stem not in ("address", "claims", "fact_opening", "passport", "own_rows", "bulk", "renewal")
]
OTHERS = [SOURCE / part / f"{name}.py" for part, names in PARSED.items() for name in names]
REFUSED = sorted({message for path in (*RECORD, *OTHERS) for message in refusals(path)})


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_wrong_with_a_file_is_said_in_chinese_too(message: str) -> None:
    filled = message.replace("{}", "3")
    assert said(filled, ZH, YUAN) or CHINESE.search(in_words(filled, ZH) or "")


def test_there_is_much_to_say() -> None:
    assert len(SAID) > 60


@pytest.mark.parametrize("message", [text for text in SAID if text not in ABOUT_RECEIPTS])
def test_every_rule_and_every_gap_has_a_sentence(message: str) -> None:
    assert is_said(message)


@pytest.mark.parametrize("form", FORMS)
def test_a_sentence_is_found_by_its_form_and_names_the_same_values(form: str) -> None:
    message = _FIELD.sub(lambda field: VALUES[field[2]], form)
    assert sorted(name for name, _ in _FIELD.findall(form)) == sorted(re.findall(r"\{(\w+)\}", FORMS[form]))
    english, chinese = said(message, EN, YUAN), said(message, ZH, YUAN)
    assert english is not None
    assert chinese is not None
    assert CHINESE.search(chinese)
    assert not re.search(r"round|event|block [0-9]", chinese.replace("calendar", ""))
    if ":money}" in form:
        assert ("6.00 yuan" in english, "6.00 元" in chinese) == (True, True)


@pytest.mark.parametrize(
    ("message", "english", "chinese"),
    [
        (
            "you were charged 111 (paid); the covenant computes 110 (partial)",
            "you were charged 1.11 yuan (paid); the covenant computes 1.10 yuan (partial)",
            "您被扣 1.11 元（已扣），而按互助公约应为 1.10 元（部分）",
        ),
        (
            "headcount is stated as 7000000 and computed as 5000000",
            "headcount is stated as 7,000,000 and computed as 5,000,000",
            "分摊人数写明为 7,000,000，计算得 5,000,000",
        ),
        (
            "the top-up is 5 where the covenant asks for 30000000 (sharing.shortfall)",
            "the top-up is 0.05 yuan where the covenant asks for 300,000.00 yuan (sharing.shortfall)",
            "补足金额为 0.05 元，而互助公约要求 300,000.00 元（sharing.shortfall）",
        ),
        ("round 12 is missing from the record", "round 12 is missing from the record", "记录中缺少第 12 期"),
        (
            "surplus in is stated as 7 and computed as -5",
            "surplus in is stated as 0.07 yuan and computed as -0.05 yuan",
            "上期结余写明为 0.07 元，计算得 -0.05 元",
        ),
    ],
)
def test_amounts_are_in_yuan_and_rounds_are_named(message: str, english: str, chinese: str) -> None:
    assert said(message, EN, YUAN) == english
    assert said(message, ZH, YUAN) == chinese


def test_a_currency_without_decimals_has_none() -> None:
    assert said("600 was paid where 500 was due", EN, (0, "JPY")) == "600 JPY was paid where 500 JPY was due"


def test_what_nobody_foresaw_is_repeated_as_it_is() -> None:
    assert said("the moon is full", ZH, YUAN) is None
    stream = io.StringIO()
    show_refusal(Screen(stream, 100), "tampered", RecordMismatch("the moon is full", value=7), ZH)
    assert "详情  the moon is full" in stream.getvalue()
    assert "实为  7" in stream.getvalue()


@pytest.mark.parametrize(
    ("place", "chinese"),
    [
        ("round 3", "第 3 期"),
        ("event 2, block 7", "第 2 项变动，第 7 号区块"),
        ("elsewhere", "elsewhere"),
        ("slot x", "slot x"),
    ],
)
def test_places_are_named(place: str, chinese: str) -> None:
    assert where(place, ZH) == chinese
    assert where(place, EN) == place


def shown(data: bytes, words: Words) -> str:
    stream = io.StringIO()
    show_outcome(Screen(stream, 100), check_record(data, TRUST, public_key=HER_KEY), words, None)
    return stream.getvalue()


def test_a_member_who_paid_a_fen_too_much_reads_what_is_wrong() -> None:
    def round1(forge: Forge) -> None:
        forge.round(710, rows={5: {"amount": 111}, 4: {"amount": 109}})

    data = tell(round1=round1).record()
    english, chinese = shown(data, EN), shown(data, ZH)
    assert english.startswith("RULE BROKEN\nThis file is genuine, and shows that the book itself breaks a rule")
    assert chinese.startswith("账本违规\n此文件是真的")
    assert "MC-176: you were charged 1.11 yuan (paid); the covenant computes 1.10 yuan (paid)" in english
    assert "where   round 2" in english
    assert "MC-176：您被扣 1.11 元（已扣），而按互助公约应为 1.10 元（已扣）" in chinese
    assert "位置  第 2 期" in chinese


def test_the_clause_that_is_broken_is_named_with_what_it_means_and_amounts_are_in_yuan() -> None:
    capped = next(lie for lie in LIES if lie.name == "the share exceeds the cap")
    data = tell(**capped.at).record(**capped.record)
    english, chinese = shown(data, EN), shown(data, ZH)
    assert "MC-176: the share would be 0.54 yuan where 0.50 yuan is the cap\n" in english
    assert "rule    sharing.cap_round: The most one member pays in one round" in english
    assert "MC-176：每人应分摊 0.54 元，而上限为 0.50 元\n" in chinese
    assert "规则  sharing.cap_round：每位会员在一期中最多分摊的金额" in chinese


@pytest.mark.parametrize("lie", [*LIES, *RULES], ids=lambda lie: lie.name)
def test_no_screen_shows_an_amount_in_fen_or_a_chinese_one_an_english_sentence(lie: Any) -> None:
    story = tell(**lie.at) if isinstance(lie, OperatorsLie) else lie.story(**lie.lies)
    outcome = check_record(story.record(**lie.record), TRUST, public_key=HER_KEY)
    assert outcome.error is not None
    sentence = said(outcome.error.message, ZH, YUAN) or in_words(outcome.error.message, ZH)
    assert sentence is not None, outcome.error.message
    assert CHINESE.search(sentence)


def test_two_values_and_an_age_have_lines_of_their_own() -> None:
    stream = io.StringIO()
    screen = Screen(stream, 100)
    show_refusal(screen, "tampered", RuleBroken("unheard of", value=Difference(1, 2)), EN)
    show_refusal(screen, "could not check", TooOld("the record is old", value=7), EN)
    out = stream.getvalue()
    assert "expected  1" in out
    assert "found     2" in out
    assert "The record is too old to say how things are" in out
