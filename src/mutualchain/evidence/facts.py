"""What a conviction says: who, of what, in sentences that a renderer translates.

``VerifiedEvidence`` is made by the verifier only: holding one means that both statements were read under the trust
file's keys and contradict each other, whoever made the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import MutualchainError
from ..tlog.checkpoint import Checkpoint
from .signed import Party, Role

__all__ = ["FINDINGS", "LIMITS", "WHAT", "VerifiedEvidence"]

FINDINGS = {
    "size": "{who} signed two different books of {larger} blocks.",
    "prefix": "{who} signed two books that contradict each other: one of {smaller} blocks, "
    "and one of {larger} that begins otherwise.",
    "prefixes": "{who} signed two books that contradict each other: one of {smaller} blocks and one of {larger}, "
    "which begin differently up to block {height}.",
    "block": "{who} signed two books that contradict each other: one of {smaller} blocks and one of {larger}, "
    "with different blocks at height {height}.",
    "height": "{who} signed a book that breaks its rules: block {height} says that it is block {stated}.",
    "chain": "{who} signed a book that breaks its rules: block {height} names another chain as its own.",
    "count": "{who} signed a book that breaks its rules: block {height} counts {stated} plans "
    "and commits to {found} states.",
    "twice": "{who} signed a book that breaks its rules: block {height} commits to two states of the plan {plan}.",
    "order": "{who} signed a book that breaks its rules: block {height} commits to its plans out of order.",
    "previous": "{who} signed a book that breaks its rules: block {height} does not name the block before it.",
    "time": "{who} signed a book that breaks its rules: block {later} is dated before block {earlier}.",
    "vanished": "{who} signed a book that breaks its rules: the plan {plan} is there at block {earlier} "
    "and gone at block {later}.",
    "fewer": "{who} signed a false counter: the plan {plan} has {before} {what} at block {earlier} "
    "and {after} at block {later}.",
    "other": "{who} signed a false counter: the {what} of the plan {plan} are as many at block {later} "
    "as at block {earlier}, and others.",
    "rewritten": "{who} signed a book that breaks its rules: the {what} that the plan {plan} had at block {earlier} "
    "are others at block {later}.",
    "uncounted": "{who} signed a false counter: the plan {plan} counts {stated} {what} at block {height}, "
    "where {due} follow.",
    "record": "{who} signed a book that breaks its rules: {reason}.",
}
"""Every finding by its id: one sentence, in which ``who`` are the parties that are convicted."""

WHAT = {"members": "members", "sheets": "sheets", "entries": "entries"}
"""The words of ``what``; any other is a schema's name and stands for its sheets."""

LIMITS = {
    "key": "It shows what these keys signed. Whether the holder or a thief used them, it does not show.",
    "window": "Your trust file says that a key of this log counts for a time only; this does not show when it signed.",
    "which": "It does not show which of the two books is the true one.",
    "others": "It says nothing about whoever is not named.",
}
"""What a conviction does not say, by id."""


@dataclass(frozen=True, slots=True)
class VerifiedEvidence:
    """Parties that signed what contradicts itself. ``heads`` are the checkpoints that they signed, one or two.

    ``finding`` is a key of FINDINGS and ``values`` what its sentence needs; ``limits`` are keys of LIMITS. ``error`` is
    the broken rule that a record shows, else None.
    """

    kind: str
    origin: str
    convicted: tuple[Party, ...]
    finding: str
    values: Mapping[str, int | str]
    heads: tuple[Checkpoint, ...]
    limits: tuple[str, ...]
    error: MutualchainError | None = None

    def sentence(self, say: Callable[..., str] = lambda sentence, **values: _english(sentence, values)) -> str:
        """Who is convicted of what, in one sentence. ``say(template, **values)`` translates."""
        values: dict[str, Any] = dict(self.values)
        if "plan" in values:
            values["plan"] = values["plan"] or "-"
        if "what" in values:
            what = str(values["what"])
            values["what"] = say(WHAT[what]) if what in WHAT else say("sheets {schema}", schema=what)
        return say(FINDINGS[self.finding], who=self._who(say), **values)

    def _who(self, say: Callable[..., str]) -> str:
        operators = [party.name for party in self.convicted if party.role is Role.OPERATOR]
        witnesses = [party.name for party in self.convicted if party.role is Role.WITNESS]
        named = ", ".join(witnesses)
        one = len(witnesses) == 1
        if not witnesses:
            return say("The operator of {origin}", origin=operators[0])
        if operators:
            text = "The operator of {origin} and the witness {names}" if one else _BOTH
            return say(text, origin=operators[0], names=named)
        text = "The witness {names}, asked to cosign {origin}," if one else _WITNESSES
        return say(text, names=named, origin=self.origin)

    def to_value(self) -> dict[str, Any]:
        """Plain values for ``--json``: hashes as hex."""
        return {
            "kind": self.kind,
            "origin": self.origin,
            "convicted": [
                {"role": party.role.value, "name": party.name, "keys": list(party.keys)} for party in self.convicted
            ],
            "finding": self.finding,
            "values": dict(self.values),
            "heads": [{"size": head.size, "root": head.root.hex()} for head in self.heads],
            "limits": list(self.limits),
            "sentence": self.sentence(),
        }


_BOTH = "The operator of {origin} and the witnesses {names}"
_WITNESSES = "The witnesses {names}, asked to cosign {origin},"


def _english(sentence: str, values: Mapping[str, Any]) -> str:
    shown = {name: f"{value:,}" if type(value) is int else value for name, value in values.items()}
    return sentence.format(**shown) if shown else sentence
