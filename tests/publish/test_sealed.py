"""Sealed rows, their trees, secrets, references and indexes never leave the store."""

from __future__ import annotations

from pathlib import Path

from mutualchain.archive import layout
from mutualchain.archive.reading import Archive
from mutualchain.publish import publish
from tests.publish.tools import everything, large
from tests.record import world as members


def private_values(archive: Archive) -> dict[str, bytes]:
    """What must not be found anywhere: at least 8 bytes each, that nothing public contains."""
    found: dict[str, bytes] = {}
    reader = archive.reader
    for letter in "srk":
        for key, value in reader.scan(letter.encode(), bytes([ord(letter) + 1])):
            if len(value) >= 8 and letter == "s":
                found[f"secret {key.hex()}"] = value
            if letter == "r":
                found[f"reference {key.hex()}"] = key[1:]
    for plan in archive.plans()[1:]:
        for position in range(archive.plan_state(plan, archive.size - 1).sheets_size):
            ref = archive.sheet_at(plan, position)
            if not ref.descriptor.schema.sealed:
                continue
            width = ref.descriptor.schema.row_bytes
            for index in range(ref.descriptor.bundles):
                data = archive.bundle(ref, index)
                for at in range(0, len(data), width):
                    found[f"row of {ref.descriptor.schema.name} {position}"] = data[at : at + width]
                    found[f"half a row {position}"] = data[at + 4 : at + 20]
                packed = reader.get(layout.bundle(ref.height, ref.index, index))
                assert packed is not None
                found[f"bundle {position}"] = packed
            found[f"tile {position}"] = archive.tile(ref, 0, 0)
            found[f"secret of {position}"] = archive.secret(ref)
    return found


def test_nothing_sealed_is_in_any_published_byte(published: Path, tmp_path: Path) -> None:
    with members.world().ledger.read() as archive:
        publish(archive, tmp_path / "ledger")
        private = private_values(archive)
        assert len(private) > 60
        written = everything(tmp_path / "ledger")
        assert [name for name, value in private.items() if value in written] == []
    with large().ledger.read() as archive:
        private = private_values(archive)
        written = everything(published)
        assert [name for name, value in private.items() if value in written] == []
        assert (777_000_111).to_bytes(8, "little") not in written  # as a row or a node of the tree has it


def test_sealed_sheets_have_no_files_of_their_own(published: Path) -> None:
    names = {path.name for path in (published / "plan/demo").iterdir()}
    assert names == {"head", "covenants", "sheets", "events", "slots", "enrolment-1", "charge-1"}


def test_what_may_not_be_found_would_be_found(published: Path) -> None:
    """The search itself works: public rows are in the published bytes."""
    with large().ledger.read() as archive:
        page = archive.page(archive.sheet("demo", "charge/1", 1), 5)
        assert page in everything(published)
