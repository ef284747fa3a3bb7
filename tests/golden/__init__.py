"""Golden bytes: see README.md beside this file."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TESTS = HERE.parent


def load(name: str) -> Any:
    """The content of ``tests/golden/<name>.json``."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def dump(content: object) -> str:
    """Golden content as the file holds it: sorted keys, two spaces, a newline at the end."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def regenerators() -> list[str]:
    """Names of the test modules that make golden files."""
    found = sorted(TESTS.rglob("test_golden*.py"))
    return [".".join(("tests", *path.relative_to(TESTS).with_suffix("").parts)) for path in found]


def write_all() -> list[Path]:
    """Asks every module that has ``regenerate()`` and writes what it returns; the files whose content changed."""
    changed: list[Path] = []
    for module in regenerators():
        loaded = importlib.import_module(module)
        changed += getattr(loaded, "rewrite", list)()  # files of other places, such as SPEC.md's examples
        for name, content in getattr(loaded, "regenerate", dict)().items():
            path, text = HERE / f"{name}.json", dump(content)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                changed.append(path)
    return changed
