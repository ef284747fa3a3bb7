"""``mutualchain demo``: five million members share one case, one of them checks it, forgeries are refused.

Everything is done by the same code as the commands it names, and nothing is taken for granted: where the ledger, the
check or the audit does not say what it must, the demonstration ends with an error.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import DemoFailed, StoreExists
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option, tz_option
from .progress import progress

if TYPE_CHECKING:
    from ..audit import AuditReport
    from .checking import Outcome
    from .demo_forgeries import Damage, Forgery
    from .demo_view import View
    from .demo_world import World

__all__ = ["demo"]

_LEAST, _MOST = 10, 200_000_000


@dataclass(slots=True)
class Results:
    """What the demonstration showed."""

    outcome: Outcome | None = None
    refused: list[tuple[Forgery, Outcome]] = field(default_factory=list)
    audit: AuditReport | None = None
    damage: Damage | None = None
    damaged: AuditReport | None = None


@command(
    epilog="""\b
Examples:
  mutualchain demo
  mutualchain demo --members 100000 --keep demo"""
)
@click.option(
    "--members", type=click.IntRange(_LEAST, _MOST), default=5_000_000, show_default=True, help="Members at the start."
)
@click.option("--keep", type=FILE, metavar="FOLDER", help="Keep everything in this new folder, to try commands on it.")
@tz_option
@lang_option
@json_option
@pass_app
def demo(app: App, members: int, keep: Path | None) -> None:
    """Show the whole thing, in well under a minute, on a ledger that is thrown away afterwards.

    Five million members prepay 10 yuan each and share a case of 300,000 yuan: 0.06 yuan each. Two million more join,
    two more rounds follow. One member's record is written, and checked as she would check it; five forgeries of it are
    refused, each with its reason. The chain is audited, and so is a copy of it in which one byte was changed.
    """
    from .demo_view import View
    from .demo_world import World

    begin = time.perf_counter()
    with _folder(keep) as folder:
        world, results = World(folder, members, app.clock), Results()
        view = View(app, world, kept=keep is not None)
        try:
            _ledger(app, world, view)
            _member(app, world, view, results)
        finally:
            world.close()
        _audits(app, world, view, results)
        world.steps.append(_total(begin))
        view.summary()
        if app.json:
            app.print_json(_value(world, results, keep))


def _total(begin: float) -> Any:
    from .demo_world import Step

    return Step("everything", time.perf_counter() - begin)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="mutualchain-demo-") as temporary:
            yield Path(temporary)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise StoreExists("the folder to keep the demonstration in is not empty", place=str(keep))
    keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield keep


def _ledger(app: App, world: World, view: View) -> None:
    """The ledger, five million members, three rounds."""
    view.opening()
    view.made(world.create())
    for number, count in enumerate((world.members, world.members * 2 // 5), 1):
        with progress(app, "joining") as tick:
            joined = world.join(count, f"batch-{number}", tick)
        view.joined(joined)
        for _ in range(2 if number == 2 else 1):
            with progress(app, "deducting") as tick:
                settled = world.round(tick)
            view.round(settled)


def _member(app: App, world: World, view: View, results: Results) -> None:
    """Her record, her check of it, and what she refuses."""
    from ..record.build import build_record
    from .checking import check_record
    from .demo_forgeries import forgeries
    from .demo_world import PLAN
    from .files import write_file

    with world.ledger.read() as archive:
        begin = time.perf_counter()
        record = build_record(archive, PLAN, world.her_slot)
        view.record(world.step("write one member's record", begin), len(record))
        others = build_record(archive, PLAN, world.slots[0])
    path = world.folder / "my-record.mcr"
    write_file(path, record)
    begin = time.perf_counter()
    results.outcome = check_record(path.read_bytes(), world.trust, passport=world.her)
    view.checked(results.outcome, world.step("check it", begin))
    found = results.outcome.record
    expected = 1_000 - sum(item.terms.share for item in world.rounds)
    if found is None or (found.balance, len(found.rounds)) != (expected, len(world.rounds)):
        raise DemoFailed("her record was not verified", place="verify-my-record", value=results.outcome.error)
    folder = world.folder / "forged"
    folder.mkdir()
    view.forging()
    for forgery in forgeries(world, record, others):
        forged = folder / f"{forgery.name}.mcr"
        write_file(forged, forgery.data)
        outcome = check_record(forged.read_bytes(), world.trust, passport=world.her)
        results.refused.append((forgery, outcome))
        view.refused(forgery, outcome)
        if outcome.error is None or outcome.error.code not in forgery.codes:
            raise DemoFailed(f"a forged record was not refused as it must be: {forgery.name}", value=outcome.error)


def _audits(app: App, world: World, view: View, results: Results) -> None:
    """The chain audited, and a copy in which one byte is wrong."""
    from .audit import run_audit
    from .demo_forgeries import damage_copy
    from .ledgers import trust_path

    trust = trust_path(world.path)
    begin = time.perf_counter()
    results.audit, _ = run_audit(app, world.path, trust)
    view.audited(results.audit, world.step("audit the chain", begin, sum((results.audit.counts.rows or {}).values())))
    if results.audit.exit_code:
        raise DemoFailed(
            "the audit of the ledger found something", value=[item.code for item in results.audit.findings]
        )
    copy = world.folder / "damaged"
    begin = time.perf_counter()
    results.damage = damage_copy(world.path, copy, world.her_slot)
    world.step("copy the ledger and change one byte", begin)
    begin = time.perf_counter()
    results.damaged, _ = run_audit(app, copy, trust)
    view.damaged(results.damage, results.damaged, world.step("audit the changed copy", begin))
    if results.damaged.exit_code != 1:
        raise DemoFailed("the audit did not find the changed byte", value=results.damaged.verdict)


def _value(world: World, results: Results, keep: Path | None) -> dict[str, Any]:
    """Everything as JSON: schemas/demo.json."""
    assert results.outcome is not None
    assert results.audit is not None
    assert results.damage is not None
    assert results.damaged is not None
    damage = results.damage
    return {
        "members": world.members,
        "joined_later": world.members * 2 // 5,
        "kept": None if keep is None else str(keep),
        "rounds": [
            {
                "number": item.terms.number,
                "aid": item.terms.aid,
                "headcount": item.terms.headcount,
                "share": item.terms.share,
                "surplus_in": item.terms.surplus_in,
                "surplus_out": item.wanted.surplus,
            }
            for item in world.rounds
        ],
        "record": results.outcome.to_value(),
        "forgeries": [
            {
                "name": forgery.name,
                "story": forgery.story.format(share=world.rounds[0].terms.share),
                "verdict": outcome.verdict,
                "code": outcome.error.code if outcome.error is not None else None,
                "message": outcome.error.message if outcome.error is not None else None,
            }
            for forgery, outcome in results.refused
        ],
        "audit": results.audit.to_value(),
        "damage": {"slot": damage.slot, "height": damage.height, "before": damage.before, "after": damage.after},
        "damaged_audit": results.damaged.to_value(),
        "steps": [{"name": step.name, "seconds": round(step.seconds, 6), "rows": step.rows} for step in world.steps],
    }
