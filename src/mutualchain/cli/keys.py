"""``mutualchain keys``: the operator's keys shown and changed. docs/key-rotation.md is the runbook.

Every change can be repeated after an interruption at any moment: a new key is written to its file before anything
names it, what the ledger says decides, and files take their final names last.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import KeyFileError, QuorumError, UsageError
from .app import App, pass_app
from .command import group
from .options import FILE, json_option, keys_option, lang_option, ledger_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..block.block import BlockSigner
    from ..block.keys import BlockKeys
    from ..ledger import OperatorKeys
    from ..tlog.note import Signer
    from ..tlog.trust import TrustFile
    from .language import Words

__all__ = ["keys"]

_trust_option = click.option(
    "--trust", type=FILE, metavar="FILE", help="The trust file to be changed along. [default: LEDGER.trust beside it]"
)


@group()
def keys() -> None:
    """The keys with which you write in the book: which are in force, and how they are changed."""


@keys.command(
    epilog="""\b
Example:
  mutualchain keys show ledger"""
)
@ledger_argument
@lang_option
@json_option
@pass_app
def show(app: App, ledger: Path) -> None:
    """Show the public halves of the keys of LEDGER: of the log, of the blocks, of the recovery."""
    from .ledgers import reading

    with reading(ledger) as archive:
        log_keys = archive.log_keys()
    known = _block_keys(ledger, app.clock())
    signing = [key.vkey for key in log_keys.signing]
    retired = [key.vkey for key in log_keys.known if key not in log_keys.signing]
    pending = None if known.pending is None else {"key": known.pending[0].hex(), "from_ms": known.pending[1]}
    value = {
        "ledger": str(ledger),
        "log": signing,
        "log_retired": retired,
        "block": known.current.hex(),
        "block_pending": pending,
        "recovery": known.recovery.hex(),
    }

    def display(screen: Screen) -> None:
        say = app.words.say
        pairs = [(say("log key"), vkey) for vkey in signing] + [(say("retired log key"), vkey) for vkey in retired]
        pairs.append((say("block key"), known.current.hex()))
        if known.pending is not None:
            text = say("{key}, from {when}", key=known.pending[0].hex(), when=_time(known.pending[1]))
            pairs.append((say("next block key"), text))
        screen.pairs([*pairs, (say("recovery key"), known.recovery.hex())])

    app.result(value, display)


# --- the log key ----------------------------------------------------------------------------------


@keys.group("rotate-log")
def rotate_log() -> None:
    """Change the key that signs the book: the new one beside the old one for a while, then alone."""


@rotate_log.command(
    epilog="""\b
Example:
  mutualchain keys rotate-log begin ledger"""
)
@ledger_argument
@keys_option
@_trust_option
@lang_option
@json_option
@pass_app
def begin(app: App, ledger: Path, keys: Path | None, trust: Path | None) -> None:
    """Make a new log key, log-new.key, and sign with both from now on.

    Whoever trusts either key accepts what both have signed. The trust file gets a line for the new one: hand it out,
    and have the witnesses add the key, before you finish.
    """
    from ..ledger import OperatorKeys
    from .ledgers import keys_folder, writing
    from .trust_make import with_log

    folder = keys if keys is not None else keys_folder(ledger)
    operator = OperatorKeys.from_folder(folder)
    new = operator.new_log or _new_key(folder / _NEW_LOG, operator.log.name)
    with writing(app, ledger, folder, operator=replace(operator, new_log=new)) as opened:
        opened.begin_log_key_rotation(new)
    path, data = _trust_file(ledger, trust)
    changed = data is not None and _rewrite(path, data, with_log(data, new.verifier))
    value = {"old": operator.log.vkey, "new": new.vkey, "trust": str(path) if data is not None else None}

    def display(screen: Screen) -> None:
        say = app.words.say
        screen.line(say("Both keys sign now."), "good")
        screen.pairs([(say("old"), operator.log.vkey), (say("new"), new.vkey)])
        if data is None:
            text = "There is no trust file {file}: add the line `log {key}` to yours."
            screen.item("bad", say(text, file=str(path), key=new.vkey), "doubt")
        else:
            text = "{file} names both now: hand it out to all who check."
            known = "{file} named both already: hand it out to all who check."
            screen.item("note", say(text if changed else known, file=str(path)))
        screen.item("note", say("Ask every witness to add the new key: mutualchain witness add CONFIG ORIGIN VKEY"))
        screen.commands(say("When all of them have it:"), [f"mutualchain keys rotate-log finish {ledger}"])

    app.result(value, display)


@rotate_log.command(
    epilog="""\b
