"""Bad input: one clear error with code and hint, the documented exit code, no traceback, and nothing lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import ORIGIN, PLAN, START, Small, call, check, done, make_small, members_csv, refused, ticking

CASE = "ab" * 32
WRITES: dict[str, Callable[[Small], tuple[object, ...]]] = {
    "plan create": lambda s: ("plan", "create", s.ledger, "other", "--title", "x"),
    "enrol": lambda s: (
        *("enrol", s.ledger, PLAN, "--public-key", "11" * 32, "--without-claims"),
        *("--deposit", "10", "--reference", "r"),
    ),
    "enrol --csv": lambda s: ("enrol", s.ledger, PLAN, "--csv", s.folder / "members.csv", "--reference", "r"),
    "credit": lambda s: ("credit", s.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "r"),
    "withdraw": lambda s: (
        *("withdraw", s.ledger, PLAN, "--slot", 0, "--amount", "1", "--passport", s.passport, "--reference", "r"),
    ),
    "exit": lambda s: ("exit", s.ledger, PLAN, "--slot", 0, "--passport", s.passport, "--reference", "r"),
    "case approve": lambda s: (
        *("case", "approve", s.ledger, PLAN, "--slot", 0, "--aid", "1", "--file-hash", CASE, "--reference", "r"),
    ),
    "case refuse": lambda s: (
        *("case", "refuse", s.ledger, PLAN, "--case", CASE, "--clause", "aid.waiting", "--reference", "r"),
    ),
    "case void": lambda s: (
        *("case", "void", s.ledger, PLAN, "--case", CASE, "--reason", "malicious", "--reference", "r"),
    ),
    "round open": lambda s: ("round", "open", s.ledger, PLAN, "--case", CASE, "--reference", "r"),
    "round settle": lambda s: ("round", "settle", s.ledger, PLAN, "--reference", "r"),
    "case pay": lambda s: (
        *("case", "pay", s.ledger, PLAN, "--case", CASE, "--amount", "1", "--payment", "x", "--reference", "r"),
    ),
}
READS: dict[str, Callable[[Small], tuple[object, ...]]] = {
    "status": lambda s: ("status", s.ledger),
    "audit": lambda s: ("audit", s.ledger, "--trust", s.trust),
    "plan list": lambda s: ("plan", "list", s.ledger),
    "plan show": lambda s: ("plan", "show", s.ledger, PLAN),
    "case list": lambda s: ("case", "list", s.ledger, PLAN),
    "case show": lambda s: ("case", "show", s.ledger, PLAN, CASE),
    "treasury show": lambda s: ("treasury", "show", s.ledger, PLAN),
    "member-key show": lambda s: ("member-key", "show", s.ledger, PLAN, "--slot", 0),
    "round list": lambda s: ("round", "list", s.ledger, PLAN),
    "round show": lambda s: ("round", "show", s.ledger, PLAN),
    "record": lambda s: ("record", s.ledger, PLAN, "--slot", 0, "-o", s.folder / "new.mcr"),
    "backup": lambda s: ("backup", s.ledger, s.folder / "kept"),
    "publish": lambda s: ("publish", s.ledger, s.folder / "public"),
    "restore": lambda s: ("restore", s.ledger, s.folder / "kept"),
}
EVERY = WRITES | READS

each_command = pytest.mark.parametrize("name", EVERY)
each_write = pytest.mark.parametrize("name", WRITES)


def size_of(small: Small) -> int:
    return int(done("status", small.ledger, "--json").value["size"])


# --- the ledger's folder --------------------------------------------------------------------------


@each_command
def test_a_folder_that_is_not_there(name: str, tmp_path: Path, template: Small) -> None:
    gone = Small(tmp_path, "")
    for file in ("my.passport", "ledger.trust", "members.csv"):
        (tmp_path / file).write_bytes((template.folder / file).read_bytes())
    refused(*EVERY[name](gone), code="MC-112", exit_code=3)
    assert not (tmp_path / "kept").exists()
    assert not (tmp_path / "new.mcr").exists()


@each_command
@pytest.mark.parametrize("what", ["a file", "an empty folder", "another folder"])
def test_a_ledger_that_is_none(name: str, what: str, tmp_path: Path, template: Small) -> None:
    wrong = Small(tmp_path, "")
    for file in ("my.passport", "ledger.trust", "members.csv"):
        (tmp_path / file).write_bytes((template.folder / file).read_bytes())
    if what == "a file":
        wrong.ledger.write_bytes(b"not a ledger")
    else:
        wrong.ledger.mkdir()
    if what == "another folder":
        (wrong.ledger / "letter.txt").write_text("hello", encoding="utf-8")
    refused(*EVERY[name](wrong), code="MC-112", exit_code=3)


@each_command
@pytest.mark.parametrize("what", ["empty", "cut in half", "gone", "overwritten"])
def test_a_damaged_data_file(name: str, what: str, small: Small) -> None:
    data = small.ledger / "store" / "data.mdb"
    whole = data.read_bytes()
    if what == "gone":
        data.unlink()
    else:
        data.write_bytes({"empty": b"", "cut in half": whole[: len(whole) // 2], "overwritten": b"x" * 65_536}[what])
    refused(*EVERY[name](small), code="MC-113", exit_code=1)
    assert not (small.folder / "kept").exists()


@pytest.mark.parametrize("what", ["ledger", "folder with a file", "file"])
def test_init_never_overwrites(what: str, small: Small, tmp_path: Path) -> None:
    target = {"ledger": small.ledger, "folder with a file": tmp_path / "full", "file": tmp_path / "file"}[what]
    if what == "folder with a file":
        target.mkdir()
        (target / "x").touch()
    elif what == "file":
        target.touch()
    before = size_of(small)
    refused("init", target, "--origin", ORIGIN, code="MC-117", exit_code=2)
    assert size_of(small) == before
    assert what == "ledger" or not (tmp_path / f"{target.name}-keys").exists()


@pytest.mark.parametrize(
    ("origin", "code", "exit_code"),
    [("", "MC-002", 2), ("two words", "MC-002", 2), ("mutualchain/x", "MC-002", 2), ("a+b", "MC-002", 2)],
)
def test_init_refuses_a_name_that_no_book_may_have(origin: str, code: str, exit_code: int, tmp_path: Path) -> None:
    refused("init", tmp_path / "ledger", "--origin", origin, code=code, exit_code=exit_code)
    assert list(tmp_path.iterdir()) == []


def test_init_keeps_keys_out_of_the_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    refused("init", ledger, "--origin", ORIGIN, "--keys", ledger / "keys", code="MC-002", exit_code=2)
    assert list(tmp_path.iterdir()) == []


def test_init_replaces_neither_keys_nor_trust_file(tmp_path: Path) -> None:
    (tmp_path / "ledger-keys").mkdir()
    (tmp_path / "ledger-keys" / "log.key").write_text("precious", encoding="ascii")
    refused("init", tmp_path / "ledger", "--origin", ORIGIN, code="MC-004", exit_code=2)
    (tmp_path / "other.trust").write_text("precious", encoding="ascii")
    refused("init", tmp_path / "other", "--origin", ORIGIN, code="MC-004", exit_code=2)
    assert (tmp_path / "ledger-keys" / "log.key").read_text(encoding="ascii") == "precious"
    assert not (tmp_path / "ledger").exists()


# --- keys -----------------------------------------------------------------------------------------


@each_write
def test_keys_that_are_not_there(name: str, small: Small) -> None:
    refused(*WRITES[name](small), "--keys", small.folder / "nowhere", code="MC-135", exit_code=2)


@pytest.mark.parametrize("damage", ["open to others", "empty", "garbage", "gone"])
def test_a_bad_key_file(damage: str, small: Small) -> None:
    key = small.folder / "ledger-keys" / "block.key"
    if damage == "open to others":
        key.chmod(0o644)
    elif damage == "gone":
        key.unlink()
    else:
        key.write_bytes({"empty": b"", "garbage": os.urandom(5_000)}[damage])
    refused(*WRITES["credit"](small), code="MC-135", exit_code=2)


def test_another_chain_s_keys(small: Small, tmp_path: Path) -> None:
    done("init", tmp_path / "other", "--origin", ORIGIN)
    refused(*WRITES["credit"](small), "--keys", tmp_path / "other-keys", code="MC-135", exit_code=2)


def test_a_block_key_that_is_not_in_force(small: Small, tmp_path: Path) -> None:
    done("init", tmp_path / "other", "--origin", ORIGIN)
    (small.folder / "ledger-keys" / "block.key").write_bytes((tmp_path / "other-keys" / "block.key").read_bytes())
    before = size_of(small)
    refused(*WRITES["credit"](small), code="MC-135", exit_code=2)
    assert size_of(small) == before


def test_a_clock_that_jumps_back(small: Small) -> None:
    before = size_of(small)
    result = call(*WRITES["credit"](small), clock=ticking(START - 86_400_000))
    assert (result.code, result.err.partition(":")[0]) == (3, "MC-133")
    assert size_of(small) == before
    done(*WRITES["credit"](small), clock=ticking(START + 86_400_000))


# --- plans, slots, amounts, hexadecimal -----------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name for name in EVERY if name not in ("plan create", "plan list", "status", "audit")]
)
def test_an_unknown_plan(name: str, small: Small) -> None:
    words = tuple("unknown" if word == PLAN else word for word in EVERY[name](small))
    if name in ("backup", "publish", "restore"):
        return
    refused(*words, code="MC-082", exit_code=2)
    assert not (small.folder / "new.mcr").exists()


@pytest.mark.parametrize("wrong", ["", "Two Words", "../x", "a" * 65, "计划", "a\nb"])
def test_a_name_that_no_plan_can_have(wrong: str, template: Small) -> None:
    refused("plan", "show", template.ledger, wrong, code="MC-002", exit_code=2)
    refused("plan", "create", template.ledger, wrong, "--title", "x", code="MC-002", exit_code=2)


@pytest.mark.parametrize("name", ["credit", "withdraw", "exit", "case approve", "record"])
@pytest.mark.parametrize(
    ("slot", "code"), [("99", "MC-083"), ("-1", "MC-002"), ("x", "MC-002"), ("4294967296", "MC-002")]
)
def test_an_unknown_slot(name: str, slot: str, code: str, small: Small) -> None:
    words = list(EVERY[name](small))
    words[words.index("--slot") + 1] = slot
    refused(*words, code=code, exit_code=2)


@pytest.mark.parametrize("name", ["credit", "withdraw", "case approve", "case pay", "enrol"])
@pytest.mark.parametrize(
    "amount", ["", "-1", "1.001", "1e3", "ten", "1 000", "1,00", "٣", "0x10", "9" * 30, "NaN", "1."]
)
def test_a_bad_amount(name: str, amount: str, small: Small) -> None:
    words = list(EVERY[name](small))
    option = next(option for option in ("--amount", "--aid", "--deposit") if option in words)
    words[words.index(option) : words.index(option) + 2] = [f"{option}={amount}"]
    refused(*words, code="MC-015", exit_code=2)


@pytest.mark.parametrize("wrong", ["", "ab", "zz" * 32, "ab" * 33, "0x" + "ab" * 31, "ａｂ" * 16])
def test_bad_hexadecimal(wrong: str, small: Small) -> None:
    for words in (
        ("record", small.ledger, PLAN, f"--key={wrong}", "-o", small.folder / "new.mcr"),
        ("round", "open", small.ledger, PLAN, f"--case={wrong}", "--reference", "r"),
        ("verify-my-record", small.record, "--trust", small.trust, f"--key={wrong}"),
    ):
        refused(*words, code="MC-002", exit_code=2)


def test_a_weak_key_a_low_deposit_and_a_key_twice(small: Small) -> None:
    base = ("enrol", small.ledger, PLAN, "--without-claims", "--reference", "r")
    refused(*base, "--public-key", "00" * 32, "--deposit", "10", code="MC-102", exit_code=2)
    refused(*base, "--public-key", "11" * 32, "--deposit", "9.99", code="MC-085", exit_code=2)
    refused(*base, "--passport", small.passport, "--deposit", "10", code="MC-084", exit_code=2)


def test_enrolling_asks_for_a_commitment_or_for_saying_that_there_is_none(small: Small) -> None:
    base = ("enrol", small.ledger, PLAN, "--public-key", "11" * 32, "--deposit", "10", "--reference", "r")
    refused(*base, code="MC-002", exit_code=2)
    refused(*base, "--commitment", CASE, "--without-claims", code="MC-002", exit_code=2)


def test_options_that_contradict_each_other(small: Small) -> None:
    base = (small.ledger, PLAN, "--reference", "r")
    refused("enrol", *base, code="MC-002", exit_code=2)
    refused("enrol", *base, "--public-key", CASE, "--csv", small.record, code="MC-002", exit_code=2)
    refused("credit", *base, code="MC-002", exit_code=2)
    refused("credit", *base, "--slot", 0, code="MC-002", exit_code=2)
    refused("plan", "create", small.ledger, "x", code="MC-002", exit_code=2)
    covenant = small.folder / "c.toml"
    covenant.write_text('title = "x"\n', encoding="utf-8")
    refused("plan", "create", small.ledger, "x", "--covenant", covenant, "--cap", "1", code="MC-002", exit_code=2)
    both = ("--covenant", covenant, "--catalogue", "xianghubao")
    refused("plan", "create", small.ledger, "x", *both, code="MC-002", exit_code=2)
    refused("plan", "create", small.ledger, PLAN, "--title", "another", code="MC-100", exit_code=2)
    refused("plan", "create", small.ledger, "x", "--catalogue", "none", code="MC-080", exit_code=2)


def test_references(small: Small) -> None:
    words = ("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1")
    refused(*words, code="MC-002", exit_code=2)
    refused(*words, "--reference", "", code="MC-132", exit_code=2)
    refused(*words, "--reference", "r" * 129, code="MC-132", exit_code=2)
    done(*words, "--reference", "r", clock=ticking(START + 10**9))
    refused(*words[:-1], "2", "--reference", "r", code="MC-131", exit_code=2)


def test_rounds_out_of_order(small: Small) -> None:
    refused(*WRITES["round settle"](small), code="MC-091", exit_code=2)
    refused(*WRITES["round open"](small), code="MC-094", exit_code=2)
    pay = ("case", "pay", small.ledger, PLAN, "--case", small.case, "--payment", "x", "--reference", "again")
    refused(*pay, "--amount", "0.01", code="MC-095", exit_code=2)


def test_a_signature_that_is_not_hers(small: Small) -> None:
    words = ("--slot", 0, "--passport", small.other, "--reference", "r")
    before = size_of(small)
    refused("withdraw", small.ledger, PLAN, *words, "--amount", "1", code="MC-002", exit_code=2)
    refused("exit", small.ledger, PLAN, *words, code="MC-002", exit_code=2)
    assert size_of(small) == before


def test_more_than_she_has(small: Small) -> None:
    words = ("--slot", 0, "--passport", small.passport, "--reference", "r", "--amount", "9.95")
    refused("withdraw", small.ledger, PLAN, *words, code="MC-086", exit_code=2)


# --- files ----------------------------------------------------------------------------------------

FILES: dict[str, tuple[Callable[[Small, Path], tuple[object, ...]], str, int]] = {
    "record": (lambda s, f: ("verify-my-record", f, "--passport", s.passport), "MC-012", 3),
    "passport": (lambda s, f: ("verify-my-record", s.record, "--passport", f), "MC-177", 3),
    "passport show": (lambda s, f: ("passport", "show", f, "--plan", PLAN), "MC-177", 3),
    "trust": (lambda s, f: ("verify-my-record", s.record, "--trust", f), "MC-028", 2),
    "audit trust": (lambda s, f: ("audit", s.ledger, "--trust", f), "MC-028", 2),
    "passport new": (lambda s, f: ("passport", "new", s.folder / "new", "--trust", f), "MC-028", 2),
    "show": (lambda s, f: ("show", f), "MC-012", 3),
    "members": (lambda s, f: ("enrol", s.ledger, PLAN, "--csv", f, "--reference", "r"), "MC-250", 2),
    "credits": (lambda s, f: ("credit", s.ledger, PLAN, "--csv", f, "--reference", "r"), "MC-250", 2),
    "covenant": (lambda s, f: ("plan", "create", s.ledger, "x", "--covenant", f), "MC-250", 2),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_or_a_folder(name: str, template: Small, tmp_path: Path) -> None:
    words, _, _ = FILES[name]
    refused(*words(template, tmp_path / "nothing"), code="MC-003", exit_code=3)
    refused(*words(template, tmp_path), code="MC-003", exit_code=3)
    refused(*words(template, template.record / "inside"), code="MC-003", exit_code=3)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", ["empty", "random bytes", "text", "huge"])
def test_a_file_of_another_kind(name: str, content: str, template: Small, tmp_path: Path) -> None:
    words, code, exit_code = FILES[name]
    path = tmp_path / "wrong"
    data = {"empty": b"", "random bytes": bytes(range(256)) * 9, "text": b"Hello, [this] is\na letter.\n", "huge": b""}
    path.write_bytes(data[content])
    if content == "huge":
        os.truncate(path, 40 << 20)
        code, exit_code = ("MC-250", 2) if name in ("members", "credits") else ("MC-011", 3)
    if name == "record" and content != "huge":
        result = call(*words(template, path), "--json")
        check(result.value, "verify-my-record")
        assert (result.code, result.value["error"]["code"]) == (exit_code, code)
        return
    if name == "covenant" and content == "empty":
        code = "MC-080"
    refused(*words(template, path), code=code, exit_code=exit_code)


def test_a_passport_that_is_cut_edited_or_newer(template: Small, tmp_path: Path) -> None:
    whole, path = template.passport.read_bytes(), tmp_path / "p"
    for data, code in (
        (whole[:-1], "MC-177"),
        (whole[:40], "MC-177"),
        (whole[:60] + b"!" + whole[61:], "MC-177"),
        (whole.replace(b" v1", b" v2"), "MC-014"),
    ):
        path.write_bytes(data)
        refused("verify-my-record", template.record, "--passport", path, code=code, exit_code=3)


COVENANTS = {
    "an amount without quotes": 'title = "x"\n[membership]\nprepay = 10\n',
    "an amount with a point": 'title = "x"\n[aid]\nmaxima = [{ amount = 1.5 }]\n',
    "an unknown parameter": 'title = "x"\n[aid]\nbonus = 1\n',
    "an unknown section": 'title = "x"\nbonus = 1\n',
    "a fee above all": 'title = "x"\n[fee]\nbp = 10001\n',
    "no title": '[membership]\nprepay = "10"\n',
    "an amount that is none": 'title = "x"\n[membership]\nprepay = "ten"\n',
}


@pytest.mark.parametrize("name", COVENANTS)
def test_a_covenant_file_that_is_wrong(name: str, template: Small, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(COVENANTS[name], encoding="utf-8")
    words = ("plan", "create", template.ledger, "x", "--covenant", tmp_path / "c.toml")
    refused(*words, code="MC-080", exit_code=2)


KEY, CLAIM = "11" * 32, "22" * 32
TABLES = {
    "no header": (f"{KEY},{CLAIM},10\n", "the column 'key' is missing"),
    "an unknown column": (f"key,commitment,deposit,name\n{KEY},{CLAIM},10,x\n", "the column 'name' is unknown"),
    "a column twice": ("key,commitment,deposit,key\n", "the column 'key' stands there twice"),
    "only a header": ("key,commitment,deposit\n", "a header and no rows"),
    "a short row": (f"key,commitment,deposit\n{KEY},{CLAIM},10\n{KEY}\n", "line 3: 1 values"),
    "a bad key": (f"key,commitment,deposit\n{KEY}0,{CLAIM},10\n", "line 2: key: not 64 hexadecimal digits"),
    "a bad amount": (f"key,commitment,deposit\n{KEY},{CLAIM},=10\n", "line 2: deposit: not an amount: '=10'"),
    "an open quote": (f'key,commitment,deposit\n{KEY},"{CLAIM},10\n', "not a CSV file"),
    "a zero byte": (f"key,commitment,deposit\n{KEY},{CLAIM},\x0010\n", "line 2"),
    "a long line": ("key,commitment,deposit\n" + "x" * 100_000 + "\n", "longer than any row"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_is_wrong_names_its_lines(name: str, small: Small) -> None:
    text, sentence = TABLES[name]
    path = small.folder / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    result = refused("enrol", small.ledger, PLAN, "--csv", path, "--reference", "r", code="MC-250", exit_code=2)
    assert sentence in result.err
    assert size_of(small) == 8


def test_many_wrong_rows_are_counted(small: Small) -> None:
    path = small.folder / "wrong.csv"
    path.write_text("slot,amount\n" + "x,1\n" * 1_234, encoding="utf-8")
    result = refused("credit", small.ledger, PLAN, "--csv", path, "--reference", "r", code="MC-250", exit_code=2)
    assert "1,234 rows are wrong" in result.err
    assert "and 1224 more" in result.err


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (members_csv(9).splitlines()[4], "MC-084"),
        (f"{KEY},{CLAIM},9.99", "MC-085"),
        (f"{'00' * 32},{CLAIM},10", "MC-102"),
    ],
    ids=["enrolled already", "deposit too low", "weak key"],
)
def test_a_row_that_the_rules_refuse_is_named_by_its_line(row: str, code: str, small: Small) -> None:
    path = small.folder / "refused.csv"
    path.write_text(members_csv(3, 500) + "\n" + row + "\n", encoding="utf-8")
    result = refused("enrol", small.ledger, PLAN, "--csv", path, "--reference", "r", code=code, exit_code=2)
    assert f"at:    {path}, line 6" in result.err
    assert size_of(small) == 8


def test_credits_for_a_slot_that_is_not_there(small: Small) -> None:
    path = small.folder / "credits.csv"
    path.write_text("slot,amount\n1,1\n77,1\n", encoding="utf-8")
    refused("credit", small.ledger, PLAN, "--csv", path, "--reference", "r", code="MC-083", exit_code=2)
    assert size_of(small) == 8


# --- places that cannot be written ----------------------------------------------------------------


def test_output_in_a_folder_that_is_not_there(template: Small, tmp_path: Path) -> None:
    path = tmp_path / "no" / "new.mcr"
    refused("record", template.ledger, PLAN, "--slot", 0, "-o", path, code="MC-003", exit_code=3)


def test_a_passport_never_replaces_one(template: Small) -> None:
    before = template.passport.read_bytes()
    refused("passport", "new", template.passport, "--trust", template.trust, code="MC-004", exit_code=2)
    assert template.passport.read_bytes() == before


def test_backups_never_replace_anything(small: Small, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "x").touch()
    refused("backup", small.ledger, taken, code="MC-117", exit_code=2)
    refused("restore", small.ledger, small.ledger, code="MC-117", exit_code=2)
    assert (taken / "x").exists()


def test_a_backup_beside_another_ledger_s_trust_file(small: Small, tmp_path: Path) -> None:
    (tmp_path / "kept.trust").write_text("log other\n", encoding="ascii")
    refused("backup", small.ledger, tmp_path / "kept", code="MC-117", exit_code=2)
    assert not (tmp_path / "kept").exists()


def test_restoring_what_does_not_lead_to_its_checkpoint(small: Small, tmp_path: Path) -> None:
    from mutualchain.archive import layout
    from mutualchain.store import LmdbStore

    (tmp_path / "other").mkdir()
    other = make_small(tmp_path / "other")
    with LmdbStore.open(other.ledger) as store, store.read() as reader:
        foreign = reader.get(layout.CHECKPOINT)
    with LmdbStore.open(small.ledger) as store, store.write(store.head()) as writer:
        writer.put(layout.CHECKPOINT, foreign or b"")
    refused("restore", small.ledger, tmp_path / "restored", code="MC-023", exit_code=3)
    assert not (tmp_path / "restored").exists()


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(28, "No space left on device")])
def test_what_the_operating_system_refuses(
    error: OSError, template: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr("os.fsync", fail)
    words = ("record", template.ledger, PLAN, "--slot", 0, "-o", tmp_path / "new.mcr")
    result = refused(*words, code="MC-251", exit_code=3)
    assert str(error.strerror) in result.err
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_foresaw_is_one_sentence_too(template: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    from mutualchain.cli.app import App, run

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("mutualchain.cli.overview.chain_overview", fail)
    assert run(["status", str(template.ledger)], App()) == 3


def test_a_traceback_shows_with_debug_only(
    template: Small, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mutualchain.cli.app import App, run

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("mutualchain.cli.overview.chain_overview", fail)
    run(["status", str(template.ledger)], App())
    assert capsys.readouterr().err.startswith("MC-001: an unexpected error: ZeroDivisionError: surprise\n  hint:")
    run(["--debug", "status", str(template.ledger)], App())
    assert "Traceback" in capsys.readouterr().err


def test_interrupted(template: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mutualchain.cli.overview.chain_overview", interrupt)
    result = call("status", template.ledger)
    assert result.code == 130
    assert "What was acknowledged is recorded" in result.err


def test_unknown_zones_languages_and_options(template: Small) -> None:
    refused("status", template.ledger, "--tz", "Mars/Olympus", code="MC-002", exit_code=2)
    refused("explain", "MC-001", "--lang", "fr", code="MC-002", exit_code=2)
    refused("status", template.ledger, "--colour", code="MC-002", exit_code=2)
    refused("status", code="MC-002", exit_code=2)


def test_a_copy_inside_the_ledger_is_refused(small: Small) -> None:
    refused("backup", small.ledger, small.ledger / "kept", code="MC-002", exit_code=2)
    assert not (small.ledger / "kept").exists()


def test_a_record_never_replaces_a_folder(small: Small, tmp_path: Path) -> None:
    for target in (tmp_path, "."):
        words = ("record", small.ledger, PLAN, "--slot", 0, "-o", target)
        refused(*words, code="MC-004", exit_code=2)
        refused(*words, "--force", code="MC-004", exit_code=2)


def test_an_origin_beyond_ascii_is_refused(tmp_path: Path) -> None:
    refused("init", tmp_path / "new", "--origin", "\u4e92\u52a9", code="MC-002", exit_code=2)
    assert list(tmp_path.iterdir()) == []


def test_a_receipt_that_cannot_be_written_is_refused_before_anything_is_recorded(small: Small, tmp_path: Path) -> None:
    size, taken = size_of(small), tmp_path / "taken.mct"
    taken.write_bytes(b"")
    refused(*WRITES["credit"](small), "--receipt", taken, code="MC-004", exit_code=2)
    refused(*WRITES["credit"](small), "--receipt", tmp_path / "nowhere" / "new.mct", code="MC-003", exit_code=3)
    assert size_of(small) == size
