"""The ledger's side: quorums, sizes learned, retries, and witnesses that lie, stall, babble or know more."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from mutualchain.errors import (
    NoteSignatureError,
    NoteUnverified,
    QuorumError,
    UsageError,
    WitnessAhead,
    WitnessConflict,
)
from mutualchain.limits import MAX_WITNESS_ANSWER
from mutualchain.tlog import note as notes
from mutualchain.tlog.trust import Group, Log, TrustFile, Witness
from mutualchain.witness.client import Why, confirm, gather
from mutualchain.witness.conversation import CLOCKS_APART
from mutualchain.witness.core import NOTHING, Response
from mutualchain.witness.transport import Channel, NoAnswer, check_url

from .fakes import LOG, Behave, Fake, serving
from .logs import NOW, FakeLog


@pytest.fixture
def serve() -> Iterator[Callable[..., list[Fake]]]:
    with serving() as start:
        yield start


def trust_of(fakes: Sequence[Fake], k: int | None) -> TrustFile:
    witnesses = tuple(fake.witness for fake in fakes)
    groups = () if k is None else (Group("g", k, tuple(witness.name for witness in witnesses)),)
    return TrustFile((Log(LOG.signer.verifier),), witnesses, groups, None if k is None else "g")


def prove(size: int, log: FakeLog = LOG) -> Callable[[int], Sequence[bytes]]:
    return lambda old: log.proof(old, size)


def ask(fakes: Sequence[Fake], size: int = 9, k: int | None = 2, *, log: FakeLog = LOG, **more):
    more.setdefault("timeout", 5)
    return gather(log.note(size), prove(size, log), trust_of(fakes, k), now=lambda: NOW, **more)


def test_a_quorum_comes_together_and_the_note_opens_under_the_trust_file(serve) -> None:
    fakes = serve(None, None, None)
    gathered = ask(fakes, k=2)
    gathered.require()
    assert gathered.complete
    assert 2 <= len(gathered.cosignatures) <= 3
    opened = trust_of(fakes, 2).open_checkpoint(gathered.note, LOG.origin)
    assert opened.cosignatures == gathered.cosignatures
    assert opened.size == 9


def test_everyone_is_waited_for_where_that_is_asked(serve) -> None:
    gathered = ask(serve(None, None, None), k=1, everyone=True)
    assert [cosigned.witness.name for cosigned in gathered.cosignatures] == ["w1", "w2", "w3"]
    assert gathered.missing == ()
    assert len(ask(serve(None, None), k=None).cosignatures) == 2, "without a quorum too"


def test_a_size_is_learned_from_409_and_remembered(serve) -> None:
    fakes = serve(Fake(1).saw(5), Fake(2).saw(9), Fake(3))
    first = ask(fakes, k=3)
    assert first.complete
    assert [len(fake.bodies) for fake in fakes] == [2, 2, 1]
    assert first.sizes == {"w1": 9, "w2": 9, "w3": 9}
    second = ask(fakes, 12, k=3, sizes=first.sizes)
    assert second.complete
    assert [len(fake.bodies) for fake in fakes] == [3, 3, 2]


def test_a_refresh_sends_no_proof(serve) -> None:
    fakes = serve(Fake(1).saw(9))
    assert ask(fakes, k=1, sizes={"w1": 9}).complete
    assert fakes[0].bodies == [LOG.request(9, 9)]


def test_cosignatures_that_are_there_count_and_are_not_asked_for_again(serve) -> None:
    fakes = serve(None, None)
    line = fakes[0].signer.cosign(LOG.checkpoint(9), NOW)
    note = notes.add_signatures(LOG.note(9), [line])
    gathered = gather(note, prove(9), trust_of(fakes, 2), now=lambda: NOW)
    assert gathered.complete
    assert [len(fake.bodies) for fake in fakes] == [0, 1]
    assert fakes[1].bodies == [LOG.request(0, 9)], "others' lines are not sent along"
    again = gather(gathered.note, prove(9), trust_of(fakes, 2), now=lambda: NOW)
    assert again.note == gathered.note


def test_who_is_missing_is_named_with_the_reason(serve) -> None:
    fakes = serve(
        None,
        lambda fake, body: Response(403, b"no\n"),
        lambda fake, body: Response(404, b""),
        Fake(4, knows=FakeLog("example.com/other").known),
    )
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = Fake(5, url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        witnesses = (*(fake.witness for fake in [*fakes, gone]), Witness("w6", Fake(6).signer.verifier))
        group = Group("g", 3, tuple(witness.name for witness in witnesses))
        trust = TrustFile((Log(LOG.signer.verifier),), witnesses, (group,), "g")
        gathered = gather(LOG.note(9), prove(9), trust, timeout=1, now=lambda: NOW)
    whys = {missing.witness.name: missing.why for missing in gathered.missing}
    assert whys == {
        "w2": Why.REFUSED, "w3": Why.REFUSED, "w4": Why.REFUSED, "w5": Why.UNREACHABLE, "w6": Why.UNASKED,
    }  # fmt: skip
    assert not gathered.complete
    assert [cosigned.witness.name for cosigned in gathered.cosignatures] == ["w1"], "what there is, is kept"
    with pytest.raises(QuorumError) as raised:
        gathered.require()
    assert "w2 answered 403: no; w3 answered 404; w4 answered 404: " in str(raised.value.value)


def test_a_witness_that_stumbles_is_asked_again(serve) -> None:
    def stumble(fake: Fake, body: bytes) -> Response:
        return Response([503, 429, 500][len(fake.bodies) - 1], b"") if len(fake.bodies) < 4 else fake.honest(body)

    fakes = serve(stumble)
    assert ask(fakes, k=1).complete
    assert len(fakes[0].bodies) == 4


def sleepy(fake: Fake, body: bytes) -> Response:
    time.sleep(1.5)
    return fake.honest(body)


def test_time_is_up_when_it_is_up(serve) -> None:
    began = time.monotonic()
    gathered = ask(serve(None, sleepy), k=2, timeout=0.4)
    assert time.monotonic() - began < 1.2
    assert [missing.why for missing in gathered.missing] in ([Why.LATE], [Why.UNREACHABLE])


def test_a_quorum_does_not_wait_for_the_slow(serve) -> None:
    began = time.monotonic()
    assert ask(serve(None, None, sleepy), k=2).complete
    assert time.monotonic() - began < 1.2


def test_a_witness_that_sends_a_byte_a_second_is_cut_off_and_its_thread_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    for _ in range(100):
                        sock.sendall(b"H")
                        time.sleep(0.05)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        ask([Fake(1, url=f"http://127.0.0.1:{listener.getsockname()[1]}")], k=1, timeout=0.4)
        assert time.monotonic() - began < 1.5
        thread.join(5)
    for _ in range(50):
        if not any(thread.name.startswith("mutualchain-gather") for thread in threading.enumerate()):
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the asking thread is still there")


SLOW = {
    "a body that the connection's end ends": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x"),
    "a body that an old server ends so": (b"HTTP/1.0 200 OK\r\n\r\n", b"x"),
    "the length of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"a"),
    "promises": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("what", SLOW)
def test_a_channel_cuts_off_by_itself_whoever_sends_slowly(what: str) -> None:
    """Nobody else looks at the clock: each byte comes in time, and the answer never."""
    head, part = SLOW[what]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    sock.sendall(head)
                    for _ in range(400):
                        sock.sendall(part)
                        time.sleep(0.02)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        prefix = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Channel(prefix, began + 0.3) as channel, pytest.raises(NoAnswer, match="in time"):
            channel.request("POST", "/add-checkpoint", b"x")
        assert time.monotonic() - began < 4  # the whole answer would take eight seconds


def other_key(fake: Fake, body: bytes) -> Response:
    return Response(200, f"{Fake(77).signer.cosign(LOG.checkpoint(9), NOW).line}\n".encode())


def other_checkpoint(fake: Fake, body: bytes) -> Response:
    return Response(200, f"{fake.signer.cosign(LOG.checkpoint(8), NOW).line}\n".encode())


def other_time(fake: Fake, body: bytes) -> Response:
    return Response(200, f"{fake.signer.cosign(LOG.checkpoint(9), NOW - CLOCKS_APART - 1).line}\n".encode())


LIES: dict[str, Behave] = {
    "another key": other_key,
    "another checkpoint": other_checkpoint,
    "an old time": other_time,
    "nothing": lambda fake, body: Response(200, b""),
    "no line": lambda fake, body: Response(200, b"thank you\n"),
    "no UTF-8": lambda fake, body: Response(200, b"\xff\xfe\n"),
    "a whole note": lambda fake, body: Response(200, LOG.note(9)),
    "too much": lambda fake, body: Response(200, b"x" * (MAX_WITNESS_ANSWER + 1)),
    "a redirect": lambda fake, body: Response(302, b""),
    "409 for the size that was sent": lambda fake, body: Response(409, b"0\n", "text/x.tlog.size"),
    "409 of another type": lambda fake, body: Response(409, b"5\n"),
    "409 without a size": lambda fake, body: Response(409, b"x\n", "text/x.tlog.size"),
    "409 with a sign": lambda fake, body: Response(409, b"+5\n", "text/x.tlog.size"),
    "409 without a newline": lambda fake, body: Response(409, b"5", "text/x.tlog.size"),
    "409 with a very long size": lambda fake, body: Response(409, b"9" * 5_000 + b"\n", "text/x.tlog.size"),
    "409 up and down": lambda fake, body: Response(409, b"%d\n" % (3 + len(fake.bodies) % 2), "text/x.tlog.size"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_lying_witness_says_is_never_kept(serve, lie: str) -> None:
    fakes = serve(None, LIES[lie])
    gathered = ask(fakes, k=2, timeout=1)
    assert not gathered.complete
    assert [missing.witness.name for missing in gathered.missing] == ["w2"]
    assert trust_of(fakes, 1).open_checkpoint(gathered.note).cosignatures == gathered.cosignatures
    assert len(fakes[1].bodies) <= 6


def test_strange_lines_beside_a_good_one_mean_nothing(serve) -> None:
    def babble(fake: Fake, body: bytes) -> Response:
        return Response(200, other_key(fake, body).body + fake.honest(body).body + "— x AAAAAAAA\n".encode())

    gathered = ask(serve(babble), k=1)
    assert gathered.complete
    assert gathered.note == notes.add_signatures(LOG.note(9), [Fake(1).signer.cosign(LOG.checkpoint(9), NOW)])


# --- who has seen more, or something else -------------------------------------------------------


def test_a_witness_that_holds_more_signed_by_the_log_stops_everything(serve) -> None:
    fakes = serve(None, Fake(2).saw(12), None)
    with pytest.raises(WitnessAhead) as raised:
        ask(fakes, k=3)
    assert raised.value.value == LOG.note(12).decode(), "the evidence"
    with pytest.raises(WitnessAhead):
        ask(fakes, k=1, everyone=True)


def boast(fake: Fake, body: bytes) -> Response:
    return Response(409, b"1000\n", "text/x.tlog.size")


def test_a_witness_that_only_says_so_cannot_stop_a_quorum_without_it(serve) -> None:
    gathered = ask(serve(None, boast, None), k=2, everyone=True)
    assert gathered.complete
    assert [(missing.witness.name, missing.why) for missing in gathered.missing] == [("w2", Why.AHEAD)]
    assert gathered.missing[0].evidence is None
    with pytest.raises(WitnessAhead, match="w2 say"):
        ask(serve(None, boast), k=2)


def test_a_witness_that_shows_another_logs_checkpoint_proves_nothing(serve) -> None:
    fake = Fake(2, boast, held=FakeLog("example.com/other").note(1_000 % 40))
    assert ask(serve(None, fake), k=1, everyone=True).missing[0].evidence is None


def test_a_checkpoint_of_another_tree_signed_by_the_log_is_a_conflict(serve) -> None:
    for size in (9, 5):
        fakes = serve(None, Fake(2).saw(size, LOG.forked(3)))
        with pytest.raises(WitnessConflict) as raised:
            ask(fakes, k=1, everyone=True)
        assert raised.value.value == LOG.forked(3).note(size).decode()


def test_a_refusal_by_a_witness_that_holds_our_own_past_is_no_conflict(serve) -> None:
    wrong = lambda fake, body: Response(422, b"no\n")  # noqa: E731
    for size in (9, 5, 0):
        gathered = ask(serve(None, Fake(2, wrong).saw(size)), k=1, everyone=True)
        assert (gathered.missing[0].why, gathered.missing[0].evidence) == (Why.REFUSED, None)


def confirming(fakes: Sequence[Fake], size: int, k: int, note: bytes | None = None):
    return confirm(note or LOG.note(size), prove(size), trust_of(fakes, k), timeout=2, now=lambda: NOW)


def test_a_ledger_is_confirmed_when_the_quorum_has_seen_no_more(serve) -> None:
    fakes = serve(Fake(1).saw(9), Fake(2).saw(5), Fake(3))
    assert confirming(fakes, 9, 3).complete


def test_a_restored_backup_is_not_confirmed(serve) -> None:
    with pytest.raises(WitnessAhead):
        confirming(serve(Fake(1).saw(9), Fake(2).saw(12), Fake(3).saw(9)), 9, 2)
    with pytest.raises(WitnessAhead):
        confirming(serve(None, None, boast), 9, 2)


def test_a_ledger_is_not_confirmed_while_too_few_answer_though_its_note_has_a_quorum(serve) -> None:
    fakes = serve(lambda fake, body: Response(500, b""), None)
    lines = [fake.signer.cosign(LOG.checkpoint(9), NOW) for fake in fakes]
    with pytest.raises(QuorumError):
        confirming(fakes, 9, 2, notes.add_signatures(LOG.note(9), lines))


# --- our own side -------------------------------------------------------------------------------


def test_only_a_note_signed_by_the_log_is_sent(serve) -> None:
    fakes = serve(None)
    stranger = FakeLog(LOG.origin, signers=(FakeLog("else").signer,))
    with pytest.raises(NoteUnverified):
        ask(fakes, log=stranger, k=1)
    with pytest.raises(NoteSignatureError):
        gather(LOG.note(9).replace(b"\n9\n", b"\n8\n"), prove(9), trust_of(fakes, 1))
    assert fakes[0].bodies == []


def test_a_proof_that_cannot_be_made_concerns_that_witness_only(serve) -> None:
    def broken(old: int) -> Sequence[bytes]:
        raise UsageError(f"no proof from {old}")

    fakes = serve(None, Fake(2).saw(5))
    gathered = gather(LOG.note(9), broken, trust_of(fakes, 2), timeout=2, now=lambda: NOW)
    assert [str(missing) for missing in gathered.missing] == ["w2 was not asked to the end: no proof from 5"]


def test_a_defect_of_the_callers_is_not_hidden(serve) -> None:
    def defect(old: int) -> Sequence[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gather(LOG.note(9), defect, trust_of(serve(Fake(1).saw(5), None), 2), timeout=2, now=lambda: NOW)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com", "file:///etc/passwd", "example.com", "http://", "http://user:secret@example.com",
        "http://example.com/?a", "http://example.com/#a", "http://exämple.com", "http://example.com:x", "http://[::1",
        "http://example.com/a b", "http://example.com/\r\nX: y", "unix:/x",
    ],
)  # fmt: skip
def test_only_plain_http_and_https_addresses_are_asked(url: str) -> None:
    with pytest.raises(UsageError):
        check_url(url)


def test_addresses_lose_the_slash_at_their_end() -> None:
    assert check_url("https://example.com/witness/") == "https://example.com/witness"
    assert check_url("http://[::1]:80") == "http://[::1]:80"


def test_nothing_seen_takes_no_proof() -> None:
    assert LOG.proof(NOTHING.size, 9) == ()
