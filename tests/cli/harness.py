"""Runs commands as `mutualchain` does, in this process, with a clock that the test holds."""

from __future__ import annotations

import io
import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from mutualchain.cli import schemas
from mutualchain.cli.app import App, mutualchain, run
from mutualchain.cli.failures import READER_GONE

START = 1_777_777_777_000
"""3 May 2026 in Shanghai."""
LATER = START + 100_000_000
PLAN = "critical-illness"
ORIGIN = "example.org/mutual-aid"
DIAGNOSTICS = re.compile(
    r"MC-\d{3}: .+\n(?:    .+\n)*(?:  rule:  .+\n)?(?:  at:    .+\n)?(?:  value: .*\n)?"
    r"  hint:  .+\n(?:  more:  .+\n)?\Z"
)


def ticking(start: int = START) -> Callable[[], int]:
    """A clock that gives a second more each time it is asked."""
    count = itertools.count()
    return lambda: start + 1_000 * next(count)


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        return json.loads(self.out)


def call(*words: object, clock: Callable[[], int] | None = None) -> Result:
    """Run a command. Whatever it does, no traceback may show."""
    out, err = io.StringIO(), io.StringIO()
    app = App(clock=clock if clock is not None else ticking())
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(word) for word in words], app)
    result = Result(code, out.getvalue(), err.getvalue())
    assert "Traceback" not in result.out + result.err, result.err
    assert not ("MC-001" in result.err and code == 3), result.err
    if "--json" in words and code != READER_GONE:
        hold_to_schema([str(word) for word in words], result.out)
    return result


def hold_to_schema(words: list[str], out: str) -> None:
    """Assert that what a command printed with --json has its published shape: one document, or a line each."""
    path: list[str] = []
    found: click.Command = mutualchain
    for word in words:
        inner = found.get_command(click.Context(found, obj=App()), word) if isinstance(found, click.Group) else None
        if inner is None:
            break
        path.append(word)
        found = inner
    variant = next((name for option, name in schemas.VARIANTS.items() if option in words), None)
    try:
        documents = [json.loads(out)]
    except json.JSONDecodeError:
        documents = [json.loads(line) for line in out.splitlines()]
    for document in documents:
        if set(document) == {"error"}:
            check(document, "error")
        else:
            name = "message" if set(document) == {"message"} else variant or schemas.of(path)
            assert name is not None, path
            check(document, name)


def done(*words: object, clock: Callable[[], int] | None = None) -> Result:
    """Run a command that must succeed."""
    result = call(*words, clock=clock)
    assert result.code == 0, result.err + result.out
    return result


def refused(*words: object, code: str, exit_code: int) -> Result:
    """Run a command that must end with this one clear error; the same with --json must say the same."""
    result = call(*words, clock=ticking(LATER))
    assert (result.code, result.err.partition(":")[0]) == (exit_code, code), result.err + result.out
    assert DIAGNOSTICS.match(result.err), result.err
    assert result.out == ""
    machine = call(*words, "--json", clock=ticking(LATER))
    assert machine.code == exit_code
    check(machine.value, "error")
    assert machine.value["error"]["code"] == code
    assert machine.err == ""
    return result


# --- JSON schemas: as much of the standard as ours use --------------------------------------------

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_KNOWN = {
    *("$schema", "title", "description", "$defs", "$ref", "type", "enum", "pattern"),
    *("properties", "required", "additionalProperties", "items"),
}


def check(value: Any, name: str) -> None:
    """Assert that a value has the shape of a schema."""
    wrong = list(violations(value, schemas.load(name), name, "$"))
    assert not wrong, wrong


