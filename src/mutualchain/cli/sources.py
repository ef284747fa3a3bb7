"""Where a ledger is read from: the operator's own folder, or what was published to a folder or a web server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import PassphraseError, UsageError
from .command import words_here
from .ledgers import read_trust, trust_path

if TYPE_CHECKING:
    from ..archive.auditor_key import AuditorSecret
    from ..archive.published import GivenEvent, PublishedArchive
    from ..archive.published_sealed import SealedPart
    from ..record.passport import Passport
    from ..tlog.trust import TrustFile

__all__ = [
    "PASSPHRASE",
    "PLACE",
    "auditor_secret",
    "cache_option",
    "is_published",
    "own_trust",
    "passphrase_of",
    "published",
    "published_trust",
    "sealed_part",
]

PASSPHRASE = "MUTUALCHAIN_AUDITOR_PASSPHRASE"


class Place(click.ParamType[Any]):
    """A folder, or an http or https address."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | Path:
        return value if isinstance(value, str) and "://" in value else Path(value)


PLACE = Place()


def cache_option(command: Any) -> Any:
    """``--cache``: what was fetched from a server is kept."""
    return click.option(
        "--cache",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="Keep what was fetched of a published ledger in this folder, for the next time.",
    )(command)


def is_published(place: str | Path) -> bool:
    """Whether this is a published ledger rather than an operator's own folder."""
    if isinstance(place, str):
        return True
    return (place / "checkpoint").is_file() and (place / "head").is_dir()


def published_trust(place: str | Path, trust: Path | None) -> TrustFile:
    """The trust file that was named, or the one beside a folder. Raises UsageError where there is none."""
    if trust is None and isinstance(place, Path) and trust_path(place).exists():
        trust = trust_path(place)
    if trust is None:
        raise UsageError(
            "a published ledger is opened with a trust file", hint="Name the operator's trust file with --trust."
        )
    return read_trust(trust)


def own_trust(place: str | Path, trust: Path | None, passport: Passport | None) -> TrustFile:
    """The trust file that was named, or the passport's own, or the one beside a folder. Raises UsageError for none."""
    from ..tlog import trust as trust_files

    if trust is None and passport is not None and passport.trust:
        return trust_files.parse(passport.trust)
    return published_trust(place, trust)


@contextmanager
def published(
    place: str | Path, trust: TrustFile, cache: Path | None, events: list[GivenEvent] | None = None
) -> Iterator[PublishedArchive]:
    """A published ledger. Raises what :func:`open_published` raises."""
    from ..archive.published import open_published

    with open_published(place, trust, cache=cache, events=events or ()) as archive:
        yield archive


def auditor_secret(path: Path) -> AuditorSecret:
    """An auditor's key; the passphrase from MUTUALCHAIN_AUDITOR_PASSPHRASE, or asked for on a terminal.

    Raises KeyFileError, PassphraseError.
    """
    from ..archive.auditor_key import read_key_file, read_public_key

    read_public_key(path)  # whatever is wrong with the file is said before anybody is asked
    return read_key_file(path, passphrase_of(path, PASSPHRASE).encode())


def passphrase_of(path: Path, variable: str) -> str:
    """A key file's passphrase, from the environment or asked for on a terminal. Raises PassphraseError."""
    passphrase = os.environ.get(variable)
    if passphrase is None and sys.stdin.isatty():
        passphrase = click.prompt(words_here().say("Passphrase of {file}", file=str(path)), hide_input=True, err=True)
    if passphrase is None:
        raise PassphraseError("a passphrase is needed, and nobody can be asked", hint=f"Set the variable {variable}.")
    return passphrase


@contextmanager
def sealed_part(place: str | Path | None, key: Path | None, chain: bytes) -> Iterator[SealedPart | None]:
    """The auditor's part of a ledger, if one was named. Raises UsageError where key or part is missing."""
    from ..archive.published_sealed import SealedPart

    if (place is None) != (key is None):
        raise UsageError("--sealed and --key belong together: the auditor's part, and her key")
    if place is None or key is None:
        yield None
        return
    with SealedPart(place, auditor_secret(key), chain=chain) as part:
        yield part
