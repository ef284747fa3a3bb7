"""Evidence checked by a stranger: from the file, and the keys of whom it accuses (SPEC.md section 17).

A party is convicted when one and the same party has signed both statements, or the one that contradicts itself. Who
made the file does not matter, nor what else stands in its notes; no quorum is asked for. Nothing is believed for being
in the file: what cannot be led to a signature convicts nobody, and a proof that fails says only that the file is bad.
"""

from __future__ import annotations

from collections.abc import Callable

from ..disclosure.bundle import DisclosureBundle
from ..disclosure.verify import verify_disclosure
from ..errors import NobodyConvicted, NotEvidence, RuleBroken
from ..record.bundle import RecordBundle
from ..record.verify import verify_record
from ..tlog.trust import TrustFile
from ..tlog.validity import ALWAYS
from .bundle import ChainEvidence, RecordEvidence, SplitEvidence, parse_evidence
from .disagreement import OtherBlock, OtherPrefixes
from .facts import VerifiedEvidence
from .rules import broken_rule, check_genesis
from .signed import Party, Role, Statement, common, open_statement

__all__ = ["verify_evidence"]


def verify_evidence(data: bytes, trust: TrustFile) -> VerifiedEvidence:
    """Who of ``trust`` is convicted of what by the evidence file ``data``.

    Raises NotEvidence where nothing contradicts, NobodyConvicted where no party of ``trust`` has signed all that
    does, NoteUnverified where none of them signed at all; ProofError and other errors of exit code 1 for what does not
    lead to a signature; errors of exit code 3 for what cannot be read. Never returns without a conviction.
    """
    found = parse_evidence(data)
    if isinstance(found, SplitEvidence):
        return _split(found, trust)
    if isinstance(found, ChainEvidence):
        return _chain(found, trust)
    if isinstance(found, RecordEvidence):
        statement = _by_operator(RecordBundle.from_bytes(found.record).checkpoint, trust)
        return _file("record", statement, lambda log: verify_record(found.record, log), trust)
    statement = _by_operator(DisclosureBundle.from_bytes(found.disclosure).claimant.checkpoint, trust)
    return _file("disclosure", statement, lambda log: verify_disclosure(found.disclosure, log), trust)


def _split(found: SplitEvidence, trust: TrustFile) -> VerifiedEvidence:
    first, second = open_statement(found.first, trust), open_statement(found.second, trust)
    one, two = first.checkpoint, second.checkpoint
    if one.origin != two.origin:
        raise NotEvidence("the two checkpoints are of different logs", value=two.origin)
    found.proof.check(one, two)
    convicted = common(first, second)
    if not convicted:
        raise NobodyConvicted("the two checkpoints contradict each other, and no key of the trust file signed both")
    values: dict[str, int | str] = {"smaller": min(one.size, two.size), "larger": max(one.size, two.size)}
    if isinstance(found.proof, OtherBlock):
        values["height"] = found.proof.first.height
    if isinstance(found.proof, OtherPrefixes):
        values["height"] = found.proof.size - 1
    finding = str(found.proof.to_value()[0])
    limits = _limits(trust, one.origin, convicted, "which")
    return VerifiedEvidence("split", one.origin, convicted, finding, values, (one, two), limits)


def _chain(found: ChainEvidence, trust: TrustFile) -> VerifiedEvidence:
    statement = _by_operator(found.note, trust)
    head = statement.checkpoint
    chain = check_genesis(found.genesis, found.entry, head)
    broken = broken_rule(head, chain, found.blocks, found.rewritten)
    who = _operator(statement)
    limits = _limits(trust, head.origin, who)
    return VerifiedEvidence("chain", head.origin, who, broken.rule, broken.values, (head,), limits)


def _file(kind: str, statement: Statement, check: Callable[[TrustFile], object], trust: TrustFile) -> VerifiedEvidence:
    """A file that leads to the signed head and breaks a rule there, which no editing of a file can bring about."""
    try:
        check(TrustFile(trust.unconditional().logs))
    except RuleBroken as error:
        values = {"reason": error.message + (f" ({error.place})" if error.place else "")}
        head, who = statement.checkpoint, _operator(statement)
        limits = _limits(trust, head.origin, who)
        return VerifiedEvidence(kind, head.origin, who, "record", values, (head,), limits, error)
    raise NotEvidence(f"the {kind} is in order: its chain breaks no rule that it shows")


def _by_operator(note: bytes, trust: TrustFile) -> Statement:
    """Witnesses vouch for one history, not for what is in it: here the log itself must have signed."""
    statement = open_statement(note, trust)
    if not statement.by_operator:
        raise NobodyConvicted("the log's own key, as the trust file names it, has not signed the checkpoint")
    return statement


def _operator(statement: Statement) -> tuple[Party, ...]:
    return tuple(party for party in statement.parties if party.role is Role.OPERATOR)


def _limits(trust: TrustFile, origin: str, convicted: tuple[Party, ...], *more: str) -> tuple[str, ...]:
    """What has to be said with it. A key that no longer counts may have been given away, or found, since."""
    operator = any(party.role is Role.OPERATOR for party in convicted)
    windows = [log.window for log in trust.logs if log.key.name == origin]
    retired = ("window",) if operator and any(window != ALWAYS for window in windows) else ()
    return ("key", *retired, *more, "others")
