"""``mutualchain qr``: a file as a QR code, whole where it fits, else the link to it with its fingerprint.

MUTUALCHAIN1:<Base45 of the file>          RFC 9285: two bytes are three characters, of which a code holds most
<link>#sha256=<64 hexadecimal digits>      what a camera opens; the fragment stays with the reader
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import FrameDamaged, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from segno import QRCode

__all__ = ["decode", "encode", "qr"]

PREFIX: Final = "MUTUALCHAIN1:"
MOST: Final = 2_855
"""Bytes of a file that fit: the largest code holds 4,296 characters, and an odd byte takes two."""
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_MOST_LINK: Final = 1_000
_BORDER: Final = 2


def encode(data: bytes) -> str:
    """A file as the text of a code."""
    digits = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            digits.append(_ALPHABET[digit])
    return PREFIX + "".join(digits)


def decode(text: str) -> bytes:
    """The file in the text of a code. Raises UsageError for another code, FrameDamaged for what was cut or changed."""
    if not text.startswith(PREFIX):
        raise UsageError("this text is not from a code of mutualchain", value=text[:40])
    body = text[len(PREFIX) :]
    found = bytearray()
    for at in range(0, len(body), 3):
        group = body[at : at + 3]
        number = sum(max(_ALPHABET.find(char), 0) * 45**power for power, char in enumerate(group))
        size = len(group) - 1
        if len(group) < 2 or any(char not in _ALPHABET for char in group) or number >= 256**size:
            raise FrameDamaged("the code's text was cut or changed", place=f"character {len(PREFIX) + at}")
        found += number.to_bytes(size, "big")
    return bytes(found)


@command(
    epilog="""\b
Examples:
  mutualchain qr receipt.mct
  mutualchain qr receipt.mct -o receipt.svg
  mutualchain qr my-record.mcr --link https://ledger.example.org/records/17.mcr -o my-record.png
  mutualchain qr scanned.txt --read -o receipt.mct

A file of up to 2,855 bytes is in the code itself; of a larger one, the code holds the link and the file's SHA-256."""
)
@click.argument("file", type=FILE)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write a picture, FILE.svg or FILE.png.")
@click.option("--link", metavar="URL", help="Where the file can be fetched: the code holds the link in place of it.")
@click.option("--read", is_flag=True, help="FILE is the text that a camera read: write the file in it to --output.")
@click.option("--force", is_flag=True, help="Replace the output if it is there.")
@lang_option
@json_option
@pass_app
def qr(app: App, file: Path, output: Path | None, link: str | None, read: bool, force: bool) -> None:
    """Show FILE as a QR code on the terminal, or write it as a picture; or read one back.

    Receipts, checkpoints and small records fit. A passport is never shown: every camera would have it.
    """
    from ..limits import MAX_BUNDLE_FILE
    from .files import read_file, refuse_existing, write_file

    if output is not None and not force:
        refuse_existing(output, "Choose another name, or add --force to replace it.")
    data = read_file(file, "a file", MAX_BUNDLE_FILE)
    if read:
        if output is None or link is not None:
            raise UsageError("--read writes the file that was scanned: name it with --output, and no link")
        text = data.decode("utf-8", "replace").rstrip("\r\n")
        data = decode(text)
        write_file(output, data, force=force)
    else:
        text = _text(data, link)
    code = _code(text)
    if output is not None and not read:
        write_file(output, _picture(code, output), force=force)
    value: dict[str, Any] = {
        "file": str(file),
        "holds": "link" if link is not None else "file",
        "text": text,
        "sha256": hashlib.sha256(data).hexdigest(),
        "version": code.version,
        "modules": code.symbol_size(border=0)[0],
        "output": None if output is None else str(output),
    }
    app.result(value, lambda screen: _show(screen, app, code, value))


def _text(data: bytes, link: str | None) -> str:
    if data.startswith(b"mutualchain passport "):
        raise UsageError("a passport is secret: whoever photographs its code has it", hint="Copy the file instead.")
    if link is None:
        if len(data) > MOST:
            raise UsageError(
                f"the file has {len(data):,} bytes, and a code holds {MOST:,}",
                value=len(data),
                hint="Put the file where it can be fetched, and name that place with --link.",
            )
        return encode(data)
    if not link.startswith(("https://", "http://")) or not link.isascii() or "#" in link or len(link) > _MOST_LINK:
        hint = "An http(s) address in ASCII, without a fragment, of 1,000 characters at most."
        raise UsageError("this is no link that a code can hold", value=link[:80], hint=hint)
    return f"{link}#sha256={hashlib.sha256(data).hexdigest()}"


def _code(text: str) -> QRCode:
    import segno

    return segno.make_qr(text, error="l", boost_error=False)


def _picture(code: QRCode, output: Path) -> bytes:
    kind = output.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise UsageError("a picture is .svg or .png", value=output.name)
    stream = io.BytesIO()
    code.save(stream, kind=kind, scale=4, border=4)
    return stream.getvalue()


def _show(screen: Screen, app: App, code: QRCode, value: dict[str, Any]) -> None:
    say = app.words.say
    if value["output"] is not None:
        screen.line(say("{file} is written.", file=value["output"]), "good")
        screen.pairs([("SHA-256", value["sha256"])])
        return
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=_BORDER)]
    if len(rows[0]) > screen.width:
        wide = say("The code is {count} columns wide, more than this terminal.", count=len(rows[0]))
        screen.line(wide, "doubt")
        screen.line(say("Make the window wider, or write a picture with -o FILE.svg."), indent=2)
        return
    for line in _lines(rows):
        screen.raw(line, "code")
    screen.pairs([("SHA-256", value["sha256"])])


def _lines(rows: list[list[bool]]) -> list[str]:
    """Two rows of modules a line. The light ones are drawn, for letters are light and terminals dark, or made so."""
    below = [*rows[1:], [False] * len(rows[0])]
    return [
        "".join("█▀▄ "[2 * top + bottom] for top, bottom in zip(rows[at], below[at], strict=True))
        for at in range(0, len(rows), 2)
    ]
