"""Help and usage errors in Simplified Chinese: complete, held against the commands themselves and against click."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mutualchain.cli.app import App, mutualchain
from mutualchain.cli.group import SECTIONS
from mutualchain.cli.helping import Formatter, paragraphs
from mutualchain.cli.language import Words
from mutualchain.cli.screen import width_of
from mutualchain.cli.texts_zh_help import HELP
from mutualchain.cli.texts_zh_usage import CLICK, NOUNS, OWN
from mutualchain.cli.usage import _tables, in_words
from mutualchain.errors import ERRORS
from tests.cli.harness import call, done
from tests.cli.test_help import COMMANDS, each_command, python
from tests.project.tree import SOURCE

CHINESE = re.compile("[\u4e00-\u9fff]")
ZH = Words("zh")
OF_CLICK = {
    *("Usage:", "Options", "Commands", "[OPTIONS]", "COMMAND", "[ARGS]...", "Show this message and exit."),
    *("required", "default:", "env var:"),
}
"""What click puts around ours."""


def tree(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command, obj=App())
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from tree(found)


def texts() -> set[str]:
    """Everything that any help says in English."""
    found = set(OF_CLICK) | set(SECTIONS) | {entry.help for section in SECTIONS.values() for entry in section.values()}
    for command in tree(mutualchain):
        found |= {*paragraphs(command.help or ""), *paragraphs(command.epilog or "")}
        options = (option for option in command.params if isinstance(option, click.Option))
        found |= {" ".join(option.help.split()) for option in options if option.help}
    return found


def test_every_help_text_is_translated_and_no_translation_is_left_over() -> None:
    said = texts()
    assert sorted(said - set(HELP)) == []
    assert sorted(set(HELP) - said) == []


NAMES = re.compile(r"--[a-z][a-z-]*|MUTUALCHAIN_[A-Z_]+|`[^`]+`|\bdocs/[a-z-]+\.md|\b[a-z]+\.(?:key|trust|mcr|json)\b")


@pytest.mark.parametrize("text", sorted(HELP))
def test_a_translation_is_chinese_and_names_the_same_options_and_files(text: str) -> None:
    assert CHINESE.search(HELP[text])
    assert sorted(NAMES.findall(HELP[text])) == sorted(NAMES.findall(text))
    assert not re.search(r"[\u4e00-\u9fff][,;:?!]", HELP[text])


@each_command
def test_the_help_of_every_command_is_chinese(path: tuple[str, ...]) -> None:
    shown = done(*path, "--help", "--lang", "zh").out
    assert shown.startswith(f"用法：mutualchain {' '.join(path)} [选项]")
    prose = [line for line in shown.splitlines() if line.startswith("  ") and not line.lstrip().startswith("mutual")]
    told = [line for line in prose if re.search("[A-Za-z ]{30,}", line) and not CHINESE.search(line)]
    assert [line for line in told if not line.startswith("     ")] == []


def test_groups_and_the_list_of_commands_are_chinese() -> None:
    assert "会员使用：\n  passport" in done("--help", "--lang=zh").out
    assert "  request    会员本人签名申请互助金。" in done("case", "--help", "--lang", "zh").out
    assert "运营方的账本：" in call("--lang", "zh", "--help").out


def test_the_environment_chooses_the_language_of_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUTUALCHAIN_LANG", "zh_CN.UTF-8")
    assert done("explain", "--help").out.startswith("用法：")
    assert done("--lang", "en", "explain", "--help").out.startswith("Usage: ")
    assert call().err.startswith("用法：")


def test_the_tab_key_offers_commands_and_options_with_chinese_help() -> None:
    context = mutualchain.context_class(mutualchain, obj=App())
    context.obj.language = "zh"
    offered = {item.value: item.help for item in mutualchain.shell_complete(context, "verify")}
    assert offered["verify-my-record"] == "用自己的密钥离线核验自己的记录。"
    command = COMMANDS[("credit",)]
    inner = command.context_class(command, parent=context)
    offered = {item.value: item.help for item in command.shell_complete(inner, "--am")}
    assert offered == {"--amount": "入账金额，以元计。"}


def test_help_in_english_loads_no_catalogue() -> None:
    program = (
        "import sys; from mutualchain.cli.app import run; run(['enrol', '--help', '--lang', sys.argv[1]])\n"
        "print(sorted(name for name in sys.modules if 'texts_zh' in name), file=sys.stderr)"
    )
    assert python("-c", program, "en").stderr == "[]\n"
    assert "texts_zh_help'" in python("-c", program, "zh").stderr


@each_command
@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_fits_the_terminal(
    path: tuple[str, ...], language: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    context = COMMANDS[path].context_class(COMMANDS[path], info_name=" ".join(path), max_content_width=100)
    formatter = Formatter(Words(language), 100)
    COMMANDS[path].format_usage(context, formatter)
    COMMANDS[path].format_help_text(context, formatter)
    COMMANDS[path].format_options(context, formatter)
    for line in formatter.getvalue().splitlines():
        assert width_of(line) <= columns or len(line.split()) == 1, line


# --- what is wrong with a call --------------------------------------------------------------------

DEFINING = {"core.py": 3200, "decorators.py": 0, "termui.py": 0, "shell_completion.py": 0, "utils.py": 0}
"""Parts of click whose sentences only the author of a command sees, from these lines on."""
NEVER = {
    *("Aborted!", "deprecated", "Options", "Commands", "Positional arguments", "Usage:", "unknown error"),
    *("Error: {}", "Try '{} {}' for help.", "Choice({})", "Missing argument", "Missing option", "Missing parameter"),
    *("DeprecationWarning: The command {} is deprecated.{}", "DeprecationWarning: The {} {} is deprecated.{}"),
    *("{} is not a valid UUID.", "Missing {}", "Did you mean {}?", "(Did you mean one of: {}?)"),
}
"""Sentences of click that are no errors, that no command of ours can cause, or that are part of another one."""


def said_by_click() -> set[str]:
    """The sentences in click's source that it marks for translation, the values as {}."""
    found = set()
    for path in Path(click.__file__).parent.glob("*.py"):
        last = DEFINING.get(path.name, 10**6)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                texts = [item.value for item in node.args if isinstance(item, ast.Constant)]
                if node.lineno < last and not path.name.startswith("_"):
                    found |= {re.sub(r"\{[^}]*\}", "{}", text) for text in texts if isinstance(text, str)}
    return found


