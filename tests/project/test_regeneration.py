"""Golden files are written by the modules that compare them, and by nobody else."""

from __future__ import annotations

import importlib

from tests.golden import HERE, dump, load, regenerators


def test_every_golden_file_has_a_maker() -> None:
    made: set[str] = set()
    for module in regenerators():
        regenerate = getattr(importlib.import_module(module), "regenerate", None)
        names = set(regenerate()) if regenerate else set()
        assert not made & names, f"{module} makes what another module makes: {made & names}"
        made |= names
    assert {path.stem for path in HERE.glob("*.json")} == made


def test_every_golden_file_has_the_one_form() -> None:
    for path in HERE.glob("*.json"):
        assert path.read_text(encoding="utf-8") == dump(load(path.stem)), path.name
