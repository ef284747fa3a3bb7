"""Every answer of add-checkpoint and the order of its checks: one table, for the bare decision and for real HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mutualchain.tlog import note as notes
from mutualchain.tlog.checkpoint import sign_checkpoint
from mutualchain.tlog.merkle import EMPTY_ROOT
from mutualchain.tlog.note import Signature, Signer
from mutualchain.tlog.strict import to_base64

from .logs import WITNESS, FakeLog

STRANGER = Signer.from_seed("stranger.example.com", bytes([7]) * 32)
HASH = bytes(range(32))
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
LINE = rf"— {re.escape(WITNESS.name)} [A-Za-z0-9+/]{{102}}==\n\Z"


@dataclass(frozen=True)
class Case:
    """Sizes that the witness has cosigned before, the request that counts, and the status that has to come back."""

    name: str
    status: int
    request: Callable[[FakeLog], bytes]
    sizes: tuple[int, ...]

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def before(self, log: FakeLog) -> list[bytes]:
        return [log.request(old, size) for old, size in zip((0, *self.sizes), self.sizes, strict=False)]

    def check(self, status: int, content_type: str, body: bytes) -> None:
        """Whether this is the right answer, to the byte where the specification gives the bytes."""
        assert (status, content_type) == (self.status, SIZE if self.status == 409 else TEXT), body
        if status == 409:
            assert body == b"%d\n" % (self.sizes or (0,))[-1]
        assert bool(re.match(LINE, body.decode())) == (status == 200), body
        assert status == 200 or "\N{EM DASH}" not in body.decode(), "no signature leaves with a refusal"


def case(name: str, status: int, request: Callable[[FakeLog], bytes], *sizes: int) -> Case:
    return Case(name, status, request, sizes)


def bad_signature(log: FakeLog, size: int) -> bytes:
    """A note whose line has the name and ID of the log's key and a signature of something else."""
    line = log.signer.sign("something else\n")
    return notes.format(log.checkpoint(size).text, [line])


def signed_by(log: FakeLog, size: int, *signers: Signer) -> bytes:
    return sign_checkpoint(log.checkpoint(size), signers)


def raw(log: FakeLog, text: str) -> bytes:
    """Any text, signed by the log."""
    return notes.sign(text, [log.signer])


def empty_with_root(log: FakeLog, *extensions: str) -> bytes:
    return raw(log, "".join(f"{line}\n" for line in (log.origin, "0", to_base64(HASH), *extensions)))


def with_body(change: Callable[[bytes], bytes]) -> Callable[[FakeLog], bytes]:
    return lambda log: change(log.request(3, 5))


def wrong_proof(log: FakeLog, old: int, size: int) -> bytes:
    first, *rest = log.proof(old, size)
    return log.request(old, size, proof=[bytes([first[0] ^ 1]) + first[1:], *rest])


def unknown(size: int = 5) -> FakeLog:
    return FakeLog("unknown.example.com/log")