def test_what_click_says_of_a_wrong_call_is_translated() -> None:
    assert sorted(said_by_click() - NEVER - set(CLICK) - set(NOUNS)) == []


def raised() -> Iterator[str]:
    """Every sentence and hint of the errors that the commands raise, the values as {}."""
    names = {kind.__name__ for kind in ERRORS} | {"fail"}
    for path in (SOURCE / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in names:
                hints = [word.value for word in node.keywords if word.arg == "hint"]
                yield from filter(None, map(template, [*node.args[:1], *hints]))
            elif name == "refuse_existing":
                yield from filter(None, map(template, node.args[1:]))


def template(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


TRIVIAL = {"{}.", "{}", "No such command {}. Did you mean {}?", "one of: {}"}


def test_every_error_that_a_command_raises_has_its_sentence_and_its_hint_in_chinese() -> None:
    assert sorted({text for text in raised() if in_words(text.replace("{}", "1"), ZH) is None} - TRIVIAL) == []


def test_no_sentence_about_a_wrong_call_is_left_over() -> None:
    literals = set(raised())
    for path in SOURCE.rglob("*.py"):
        if "texts_zh" not in path.name:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                found = template(node) if isinstance(node, ast.Constant | ast.JoinedStr) else None
                literals |= {found, f"{found}."} if found else set()
    assert sorted(set(OWN) - literals) == []
    of_click = {"directory", "path", "integer", "integer range", "float", "float range"}
    framed = {"an evidence", "a join", "an opening", "a pin"}  # record.frame puts the article before a kind
    assert sorted(set(NOUNS) - literals - of_click - framed) == []


@pytest.mark.parametrize("form", sorted(CLICK | OWN))
def test_a_sentence_keeps_its_values(form: str) -> None:
    count = form.count("{}")
    used = {int(number) for number in re.findall(r"\{(\d)\}", (CLICK | OWN)[form])}
    assert used <= set(range(count))
    values = [f"<{number}>" for number in range(count)]
    shown = in_words(form.format(*values), ZH)
    assert shown is not None
    assert CHINESE.search(shown)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("status",), "缺少参数 'LEDGER'。"),
        (("status", "l", "--slott"), "没有选项 '--slott'。"),
        (("enrol", "l", "p", "--public-key", "12", "--reference", "r"), "'12' 不是 64 个十六进制字符。"),
        (("credit", "l", "p", "--slot", "-1"), "'-1' 不是会员号：应为从 0 起的整数。"),
        (("completion", "tcsh"), "'tcsh' 不在可选值 'bash', 'zsh', 'fish' 之中。"),
        (("bakcup",), "没有命令 'bakcup'。您是要用 'backup' 吗？"),
        (("case", "aprove"), "没有命令 'aprove'。您是要用 'approve' 吗？"),
        (("verify-my-record", "a.mcr"), "您信任谁？"),
        (("round", "show", "l", "p", "0"), "'[ROUND]' 的值无效：0 不在范围 x>=1 之内。"),
    ],
)
def test_a_wrong_call_is_explained_in_chinese(words: tuple[str, ...], wanted: str) -> None:
    shown = call(*words, "--lang", "zh")
    assert shown.code == 2
    assert shown.err.startswith("MC-002：命令的用法不正确。\n  详情：")
    assert wanted in shown.err.splitlines()[1]
    assert "该怎么办：" in shown.err


def test_no_sentence_about_an_error_stands_in_two_tables() -> None:
    names = [name for table in _tables() for name in table]
    assert sorted({name for name in names if names.count(name) > 1}) == []
