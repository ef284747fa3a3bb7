"""The shapes of what ``--json`` prints, as JSON schemas; names and meanings are stable, fields are only ever added.

``init``, ``written``, ``status`` and so on are named for their commands; ``error`` is what any command prints when it
fails. A file refers to another one's definitions by its name.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["load", "names"]


def names() -> list[str]:
    """The schemas there are, without ``.json``."""
    return sorted(
        item.name.removesuffix(".json") for item in files(__package__).iterdir() if item.name.endswith(".json")
    )


def load(name: str) -> Any:
    """One schema."""
    return json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