MALFORMED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("an empty body", lambda body: b""),
    ("a body that is only a note", lambda body: body.partition(b"\n\n")[2]),
    ("no old line", lambda body: body.removeprefix(b"old 3\n")),
    ("old in capitals", lambda body: body.replace(b"old", b"OLD", 1)),
    ("old without a number", lambda body: body.replace(b"old 3", b"old ", 1)),
    ("old with a sign", lambda body: body.replace(b"old 3", b"old +3", 1)),
    ("old negative", lambda body: body.replace(b"old 3", b"old -3", 1)),
    ("old with a leading zero", lambda body: body.replace(b"old 3", b"old 03", 1)),
    ("old with an underscore", lambda body: body.replace(b"old 3", b"old 0_3", 1)),
    ("old with two spaces", lambda body: body.replace(b"old 3", b"old  3", 1)),
    ("old with a space behind", lambda body: body.replace(b"old 3", b"old 3 ", 1)),
    ("old in Arabic digits", lambda body: body.replace(b"old 3", "old ٣".encode(), 1)),
    ("old of 2**63", lambda body: body.replace(b"old 3", b"old 9223372036854775808", 1)),
    ("old with very many digits", lambda body: body.replace(b"old 3", b"old " + b"1" * 5_000, 1)),
    ("lines that end as on Windows", lambda body: body.replace(b"\n", b"\r\n")),
    ("a hash that is not base64", lambda body: body.replace(b"\n", b"\n*\n", 1)),
    ("a hash that is not UTF-8", lambda body: body.replace(b"\n", b"\n\xff\xfe\n", 1)),
    ("a hash without padding", lambda body: body.replace(b"=\n", b"\n", 1)),
    ("a hash with unused bits", lambda body: b"old 3\n" + b"A" * 42 + b"B=\n\n" + body.partition(b"\n\n")[2]),
    ("a hash of 31 bytes", lambda body: body.replace(b"\n", b"\n" + to_base64(HASH[1:]).encode() + b"\n", 1)),
    ("64 hashes", lambda body: b"old 3\n" + (to_base64(HASH) + "\n").encode() * 64 + b"\n" + body),
    ("ten thousand lines", lambda body: b"old 3\n" + b"x\n" * 10_000 + b"\n" + body),
    ("no empty line", lambda body: body.replace(b"\n\n", b"\n", 1)[: body.rfind(b"\n\n")]),
    ("no signature line", lambda body: body[: body.rfind(b"\n\n") + 2]),
    ("no newline at the end", lambda body: body[:-1]),
    ("a note that is not UTF-8", lambda body: body[:-8] + b"\xff\xff" + body[-8:]),
    ("a signature line of nothing", lambda body: body + "— x AAAA\n".encode()),
    ("more than 100 signature lines", lambda body: body + "— x AAAAAAAA\n".encode() * 100),
]

