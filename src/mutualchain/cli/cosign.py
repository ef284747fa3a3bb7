"""``mutualchain cosign``: the newest head of a ledger goes to its witnesses, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, keys_option, lang_option, ledger_argument, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..tlog.trust import Cosignature
    from ..witness.conversation import Gathered

__all__ = ["cosign", "cosignatures_value"]


@command(
    epilog="""\b
Examples:
  mutualchain cosign ledger
  mutualchain cosign ledger --trust operator.trust --timeout 30

Exit codes: 0 the quorum has cosigned, 3 it has not, 4 a witness has seen more, or another history.
docs/endorsement.md says who should be asked, and how often."""
)
@ledger_argument
@click.option("--trust", type=FILE, metavar="FILE", help="Whose witnesses to ask. [default: LEDGER.trust beside it]")
@click.option(
    "--timeout",
    type=click.FloatRange(1, 600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the witnesses.",
)
@keys_option
@tz_option
@lang_option
@json_option
@pass_app
def cosign(app: App, ledger: Path, trust: Path | None, timeout: float, keys: Path | None) -> None:
    """Have the witnesses cosign the newest head of LEDGER, and store their cosignatures with it.

    A backend that keeps the ledger open does this by itself. Once a day the head is also recorded in the book, as an
    anchor. What the quorum has cosigned is what `publish`, `record` and `renew-receipt` show to others.
    """
    from .ledgers import read_trust, trust_path, writing

    found = trust if trust is not None else trust_path(ledger)
    trusted = read_trust(found) if trust is not None or found.exists() else None
    if trusted is None or all(witness.url is None for witness in trusted.witnesses):
        raise UsageError(
            "no trust file says where a witness of this ledger is asked",
            value=str(found),
            hint="Add the witnesses to it, with their URLs: docs/endorsement.md shows how.",
        )
    with writing(app, ledger, keys, trust=trusted) as opened:
        size = opened.size
        gathered = opened.gather(timeout, everyone=True)
        if opened.size > size:  # an anchor was recorded, and wants to be shown as well
            size = opened.size
            gathered = opened.gather(timeout, everyone=True)
        origin = opened.origin
    gathered.require()
    value: dict[str, Any] = {
        "ledger": str(ledger),
        "origin": origin,
        "size": size,
        "cosignatures": cosignatures_value(gathered.cosignatures),
        "missing": [
            {"witness": item.witness.name, "why": item.why.name.lower(), "detail": item.detail}
            for item in gathered.missing
        ],
    }
    app.result(value, lambda screen: _show(screen, app, ledger, origin, size, gathered))


def cosignatures_value(cosignatures: tuple[Cosignature, ...]) -> list[dict[str, object]]:
    """Cosignatures as JSON; times are Unix seconds."""
    return [{"witness": item.witness.name, "time": item.timestamp} for item in cosignatures]


def _show(screen: Screen, app: App, ledger: Path, origin: str, size: int, gathered: Gathered) -> None:
    from .dates import moment

    text = "{origin}: {size} blocks, cosigned by the quorum."
    screen.line(app.words.say(text, origin=origin, size=size), "good")
    screen.pairs(
        [(item.witness.name, moment(item.timestamp * 1000, app.zone, app.words)) for item in gathered.cosignatures]
    )
    for item in gathered.missing:
        screen.item("note", f"{item}.")
    screen.commands(app.words.say("Next:"), [f"mutualchain publish {ledger} public"])
