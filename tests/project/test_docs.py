"""Documents cannot rot: links lead somewhere, commands exist, decisions have a status."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.project.tree import ROOT, name_of, project_files

DOCUMENTS = [path for path in project_files() if path.suffix == ".md"]
FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<kind>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[`~]*[ \t]*$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(
    r"!?\[[^\]\n]*\]\(\s*<?(?P<target>[^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]\n]+\]:\s*(?P<named>\S+)", re.MULTILINE
)
HEADING = re.compile(r"^#{1,6}[ \t]+(?P<title>.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
STATUS = re.compile(r"^\W*status\b\W*(?:\n+\s*)?\w+", re.MULTILINE | re.IGNORECASE)


def prose(text: str) -> str:
    """The text without what stands in fences and backticks."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """The fragments that the headings of a document make, as code hosts form them."""
    found: set[str] = set()
    for match in HEADING.finditer(FENCE.sub("", text)):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match["title"]).lower()
        slug = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        count, free = 0, slug
        while free in found:
            count += 1
            free = f"{slug}-{count}"
        found.add(free)
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def dead_links(document: Path, text: str) -> list[str]:
    dead = []
    for match in LINK.finditer(prose(text)):
        target = match["target"] or match["named"]
        if re.match(r"[a-z][a-z0-9+.-]*:|//", target):
            continue
        place, _, fragment = target.partition("#")
        file = (document.parent / unquote(place)).resolve() if place else document
        if not file.is_relative_to(ROOT) or not file.exists():
            dead.append(target)
        elif fragment and file.suffix == ".md":
            there = text if file == document else file.read_text(encoding="utf-8")
            if unquote(fragment) not in anchors(there):
                dead.append(target)
    return dead


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_inside_the_repository_resolve(document: Path) -> None:
    assert dead_links(document, document.read_text(encoding="utf-8")) == []


def test_dead_links_are_found() -> None:
    text = "# A b\n[x](nowhere.md) [y](#a-b) [z](#c) `[q](no)` ![i](no.png)\n```\n[c](no)\n```\n[n]: no/where\n"
    assert dead_links(ROOT / "CONTRIBUTING.md", text) == ["nowhere.md", "#c", "no.png", "no/where"]


def console_commands(text: str) -> list[list[str]]:
    """The words of every ``$ mutualchain ...`` in fenced console blocks, with continued lines joined."""
    found = []
    for fence in FENCE.finditer(text):
        if fence["kind"].split()[:1] == ["console"]:
            for line in fence["body"].replace("\\\n", " ").splitlines():
                if match := re.match(r"\$ (?:\.venv/bin/)?mutualchain(?P<rest>\s.*)?$", line):
                    found.append(shlex.split(match["rest"] or "", comments=True))
    return found


@cache
def unknown_part(words: tuple[str, ...]) -> str | None:
    """The first word of a command line that names no command, group or option of the CLI."""
    click = pytest.importorskip("click")
    command = pytest.importorskip(
        "mutualchain.cli.app", reason="mutualchain.cli is not there yet", exc_type=ImportError
    ).mutualchain
    context = click.Context(command, info_name="mutualchain")
    rest = list(words)
    while rest:
        options = {name for option in command.get_params(context) for name in option.opts + option.secondary_opts}
        word = rest.pop(0)
        if word in {"|", ">", ">>", "&&", ";"}:
            return None
        if word.startswith("-") and word not in {"-", "--"}:
            if word.partition("=")[0] not in options:
                return word
        elif isinstance(command, click.Group):
            found = command.get_command(context, word)
            if found is None:
                return word
            command, context = found, click.Context(found, info_name=word, parent=context)
    return None


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "README.zh-CN.md",
        "docs/publishing.md",
        "docs/cases.md",
        "docs/covenant.md",
        "docs/monitor.md",
        "docs/endorsement.md",
    ],
)
def test_commands_in_the_documents_exist(name: str) -> None:
    commands = console_commands((ROOT / name).read_text(encoding="utf-8"))
    assert commands, "a document without a command"
    assert {" ".join(words): word for words in commands if (word := unknown_part(tuple(words)))} == {}


def test_console_commands_are_read_from_console_fences_only() -> None:
    text = (
        "```console\n$ mutualchain audit L \\\n    --json  # all\noutput\n$ .venv/bin/mutualchain demo\n```\n"
        "```\n$ mutualchain x\n```\n"
    )
    assert console_commands(text) == [["audit", "L", "--json"], ["demo"]]


def test_every_decision_has_a_status() -> None:
    decisions = [path for path in DOCUMENTS if re.match(r"docs/adr/\d", name_of(path))]
    assert [name_of(path) for path in decisions if not STATUS.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("text", ["Status: accepted", "- **Status**: accepted", "## Status\n\nAccepted"])
def test_a_status_is_found_in_each_usual_form(text: str) -> None:
    assert STATUS.search(f"# 1. Title\n\n{text}\n")


def test_a_missing_status_is_found() -> None:
    assert not STATUS.search("# 1. Title\n\nWe decided about status lines.\n")