Examples:
  mutualchain keys rotate-log finish ledger
  mutualchain keys rotate-log finish ledger --unasked"""
)
@ledger_argument
@keys_option
@_trust_option
@click.option(
    "--unasked", is_flag=True, help="Do not ask the witnesses of the trust file whether they know the new key."
)
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=20.0, show_default=True, help="Seconds for asking.")
@lang_option
@json_option
@pass_app
def finish(app: App, ledger: Path, keys: Path | None, trust: Path | None, unasked: bool, timeout: float) -> None:
    """Sign with the new log key alone.

    Before, every witness of the trust file is shown a checkpoint that only the new key has signed: without a quorum of
    them nothing is changed. Where the trust file asks for a quorum, it gets the old key's last moment: what witnesses
    saw until then stays good.
    """
    from .ledgers import keys_folder, writing
    from .trust_make import with_log, with_not_after

    folder = keys if keys is not None else keys_folder(ledger)
    operator, new = _rotating(folder)
    path, data = _trust_file(ledger, trust)
    wanted = None if data is None else _parsed(with_log(data, new.verifier))
    if wanted is not None and wanted.quorum is not None and not unasked:
        _ask_witnesses(ledger, operator, new, wanted, timeout)
    with writing(app, ledger, folder) as opened:
        if new.verifier not in opened.log_keys.signing:
            raise UsageError("the new key does not sign yet", hint=f"mutualchain keys rotate-log begin {ledger}")
        opened.finish_log_key_rotation(new)
    ended = None
    if wanted is not None and data is not None:
        text = with_log(data, new.verifier)
        if wanted.quorum is not None:
            ended = app.clock() // 1000
            text = with_not_after(text, operator.log.verifier, ended)
        _rewrite(path, data, text)
    retired = _retire(folder, "log", operator.log.verifier.key_id.hex(), _NEW_LOG)
    value = {
        "old": operator.log.vkey,
        "new": new.vkey,
        "not_after": None if ended is None else _time(ended * 1000),
        "trust": str(path) if data is not None else None,
        "retired": str(retired),
    }

    def display(screen: Screen) -> None:
        say = app.words.say
        screen.line(say("The new key signs alone."), "good")
        screen.pairs([(say("log key"), new.vkey), (say("retired"), str(retired))])
        if ended is not None:
            text = "{file}: the old key counts for what witnesses saw until {when}."
            screen.item("note", say(text, file=str(path), when=_time(ended * 1000)))
        elif data is not None:
            text = (
                "{file} asks for no witness, so nobody says when something was signed. It still names both keys: "
                "take the old one's line out when nobody needs it any more, and at once if it was stolen."
            )
            screen.item("note", say(text, file=str(path)))
        screen.item("note", say("Hand out the trust file again, and destroy the retired key."))

    app.result(value, display)


@rotate_log.command(
    epilog="""\b
