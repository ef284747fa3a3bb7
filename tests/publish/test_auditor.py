"""The auditor's part: what she needs for a full replay, readable by her alone; and the audit of published files."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from mutualchain.archive import auditor_key
from mutualchain.archive import published_layout as layout
from mutualchain.archive.auditor_key import AuditorKey, AuditorSecret
from mutualchain.archive.packing import pack
from mutualchain.archive.published import open_published
from mutualchain.archive.published_sealed import MARKER, SealedPart, chunk_bundles, chunk_tiles, chunks, whole
from mutualchain.archive.reading import Archive
from mutualchain.audit import AuditReport, Verdict, audit_ledger
from mutualchain.canonical import encode
from mutualchain.errors import (
    FileExists,
    KeyFileError,
    MutualchainError,
    PassphraseError,
    PublishFolder,
    PublishRollback,
    PublishUnverified,
    SealedUnreadable,
    StoreCorrupt,
    UsageError,
)
from mutualchain.limits import MAX_SEALED_CHUNK
from mutualchain.publish import publish, publish_for_auditor
from mutualchain.publish.folder import Folder
from mutualchain.sheet import Descriptor, schema
from mutualchain.tlog.strict import to_base64
from tests.publish.test_sealed import private_values
from tests.publish.tools import FAST, TRUST, Operator, everything, files_of, served
from tests.record import world as members

HERS = AuditorSecret(b"a" * 32)
OTHERS = AuditorSecret(b"o" * 32)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The members' world published, and its auditor's part beside it."""
    folder = tmp_path_factory.mktemp("both")
    with members.world().ledger.read() as archive:
        report = publish(archive, folder / "public")
        done = publish_for_auditor(archive, folder / "sealed", HERS.key, report.size)
    assert done.sheets >= 10
    return folder


@contextmanager
def parts(folder: Path, secret: AuditorSecret = HERS) -> Iterator[tuple[AuditReport, int]]:
    """The report of an audit with the sealed part."""
    with (
        open_published(folder / "public", members.TRUST) as archive,
        SealedPart(folder / "sealed", secret, chain=archive.chain) as sealed,
    ):
        yield audit_ledger(archive, members.TRUST, sealed=sealed), archive.size


def test_a_published_ledger_is_audited_but_for_the_sealed_rows(both: Path) -> None:
    with open_published(both / "public", members.TRUST) as archive:
        report = audit_ledger(archive, members.TRUST)
    assert report.verdict is Verdict.VERIFIED, report.findings
    assert {plan.replay for plan in report.plans if plan.plan == members.MAIN} == {"public"}
    assert any("public replay" in limit.lower() for limit in report.limits)


def test_with_the_sealed_part_the_replay_is_full_and_says_what_the_operators_own_says(both: Path) -> None:
    with members.world().ledger.read() as stored:
        own = audit_ledger(stored, members.TRUST)
    with parts(both) as (report, _):
        assert report.verdict is Verdict.VERIFIED, report.findings
        assert {plan.replay for plan in report.plans} == {"full"}
        assert report.plans == own.plans
        assert (report.head, report.checkpoint, report.counts) == (own.head, own.checkpoint, own.counts)


def test_both_may_lie_on_a_server(both: Path) -> None:
    with (
        served(both) as (url, _),
        open_published(f"{url}/public", members.TRUST, limits=FAST) as archive,
        SealedPart(f"{url}/sealed", HERS, chain=archive.chain, limits=FAST) as sealed,
    ):
        report = audit_ledger(archive, members.TRUST, sealed=sealed)
    assert report.verdict is Verdict.VERIFIED
    assert {plan.replay for plan in report.plans} == {"full"}


def test_a_store_takes_no_sealed_part(both: Path) -> None:
    with (
        members.world().ledger.read() as stored,
        open_published(both / "public", members.TRUST) as archive,
        SealedPart(both / "sealed", HERS, chain=archive.chain) as sealed,
        pytest.raises(UsageError),
    ):
        audit_ledger(stored, members.TRUST, sealed=sealed)


def test_nothing_sealed_can_be_read_in_the_auditors_part(both: Path) -> None:
    with members.world().ledger.read() as archive:
        private = private_values(archive)
    written = everything(both / "sealed")
    assert [name for name, value in private.items() if value in written] == []


