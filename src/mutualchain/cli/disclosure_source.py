"""What disclosures are made of: a ledger, the operator's own or a published one, and what may be opened of a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FileMissing, UsageError, VaultErased, VaultMissing
from .sources import is_published, published, published_trust

if TYPE_CHECKING:
    from ..archive.source import RecordSource
    from ..covenant.facts import Facts, Fields
    from ..disclosure.build import DisclosureBuilder, Told
    from ..tlog.trust import TrustFile
    from ..vault import Vault
    from .app import App

__all__ = ["Source", "open_source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A ledger being read, keys to check by what is made of it, and the vault, where that is at hand.

    ``ledger`` is its folder where it is the operator's own.
    """

    archive: RecordSource
    trust: TrustFile
    vault: Vault | None
    ledger: Path | None = None

    def builder(self, plan: str) -> DisclosureBuilder:
        """What makes the files of a plan's cases; of the operator's own ledger, so that they continue what it gave."""
        from ..disclosure.build import DisclosureBuilder
        from .handed_out import handed_out

        given: set[int] = set()
        if self.ledger is not None:  # whoever reads disclosures of several plans has one pin for all of them
            plans = {name for name, _ in self.archive.plan_leaves(self.archive.size - 1) if name}
            given = {size for name in plans for size in handed_out(self.ledger, name)}
        return DisclosureBuilder(self.archive, plan, handed_out=sorted(given, reverse=True))

    def remember(self, plan: str) -> None:
        """Note that everybody may have seen the book as it is shown now, so that later files continue it."""
        from ..tlog import checkpoint, note
        from .handed_out import remember

        if self.ledger is not None:
            remember(self.ledger, plan, checkpoint.parse(note.parse(self.archive.checkpoint()).text).size)

    def facts(self, plan: str, told: Told, names: tuple[str, ...]) -> Facts | None:
        """These facts of a case, as the operator keeps them; None where there are none, or no longer.

        Raises UsageError for a published ledger: nothing of them is published.
        """
        from ..archive.reading import Archive
        from ..disclosure.build import facts_beside

        if not names:
            return None
        if not isinstance(self.archive, Archive):
            raise UsageError("facts lie in the operator's own ledger, beside the chain; nothing of them is published")
        found = facts_beside(self.archive, plan, told)
        return None if found is None else found.only(*names)

    def fields(self, plan: str, told: Told, given: Path | None) -> Fields | None:
        """The masked fields of a case: out of the file, or the folder of files by case, that was named, else the vault.

        None where there are none. Raises FileMissing, InputFileError, and FactsMismatch for a file with other fields
        than the case was shown with; what the vault has beside those is passed over.
        """
        from ..block.block import block_hash
        from .case_mask import fields_of, read_fields

        chain = block_hash(self.archive.block(0))
        if given is not None:
            path = _file_of(given, told.case)
            return None if path is None else read_fields(path, chain, plan, told.case)
        kept = self._kept(plan, told)
        found = None if kept is None else fields_of(kept, "the vault", chain, plan, told.case)
        return found if found is not None and found.root == told.fields_root else None

    def _kept(self, plan: str, told: Told) -> bytes | None:
        from .vaults import fields_item

        if self.vault is None:
            return None
        try:
            kept = self.vault.get(plan, told.slot, fields_item(told.case))
        except (VaultMissing, VaultErased):
            return None
        return kept.encode() if isinstance(kept, str) else None


def _file_of(given: Path, case: bytes) -> Path | None:
    """The file itself, or the one of the case in a folder, by all of its name or the first 16 digits."""
    if not given.is_dir():
        return given
    names = (given / f"{name}.json" for name in (case.hex(), case.hex()[:16]))
    return next((path for path in names if path.exists()), None)


@contextmanager
def open_source(app: App, ledger: str | Path, trust: Path | None, cache: Path | None) -> Iterator[Source]:
    """The ledger at a place. Raises UsageError, and what opening it raises."""
    from .ledgers import genesis_trust, snapshot
    from .vaults import vault_at_hand

    if is_published(ledger):
        trusted = published_trust(ledger, trust)
        with published(ledger, trusted, cache) as archive:
            yield Source(archive, trusted, None)
        return
    for name, given in (("--trust", trust), ("--cache", cache)):
        if given is not None:
            raise UsageError(f"{name} goes with a published ledger, and this is an operator's own")
    with vault_at_hand(app, Path(ledger)) as vault, snapshot(Path(ledger), vault) as (own, _):
        yield Source(own, genesis_trust(own), vault, Path(ledger))


def checked_folder(given: Path | None) -> None:
    """Raises FileMissing unless this is a folder of masked fields, where one was named."""
    if given is not None and not given.is_dir():
        raise FileMissing("a folder of masked fields was expected", value=str(given))