CASES: list[Case] = [
    case("the first checkpoint", 200, lambda log: log.request(0, 5)),
    case("the first checkpoint is of the empty tree", 200, lambda log: log.request(0, 0)),
    case("the empty tree again", 200, lambda log: log.request(0, 0), 0),
    case("growth from the empty tree", 200, lambda log: log.request(0, 5), 0),
    case("growth", 200, lambda log: log.request(5, 9), 5),
    case("growth by many steps", 200, lambda log: log.request(33, 40), 1, 2, 7, 8, 33),
    case("a refresh", 200, lambda log: log.request(5, 5), 5),
    case("a checkpoint with extension lines", 200, lambda log: log.request(0, 5, note=log.note(5, "an extension"))),
    case(
        "signatures of strangers beside the log's",
        200,
        lambda log: log.request(0, 5, note=signed_by(log, 5, STRANGER, log.signer, STRANGER)),
    ),
    case(
        "a line under the log's name and another key ID",
        200,
        lambda log: log.request(
            0, 5, note=notes.add_signatures(log.note(5), [Signature(log.origin, b"\0\1\2\3", bytes(64))])
        ),
    ),
    # --- 404: before anything that depends on the log
    case("an unknown log", 404, lambda log: unknown().request(0, 5)),
    case("an unknown log without a signature", 404, lambda log: unknown().request(0, 5, note=b"unknown\n5\n")),
    case("an unknown log and an old size above", 404, lambda log: unknown().request(7, 5)),
    case(
        "an unknown log signed by a known one's key",
        404,
        lambda log: log.request(0, 5, note=raw(log, f"x{log.origin}\n0\n")),
    ),
    # --- 403: before every comparison of sizes and roots
    case("signed by a stranger", 403, lambda log: log.request(0, 5, note=signed_by(log, 5, STRANGER))),
    case("a false signature", 403, lambda log: log.request(0, 5, note=bad_signature(log, 5))),
    case(
        "a false signature beside a true one",
        403,
        lambda log: log.request(0, 5, note=notes.add_signatures(log.note(5), [log.signer.sign("something else\n")])),
    ),
    case(
        "signed by a stranger, and an old size above",
        403,
        lambda log: log.request(7, 5, note=signed_by(log, 5, STRANGER)),
    ),
    case(
        "signed by a stranger, and another size seen",
        403,
        lambda log: log.request(3, 5, note=signed_by(log, 5, STRANGER)),
        4,
    ),
    case(
        "a false signature under what is no checkpoint",
        403,
        lambda log: log.request(0, 5, note=notes.format(f"{log.origin}\nx\n", [log.signer.sign("y\n")])),
    ),
    # --- 400: what the log signed is no checkpoint, or smaller than the old size
    case("the old size is above", 400, lambda log: log.request(6, 5)),
    case("the old size is above, and is what was seen", 400, lambda log: log.request(6, 5), 6),
    case("the old size is above, and another was seen", 400, lambda log: log.request(6, 5), 3),
    case(
        "the old size is above that of an empty tree", 400, lambda log: log.request(6, 0, note=empty_with_root(log)), 6
    ),
    case("two lines are no checkpoint", 400, lambda log: log.request(0, 5, note=raw(log, f"{log.origin}\n5\n"))),
    case(
        "a size with a leading zero",
        400,
        lambda log: log.request(0, 5, note=raw(log, log.checkpoint(5).text.replace("\n5\n", "\n05\n"))),
    ),
    case(
        "a root of 31 bytes",
        400,
        lambda log: log.request(0, 5, note=raw(log, f"{log.origin}\n5\n{to_base64(HASH[1:])}\n")),
    ),
    case(
        "an empty tree with a root of 31 bytes",
        400,
        lambda log: log.request(0, 0, note=raw(log, f"{log.origin}\n0\n{to_base64(HASH[1:])}\n")),
    ),
    case(
        "an empty extension line", 400, lambda log: log.request(0, 5, note=raw(log, log.checkpoint(5).text + "\nx\n"))
    ),
    # --- 409: before everything about roots and proofs
    case("another size was seen", 409, lambda log: log.request(3, 9), 5),
    case("nothing was seen", 409, lambda log: log.request(3, 9)),
    case("something was seen and the client does not know", 409, lambda log: log.request(0, 9), 5),
    case("a smaller tree than was seen", 409, lambda log: log.request(5, 5), 5, 9),
    case("an old size of 0 with a proof, and something was seen", 409, lambda log: log.request(0, 9, proof=[HASH]), 5),
    case("another size was seen, and the proof is wrong", 409, lambda log: wrong_proof(log, 3, 9), 5),
    case(
        "an empty tree with another root, and something was seen",
        409,
        lambda log: log.request(0, 0, note=empty_with_root(log)),
        5,
    ),
    # --- 422
    case("an empty tree with another root", 422, lambda log: log.request(0, 0, note=empty_with_root(log))),
    case(
        "an empty tree with another root and an extension",
        422,
        lambda log: log.request(0, 0, note=empty_with_root(log, "more")),
    ),
    case("an empty tree with another root again", 422, lambda log: log.request(0, 0, note=empty_with_root(log)), 0),
    case("an old size of 0 with a proof", 422, lambda log: log.request(0, 5, proof=[HASH])),
    case("the empty tree with a proof", 422, lambda log: log.request(0, 0, proof=[EMPTY_ROOT])),
    case("growth without a proof", 422, lambda log: log.request(5, 9, proof=[]), 5),
    case("growth with a wrong proof", 422, lambda log: wrong_proof(log, 5, 9), 5),
    case("growth with a proof too long", 422, lambda log: log.request(5, 9, proof=[*log.proof(5, 9), HASH]), 5),
    case("growth with 63 hashes", 422, lambda log: log.request(5, 9, proof=[HASH] * 63), 5),
    case("growth of a fork", 422, lambda log: log.forked(3).request(5, 9), 5),
    case("a refresh with a proof", 422, lambda log: log.request(5, 5, proof=[HASH]), 5),
    case("the same size with another root", 422, lambda log: log.forked(3).request(5, 5), 5),
    *(case(f"malformed: {name}", 400, with_body(change), 3) for name, change in MALFORMED),
]
