"""Ledgers opened: for writing with the operator's keys, for reading without any."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import KeyFileError, PassphraseNeeded, UsageError
from ..limits import MAX_TRUST_FILE
from ..money import parse_amount
from ..tlog import trust as trust_files
from ..tlog.trust import Log, TrustFile
from .command import words_here
from .files import read_file

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..ledger import Acknowledgement, Ledger, OperatorKeys, Witnesses
    from ..record.passport import Passport
    from ..store import Reader
    from ..vault import Vault
    from .app import App
    from .language import Words

__all__ = [
    "acknowledged",
    "amount_of",
    "asks_witnesses",
    "genesis_trust",
    "keys_folder",
    "new_passphrase",
    "one_of",
    "place_beside",
    "read_passport",
    "read_trust",
    "reading",
    "snapshot",
    "trust_path",
    "trusted_by",
    "writing",
]


def place_beside(ledger: Path, suffix: str) -> Path:
    """What lies beside a ledger under its name and ``suffix``."""
    named = ledger if ledger.name not in ("", "..") else ledger.resolve()
    return named.with_name(named.name + suffix)


def keys_folder(ledger: Path) -> Path:
    """Where a ledger's keys lie unless told otherwise: beside it, never inside."""
    return place_beside(ledger, "-keys")


def trust_path(ledger: Path) -> Path:
    """The ledger's trust file, to hand to members and auditors."""
    return place_beside(ledger, ".trust")


@contextmanager
def writing(
    app: App,
    ledger: Path,
    keys: Path | None,
    *,
    operator: OperatorKeys | None = None,
    trust: TrustFile | None = None,
) -> Iterator[Ledger]:
    """The ledger, open for writing, with ``operator``'s keys in place of the folder's if given.

    Witnesses are those of ``trust``, else of the trust file beside the ledger, if it says where they are asked: nothing
    is written before they have confirmed that this is the newest copy. Raises StoreMissing, StoreBusy, KeyFileError,
    GenesisError; LedgerUnconfirmed, WitnessAhead, WitnessConflict.
    """
    from ..ledger import Ledger, OperatorKeys
    from ..store.datafile import check_roots
    from .vaults import vault_at_hand

    check_roots(ledger.absolute())
    folder = keys if keys is not None else keys_folder(ledger)
    if not folder.is_dir():
        raise KeyFileError("the folder of keys is not there", value=str(folder), hint="Name it with --keys.")
    found = operator or OperatorKeys.from_folder(folder)
    witnesses = _witnesses(app, ledger, trust)
    with (
        vault_at_hand(app, ledger) as vault,
        Ledger.open(
            ledger, found, clock=app.clock, witnesses=witnesses, vault=vault, background=witnesses is None
        ) as opened,
    ):
        opened.confirm()
        yield opened


def asks_witnesses(ledger: Path) -> bool:
    """Whether the trust file beside a ledger says where a witness is asked. Raises as :func:`read_trust`."""
    beside = trust_path(ledger)
    return beside.exists() and any(witness.url is not None for witness in read_trust(beside).witnesses)


def _witnesses(app: App, ledger: Path, trust: TrustFile | None) -> Witnesses | None:
    """Whom to ask, and how; None where no witness has an address."""
    if trust is None and asks_witnesses(ledger):
        trust = read_trust(trust_path(ledger))
    if trust is None or all(witness.url is None for witness in trust.witnesses):
        return None
    from ..ledger import Witnesses

    return Witnesses(trust, insist=app.unconfirmed)


@contextmanager
def snapshot(ledger: Path, vault: Vault | None = None) -> Iterator[tuple[Archive, Reader]]:
    """A consistent snapshot, read-only: it gets along with a writer. Raises StoreMissing, StoreCorrupt.

    With the vault, the facts of cases can be read in it.
    """
    from ..archive.reading import Archive
    from ..store import LmdbStore

    with LmdbStore.open(ledger, readonly=True) as store, store.read() as reader:
        yield Archive(reader, vault), reader


@contextmanager
def reading(ledger: Path, vault: Vault | None = None) -> Iterator[Archive]:
    """The archive of :func:`snapshot`."""
    with snapshot(ledger, vault) as (archive, _):
        yield archive


def read_trust(path: Path) -> TrustFile:
    """A trust file. Raises FileMissing, LimitError, TrustFileError."""
    return trust_files.parse(read_file(path, "a trust file", MAX_TRUST_FILE))


def trusted_by(trust: Path | None, passport: Passport | None) -> TrustFile:
    """The trust file that was named, else the one in a member's passport. Raises UsageError where there is none."""
    if trust is not None:
        return read_trust(trust)
    if passport is None or not passport.trust:
        raise UsageError("the passport holds no trust file", hint="Name the platform's trust file with --trust.")
    return trust_files.parse(passport.trust)


def genesis_trust(archive: Archive) -> TrustFile:
    """Trust in the log keys that the ledger names itself: it shows consistency, and nothing about whose book it is."""
    return TrustFile(tuple(Log(key) for key in archive.log_keys().known))


def read_passport(path: Path) -> Passport:
    """A member's passport; its passphrase from MUTUALCHAIN_PASSPHRASE, or asked for on a terminal.

    Raises FileMissing, LimitError, PassportError, PassphraseNeeded, PassphraseWrong.
    """
    from ..record.passport import MAX_PASSPORT_FILE, Passport, is_locked

    data = read_file(path, "a passport", MAX_PASSPORT_FILE)
    passphrase = os.environ.get("MUTUALCHAIN_PASSPHRASE") or None
    if passphrase is None and is_locked(data) and sys.stdin.isatty():
        passphrase = click.prompt(words_here().say("Passphrase of {file}", file=str(path)), hide_input=True, err=True)
    return Passport.from_bytes(data, passphrase)


def new_passphrase(words: Words, *, optional: bool = False, variable: str = "MUTUALCHAIN_PASSPHRASE") -> str | None:
    """A new passphrase from the environment, or asked for twice; None for an empty one where that is allowed.

    Raises PassphraseNeeded where there is nobody to ask.
    """
    given = os.environ.get(variable)
    if given is None and not sys.stdin.isatty():
        raise PassphraseNeeded("a passphrase is needed, and nobody can be asked", hint=f"Set the variable {variable}.")
    if given is None:
        text = "A passphrase (empty: none)" if optional else "A passphrase"
        given = click.prompt(
            words.say(text),
            default="" if optional else None,
            show_default=False,
            hide_input=True,
            confirmation_prompt=words.say("The same again"),
            err=True,
        )
    if not given and not optional:
        raise PassphraseNeeded("a passphrase is empty", hint=f"Set the variable {variable}, or type one.")
    return given or None


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
        "unchecked": list(done.unchecked),
        "receipt": None if receipt is None else str(receipt),
    }
