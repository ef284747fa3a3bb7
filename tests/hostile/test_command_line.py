"""Changed files through the commands that people type: verdict, exit code, one JSON document, never a traceback."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from mutualchain.cli.language import LANGUAGES, Words
from mutualchain.cli.refusal import SHOUTED
from mutualchain.covenant.document import Covenant
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import COULD_NOT_CHECK, TAMPERED, USAGE, VERDICTS, MutualchainError
from mutualchain.evidence import verify_evidence
from mutualchain.record import frame
from mutualchain.record.verify import verify_record
from mutualchain.tlog import ed25519
from mutualchain.tlog.trust import TrustFile
from tests.cli.harness import call
from tests.disclosure.test_bytes import file as disclosure
from tests.evidence.cases import all_cases
from tests.ledger.world import TRUST as CASES
from tests.record import test_edited_rules as rich
from tests.record.forge import HER_KEY
from tests.record.forge import TRUST as FORGED
from tests.record.test_bytes import mutate
from tests.record.tools import content_of, file_of, frame_of, tree_of
from tests.record.world import TRUST, world

from .kinds import FRAMED, KINDS, Kind

SAMPLES = int(os.environ.get("MUTUALCHAIN_FUZZ", "4000")) // 100
SEED = int(os.environ.get("MUTUALCHAIN_FUZZ_SEED", "1"))
LATER = 1_900_000_000_000


@dataclass(frozen=True)
class Subject:
    """A true file, the command that checks it, and what the library says of a changed one."""

    kind: str
    true: Callable[[], bytes]
    words: tuple[str, ...]
    trust: TrustFile
    check: Callable[[bytes], object]


EVIDENCE = all_cases()[0]
SUBJECTS = {
    "record": Subject(
        "record",
        lambda: world().record("second"),
        ("verify-my-record", "--public-key", world().key("second").hex(), "--max-age", "9999d", "--no-pin"),
        TRUST,
        lambda data: verify_record(data, TRUST, public_key=world().key("second")),
    ),
    "record with cases, refunds and new keys": Subject(
        "record",
        rich.record,
        ("verify-my-record", "--public-key", HER_KEY.hex(), "--max-age", "9999d", "--no-pin"),
        FORGED,
        lambda data: verify_record(data, FORGED, public_key=HER_KEY),
    ),
    "disclosure": Subject(
        "disclosure",
        lambda: disclosure(1 << 20),
        ("verify-disclosure", "--no-pin"),
        CASES,
        lambda data: verify_disclosure(data, CASES),
    ),
    "disclosure of single entries": Subject(
        "disclosure",
        lambda: disclosure(0),
        ("verify-disclosure", "--no-pin"),
        CASES,
        lambda data: verify_disclosure(data, CASES),
    ),
    "evidence": Subject(
        "evidence",
        lambda: EVIDENCE.data,
        ("verify-evidence",),
        EVIDENCE.trust,
        lambda data: verify_evidence(data, EVIDENCE.trust),
    ),
}


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found good is not checked again: most changes leave it alone."""
    monkeypatch.setattr(ed25519, "verify", cache(ed25519.verify))
    monkeypatch.setattr(Covenant, "from_bytes", cache(Covenant.from_bytes))


def changes(subject: Subject, chance: random.Random) -> list[bytes]:
    """The file with some bytes flipped, inside and out, cut, and with its tree mutated."""
    data, found = subject.true(), []
    content = content_of(data)
    for _ in range(SAMPLES):
        at, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
        flipped = content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :]
        found.append(frame_of(flipped, subject.kind))
        found.append(frame_of(content[:at], subject.kind))
        place = chance.randrange(len(data))
        found.append(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        found.append(data[:place])
        tree = tree_of(data)
        mutate(tree, chance)
        found.append(file_of(tree, subject.kind))
    return found


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_command_says_what_the_library_says(name: str, tmp_path: Path) -> None:
    subject = SUBJECTS[name]
    chance = random.Random(f"{SEED} {name}")
    file, trust = tmp_path / "file", tmp_path / "trust"
    trust.write_bytes(subject.trust.format())
    codes: Counter[str] = Counter()
    for data in [subject.true(), *changes(subject, chance)]:
        file.write_bytes(data)
        code, exit_code = "", 4 if name == "evidence" else 0
        try:
            subject.check(data)
        except MutualchainError as error:
            code, exit_code = error.code, COULD_NOT_CHECK if error.exit_code == USAGE else error.exit_code
        codes[code] += 1
        command = (subject.words[0], file, "--trust", trust, *subject.words[1:])
        machine = call(*command, "--json", clock=lambda: LATER)
        assert machine.code == exit_code, machine.out
        assert machine.err == ""
        said = machine.value
        assert said["exit_code"] == exit_code
        assert (said["error"] or {"code": ""})["code"] == code
        if name != "evidence":
            assert said["verdict"] == VERDICTS[exit_code]
            assert (said.get("record") is None) or not code
        if len(codes) < 4 or chance.random() < 0.2:
            lang = chance.choice(LANGUAGES)
            shown = call(*command, "--lang", lang, clock=lambda: LATER)
            assert (shown.code, shown.err) == (exit_code, "")
            if name != "evidence":
                say = Words(lang).say
                shouted = {say(word) for word in SHOUTED.values()}
                told = [line for line in shown.out.splitlines() if line in shouted]
                assert told == [say(SHOUTED[VERDICTS[exit_code]])]
    assert len(codes) > 4, codes


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_show_opens_whatever_it_is_given(kind: Kind, tmp_path: Path) -> None:
    """It checks nothing, and neither does it break: numbers beyond every calendar, texts of every kind."""
    chance, file = random.Random(f"{SEED} {kind.name}"), tmp_path / "file"
    true = kind.true()
    for _ in range(max(SAMPLES // 4, 6)):
        if kind in FRAMED:
            tree = tree_of(true)
            for _ in range(chance.choice((1, 2, 4))):
                mutate(tree, chance)
            data = file_of(tree, kind.frame)
        else:
            at = chance.randrange(len(true))
            data = true[:at] + bytes([true[at] ^ 1 << chance.randrange(8)]) + true[at + 1 :]
        file.write_bytes(data)
        for more in ((), ("--json",), ("--lang", "zh")):
            shown = call("show", file, *more)
            assert shown.code in (0, TAMPERED, USAGE, COULD_NOT_CHECK)
            assert "MC-001" not in shown.out + shown.err


def test_a_kind_of_file_is_shown_for_what_it_is(tmp_path: Path) -> None:
    for kind in frame.RECORD, frame.DISCLOSURE, frame.PIN, frame.JOIN:
        (tmp_path / "file").write_bytes(frame.wrap(kind, {}))
        assert call("show", tmp_path / "file").code in (TAMPERED, COULD_NOT_CHECK)
