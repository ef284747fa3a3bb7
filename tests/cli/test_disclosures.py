"""Disclosures of a whole round, of a published ledger, held against pins, compared, and what convicts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from mutualchain.cli.disclosure_check import NOBODY
from mutualchain.cli.pins import Pins
from mutualchain.cli.vaults import make_vault, opened_vault
from mutualchain.covenant.acts import Approval, Handover
from mutualchain.covenant.calendar import DAY_MS
from mutualchain.disclosure.bundle import DisclosureBundle
from mutualchain.ledger import Ledger
from mutualchain.record.build import build_record
from mutualchain.record.passport import Passport
from mutualchain.store import LmdbStore
from mutualchain.tlog.lineage import Lineage
from tests.cli.harness import Result, call, check, done, refused
from tests.disclosure.tools import CLAIMANT, READER, disclosed, fields_of, file_of, paid
from tests.ledger.casework import AID, Casework
from tests.ledger.world import KEYS, ORIGIN, PLAN, TRUST, Clock, digest
from tests.publish.tools import served

NOW = 2_000_000_000_000


@dataclass(frozen=True)
class World:
    """A ledger on disk: two cases shared by round 1, one by round 2; published after each round, and a fork of it.

    ``forked`` went on otherwise after round 1, and is longer than the other.
    """

    folder: Path
    cases: tuple[bytes, bytes, bytes]

    def at(self, name: str) -> Path:
        return self.folder / name

    def name(self, which: int) -> str:
        return self.cases[which].hex()[:16]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("disclosures")
    make_vault(folder / "ledger-vault")
    with LmdbStore.create(folder / "ledger") as store, opened_vault(folder / "ledger-vault") as vault:
        work = Casework(store=store, vault=vault)
        work.go_to(200)
        first, second = disclosed(work, CLAIMANT), disclosed(work, 2)
        work.wait(3)
        for case in (first, second):
            work.ledger.cases.approve(PLAN, case, reference=work.reference())
        work.round(first, second)
        masked(work, folder / "masked", first, second)
        with work.ledger.read() as archive:
            (folder / "mine.mcr").write_bytes(build_record(archive, PLAN, READER))
        work.ledger.close()
    (folder / "trust").write_bytes(TRUST.format())
    done("publish", folder / "ledger", folder / "one", "--trust", folder / "trust")
    shutil.copytree(folder / "ledger", folder / "forked")
    later = Clock(work.clock.now)
    third = go_on(folder / "ledger", work, later, 3)
    done("publish", folder / "ledger", folder / "two", "--trust", folder / "trust")
    go_on(folder / "forked", work, Clock(later.now), 5, 6)
    return World(folder, (first, second, third))


def go_on(path: Path, work: Casework, clock: Clock, *slots: int) -> bytes:
    """A case of each of these, shared by one more round."""
    vaults = opened_vault(path.with_name("ledger-vault"))
    with vaults as vault, Ledger.open(path, KEYS, clock=clock, vault=vault, background=False) as ledger:
        work.ledger, work.clock = ledger, clock
        cases = [disclosed(work, slot) for slot in slots]
        clock.now += 3 * DAY_MS
        for case in cases:
            ledger.cases.approve(PLAN, case, reference=work.reference())
        work.round(*cases)
    return cases[0]


def masked(work: Casework, folder: Path, *cases: bytes) -> None:
    folder.mkdir()
    for case in cases:
        fields = fields_of(work, case)
        salts = {name: digest("field", name).hex() for name in fields.NAMES}
        values: dict[str, object] = {name: fields.get(name) for name in fields.NAMES}
        (folder / f"{case.hex()[:16]}.json").write_text(json.dumps({**values, "salts": salts}), encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUTUALCHAIN_PINS", str(tmp_path / "pins"))
    return tmp_path


Checked = Callable[..., Result]


@pytest.fixture
def checked(world: World, here: Path) -> Checked:
    """Checks a disclosure with a fresh folder of pins."""

    def found(file: Path, *more: object) -> Result:
        return call("verify-disclosure", file, "--trust", world.at("trust"), *more, clock=lambda: NOW)

    return found


# --- all cases of a round -------------------------------------------------------------------------


def test_a_round_is_written_with_an_index_and_every_file_is_what_it_lists(
    world: World, here: Path, checked: Checked
) -> None:
    command = ("disclosures", world.at("ledger"), PLAN, "round-1", "--round", 1, "--fields", world.at("masked"))
    result = done(*command, "--open", "diagnosed_day", "--json").value
    index = json.loads((here / "round-1/index.json").read_text(encoding="utf-8"))
    assert {name: result[name] for name in index} == index
    assert {path.name for path in (here / "round-1").iterdir()} == {
        "index.json",
        *(f"{world.name(at)}.mcd" for at in (0, 1)),
    }
    assert [item["case"] for item in index["cases"]] == [case.hex() for case in world.cases[:2]]
    assert (index["round"]["number"], index["round"]["headcount"], index["round"]["aid"]) == (0, 10, 2 * AID)
    for item in index["cases"]:
        data = (here / "round-1" / item["file"]).read_bytes()
        assert (len(data), sha256(data).hexdigest()) == (item["bytes"], item["sha256"])
        found = checked(here / "round-1" / item["file"], "--json").value["disclosure"]
        assert (found["case"], found["state"], found["shown"]) == (item["case"], "shared", item["shown"])
        assert (found["size"], found["root"], list(found["facts"])) == (index["size"], index["root"], ["diagnosed_day"])
        assert item["opened"] == ["diagnosed_day"]


def test_a_round_says_what_it_wrote_in_both_languages(world: World, here: Path) -> None:
    command = ("disclosures", world.at("ledger"), PLAN)
    assert "2 disclosures are in a: " in done(*command, "a", "--round", 1).out
    assert "目录在 b/index.json。" in done(*command, "b", "--case", world.cases[0].hex(), "--lang", "zh").out
    assert json.loads((here / "b/index.json").read_text(encoding="utf-8"))["round"] is None
    refused(*command, "a", "--round", 1, code="MC-004", exit_code=2)
    done(*command, "a", "--round", 1, "--force")


@pytest.mark.parametrize(
    ("options", "code", "exit_code"),
    [
        ((), "MC-002", 2),
        (("--round", 1, "--case", "00" * 32), "MC-002", 2),
        (("--round", 9), "MC-178", 2),
        (("--case", "00" * 32), "MC-094", 2),
        (("--round", 1, "--fields", "nowhere"), "MC-003", 3),
        (("--round", 1, "--trust", "x"), "MC-002", 2),
    ],
)
def test_what_cannot_be_written_is_said(
    options: tuple[object, ...], code: str, exit_code: int, world: World, here: Path
) -> None:
    result = call("disclosures", world.at("ledger"), PLAN, "none", *options)
    assert result.err.startswith("MC-"), result.err
    assert (result.err[:6], result.code) == (code, exit_code)
    assert not (here / "none/index.json").exists()


def test_what_was_masked_lies_in_the_vault_until_it_is_shown_and_erased_with_the_person(tmp_path: Path) -> None:
    make_vault(tmp_path / "ledger-vault")
    (tmp_path / "trust").write_bytes(TRUST.format())
    with LmdbStore.create(tmp_path / "ledger") as store, opened_vault(tmp_path / "ledger-vault") as vault:
        work = Casework(store=store, vault=vault)
        work.go_to(200)
        case = work.attested(work.requested(CLAIMANT, name="李小明"))
        work.ledger.close()
    named = (tmp_path / "ledger", PLAN, "--case", case.hex())
    masked = done("case", "mask", *named, "--json").value
    assert (masked["fields"], masked["kept"]) == (None, True)
    with opened_vault(tmp_path / "ledger-vault") as vault:
        clock = Clock(work.clock.now)
        with Ledger.open(tmp_path / "ledger", KEYS, clock=clock, vault=vault, background=False) as ledger:
            ledger.cases.disclose(PLAN, case, aid=AID, fields_root=bytes.fromhex(masked["root"]), reference="shown")
    done("disclosure", *named, "-o", tmp_path / "case.mcd")
    check_it = ("verify-disclosure", tmp_path / "case.mcd", "--trust", tmp_path / "trust", "--no-pin", "--json")
    assert call(*check_it).value["disclosure"]["shown"]["name"] == "李*"
    again = done("case", "mask", *named, "-o", tmp_path / "again.json", "--json").value
    assert again["kept"] is False
    refused(
        "disclosure", *named, "--fields", tmp_path / "again.json", "-o", tmp_path / "x.mcd", code="MC-320", exit_code=1
    )
    with opened_vault(tmp_path / "ledger-vault") as vault:
        vault.erase(PLAN, CLAIMANT, now_ms=NOW, reason="wish")
    done("disclosure", *named, "--force", "-o", tmp_path / "case.mcd")
    assert call(*check_it).value["disclosure"]["shown"] == {}


# --- a published ledger ---------------------------------------------------------------------------


def test_anybody_makes_the_same_file_of_a_published_ledger(world: World, here: Path) -> None:
    case = ("--case", world.cases[1].hex(), "-o")
    done("disclosure", world.at("ledger"), PLAN, *case, "own.mcd")
    done("disclosure", world.at("two"), PLAN, *case, "public.mcd", "--trust", world.at("trust"))
    found = [
        call("verify-disclosure", name, "--trust", world.at("trust"), "--no-pin", "--json").value
        for name in ("own.mcd", "public.mcd")
    ]
    assert found[0]["disclosure"] == found[1]["disclosure"]
    assert found[0]["checks"] == found[1]["checks"]


def test_a_server_will_do_and_what_was_fetched_is_kept(world: World, here: Path) -> None:
    case, cache = ("--case", world.cases[1].hex()), ("--trust", world.at("trust"), "--cache", here / "cache")
    with served(world.at("two")) as (url, asked):
        done("disclosure", url, PLAN, *case, *cache, "-o", "first.mcd")
        first = len(asked)
        done("disclosure", url, PLAN, *case, *cache, "-o", "again.mcd")
        told = call("verify-disclosure", "first.mcd", "--trust", world.at("trust"), "--published", url, "--json")
    assert (here / "first.mcd").read_bytes() == (here / "again.mcd").read_bytes()
    assert len(asked) - first < first / 4
    assert told.code == 0


def test_a_round_of_a_published_ledger_is_written_too(world: World, here: Path) -> None:
    result = done("disclosures", world.at("two"), PLAN, "mine", "--round", 2, "--trust", world.at("trust"), "--json")
    assert [item["case"] for item in result.value["cases"]] == [world.cases[2].hex()]


def test_nothing_of_a_person_is_published(world: World, here: Path) -> None:
    given = ("--trust", world.at("trust"), "--case", world.cases[0].hex(), "--open", "cause", "-o", "x.mcd")
    refused("disclosure", world.at("two"), PLAN, *given, code="MC-002", exit_code=2)


def test_an_older_file_is_renewed_by_anybody_with_what_it_opens(world: World, here: Path, checked: Checked) -> None:
    command = ("disclosures", world.at("one"), PLAN, "old", "--round", 1, "--trust", world.at("trust"))
    done(*command, "--fields", world.at("masked"))
    old = here / "old" / f"{world.name(0)}.mcd"
    renew = ("disclosure", world.at("two"), PLAN, "--renew", old, "-o", "new.mcd", "--trust", world.at("trust"))
    assert done(*renew, "--json").value["case"] == world.cases[0].hex()
    before, after = checked(old, "--json").value, checked(here / "new.mcd", "--json").value
    assert before["disclosure"]["size"] < after["disclosure"]["size"]
    assert before["disclosure"]["shown"] == after["disclosure"]["shown"] != {}
    assert (before["pin"]["state"], after["pin"]["state"]) == ("first", "extends")
    refused(*renew, "--force", "--open", "cause", code="MC-002", exit_code=2)


# --- pins -----------------------------------------------------------------------------------------


@pytest.fixture
def files(world: World, here: Path) -> dict[str, Path]:
    """The first case as it was shown after each round, and in the fork; ``bare`` shows no earlier sizes."""
    case = ("--case", world.cases[0].hex(), "-o")
    trust = ("--trust", world.at("trust"))
    done("disclosure", world.at("one"), PLAN, *case, "old.mcd", *trust)
    done("disclosure", world.at("ledger"), PLAN, *case, "new.mcd", "--since", "old.mcd")
    new = DisclosureBundle.from_bytes((here / "new.mcd").read_bytes())
    (here / "bare.mcd").write_bytes(replace(new, claimant=replace(new.claimant, extends=Lineage())).to_bytes())
    done("disclosure", world.at("forked"), PLAN, *case, "fork.mcd", "--since", "old.mcd")
    return {name: here / f"{name}.mcd" for name in ("old", "bare", "new", "fork")}


def test_the_first_book_is_kept_and_the_next_one_continues_it(files: dict[str, Path], checked: Checked) -> None:
    first = checked(files["old"], "--json").value
    assert (first["pin"]["state"], first["pin"]["kept"]) == ("first", True)
    assert {"first"} <= {item["id"] for item in first["limits"]}
    again = checked(files["old"], "--json").value
    assert again["pin"]["state"] == "same"
    assert "extends" in {item["id"] for item in again["checks"]}
    later = checked(files["new"], "--json").value
    assert (later["pin"]["state"], later["pin"]["size"]) == ("extends", first["disclosure"]["size"])
    older = checked(files["old"], "--json").value
    assert (older["exit_code"], older["pin"]["state"]) == (0, "older")


def test_a_book_that_goes_on_otherwise_is_a_split_view_with_evidence(
    world: World, files: dict[str, Path], checked: Checked, here: Path
) -> None:
    assert checked(files["new"]).code == 0
    result = checked(files["fork"], "--json").value
    assert (result["verdict"], result["exit_code"], result["error"]["code"]) == ("rollback", 4, "MC-175")
    assert (result["pin"]["state"], result["disclosure"]) == ("contradicted", None)
    conviction = call("verify-evidence", result["evidence"], "--trust", world.at("trust"))
    assert conviction.code == 4, conviction.out + conviction.err
    assert checked(files["new"], "--json").value["pin"]["state"] == "same"


def test_what_cannot_be_told_is_not_said_to_be_good(world: World, files: dict[str, Path], checked: Checked) -> None:
    assert checked(files["old"]).code == 0
    bare = checked(files["bare"], "--json").value
    assert (bare["verdict"], bare["exit_code"], bare["error"]["code"]) == ("could not check", 3, "MC-179")
    told = checked(files["bare"], "--published", world.at("two"), "--json").value
    assert (told["exit_code"], told["pin"]["state"]) == (0, "extends")


def test_an_older_book_that_nothing_connects_is_a_rollback(
    world: World, files: dict[str, Path], checked: Checked
) -> None:
    assert checked(files["bare"]).code == 0
    back = checked(files["old"], "--lang", "en")
    assert (back.code, back.out.split("\n")[0]) == (4, "ROLLBACK")
    assert "--published" in back.out
    assert "--renew" in back.out
    told = checked(files["old"], "--published", world.at("two"), "--json").value
    assert (told["exit_code"], told["pin"]["state"]) == (0, "older")


def test_what_she_kept_can_be_named(files: dict[str, Path], checked: Checked, world: World) -> None:
    good = checked(files["new"], "--no-pin", "--seen", files["old"], "--json").value
    assert (good["exit_code"], good["pin"]) == (0, None)
    assert "extends" in {item["id"] for item in good["checks"]}
    bad = checked(files["fork"], "--no-pin", "--seen", files["new"], "--json").value
    assert bad["exit_code"] in (3, 4)
    record = checked(files["new"], "--no-pin", "--seen", world.at("mine.mcr"))
    assert record.code == 0


def test_a_readers_pin_lies_under_her_own_key_and_nobodys_else(
    files: dict[str, Path], checked: Checked, here: Path
) -> None:
    checked(files["old"])
    pins = Pins(here / "pins")
    assert pins.path(ORIGIN, NOBODY).exists()
    hers = Passport(b"r" * 32)
    (here / "her.passport").write_bytes(hers.to_bytes())
    checked(files["old"], "--passport", here / "her.passport")
    key = hers.public_key(ORIGIN, PLAN)
    pin = pins.read(ORIGIN, key)
    assert pin is not None
    assert pin.public_key == key


def test_a_pin_that_cannot_be_kept_is_said(files: dict[str, Path], checked: Checked, here: Path) -> None:
    (here / "pins").write_text("a file", encoding="utf-8")
    result = checked(files["old"], "--json").value
    assert (result["exit_code"], result["pin"]["kept"]) == (0, False)
    assert "unkept" in {item["id"] for item in result["limits"]}


def test_what_everybody_was_shown_is_noted_for_the_next_files_to_continue(world: World, here: Path) -> None:
    ledger = shutil.copytree(world.at("ledger"), here / "ledger")
    (ledger / "handed-out").unlink(missing_ok=True)
    done("disclosures", ledger, PLAN, "round-1", "--round", 1)
    done("disclosure", ledger, PLAN, "--case", world.cases[2].hex(), "-o", "one.mcd")
    size = json.loads((here / "round-1/index.json").read_text(encoding="utf-8"))["size"]
    assert (ledger / "handed-out").read_text(encoding="ascii") == f"{size} {PLAN} *\n"


# --- two people's files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "relation", "code"),
    [
        ("old.mcd", "new.mcd", "extends", 0),
        ("mine.mcr", "new.mcd", "extends", 0),
        ("old.mcd", "mine.mcr", "same", 0),
        ("new.mcd", "fork.mcd", "split", 4),
        ("fork.mcd", "two", "split", 4),
    ],
)
def test_the_files_of_two_people_show_one_history_or_two(
    one: str, other: str, relation: str, code: int, world: World, files: dict[str, Path], here: Path
) -> None:
    shutil.copy(world.at("mine.mcr"), here)
    place = world.at(other) if other == "two" else here / other
    result = call("compare", here / one, place, "--trust", world.at("trust"), "--json")
    assert (result.code, result.value["relation"]) == (code, relation)
    check(result.value, "compare")
    assert (result.value["file"] is not None) == (relation == "split")


# --- evidence -------------------------------------------------------------------------------------


def test_a_broken_rule_is_evidence_for_everybody(tmp_path: Path) -> None:
    work = Casework()
    work.go_to(200)
    case = disclosed(work)
    work.forge(Approval(case, AID))
    (tmp_path / "case.mcd").write_bytes(file_of(work, case))
    (tmp_path / "trust").write_bytes(TRUST.format())
    result = call("verify-disclosure", tmp_path / "case.mcd", "--trust", tmp_path / "trust", "--no-pin", "--json")
    check(result.value, "verify-disclosure")
    assert (result.code, result.value["error"]["code"]) == (1, "MC-176")
    convicted = call("verify-evidence", result.value["evidence"], "--trust", tmp_path / "trust", "--json")
    assert (convicted.code, convicted.value["evidence"]["kind"]) == (4, "disclosure")
    shown = call("show", result.value["evidence"])
    assert "a disclosure's chain breaks a rule" in shown.out


def test_where_evidence_cannot_lie_beside_the_file_the_reader_is_told(tmp_path: Path) -> None:
    work = Casework()
    work.go_to(200)
    case = paid(work)
    work.forge(Handover(CLAIMANT, digest("no key"), bytes(64), bytes(64)))
    (tmp_path / "case.mcd").write_bytes(file_of(work, case))
    (tmp_path / "trust").write_bytes(TRUST.format())
    given = ("--trust", tmp_path / "trust", "--no-pin", "--evidence", tmp_path / "nowhere" / "x.mce")
    result = call("verify-disclosure", tmp_path / "case.mcd", *given)
    assert result.code == 1
    assert "There is evidence, and it could not be written" in result.out
