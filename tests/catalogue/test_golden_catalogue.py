"""Golden hashes of the shipped covenants.

A change here means that a covenant which somebody may have adopted by name is no longer the one that is shipped.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mutualchain import catalogue
from mutualchain.covenant.diseases import DiseaseCatalogue
from mutualchain.covenant.document import parameters
from mutualchain.covenant.toml import write_toml
from tests.catalogue import reference
from tests.golden import load


def regenerate() -> dict[str, object]:
    """The content of ``catalogue.json``."""
    files = {name: catalogue.load(name) for name in catalogue.names()}
    return {
        "catalogue": {
            "hashes": {name: file.covenant.hash.hex() for name, file in files.items()},
            "xianghubao": files["xianghubao"].covenant.to_bytes().hex(),
            "chronic_toml": write_toml(files["chronic"].covenant).splitlines(),
        }
    }


def test_the_golden_hashes_of_covenants_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


def rewrite() -> list[Path]:
    """Writes the reference in docs/covenant.md and the schema of a covenant again."""
    return reference.rewrite()


def test_the_reference_names_every_parameter_as_it_is() -> None:
    text = reference.DOCUMENT.read_text(encoding="utf-8")
    assert reference.with_reference(text) == text
    for item in parameters():
        assert f"| `{item.clause}` |" in text


def test_the_schema_of_a_covenant_is_that_of_its_parameters() -> None:
    text = reference.SCHEMA.read_text(encoding="utf-8")
    assert reference.with_schema(text) == text


def test_the_python_of_the_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = reference.DOCUMENT.read_text(encoding="utf-8")
    (toml, python), names = re.findall(r"```(?:toml|python)\n(.*?)```", text, re.DOTALL)[:2], dict[str, Any]()
    Path("covenant.toml").write_text(toml, encoding="utf-8")
    exec(python, names)
    assert names["file"].covenant.title == "互助"
    Path("covenant.toml").write_text(catalogue.source("xianghubao"), encoding="utf-8")
    exec(python, names)
    assert names["file"].covenant.sharing.cap_case == 10


def test_the_disease_catalogue_of_the_document_is_one() -> None:
    text = reference.DOCUMENT.read_text(encoding="utf-8")
    toml = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[1]
    assert DiseaseCatalogue.from_bytes(toml.encode()).group_of("hypertension") == "chronic"
