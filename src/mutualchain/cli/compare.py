"""``mutualchain compare``: two books of one log, and whether they are one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .app import App, pass_app
from .command import command
from .ending import EVIDENCE
from .options import FILE, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..evidence import Comparison, VerifiedEvidence
    from .language import Words

__all__ = ["compare"]

CODES: Final = {"same": 0, "extends": 0, "split": 4, "cannot tell": 3}
SHOUTED: Final = {"same": "SAME", "extends": "EXTENDS", "split": "SPLIT", "cannot tell": "CANNOT TELL"}
SENTENCES: Final = {
    "same": "Both are the book of {origin}, {size} blocks long.",
    "extends": "{larger} continues {smaller}: its first {size} blocks are the same, and {count} more came.",
    "extends one": "{larger} continues {smaller}: its first {size} blocks are the same, and one more came.",
    "split": "{smaller} and {larger} contradict each other.",
    "cannot tell": "What was given does not show whether {larger} continues {smaller}.",
}


@command(
    epilog="""\b
Examples:
  mutualchain compare my-record.mcr https://ledger.example.org --trust operator.trust
  mutualchain compare receipt.mct her-record.mcr --trust operator.trust
  mutualchain compare my-case.mcd their-case.mcd --trust operator.trust
  mutualchain compare public https://witness.example.net/ab12.../checkpoint --trust operator.trust -o split.mce

Exit codes: 0 the same book, or one continues the other; 4 split, and the evidence is written; 3 cannot tell, or could
not check; 1 something given does not match what was signed; 2 usage."""
)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--trust", type=FILE, required=True, metavar="FILE", help="A trust file with the log's key.")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FILE.mce",
    help="Where to write the evidence of a split. [default: evidence-....mce in this folder]",
)
@lang_option
@json_option
@pass_app
def compare(app: App, first: str, second: str, trust: Path, output: Path | None) -> int:
    """Say whether A and B show one book: the same, one continuing the other, or a split.

    Each is a record, a disclosure, a receipt, a checkpoint, a published ledger (a folder or an address), or an address
    that ends in /checkpoint, such as a witness's. Whoever compares what he was shown with what others were shown
    leaves an operator no room for two books.
    """
    from contextlib import ExitStack

    from ..evidence import compare as held_together
    from ..evidence import verify_evidence
    from ..witness.places import open_book
    from .files import refuse_existing
    from .ledgers import read_trust

    trusted = read_trust(trust)
    if output is not None:
        refuse_existing(output, "Choose another name for the evidence.")
    with ExitStack() as stack:
        one = stack.enter_context(open_book(first, trusted))
        done = held_together(one, stack.enter_context(open_book(second, trusted)), trusted)
    found = None if done.evidence is None else verify_evidence(done.evidence, trusted)
    written = _write(done.evidence, output)
    relation = done.relation.value
    value = {
        "relation": relation,
        "exit_code": CODES[relation],
        "origin": done.smaller.origin,
        "smaller": _book(done.smaller),
        "larger": _book(done.larger),
        "needed": done.needed,
        "file": None if written is None else str(written),
        "evidence": None if found is None else found.to_value(),
    }
    app.result(value, lambda screen: _show(screen, done, found, written, app.words))
    return CODES[relation]


def _book(book: Any) -> dict[str, Any]:
    from .head import head_value

    return {"name": book.name, "size": book.size, "root": book.root.hex(), "head_words": head_value(book)}


def _write(evidence: bytes | None, output: Path | None) -> Path | None:
    """The evidence file; one of the same name beside it is the same evidence."""
    from hashlib import sha256

    from .files import write_file

    if evidence is None:
        return None
    path = output if output is not None else Path(f"evidence-{sha256(evidence).hexdigest()[:16]}.mce")
    write_file(path, evidence, force=output is None)
    return path


def _show(screen: Screen, done: Comparison, found: VerifiedEvidence | None, written: Path | None, words: Words) -> None:
    from ..evidence.compare import NEEDED
    from .evidence import show_conviction
    from .head import head_line

    relation = done.relation.value
    screen.line(words.say(SHOUTED[relation]), {0: "good", 4: "bad"}.get(CODES[relation], "doubt"))
    small, large = done.smaller, done.larger
    more = large.size - small.size
    sentence = SENTENCES["extends one" if (relation, more) == ("extends", 1) else relation]
    named = {"origin": small.origin, "smaller": small.name, "larger": large.name}
    screen.line(words.say(sentence, **named, size=small.size, count=more))
    books = (small, large) if (small.size, small.root) != (large.size, large.root) else (large,)
    screen.pairs([(words.say("head words of {name}", name=book.name), head_line(book, words)) for book in books])
    if done.needed is not None:
        screen.line(words.say(NEEDED[done.needed], size=large.size), indent=2)
    if found is not None:
        screen.line()
        show_conviction(screen, found, words)
        screen.line()
        screen.line(words.say(EVIDENCE, file=str(written)))
