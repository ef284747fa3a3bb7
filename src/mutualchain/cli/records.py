"""``mutualchain records``: the records of all members, or of some, for a platform to hand out."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from ..errors import FileExists, FileMissing, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, SLOT, json_option, lang_option, ledger_argument, plan_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..record.bulk import RecordStream
    from ..record.export import Written
    from ..tlog.checkpoint import VerifiedCheckpoint

__all__ = ["PART", "chosen", "counted", "given_checkpoint", "range_options", "records", "streamed"]

_CHUNK = 1 << 20


class Part(click.ParamType[tuple[int, int]]):
    """``2/8``: the second of eight parts."""

    name = "part"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", str(value), re.ASCII)
        if found is None or int(found[1]) > int(found[2]):
            self.fail(f"{str(value)[:40]!r} is no part, such as 2/8.", param, ctx)
        return int(found[1]), int(found[2])


PART = Part()


def range_options(command: Any) -> Any:
    """``--first``, ``--last``, ``--part``, ``--checkpoint``: of which members, under which head."""
    for option in (
        click.option(
            "--checkpoint",
            "note",
            type=FILE,
            metavar="FILE",
            help="Under this signed checkpoint, so that several runs show one head. [default: the newest]",
        ),
        click.option(
            "--part", type=PART, metavar="K/N", help="The K-th of N parts, for several processes at a time, e.g. 2/8."
        ),
        click.option("--last", type=SLOT, metavar="SLOT", help="The last slot. [default: the plan's last]"),
        click.option("--first", type=SLOT, default=0, metavar="SLOT", help="The first slot. [default: 0]"),
    ):
        command = option(command)
    return command


def chosen(first: int, last: int | None, part: tuple[int, int] | None, slots: int) -> tuple[int, int]:
    """The slots, from a first to below a last one, that the options name. Raises UsageError."""
    from ..record.export import part_of

    if last is not None and last < first:
        raise UsageError("--last is before --first", value=last)
    stop = slots if last is None else last + 1
    if not first < stop <= slots:
        has = "nobody yet" if not slots else f"slots 0 to {slots - 1:,}"
        raise UsageError(f"under this checkpoint the plan has {has}", value=first if first >= slots else last)
    return (first, stop) if part is None else part_of(first, stop, *part)


@command(
    epilog="""\b
Examples:
  mutualchain records ledger critical-illness records
  mutualchain records ledger critical-illness records --part 1/2
  mutualchain records ledger critical-illness records.tar --first 0 --last 99999
  mutualchain records ledger critical-illness - | ssh files.example.org tar -x -C records

The record of slot 1,234,567 is critical-illness/1/234/1234567.mcr. Run it again after an interruption: it goes on where
it stopped, under the checkpoint that lies in the folder. For newer records, name a new folder."""
)
@ledger_argument
@plan_argument
@click.argument("output", metavar="FOLDER|FILE.tar|-")
@range_options
@lang_option
@json_option
@pass_app
def records(
    app: App,
    ledger: Path,
    plan: str,
    output: str,
    first: int,
    last: int | None,
    part: tuple[int, int] | None,
    note: Path | None,
) -> None:
    """Write the records of a plan's members: into a folder, a tar archive, or a stream on stdout.

    All are under one checkpoint, each byte for byte what `record` writes. No key of the operator's is needed, and a
    writer may be at work meanwhile. Nothing is ever half a file: what stands in the folder is whole.
    """
    from ..record.bulk import RecordStream
    from ..record.export import record_tree, tree_checkpoint, write_tar
    from .handed_out import handed_out, remember
    from .ledgers import snapshot
    from .progress import progress

    begin = time.perf_counter()
    tarred = output == "-" or output.endswith(".tar")
    given = given_checkpoint(note)
    if not tarred:
        given = given or tree_checkpoint(Path(output))
    with snapshot(ledger) as (archive, _):
        stream = RecordStream(archive, plan, given, handed_out=handed_out(ledger, plan))
        start, stop = chosen(first, last, part, stream.slots)
        with progress(app, app.words.say("records")) as tick:
            if tarred:
                with streamed(app, output) as file:
                    done = write_tar(stream, file, plan, start, stop, tick)
            else:
                done = record_tree(stream, Path(output), plan, start, stop, tick)
    seconds = time.perf_counter() - begin
    remember(ledger, plan, stream.checkpoint.size)
    if output == "-":
        return

    value = counted(plan, output, start, stop, stream.checkpoint, seconds)
    value |= {"records": done.records, "present": done.present, "bytes": done.size}
    app.result(value, lambda screen: _show(screen, app, output, done, stream, seconds))


def given_checkpoint(note: Path | None) -> bytes | None:
    """The bytes of ``--checkpoint``, if it was given. Raises FileMissing, LimitError."""
    from ..limits import MAX_NOTE
    from .files import read_file

    return None if note is None else read_file(note, "a checkpoint", MAX_NOTE)


def counted(plan: str, output: str, start: int, stop: int, head: VerifiedCheckpoint, seconds: float) -> dict[str, Any]:
    """What all bulk commands say of themselves in JSON."""
    from .head import head_value

    return {
        "plan": plan,
        "output": output,
        "first": start,
        "last": stop - 1,
        "size": head.size,
        "head_words": head_value(head),
        "seconds": round(seconds, 3),
    }


def _show(screen: Screen, app: App, output: str, done: Written, stream: RecordStream, seconds: float) -> None:
    from .dates import seconds as lasting
    from .head import head_line

    words = app.words
    if done.records:
        one, many = "{count} record is in {place}.", "{count} records are in {place}."
        screen.line(words.count(one, many, done.records, place=output), "good")
        screen.line(words.say("{bytes} bytes in {time}.", bytes=done.size, time=lasting(seconds)), indent=2)
    if done.present:
        says = words.count("{count} was there already.", "{count} were there already.", done.present)
        screen.line(says, "" if done.records else "good", indent=2 if done.records else 0)
    if not done.records:
        screen.line(words.say("Nothing was missing. For records under a newer head, name a new folder."), indent=2)
    says = words.say("All are under the head of {size} blocks. In words:", size=stream.checkpoint.size)
    screen.line(says, indent=2)
    screen.line(head_line(stream.checkpoint, words), "title", indent=4)


@contextmanager
def streamed(app: App, output: str) -> Iterator[BinaryIO]:
    """A new file that is there when all of it is, durably; or stdout for ``-``.

    Raises FileExists, FileMissing, SystemRefused.
    """
    from .failures import system_error
    from .files import refuse_existing

    if output == "-":
        if app.json:
            raise UsageError("--json prints one document, and stdout is for the output", hint="Name a file instead.")
        if sys.stdout.isatty():
            raise UsageError("this would fill the terminal", hint="Send it into a pipe or a file, or name a file.")
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    refuse_existing(path, "Choose another name.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb", buffering=_CHUNK) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.link(partial, path)
            finally:
                partial.unlink()
    except FileExistsError:
        raise FileExists("there is a file of this name already", value=str(path)) from None
    except FileNotFoundError:
        raise FileMissing("there is no such folder", value=str(path.parent)) from None
    except OSError as error:
        raise system_error(error, path) from None
