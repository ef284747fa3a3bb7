"""A true file of every kind that people hand to each other or keep, and how its reader takes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from mutualchain.archive.auditor_key import INTAKE, AuditorSecret, generate, read_key_file
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.facts import Facts
from mutualchain.errors import ClaimError, KeyFileError
from mutualchain.evidence import verify_evidence
from mutualchain.record.claims import Membership, claim_file, open_claim, verify_claim
from mutualchain.record.fact_opening import FactOpening, fact_file, open_fact, read_opened, verify_fact
from mutualchain.record.invitation import Invitation, SealedRequest
from mutualchain.record.joining import JoinRequest, make_request
from mutualchain.record.passport import Lock, Passport
from mutualchain.record.pinfile import PinFile, Pinned
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.tlog import trust as trust_files
from tests.evidence.cases import all_cases
from tests.record.test_receipt import told, true_receipts
from tests.record.tools import bundle_of, digest
from tests.record.world import TRUST, world

__all__ = ["FRAMED", "KINDS", "PASSPHRASE", "Kind"]

ORIGIN, PLAN, CHAIN = "example.org/mutual", "demo", digest("chain")
PASSPHRASE: Final = "correct horse"
WEAK: Final = (1, 8192)
SHE = Passport(b"j" * 32, TRUST.format())


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. ``read`` gives what its reader is told, and raises the project's errors for anything wrong.

    ``signed`` says that whatever is told was signed or committed to by somebody: then no change may alter it, and
    ``less`` says whether what is told of a changed file is a part of that. ``frame`` is the word in the first line,
    empty for files of another form. ``verdict``: it ends in one, where others may end in a usage error about a file of
    one's own.
    """

    name: str
    true: Callable[[], bytes]
    read: Callable[[bytes], object]
    signed: bool
    frame: str = ""
    verdict: bool = False
    less: Callable[[Any, Any], bool] = field(default=lambda found, true: False)


# --- receipts, evidence, pins, passports, trust files ----------------------------------------------


def _receipt(at: int) -> Callable[[], bytes]:
    return lambda: true_receipts()[at]


def _of_its_sheet(found: Any, true: Any) -> bool:
    """Of a receipt for a row one for its sheet can be made: it is true, and says less."""
    return bool(found[:5] == true[:5])


def _told(data: bytes) -> object:
    return told(verify_receipt(parse_receipt(data), TRUST))


def _evidence(at: int) -> Kind:
    case = all_cases()[at]

    def convicted(data: bytes) -> object:
        found = verify_evidence(data, case.trust)
        return frozenset((party.role, party.name, key) for party in found.convicted for key in party.keys)

    return Kind(f"evidence: {case.name}", lambda: case.data, convicted, True, "evidence", True, frozenset.issubset)


@cache
def pin() -> bytes:
    note = bundle_of(world().record("second")).checkpoint
    books = tuple(Pinned(size, digest(f"root {size}"), note, 1_760_000_000_000) for size in (9, 7, 2))
    return PinFile(ORIGIN, digest("key"), books, {1: digest("1"), 5: digest("5")}).to_bytes()


def _locked() -> bytes:
    return SHE.to_bytes(Lock(PASSPHRASE, b"s" * 16, b"n" * 24, passes=1, memory_kib=8))


def _seed(data: bytes) -> object:
    found = Passport.from_bytes(data, PASSPHRASE)
    return found.seed, found.trust


# --- joining ---------------------------------------------------------------------------------------


@cache
def request() -> JoinRequest:
    values = {"name": "张三", "birth_date": "1990-01-31", "consent": "yes", "key_holder": "member"}
    salts = tuple(digest(f"salt {at}") for at in range(7))
    return make_request(
        SHE, ORIGIN, CHAIN, PLAN, covenant_version=1, covenant_hash=digest("covenant"), values=values, salts=salts
    )


SECRET = AuditorSecret(b"i" * 32, INTAKE)


@cache
def _sealed() -> bytes:
    return SealedRequest(ORIGIN, PLAN, SECRET.key.seal(request().to_bytes())).to_bytes()


def _unsealed(data: bytes) -> object:
    """As the operator opens it. Its origin and plan stand outside as well, for whoever sorts files."""
    content = SECRET.open(SealedRequest.from_bytes(data).sealed)
    if content is None:
        raise KeyFileError("not sealed to this key")
    return _requested(content)


def _requested(content: bytes) -> object:
    """All that she signed: not the salt that stands alone, which only her platform's vault needs to know again."""
    found = JoinRequest.from_bytes(content)
    found.verify()
    return found.member, found.covenant_version, found.covenant_hash, found.claims


def _invitation() -> bytes:
    return Invitation(ORIGIN, CHAIN, PLAN, 1, Covenant.simple("A plan", prepay=100), SECRET.key.text).to_bytes()


# --- what is opened of a person --------------------------------------------------------------------


def member() -> Membership:
    return request().member


def _claim() -> bytes:
    return claim_file(open_claim(member(), request().all_claims(), "birth_date"), member(), 3)


CASE = digest("case")


@cache
def facts() -> Facts:
    values: dict[str, int | str] = {
        "cause": "illness",
        "group": "critical",
        "disease": "C50",
        "diagnosed_day": 20_000,
        "birth_day": 7_000,
        "name": "李四",
        "hospital": "某市第一医院",
        "region": "某市",
    }
    return Facts.seal(CHAIN, PLAN, 3, values, [digest(f"fact {name}") for name in Facts.NAMES])


def _fact() -> bytes:
    return fact_file(open_fact(facts(), CASE, "birth_day"))


def _opened(data: bytes) -> object:
    """As ``verify-opened`` holds it against the row, or the request, that the ledger has for it."""
    found = read_opened(data)
    if isinstance(found, FactOpening):
        if (found.chain, found.plan, found.slot, found.case) != (CHAIN, PLAN, 3, CASE):
            raise ClaimError("the ledger has no such case")
        return found.name, verify_fact(found, facts().root)
    opening, who, slot = found
    if (who, slot) != (member(), 3):
        raise ClaimError("the ledger has no such member")
    return opening.name, verify_claim(opening, who, request().verify())


# --- keys ------------------------------------------------------------------------------------------


@cache
def _key() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "intake.key")
        generate(path, PASSPHRASE.encode(), role=INTAKE, seed=b"i" * 32, cost=WEAK)
        return path.read_bytes()


def _unlocked(data: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "intake.key")
        path.write_bytes(data)
        return read_key_file(path, PASSPHRASE.encode(), INTAKE).key.text


KINDS: Final[tuple[Kind, ...]] = (
    *(
        Kind(f"receipt {at}", _receipt(at), _told, True, "receipt", True, _of_its_sheet)
        for at in range(len(true_receipts()))
    ),
    *(_evidence(at) for at in range(len(all_cases()))),
    Kind("join request", _sealed, _unsealed, True, "join"),
    Kind("content of a join request", lambda: request().to_bytes(), _requested, True),
    Kind("invitation", _invitation, Invitation.from_bytes, False, "invitation"),
    Kind("opened claim", _claim, _opened, True, "opening", True),
    Kind("opened fact", _fact, _opened, True, "opening", True),
    Kind("pin", pin, PinFile.from_bytes, False, "pin"),
    Kind("passport", SHE.to_bytes, _seed, True),
    Kind("locked passport", _locked, _seed, True),
    Kind("key file", _key, _unlocked, True),
    Kind("trust file", TRUST.format, trust_files.parse, False),
)
FRAMED: Final = tuple(kind for kind in KINDS if kind.frame)
