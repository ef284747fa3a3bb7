"""Covenants by name, and from files, with the rules of their time zones filled in."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ..covenant.diseases import DiseaseCatalogue
from ..covenant.toml import CovenantFile, read_toml
from ..errors import CovenantError, FileMissing
from ..limits import MAX_COVENANT_FILE
from .zones import rule_of

__all__ = ["diseases", "load", "names", "read", "source"]


def names() -> tuple[str, ...]:
    """The names of the covenants that are shipped, sorted."""
    return tuple(sorted(item.name.removesuffix(".toml") for item in _folder().iterdir() if item.name.endswith(".toml")))


def source(name: str) -> str:
    """A shipped covenant's file, comments and all. Raises CovenantError for an unknown name."""
    if name not in names():
        raise CovenantError(f"the catalogue has no covenant {name!r}: it has {', '.join(names())}", value=name)
    return (_folder() / f"{name}.toml").read_text(encoding="utf-8")


def load(name: str) -> CovenantFile:
    """A shipped covenant. Raises CovenantError for an unknown name."""
    return read_toml(source(name), rule_of)


def read(path: Path) -> CovenantFile:
    """A covenant from a TOML file. Raises FileMissing, and CovenantError with all that is wrong with it."""
    try:
        data = path.read_bytes()[: 4 * MAX_COVENANT_FILE + 1]
    except OSError as error:
        raise FileMissing(f"the covenant cannot be read: {error.strerror}", value=str(path)) from None
    try:
        return read_toml(data.decode("utf-8"), rule_of)
    except UnicodeDecodeError:
        raise CovenantError("a covenant's file is text in UTF-8", value=str(path)) from None


def diseases(digest: bytes) -> DiseaseCatalogue | None:
    """The shipped disease catalogue of this hash, or None."""
    for item in (files(__package__) / "disease_files").iterdir():
        if item.name.endswith(".toml"):
            found = DiseaseCatalogue.from_bytes(item.read_bytes())
            if found.hash == digest:
                return found
    return None


def _folder() -> Traversable:
    return files(__package__) / "plan_files"
