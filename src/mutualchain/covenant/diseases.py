"""Disease catalogues: which diseases a plan covers, each with a code and the group that its maximum goes by.

A catalogue is a TOML file; a covenant names it by the SHA-256 of its bytes (``aid.catalogue``), so that nobody
exchanges it, and how many diseases it holds stands nowhere else. ``[[disease]]`` rows have ``code``, ``group`` and
names in languages.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from .. import toml_text
from ..errors import CovenantError
from ..limits import MAX_COVENANT_FILE

__all__ = ["Disease", "DiseaseCatalogue"]

_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}\Z", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}\Z")


@dataclass(frozen=True, slots=True)
class Disease:
    """One disease: its code, the group that ``aid.maxima`` knows it by, and its names by language."""

    code: str
    group: str
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DiseaseCatalogue:
    """A catalogue that was read, and the hash of its bytes."""

    title: str
    hash: bytes
    diseases: tuple[Disease, ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> DiseaseCatalogue:
        """Parse a catalogue's file. Raises CovenantError with everything that is wrong with it."""
        if len(data) > MAX_COVENANT_FILE:
            raise CovenantError(f"a disease catalogue has at most {MAX_COVENANT_FILE:,} bytes", value=len(data))
        try:
            values = toml_text.load(data)
        except ValueError as error:
            raise CovenantError(f"a disease catalogue is TOML: {error}") from None
        found = [f"{name}: unknown" for name in sorted(values) if name not in ("title", "disease")]
        title, rows = values.get("title"), values.get("disease")
        if not isinstance(title, str) or not _NAME.match(title):
            found.append("title: text of 1 to 200 characters")
        diseases = []
        for at, row in enumerate(rows if isinstance(rows, list) else []):
            disease = _disease(row)
            if disease is None:
                found.append(f"disease[{at}]: code and group as words of a-z, 0-9 and _, and names as text")
            else:
                diseases.append(disease)
        codes = [disease.code for disease in diseases]
        found += sorted({f"disease: {code} stands there twice" for code in codes if codes.count(code) > 1})
        if not found and not diseases:
            found.append("disease: at least one")
        if found:
            raise CovenantError("; ".join(found)[:2_000], violations=tuple(found))
        return cls(str(title), hashlib.sha256(data).digest(), tuple(diseases))

    def group_of(self, code: str) -> str | None:
        """The group of a disease, or None where the catalogue does not have it."""
        return next((disease.group for disease in self.diseases if disease.code == code), None)


def _disease(row: object) -> Disease | None:
    if not isinstance(row, dict):
        return None
    values = dict(row)
    code, group = values.pop("code", None), values.pop("group", "")
    if not isinstance(code, str) or not _WORD.match(code) or not isinstance(group, str):
        return None
    if group and not _WORD.match(group):
        return None
    names = []
    for language, name in values.items():
        if not _WORD.match(language) or not isinstance(name, str) or not _NAME.match(name):
            return None
        names.append((language, name))
    return Disease(code, group, tuple(names))