def violations(value: Any, schema: Any, name: str, place: str) -> Iterator[str]:
    assert set(schema) <= _KNOWN, f"{name}: the checker does not know {set(schema) - _KNOWN}"
    if "$ref" in schema:
        file, _, path = schema["$ref"].partition("#")
        found, other = (
            schemas.load(file.removesuffix(".json")) if file else schemas.load(name),
            file.removesuffix(".json"),
        )
        for part in filter(None, path.split("/")):
            found = found[part]
        yield from violations(value, found, other or name, place)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        yield f"{place}: {value!r} is no {' or '.join(kinds)}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value!r} does not match {schema['pattern']}"
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from violations(item, schema["items"], name, f"{place}[{number}]")
    if isinstance(value, dict):
        yield from _members(value, schema, name, place)


def _members(value: dict[str, Any], schema: Any, name: str, place: str) -> Iterator[str]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (f"{place}: {key} is missing" for key in schema.get("required", []) if key not in value)
    for key, item in value.items():
        if key in properties:
            yield from violations(item, properties[key], name, f"{place}.{key}")
        elif others is False:
            yield f"{place}: {key} is unknown"
        elif isinstance(others, dict):
            yield from violations(item, others, name, f"{place}.{key}")


# --- a small ledger -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Small:
    """A ledger of ten members with one settled round, a passport whose member is in slot 0, and her record."""

    folder: Path
    case: str

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def trust(self) -> Path:
        return self.folder / "ledger.trust"

    @property
    def passport(self) -> Path:
        return self.folder / "my.passport"

    @property
    def other(self) -> Path:
        return self.folder / "other.passport"

    @property
    def record(self) -> Path:
        return self.folder / "my.mcr"

    def copy(self, folder: Path) -> Small:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Small(folder, self.case)


def members_csv(rows: int, first: int = 0) -> str:
    """A CSV file of members with made-up keys; the same every time."""
    import hashlib

    lines = ["key,commitment,deposit"]
    for row in range(first, first + rows):
        key = hashlib.sha256(f"key {row}".encode()).digest()[:31] + b"\x11"
        lines.append(f"{key.hex()},{hashlib.sha256(f'claims {row}'.encode()).hexdigest()},10")
    return "\n".join(lines) + "\n"


def make_small(folder: Path) -> Small:
    """Build it with the commands themselves."""
    clock = ticking()
    small = Small(folder, "")
    ledger = small.ledger
    done("init", ledger, "--origin", ORIGIN, clock=clock)
    done("plan", "create", ledger, PLAN, "--title", "众托帮 (example)", clock=clock)
    done("passport", "new", small.passport, "--trust", small.trust)
    done("passport", "new", small.other, "--trust", small.trust)
    joining = ("--without-claims", "--deposit", "10", "--reference", "she")
    done("enrol", ledger, PLAN, "--passport", small.passport, *joining, clock=clock)
    table = folder / "members.csv"
    table.write_text(members_csv(9), encoding="utf-8")
    done("enrol", ledger, PLAN, "--csv", table, "--reference", "batch", clock=clock)
    case = settle_round(small, 1, clock)
    done("record", ledger, PLAN, "--slot", 0, "-o", small.record, clock=clock)
    return Small(folder, case)


def settle_round(small: Small, number: int, clock: Callable[[], int]) -> str:
    """One case of 0.60 yuan, shared and paid; its name."""
    approve = ("--slot", 3, "--aid", "0.60", "--file-hash", f"{number:064x}", "--reference", f"case {number}")
    case: str = done("case", "approve", small.ledger, PLAN, *approve, "--json", clock=clock).value["digest"]
    done("round", "open", small.ledger, PLAN, "--case", case, "--reference", f"open {number}", clock=clock)
    done("round", "settle", small.ledger, PLAN, "--reference", f"settle {number}", clock=clock)
    paying = ("--case", case, "--amount", "0.60", "--payment", "bank", "--reference", f"pay {number}")
    done("case", "pay", small.ledger, PLAN, *paying, clock=clock)
    return case


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """The small ledger, for tests that only read it."""
    return make_small(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small(template: Small, tmp_path: Path) -> Small:
    """A copy of it, to write in."""
    return template.copy(tmp_path)