Example:
  mutualchain keys rotate-log cancel ledger"""
)
@ledger_argument
@keys_option
@_trust_option
@lang_option
@json_option
@pass_app
def cancel(app: App, ledger: Path, keys: Path | None, trust: Path | None) -> None:
    """Call a change of the log key off: the old key signs alone again, and the new one never more."""
    from .ledgers import keys_folder, writing
    from .trust_make import without_log

    folder = keys if keys is not None else keys_folder(ledger)
    operator, new = _rotating(folder)
    with writing(app, ledger, folder) as opened:
        opened.finish_log_key_rotation(operator.log)
    path, data = _trust_file(ledger, trust)
    if data is not None:
        _rewrite(path, data, without_log(data, new.verifier))
    cancelled = folder / f"log-cancelled-{new.verifier.key_id.hex()}.key"
    os.replace(folder / _NEW_LOG, cancelled)
    value = {"log_key": operator.log.vkey, "cancelled": str(cancelled), "trust": str(path) if data else None}

    def display(screen: Screen) -> None:
        say = app.words.say
        screen.line(say("The old key signs alone again."), "good")
        screen.pairs([(say("log key"), operator.log.vkey), (say("cancelled"), str(cancelled))])
        screen.item("note", say("Who has a trust file with the new key's line should get another one."))

    app.result(value, display)


def _rotating(folder: Path) -> tuple[OperatorKeys, Signer]:
    from ..ledger import OperatorKeys

    operator = OperatorKeys.from_folder(folder)
    if operator.new_log is None:
        raise UsageError("no change of the log key is under way", value=str(folder))
    return operator, operator.new_log


def _ask_witnesses(ledger: Path, operator: OperatorKeys, new: Signer, trust: TrustFile, timeout: float) -> None:
    """Raises QuorumError unless a quorum cosigns the newest checkpoint as signed by the new key alone."""
    from ..block.chain import BLOCKS
    from ..tlog.checkpoint import open_checkpoint, sign_checkpoint
    from ..tlog.merkle import consistency_proof_from_nodes
    from ..witness.client import gather
    from .ledgers import reading

    with reading(ledger) as archive:
        known = archive.log_keys().known
        newest = open_checkpoint(archive.signed(), operator.log.name, known).checkpoint
        nodes = archive.nodes(BLOCKS)
        gathered = gather(
            sign_checkpoint(newest, [new]),
            lambda old: consistency_proof_from_nodes(nodes, old, newest.size),
            trust,
            timeout=timeout,
            everyone=True,
        )
    if not gathered.complete:
        raise QuorumError(
            f"{len(gathered.cosignatures)} of {len(trust.witnesses)} witnesses take the new key, and that is no quorum",
            value="; ".join(map(str, gathered.missing)),
            hint="Have the others add it, then repeat the command. Nothing has changed: both keys sign.",
        )


# --- the block key --------------------------------------------------------------------------------


@keys.command(
    "rotate-block",
    epilog="""\b
Example:
  mutualchain keys rotate-block ledger""",
)
@ledger_argument
@keys_option
@lang_option
@json_option
@pass_app
def rotate_block(app: App, ledger: Path, keys: Path | None) -> None:
    """Change the key that signs the blocks. The old one signs this, the new one every block from the next on.

    The change is an entry on the chain, and members' records follow it: nobody needs a new trust file.
    """
    from ..ledger.keys import read_key_file
    from .ledgers import keys_folder, writing

    folder = keys if keys is not None else keys_folder(ledger)
    old = read_key_file(folder / "block.key")
    new = _block_signer(_new_key(folder / _NEW_BLOCK, old.name))
    if _block_keys(ledger, app.clock()).current != new.public_key:
        with writing(app, ledger, folder) as opened:
            opened.rotate_block_key(new, reference=f"rotate-block-{new.public_key.hex()}")
    retired = _retire(folder, "block", old.public_key.hex()[:8], _NEW_BLOCK)
    value = {"old": old.public_key.hex(), "new": new.public_key.hex(), "from_ms": None, "retired": str(retired)}
    text = app.words.say("The new block key signs from now on.")
    note = app.words.say("Back up block.key, and destroy the retired one.")
    app.result(value, lambda screen: _show_block(screen, app.words, text, value, note))


@keys.command(
    "recover-block",
    epilog="""\b
