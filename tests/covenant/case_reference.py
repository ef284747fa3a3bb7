"""Cases as one would explain them: a list of what happened to each, asked again for every question. Slow and obvious.

``may(...)`` says by which class of error the covenant forbids a step now, or None. Nothing here is the project's code
but the error classes; the rules are domain.md's and the clauses'.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mutualchain import errors

DAY = 86_400_000


@dataclass
class Docket:
    """One plan's cases. ``told`` lists (time, what happened, case, details) in order; nothing is ever changed."""

    quorum: int
    objection_days: int = 3
    jury_days: int = 2
    advance_bp: int = 5_000
    told: list[tuple[int, str, str, dict[str, object]]] = field(default_factory=list)

    def of(self, case: str, *kinds: str) -> list[tuple[int, str, dict[str, object]]]:
        return [(at, kind, more) for at, kind, name, more in self.told if name == case and (not kinds or kind in kinds)]

    def cases(self) -> list[str]:
        return [name for _, kind, name, _ in self.told if kind == "request"]

    def state(self, case: str) -> str:
        """requested, disclosed, approved, refused, withdrawn or void: the last decision that stands."""
        state, before = "", ""
        for _, kind, _more in self.of(case):
            if kind == "request":
                state = "requested"
            elif kind == "disclose":
                state = "disclosed"
            elif kind == "approve":
                state = "approved"
            elif kind == "refuse":
                state, before = "refused", state
            elif kind == "appeal" and state == "refused":
                state = before
            elif kind == "withdraw":
                state = "withdrawn"
            elif kind == "void":
                state = "void"
        return state

    def window(self, case: str) -> int:
        """When the objection window closed, or the appeal reopened the vote."""
        closes = self.of(case, "disclose")[-1][0] + self.objection_days * DAY
        counted = False
        for at, kind, _ in self.of(case):
            counted = counted or kind == "count"
            if kind == "appeal" and counted:
                closes, counted = at, False
        return closes

    def since_appeal(self, case: str, kind: str) -> list[dict[str, object]]:
        """What happened since an appeal made the jury vote anew."""
        found: list[dict[str, object]] = []
        counted = False
        for _, what, more in self.of(case):
            counted = counted or what == "count"
            if what == "appeal" and counted:
                found, counted = [], False
            elif what == kind:
                found.append(more)
        return found

    def disputed(self, case: str) -> bool:
        against = [more for _, _, more in self.of(case, "attest") if not more["supports"]]
        return bool(self.of(case, "object") or against)

    def upheld(self, case: str) -> bool:
        votes = self.since_appeal(case, "vote")
        support = sum(int(str(more["vote"])) for more in votes)
        return len(votes) < max(self.quorum, 1) or 2 * support > len(votes)

    def total(self, case: str, kind: str, **like: object) -> int:
        found = [more for _, _, more in self.of(case, kind) if all(more[name] == value for name, value in like.items())]
        return sum(int(str(more["amount"])) for more in found)

    def aid(self, case: str) -> int:
        shown = self.of(case, "disclose")
        return int(str(shown[-1][2]["aid"])) if shown else 0

    # --- may it? --------------------------------------------------------------------------------

    def may_attest(self, case: str, who: str) -> type | None:
        if self.state(case) not in ("requested", "disclosed"):
            return errors.CaseStep
        spoken = [more["who"] for _, _, more in self.of(case, "attest")]
        return errors.CaseStep if who in spoken else None

    def may_disclose(self, case: str, aid: int, asked: int) -> type | None:
        if self.state(case) != "requested":
            return errors.CaseStep
        for who in ("eyes", "clinic"):
            if not [1 for _, _, more in self.of(case, "attest") if more["who"] == who and more["supports"]]:
                return errors.CaseStep
        return errors.AidRule if aid > asked else None

    def may_object(self, now: int, case: str, by: int) -> type | None:
        if self.state(case) != "disclosed" or now >= self.window(case):
            return errors.CaseStep
        return errors.CaseStep if by in [more["by"] for _, _, more in self.of(case, "object")] else None

    def may_vote(self, now: int, case: str, slot: int, claimant: int) -> type | None:
        if self.state(case) != "disclosed" or not self.disputed(case) or self.since_appeal(case, "count"):
            return errors.BallotRule
        if not self.window(case) <= now < self.window(case) + self.jury_days * DAY:
            return errors.BallotRule
        if slot == claimant or slot in [more["slot"] for more in self.since_appeal(case, "vote")]:
            return errors.BallotRule
        return None

    def may_count(self, now: int, case: str) -> type | None:
        if self.state(case) != "disclosed" or self.since_appeal(case, "count"):
            return errors.CaseStep
        if not self.disputed(case) and now >= self.window(case):
            return errors.CaseStep
        return errors.CaseStep if now < self.window(case) + self.jury_days * DAY else None

    def may_approve(self, now: int, case: str) -> type | None:
        if self.state(case) != "disclosed" or now < self.window(case):
            return errors.CaseStep
        if self.disputed(case) and not (self.since_appeal(case, "count") and self.upheld(case)):
            return errors.CaseStep
        return None

    def may_refuse(self, case: str) -> type | None:
        """By what the operator holds against it, where no jury decides otherwise."""
        if self.state(case) not in ("requested", "disclosed"):
            return errors.CaseStep
        if self.disputed(case) and (not self.since_appeal(case, "count") or self.upheld(case)):
            return errors.RefusalRule
        return None

    def may_withdraw(self, case: str, shared: bool) -> type | None:
        if self.state(case) not in ("requested", "disclosed", "approved"):
            return errors.CaseStep
        return errors.CaseStep if shared or self.of(case, "advance") else None

    def may_advance(self, case: str, amount: int, shared: bool) -> type | None:
        if self.state(case) not in ("disclosed", "approved"):
            return errors.CaseStep
        if shared or self.total(case, "advance") + amount > self.aid(case) * self.advance_bp // 10_000:
            return errors.AdvanceRule
        return None

    def may_pay(self, case: str, payee: str, amount: int, shared: bool) -> type | None:
        if self.state(case) == "void":
            return errors.CaseStep
        if not shared or self.state(case) != "approved":
            return errors.CaseUnknown
        advanced = self.total(case, "advance")
        if payee == "funder":
            left = advanced - self.total(case, "pay", payee="funder")
        else:
            left = self.aid(case) - advanced - self.total(case, "pay", payee="member")
        return errors.PayoutAboveAid if amount > left else None

    def may_void(self, case: str) -> type | None:
        return None if self.state(case) == "approved" else errors.CaseStep
