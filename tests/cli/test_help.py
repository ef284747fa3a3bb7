"""What somebody sees who has never used it: help, examples, names that are nearly right, a quick start."""

from __future__ import annotations

import itertools
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import click
import pytest

from mutualchain.cli import schemas
from mutualchain.cli.app import App, mutualchain
from mutualchain.cli.group import SECTIONS
from tests.cli.harness import Small, call, done, refused
from tests.project.tree import ROOT

ENTRIES = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that lead to it."""
    if isinstance(command, click.Group):
        context = click.Context(command, obj=App())
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, (*path, name))
    else:
        yield path, command


COMMANDS = dict(leaves(mutualchain))
each_command = pytest.mark.parametrize("path", COMMANDS, ids=" ".join)


@each_command
def test_every_command_has_help(path: tuple[str, ...]) -> None:
    result = done(*path, "--help")
    assert result.out.startswith(f"Usage: mutualchain {' '.join(path)} ")
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option):
            assert option.help, option.name


@each_command
def test_every_command_offers_json_and_a_language(path: tuple[str, ...]) -> None:
    assert {"json", "lang"} <= {option.name for option in COMMANDS[path].params}


@each_command
def test_what_every_command_prints_with_json_has_a_published_schema(path: tuple[str, ...]) -> None:
    assert schemas.of(path) in schemas.names()
    assert done("schema", *path).value == schemas.load(str(schemas.of(path)))


def test_no_schema_is_left_over() -> None:
    used = {schemas.of(path) for path in COMMANDS} | {*schemas.VARIANTS.values(), "error"}
    assert used == set(schemas.names())


@each_command
def test_every_command_shows_examples_that_can_be_typed(path: tuple[str, ...]) -> None:
    lines = (COMMANDS[path].epilog or "").replace("\\\n", " ").splitlines()
    examples = [line.strip().split("mutualchain ", 1)[1] for line in lines if line.startswith("  mutualchain ")]
    assert examples
    for example in examples:
        words = list(itertools.takewhile(lambda word: word not in "|>", shlex.split(example.replace("...", "0" * 60))))
        assert tuple(words[: len(path)]) == path
        with suppress(click.exceptions.Exit):  # an option that prints something and ends
            assert not COMMANDS[path].make_context(path[-1], words[len(path) :], obj=App()).args


@each_command
def test_every_option_can_be_set_by_the_variable_that_is_named_after_it(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = {"--keys": "MUTUALCHAIN_KEYS", "--pins": "MUTUALCHAIN_PINS", "--tz": "MUTUALCHAIN_TZ"}
    shared |= {"--master": "MUTUALCHAIN_VAULT_MASTER"} if path[0] == "vault" else {}
    options = [option for option in COMMANDS[path].params if isinstance(option, click.Option)]
    prefix = "_".join(("MUTUALCHAIN", *path)).upper().replace("-", "_")
    context = COMMANDS[path].context_class(COMMANDS[path], auto_envvar_prefix=prefix, resilient_parsing=True)
    COMMANDS[path].parse_args(context, [])
    for option in options:
        typed = max(option.opts, key=len)
        name = shared.get(typed, f"{prefix}_{typed.lstrip('-').upper().replace('-', '_')}")
        monkeypatch.setenv(name, "something")
        assert option.resolve_envvar_value(context) == "something", name


def test_the_list_of_commands_is_complete_and_true() -> None:
    out = done("--help").out
    for name, entry in ENTRIES.items():
        assert f"  {name} " in out
        assert entry.help.endswith(".")
        command = mutualchain.get_command(click.Context(mutualchain), name)
        assert command is not None
        assert command.name == name


def test_no_command_at_all_shows_the_help_and_is_a_usage_error() -> None:
    result = call()
    assert result.code == 2
    assert "Start here:" in result.err


def test_headings_are_bold_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    context = mutualchain.context_class(mutualchain, obj=App())
    assert "\x1b[1mStart here:\x1b[0m" in context.get_help()
    assert "\x1b" not in done("--help").out + call().err
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert "\x1b" not in context.get_help()


def test_a_misspelt_command_finds_its_neighbour() -> None:
    assert "Did you mean 'backup'?" in refused("bakcup", code="MC-002", exit_code=2).err
    begun = refused("verify", "x", code="MC-002", exit_code=2).err
    assert "one of: 'verify-my-record', 'verify-disclosure', 'verify-evidence', 'verify-opened'?" in begun


def test_the_version_is_shown() -> None:
    from mutualchain import __version__

    assert done("--version").out == f"mutualchain {__version__}\n"


def test_options_come_from_the_environment(template: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUTUALCHAIN_VERIFY_MY_RECORD_PASSPORT", str(template.passport))
    assert "VERIFIED" in done("verify-my-record", template.record).out
    monkeypatch.setenv("MUTUALCHAIN_STATUS_JSON", "1")
    assert done("status", template.ledger).value["size"] > 0
    monkeypatch.setenv("MUTUALCHAIN_LANG", "zh")
    assert "核验通过" in done("verify-my-record", template.record).out


def python(*words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment, timeout=60)


def test_help_loads_nothing_that_it_does_not_need() -> None:
    program = (
        "import sys; sys.argv = ['mutualchain', '--help']\n"
        "import mutualchain.cli\n"
        "try: mutualchain.cli.main()\n"
        "except SystemExit: pass\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & "
        "{'numpy', 'lmdb', 'rich', 'nacl', 'msgpack', 'zstandard', 'babel', 'json'} - {'json'}), file=sys.stderr)"
    )
    assert python("-c", program).stderr == "[]\n"


NOT_HERS = {"lmdb", "rich", "sqlite3", "starlette", "uvicorn", "urllib.request", "mutualchain.ledger"}
NOT_HERS |= {"mutualchain.store", "mutualchain.publish", "mutualchain.vault", "mutualchain.archive.reading"}


def test_a_members_check_loads_nothing_of_the_operators_nor_of_the_network(template: Small) -> None:
    program = (
        "import sys; from mutualchain.cli.app import run\n"
        f"code = run(['verify-my-record', {str(template.record)!r}, '--passport', {str(template.passport)!r}, "
        "'--no-pin', '--max-age', '36500d'])\n"
        f"print(code, sorted(set(sys.modules) & {NOT_HERS!r}), file=sys.stderr)"
    )
    assert python("-c", program).stderr == "0 []\n"


def test_help_takes_a_few_times_the_time_of_importing_click() -> None:
    def best(*words: str) -> float:
        times = []
        for _ in range(7):
            begin = time.perf_counter()
            assert python(*words).returncode == 0
            times.append(time.perf_counter() - begin)
        return min(times)

    assert best("-m", "mutualchain", "--help") < 4 * best("-c", "import click")


def test_python_dash_m_is_the_same_command() -> None:
    result = python("-m", "mutualchain", "explain", "MC-999")
    assert (result.returncode, result.stderr.partition("\n")[0]) == (2, "MC-002: there is no such code or word")
