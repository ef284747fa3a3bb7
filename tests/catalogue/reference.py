"""What is generated from the parameters' metadata: the reference in docs/covenant.md, and the schema of a covenant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from mutualchain.covenant.chinese import CHINESE
from mutualchain.covenant.document import HEAD, SECTIONS, parameters
from mutualchain.covenant.parameters import Kind
from mutualchain.covenant.toml import text_of
from tests.project.tree import ROOT

DOCUMENT = ROOT / "docs" / "covenant.md"
SCHEMA = ROOT / "src" / "mutualchain" / "cli" / "schemas" / "plan-create.json"
BEGIN, END = "<!-- the reference begins: `make vectors` writes it -->\n", "<!-- the reference ends -->\n"
NAMES = {"amount": "amount", "flag": "true, false", "octets": "hash"}


def _takes(kind: Kind) -> str:
    if kind.choices:
        return ", ".join(f"`{choice}`" for choice in kind.choices)
    if kind.name == "number":
        return f"{kind.low} to {kind.high:,}"
    if kind.name == "text":
        return f"text, {kind.low} to {kind.high}"
    if kind.name == "table":
        row = kind.row
        assert row is not None
        inner = {int: "numbers", str: "words"}.get(row) or ", ".join(f"`{item.name}`" for item in fields(row))
        return f"rows of {inner}" if row not in (int, str) else inner
    return NAMES[kind.name]


def _row(name: str, kind: Kind, default: Any, chinese: str) -> str:
    shown = text_of(kind, default, 2).replace("\n    ", " ").replace(",\n]", " ]")
    return f"| `{name}` | {_takes(kind)} | `{shown}` | {kind.doc} {chinese} |"


def _lines() -> Iterator[str]:
    head = ["| parameter | takes | default | meaning |", "|---|---|---|---|"]
    known = {item.clause: item for item in parameters()}
    yield from ["### The head", "", *head]
    yield from (_row(name, known[name].kind, known[name].default, CHINESE[name]) for name in HEAD)
    for section, cls in SECTIONS.items():
        yield from ["", f"### `[{section}]`", "", f"{(cls.__doc__ or '').partition(chr(10))[0]} {CHINESE[section]}", ""]
        yield from head
        for item in fields(cls):
            clause = f"{section}.{item.name}"
            yield _row(clause, known[clause].kind, known[clause].default, CHINESE[clause])
        for item in fields(cls):
            row = item.metadata["kind"].row
            if row not in (None, int, str):
                yield from ["", f"A row of `{section}.{item.name}`:", "", *head]
                yield from (_row(cell.name, cell.metadata["kind"], cell.default, "") for cell in fields(row))


def reference() -> str:
    """The tables of all parameters, as Markdown."""
    return "\n".join(line.replace(" |", " |").replace("  |", " |") for line in _lines()) + "\n"


def with_reference(text: str) -> str:
    """The document with its reference written again."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


# --- the schema ---------------------------------------------------------------------------------


def _schema_of(kind: Kind) -> dict[str, Any]:
    if kind.choices:
        return {"enum": list(kind.choices)}
    if kind.name in ("number", "amount"):
        return {"type": "integer"}
    if kind.name == "octets":
        return {"type": "string", "pattern": f"^([0-9a-f]{{{2 * kind.high}}})?$"}
    if kind.name == "table":
        plain: dict[Any, dict[str, Any]] = {int: {"type": "integer"}, str: {"type": "string"}}
        assert kind.row is not None
        return {"type": "array", "items": plain.get(kind.row) or _object(_section(kind.row))}
    return {"type": "boolean" if kind.name == "flag" else "string"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _section(cls: type[Any]) -> dict[str, Any]:
    return {item.name: _schema_of(item.metadata["kind"]) for item in fields(cls)}


def schema() -> dict[str, Any]:
    """The JSON schema of a covenant."""
    head = {name: _schema_of(kind) for name, kind in HEAD.items()}
    sections = {name: _object(_section(cls)) for name, cls in SECTIONS.items()}
    last = {"smallest": {"type": "integer"}, "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}
    return _object({**head, **sections, **last})


def with_schema(text: str) -> str:
    """The schema file with the covenant's definition written again."""
    whole = json.loads(text)
    whole["$defs"]["covenant"] = schema()
    return _spelled(whole) + "\n"


def _spelled(value: Any, indent: int = 0) -> str:
    """JSON in lines of at most 120 characters."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= 118 or not isinstance(value, dict | list):
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        inner = ",\n".join(f"{pad}{json.dumps(name)}: {_spelled(item, indent + 2)}" for name, item in value.items())
        return f"{{\n{inner}\n{' ' * indent}}}"
    lines, line = [], ""
    for item in value:
        text = _spelled(item, indent + 2)
        if line and len(pad) + len(line) + len(text) > 116:
            lines.append(line)
            line = text
        else:
            line = f"{line}, {text}" if line else text
    return "[\n" + ",\n".join(pad + text for text in [*lines, line]) + f"\n{' ' * indent}]"


def rewrite() -> list[Path]:
    """Writes both again; the files that changed."""
    changed = []
    for path, renew in ((DOCUMENT, with_reference), (SCHEMA, with_schema)):
        text = path.read_text(encoding="utf-8")
        if (again := renew(text)) != text:
            path.write_text(again, encoding="utf-8")
            changed.append(path)
    return changed
