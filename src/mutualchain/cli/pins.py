"""Where pins lie: one file for each log and member key, in the user's state folder, kept by the checks themselves.

The folder is --pins, else MUTUALCHAIN_PINS, else what the system calls the user's state folder. A pin is read, held
against a record and written under a lock, so that of two checks at one time the larger book stays; it is replaced
whole or not at all. A pin that is there and cannot be read is said, and never taken for none.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import click

from ..canonical import encode
from ..errors import MutualchainError, PinUnreadable
from ..limits import MAX_BUNDLE_FILE, MAX_PIN_FILES
from ..record.pinfile import PinFile

__all__ = ["Pins", "pin_options", "pinned_notes", "pins_folder"]

_TAG: Final = b"mutualchain/pin/v1\n"
_SUFFIX: Final = ".pin"


def pins_folder(given: Path | None) -> Path:
    """The folder that was named, or the user's own."""
    named = given or os.environ.get("MUTUALCHAIN_PINS")
    if named:
        return Path(named)
    from platformdirs import user_state_path

    return user_state_path("mutualchain", appauthor=False) / "pins"


def pinned_notes(origin: str, keys: Iterable[bytes]) -> list[bytes]:
    """The newest book that was kept for each of these keys, for a record that is to continue them; the good ones."""
    found, pins = [], Pins(pins_folder(None))
    for key in keys:
        with suppress(MutualchainError):
            pin = pins.read(origin, key)
            if pin is not None:
                found.append(pin.newest.note)
    return found


def pin_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--pins``, ``--no-pin``."""
    command = click.option(
        "--no-pin",
        is_flag=True,
        help="Neither hold the record against the book you saw before, nor keep it for the next time.",
    )(command)
    return click.option(
        "--pins",
        type=click.Path(path_type=Path),
        envvar="MUTUALCHAIN_PINS",
        metavar="FOLDER",
        help="Where the newest book you accepted is kept. [default: your own state folder]",
    )(command)


class Pins:
    """The pins in a folder, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, origin: str, key: bytes) -> Path:
        """The file of one member's pin of one log. Its name does not tell whose it is."""
        return self.folder / (sha256(_TAG + encode([origin, key])).hexdigest()[:32] + _SUFFIX)

    def read(self, origin: str, key: bytes) -> PinFile | None:
        """Her pin; None where there is none. Raises PinUnreadable for one that is there and says nothing."""
        path = self.path(origin, key)
        try:
            found = _parse(path)
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return None
        except OSError as error:
            raise PinUnreadable(f"the pin cannot be read: {error.strerror}", value=str(path)) from None
        except MutualchainError as error:
            raise PinUnreadable(f"the pin cannot be read: {error.message}", value=str(path)) from None
        if (found.origin, found.public_key) != (origin, key):
            raise PinUnreadable("the pin is of another log, or of another member", value=str(path))
        return found

    def others(self, origin: str, key: bytes) -> Iterator[PinFile]:
        """Other pins of this log, of other plans and other members: as far as they can be read."""
        try:
            paths = sorted(self.folder.glob("*" + _SUFFIX))[:MAX_PIN_FILES]
        except OSError:
            return
        for path in paths:
            try:
                found = _parse(path)
            except (OSError, MutualchainError):
                continue
            if found.origin == origin and found.public_key != key:
                yield found

    @contextmanager
    def locked(self, origin: str, key: bytes) -> Iterator[None]:
        """One check at a time for one pin. Raises OSError where nothing can be kept."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self.path(origin, key).with_suffix(".lock")
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def write(self, pin: PinFile) -> Path:
        """Replace her pin, durably. Raises OSError."""
        path = self.path(pin.origin, pin.public_key)
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            partial.unlink(missing_ok=True)  # whatever lies there, a link perhaps, is not written through
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pin.to_bytes())
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return path


def _parse(path: Path) -> PinFile:
    with path.open("rb") as file:
        return PinFile.from_bytes(file.read(MAX_BUNDLE_FILE + 1))
