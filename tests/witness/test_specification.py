"""c2sp.org/tlog-witness, rule by rule: which test holds each of them, and every order of its checks tried out.

RULES is the specification in our words, in its order; beside each rule stand the tests that fail when it is broken. The
product below goes through requests with every combination of faults, and compares with an oracle that knows the checks
and their order and shares no code with the witness.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from mutualchain.tlog import note as notes
from mutualchain.tlog.checkpoint import sign_checkpoint
from mutualchain.tlog.merkle import EMPTY_ROOT
from mutualchain.tlog.note import Signer
from mutualchain.tlog.strict import to_base64
from mutualchain.witness.core import NOTHING, Response, Seen, add_checkpoint

from .cases import CASES
from .logs import NOW, WITNESS, FakeLog

RULES: list[tuple[str, tuple[str, ...]]] = [
    # --- the interface
    ("a submission and a monitoring prefix, each with its paths", ("test_http::test_prefixes",)),
    ("add-checkpoint is a POST", ("test_http::test_other_methods_are_refused",)),
    ("connections are kept", ("test_http::test_a_connection_is_kept_and_used_again",)),
    # --- the request
    (
        "body: old line, proof lines, empty line, checkpoint; each line ends with U+000A",
        (
            "case::malformed: an empty body",
            "case::malformed: a body that is only a note",
            "case::malformed: no empty line",
            "case::malformed: no newline at the end",
            "case::malformed: lines that end as on Windows",
        ),
    ),
    (
        "old: one space, decimal, no leading zero, 0 for nothing",
        (
            "case::malformed: no old line",
            "case::malformed: old with two spaces",
            "case::malformed: old with a leading zero",
            "case::malformed: old with a sign",
            "case::malformed: old in Arabic digits",
            "case::the first checkpoint",
        ),
    ),
    (
        "a proof line is one hash in base64",
        (
            "case::malformed: a hash that is not base64",
            "case::malformed: a hash of 31 bytes",
            "case::malformed: a hash without padding",
        ),
    ),
    ("at most 63 proof lines", ("case::growth with 63 hashes", "case::malformed: 64 hashes")),
    ("the checkpoint may have several signatures", ("case::signatures of strangers beside the log's",)),
    # --- the log and its signature
    ("an unknown origin: 404", ("case::an unknown log", "case::an unknown log signed by a known one's key")),
    (
        "signatures of unknown keys are ignored",
        ("case::signatures of strangers beside the log's", "case::a line under the log's name and another key ID"),
    ),
    ("no signature of a trusted key: 403", ("case::signed by a stranger",)),
    (
        "a trusted name and key ID whose signature fails: 403",
        ("case::a false signature", "case::a false signature beside a true one"),
    ),
    ("several keys of one log", ("test_core::test_any_of_a_logs_keys_will_do_and_its_name_need_not_be_the_origin",)),
    # --- sizes
    (
        "the old size is above the checkpoint's: 400",
        ("case::the old size is above", "case::the old size is above, and is what was seen"),
    ),
    (
        "the old size is not what was cosigned last: 409",
        ("case::another size was seen", "case::a smaller tree than was seen"),
    ),
    ("nothing was ever cosigned: that size is 0", ("case::nothing was seen", "case::the first checkpoint")),
    (
        "the body of a 409 is that size and a newline, of type text/x.tlog.size",
        ("test_core::test_each_request_has_its_answer", "test_http::test_each_request_has_its_answer_over_http"),
    ),
    (
        "a client that knows nothing asks with 0 and learns the size",
        (
            "case::something was seen and the client does not know",
            "test_client::test_a_size_is_learned_from_409_and_remembered",
        ),
    ),
    # --- the tree
    (
        "an empty tree has the root of nothing: 422",
        ("case::an empty tree with another root", "case::an empty tree with another root again"),
    ),
    ("no proof from size 0: 422", ("case::an old size of 0 with a proof", "case::the empty tree with a proof")),
    (
        "the proof is an RFC 6962 consistency proof between the sizes: 422",
        (
            "case::growth with a wrong proof",
            "case::growth without a proof",
            "case::growth with a proof too long",
            "case::growth of a fork",
        ),
    ),
    (
        "the same size needs the same root: 422",
        ("case::the same size with another root", "case::a refresh with a proof"),
    ),
    (
        "a request that does not fit may be logged, and is not cosigned",
        (
            "test_specification::test_a_misfit_is_logged_with_its_checkpoint",
            "test_core::test_each_request_has_its_answer",
        ),
    ),
    # --- the answer
    (
        "all checks pass: 200, one or more signature lines and nothing else",
        ("case::growth", "case::a refresh", "case::the first checkpoint is of the empty tree"),
    ),
    (
        "the lines are cosignatures of the witness's keys on the checkpoint, extension lines included",
        (
            "test_core::test_the_cosignature_verifies_on_the_checkpoint_that_was_sent",
            "case::a checkpoint with extension lines",
        ),
    ),
    ("the time of a cosignature is never 0", ("test_core::test_time_never_runs_backwards_and_is_never_zero",)),
    ("a client ignores lines of unknown keys", ("test_client::test_strange_lines_beside_a_good_one_mean_nothing",)),
    # --- the state
    (
        "persisted before the answer",
        (
            "test_core::test_nothing_is_signed_before_the_state_is_swapped",
            "test_crash::test_no_two_cosignatures_contradict_each_other_over_sixty_kills",
        ),
    ),
    (
        "comparing and persisting is atomic",
        (
            "test_core::test_of_two_extensions_of_one_state_exactly_one_wins",
            "test_http::test_of_racing_extensions_of_one_state_exactly_one_wins",
        ),
    ),
    # --- for monitors
    (
        "GET <SHA-256 of the origin>/checkpoint: the newest, with the log's signature and the witness's",
        (
            "test_http::test_monitors_get_the_newest_checkpoint_and_404_before_there_is_one",
            "test_core::test_monitors_are_shown_the_logs_lines_and_the_witnesss_only",
        ),
    ),
    ("404 where there is none", ("test_http::test_monitors_get_the_newest_checkpoint_and_404_before_there_is_one",)),
    ("the same after a restart", ("test_server::test_it_starts_again_where_it_was",)),
]


def test_every_rule_has_tests_that_exist() -> None:
    names = {case.name for case in CASES}
    missing = []
    for rule, tests in RULES:
        assert tests, rule
        for test in tests:
            module, _, name = test.partition("::")
            there = (
                name in names if module == "case" else hasattr(importlib.import_module(f"tests.witness.{module}"), name)
            )
            if not there:
                missing.append(test)
    assert missing == []


def test_every_status_and_type_of_the_specification_is_among_the_cases() -> None:
    assert {case.status for case in CASES} == {200, 400, 403, 404, 409, 422}


def test_a_misfit_is_logged_with_its_checkpoint(caplog: pytest.LogCaptureFixture) -> None:
    from mutualchain.witness.core import Submission, judge, read_submission
    from mutualchain.witness.service import _report

    log = FakeLog("example.com/log")
    submission = read_submission(log.forked(3).request(5, 9), {log.origin: log.known})
    assert isinstance(submission, Submission)
    seen = Seen(5, log.root(5), log.note(5), NOW)
    answer = judge(submission, seen, NOW)
    assert isinstance(answer, Response)
    assert answer.status == 422
    _report(submission, seen, answer)
    assert "refused size 9 after size 5" in caplog.text
    assert to_base64(log.forked(3).root(9)) in caplog.text, "the evidence itself"


# --- every order of checks ------------------------------------------------------------------------

STRANGER = Signer.from_seed("stranger.example.com", bytes([7]) * 32)


@dataclass(frozen=True)
class Asked:
    """A request by its parts. ``seen``: the size cosigned before, None for nothing ever."""

    well_formed: bool
    known: bool
    signed: str  # "log", "stranger" or "false"
    seen: int | None
    old: int
    size: int
    right_root: bool
    proof: str  # "right", "none" or "longer"

    @property
    def tree(self) -> FakeLog:
        """The log whose tree the checkpoint is of: a fork from the first leaf on where the root is wrong."""
        log = FakeLog("example.com/log" if self.known else "unknown.example.com/log")
        return log if self.right_root else log.forked(0)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        right = tuple(FakeLog("example.com/log").proof(self.old, self.size)) if self.old <= self.size else ()
        return {"right": right, "none": (), "longer": (*right, bytes(32))}[self.proof]

    def body(self) -> bytes:
        log = self.tree
        text = log.checkpoint(self.size).text
        if self.size == 0 and not self.right_root:
            text = text.replace(to_base64(EMPTY_ROOT), to_base64(bytes(32)))
        signer = STRANGER if self.signed == "stranger" else log.signer
        note = notes.sign(text, [signer])
        if self.signed == "false":
            note = notes.format(text, [log.signer.sign("something else\n")])
        body = log.request(self.old, self.size, proof=self.hashes, note=note)
        return body if self.well_formed else body.replace(b"old ", b"old  ", 1)

    def answer(self) -> int:
        """The first check that fails, in the order of the specification."""
        fits = self.old == self.size or bool(self.old) or self.proof != "longer"
        checks = [
            (self.well_formed, 400),
            (self.known, 404),
            (self.signed == "log", 403),
            (self.old <= self.size, 400),
            (self.old == (self.seen or 0), 409),
            (self.size > 0 or self.right_root, 422),
            (self.old > 0 or not self.hashes, 422),
            (fits and self._consistent(), 422),
        ]
        return next((status for holds, status in checks if not holds), 200)

    def _consistent(self) -> bool:
        """Whether the proof leads from what was seen to this tree."""
        if self.old == 0:
            return True
        right = FakeLog("example.com/log").proof(self.old, self.size)
        return self.right_root and self.hashes == tuple(right)


def every_request() -> Iterator[Asked]:
    yield from (
        Asked(*parts)
        for parts in product(
            (True, False),
            (True, False),
            ("log", "stranger", "false"),
            (None, 0, 5, 9),
            (0, 5, 9, 12),
            (0, 5, 9),
            (True, False),
            ("right", "none", "longer"),
        )
    )


@dataclass
class _One:
    """The state of one log."""

    seen: Seen

    def get(self, origin: str) -> Seen:
        return self.seen

    def swap(self, origin: str, old: Seen, new: Seen) -> bool:
        self.seen = new
        return True


def test_whatever_is_wrong_together_the_first_check_answers() -> None:
    log = FakeLog("example.com/log")
    before = {None: NOTHING} | {
        size: Seen(size, log.root(size), sign_checkpoint(log.checkpoint(size), [log.signer]), NOW) for size in (0, 5, 9)
    }
    answers: dict[int, int] = {}
    for asked in every_request():
        states = _One(before[asked.seen])
        found = add_checkpoint(
            asked.body(), {log.origin: log.known}, states, lambda checkpoint, at: [WITNESS.cosign(checkpoint, at)], NOW
        )
        assert found.status == asked.answer(), (asked, found)
        assert (states.seen is before[asked.seen]) == (found.status != 200), "only a 200 changes the state"
        if found.status == 409:
            assert found == Response(409, b"%d\n" % (asked.seen or 0), "text/x.tlog.size")
        answers[found.status] = answers.get(found.status, 0) + 1
    assert set(answers) == {200, 400, 403, 404, 409, 422}
    assert min(answers.values()) >= 10
