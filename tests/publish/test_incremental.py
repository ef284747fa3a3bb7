"""Only what is new is written; a crash anywhere loses nothing; what is published is never taken back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mutualchain.archive.published_layout import CHECKPOINT
from mutualchain.errors import (
    MutualchainError,
    NoteUnverified,
    PublishBusy,
    PublishFolder,
    PublishRollback,
    PublishSplit,
    PublishUnverified,
    QuorumError,
)
from mutualchain.publish import publish
from mutualchain.publish.folder import Folder
from mutualchain.record.build import build_record
from mutualchain.store import MemoryStore
from mutualchain.tlog import checkpoint as checkpoints
from mutualchain.tlog import note as notes
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.trust import Witness
from tests.publish.tools import LOG, ORIGIN, TRUST, Operator, files_of, large, reading


def snapshots(operator: Operator, steps: int) -> list[bytes]:
    """Checkpoints of a ledger that grows."""
    operator.plan()
    found = []
    for step in range(steps):
        operator.join_many(300 + step)
        operator.join(2)
        operator.round()
        operator.blocks(90)
        found.append(operator.note())
    return found


def test_publishing_step_by_step_gives_what_publishing_once_gives_but_for_old_heads(tmp_path: Path) -> None:
    operator = Operator()
    for note in snapshots(operator, 4):
        publish(operator.store, tmp_path / "often", note=note)
    publish(operator.store, tmp_path / "once")
    often, once = files_of(tmp_path / "often"), files_of(tmp_path / "once")
    assert {path: data for path, data in often.items() if path in once} == once
    extra = {path.split("/")[0] for path in often.keys() - once.keys()}
    assert extra <= {"head", "tile", "plan"}
    others = [path for path in often.keys() - once.keys() if not path.startswith("head/") and "/head/" not in path]
    assert all(".p/" in path for path in others)


def test_partial_tiles_of_every_published_checkpoint_stay_until_the_full_one_is_there(tmp_path: Path) -> None:
    operator = Operator()
    operator.blocks(100)
    sizes = []
    for _ in range(3):
        operator.blocks(60)
        publish(operator.store, tmp_path, note=operator.note())
        sizes.append(operator.ledger.size)
    assert sizes[1] < 256 < sizes[2]
    assert not (tmp_path / "tile/0/000.p").exists()
    assert (tmp_path / "tile/0/000").is_file()
    assert not (tmp_path / "tile/entries/000.p").exists()
    assert (tmp_path / f"tile/0/001.p/{sizes[2] - 256}").is_file()
    operator.blocks(3)
    publish(operator.store, tmp_path, note=operator.note())
    assert (tmp_path / f"tile/0/001.p/{sizes[2] - 256}").is_file()  # still asked for by who has the last checkpoint


def test_a_reader_with_the_checkpoint_before_falls_back_to_full_tiles(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.join(200)
    old = operator.note()
    publish(operator.store, tmp_path, note=old)
    operator.join(200)
    publish(operator.store, tmp_path, note=operator.note())
    (tmp_path / CHECKPOINT).write_bytes(old)  # as a cache between them would show it
    assert not (tmp_path / "plan/demo/sheets/tile/0/000.p").exists()
    with reading(tmp_path) as archive:
        build_record(archive, "demo", 150)
        assert archive.block(100)


def test_an_unchanged_ledger_costs_a_few_reads(published: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in published.rglob("*") if path.is_file()}
    report = publish(large().store, published, trust=TRUST)
    assert (report.files, report.bytes, report.new_checkpoint) == (0, 0, False)
    assert {path: path.stat().st_mtime_ns for path in published.rglob("*") if path.is_file()} == before


def test_rechecking_mends_what_is_missing_or_wrong(copy: Path) -> None:
    whole = files_of(copy)
    for path in list(whole)[1::3]:
        (copy / path).unlink()
    for path in list(whole)[2::3]:
        (copy / path).write_bytes(b"damaged")
    publish(large().store, copy, trust=TRUST, recheck=True)
    assert files_of(copy) == whole


class Killed(BaseException):
    """The process dies here."""


def killing(monkeypatch: pytest.MonkeyPatch, name: str, after: int) -> Callable[[], None]:
    """The ``after``-th call of ``os.<name>`` and all later ones kill the process; a function that takes it back."""
    real = getattr(os, name)
    left = [after]

    def call(*args: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return real(*args)

    monkeypatch.setattr(os, name, call)
    return lambda: monkeypatch.setattr(os, name, real)


@pytest.mark.parametrize("name", ["replace", "fsync", "write"])
def test_a_crash_at_any_step_leaves_the_old_checkpoint_or_a_whole_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    operator = Operator()
    operator.plan()
    operator.join_many(4_200)
    operator.join(150)
    first = operator.note()
    operator.join(120)
    operator.round()
    second = operator.note()
    publish(operator.store, tmp_path / "whole", note=first)
    publish(operator.store, tmp_path / "whole", note=second)
    whole = files_of(tmp_path / "whole")
    publish(operator.store, tmp_path / "ledger", note=first)
    after, crashes = 0, 0
    while True:
        undo = killing(monkeypatch, name, after)
        try:
            publish(operator.store, tmp_path / "ledger", note=second, threads=1)
            break
        except Killed:
            crashes += 1
        finally:
            undo()
        shown = (tmp_path / "ledger" / CHECKPOINT).read_bytes()
        assert shown in (first, second)
        with reading(tmp_path / "ledger") as archive:
            archive.page(archive.enrolment_of("demo", 4_300), 0)
            assert archive.checkpoint() == shown
        after += 1 if after < 8 else 11
    assert crashes > 5
    assert files_of(tmp_path / "ledger") == whole
    assert not list((tmp_path / "ledger/.publish").glob("new-*"))


def test_a_crash_before_cleaning_is_cleaned_by_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = Operator()
    operator.blocks(200)
    publish(operator.store, tmp_path, note=operator.note())
    operator.blocks(100)
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "clean", lambda self: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            publish(operator.store, tmp_path, note=operator.note())
    assert (tmp_path / "tile/0/000.p").exists()
    assert publish(operator.store, tmp_path, note=operator.note()).cleaned == 5  # tiles and entries of two logs, slots


def test_an_older_checkpoint_never_takes_the_place_of_a_newer_one(tmp_path: Path) -> None:
    operator = Operator()
    first, second = snapshots(operator, 2)
    publish(operator.store, tmp_path, note=second)
    before = files_of(tmp_path)
    with pytest.raises(PublishRollback):
        publish(operator.store, tmp_path, note=first)
    assert files_of(tmp_path) == before


def test_another_history_is_refused(tmp_path: Path) -> None:
    one, other = Operator(), Operator(b"x")
    snapshots(one, 1)
    snapshots(other, 1)
    publish(one.store, tmp_path)
    other.blocks(1)
    other.note()
    before = files_of(tmp_path)
    with pytest.raises(PublishSplit):
        publish(other.store, tmp_path)
    assert files_of(tmp_path) == before


def test_only_an_own_or_empty_folder_is_published_to(tmp_path: Path) -> None:
    operator = Operator()
    operator.note()
    (tmp_path / "file").write_bytes(b"mine")
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(PublishFolder):
            publish(operator.store, place)
    ours = tmp_path / "ours"
    publish(operator.store, ours)
    with Folder(ours), pytest.raises(PublishBusy):
        publish(operator.store, ours)
    for damage in (b"no note", b"other.example\n1\nAAAA\n", notes.sign("x.example\n1\n" + "A" * 43 + "=\n", [LOG])):
        (ours / CHECKPOINT).write_bytes(damage)
        with pytest.raises(PublishFolder):
            publish(operator.store, ours)


def test_a_checkpoint_is_published_with_its_quorum_only(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    note = operator.note()
    witness = CosignatureSigner.from_seed("witness.example", b"w" * 32)
    trust = replace(TRUST, witnesses=(Witness("w", witness.verifier),), quorum="w")
    with pytest.raises(QuorumError):
        publish(operator.store, tmp_path, trust=trust)
    assert files_of(tmp_path) == {}
    said = checkpoints.parse(notes.parse(note).text)
    cosigned = note + f"{witness.cosign(said, 1_760_000_000).line}\n".encode()
    assert publish(operator.store, tmp_path, trust=trust, note=cosigned).new_checkpoint
    assert not publish(operator.store, tmp_path).new_checkpoint  # without the cosignature it says less
    assert (tmp_path / CHECKPOINT).read_bytes() == cosigned


def test_a_note_that_the_log_did_not_sign_is_not_published(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    said = checkpoints.parse(notes.parse(operator.note()).text)
    stranger = notes.Signer.from_seed(ORIGIN, b"s" * 32)
    with pytest.raises(NoteUnverified):
        publish(operator.store, tmp_path, note=checkpoints.sign_checkpoint(said, [stranger]))
    for wrong in (replace(said, root=b"r" * 32), replace(said, size=99)):
        with pytest.raises(PublishUnverified):
            publish(operator.store, tmp_path, note=checkpoints.sign_checkpoint(wrong, [LOG]))
    assert files_of(tmp_path) == {}


KINDS = {
    b"B": "block",
    b"E": "entry",
    b"P": "params",
    b"G": "bundle",
    b"T": "tile",
    b"Nb": "node of blocks",
    b"Ns": "node of sheets",
    b"Ne": "node of entries",
    b"D": "leaf of sheets",
    b"V": "leaf of entries",
    b"A": "plan leaf",
    b"C": "checkpoint",
}


@pytest.mark.parametrize("prefix", KINDS, ids=KINDS.get)
def test_a_damaged_store_is_never_published(tmp_path: Path, prefix: bytes) -> None:
    """One byte of any public thing changed: no checkpoint, and an error of ours."""
    operator = Operator()
    operator.plan()
    operator.join_many(4_300)
    operator.join(2)
    operator.round()
    operator.note()
    publish(operator.store, tmp_path / "whole")
    data = operator.store._state()
    keys = sorted(key for key in data if key.startswith(prefix))
    assert keys
    refused = 0
    for key in dict.fromkeys((keys[0], keys[len(keys) // 2], keys[-1])):
        store = MemoryStore()
        value = bytearray(data[key])
        value[len(value) // 2] ^= 1
        store._data = {**data, key: bytes(value)}
        folder = tmp_path / key.hex()
        try:
            publish(store, folder)
        except MutualchainError:
            refused += 1
            assert not (folder / CHECKPOINT).exists()
        else:  # an earlier plan leaf, a node inside a tile: what changed is not published
            assert files_of(folder) == files_of(tmp_path / "whole")
    assert refused
