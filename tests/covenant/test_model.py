"""The book against a slow reference: any history of any plan, and attempts at what is forbidden.

One machine takes every step: :mod:`.money_steps` and :mod:`.entry_steps` have them, :mod:`.reference` and
:mod:`.case_reference` say what they come to, :mod:`.random_covenants` the rules under which they happen.
``pytest --hypothesis-show-statistics`` shows how often each kind of step came to which end.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from .entry_steps import EntrySteps
from .money_steps import REACHED

STEPS = {
    "members": "enrol, enrol many, exit, notice, handover, rekey, rekey objection, sanction, lift, erase",
    "money": "credit, credit many, arrears, withdraw, correct, fund, refund, treasury",
    "rounds": "snapshot, open, settle",
    "cases": "request, case, attest, disclose, object, vote, count, approve, refuse, appeal, withdraw case, restitute",
    "paying": "advance, pay, repay, void",
    "the plan": "propose, amend, close, refund a round, end",
}
"""Every kind of step; histories reach each with both ends, allowed and refused."""


class Histories(EntrySteps):
    """All steps of a plan."""


def test_any_history_comes_to_the_same_as_the_reference() -> None:
    REACHED.clear()
    examples = 3 * settings.default.max_examples if settings.default is not None else 180
    run_state_machine_as_test(Histories, settings=settings(max_examples=examples, stateful_step_count=40))
    if examples >= 180:  # fewer are for a quick look
        steps = {step for names in STEPS.values() for step in names.split(", ")}
        assert {step for step, _ in REACHED} == steps
        assert {step for step, end in REACHED if end == "done"} == steps
        assert {step for step, end in REACHED if end != "done"} == steps
