"""Files read within bounds and written without ever replacing one by accident."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path

from ..errors import FileExists, FileMissing, LimitError, MutualchainError
from .failures import system_error

__all__ = ["hash_file", "read_file", "refuse_existing", "unreadable", "write_file"]

LOST = (
    "Check the path. If the passport is lost, `mutualchain passport restore` makes it again from its 24 words; nobody "
    "can make it without them."
)


def unreadable(path: Path, what: str, error: OSError) -> MutualchainError:
    """The error for a file that cannot be read; ``what`` names it."""
    if error.errno == errno.EISDIR:
        return FileMissing(f"this is a folder, not {what}", value=str(path))
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        hint = LOST if what == "a passport" else None
        return FileMissing(f"there is no such file: {what} was expected", value=str(path), hint=hint)
    if error.errno in (errno.EACCES, errno.EPERM):
        return FileMissing(f"{what} may not be read", value=str(path))
    return system_error(error, path)


def read_file(path: Path, what: str, most: int) -> bytes:
    """The bytes of ``path``; ``what`` names it in errors. Raises FileMissing, LimitError above ``most`` bytes."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > most else file.read(most + 1)
    except OSError as error:
        raise unreadable(path, what, error) from None
    except ValueError:
        raise FileMissing("this is no path", value=repr(path)[:80]) from None
    size = max(size, len(data))
    if size > most:
        raise LimitError(f"the file has {size:,} bytes, where {what} has {most:,} at most", place=str(path))
    return data


def hash_file(path: Path, what: str) -> bytes:
    """The SHA-256 of a file of any size. Raises FileMissing."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise unreadable(path, what, error) from None


def refuse_existing(path: Path, hint: str | None = None) -> None:
    """Raises FileExists if something of this name is there."""
    if os.path.lexists(path):
        kind = "folder" if path.is_dir() else "file"
        raise FileExists(f"there is a {kind} of this name already", value=str(path), hint=hint)


def write_file(path: Path, data: bytes, *, mode: int = 0o644, force: bool = False) -> None:
    """Write a whole file durably, or nothing. Raises FileExists unless ``force``; FileMissing, SystemRefused."""
    if not force:
        refuse_existing(path, "Choose another name, or add --force where the command has it.")
    if path.is_dir():
        raise FileExists("this is a folder, not a file to be replaced", value=str(path), hint="Name a file in it.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if force:
                os.replace(partial, path)
            else:
                os.link(partial, path)  # unlike a rename, never over a file that has come meanwhile
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()
    except FileExistsError:
        raise FileExists("there is a file of this name already", value=str(path)) from None
    except OSError as error:
        raise system_error(error, path) from None
