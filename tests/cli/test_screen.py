"""Output at any width, with and without colours, in Chinese too."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.cli.app import App
from mutualchain.cli.progress import progress
from mutualchain.cli.screen import Screen, screen_for, width_of, wrap


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


WORDS = st.text(st.sampled_from("abc xyz,.您的余额为。，：九"), max_size=120)


@given(WORDS, st.integers(20, 100))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = wrap(text, width, "  ", "    ")
    joined = "".join("".join(lines).split())
    assert joined == "".join(text.split())
    for line in lines:
        too_long = width_of(line) > width + 2  # a closing mark may hang over
        assert not too_long or " " not in line.strip(), line


def test_a_chinese_character_takes_two_columns() -> None:
    assert width_of("余额 9.94") == 9
    assert wrap("您的余额为", 4) == ["您的", "余额", "为"]
    assert wrap("您的余额。", 8) == ["您的余", "额。"], "no line begins with a full stop"


def test_a_hash_is_never_broken() -> None:
    assert wrap("root " + "ab" * 32, 40) == ["root", "ab" * 32]


def test_a_pipe_gets_plain_text_of_eighty_columns() -> None:
    stream = io.StringIO()
    screen = screen_for(stream)
    screen.line("word " * 40, "bad")
    screen.raw("x" * 200)
    lines = stream.getvalue().splitlines()
    assert max(len(line) for line in lines[:-1]) <= 80
    assert lines[-1] == "x" * 200
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_gets_colours_and_its_own_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    screen = screen_for(stream)
    screen.item("good", "checked", "good")
    screen.line("word " * 40)
    assert screen.width == 60
    assert "\x1b[1;32m" in stream.getvalue()


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    screen_for(stream).line("VERIFIED", "good")
    assert "32m" not in stream.getvalue()
    assert "VERIFIED" in stream.getvalue()


def test_a_dumb_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    screen_for(stream).line("VERIFIED", "good")
    assert stream.getvalue() == "VERIFIED\n"


def test_nothing_that_is_shown_can_steer_a_terminal() -> None:
    stream = io.StringIO()
    Screen(stream, 80).pairs([("title", "a\x1b[2Jb\x9bc\u202ed")])
    assert stream.getvalue() == "  title  a\\x1b[2Jb\\x9bc\\u202ed\n"


def test_marks_for_an_encoding_without_them() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert Screen(stream, 80).marks["good"] == "ok"


def test_tables_line_up_in_any_script() -> None:
    stream = io.StringIO()
    Screen(stream, 80).table(["期", "互助金"], [["1", "0.60"], ["12", "300,000.00"]])
    lines = stream.getvalue().splitlines()
    assert len({width_of(line) for line in lines}) == 1


def test_a_table_that_does_not_fit_a_narrow_terminal_becomes_lists() -> None:
    header, rows = ["round", "date", "shared by", "each"], [["1", "20 November 2026", "7,000,000", "0.06"]] * 2
    stream = io.StringIO()
    Screen(stream, 40).table(header, rows, left=2)
    lines = stream.getvalue().splitlines()
    assert lines[:4] == [
        "  round      1",
        "  date       20 November 2026",
        "  shared by  7,000,000",
        "  each       0.06",
    ]
    assert (lines[4], lines[5:]) == ("", lines[:4])
    for width in (50, 80):
        stream = io.StringIO()
        Screen(stream, width).table(header, rows, left=2)
        assert len(stream.getvalue().splitlines()) == 3


def test_values_stand_below_their_labels_where_these_leave_no_room() -> None:
    pairs = [("head words of before", "track scatter polar fox"), ("", "more")]
    for width, wanted in ((40, ["  head words of before", "    track scatter polar fox", "", "    more"]), (80, None)):
        stream = io.StringIO()
        Screen(stream, width).pairs(pairs)
        lines = stream.getvalue().splitlines()
        assert lines == (wanted or ["  head words of before  track scatter polar fox", " " * 24 + "more"])


@pytest.mark.parametrize(
    ("text", "width", "wanted"),
    [
        ("存照在哪里。[默认：您自己的文件夹]", 20, ["存照在哪里。[默认：", "您自己的文件夹]"]),
        ("例如 2d（2 天）或 36h（36 小时）", 18, ["例如 2d（2 天）或", "36h（36 小时）"]),
        ("您好（世界）", 5, ["您好", "（世", "界）"]),
    ],
)
def test_a_line_breaks_neither_after_what_opens_nor_before_what_closes(
    text: str, width: int, wanted: list[str]
) -> None:
    assert wrap(text, width) == wanted


def test_progress_shows_on_a_terminal_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("mutualchain.cli.progress._PATIENCE", 0)
    with progress(App(), "joining") as tick:
        tick(500_000, 1_000_000)
    assert stream.getvalue() == "\r\x1b[2K  joining [############............]  50%  500,000 of 1,000,000\r\x1b[2K"


def test_progress_is_silent_for_a_moment_for_json_and_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = App()
    machine.json = True
    for app, stream in ((App(), Terminal()), (machine, Terminal()), (App(), io.StringIO())):
        monkeypatch.setattr("sys.stderr", stream)
        with progress(app, "joining") as tick:
            tick(1, 2)
        assert stream.getvalue() == ""
