"""Checkpoints on the chain and beside it: signatures, roots, witnesses, times."""

from __future__ import annotations

import pytest

from mutualchain.audit import AuditReport, Verdict, audit_ledger
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer, Verifier, add_signatures
from mutualchain.tlog.trust import Log, TrustFile, Witness
from tests.audit.operator import KEYS, ORIGIN, START_MS, Operator, trust
from tests.audit.story import audit, shown

LOG = Log(Verifier.from_vkey(KEYS.log.vkey))


def begin() -> Operator:
    operator = Operator()
    operator.enrol([1_000] * 3)
    return operator


def lie(size: int, origin: str = ORIGIN, root: bytes = b"r" * 32) -> bytes:
    return sign_checkpoint(Checkpoint(origin, size, root), [KEYS.log])


def test_an_anchor_of_the_chain_is_fine() -> None:
    operator = begin()
    operator.anchor()
    report = audit(operator)
    assert (shown(report), report.counts.anchors) == ([], 1)


@pytest.mark.parametrize(
    ("note", "code", "verdict"),
    [
        (lie(2), "MC-202", Verdict.TAMPERED),
        (lie(200), "MC-202", Verdict.TAMPERED),
        (lie(1, "other.example"), "MC-025", Verdict.TAMPERED),
        (lie(2)[:-20] + b"AAAA" + lie(2)[-16:], "MC-022", Verdict.TAMPERED),
        (b"no note", "MC-021", Verdict.COULD_NOT_CHECK),
    ],
    ids=["another root", "of blocks to come", "of another log", "a false signature", "no note"],
)
def test_an_anchor_that_contradicts_the_chain_is_found(note: bytes, code: str, verdict: Verdict) -> None:
    operator = begin()
    operator.anchor(note)
    operator.credit([(1, 5)])
    report = audit(operator)
    assert shown(report) == [(code, "block 3, entry 0")]
    assert report.verdict is verdict


def test_an_anchor_of_unknown_keys_is_a_limit() -> None:
    operator = begin()
    stranger = Signer.from_seed(ORIGIN, b"9" * 32)
    operator.anchor(sign_checkpoint(Checkpoint(ORIGIN, 1, b"r" * 32), [stranger]))
    report = audit(operator)
    assert shown(report) == []
    assert any("signed by no key" in limit for limit in report.limits)


def test_a_checkpoint_of_another_log_concludes_nothing() -> None:
    operator = begin()
    other = TrustFile((Log(Verifier.from_vkey(Signer.from_seed(ORIGIN, b"9" * 32).vkey)),))
    report = audit_ledger(operator.store, other)
    assert shown(report) == [("MC-023", "checkpoint")]
    assert (report.verdict, report.checkpoint) == (Verdict.COULD_NOT_CHECK, None)


def test_a_signed_checkpoint_with_another_root_is_found() -> None:
    operator = begin()
    operator.writer.checkpoint, operator.writer.unsaved = lie(3), True
    operator.writer.save_checkpoint()
    assert shown(audit(operator)) == [("MC-202", "checkpoint")]


# --- witnesses ----------------------------------------------------------------------------------

WITNESS = CosignatureSigner.from_seed("witness.example", b"7" * 32)


def witnessed(operator: Operator, seconds: int, trusted: TrustFile | None = None) -> AuditReport:
    text = Checkpoint(ORIGIN, operator.writer.state.size, operator.writer.state.log.root())
    note = add_signatures(sign_checkpoint(text, [KEYS.log]), [WITNESS.cosign(text, seconds)])
    operator.anchor(note)
    return audit_ledger(operator.store, trusted or quorate())


def quorate() -> TrustFile:
    return TrustFile((LOG,), (Witness("w", WITNESS.verifier),), (), "w")


def test_a_quorum_that_is_missing_is_no_verdict_about_the_data() -> None:
    report = audit_ledger(begin().store, quorate())
    assert shown(report) == [("MC-029", "checkpoint")]
    assert report.verdict is Verdict.COULD_NOT_CHECK
    assert report.checkpoint is not None


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (START_MS // 1000 + 3, []),
        (START_MS // 1000 - 10_000, [("MC-067", "block 3, entry 0")]),
        (START_MS // 1000 + 10_000, [("MC-067", "block 3, entry 0")]),
    ],
    ids=["in time", "blocks that claim to be later than their cosignature", "a block that quotes the future"],
)
def test_block_times_fit_the_witnesses_clocks(seconds: int, found: list[tuple[str, str]]) -> None:
    report = witnessed(begin(), seconds)
    assert [item for item in shown(report) if item[1] != "checkpoint"] == found


def test_an_anchor_without_the_quorum_is_a_limit() -> None:
    operator = begin()
    operator.anchor()
    report = audit_ledger(operator.store, quorate())
    assert any(limit.startswith("1 anchor(s) do not carry the quorum") for limit in report.limits)
    assert not any("anchor" in limit for limit in audit_ledger(operator.store, trust()).limits)
