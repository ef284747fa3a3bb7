"""The opened facts of cases, as the operator's own store has them beside the chain, sealed under the vault's keys.

Rules that need facts are judged where they are here, and are silent where they are not.
"""

from __future__ import annotations

from ..block.block import block_hash
from ..covenant.acts import Act, Request, Restitution
from ..covenant.book import Book
from ..covenant.facts import Facts
from ..sheet import decode
from .reading import Archive

__all__ = ["charged", "facts_of_case", "known_of", "opened_facts"]


def opened_facts(archive: Archive, book: Book, act: Act, digest: bytes) -> Facts | None:
    """The facts of the case that an act is about; ``digest`` is the act's entry's hash.

    Raises FactsMismatch, CanonicalError for something else than what the request committed to.
    """
    if isinstance(act, Request):
        return _read(archive, book.plan, digest, act.slot, act.facts_root)
    name = book.life.case_of(act)
    return None if name is None else facts_of_case(archive, book, name)


def facts_of_case(archive: Archive, book: Book, name: bytes) -> Facts | None:
    """The facts of a recorded case, by its name. Raises as :func:`opened_facts`."""
    case = book.life.cases.get(name)
    if case is None or not case.facts_root:
        return None
    return _read(archive, book.plan, name, case.slot, case.facts_root)


def _read(archive: Archive, plan: str, name: bytes, slot: int, root: bytes) -> Facts | None:
    data = archive.facts(plan, name)
    return None if data is None else Facts.from_bytes(data, block_hash(archive.block(0)), plan, slot, root)


def known_of(archive: Archive, book: Book, act: Act, digest: bytes) -> Facts | int | None:
    """What the rules need to know beside the chain: opened facts; for a restitution, what its member has paid."""
    if isinstance(act, Restitution):
        case = book.life.cases.get(act.case)
        return None if case is None else charged(archive, book, case.slot)
    return opened_facts(archive, book, act, digest)


def charged(archive: Archive, book: Book, slot: int) -> int:
    """What a member was charged in all settled rounds, less what was refunded, in minor units."""
    numbers = archive.plan_state(book.plan, archive.size - 1)
    charges, refunds = (
        sum(_amount(archive, book, schema, number, slot) for number in range(numbers.next_number(schema)))
        for schema in ("charge/1", "refund/1")
    )
    return charges - refunds


def _amount(archive: Archive, book: Book, schema: str, number: int, slot: int) -> int:
    """A member's amount in a sheet that lies below the block that the book is at."""
    ref = archive.sheet(book.plan, schema, number)
    if slot >= ref.descriptor.rows or ref.height >= book.height:
        return 0
    page, row = divmod(slot, ref.descriptor.schema.page_rows)
    rows = ref.descriptor.schema.rows_in_page(page, ref.descriptor.rows)
    return int(decode(ref.descriptor.schema, archive.page(ref, page), rows)["amount"][row])
