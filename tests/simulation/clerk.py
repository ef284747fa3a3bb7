"""A witness. An honest one decides with mutualchain.witness.core, and can crash before, between and after its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.trust import Witness
from mutualchain.witness.conversation import Answer, Request
from mutualchain.witness.core import (
    NOTHING,
    SIZE_TYPE,
    KnownLog,
    Response,
    Seen,
    Submission,
    conflict,
    cosigned,
    cosigned_note,
    judge,
    read_submission,
)

from .clockwork import Clockwork
from .invariants import Invariants

Reply = Callable[[Answer], None]


def _answer(response: Response) -> Answer:
    return Answer(response.status, response.content_type, None, response.body)


@dataclass
class Clerk:
    """``durable`` outlives a crash; everything that was under way does not. A ``shy`` one shows monitors nothing."""

    clock: Clockwork
    truth: Invariants
    number: int
    log: KnownLog
    lying: bool = False
    shy: bool = False
    fragile: float = 0.0
    up: bool = True
    life: int = 0
    durable: Seen = NOTHING

    def __post_init__(self) -> None:
        self.signer = CosignatureSigner.from_seed(f"w{self.number}.example", bytes([self.number + 1]) * 32)

    @property
    def name(self) -> str:
        return f"w{self.number}"

    @property
    def witness(self) -> Witness:
        return Witness(self.name, self.signer.verifier, f"https://{self.name}.example/")

    def crash(self, why: str) -> None:
        self.clock.say(f"{self.name}: crashes {why}")
        self.up, self.life = False, self.life + 1
        self.clock.after(self.clock.soon(3.0), self.rise)

    def rise(self) -> None:
        self.up = True

    def _falls(self, why: str) -> bool:
        if self.clock.happens(self.fragile):
            self.crash(why)
        return not self.up

    # --- honest ---------------------------------------------------------------------------------

    def receive(self, request: Request, reply: Reply) -> None:
        if not self.up:
            return
        if self.lying:
            reply(self.lie(request))
        elif request.body is None:
            reply(_answer(self.show(request.path)))
        else:
            submission = read_submission(request.body, {self.log.origin: self.log})
            if isinstance(submission, Response):
                reply(_answer(submission))
            else:
                self.decide(submission, reply)

    def show(self, path: str) -> Response:
        seen = self.durable
        if path != f"/{sha256(self.log.origin.encode()).hexdigest()}/checkpoint" or not seen.note or self.shy:
            return Response(404, b"")
        return Response(200, cosigned_note(seen, []))

    def decide(self, submission: Submission, reply: Reply) -> None:
        seen = self.durable
        new = judge(submission, seen, int(self.clock.now))
        if isinstance(new, Response):
            reply(_answer(new))
            return
        life, decided = self.life, new
        # Until it is written others are decided, with the same state; some disks are slow.
        wait = self.clock.soon(0.5 if self.clock.happens(self.fragile) else 0.02)
        self.clock.after(wait, lambda: self.write(life, submission, seen, decided, reply))

    def write(self, life: int, submission: Submission, seen: Seen, new: Seen, reply: Reply) -> None:
        if life != self.life or self._falls("before it has written"):
            return
        if not self.swap(seen, new):
            reply(_answer(conflict(self.durable)))
        elif not self._falls("before it answers"):
            self.answer(submission, new, reply)
            self._falls("after it has answered")

    def swap(self, old: Seen, new: Seen) -> bool:
        if (self.durable.size, self.durable.root) != (old.size, old.root):
            return False
        self.durable = replace(new, time=max(new.time, self.durable.time))
        return True

    def answer(self, submission: Submission, new: Seen, reply: Reply) -> None:
        checkpoint = submission.checkpoint
        self.truth.cosigned(self.name, checkpoint)
        self.clock.say(f"{self.name}: cosigns {checkpoint.size} {checkpoint.root.hex()[:8]}")
        reply(_answer(cosigned([self.signer.cosign(checkpoint, new.time)])))

    # --- lying ----------------------------------------------------------------------------------

    def lie(self, request: Request) -> Answer:
        """Mostly it cosigns whatever it is shown: that is what a fork needs. Else it says what it likes."""
        chance = self.clock.chance
        if request.body is not None and chance.random() < 0.7:
            submission = read_submission(request.body, {self.log.origin: self.log})
            if isinstance(submission, Submission):
                self.durable = Seen(submission.checkpoint.size, submission.checkpoint.root, submission.note, 1)
                signature = self.signer.cosign(submission.checkpoint, int(self.clock.now))
                return _answer(cosigned([signature]))
        lies = (
            Response(409, f"{chance.randrange(80)}\n".encode(), SIZE_TYPE),
            Response(422, b"no\n"),
            Response(200, b"\xe2\x80\x94 nonsense AAAA\n"),
            Response(503, b""),
            Response(200, self.durable.note),
        )
        return _answer(chance.choice(lies))
