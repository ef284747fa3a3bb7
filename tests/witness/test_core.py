"""add-checkpoint decided in memory: every answer, the order of checks, races, and what can be made again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest

from mutualchain.errors import CheckpointError, KeyFormatError
from mutualchain.limits import MAX_WITNESS_REQUEST
from mutualchain.tlog import note as notes
from mutualchain.tlog.checkpoint import Checkpoint, open_checkpoint
from mutualchain.tlog.cosignature import CosignatureVerifier, timestamp
from mutualchain.tlog.merkle import EMPTY_ROOT
from mutualchain.tlog.note import Signature, Signer
from mutualchain.witness.core import (
    NOTHING,
    KnownLog,
    Response,
    Seen,
    add_checkpoint,
    conflict,
    cosigned_note,
    judge,
    read_submission,
)

from .cases import CASES, Case
from .logs import NOW, WITNESS, FakeLog


@dataclass
class Memory:
    """States in a dict: what a simulation uses."""

    states: dict[str, Seen] = field(default_factory=dict)

    def get(self, origin: str) -> Seen:
        return self.states.get(origin, NOTHING)

    def swap(self, origin: str, old: Seen, new: Seen) -> bool:
        stored = self.get(origin)
        if (stored.size, stored.root) != (old.size, old.root):
            return False
        self.states[origin] = new
        return True


@dataclass
class Bench:
    """A witness in memory that knows one log."""

    log: FakeLog
    states: Memory = field(default_factory=Memory)
    signed: list[tuple[Checkpoint, int]] = field(default_factory=list)

    def cosign(self, checkpoint: Checkpoint, time: int) -> list[Signature]:
        self.signed.append((checkpoint, time))
        return [WITNESS.cosign(checkpoint, time)]

    def post(self, body: bytes, now: int = NOW) -> Response:
        return add_checkpoint(body, {self.log.origin: self.log.known}, self.states, self.cosign, now)


LOG = FakeLog("example.com/log")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_request_has_its_answer(case: Case) -> None:
    bench = Bench(LOG)
    for body in case.before(LOG):
        assert bench.post(body).status == 200
    before, signed = bench.states.get(LOG.origin), len(bench.signed)
    answer = bench.post(case.request(LOG))
    case.check(answer.status, answer.content_type, answer.body)
    if answer.status != 200:
        assert bench.states.get(LOG.origin) == before, "a refusal changes nothing"
        assert len(bench.signed) == signed, "and signs nothing"


def test_the_cosignature_verifies_on_the_checkpoint_that_was_sent() -> None:
    for old, size, extensions in [(0, 0, ()), (0, 5, ("x",)), (5, 5, ()), (5, 9, ("a", "b"))]:
        bench = Bench(LOG)
        if old:
            bench.post(LOG.request(0, old))
        note = LOG.note(size, *extensions)
        opened = notes.open(note + bench.post(LOG.request(old, size, note=note)).body, [WITNESS.verifier])
        assert [timestamp(line) for line in opened.signatures] == [NOW]


def test_the_vector_of_another_witness_is_what_such_an_answer_looks_like() -> None:
    text = "rome2026h1.example.org\n300\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=\n"
    line = (
        "— mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/"
        "LXIYlwEJzXC0N0EiZkbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==\n"
    )
    key = CosignatureVerifier.from_vkey("mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O")
    opened = notes.open(f"{text}\n{line}".encode(), [key])
    assert timestamp(opened.signatures[0]) == 1_767_139_200
    assert Response(200, line.encode()).body == f"{opened.signatures[0].line}\n".encode()


@pytest.mark.parametrize("second", [9, 12])
def test_of_two_extensions_of_one_state_exactly_one_wins(second: int) -> None:
    bench = Bench(LOG)
    bench.post(LOG.request(0, 5))
    logs = {LOG.origin: LOG.known}
    submissions = [read_submission(body, logs) for body in (LOG.request(5, 9), LOG.forked(7).request(5, second))]
    seen = bench.states.get(LOG.origin)  # both are judged by the same state
    news = [judge(item, seen, NOW) for item in submissions if not isinstance(item, Response)]
    results = [bench.states.swap(LOG.origin, seen, new) for new in news if isinstance(new, Seen)]
    assert results == [True, False]
    assert conflict(bench.states.get(LOG.origin)) == Response(409, b"9\n", "text/x.tlog.size")


def test_a_lost_race_is_answered_with_the_size_of_who_won() -> None:
    @dataclass
    class Racing(Memory):
        def swap(self, origin: str, old: Seen, new: Seen) -> bool:
            Memory.swap(self, origin, old, replace(new, size=12, root=LOG.root(12)))
            return Memory.swap(self, origin, old, new)

    bench = Bench(LOG, Racing())
    assert bench.post(LOG.request(0, 5)) == Response(409, b"12\n", "text/x.tlog.size")
    assert bench.signed == []


def test_nothing_is_signed_before_the_state_is_swapped() -> None:
    @dataclass
    class Failing(Memory):
        def swap(self, origin: str, old: Seen, new: Seen) -> bool:
            raise OSError("the disk is gone")

    bench = Bench(LOG, Failing())
    with pytest.raises(OSError, match="disk"):
        bench.post(LOG.request(0, 5))
    assert bench.signed == []


def test_two_racing_refreshes_both_win() -> None:
    bench = Bench(LOG)
    bench.post(LOG.request(0, 5))
    seen = bench.states.get(LOG.origin)
    assert bench.states.swap(LOG.origin, seen, replace(seen, time=NOW + 1))
    assert bench.states.swap(LOG.origin, seen, replace(seen, time=NOW + 2))


def test_time_never_runs_backwards_and_is_never_zero() -> None:
    bench = Bench(LOG)
    for old, size, now in [(0, 5, NOW), (5, 5, NOW - 100), (5, 9, NOW - 5), (9, 9, NOW + 1)]:
        assert bench.post(LOG.request(old, size), now).status == 200
    assert [time for _, time in bench.signed] == [NOW, NOW, NOW, NOW + 1]
    fresh = Bench(LOG)
    assert fresh.post(LOG.request(0, 5), 0).status == 200
    assert fresh.signed[0][1] == 1


def test_a_lost_answer_can_be_made_again_to_the_byte() -> None:
    bench = Bench(LOG)
    answer = bench.post(LOG.request(0, 5))
    seen = bench.states.get(LOG.origin)
    shown = cosigned_note(seen, bench.cosign(LOG.checkpoint(5), seen.time))
    assert shown == LOG.note(5) + answer.body


def test_monitors_are_shown_the_logs_lines_and_the_witnesss_only() -> None:
    stranger = Signer.from_seed("stranger.example.com", bytes([7]) * 32)
    note = notes.sign(LOG.checkpoint(5).text, [stranger, LOG.signer])
    bench = Bench(LOG)
    answer = bench.post(LOG.request(0, 5, note=note))
    seen = bench.states.get(LOG.origin)
    assert seen.note == LOG.note(5)
    shown = cosigned_note(seen, bench.cosign(LOG.checkpoint(5), seen.time))
    assert open_checkpoint(shown, LOG.origin, [LOG.signer.verifier, WITNESS.verifier]).size == 5
    assert "stranger" not in (shown + answer.body).decode()


def test_any_of_a_logs_keys_will_do_and_its_name_need_not_be_the_origin() -> None:
    old, new = (Signer.from_seed("keys.example.com/a", bytes([number]) * 32) for number in (3, 4))
    known = {LOG.origin: KnownLog(LOG.origin, (old.verifier, new.verifier))}
    states = Memory()
    for number, signers in enumerate([(old,), (old, new), (new,)]):
        log = FakeLog(LOG.origin, signers=signers)
        body = log.request(number + 1, number + 2) if number else log.request(0, 2)
        sent = add_checkpoint(body, known, states, Bench(LOG).cosign, NOW)
        assert sent.status == 200, sent
    assert add_checkpoint(LOG.request(4, 5), known, states, Bench(LOG).cosign, NOW).status == 403


def test_a_known_log_has_keys_that_can_be_told_apart_and_an_origin() -> None:
    key = LOG.signer.verifier
    for keys in [(), (key, key)]:
        with pytest.raises(KeyFormatError):
            KnownLog(LOG.origin, keys)
    with pytest.raises(CheckpointError):
        KnownLog("two\nlines", (key,))


def test_a_request_above_the_cap_is_refused_unread() -> None:
    assert Bench(LOG).post(LOG.request(0, 5) + b"x" * MAX_WITNESS_REQUEST) == Response(
        400, b"the request is too large\n"
    )


def test_damaged_requests_are_refused_and_nothing_else_escapes() -> None:
    source = random.Random(4)
    good = LOG.request(3, 9)
    statuses = set()
    for _ in range(3_000):
        bench = Bench(LOG, Memory({LOG.origin: Seen(3, LOG.root(3), LOG.note(3), NOW)}))
        body = bytearray(good)
        for _ in range(source.randrange(1, 4)):
            at = source.randrange(len(body))
            body[at : at + source.choice([0, 1, 1, 2, 9])] = source.choice(
                [b"", b"\n", b"\n\n", b"0", bytes([source.randrange(256)]), body[at : at + 50]]
            )
        answer = bench.post(bytes(body))
        statuses.add(answer.status)
        if answer.status == 200:
            assert bench.signed[0][0].root == LOG.root(9), "whatever was damaged, it was not the tree"
    assert statuses >= {400, 403, 404, 409, 422}


def test_nothing_seen_is_the_empty_tree() -> None:
    assert (NOTHING.size, NOTHING.root, NOTHING.note) == (0, EMPTY_ROOT, b"")
