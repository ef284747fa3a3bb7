"""The vault of a ledger, which holds the keys of its members' personal data: found, and opened where it is needed.

It lies beside the ledger, as LEDGER-vault, unless ``--vault`` names another place. A command that has that option
opens it; what it cannot do without, it says then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from ..errors import VaultDamaged, VaultMissing
from .app import App
from .options import FILE

if TYPE_CHECKING:
    from ..vault import Vault

__all__ = [
    "VaultPlace",
    "fields_item",
    "make_vault",
    "needed_vault",
    "opened_vault",
    "vault_at_hand",
    "vault_option",
    "vault_path",
]

F = TypeVar("F", bound=Callable[..., Any])
_FIRST_LINE = "mutualchain vault master key v1"
_MOST = 200
_MASTER = "master.key"


class VaultPlace(NamedTuple):
    """What a call says about where the vault and its master key lie."""

    folder: Path | None = None
    master: Path | None = None


def fields_item(case: bytes) -> str:
    """The name under which the vault keeps the masked fields of a case, as ``case mask`` wrote them."""
    return f"fields {case.hex()}"


def vault_path(ledger: Path) -> Path:
    """Where a ledger's vault lies unless told otherwise: beside it, never inside."""
    from .ledgers import place_beside

    return place_beside(ledger, "-vault")


def vault_option(command: F) -> F:
    """``--vault``, ``--master``: the command uses the vault."""

    def chosen(field: str) -> Callable[[click.Context, click.Parameter, Path | None], None]:
        def choose(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
            app = ctx.ensure_object(App)
            app.vault = (app.vault or VaultPlace())._replace(**{field: value})

        return choose

    command = click.option(
        "--master",
        type=FILE,
        envvar="MUTUALCHAIN_VAULT_MASTER",
        expose_value=False,
        callback=chosen("master"),
        metavar="FILE",
        help="The vault's master key. [default: master.key in the vault]",
    )(command)
    return click.option(
        "--vault",
        type=FILE,
        envvar="MUTUALCHAIN_VAULT",
        expose_value=False,
        callback=chosen("folder"),
        metavar="FOLDER",
        help="The vault with members' personal data. [default: LEDGER-vault, beside the ledger]",
    )(command)


def new_master() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


def make_vault(folder: Path, master: Path | None = None) -> Path:
    """A new vault, and its master key in a new file, whose path it returns. Raises FileExists, VaultExists."""
    from ..vault import Vault
    from .files import refuse_existing, write_file

    path = folder / _MASTER if master is None else master
    refuse_existing(path, "A key is never overwritten. Choose another name.")
    key = new_master()
    Vault.create(folder, key).close()
    write_file(path, f"{_FIRST_LINE}\n{key.hex()}\n".encode(), mode=0o600)
    return path


def opened_vault(folder: Path, master: Path | None = None) -> Vault:
    """A vault with the master key of ``master``, or of ``folder``/master.key.

    Raises FileMissing, VaultMissing, VaultBusy, VaultDamaged.
    """
    from ..vault import Vault
    from .files import read_file

    path = folder / _MASTER if master is None else master
    if not folder.is_dir():
        hint = "Name it with --vault; `mutualchain vault new` makes one."
        raise VaultMissing("there is no vault in this folder", place=str(folder), hint=hint)
    lines = read_file(path, "a vault's master key", _MOST).decode("utf-8", "replace").split("\n")
    try:
        if len(lines) != 3 or lines[0] != _FIRST_LINE or lines[2]:
            raise ValueError
        key = bytes.fromhex(lines[1])
    except ValueError:
        raise VaultDamaged("this is no vault's master key, or it is damaged", place=str(path)) from None
    return Vault.open(folder, key)


@contextmanager
def needed_vault(app: App, ledger: Path) -> Iterator[Vault]:
    """The ledger's vault, for a command that is about nothing else. Raises as :func:`opened_vault`."""
    folder, master = app.vault or VaultPlace()
    with opened_vault(vault_path(ledger) if folder is None else folder, master) as vault:
        yield vault


@contextmanager
def vault_at_hand(app: App, ledger: Path) -> Iterator[Vault | None]:
    """The ledger's vault, if the command uses it and it is there; one that was named has to be.

    Raises as :func:`opened_vault`.
    """
    if app.vault is None:
        yield None
        return
    folder, master = app.vault
    place = vault_path(ledger) if folder is None else folder
    named = folder is not None or master is not None
    if not named and not (place / _MASTER).exists():
        yield None
        return
    with opened_vault(place, master) as vault:
        yield vault
