"""QR codes: a file that fits comes back byte for byte; a larger one is a link with its fingerprint."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.cli.qr import MOST, PREFIX, decode, encode
from mutualchain.errors import FrameDamaged, UsageError
from tests.cli.harness import Small, call, check, done, refused

LINK = "https://ledger.example.org/17.mcr"


@given(st.binary(max_size=300))
def test_a_file_comes_back_as_it_was(data: bytes) -> None:
    assert decode(encode(data)) == data


@pytest.mark.parametrize(
    ("data", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")]
)
def test_the_examples_of_rfc_9285(data: bytes, text: str) -> None:
    assert encode(data) == PREFIX + text


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:abc\n", max_size=60))
def test_any_text_is_read_or_refused(body: str) -> None:
    try:
        found = decode(PREFIX + body)
    except FrameDamaged:
        return
    assert encode(found) == PREFIX + body


def test_text_of_another_code_is_no_file() -> None:
    with pytest.raises(UsageError):
        decode("https://example.org")


def test_the_largest_file_fits_and_a_larger_one_needs_a_link(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"\xff" * MOST)
    assert done("qr", file, "--json").value["version"] == 40
    file.write_bytes(b"\xff" * (MOST + 1))
    assert "--link" in refused("qr", file, code="MC-002", exit_code=2).err
    value = done("qr", file, "--link", LINK, "--json").value
    check(value, "qr")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (value["holds"], value["text"], value["sha256"]) == ("link", f"{LINK}#sha256={digest}", digest)


@pytest.mark.parametrize(
    "link", ["ftp://example.org/x", "https://example.org/#x", "https://例.org", "https://" + "x" * 1000]
)
def test_a_link_is_one_that_a_camera_opens(link: str, template: Small) -> None:
    refused("qr", template.record, "--link", link, code="MC-002", exit_code=2)


def test_pictures_are_svg_or_png(template: Small, tmp_path: Path) -> None:
    for name in ("code.svg", "code.png"):
        done("qr", template.record, "--link", LINK, "-o", tmp_path / name)
    assert (tmp_path / "code.svg").read_bytes().startswith(b"<?xml")
    assert (tmp_path / "code.png").read_bytes().startswith(b"\x89PNG")
    words = ("qr", template.record, "--link", LINK, "-o")
    refused(*words, tmp_path / "code.svg", code="MC-004", exit_code=2)
    done(*words, tmp_path / "code.svg", "--force")
    refused(*words, tmp_path / "code.gif", code="MC-002", exit_code=2)


def test_a_png_has_the_modules_it_says(template: Small, tmp_path: Path) -> None:
    value = done("qr", template.trust, "-o", tmp_path / "code.png", "--json").value
    png = (tmp_path / "code.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == (4 * (value["modules"] + 8),) * 2
    assert zlib.crc32(png[12:29]) == int.from_bytes(png[29:33], "big")


def test_what_a_camera_read_becomes_the_file_again(template: Small, tmp_path: Path) -> None:
    scanned, out = tmp_path / "scanned.txt", tmp_path / "again"
    scanned.write_text(done("qr", template.trust, "--json").value["text"] + "\n", encoding="utf-8")
    check(done("qr", scanned, "--read", "-o", out, "--json").value, "qr")
    assert out.read_bytes() == template.trust.read_bytes()
    refused("qr", scanned, "--read", code="MC-002", exit_code=2)
    scanned.write_text(PREFIX + "zzz", encoding="utf-8")
    refused("qr", scanned, "--read", "-o", tmp_path / "other", code="MC-013", exit_code=1)


def test_a_passport_is_never_shown(template: Small) -> None:
    for more in ((), ("--link", LINK)):
        refused("qr", template.passport, *more, code="MC-002", exit_code=2)


def test_the_terminal_shows_every_module_twice_as_high_as_wide(template: Small) -> None:
    value = done("qr", template.record, "--link", LINK, "--json").value
    lines = done("qr", template.record, "--link", LINK).out.splitlines()
    drawn = [line for line in lines if set(line) <= set(" ▄▀█") and line]
    wide = value["modules"] + 4
    assert (len(drawn), max(map(len, drawn))) == (-(-wide // 2), wide)
    assert drawn[0] == "█" * wide, "a light border, drawn where letters are light on dark"
    assert value["sha256"] in lines[-1]


def test_a_terminal_that_is_too_narrow_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 2_000)
    out = done("qr", file).out
    assert "more than this terminal" in " ".join(out.split())
    assert "二维码宽" in call("qr", file, "--lang", "zh").out
