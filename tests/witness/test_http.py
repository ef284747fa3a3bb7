"""The same answers over real HTTP, from a server process; and what HTTP adds: caps, slowness, prefixes, metrics."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from mutualchain.tlog import note as notes
from mutualchain.tlog.checkpoint import open_checkpoint
from mutualchain.tlog.cosignature import timestamp
from mutualchain.witness.limiter import Limiter, address_key

from . import load
from .cases import CASES, TEXT, Case
from .logs import FakeLog
from .running import Answer, Running, running, write_config

LOGS = {case.name: FakeLog(f"example.com/{case.slug}") for case in CASES}
PLAIN = FakeLog("example.com/plain")
RACES = [FakeLog(f"example.com/race-{number}") for number in range(5)]
STRICT = {"per_address": 5, "per_log": 2, "body_bytes": 4_096, "request_seconds": 1, "connections": 20}


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    config = write_config(tmp_path_factory.mktemp("witness"), [*LOGS.values(), PLAIN, *RACES])
    with running(config) as server:
        yield server


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_request_has_its_answer_over_http(witness: Running, case: Case) -> None:
    log = LOGS[case.name]
    for body in case.before(log):
        assert witness.post(body).status == 200
    before = witness.shown(log)
    answer = witness.post(case.request(log))
    case.check(answer.status, answer.content_type, answer.body)
    after = witness.shown(log)
    if answer.status == 200:
        opened = open_checkpoint(after.body, log.origin, [log.signer.verifier, witness.key])
        assert opened.note.endswith(answer.body), "monitors see the very cosignature that was returned"
    else:
        assert after == before


def test_monitors_get_the_newest_checkpoint_and_404_before_there_is_one(witness: Running) -> None:
    assert witness.shown(PLAIN).status == 404
    for old, size in [(0, 5), (5, 9)]:
        answer = witness.post(PLAIN.request(old, size))
        shown = witness.shown(PLAIN)
        assert (shown.status, shown.content_type, shown.body) == (200, TEXT, PLAIN.note(size) + answer.body)
        at = timestamp(notes.open(shown.body, [witness.key]).signatures[0])
        assert abs(at - time.time()) < 60
    for path in [f"/{sha256(b'unknown').hexdigest()}/checkpoint", "/x/checkpoint", "/checkpoint", "/"]:
        assert witness.ask("GET", path).status == 404
    upper = sha256(PLAIN.origin.encode()).hexdigest().upper()
    assert witness.ask("GET", f"/{upper}/checkpoint").status == 404


def test_other_methods_are_refused(witness: Running) -> None:
    assert witness.ask("GET", "/add-checkpoint").status == 405
    assert witness.ask("PUT", "/add-checkpoint", b"x").status == 405
    assert witness.ask("POST", f"/{'0' * 64}/checkpoint", b"x").status == 405


def test_a_connection_is_kept_and_used_again(witness: Running) -> None:
    connection = witness.connect()
    connection.connect()
    sock = connection.sock
    for number in range(5):
        connection.request("POST", "/add-checkpoint", b"not a request %d" % number)
        response = connection.getresponse()
        assert (response.status, response.read()[:11]) == (400, b"the request")
        assert connection.sock is sock
    connection.close()


def test_health_and_metrics(witness: Running) -> None:
    assert witness.ask("GET", "/healthz").body == b"ok\n"
    log = LOGS["growth"]
    metrics = witness.ask("GET", "/metrics")
    assert metrics.content_type.startswith("text/plain; version=0.0.4")
    lines = metrics.body.decode().splitlines()
    assert 'mutualchain_witness_requests_total{endpoint="add-checkpoint",status="200"}' in metrics.body.decode()
    assert f'mutualchain_witness_log_size{{origin="{log.origin}"}} 9' in lines
    values = {line.split(" ")[0]: line.split(" ")[1] for line in lines if not line.startswith("#")}
    assert int(values["mutualchain_witness_swaps_total"]) >= int(values["mutualchain_witness_commits_total"]) > 0


def test_of_racing_extensions_of_one_state_exactly_one_wins(witness: Running) -> None:
    for log in RACES:
        assert witness.post(log.request(0, 5)).status == 200
        bodies = [log.forked(5 + at, str(at)).request(5, 12 + at) for at in range(8)]
        start = threading.Barrier(len(bodies))

        def race(body: bytes, start: threading.Barrier = start) -> Answer:
            start.wait(10)
            return witness.post(body)

        with ThreadPoolExecutor(len(bodies)) as threads:
            answers = list(threads.map(race, bodies))
        [winner] = [at for at, answer in enumerate(answers) if answer.status == 200]
        losers = {(answer.status, answer.body) for answer in answers if answer.status != 200}
        assert losers == {(409, b"%d\n" % (12 + winner))}


def test_many_logs_at_once_share_durable_commits(tmp_path: Path) -> None:
    said = load.measure(tmp_path, 640, 30)
    assert said.startswith("640 checkpoints of 64 logs cosigned")
    found = re.search(r"([0-9.]+) to a commit", said)
    assert found is not None
    assert float(found[1]) > 1.2, said


def test_prefixes(tmp_path: Path) -> None:
    extra = ['submission_prefix = "/submit/v1"', 'monitoring_prefix = "/watch"']
    with running(write_config(tmp_path, [PLAIN], extra=extra)) as server:
        assert server.post(PLAIN.request(0, 5)).status == 404
        assert server.ask("POST", "/submit/v1/add-checkpoint", PLAIN.request(0, 5)).status == 200
        assert server.shown(PLAIN).status == 404
        assert server.ask("GET", f"/watch/{sha256(PLAIN.origin.encode()).hexdigest()}/checkpoint").status == 200


# --- hostile clients ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = STRICT | {"per_address": 0}
    with running(write_config(tmp_path_factory.mktemp("strict"), [PLAIN], limits=limits)) as server:
        yield server


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def everything(witness: Running, *parts: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """What the server says to ``parts``, sent with pauses, until it closes; and the seconds it took."""
    began = time.monotonic()
    said = b""
    with witness.raw(10) as sock:
        try:
            for part in parts:
                sock.sendall(part)
                time.sleep(pause)
            while chunk := sock.recv(65_536):
                said += chunk
        except OSError:
            pass
    return said, time.monotonic() - began


HEAD = b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n"


def test_a_body_that_says_it_is_too_large_is_not_read(strict: Running) -> None:
    said, seconds = everything(strict, HEAD + b"Content-Length: 1000000000000\r\n\r\n")
    assert status_of(said) == 413
    assert seconds < 5


def test_a_body_in_chunks_is_read_up_to_the_cap(strict: Running) -> None:
    chunk = b"400\r\n" + b"x" * 1_024 + b"\r\n"
    said, _ = everything(strict, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *([chunk] * 6))
    assert status_of(said) == 413


def test_a_body_that_comes_too_slowly_is_given_up(strict: Running) -> None:
    said, seconds = everything(strict, HEAD + b"Content-Length: 100\r\n\r\n", b"old 0\n")
    assert status_of(said) == 408
    assert 0.8 < seconds < 6


def test_headers_that_come_too_slowly_or_not_at_all_are_given_up(strict: Running) -> None:
    for parts in [(), (HEAD,), (HEAD, b"X-A: b\r\n", b"X-C: d\r\n")]:
        said, seconds = everything(strict, *parts, pause=0.2)
        assert (said, 0.8 < seconds < 6) == (b"", True)


def test_slow_headers_after_a_good_request_are_given_up_too(strict: Running) -> None:
    said, seconds = everything(strict, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /heal", pause=0.1)
    assert status_of(said) == 200
    assert 0.8 < seconds < 6


def test_endless_headers_are_cut_off(strict: Running) -> None:
    said, seconds = everything(strict, HEAD, *([b"X-Y: " + b"z" * 4_000 + b"\r\n"] * 200))
    assert b" 200 " not in said
    assert seconds < 6


def test_what_is_no_http_is_refused(strict: Running) -> None:
    said, _ = everything(strict, b"\x16\x03\x01\x02\x00" * 50 + b"\r\n\r\n")
    assert said == b"" or status_of(said) == 400


def test_a_client_that_goes_away_half_way_harms_nobody(strict: Running) -> None:
    for _ in range(10):
        with strict.raw() as sock:
            sock.sendall(HEAD + b"Content-Length: 1000\r\n\r\nold 0\n")
    assert strict.ask("GET", "/healthz").status == 200


def test_connections_above_the_limit_are_turned_away_and_the_others_live(strict: Running) -> None:
    idle = [strict.raw() for _ in range(25)]
    try:
        time.sleep(0.2)
        assert strict.ask("GET", "/healthz").status == 503
    finally:
        for sock in idle:
            sock.close()
    time.sleep(0.3)
    assert strict.ask("GET", "/healthz").status == 200


def test_a_log_that_asks_too_often_is_slowed_down_by_its_own_signatures_only(strict: Running) -> None:
    log = PLAIN
    for _ in range(30):  # signed by nobody: whoever sends these uses up nothing of the log's
        assert strict.post(log.request(0, 5, note=log.note(5).replace(log.origin.encode(), b"x", 1))).status == 404
        assert strict.post(FakeLog(log.origin, signers=(FakeLog("else").signer,)).request(0, 5)).status == 403
    statuses = [strict.post(log.request(0, 5)).status]
    statuses += [strict.post(log.request(5, 5)).status for _ in range(9)]
    assert statuses[0] == 200
    assert set(statuses) == {200, 429}


def test_an_address_that_asks_too_often_is_slowed_down(tmp_path: Path) -> None:
    extra = ['proxies = ["127.0.0.1"]']
    limits = STRICT | {"per_address": 1}  # so that a slow machine, which spreads its requests, sees the same
    with running(write_config(tmp_path, [PLAIN], limits=limits, extra=extra)) as server:

        def statuses(forwarded: str, count: int = 16) -> set[int]:
            headers = {"X-Forwarded-For": forwarded}
            return {server.ask("POST", "/add-checkpoint", b"x", headers).status for _ in range(count)}

        assert statuses("192.0.2.1") == {400, 429}
        assert statuses("2001:db8::1") == {400, 429}
        assert statuses("2001:db8::2", 1) == {429}, "the same /64"
        assert statuses("192.0.2.2") == {400, 429}
        connection = server.connect()
        connection.request("POST", "/add-checkpoint", b"x", {"X-Forwarded-For": "192.0.2.2"})
        response = connection.getresponse()
        assert (response.status, response.headers["Retry-After"]) == (429, "1")
        connection.close()


def test_the_limiter_lets_pass_what_it_says_over_time() -> None:
    limiter = Limiter(10)
    passed = sum(limiter.allow("a", step / 100) for step in range(1_000))  # 100 requests a second for ten seconds
    assert passed == pytest.approx(10 * 10 + 20, abs=2)
    assert limiter.allow("b", 10)
    assert all(Limiter(0).allow("a", 0) for _ in range(1_000))


def test_addresses_count_by_what_one_client_has() -> None:
    assert address_key("192.0.2.7") == "192.0.2.7"
    assert address_key("::ffff:192.0.2.7") == "192.0.2.7"
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:1") != address_key("2001:db8:0:1::1")
    assert address_key("fe80::1%eth0") == address_key("fe80::2")
    assert address_key("local") == "local"


def test_a_request_in_flight_is_finished_when_the_witness_is_told_to_stop(tmp_path: Path) -> None:
    with running(write_config(tmp_path, [PLAIN])) as server:
        body = PLAIN.request(0, 5)
        with server.raw() as sock:
            sock.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body[:40])
            time.sleep(0.2)
            server.process.terminate()
            time.sleep(0.3)
            with pytest.raises(OSError, match="refused"):
                server.raw(1)
            sock.sendall(body[40:])
            response = http.client.HTTPResponse(sock)
            response.begin()
            assert (response.status, response.read()[:3]) == (200, "—".encode())
        code, err = server.ended()
        assert code == 0, err
