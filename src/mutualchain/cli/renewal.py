"""``mutualchain renew-receipt``: a receipt under the newest checkpoint that the witnesses have cosigned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option, ledger_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..tlog.trust import TrustFile

__all__ = ["renew_receipt"]


@command(
    epilog="""\b
Example:
  mutualchain renew-receipt ledger she.receipt -o she-cosigned.receipt"""
)
@ledger_argument
@click.argument("receipt", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help="The new file to write.")
@click.option("--trust", type=FILE, metavar="FILE", help="The operator's trust file. [default: LEDGER.trust beside it]")
@lang_option
@json_option
@pass_app
def renew_receipt(app: App, ledger: Path, receipt: Path, output: Path, trust: Path | None) -> None:
    """Write the receipt RECEIPT again, under the newest head that the witnesses of LEDGER have cosigned.

    A receipt is handed out at once, with the operator's signature alone. What it shows does not change when the
    witnesses' cosignatures come; a trust file that asks for a quorum is satisfied only then. The result is verified
    before it is written.
    """
    from ..limits import MAX_BUNDLE_FILE
    from ..record.receipt import parse_receipt, verify_receipt
    from ..record.renewal import renew_receipt as renew
    from .files import read_file, refuse_existing, write_file
    from .ledgers import genesis_trust, read_trust, reading, trust_path

    refuse_existing(output, "Choose another name.")
    old = parse_receipt(read_file(receipt, "a receipt", MAX_BUNDLE_FILE))
    found = trust if trust is not None else trust_path(ledger)
    with reading(ledger) as archive:
        trusted: TrustFile = read_trust(found) if trust is not None or found.exists() else genesis_trust(archive)
        renewed = renew(old, archive)
    verified = verify_receipt(renewed, trusted, now_ms=app.clock())
    write_file(output, renewed.to_bytes())
    names = [item.witness.name for item in verified.checkpoint.cosignatures]
    value = {
        "receipt": str(output),
        "height": verified.height,
        "time_ms": verified.time_ms,
        "size": verified.checkpoint.size,
        "cosigned_by": names,
    }

    def show(screen: Screen) -> None:
        say = app.words.say
        text = "{file}: block {height}, under {size} blocks."
        screen.line(say(text, file=str(output), height=verified.height, size=verified.checkpoint.size), "good")
        screen.line(say("Cosigned by {names}.", names=", ".join(names) or say("nobody")), indent=2)
        screen.commands(say("Next:"), [f"mutualchain show {output}"])

    app.result(value, show)
