"""The vault: what was kept comes back, what was erased never does, and its copies hold no keys."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mutualchain.errors import (
    LimitError,
    UsageError,
    VaultBusy,
    VaultDamaged,
    VaultErased,
    VaultExists,
    VaultMissing,
    VaultOfAnother,
)
from mutualchain.limits import MAX_VAULT_ITEM
from mutualchain.vault import Erasure, Vault
from mutualchain.vault.keyring import Keyring

MASTER = bytes(range(32))
CASE, OTHER, HIS = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
VALUES = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=50) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=10,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path) -> Iterator[Vault]:
    with Vault.create(folder, MASTER) as opened:
        yield opened


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@given(st.dictionaries(st.text("abc", min_size=1, max_size=5), VALUES, max_size=4), st.integers(0, 2**32 - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_what_was_kept_comes_back(vault: Vault, items: dict[str, object], slot: int) -> None:
    vault.put("demo", slot, items)
    assert {name: vault.get("demo", slot, name) for name in items} == items
    assert set(items) <= set(vault.names("demo", slot))


def test_it_outlives_its_process_and_a_later_value_replaces_an_earlier(folder: Path) -> None:
    with Vault.create(folder, MASTER) as vault:
        vault.put("demo", 3, {"claims": "old"})
        vault.put("demo", 3, {"claims": "new"})
    with Vault.open(folder, MASTER) as vault:
        assert vault.get("demo", 3, "claims") == "new"


def test_nothing_lies_there_in_clear(vault: Vault, folder: Path) -> None:
    vault.put("demo", 3, {"claims": "a-very-secret-illness"})
    assert b"a-very-secret" not in everything_in(folder)


def test_erased_data_is_gone_for_good_and_leaves_a_record(vault: Vault, folder: Path) -> None:
    vault.put_many("demo", {3: {"claims": "hers"}, 4: {"claims": "his"}})
    record = (folder / "keys" / "demo.keys").read_bytes()[64 + 96 : 64 + 128]
    done = vault.erase("demo", 3, now_ms=1_000, reason="at-her-wish")
    assert vault.erase("demo", 3, now_ms=2_000, reason="again") == done
    assert list(vault.erasures()) == [Erasure("demo", 3, 1_000, "at-her-wish")]
    for name in ("claims", "other"):
        with pytest.raises(VaultErased):
            vault.get("demo", 3, name)
    with pytest.raises(VaultErased):
        vault.put("demo", 3, {"claims": "hers"})
    assert vault.names("demo", 3) == []
    assert record not in everything_in(folder)
    assert vault.get("demo", 4, "claims") == "his"


def test_a_backup_made_before_opens_nothing_that_was_erased_after(vault: Vault, folder: Path, tmp_path: Path) -> None:
    vault.put_many("demo", {3: {"claims": "hers"}, 4: {"claims": "his"}})
    vault.backup(tmp_path / "copy.sqlite")
    vault.erase("demo", 3, now_ms=1_000, reason="law")
    vault.close()
    for name in ("data.sqlite", "data.sqlite-wal", "data.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.sqlite", folder / "data.sqlite")
    with Vault.open(folder, MASTER) as again:
        with pytest.raises(VaultErased):
            again.get("demo", 3, "claims")
        assert again.get("demo", 4, "claims") == "his"


def test_a_backup_holds_no_key(vault: Vault, folder: Path, tmp_path: Path) -> None:
    vault.put("demo", 3, {"claims": "hers"})
    vault.backup(tmp_path / "copy.sqlite")
    record = (folder / "keys" / "demo.keys").read_bytes()[64 + 96 : 64 + 128]
    assert record != bytes(32)
    assert record not in (tmp_path / "copy.sqlite").read_bytes()
    with pytest.raises(VaultExists):
        vault.backup(tmp_path / "copy.sqlite")


def test_keys_that_are_put_back_from_an_old_copy_are_destroyed_again(
    vault: Vault, folder: Path, tmp_path: Path
) -> None:
    vault.put("demo", 3, {"claims": "hers"})
    shutil.copytree(folder / "keys", tmp_path / "old")
    vault.backup(tmp_path / "copy.sqlite")
    vault.erase("demo", 3, now_ms=1_000, reason="law")
    vault.close()
    shutil.rmtree(folder / "keys")
    shutil.copytree(tmp_path / "old", folder / "keys")
    with Vault.open(folder, MASTER):
        assert Keyring(folder / "keys", MASTER).key("demo", 3) is None


def test_a_crash_between_record_and_destruction_is_made_good(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.put("demo", 3, {"claims": "hers"})

    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Keyring, "destroy", crash)
        with pytest.raises(KeyboardInterrupt):
            vault.erase("demo", 3, now_ms=1_000, reason="law")
    vault.close()
    with Vault.open(folder, MASTER) as again, pytest.raises(VaultErased):
        again.get("demo", 3, "claims")


def test_a_crash_between_destruction_and_deletion_is_made_good(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.put_many("demo", {3: {"claims": "hers"}, 4: {"claims": "his"}})

    def crash(ring: Keyring, plan: str, slots: list[int]) -> int:
        destroy(ring, plan, slots)
        raise KeyboardInterrupt

    destroy = Keyring.destroy
    with monkeypatch.context() as patch:
        patch.setattr(Keyring, "destroy", crash)
        with pytest.raises(KeyboardInterrupt):
            vault.erase("demo", 3, now_ms=1_000, reason="law")
    assert vault.names("demo", 3) == ["claims"]
    vault.close()
    with Vault.open(folder, MASTER) as again:
        assert (again.names("demo", 3), again.names("demo", 4)) == ([], ["claims"])
        with pytest.raises(VaultErased):
            again.get("demo", 3, "claims")


def test_another_master_key_opens_nothing(vault: Vault, folder: Path) -> None:
    vault.put("demo", 3, {"claims": "hers"})
    vault.close()
    with Vault.open(folder, bytes(32)) as other, pytest.raises(VaultDamaged):
        other.get("demo", 3, "claims")
    with pytest.raises(VaultDamaged):
        Vault.open(folder, bytes(31))


def test_a_row_moved_to_another_name_slot_or_plan_does_not_open(vault: Vault, folder: Path) -> None:
    vault.put("demo", 3, {"a": "first", "b": "second"})
    vault.put("demo", 4, {"a": "third"})
    with sqlite3.connect(folder / "data.sqlite") as database:
        database.execute(
            "UPDATE item SET box = (SELECT box FROM item WHERE slot = 3 AND name = 'b') WHERE slot = 3 AND name = 'a'"
        )
        database.execute(
            "UPDATE item SET box = (SELECT box FROM item WHERE slot = 3 AND name = 'b') WHERE slot = 4 AND name = 'a'"
        )
    for slot in (3, 4):
        with pytest.raises(VaultDamaged):
            vault.get("demo", slot, "a")


def test_every_changed_byte_of_an_item_is_noticed(vault: Vault, folder: Path) -> None:
    vault.put("demo", 3, {"a": "value"})
    with sqlite3.connect(folder / "data.sqlite") as database:
        box = bytes(database.execute("SELECT box FROM item").fetchone()[0])
    for wrong in (b"", box[:-1], *(box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :] for at in range(len(box)))):
        with sqlite3.connect(folder / "data.sqlite") as database:
            database.execute("UPDATE item SET box = ?", (wrong,))
        with pytest.raises(VaultDamaged):
            vault.get("demo", 3, "a")


def test_one_writes_at_a_time_and_others_wait_a_while(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Vault.open(folder, MASTER) as other:
        other.put("demo", 1, {"a": 1})
        vault.put("demo", 2, {"a": 2})
        assert (vault.get("demo", 1, "a"), other.get("demo", 2, "a")) == (1, 2)
        monkeypatch.setattr("mutualchain.vault.vault._PATIENCE", 0.05)
        with other._alone():
            assert vault.get("demo", 1, "a") == 1
            for write in (
                lambda: vault.put("demo", 3, {"a": 1}),
                lambda: vault.seal_facts("demo", 3, CASE, b""),
                lambda: vault.erase("demo", 1, now_ms=1, reason="law"),
            ):
                with pytest.raises(VaultBusy):
                    write()
    assert vault.get("demo", 1, "a") == 1


def test_an_open_vault_is_written_by_many_threads(vault: Vault) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(vault.put, "demo", slot, {"a": slot}) for slot in range(20)]:
            done.result()
    assert [vault.get("demo", slot, "a") for slot in range(20)] == list(range(20))


def test_folders_that_are_none_are_refused(tmp_path: Path, vault: Vault, folder: Path) -> None:
    with pytest.raises(VaultMissing):
        Vault.open(tmp_path / "nowhere", MASTER)
    with pytest.raises(VaultExists):
        Vault.create(folder, MASTER)
    vault.close()
    for content in (b"", b"SQLite format 3\0" + bytes(100), b"x" * 5_000):
        for name in ("data.sqlite-wal", "data.sqlite-shm"):
            (folder / name).unlink(missing_ok=True)
        (folder / "data.sqlite").write_bytes(content)
        with pytest.raises(VaultDamaged):
            Vault.open(folder, MASTER)


def test_a_damaged_keyring_is_said_to_be_one(vault: Vault, folder: Path) -> None:
    vault.put("demo", 3, {"a": 1})
    (folder / "keys" / "demo.keys").write_bytes(b"x" * 500)
    with pytest.raises(VaultDamaged):
        vault.get("demo", 3, "a")


@pytest.mark.parametrize(
    ("plan", "slot", "items", "error"),
    [
        ("../x", 0, {"a": 1}, UsageError),
        ("demo", -1, {"a": 1}, UsageError),
        ("demo", 2**32, {"a": 1}, UsageError),
        ("demo", 0, {"": 1}, UsageError),
        ("demo", 0, {"a": bytes(MAX_VAULT_ITEM)}, LimitError),
    ],
)
def test_what_has_no_place_is_refused_and_nothing_kept(
    vault: Vault, folder: Path, plan: str, slot: int, items: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        vault.put(plan, slot, items)
    assert not any((folder / "keys").iterdir())


def test_a_reason_is_a_short_word(vault: Vault) -> None:
    with pytest.raises(UsageError):
        vault.erase("demo", 0, now_ms=1, reason="Because she is ill")
    with pytest.raises(UsageError):
        vault.erase("demo", 0, now_ms=-1, reason="law")
    assert list(vault.erasures()) == []


def test_a_member_without_data_can_be_erased_in_advance(vault: Vault) -> None:
    vault.erase("demo", 9, now_ms=1, reason="law")
    with pytest.raises(VaultErased):
        vault.put("demo", 9, {"a": 1})


def test_a_vault_is_one_ledgers_from_its_first_use_on(vault: Vault, folder: Path) -> None:
    vault.belongs_to(CASE)
    vault.belongs_to(OTHER)  # an empty one can be given away, as where the ledger's making was interrupted
    vault.seal_facts("demo", 3, CASE, b"facts")
    vault.belongs_to(OTHER)
    with pytest.raises(VaultOfAnother):
        vault.belongs_to(CASE)
    vault.close()
    with Vault.open(folder, MASTER) as again:
        again.belongs_to(OTHER)
        with pytest.raises(VaultOfAnother):
            again.belongs_to(HIS)


# --- facts of cases, sealed for the ledger's store --------------------------------------------------


def test_facts_come_back_from_their_box_alone(vault: Vault, folder: Path) -> None:
    box = vault.seal_facts("demo", 3, CASE, b"an illness")
    again = vault.seal_facts("demo", 3, OTHER, b"an accident")
    assert vault.open_facts("demo", CASE, box) == b"an illness"
    assert vault.open_facts("demo", OTHER, again) == b"an accident"
    assert b"an illness" not in everything_in(folder) + box
    vault.close()
    with Vault.open(folder, MASTER) as opened:
        assert opened.open_facts("demo", CASE, box) == b"an illness"


def test_erasing_a_member_closes_all_her_boxes(vault: Vault) -> None:
    boxes = {case: vault.seal_facts("demo", 3, case, b"facts") for case in (CASE, OTHER)}
    his = vault.seal_facts("demo", 4, HIS, b"facts")
    vault.erase("demo", 3, now_ms=1_000, reason="wish")
    assert [vault.open_facts("demo", case, box) for case, box in boxes.items()] == [None, None]
    assert vault.open_facts("demo", HIS, his) == b"facts"
    assert (vault.has_erased("demo", 3), vault.has_erased("demo", 4)) == (True, False)
    with pytest.raises(VaultErased):
        vault.seal_facts("demo", 3, CASE, b"facts")


def test_erasing_one_case_leaves_everything_else_of_hers(vault: Vault) -> None:
    vault.put("demo", 3, {"claims": "hers", f"fields {CASE.hex()}": "masked", f"fields {OTHER.hex()}": "masked"})
    box, other = (vault.seal_facts("demo", 3, case, b"facts") for case in (CASE, OTHER))
    done = vault.erase_facts("demo", CASE, box, now_ms=1_000, reason="purpose")
    assert vault.erase_facts("demo", CASE, vault.emptied(box), now_ms=2_000, reason="again") == done
    assert done == Erasure("demo", 3, 1_000, "purpose", CASE)
    assert list(vault.erasures()) == [done]
    assert vault.open_facts("demo", CASE, box) is None
    assert vault.open_facts("demo", CASE, vault.emptied(box)) is None
    assert vault.open_facts("demo", OTHER, other) == b"facts"
    assert vault.names("demo", 3) == ["claims", f"fields {OTHER.hex()}"]
    assert (vault.has_erased("demo", 3), vault.has_erased("demo", 3, CASE)) == (False, True)


@pytest.mark.parametrize("whole", [True, False])
def test_case_keys_that_are_put_back_are_destroyed_again(
    vault: Vault, folder: Path, tmp_path: Path, whole: bool
) -> None:
    box = vault.seal_facts("demo", 3, CASE, b"facts")
    shutil.copytree(folder / "keys", tmp_path / "old")
    if whole:
        vault.erase("demo", 3, now_ms=1_000, reason="law")
    else:
        vault.erase_facts("demo", CASE, box, now_ms=1_000, reason="law")
    vault.close()
    shutil.rmtree(folder / "keys")
    shutil.copytree(tmp_path / "old", folder / "keys")
    with Vault.open(folder, MASTER) as again:
        assert again.open_facts("demo", CASE, box) is None
    assert Keyring(folder / "keys", MASTER).case_key("demo", 3, CASE, 0) is None


def test_a_box_of_another_case_plan_vault_or_member_does_not_open(vault: Vault, tmp_path: Path) -> None:
    box = vault.seal_facts("demo", 3, CASE, b"facts")
    other = vault.seal_facts("demo", 4, OTHER, b"facts")
    moved = other[:4] + box[4:]
    for case, wrong in ((OTHER, box), (CASE, moved), (CASE, other), (CASE, b"box"), (CASE, box[:-1]), (CASE, box[:9])):
        with pytest.raises(VaultDamaged):
            vault.open_facts("demo", case, wrong)
    with pytest.raises(VaultDamaged):
        vault.open_facts("other", CASE, box)
    with Vault.create(tmp_path / "another", bytes(32)) as another:
        with pytest.raises(VaultDamaged) as caught:
            another.open_facts("demo", CASE, box)
        assert "not the one it was sealed with" in caught.value.message
        with pytest.raises(VaultDamaged):
            another.erase_facts("demo", CASE, b"", now_ms=1, reason="law")


def test_facts_have_a_bound(vault: Vault) -> None:
    with pytest.raises(LimitError):
        vault.seal_facts("demo", 3, CASE, bytes(MAX_VAULT_ITEM + 1))


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["seal", "erase", "case", "reopen"])), max_size=12))
@settings(max_examples=20, deadline=None)
def test_a_box_opens_until_it_or_its_member_is_erased_and_never_after(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("vaults") / "vault"
    vault = Vault.create(folder, MASTER)
    boxes: dict[bytes, tuple[int, bytes]] = {}
    gone: set[bytes] = set()
    out: set[int] = set()
    for number, (slot, step) in enumerate(steps):
        hers = [case for case, (whose, _) in boxes.items() if whose == slot]
        if step == "reopen":
            vault.close()
            vault = Vault.open(folder, MASTER)
        elif step == "erase":
            vault.erase("demo", slot, now_ms=number, reason="wish")
            out.add(slot)
            gone |= set(hers)
        elif step == "case" and hers:
            vault.erase_facts("demo", hers[-1], boxes[hers[-1]][1], now_ms=number, reason="purpose")
            gone.add(hers[-1])
        elif step == "seal" and slot not in out:
            case = bytes([number]) * 32
            boxes[case] = slot, vault.seal_facts("demo", slot, case, case)
        for case, (_, box) in boxes.items():
            assert vault.open_facts("demo", case, box) == (None if case in gone else case)
    vault.close()
