"""The shapes of what ``--json`` prints, as JSON schemas; names and meanings are stable, fields are only ever added.

A schema is named for its command, ``plan-create`` for ``plan create``. Those of many commands are in ``SHARED``;
``error`` is what any command prints when it fails, and ``message`` what one prints with --message. A file refers to
another one's definitions by its name. ``mutualchain schema COMMAND`` shows one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

__all__ = ["SHARED", "VARIANTS", "load", "names", "of"]

SHARED: Final = {
    "written": "enrol|credit|withdraw|exit|member-key hand-over|member-key replace|member-key object"
    "|institution register|institution revoke|institution replace-key|case request|case attest|case disclose"
    "|case object|case vote|case count|case approve|case refuse|case withdraw|case advance|case pay|case void"
    "|case restitute|case sanction|case lift|case appeal|round settle|round fund|round refund|round correct"
    "|treasury state|vault erase",
    "keys-block": "keys rotate-block|keys recover-block",
    "witness-log": "witness add|witness remove",
    "backup": "restore",
}
"""Schemas of many commands."""
VARIANTS: Final = {"--message": "message", "--list": "run-list", "--show-template": "notices-template"}
"""Options with which a command prints something else."""


def names() -> list[str]:
    """The schemas there are, without ``.json``."""
    return sorted(
        item.name.removesuffix(".json") for item in files(__package__).iterdir() if item.name.endswith(".json")
    )


def load(name: str) -> Any:
    """One schema."""
    return json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))


def of(command: Sequence[str]) -> str | None:
    """The schema of what a command, named by its words, prints with ``--json``; or one named itself."""
    name = "-".join(command)
    shared = (schema for schema, commands in SHARED.items() if " ".join(command) in commands.split("|"))
    return name if name in names() else next(shared, None)