def test_another_key_opens_nothing_and_says_so(both: Path, tmp_path: Path) -> None:
    with open_published(both / "public", members.TRUST) as archive:
        with pytest.raises(SealedUnreadable) as caught:
            SealedPart(both / "sealed", OTHERS, chain=archive.chain)
        assert caught.value.value == HERS.key.text.encode()
        with pytest.raises(SealedUnreadable):
            SealedPart(both / "sealed", HERS, chain=b"c" * 32)
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    lines = (copy / "sealed" / MARKER).read_bytes().split(b"\n")
    (copy / "sealed" / MARKER).write_bytes(b"\n".join([*lines[:3], OTHERS.key.text.encode(), b""]))
    with parts(copy, OTHERS) as (report, _):
        assert report.verdict is Verdict.COULD_NOT_CHECK
        assert {finding.code for finding in report.findings} == {"MC-249"}


def sealed_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "sealed/plan").rglob("*") if path.is_file())


def test_a_chunk_in_anothers_place_is_noticed(both: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    files = sealed_files(copy)
    one, other = files[0].read_bytes(), files[1].read_bytes()
    files[0].write_bytes(other)
    files[1].write_bytes(one)
    with parts(copy) as (report, _):
        assert report.verdict is Verdict.TAMPERED
        places = {finding.place for finding in report.findings if finding.code == "MC-241"}
        assert places == {str(path.relative_to(copy / "sealed")) for path in files[:2]}


@pytest.mark.parametrize("at", [0, 23, 30, -40, -1])
def test_a_damaged_chunk_is_noticed(both: Path, tmp_path: Path, at: int) -> None:
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    path = sealed_files(copy)[0]
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    assert not whole(bytes(data))
    with parts(copy) as (report, _):
        assert report.verdict is Verdict.TAMPERED
    path.write_bytes(bytes(data[:-32]) + hashlib.sha256(data[:-32]).digest())  # by somebody who knows the format
    if (at >= 0 and whole(path.read_bytes())) or at == -40:
        with parts(copy) as (report, _):
            assert report.verdict is not Verdict.VERIFIED


def test_rows_that_the_operator_made_up_for_the_auditor_are_noticed(both: Path, tmp_path: Path) -> None:
    """She takes nobody's word for what was encrypted: anybody has her public key."""
    from mutualchain.archive import published_sealed as sealed

    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    with members.world().ledger.read() as archive:
        chain = members.world().ledger.chain
        ref = next(
            ref
            for position in range(archive.plan_state(members.MAIN, archive.size - 1).sheets_size)
            if (ref := archive.sheet_at(members.MAIN, position)).descriptor.schema.name == "credit/1"
        )
        descriptor, bundle = ref.descriptor, bytearray(archive.bundle(ref, 0))
        bundle[8] ^= 1
        chunk = sealed.Chunk(archive.secret(ref), (bytes(bundle),), ((0, 0, archive.tile(ref, 0, 0)),))
    path = layout.sealed(descriptor.plan, descriptor.schema.name, descriptor.number, 0)
    (copy / "sealed" / path).write_bytes(sealed.pack_chunk(HERS.key, descriptor, chain, 0, chunk))
    with parts(copy) as (report, _):
        assert report.verdict is Verdict.TAMPERED


def test_what_is_missing_from_the_part_is_named_and_the_replay_is_public_from_there(both: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    sealed_files(copy)[0].unlink()
    with parts(copy) as (report, _):
        assert report.verdict is Verdict.COULD_NOT_CHECK
        assert {finding.code for finding in report.findings} == {"MC-200"}
        assert any(limit.startswith("A copy with holes") for limit in report.limits)


DAMAGED = ["tile/entries", "entries", "plan/main/charge-1", "plan/main/enrolment-1"]


@pytest.mark.parametrize("under", DAMAGED)
def test_a_damaged_or_missing_public_file_is_named_by_the_audit(both: Path, tmp_path: Path, under: str) -> None:
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    folder = copy / "public" / under.replace("main", members.MAIN)
    path = min(path for path in folder.rglob("*") if path.is_file())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    named = str(path.relative_to(copy / "public"))
    with parts(copy) as (report, _):
        assert report.verdict is Verdict.TAMPERED
        sheet = "enrolment" in under or "charge" in under  # its rows are led to its root, and the block is named
        assert any(named in finding.place or (sheet and "block" in finding.place) for finding in report.findings)
    path.unlink()
    with parts(copy) as (report, _):
        assert report.verdict is not Verdict.VERIFIED
        assert any(finding.code == "MC-240" and named in finding.place for finding in report.findings), report.findings


# --- large sheets -----------------------------------------------------------------------------------


def test_a_large_sealed_sheet_takes_several_chunks_and_reads_back(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.join_many(9_000)
    operator.ledger.credit_many("demo", np.arange(9_000), 700, reference=operator.reference())
    operator.round()
    operator.note()
    report = publish(operator.store, tmp_path / "public", trust=TRUST)
    with operator.ledger.read() as archive:
        publish_for_auditor(archive, tmp_path / "sealed", HERS.key, report.size)
    assert len(list((tmp_path / "sealed/plan/demo/credit-1/000").iterdir())) == 4  # 35 bundles, and a tile above them
    with (
        open_published(tmp_path / "public", TRUST) as published,
        SealedPart(tmp_path / "sealed", HERS, chain=published.chain) as sealed,
    ):
        found = audit_ledger(published, TRUST, sealed=sealed)
        assert (found.verdict, {plan.replay for plan in found.plans}) == (Verdict.VERIFIED, {"full"})


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 4_096, 4_097, 65_536, 65_537, 20_000_000])
def test_the_chunks_of_a_sheet_hold_each_bundle_and_each_tile_once(rows: int) -> None:
    descriptor = Descriptor(schema("credit/1"), "p", 0, 0, rows, (rows, rows), b"r" * 32, b"p" * 32)
    bundles = [bundle for index in range(chunks(descriptor)) for bundle in chunk_bundles(descriptor, index)]
    tiles = [tile for index in range(chunks(descriptor)) for tile in chunk_tiles(descriptor, index)]
    assert bundles == list(range(descriptor.bundles))
    wanted, level = [], 0
    while rows >> level:
        wanted += [(level, index) for index in range(-(-(rows >> level) // 256))]
        level += 8
    assert tiles == wanted
    most = max(len(chunk_bundles(descriptor, index)) for index in range(chunks(descriptor)))
    assert most * 256 * (113 + 48) < MAX_SEALED_CHUNK
    assert max(len(chunk_tiles(descriptor, index)) for index in range(chunks(descriptor))) * 256 * 48 < MAX_SEALED_CHUNK


# --- writing it -------------------------------------------------------------------------------------


def test_the_part_grows_with_the_ledger_and_a_broken_run_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = Operator()
    operator.plan()
    operator.join(3)
    operator.credit(0, 5)
    sizes = [operator.ledger.size]
    operator.credit(1, 6)
    operator.credit(2, 7)
    sizes.append(operator.ledger.size)
    with operator.ledger.read() as archive:
        first = publish_for_auditor(archive, tmp_path, HERS.key, sizes[0])
        assert (first.before, first.size, first.sheets) == (0, sizes[0], 1)
        kept = files_of(tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(Folder, "settle", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                publish_for_auditor(archive, tmp_path, HERS.key, sizes[1])
        done = files_of(tmp_path)
        assert kept.items() < done.items()
        second = publish_for_auditor(archive, tmp_path, HERS.key, sizes[1])
        assert second.sheets == 2
        assert files_of(tmp_path) == done  # what lay there whole was kept
        third = publish_for_auditor(archive, tmp_path, HERS.key, sizes[1])
        assert (third.sheets, third.files) == (0, 0)
        with pytest.raises(PublishRollback):
            publish_for_auditor(archive, tmp_path, HERS.key, sizes[0])


def test_rechecking_writes_again_what_is_missing_or_damaged(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.join(3)
    for slot in range(3):
        operator.credit(slot, 5)
    with operator.ledger.read() as archive:
        publish_for_auditor(archive, tmp_path, HERS.key, archive.size)
        files = [path for path in (tmp_path / "plan").rglob("*") if path.is_file()]
        files[0].unlink()
        files[1].write_bytes(files[1].read_bytes()[:-1])
        report = publish_for_auditor(archive, tmp_path, HERS.key, archive.size, recheck=True)
    assert report.files == 3  # the two, and the mark of how far it goes
    assert all(whole(path.read_bytes()) for path in files)


def test_a_part_is_one_keys_and_one_ledgers(tmp_path: Path) -> None:
    operator, other = Operator(), Operator(b"x")
    with operator.ledger.read() as archive, other.ledger.read() as stranger:
        publish_for_auditor(archive, tmp_path / "part", HERS.key, 1)
        with pytest.raises(PublishFolder):
            publish_for_auditor(archive, tmp_path / "part", OTHERS.key, 1)
        with pytest.raises(PublishFolder):
            publish_for_auditor(stranger, tmp_path / "part", HERS.key, 1)
        with pytest.raises(PublishUnverified):
            publish_for_auditor(archive, tmp_path / "part", HERS.key, 99)
        (tmp_path / "file").write_bytes(b"mine")
        with pytest.raises(PublishFolder):
            publish_for_auditor(archive, tmp_path, HERS.key, 1)


@pytest.mark.parametrize("letter", ["G", "T", "s"])
def test_sealed_rows_that_do_not_verify_are_not_handed_out(tmp_path: Path, letter: str) -> None:
    operator = Operator()
    operator.plan()
    operator.join(3)
    operator.credit(0, 5)
    height = operator.ledger.size - 1
    with operator.store.write(operator.store.head()) as writer:
        prefix = letter.encode() + height.to_bytes(8, "big")
        ((key, value),) = list(writer.scan(prefix, prefix + b"\xff"))
        wrong = pack(bytes(schema("credit/1").row_bytes)) if letter == "G" else bytes([value[0] ^ 1]) + value[1:]
        writer.put(key, wrong)
    with operator.store.read() as reader, pytest.raises((PublishUnverified, StoreCorrupt)):
        publish_for_auditor(Archive(reader), tmp_path, HERS.key, height + 1)
    assert not list(tmp_path.glob("plan/**/000"))


# --- keys -------------------------------------------------------------------------------------------


def test_a_public_key_is_one_word_and_a_mistyped_one_is_refused() -> None:
    word = HERS.key.text
    assert AuditorKey.from_text(word) == HERS.key
    for wrong in (
        word[:-2] + ("A=" if word[-2] != "A" else "B="), word[:10], "", word.upper(), word + "\n", "x" + word[1:],
        OTHERS.key.text[:17] + word[17:],
    ):  # fmt: skip
        with pytest.raises(KeyFileError):
            AuditorKey.from_text(wrong)


def test_a_key_file_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = auditor_key.generate(path, b"a passphrase", seed=b"a" * 32, cost=auditor_key.WEAK_FOR_TESTS)
    assert made == HERS.key == auditor_key.read_public_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"a" * 32 not in path.read_bytes()
    assert auditor_key.read_key_file(path, b"a passphrase").key == HERS.key
    with pytest.raises(PassphraseError):
        auditor_key.read_key_file(path, b"another")
    with pytest.raises(FileExists):
        auditor_key.generate(path, b"a passphrase", cost=auditor_key.WEAK_FOR_TESTS)
    with pytest.raises(PassphraseError):
        auditor_key.generate(tmp_path / "other", b"")
    lines = path.read_text().split("\n")
    for wrong in ("", "nonsense", "\n".join([lines[0], OTHERS.key.text, *lines[2:]]), path.read_text()[:-5] + "A==\n"):
        (tmp_path / "wrong").write_text(wrong)
        with pytest.raises(MutualchainError):
            auditor_key.read_key_file(tmp_path / "wrong", b"a passphrase")
    with pytest.raises(KeyFileError):
        auditor_key.read_key_file(tmp_path / "none", b"a passphrase")


def test_a_hostile_key_file_costs_nothing(tmp_path: Path) -> None:
    auditor_key.generate(tmp_path / "key", b"p", seed=b"a" * 32, cost=auditor_key.WEAK_FOR_TESTS)
    lines = (tmp_path / "key").read_text().split("\n")
    for cost in ((1_000_000, 8_192), (1, 1 << 40), (0, 0)):
        lines[2] = to_base64(encode([b"s" * 16, *cost, b"x" * 72]))
        (tmp_path / "key").write_text("\n".join(lines))
        with pytest.raises(KeyFileError, match="effort"):
            auditor_key.read_key_file(tmp_path / "key", b"p")


def test_the_secret_shows_in_no_repr() -> None:
    assert "61" * 8 not in repr(HERS)
    assert "aaaa" not in repr(HERS)
