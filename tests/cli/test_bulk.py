"""Records and notices of all members: by the commands, and notice by notice."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mutualchain.cli.amounts import amount, amounts
from mutualchain.cli.language import LANGUAGES, Words
from mutualchain.cli.notice_rows import Lines, Row
from mutualchain.cli.notice_texts import PLACEHOLDERS, builtin, parse
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.members import ENDED, LEFT
from mutualchain.covenant.sections import Arrears, Sharing
from mutualchain.errors import NoticeTemplate
from mutualchain.sheet import Status
from tests.cli.harness import LATER, PLAN, Small, call, check, done, refused, ticking
from tests.project.tree import ROOT

RULES = Covenant.simple("众托帮")
SHARED = {name: f"<{name}>" for name in PLACEHOLDERS if name not in ("amount", "balance", "owed", "slot")}


# --- records --------------------------------------------------------------------------------------


def test_everybodys_records_are_those_that_are_made_one_by_one(small: Small, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    value = done("records", small.ledger, PLAN, folder, "--json").value
    check(value, "records")
    assert (value["records"], value["present"], value["first"], value["last"]) == (10, 0, 0, 9)
    for slot in range(10):
        done("record", small.ledger, PLAN, "--slot", slot, "-o", tmp_path / f"{slot}.mcr")
        assert (folder / PLAN / "0" / "000" / f"{slot}.mcr").read_bytes() == (tmp_path / f"{slot}.mcr").read_bytes()
    shown = done("verify-my-record", folder / PLAN / "0/000/0.mcr", "--passport", small.passport, "--lang", "zh").out
    assert value["head_words"]["zh"] in shown
    again = done("records", small.ledger, PLAN, folder).out
    assert "10 were there already." in again
    assert "name a new folder" in again


def test_records_go_on_under_the_checkpoint_of_their_folder(small: Small, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    first = done("records", small.ledger, PLAN, folder, "--last", 3, "--json").value
    done("credit", small.ledger, PLAN, "--slot", 1, "--amount", "1", "--reference", "later", clock=ticking(LATER))
    second = done("records", small.ledger, PLAN, folder, "--json").value
    assert (second["records"], second["present"]) == (6, 4)
    assert second["head_words"] == first["head_words"]
    parts = [tmp_path / f"{number}.tar" for number in (1, 2)]
    for number, path in enumerate(parts, 1):
        words = ("--part", f"{number}/2", "--checkpoint", folder / "checkpoint", "--json")
        assert done("records", small.ledger, PLAN, path, *words).value["head_words"] == first["head_words"]
    names = [name for path in parts for name in names_in(path)]
    assert sorted(name for name in names if name != "checkpoint") == [f"{PLAN}/0/000/{slot}.mcr" for slot in range(10)]


def names_in(path: Path) -> list[str]:
    with tarfile.open(path) as found:
        return found.getnames()


def test_records_are_streamed_to_stdout(small: Small) -> None:
    command = [sys.executable, "-m", "mutualchain", "records", str(small.ledger), PLAN, "-", "--first", "4"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    out = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert out.stderr == b""
    with tarfile.open(fileobj=io.BytesIO(out.stdout)) as found:
        assert found.getnames() == ["checkpoint", *(f"{PLAN}/0/000/{slot}.mcr" for slot in range(4, 10))]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--first", 5, "--last", 4), "MC-002"),
        (("--first", 10), "MC-002"),
        (("--last", 10), "MC-002"),
        (("--part", "3/2"), "MC-002"),
        (("--part", "0/2"), "MC-002"),
        (("--part", "all"), "MC-002"),
    ],
)
def test_members_that_are_not_there_are_refused(
    words: tuple[object, ...], code: str, template: Small, tmp_path: Path
) -> None:
    for command in ("records", "notices"):
        refused(command, template.ledger, PLAN, tmp_path / "out.tar", *words, code=code, exit_code=2)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_replaced(template: Small, tmp_path: Path) -> None:
    (tmp_path / "mine.tar").write_bytes(b"mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_bytes(b"mine")
    refused("records", template.ledger, PLAN, tmp_path / "mine.tar", code="MC-004", exit_code=2)
    refused("notices", template.ledger, PLAN, tmp_path / "mine.tar", code="MC-004", exit_code=2)
    refused("records", template.ledger, PLAN, tmp_path / "folder", code="MC-255", exit_code=2)
    refused("records", template.ledger, PLAN, tmp_path / "no" / "x.tar", code="MC-003", exit_code=3)
    refused(
        "records", template.ledger, PLAN, tmp_path / "x", "--checkpoint", template.trust, code="MC-021", exit_code=3
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "mine.tar"]


def test_a_stream_and_a_json_document_do_not_share_stdout(template: Small) -> None:
    for command in ("records", "notices"):
        assert call(command, template.ledger, PLAN, "-", "--json").value["error"]["code"] == "MC-002"


# --- notices --------------------------------------------------------------------------------------


def test_each_member_gets_a_notice_with_the_words_of_her_record(small: Small, tmp_path: Path) -> None:
    value = done("notices", small.ledger, PLAN, tmp_path / "out.csv", "--json").value
    check(value, "notices")
    assert (value["round"], value["notices"], value["told"], value["left_out"]) == (0, 10, {"paid": 10}, 0)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["slot"] for row in rows] == [str(slot) for slot in range(10)]
    assert (rows[0]["status"], rows[0]["amount"], rows[0]["balance"]) == ("paid", "0.06", "9.94")
    words = value["head_words"]["en"]
    assert rows[0]["text"] == (
        "Your share in round 1 of 众托帮 (example) was 0.06 yuan (1 case, 10 members). Your balance is 9.94 yuan. "
        f"The book's eight words: {words}. Check your record with verify-my-record."
    )
    assert words in done("verify-my-record", small.record, "--passport", small.passport, "--no-pin").out


def test_notices_in_chinese_as_json_lines_under_an_earlier_checkpoint(small: Small, tmp_path: Path) -> None:
    done("records", small.ledger, PLAN, tmp_path / "records", "--last", 0)
    head = tmp_path / "records" / "checkpoint"
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "later", clock=ticking(LATER))
    texts = {}
    for name, more in (("then", ("--checkpoint", head)), ("now", ())):
        path = tmp_path / f"{name}.jsonl"
        done("notices", small.ledger, PLAN, path, "--lang", "zh", "--last", 0, *more)
        texts[name] = json.loads(path.read_text(encoding="utf-8"))
    assert texts["then"]["text"].startswith(
        "“众托帮 (example)”第 1 期，您的分摊金额为 0.06 元（1 个案件，10 人分摊）。您的余额为 9.94 元。"
    )
    assert (texts["then"]["balance"], texts["now"]["balance"]) == (994, 1094)


def test_a_template_of_ones_own_replaces_what_it_names(small: Small, tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text('text = "{slot}/{blocks}: {what} {words}"\n[what]\npaid = "{{you}} paid {amount} of {aid}, {day}"\n')
    done("notices", small.ledger, PLAN, tmp_path / "out.jsonl", "--template", own, "--tz", "Asia/Shanghai")
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    for slot, text in enumerate(texts):
        assert text.startswith(f"{slot}/8: {{you}} paid 0.06 yuan of 0.60 yuan, 3 May 2026 ")


def test_the_usual_template_can_be_had(tmp_path: Path) -> None:
    for language in LANGUAGES:
        assert done("notices", "--show-template", language).out == builtin(language)
        value = done("notices", "--json", "--show-template", language).value
        check(value, "notices-template")
        assert value["template"] == builtin(language)
        assert parse(builtin(language).encode(), "en") == parse(None, language)


def test_a_round_that_is_not_there_is_refused(small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    said = refused("notices", small.ledger, PLAN, out, "--round", 2, code="MC-002", exit_code=2)
    assert "the plan has 1 settled round" in said.err
    refused("notices", small.ledger, "nobody", out, code="MC-082", exit_code=2)
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('text = "{nobody}"', "{nobody}"),
        ('text = "{amount.real}"', "{amount.real}"),
        ('text = "{amount[0]}"', "{amount[0]}"),
        ('text = "{amount!r}"', "{amount!r}"),
        ('text = "{amount:>99}"', "{amount:>99}"),
        ('text = "{}"', "{}"),
        ('text = "{0}"', "{0}"),
        ('text = "{amount"', "braces"),
        ('text = "a } b"', "braces"),
        ('[what]\npaid = "{what}"', "{what}"),
        ('[what]\nbroke = ""', "'broke'"),
        ("[who]", "'who'"),
        ("text = 3", "quotation marks"),
        ("what = 'x'", "'what'"),
        ('text = "a\\nb"', "on one line"),
        ('text = "' + "x" * 2_001 + '"', "2,000"),
        ("text = ", "TOML"),
        ("text = '\udc80'", "UTF-8"),
    ],
)
def test_a_template_that_would_say_something_odd_is_refused(text: str, names: str) -> None:
    with pytest.raises(NoticeTemplate) as caught:
        parse(text.encode("utf-8", "surrogateescape"), "en", "ours.toml")
    assert names in caught.value.message
    assert str(caught.value.place).startswith("ours.toml")


def test_a_wrong_template_ends_the_command_before_anything_is_written(template: Small, tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text('[advice]\nlow = "{nothing}"\n')
    out = tmp_path / "out.csv"
    said = refused("notices", template.ledger, PLAN, out, "--template", own, code="MC-254", exit_code=2)
    assert "{amount}" in said.err
    assert not out.exists()


# --- one notice -----------------------------------------------------------------------------------


def told(row: Row, *, language: str = "en", rules: Covenant = RULES, share: int = 6, everybody: bool = True) -> str:
    lines = Lines(parse(None, language), rules, share, SHARED, Words(language), everybody=everybody, form="jsonl")
    text = lines.of(17, [row])
    return str(json.loads(text)["text"]) if text else ""


def situations() -> Iterator[tuple[str, Covenant, Row, tuple[str, ...]]]:
    paid, partial, lapsed = int(Status.PAID), int(Status.PARTIAL), int(Status.LAPSED)
    mandate = replace(RULES, sharing=Sharing(funding="mandate"))
    later = replace(RULES, sharing=Sharing(funding="postpaid"))
    yield "paid", RULES, (paid, 6, 688, 0, 0), ("was 0.06 yuan", "balance is 6.88 yuan", "words: <words>")
    yield "little left", RULES, (paid, 6, 5, 0, 0), ("was 0.06 yuan", "pay in soon")
    yield "nothing left", RULES, (paid, 6, 0, 0, 0), ("not covered until you pay in",)
    yield "a part", RULES, (partial, 4, 0, 0, 0), ("was <share>", "had 0.04 yuan", "not covered until")
    yield "lapsed", RULES, (lapsed, 0, 0, 0, 0), ("you were not covered when", "not covered until you pay in")
    yield "ended", RULES, (lapsed, 0, 0, 0, ENDED), ("membership has ended",)
    yield "capped", RULES, (int(Status.CAPPED), 3, 500, 0, 0), ("was 0.03 yuan", "in a year")
    yield "exempt", RULES, (int(Status.EXEMPT), 0, 500, 0, 0), ("a case of yours",)
    yield "waiting", RULES, (int(Status.WAITING), 0, 500, 0, 0), ("too short a time",)
    yield "left before", RULES, (int(Status.EXITED), 0, 500, 0, LEFT), ("you have left", "balance is 5.00 yuan")
    yield "left since", RULES, (paid, 6, 500, 0, LEFT), ("was 0.06 yuan", "what is left of your balance is yours")
    yield "owes", later, (paid, 6, -18, 0, 0), ("You owe 0.18 yuan", "pay it soon")
    yield "paid later", later, (paid, 6, 0, 0, 0), ("balance is 0.00 yuan",)
    yield "collected", mandate, (paid, 6, 0, 0, 0), ("was 0.06 yuan",)
    yield "not collected", mandate, (partial, 0, 0, 6, 0), ("could not be collected", "You owe 0.06 yuan")
    reminded = replace(RULES, arrears=Arrears(remind_below=500))
    yield "to be reminded", reminded, (paid, 6, 499, 0, 0), ("pay in soon",)


@pytest.mark.parametrize(("rules", "row", "says"), [pytest.param(*rest, id=name) for name, *rest in situations()])
def test_a_notice_says_what_is_true_of_her(rules: Covenant, row: Row, says: tuple[str, ...]) -> None:
    text = told(row, rules=rules)
    for part in says:
        assert part in text
    assert "  " not in text
    chinese = told(row, rules=rules, language="zh")
    assert "<words>" in chinese
    assert not {"{", "}"} & set(text + chinese)


def test_notices_without_cause_for_advice_give_none() -> None:
    for quiet in ((0, 6, 688, 0, 0), (0, 6, 6, 0, 0)):
        assert "pay in" not in told(quiet)


def test_who_had_left_before_is_told_only_if_asked_for() -> None:
    assert told((int(Status.EXITED), 0, 0, 0, LEFT), everybody=False) == ""


def test_a_csv_line_survives_quotes_commas_and_other_slots() -> None:
    sentences = parse(b"text = 'She, \"{slot}\", {amount}'", "en")
    lines = Lines(sentences, RULES, 6, SHARED, Words("en"))
    rows: list[Row] = [(0, 6, 10, 0, 0), (0, 6, 10, 0, 0), (1, 4, 0, 0, 0)]
    found = list(csv.reader(io.StringIO(lines.of(8, rows))))
    assert found == [
        ["8", "paid", "0.06", "0.10", 'She, "8", 0.06 yuan'],
        ["9", "paid", "0.06", "0.10", 'She, "9", 0.06 yuan'],
        ["10", "partial", "0.04", "0.00", 'She, "10", 0.04 yuan'],
    ]
    assert dict(lines.told) == {"paid": 2, "partial": 1}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("decimals", [0, 2, 4])
def test_amounts_of_millions_are_written_like_those_of_one(language: str, decimals: int) -> None:
    words = Words(language)
    write = amounts(decimals, "CNY", words)
    for minor in (0, 1, 99, 100, 123_456, 10**9, 2**62, -1, -123_456):
        assert write(minor) == amount(minor, decimals, "CNY", words)


def test_every_sentence_is_translated() -> None:
    from mutualchain.cli import notices, records
    from mutualchain.cli.texts_zh import TEXTS
    from tests.cli.test_words import sentences

    assert (sentences(records) | sentences(notices) | set(notices.STATUSES)) - set(TEXTS) == set()
