"""disclosure, verify-disclosure and case mask, by an operator with one case and by anybody who reads it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from mutualchain.cli.disclosure_check import check_disclosure
from mutualchain.cli.disclosure_view import show_disclosure
from mutualchain.cli.files import hash_file
from mutualchain.cli.language import Words
from mutualchain.cli.screen import Screen
from mutualchain.cli.vaults import make_vault, opened_vault
from mutualchain.covenant.acts import Approval, CaseWithdrawal
from mutualchain.disclosure.build import build_disclosure
from mutualchain.record.build import build_record
from mutualchain.store import LmdbStore
from tests.cli.harness import call, check, done, refused
from tests.disclosure.tools import CLAIMANT, READER, begun, disclose, disclosed, fields_of, file_of, paid
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import PLAN, TRUST, digest

FACTS = {
    "cause": "illness",
    "group": "critical",
    "disease": "C50",
    "diagnosed_day": "2015-02-12",
    "birth_day": "1984-05-01",
    "name": "李小明",
    "hospital": "某市第一医院",
    "region": "浙江省杭州市西湖区",
}


@dataclass(frozen=True)
class Shown:
    """A ledger on disk with a case, and the files that everybody gets."""

    ledger: Path
    case: str
    file: Path
    trust: Path
    record: Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("disclosure")
    make_vault(folder / "ledger-vault")
    with LmdbStore.create(folder / "ledger") as store, opened_vault(folder / "ledger-vault") as vault:
        work = Casework(store=store, vault=vault)
        work.go_to(200)
        case = paid(work)
        (folder / "case.mcd").write_bytes(file_of(work, case, "diagnosed_day"))
        with work.ledger.read() as archive:
            (folder / "mine.mcr").write_bytes(build_record(archive, PLAN, READER))
        fields = fields_of(work, case)
        values: dict[str, object] = {name: fields.get(name) for name in fields.NAMES}
        salts = {name: digest("field", name).hex() for name in fields.NAMES}
        (folder / "masked.json").write_text(json.dumps({**values, "salts": salts}), encoding="utf-8")
        work.ledger.close()
    (folder / "trust").write_bytes(TRUST.format())
    return Shown(folder / "ledger", case.hex(), folder / "case.mcd", folder / "trust", folder / "mine.mcr")


def test_anybody_reads_the_facts_first_and_the_verdict_after_them(shown: Shown) -> None:
    result = call("verify-disclosure", shown.file, "--trust", shown.trust, "--tz", "Asia/Shanghai")
    assert result.code == 0
    text = " ".join(result.out.split())
    facts, verdict = text.split(" VERIFIED ")
    for sentence in (
        "A case of e互助",
        "who 李*",
        "The claimant joined on 30 July 2014 in block 3, 200 days before asking for aid.",
        "The diagnosis came 198 days after joining; the waiting period is 180 days.",
        "The eyes (investigator) vouched for it",
        "Nobody objected.",
        "shared by 10 members.",
        "Each owed 30,000.00 yuan",
        "Paid so far: 300,000.00 yuan of 300,000.00 yuan.",
    ):
        assert sentence in facts
    assert "nothing about this case was left out" in verdict
    assert "not insurance" in verdict


def test_the_reader_sees_her_own_part(shown: Shown) -> None:
    result = call("verify-disclosure", shown.file, "--trust", shown.trust, "--record", shown.record)
    assert "YOUR OWN PART OF IT: 30,000.00 yuan." in result.out
    chinese = call("verify-disclosure", shown.file, "--trust", shown.trust, "--record", shown.record, "--lang", "zh")
    assert "您本人分摊：30,000.00 元。" in chinese.out
    assert "核验通过" in chinese.out
    assert "重大疾病" in chinese.out


def test_the_answer_for_programs_has_its_schema(shown: Shown) -> None:
    good = call("verify-disclosure", shown.file, "--trust", shown.trust, "--record", shown.record, "--json")
    check(good.value, "verify-disclosure")
    assert (good.value["verdict"], good.value["disclosure"]["own"]["slot"]) == ("verified", READER)
    bad = call("verify-disclosure", shown.record, "--trust", shown.trust, "--json")
    check(bad.value, "verify-disclosure")
    assert (bad.code, bad.value["verdict"], bad.value["disclosure"]) == (3, "could not check", None)


def test_a_record_that_cannot_be_checked_is_named_as_such(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "cut.mcr").write_bytes(shown.record.read_bytes()[:-5])
    result = call("verify-disclosure", shown.file, "--trust", shown.trust, "--record", tmp_path / "cut.mcr", "--json")
    assert (result.code, result.value["error"]["place"]) == (3, "your record")


def test_somebody_has_to_be_trusted(shown: Shown) -> None:
    refused("verify-disclosure", shown.file, code="MC-002", exit_code=2)


def test_a_changed_file_is_tampered_in_both_languages(shown: Shown, tmp_path: Path) -> None:
    data = bytearray(shown.file.read_bytes())
    data[-9] ^= 1
    (tmp_path / "changed.mcd").write_bytes(bytes(data))
    for language, word in (("en", "TAMPERED"), ("zh", "内容被篡改")):
        result = call("verify-disclosure", tmp_path / "changed.mcd", "--trust", shown.trust, "--lang", language)
        assert (result.code, result.out.split("\n")[0]) == (1, word)


# --- the operator ---------------------------------------------------------------------------------


def test_the_operator_writes_the_file_and_opens_what_it_names(shown: Shown, tmp_path: Path) -> None:
    command = ("disclosure", shown.ledger, PLAN, "--case", shown.case)
    result = done(*command, "-o", tmp_path / "bare.mcd", "--json")
    check(result.value, "disclosure")
    bare = call("verify-disclosure", tmp_path / "bare.mcd", "--trust", shown.trust, "--json").value["disclosure"]
    assert (bare["shown"], bare["facts"]) == ({}, {})
    masked = shown.ledger.parent / "masked.json"
    done(*command, "--fields", masked, "--open", "diagnosed_day", "--open", "cause", "-o", tmp_path / "open.mcd")
    opened = call("verify-disclosure", tmp_path / "open.mcd", "--trust", shown.trust, "--json").value["disclosure"]
    assert set(opened["facts"]) == {"diagnosed_day", "cause"}
    assert opened["shown"]["name"] == "李*"
    refused(*command, "-o", tmp_path / "open.mcd", code="MC-004", exit_code=2)
    assert call(*command, "--open", "birth_day", "-o", tmp_path / "birth.mcd").code == 2


def test_a_case_that_is_not_there_has_no_file(shown: Shown, tmp_path: Path) -> None:
    refused("disclosure", shown.ledger, PLAN, "--case", "00" * 32, "-o", tmp_path / "x.mcd", code="MC-094", exit_code=2)


def test_facts_are_masked_for_everybody(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(FACTS), encoding="utf-8")
    command = ("case", "mask", shown.ledger, PLAN, "--case", shown.case, "--facts", tmp_path / "facts.json", "-o")
    result = done(*command, tmp_path / "masked.json", "--json")
    check(result.value, "case-mask")
    masked = json.loads((tmp_path / "masked.json").read_text(encoding="utf-8"))
    assert (masked["name"], masked["age"], masked["region"]) == ("李*", 30, "浙江省杭州市")
    assert "birth_day" not in masked
    assert (len(masked["salts"]), masked["files"]) == (8, "")


def test_photographs_and_reports_are_committed_to_and_checked(shown: Shown, tmp_path: Path) -> None:
    work = begun()
    case = work.attested(work.requested(CLAIMANT))
    pictures = [tmp_path / name for name in ("one.jpg", "two.jpg", "other.jpg")]
    for path in pictures:
        path.write_bytes(path.name.encode())
    files = " ".join(sorted(hash_file(path, "a picture").hex() for path in pictures[:2]))
    disclose(work, case, files=files)
    (tmp_path / "case.mcd").write_bytes(file_of(work, case, fields=fields_of(work, case, files=files)))
    command = ("verify-disclosure", tmp_path / "case.mcd", "--trust", shown.trust, "--no-pin")
    good = call(*command, "--attached", pictures[1], "--json")
    assert good.code == 0
    assert {"id": "attached", "count": 1} in good.value["checks"]
    assert "2 photographs or reports belong to it" in call(*command).out
    bad = call(*command, "--attached", pictures[1], "--attached", pictures[2], "--json")
    assert (bad.code, bad.value["error"]["code"], bad.value["disclosure"]) == (1, "MC-172", None)
    none = call(
        "verify-disclosure", shown.file, "--trust", shown.trust, "--no-pin", "--attached", pictures[0], "--json"
    )
    assert (none.code, none.value["verdict"]) == (3, "could not check")


def test_what_is_attached_is_named_by_its_digest(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(FACTS), encoding="utf-8")
    for name in ("a.jpg", "b.pdf"):
        (tmp_path / name).write_bytes(name.encode())
    command = ("case", "mask", shown.ledger, PLAN, "--case", shown.case, "--facts", tmp_path / "facts.json")
    attached = ("--attach", tmp_path / "a.jpg", "--attach", tmp_path / "b.pdf", "--attach", tmp_path / "a.jpg")
    done(*command, *attached, "-o", tmp_path / "masked.json")
    masked = json.loads((tmp_path / "masked.json").read_text(encoding="utf-8"))
    assert masked["files"].split() == sorted(hash_file(tmp_path / name, "it").hex() for name in ("a.jpg", "b.pdf"))


def test_the_facts_that_the_ledger_keeps_are_masked_too(shown: Shown, tmp_path: Path) -> None:
    command = ("case", "mask", shown.ledger, PLAN, "--case", shown.case, "-o")
    done(*command, tmp_path / "masked.json")
    masked = json.loads((tmp_path / "masked.json").read_text(encoding="utf-8"))
    assert (masked["name"], masked["age"], masked["disease"]) == ("李*", 31, "C50")
    refused_by_name = call(*command[:-1], "--vault", tmp_path / "nowhere")
    assert refused_by_name.code in (2, 3)
    nowhere = ("--vault", tmp_path / "nowhere")
    assert call(*command, tmp_path / "other.json", *nowhere).code in (2, 3)
    assert not (tmp_path / "other.json").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"salts": 1}', '{"salts": {"name": "x"}}', "\x00"])
def test_a_file_of_fields_is_one(content: str, shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "fields.json").write_text(content, encoding="utf-8")
    given = ("--fields", tmp_path / "fields.json", "-o", tmp_path / "x.mcd")
    result = call("disclosure", shown.ledger, PLAN, "--case", shown.case, *given)
    assert result.code in (2, 3)


# --- every state, in both languages ----------------------------------------------------------------


def text_of(work: Casework, case: bytes, language: str) -> str:
    """What anybody reads of a case as it stands."""
    with work.ledger.read() as archive:
        data = build_disclosure(archive, PLAN, case)
    outcome = check_disclosure(data, TRUST, now_ms=work.clock.now)
    assert outcome.exit_code == 0, outcome.error
    stream = io.StringIO()
    show_disclosure(Screen(stream, 200), outcome, Words(language), None)
    return stream.getvalue()


def told(work: Casework, case: bytes, english: str, chinese: str) -> None:
    """The case as it stands is told so in both languages."""
    assert english in text_of(work, case, "en")
    assert chinese in text_of(work, case, "zh")


def test_a_case_is_told_at_every_stage_in_both_languages() -> None:
    work = Casework()
    work.go_to(200)
    case = work.requested(CLAIMANT)
    told(work, case, "The case waits for those who vouch.", "案件等待核实。")
    work.attested(case)
    work.ledger.cases.disclose(PLAN, case, aid=AID, fields_root=digest("fields"), reference="disclosed")
    told(work, case, "not decided yet", "尚未作出决定")
    work.objected(case, 7)
    told(work, case, "1 objected.", "1 人（或机构）提出异议。")
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [1, 1, 0]), reference="votes")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, case, reference="counted")
    told(work, case, "2 of 3 jurors were for it.", "赔审团 3 票中 2 票支持。")
    work.ledger.cases.approve(PLAN, case, reference="approved")
    told(work, case, "waits for its round", "等待分摊")
    work.round(case)
    told(work, case, "Paid so far: 0.00 yuan of 300,000.00 yuan.", "已发放：0.00 元")
    work.ledger.cases.void(PLAN, case, "malicious", reference="void")
    work.ledger.cases.sanction(PLAN, CLAIMANT, "malicious", case=case, reference="sanction")
    work.ledger.money.refund(PLAN, case, reference="refund")
    told(work, case, "THE CASE PROVED FALSE AND IS VOID: malicious initiation.", "案件被证实虚假，已作废：恶意发起。")
    told(work, case, "✗ A sanction on the claimant: malicious initiation.", "列入黑名单：恶意发起")
    told(work, case, "Given back to all who shared it: 300,000.00 yuan.", "已退还给全体分摊会员：300,000.00 元。")


def test_refusals_and_withdrawals_are_told_in_both_languages() -> None:
    work = Casework()
    work.go_to(200)
    case = work.requested(CLAIMANT)
    work.attest(case, "clinic", "hospital", supports=False)
    told(work, case, "that it is not true", "情况不实")
    work.ledger.cases.refuse(PLAN, case, "cases.attestations", reference="refused")
    told(work, case, "by the covenant's rule cases.attestations", "依据互助公约的规则 cases.attestations 被拒绝")
    other = work.requested(CLAIMANT, disease="C61")
    told(work, other, "Other requests of the claimant: 1.", "申请人的其他互助申请：1 次。")
    act = CaseWithdrawal(other, b"")
    work.ledger.cases.withdraw(PLAN, other, signature=sign(CLAIMANT, work.message(act)), reference="back")
    told(work, other, "took the request back", "已撤回申请")


def test_a_broken_rule_is_told_as_the_books_fault() -> None:
    work = Casework()
    work.go_to(200)
    case = disclosed(work)
    work.forge(Approval(case, AID))
    with work.ledger.read() as archive:
        data = build_disclosure(archive, PLAN, case)
    outcome = check_disclosure(data, TRUST, now_ms=work.clock.now)
    assert (outcome.exit_code, outcome.verdict) == (1, "tampered")
    stream = io.StringIO()
    show_disclosure(Screen(stream, 100), outcome, Words("en"), None)
    assert "the book itself breaks a rule" in stream.getvalue()
    assert "cases.objection_days" in stream.getvalue()
