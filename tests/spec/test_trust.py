"""Windows and ages of trust files: the second reader, written from SPEC.md section 8.3, agrees with ours."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from mutualchain.errors import MutualchainError, TooOld
from mutualchain.tlog import note
from mutualchain.tlog.checkpoint import sign_checkpoint
from mutualchain.tlog.trust import Log, TrustFile
from mutualchain.tlog.validity import Window
from tests.spec.second import Refused, Trust
from tests.tlog.examples import CHECKPOINT, LOG, MIRROR_TIME, NEW_LOG, TRUST, WITNESSES

T = MIRROR_TIME
WINDOWS = [Window(), Window(None, T + 2), Window(T + 2, None), Window(T + 2, T + 4), Window(T + 20, T + 30)]
NOTES = {
    "log alone": sign_checkpoint(CHECKPOINT, [LOG]),
    "quorum": note.add_signatures(
        sign_checkpoint(CHECKPOINT, [LOG]), [WITNESSES[n].cosign(CHECKPOINT, T + n) for n in (1, 2, 4)]
    ),
    "quorum twice": note.add_signatures(
        sign_checkpoint(CHECKPOINT, [LOG, NEW_LOG]),
        [WITNESSES[n].cosign(CHECKPOINT, T + n + late) for n, late in product((0, 1, 3), (0, 20))],
    ),
    "new key": note.add_signatures(
        sign_checkpoint(CHECKPOINT, [NEW_LOG]), [WITNESSES[n].cosign(CHECKPOINT, T + 3) for n in range(5)]
    ),
}


def ours(file: TrustFile, data: bytes, now: int | None) -> str:
    try:
        opened = file.open_checkpoint(data, now_ms=now)
        if now is not None:
            file.check_age(opened, now, stated_ms=T * 1_000)
    except MutualchainError as error:
        return error.code
    return "good"


def theirs(file: TrustFile, data: bytes, now: int | None) -> str:
    trust = Trust(file.format())
    try:
        *_, seen = trust.open(data, now)
    except Refused as refused:
        return refused.code
    if now is not None and trust.max_age is not None:
        since = trust.since(seen, T * 1_000)
        if not now - 1_000 * trust.max_age <= since <= now + 86_400_000:
            return TooOld.code
    return "good"


@pytest.mark.parametrize("name", NOTES)
def test_both_readers_agree_on_windows_and_ages(name: str) -> None:
    answers = set()
    nows = (None, T * 1_000, (T + 12) * 1_000, (T + 25) * 1_000 + 999, (T - 90_000) * 1_000)
    for old, new, quorum, age, now in product(WINDOWS, WINDOWS[:3], ("both", "xs", None), (None, 5, 15), nows):
        logs = (Log(LOG.verifier, window=old), Log(NEW_LOG.verifier, window=new))
        file = replace(TRUST, logs=logs, quorum=quorum, max_age=age)
        answer = ours(file, NOTES[name], now)
        assert answer == theirs(file, NOTES[name], now), (file, now)
        answers.add(answer)
    assert {"good", "MC-032", "MC-173"} <= answers
