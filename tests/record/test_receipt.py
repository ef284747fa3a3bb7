"""Receipts: what they prove, and that no part of one serves in another."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest

from mutualchain.covenant.document import Covenant
from mutualchain.errors import (
    CanonicalError,
    FrameError,
    GenesisError,
    MutualchainError,
    NoteUnverified,
    NotYourRecord,
    ProofError,
    RecordMismatch,
    UnsupportedVersion,
)
from mutualchain.ledger import Acknowledgement
from mutualchain.record.passport import Passport
from mutualchain.record.receipt import VerifiedReceipt, parse_receipt, verify_receipt
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile

from .tools import content_of, file_of, frame_of, tree_of
from .world import MAIN, ORIGIN, TRUST, Narrator, digest, fixed_secrets

ANNA, BERT = Passport(b"a" * 32), Passport(b"b" * 32)


@cache
def acknowledged() -> tuple[bytes, list[tuple[str, Acknowledgement, bytes]]]:
    """The chain, and (what, acknowledgement, receipt file) of everything that was written."""
    with fixed_secrets():
        teller = Narrator("receipts")
        ledger = teller.ledger
        done = {"plan": ledger.create_plan(MAIN, Covenant.simple("Receipts", prepay=0), reference="p")}
        for name, person in (("anna", ANNA), ("bert", BERT)):
            key = person.public_key(ORIGIN, MAIN)
            done[name] = ledger.enrol(MAIN, key, digest(name), deposit=100, reference=name)
        done["credit"] = ledger.credit(MAIN, 0, 70, reference="c")
        case = done["case"] = ledger.approve_case(MAIN, slot=0, aid=20, file_hash=digest("f"), reference="k")
        assert case.digest is not None
        done["opening"], _ = ledger.open_round(MAIN, [case.digest], reference="o")
        done["charge"] = ledger.settle_round(MAIN, reference="s")
        found = [(name, ack, ack.receipt().to_bytes()) for name, ack in done.items()]
    return ledger.chain, found


def true_receipts() -> list[bytes]:
    return [data for _, _, data in acknowledged()[1]]


def receipt(name: str) -> bytes:
    return next(data for what, _, data in acknowledged()[1] if what == name)


def told(found: VerifiedReceipt) -> tuple[Any, ...]:
    """Everything that a verified receipt says."""
    page = found.page
    rows = None if page is None else [page.row(page.first_row + at) for at in range(page.rows)]
    checkpoint = found.checkpoint.origin, found.checkpoint.size, found.checkpoint.root
    return (checkpoint, found.chain, found.height, found.time_ms, found.descriptor, rows, found.entry)


def test_every_acknowledged_write_has_a_receipt_that_verifies() -> None:
    chain, done = acknowledged()
    for name, ack, data in done:
        found = verify_receipt(parse_receipt(data), TRUST, chain=chain)
        assert (found.height, found.time_ms, found.chain) == (ack.height, ack.time_ms, chain), name
        assert parse_receipt(data).to_bytes() == data
    assert verify_receipt(parse_receipt(receipt("case")), TRUST).entry is not None
    charge = verify_receipt(parse_receipt(receipt("charge")), TRUST)
    assert charge.descriptor is not None
    assert (charge.descriptor.schema.name, charge.descriptor.total("paid"), charge.page) == ("charge/1", 20, None)


def test_a_receipt_shows_her_row_and_no_other() -> None:
    found = verify_receipt(parse_receipt(receipt("bert")), TRUST)
    slot, row = found.row_with("key", BERT.public_key(ORIGIN, MAIN))
    assert (slot, row["deposit"], row["commitment"]) == (1, 100, digest("bert"))
    assert verify_receipt(parse_receipt(receipt("credit")), TRUST).row_with("slot", 0)[1]["amount"] == 70
    for name in ("bert", "case", "charge"):
        with pytest.raises(NotYourRecord):
            verify_receipt(parse_receipt(receipt(name)), TRUST).row_with("key", ANNA.public_key(ORIGIN, MAIN))


def test_a_receipt_of_another_log_or_chain_is_refused() -> None:
    stranger = TrustFile((Log(Signer.from_seed(ORIGIN, b"x" * 32).verifier),))
    with pytest.raises(NoteUnverified):
        verify_receipt(parse_receipt(receipt("anna")), stranger)
    with pytest.raises(GenesisError):
        verify_receipt(parse_receipt(receipt("anna")), TRUST, chain=digest("another chain"))


def test_no_part_of_one_receipt_serves_in_another() -> None:
    trees = [tree_of(data) for data in true_receipts()]
    tried = 0
    for one in trees:
        for other in trees:
            for at in range(1, 6):
                if one[at] == other[at] or (at == 5 and other[5] == ["sheet", 0]):
                    continue  # of a receipt for a row one for its sheet can be made: it is true, and says less
                forged = copy.deepcopy(one)
                forged[at] = other[at]
                with pytest.raises(MutualchainError) as caught:
                    verify_receipt(parse_receipt(file_of(forged, "receipt")), TRUST)
                assert caught.value.exit_code in (1, 3)
                tried += 1
    assert tried > 100


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        ([0], 2, UnsupportedVersion),
        ([0], True, UnsupportedVersion),
        ([1], "note", RecordMismatch),
        ([2], 3, ProofError),
        ([2], -1, RecordMismatch),
        ([2], 2**63 - 1, ProofError),
        ([3], b"", ProofError),
        ([4], [bytes(31)], RecordMismatch),
        ([4], [bytes(32)] * 64, RecordMismatch),
        ([5], [], UnsupportedVersion),
        ([5], ["riddle", 0], UnsupportedVersion),
        ([5], [["row"], 0, 0], UnsupportedVersion),
        ([5, 0], "sheet", RecordMismatch),
        ([5, 0], "entry", RecordMismatch),
        ([5, 1], 1, RecordMismatch),
        ([5, 1], True, RecordMismatch),
        ([5, 2], 0, MutualchainError),
    ],
)
def test_a_malformed_receipt_is_refused(path: list[int], value: Any, error: type[MutualchainError]) -> None:
    tree = tree_of(receipt("anna"))
    *way, last = path
    into = tree
    for step in way:
        into = into[step]
    into[last] = value
    with pytest.raises(error):
        verify_receipt(parse_receipt(file_of(tree, "receipt")), TRUST)


def test_every_byte_of_a_receipt_is_watched() -> None:
    for name in ("anna", "credit", "case", "charge"):
        content = content_of(receipt(name))
        for at in range(len(content)):
            changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            with pytest.raises(MutualchainError) as caught:
                verify_receipt(parse_receipt(frame_of(changed, "receipt")), TRUST)
            assert caught.value.exit_code in (1, 3)


def test_every_prefix_of_a_receipt_is_refused() -> None:
    data = receipt("credit")
    for end in range(len(data)):
        with pytest.raises(FrameError):
            parse_receipt(data[:end])
    content = content_of(data)
    for end in range(len(content)):
        with pytest.raises(CanonicalError):
            parse_receipt(frame_of(content[:end], "receipt"))


def test_an_entry_receipt_is_of_its_own_block_and_index() -> None:
    tree = tree_of(receipt("case"))
    tree[5][1] = 1
    with pytest.raises(ProofError):
        verify_receipt(parse_receipt(file_of(tree, "receipt")), TRUST)
    tree = tree_of(receipt("case"))
    tree[5][2] = tree_of(receipt("opening"))[5][2]
    with pytest.raises(ProofError):
        verify_receipt(parse_receipt(file_of(tree, "receipt")), TRUST)
