"""Texts that strangers write: covenants, catalogues, notice templates, configurations, tables, trust files.

Whoever joins a plan reads its covenant, an auditor its catalogue, an operator a colleague's table: none of these may
end in a traceback, and numbers, nesting and lengths are bounded.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.cli import notice_texts
from mutualchain.cli.tables import read_table
from mutualchain.covenant.diseases import DiseaseCatalogue
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.toml import read_toml, write_toml
from mutualchain.errors import MutualchainError
from mutualchain.tlog import trust as trust_files
from mutualchain.witness import config
from tests.record.world import TRUST

from .memory import bounded

SEED = int(os.environ.get("MUTUALCHAIN_FUZZ_SEED", "1"))
MUTATIONS = int(os.environ.get("MUTUALCHAIN_FUZZ", "4000"))

READERS: dict[str, Callable[[bytes], object]] = {
    "covenant": lambda data: read_toml(data.decode("utf-8", "replace")),
    "catalogue": DiseaseCatalogue.from_bytes,
    "notice template": lambda data: notice_texts.parse(data, "en"),
    "witness configuration": lambda data: config.parse(data, Path("/")),
    "trust file": trust_files.parse,
}
TEXTS = {
    "a number of five thousand digits": "decimals = " + "9" * 5_000,
    "a hexadecimal number as long": "decimals = 0x" + "f" * 5_000,
    "an array that never closes": "a = " + "[" * 50_000,
    "arrays three thousand deep": "a = " + "[" * 3_000 + "]" * 3_000,
    "tables three thousand deep": "a = " + "{a=" * 3_000 + "1" + "}" * 3_000,
    "a name of five thousand parts": ".".join("a" * 5_000) + " = 1",
    "infinity": "decimals = inf",
    "no number": "title = nan",
    "a date": "title = 1979-05-27T07:32:00.999999-23:59",
    "an impossible date": "title = 9999-99-99",
    "half a character": 'title = "\\ud800"',
    "a NUL": 'title = "a\\u0000b"',
    "an escape": 'title = "\\u001b[2J"',
    "a control character of eight bits": 'title = "\\u009b2J"',
    "a second line": 'title = "a\\nVERIFIED"',
    "a key without end": "a" * 200_000,
    "braces": 'text = "' + "{" * 1_001 + '"',
    "a text that is a long number": "text = 0x" + "f" * 5_000,
    "a name that is a long number": "name = 0x" + "f" * 5_000,
    "an attribute": 'text = "{title.__class__.__mro__}"',
    "a width": 'text = "{amount:>999999999}"',
    "a conversion": 'text = "{amount!r}"',
    "a nested width": 'text = "{amount:{blocks}}"',
    "an index": 'text = "{words[0]}"',
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_refused_and_not_stumbled_over(reader: str, name: str) -> None:
    with bounded(256), pytest.raises(MutualchainError):
        READERS[reader](TEXTS[name].encode())


@pytest.mark.parametrize("reader", READERS)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_end_in_the_projects_own_errors(reader: str, data: bytes) -> None:
    with suppress(MutualchainError):
        READERS[reader](data)


def test_true_texts_mutated_end_in_the_projects_own_errors() -> None:
    chance = random.Random(SEED)
    true = {
        "covenant": write_toml(Covenant.simple("A plan")).encode(),
        "notice template": notice_texts.builtin("en").encode(),
        "trust file": TRUST.format(),
    }
    words = [b'"', b"[", b"]", b"{", b"}", b"=", b"\n", b"\\", b"9" * 5_000, b"0x" + b"f" * 5_000]
    words += [b"-", b"1e999", b"\xff", b"'''", b"#", b"\0"]
    for _ in range(MUTATIONS // 4):
        name = chance.choice(sorted(true))
        data = true[name]
        for _ in range(chance.choice((1, 1, 2, 5))):
            at, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
            end = min(end, at + 40)
            data = data[:at] + chance.choice((b"", chance.choice(words), data[at:end] * 2)) + data[end:]
        with suppress(MutualchainError):
            READERS[name](data)


TABLES = {
    "a field without end": b"slot,amount\n1," + b"9" * 70_000 + b"\n",
    "a quote that never closes": b'slot,amount\n1,"' + b"9\n" * 70_000,
    "a NUL": b"slot,amount\n1,\0\n",
    "a thousand columns": b",".join([b"slot"] * 1_000) + b"\n",
    "other digits": "slot,amount\n١,٢\n".encode(),
    "full-width digits": "slot,amount\n１,２\n".encode(),
    "an exponent": b"slot,amount\n1,1e99\n",
    "a sign": b"slot,amount\n1,-5\n",
    "not a number": b"slot,amount\n1,nan\n",
    "a formula": b"slot,amount\n1,=2+3\n",
    "underscores": b"slot,amount\n1,1_000\n",
    "very many digits": b"slot,amount\n1," + b"9" * 6_000 + b"\n",
    "a slot beyond all": b"slot,amount\n99999999999999999999,1\n",
    "half a character": b"slot,amount\n1,\xed\xa0\x80\n",
    "another encoding": "slot,amount\n1,1\n".encode("utf-16"),
    "nothing": b"",
    "no rows": b"slot,amount\n",
    "a row too short": b"slot,amount\n1\n",
    "an escape in a name": b"slot,\x1b[2Jamount\n1,1\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_refused_and_says_where(name: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(TABLES[name])
    with bounded(256), pytest.raises(MutualchainError) as caught:
        read_table(path, {"slot": "number", "amount": "amount"}, {}, 2, lambda done, of: None)
    assert "\x1b" not in caught.value.diagnostics()
    assert len(caught.value.diagnostics()) < 3_000