Example:
  mutualchain keys recover-block ledger --recovery-key /media/safe/recovery.key""",
)
@ledger_argument
@click.option("--recovery-key", type=FILE, required=True, metavar="FILE", help="The offline recovery key.")
@keys_option
@lang_option
@json_option
@pass_app
def recover_block(app: App, ledger: Path, recovery_key: Path, keys: Path | None) -> None:
    """Announce a new block key where the old one is lost or stolen. The recovery key signs this.

    The new key is in force after the delay that genesis names, a week by default; until then the old one is, and a
    rotation by it cancels the recovery.
    """
    from ..ledger import OperatorKeys
    from ..ledger.keys import NEW_LOG_KEY, read_key_file
    from .ledgers import keys_folder, writing

    folder = keys if keys is not None else keys_folder(ledger)
    recovery, log = read_key_file(recovery_key), read_key_file(folder / "log.key")
    new_log, current = folder / NEW_LOG_KEY, folder / "block.key"
    known = _block_keys(ledger, app.clock())
    if recovery.public_key != known.recovery:
        raise KeyFileError("this is not the chain's recovery key", value=recovery.public_key, place=str(recovery_key))
    if known.pending is not None and current.exists() and read_key_file(current).public_key == known.pending[0]:
        raise UsageError(
            "a recovery is under way, and block.key is its key", hint=f"From {_time(known.pending[1])} on."
        )
    signer, new = _block_signer(recovery), _block_signer(_new_key(folder / _NEW_BLOCK, log.name))
    if known.pending is None or known.pending[0] != new.public_key:
        operator = OperatorKeys(log, signer, new_log=read_key_file(new_log) if new_log.exists() else None)
        with writing(app, ledger, folder, operator=operator) as opened:
            opened.recover_block_key(new, signer, reference=f"recover-block-{new.public_key.hex()}")
        known = _block_keys(ledger, app.clock())
    start = None if known.pending is None else known.pending[1]
    retired = _retire(folder, "block", known.current.hex()[:8], _NEW_BLOCK)
    value = {"old": known.current.hex(), "new": new.public_key.hex(), "from_ms": start, "retired": str(retired)}
    say = app.words.say
    text = say("The new block key is announced.")
    if start is not None:
        text = say("The new block key signs from {when} on.", when=_time(start))
    note = say("Before that nothing can be written. Whoever still has the old key rotates with that one instead.")
    app.result(value, lambda screen: _show_block(screen, app.words, text, value, note))


def _show_block(screen: Screen, words: Words, text: str, value: Mapping[str, object], note: str) -> None:
    screen.line(text, "good")
    screen.pairs([(words.say("block key"), str(value["new"])), (words.say("retired"), str(value["retired"]))])
    screen.item("note", note)


# --- files ----------------------------------------------------------------------------------------

_NEW_LOG = "log-new.key"
_NEW_BLOCK = "block-new.key"


def _new_key(path: Path, name: str) -> Signer:
    """The key in ``path``, made there if nothing is: an interrupted call goes on with the same one."""
    from ..ledger import keys as key_files
    from ..tlog.note import Signer

    if not path.exists():
        key_files.write_key_file(path, Signer.from_seed(name, key_files.new_seed()))
    return key_files.read_key_file(path)


def _block_signer(signer: Signer) -> BlockSigner:
    from ..block.block import BlockSigner

    return BlockSigner(signer.public_key, signer.sign_message)


def _block_keys(ledger: Path, now_ms: int) -> BlockKeys:
    from ..ledger.opening import load_state
    from .ledgers import reading

    with reading(ledger) as archive:
        known = load_state(archive).keys
    assert known is not None, "a chain has keys from its genesis on"
    return known.at(now_ms)


def _retire(folder: Path, kind: str, label: str, new: str) -> Path:
    """Give the old key a name that says so, then the new one its place; at no moment is there no key."""
    current, retired = folder / f"{kind}.key", folder / f"{kind}-retired-{label}.key"
    with suppress(FileExistsError, FileNotFoundError):
        os.link(current, retired)
    os.replace(folder / new, current)
    return retired


def _trust_file(ledger: Path, given: Path | None) -> tuple[Path, bytes | None]:
    from ..limits import MAX_TRUST_FILE
    from .files import read_file
    from .ledgers import trust_path

    path = given if given is not None else trust_path(ledger)
    if given is None and not path.exists():
        return path, None
    return path, read_file(path, "a trust file", MAX_TRUST_FILE)


def _parsed(data: bytes) -> TrustFile:
    from ..tlog import trust as trust_files

    return trust_files.parse(data)


def _rewrite(path: Path, old: bytes, new: bytes) -> bool:
    from .files import write_file

    if new != old:
        write_file(path, new, force=True, mode=path.stat().st_mode & 0o777)
    return new != old


def _time(ms: int) -> str:
    from ..tlog.validity import format_time

    return format_time(ms // 1000)
