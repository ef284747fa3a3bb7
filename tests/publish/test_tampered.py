"""Each published file, changed: a clear error that names it. And servers that misbehave in every way."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from mutualchain.archive.published import open_published
from mutualchain.archive.published_heads import PlanHead
from mutualchain.archive.published_layout import Card
from mutualchain.archive.published_source import Limits
from mutualchain.covenant.document import covenant_hash
from mutualchain.errors import (
    MutualchainError,
    NoteSignatureError,
    PublishedMismatch,
    PublishedMissing,
    PublishedTooLarge,
    SourceUnreachable,
)
from mutualchain.publish import publish
from mutualchain.record.build import build_record
from mutualchain.record.verify import verify_record
from tests.publish.tools import FAST, TRUST, Answer, Operator, files_of, large, plain, reading, served

SLOT = 69_300

FILES = [
    "head/*",
    "plan/demo/head/*",
    "entries/000",
    "plan/-/events/tile/0/*",
    "plan/-/events/tile/entries/*",
    "plan/demo/events/tile/0/*",
    "plan/demo/events/tile/entries/*",
    "plan/demo/sheets/tile/0/*",
    "plan/demo/slots/0/*",
    "plan/demo/charge-1/001/card",
    "plan/demo/charge-1/001/pages/001.gz",
    "plan/demo/charge-1/000/tile/0/000",
    "plan/demo/enrolment-1/007/card",
]


def _file(folder: Path, pattern: str) -> Path:
    found = [path for path in (folder / pattern).parent.rglob("*") if path.is_file()]
    if "*" not in pattern:
        return folder / pattern
    return found[0]


@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.parametrize("how", ["first byte", "middle byte", "last byte", "cut", "longer", "empty", "another"])
def test_a_changed_file_is_found_and_named(copy: Path, pattern: str, how: str) -> None:
    path = _file(copy, pattern)
    data = path.read_bytes()
    changed = bytearray(data)
    if how.endswith("byte"):
        changed[{"first": 0, "middle": len(data) // 2, "last": len(data) - 1}[how.split()[0]]] ^= 1
    wrong = {"cut": data[:-1], "longer": data + b"\0", "empty": b"", "another": bytes(len(data))}.get(
        how, bytes(changed)
    )
    with reading(copy) as archive:
        slot = 100 if "charge-1/000" in pattern else SLOT
        whole = build_record(archive, "demo", slot)
    path.write_bytes(wrong)
    found: list[MutualchainError] = []
    try:
        assert from_folder(copy, slot) == whole  # a byte of gzip's header, of a hint, of another slot's row
    except (PublishedMismatch, PublishedTooLarge) as caught:
        found.append(caught)
    named = str(path.relative_to(copy)).split(".p/")[0]
    for place in (error.place or "" for error in found):
        assert named in place or named.split("/tile")[0] in place


def from_folder(folder: Path, slot: int) -> bytes:
    with reading(folder) as archive:
        return build_record(archive, "demo", slot)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "plan/demo/charge-1/001/card").unlink()
    with reading(copy) as archive, pytest.raises(PublishedMissing) as caught:
        build_record(archive, "demo", SLOT)
    assert caught.value.place == "plan/demo/charge-1/001/card"


def test_a_checkpoint_signed_by_another_is_refused(copy: Path) -> None:
    note = (copy / "checkpoint").read_bytes()
    (copy / "checkpoint").write_bytes(note.replace(b"example.org/published", b"example.org/publishes"))
    with pytest.raises(MutualchainError):
        reading(copy)
    (copy / "checkpoint").write_bytes(note[:-10] + (b"A" if note[-10:-9] != b"A" else b"B") + note[-9:])
    with pytest.raises(NoteSignatureError):
        reading(copy)


def test_what_was_wrong_is_forgotten_by_the_caches(copy: Path, tmp_path: Path) -> None:
    path = copy / "plan/demo/charge-1/001/pages/001.gz"
    data = path.read_bytes()
    path.write_bytes(gzip.compress(bytes(6 * (69_950 - 65_536)), mtime=0))
    with reading(copy, cache=tmp_path / "cache") as archive:
        with pytest.raises(PublishedMismatch):
            build_record(archive, "demo", SLOT)
        path.write_bytes(data)
        build_record(archive, "demo", SLOT)


def test_an_index_that_lies_is_found(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.join(300)
    operator.note()
    publish(operator.store, tmp_path)
    (place,) = [path for path in (tmp_path / "plan/demo/head").rglob("*") if path.is_file()]
    head, lower = PlanHead.from_bytes(place.read_bytes()), tmp_path / "plan/demo/slots/0/000"
    data = lower.read_bytes()
    for tops in ((9, 256), (0, 9), (0, 0), (0,), (0, 1, 2)):
        place.write_bytes(replace(head, slots=b"".join(first.to_bytes(4, "big") for first in tops)).to_bytes())
        with reading(tmp_path) as archive, pytest.raises(PublishedMismatch):
            archive.enrolment_of("demo", 2)
    place.write_bytes(head.to_bytes())
    for firsts in ((0,) * 256, (9,) * 256, (0,) * 255):
        lower.write_bytes(b"".join(first.to_bytes(4, "big") for first in firsts))
        with reading(tmp_path) as archive, pytest.raises(PublishedMismatch):
            archive.enrolment_of("demo", 2)
    lower.write_bytes(data)
    with reading(tmp_path) as archive:
        assert archive.enrolment_of("demo", 2).descriptor.first == 2


HEADS = {
    "a landmark less is no record that verifies": lambda head: replace(head, landmarks=()),
    "another position": lambda head: with_mark(head, position=1),
    "another entry": lambda head: with_mark(head, entry=head.landmarks[0].entry + b"\0"),
    "another leaf": lambda head: with_mark(head, leaf=head.landmarks[0].leaf[:-1] + b"\0"),
    "a wrong proof": lambda head: with_mark(head, proof=(bytes(32),)),
    "a landmark twice": lambda head: replace(head, landmarks=head.landmarks * 2),
    "no edge": lambda head: replace(head, sheets=()),
    "another edge": lambda head: replace(head, sheets=tuple(bytes(len(tile)) for tile in head.sheets)),
    "another edge of the entries": lambda head: replace(head, events=(*head.events, bytes(32))),
}


def with_mark(head: PlanHead, **changes: object) -> PlanHead:
    return replace(head, landmarks=(replace(head.landmarks[0], **changes), *head.landmarks[1:]))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HEADS)
def test_a_plans_head_that_lies_is_found(copy: Path, name: str) -> None:
    (place,) = [path for path in (copy / "plan/demo/head").rglob("*") if path.is_file()]
    place.write_bytes(HEADS[name](PlanHead.from_bytes(place.read_bytes())).to_bytes())
    with reading(copy) as archive, pytest.raises(MutualchainError) as caught:
        verify_record(build_record(archive, "demo", SLOT), TRUST)
    if name != "a landmark less is no record that verifies":
        assert isinstance(caught.value, PublishedMismatch)
        assert caught.value.place == str(place.relative_to(copy))


@pytest.mark.parametrize("announced", [(0, b""), (1, b"leaf"), (10**6, b"leaf")])
def test_a_card_that_lies_about_the_announcement_is_found(copy: Path, announced: tuple[int, bytes]) -> None:
    place = copy / "plan/demo/charge-1/001/card"
    card = Card.from_bytes(place.read_bytes())
    assert card.announced is not None
    place.write_bytes(replace(card, announced=(announced[0], announced[1] or card.announced[1])).to_bytes())
    with reading(copy) as archive, pytest.raises(PublishedMismatch) as caught:
        build_record(archive, "demo", SLOT)
    assert caught.value.place == "plan/demo/charge-1/001/card"


def test_without_the_announcements_place_it_is_looked_for(copy: Path) -> None:
    with reading(copy) as archive:
        whole = build_record(archive, "demo", SLOT)
    place = copy / "plan/demo/charge-1/001/card"
    place.write_bytes(replace(Card.from_bytes(place.read_bytes()), announced=None).to_bytes())
    with reading(copy) as archive:
        assert build_record(archive, "demo", SLOT) == whole


def test_another_covenant_is_found(copy: Path) -> None:
    path = copy / "plan/demo/covenants/001"
    with reading(copy) as archive, large().ledger.read() as stored:
        assert covenant_hash(archive.covenant("demo", 1)) == stored.plan_state("demo", stored.size - 1).covenant_hash
    path.write_bytes(path.read_bytes()[:-1])
    with reading(copy) as archive, pytest.raises(PublishedMismatch) as caught:
        archive.covenant("demo", 1)
    assert caught.value.place == "plan/demo/covenants/001"


# --- servers --------------------------------------------------------------------------------------


def status(code: int, *headers: tuple[str, str]) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, path: Path) -> None:
        handler.send_response(code)
        for header in headers:
            handler.send_header(*header)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def endless(handler: BaseHTTPRequestHandler, path: Path) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(100_000):
            handler.wfile.write(bytes(65_536))
    except OSError:
        return


def trickling(handler: BaseHTTPRequestHandler, path: Path) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(40):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def slow_head(handler: BaseHTTPRequestHandler, path: Path) -> None:
    handler.close_connection = True
    try:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + bytes(40):
            handler.wfile.write(bytes([byte or 120]))
            handler.wfile.flush()
            time.sleep(0.03)
    except OSError:
        return


def slow_chunk(handler: BaseHTTPRequestHandler, path: Path) -> None:
    """A chunk whose length never ends."""
    drip(handler, b"Transfer-Encoding: chunked\r\n\r\n", b"0")


def slow_trailers(handler: BaseHTTPRequestHandler, path: Path) -> None:
    """All chunks have come, and then lines that never end."""
    drip(handler, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"a: b\r\n")


def slow_goodbye(handler: BaseHTTPRequestHandler, path: Path) -> None:
    """The connection's end is the file's, and it does not come."""
    drip(handler, b"Connection: close\r\n\r\n", b"x")


def always_going_on(handler: BaseHTTPRequestHandler, path: Path) -> None:
    drip(handler, b"", b"HTTP/1.1 100 Continue\r\n\r\n", status=b"HTTP/1.1 100 Continue\r\n\r\n")


def drip(
    handler: BaseHTTPRequestHandler,
    head: bytes,
    part: bytes,
    status: bytes = b"HTTP/1.1 200 OK\r\n",
    pause: float = 0.02,
) -> None:
    handler.close_connection = True
    try:
        handler.wfile.write(status + head)
        for _ in range(400):
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        return


def silent(handler: BaseHTTPRequestHandler, path: Path) -> None:
    time.sleep(0.6)
    handler.close_connection = True


def cut(handler: BaseHTTPRequestHandler, path: Path) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(path.stat().st_size + 10))
    handler.end_headers()
    handler.wfile.write(path.read_bytes())
    handler.close_connection = True


BOMB = gzip.compress(bytes(50_000_000), 1)


def bomb(handler: BaseHTTPRequestHandler, path: Path) -> None:
    body = BOMB
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


BAD: dict[str, tuple[Answer, type[MutualchainError]]] = {
    "redirects": (status(301, ("Location", "http://127.0.0.1:1/")), SourceUnreachable),
    "forbids": (status(403), PublishedMissing),
    "has nothing": (status(404), PublishedMissing),
    "is broken": (status(500), SourceUnreachable),
    "is no such thing": (status(418), SourceUnreachable),
    "compresses as it likes": (status(200, ("Content-Encoding", "br")), SourceUnreachable),
    "sends without end": (endless, PublishedTooLarge),
    "sends a byte now and then": (trickling, SourceUnreachable),
    "sends its headers a byte now and then": (slow_head, SourceUnreachable),
    "sends the length of a chunk a byte now and then": (slow_chunk, SourceUnreachable),
    "sends what follows the last chunk without end": (slow_trailers, SourceUnreachable),
    "never ends the connection that ends the file": (slow_goodbye, SourceUnreachable),
    "says again and again that it goes on": (always_going_on, SourceUnreachable),
    "says nothing": (silent, SourceUnreachable),
    "stops halfway": (cut, SourceUnreachable),
    "sends a bomb": (bomb, PublishedTooLarge),
}


@pytest.mark.parametrize("name", BAD)
def test_a_server_that(name: str, published: Path) -> None:
    answer, expected = BAD[name]
    limits = Limits(connect_seconds=0.3, file_seconds=0.4, attempts=2, pause_seconds=0.01)
    began = time.monotonic()
    with served(published, answer) as (url, _), pytest.raises(expected):
        open_published(url, TRUST, limits=limits)
    assert time.monotonic() - began < 5


def test_nobody_answers() -> None:
    with pytest.raises(SourceUnreachable):
        open_published("http://127.0.0.1:9/ledger", TRUST, limits=FAST)


def test_failures_that_pass_are_survived(published: Path) -> None:
    seen: set[str] = set()

    def flaky(handler: BaseHTTPRequestHandler, path: Path) -> None:
        if handler.path not in seen and len(seen) % 3:
            seen.add(handler.path)
            (cut if len(seen) % 2 and path.is_file() else status(503))(handler, path)
        else:
            seen.add(handler.path)
            plain(handler, path)

    with served(published, flaky) as (url, _), open_published(url, TRUST, limits=FAST) as archive:
        assert build_record(archive, "demo", SLOT) == from_folder(published, SLOT)


@pytest.mark.parametrize("style", ["compressed on the way", "compression taken for the transport's"])
def test_servers_that_compress_or_label_gzip_files_are_understood(published: Path, style: str) -> None:
    def answer(handler: BaseHTTPRequestHandler, path: Path) -> None:
        if not path.is_file():
            plain(handler, path)
            return
        body, packed = path.read_bytes(), True
        if style == "compressed on the way":
            body = gzip.compress(body)
        else:
            packed = path.suffix == ".gz"
        handler.send_response(200)
        if packed:
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with served(published, answer) as (url, _), open_published(url, TRUST, limits=FAST) as archive:
        for slot in (1, 40_000, SLOT):
            assert build_record(archive, "demo", slot) == from_folder(published, slot)


def test_every_file_that_a_record_reads_matters_or_is_a_hint(copy: Path) -> None:
    """Nothing is taken on trust: with all bytes of any one file replaced, no other record comes out."""
    with reading(copy) as archive:
        whole = build_record(archive, "demo", SLOT)
    for path, data in files_of(copy).items():
        (copy / path).write_bytes(bytes(byte ^ 0x55 for byte in data))
        try:
            with reading(copy) as archive:
                assert build_record(archive, "demo", SLOT) == whole
        except MutualchainError:
            pass
        (copy / path).write_bytes(data)
