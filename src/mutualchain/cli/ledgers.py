"""Ledgers opened: for writing with the operator's keys, for reading without any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..archive.reading import Archive
from ..errors import KeyFileError, UsageError
from ..limits import MAX_TRUST_FILE
from ..money import parse_amount
from ..store import LmdbStore, Reader, datafile
from ..tlog import trust as trust_files
from ..tlog.note import Verifier
from ..tlog.trust import Log, TrustFile
from .files import read_file

if TYPE_CHECKING:
    from ..ledger import Acknowledgement, Ledger
    from ..record.passport import Passport
    from .app import App

__all__ = [
    "acknowledged",
    "amount_of",
    "genesis_trust",
    "keys_folder",
    "one_of",
    "read_passport",
    "read_trust",
    "reading",
    "snapshot",
    "trust_path",
    "writing",
]


def _beside(ledger: Path, suffix: str) -> Path:
    named = ledger if ledger.name not in ("", "..") else ledger.resolve()
    return named.with_name(named.name + suffix)


def keys_folder(ledger: Path) -> Path:
    """Where a ledger's keys lie unless told otherwise: beside it, never inside."""
    return _beside(ledger, "-keys")


def trust_path(ledger: Path) -> Path:
    """The ledger's trust file, to hand to members and auditors."""
    return _beside(ledger, ".trust")


@contextmanager
def writing(app: App, ledger: Path, keys: Path | None) -> Iterator[Ledger]:
    """The ledger, open for writing. Raises StoreMissing, StoreBusy, KeyFileError, GenesisError."""
    from ..ledger import Ledger, OperatorKeys

    datafile.check_roots(ledger.absolute())
    folder = keys if keys is not None else keys_folder(ledger)
    if not folder.is_dir():
        raise KeyFileError("the folder of keys is not there", value=str(folder), hint="Name it with --keys.")
    with Ledger.open(ledger, OperatorKeys.from_folder(folder), clock=app.clock) as opened:
        yield opened


@contextmanager
def snapshot(ledger: Path) -> Iterator[tuple[Archive, Reader]]:
    """A consistent snapshot, read-only: it gets along with a writer. Raises StoreMissing, StoreCorrupt."""
    with LmdbStore.open(ledger, readonly=True) as store, store.read() as reader:
        yield Archive(reader), reader


@contextmanager
def reading(ledger: Path) -> Iterator[Archive]:
    """The archive of :func:`snapshot`."""
    with snapshot(ledger) as (archive, _):
        yield archive


def read_trust(path: Path) -> TrustFile:
    """A trust file. Raises FileMissing, LimitError, TrustFileError."""
    return trust_files.parse(read_file(path, "a trust file", MAX_TRUST_FILE))


def genesis_trust(archive: Archive) -> TrustFile:
    """Trust in the log key that the ledger names itself: it shows consistency, and nothing about whose book it is."""
    from ..block.entry import Entry
    from ..block.genesis import Genesis

    genesis = Genesis.from_entry(Entry.from_bytes(archive.entry(0, 0)))
    return TrustFile((Log(Verifier.from_vkey(genesis.log_key)),))


def read_passport(path: Path) -> Passport:
    """A member's passport. Raises FileMissing, LimitError, PassportError."""
    from ..record.passport import MAX_PASSPORT_FILE, Passport

    return Passport.from_bytes(read_file(path, "a passport", MAX_PASSPORT_FILE))


def amount_of(ledger: Ledger, plan: str, text: str) -> int:
    """Minor units of an amount in the plan's currency. Raises AmountError, PlanUnknown."""
    return parse_amount(text, ledger.book(plan).covenant.decimals)


def one_of(what: str, **given: object) -> None:
    """Raises UsageError unless exactly one of these options was given."""
    names = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
    if len(names) != 1:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        found = "none of them was given" if not names else f"{' and '.join(names)} were given"
        raise UsageError(f"{what}: one of {options} is needed, and {found}")


def acknowledged(done: Acknowledgement, receipt: Path | None) -> dict[str, object]:
    """A durable write as JSON, its receipt written where that was asked for."""
    from .files import write_file

    if receipt is not None:
        write_file(receipt, done.receipt().to_bytes())
    return {
        "plan": done.plan,
        "height": done.height,
        "time_ms": done.time_ms,
        "slot": done.slot,
        "seq": done.seq,
        "rows": done.rows,
        "digest": None if done.digest is None else done.digest.hex(),
        "receipt": None if receipt is None else str(receipt),
    }
