"""What somebody sees who has never used it: help, examples, names that are nearly right, a quick start."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import click
import pytest

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
            assert option.help or option.name == "payee", option.name


@each_command
def test_every_command_offers_json(path: tuple[str, ...]) -> None:
    assert any(option.name == "json" for option in COMMANDS[path].params)


@pytest.mark.parametrize("path", [path for path in COMMANDS if path[-1] not in ("list", "show")], ids=" ".join)
def test_commands_show_examples_that_parse(path: tuple[str, ...]) -> None:
    import shlex

    epilog = COMMANDS[path].epilog or ""
    lines = epilog.replace("\\\n", " ").splitlines()
    examples = [line.split("mutualchain ", 1)[1] for line in lines if line.startswith("  mutualchain ")]
    assert examples
    for example in examples:
        words = shlex.split(example.replace("...", "0" * 60))
        command: click.Command = mutualchain
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, example
            command = found
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= known, example


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


def test_a_misspelt_command_finds_its_neighbour() -> None:
    assert "Did you mean 'backup'?" in refused("bakcup", code="MC-002", exit_code=2).err


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
    assert (result.returncode, result.stderr.partition("\n")[0]) == (2, "MC-002: there is no such code")
