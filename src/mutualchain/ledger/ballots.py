"""Ballots recorded: one juror's, or a quarter of a million as columns, each signed; and each juror's proof of hers.

A sheet of ballots is checked against the rules while the lock is held, and hashed and its signatures verified while
others go on.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.reading import EventRef
from ..covenant.ballots import BALLOT, apply_ballots, ballot_params, ballot_violations, subject_of
from ..covenant.book import Book
from ..covenant.statements import ballot_message, verify_statement
from ..errors import RecordUnavailable, StatementSignatureError, UsageError
from ..limits import MAX_ROWS
from ..record.receipt import Receipt
from .arguments import octets, whole
from .bulk import column, columns_digest, integers, octet_rows
from .core import Core, reference_key
from .opening import read_keys
from .receipts import Acknowledgement, GroupProofs, receipt_from_archive
from .writer import make_sheet

__all__ = ["ballot_receipt", "vote", "vote_many"]

Columns = dict[str, NDArray[Any]]
_BATCH = 4_096
"""Signatures that one thread verifies at a time: a quarter of a second."""


def vote(
    core: Core, plan: str, subject: bytes, slot: int, vote: bool, seq: int, signature: bytes, reference: str | bytes
) -> Acknowledgement:
    """See :meth:`mutualchain.ledger.cases.Cases.vote`."""
    whole(slot, "a slot", MAX_ROWS)
    whole(seq, "a running number", MAX_ROWS)
    row = np.frombuffer(octets(signature, "a signature", 64), np.uint8).reshape(1, 64)
    return vote_many(core, plan, subject, [slot], [int(vote)], [seq], row, reference)


def vote_many(
    core: Core, plan: str, subject: bytes, slots: Any, votes: Any, seqs: Any, signatures: Any, reference: str | bytes
) -> Acknowledgement:
    """See :meth:`mutualchain.ledger.cases.Cases.vote_many`."""
    octets(subject, "a subject")
    given = column(slots, "slots")
    rows = len(given) if given.ndim == 1 else 0
    if not rows:
        raise UsageError("slots is a list of one or more slots")
    columns = {
        "slot": integers(given, "slots", rows, MAX_ROWS, "<u4"),
        "seq": integers(seqs, "seqs", rows, MAX_ROWS, "<u4"),
        "vote": integers(votes, "votes", rows, 1, "|u1"),
        "signature": octet_rows(signatures, "signatures", rows, 64),
    }
    name = reference_key(plan, reference)
    digest = columns_digest(f"vote_many {subject.hex()}", plan, columns)
    params = ballot_params(subject)
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        book = core.book(plan)
        time_ms = core.now()
        _refuse(book, subject, columns, time_ms)
        keys = _keys(core, book, columns["slot"], time_ms)
        context = core.context(plan, BALLOT, params=params)
    _verify(core.chain, plan, subject, columns, keys)
    sheet = make_sheet(context, columns, params)  # hashed while others go on; made again if ballots came meanwhile
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        time_ms = core.now()
        _refuse(book, subject, columns, time_ms)
        if core.context(plan, BALLOT, params=params) != context:
            sheet = make_sheet(core.context(plan, BALLOT, params=params), columns, params)
        slot, seq = (int(columns["slot"][0]), int(columns["seq"][0])) if rows == 1 else (-1, -1)
        record = core.record_of(digest, time_ms, "row" if rows == 1 else "sheet", 0, rows=rows, slot=slot, seq=seq)
        extra = [(layout.reference(name), record)]
        done = core.commit(time_ms, [], [sheet], extra, lambda: apply_ballots(book, subject, columns))
    proofs = GroupProofs(done, [], [])
    receipt = proofs.row(0, 0) if rows == 1 else proofs.batch(0)  # and none of the rows is kept: they are in the store
    if rows == 1:
        return Acknowledgement(plan, done.height, time_ms, slot, seq, _make=lambda: receipt)
    return Acknowledgement(plan, done.height, time_ms, rows=rows, _make=lambda: receipt)


def _refuse(book: Book, subject: bytes, columns: Columns, time_ms: int) -> None:
    found = ballot_violations(book, subject, columns, time_ms)
    if found:
        raise found[0]


def _keys(core: Core, book: Book, slots: NDArray[Any], time_ms: int) -> list[bytes]:
    """The key in force of each slot."""
    order = np.argsort(slots, kind="stable")  # neighbours' keys lie in one page
    with core.read() as archive:
        read = read_keys(archive, book.plan, slots[order].astype(np.int64))
    keys: list[bytes] = [b""] * len(slots)
    for at, key in zip(order.tolist(), read, strict=True):
        keys[at] = book.life.keys.key_of(int(slots[at]), time_ms) or key.tobytes()
    return keys


def _verify(chain: bytes, plan: str, subject: bytes, columns: Columns, keys: list[bytes]) -> None:
    """Raises StatementSignatureError for the first row that its juror did not sign."""
    slots, seqs, votes = (columns[name].tolist() for name in ("slot", "seq", "vote"))
    signatures = columns["signature"]

    def batch(start: int) -> None:
        for row in range(start, min(start + _BATCH, len(slots))):
            message = ballot_message(chain, plan, subject, slots[row], seqs[row], votes[row])
            try:
                verify_statement(keys[row], signatures[row].tobytes(), message)
            except StatementSignatureError as error:
                error.place = f"row {row} (slot {slots[row]})"
                raise

    if len(slots) <= _BATCH:
        batch(0)
        return
    with ThreadPoolExecutor(os.cpu_count(), "mutualchain-verify") as pool:
        for _ in pool.map(batch, range(0, len(slots), _BATCH)):
            pass


def ballot_receipt(core: Core, plan: str, subject: bytes, slot: int) -> Receipt:
    """See :meth:`mutualchain.ledger.cases.Cases.ballot_receipt`."""
    octets(subject, "a subject")
    whole(slot, "a slot", MAX_ROWS)
    with core.turn:
        core.usable()
        core.book(plan).balance(slot)
        core.flush()
    with core.read() as archive:

        def hers(event: EventRef) -> bool:
            ballot = event.sheet.descriptor.schema.name == BALLOT
            return ballot and subject_of(archive.params(event.sheet)) == subject

        found = next(filter(hers, reversed(archive.events_of(plan, slot))), None)
        if found is None:
            raise RecordUnavailable("no ballot of this member on this subject is recorded", value=slot)
        return receipt_from_archive(archive, core.chain, found.sheet.height, "row", found.sheet.index, found.row)
