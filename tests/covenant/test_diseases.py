"""Disease catalogues: data with a hash."""

from __future__ import annotations

import hashlib

import pytest

from mutualchain.covenant.diseases import DiseaseCatalogue
from mutualchain.errors import CovenantError
from mutualchain.limits import MAX_COVENANT_FILE

GOOD = """
title = "目录"
[[disease]]
code = "cancer"
group = "critical"
zh = "恶性肿瘤"
en = "Malignant tumour"
[[disease]]
code = "thyroid"
"""


def test_a_catalogue_is_read_and_named_by_its_bytes() -> None:
    data = GOOD.encode()
    found = DiseaseCatalogue.from_bytes(data)
    assert found.hash == hashlib.sha256(data).digest()
    assert found.title == "目录"
    assert [disease.code for disease in found.diseases] == ["cancer", "thyroid"]
    assert found.diseases[0].names == (("zh", "恶性肿瘤"), ("en", "Malignant tumour"))
    assert [found.group_of(code) for code in ("cancer", "thyroid", "flu")] == ["critical", "", None]


BAD = [
    ("no text", b"\xff"),
    ("no TOML", b"title"),
    ("too long", b"#" * (MAX_COVENANT_FILE + 1)),
    ("no title", b"[[disease]]\ncode = 'a'\n"),
    ("no disease", b"title = 'x'\n"),
    ("diseases that are none", b"title = 'x'\ndisease = 5\n"),
    ("a disease that is none", b"title = 'x'\ndisease = [5]\n"),
    ("no code", b"title = 'x'\n[[disease]]\ngroup = 'a'\n"),
    ("a code that is no word", b"title = 'x'\n[[disease]]\ncode = 'A'\n"),
    ("a group that is no word", b"title = 'x'\n[[disease]]\ncode = 'a'\ngroup = 'A b'\n"),
    ("a group that is a number", b"title = 'x'\n[[disease]]\ncode = 'a'\ngroup = 1\n"),
    ("a name that is a number", b"title = 'x'\n[[disease]]\ncode = 'a'\nzh = 1\n"),
    ("a language that is no word", b"title = 'x'\n[[disease]]\ncode = 'a'\nZH = 'x'\n"),
    ("a code twice", b"title = 'x'\n[[disease]]\ncode = 'a'\n[[disease]]\ncode = 'a'\n"),
    ("something unknown", b"title = 'x'\nhow_many = 111\n[[disease]]\ncode = 'a'\n"),
]


@pytest.mark.parametrize("data", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_no_catalogue_is_refused(data: bytes) -> None:
    with pytest.raises(CovenantError):
        DiseaseCatalogue.from_bytes(data)
