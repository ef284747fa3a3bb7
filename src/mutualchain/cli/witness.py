"""``mutualchain witness``: an institution that cosigns other logs' checkpoints, and never two that disagree."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileExists, UsageError
from .app import App, pass_app
from .command import group
from .options import AGE, FILE, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..tlog.note import Verifier
    from .language import Words

__all__ = ["witness"]

_CONFIG = "MUTUALCHAIN_WITNESS_CONFIG"


@group()
def witness() -> None:
    """Witness other logs: cosign what extends what you saw, so that nobody can show two histories.

    CONFIG is the witness's configuration, a TOML file, or MUTUALCHAIN_WITNESS_CONFIG names it. docs/witness.md leads
    from nothing to a running witness in ten minutes.
    """


def _config_argument(command: Any) -> Any:
    return click.argument("config", type=FILE, metavar="CONFIG", envvar=_CONFIG)(command)


_listen_option = click.option(
    "--listen", metavar="ADDRESS", help="127.0.0.1:8380, [::1]:8380 or unix:PATH. [default: the configuration's]"
)
_passphrase_option = click.option(
    "--passphrase-file",
    type=FILE,
    metavar="FILE",
    help="The key file's passphrase, in a file that only you can read. [default: the configuration's, else "
    "MUTUALCHAIN_WITNESS_PASSPHRASE, else you are asked]",
)


@witness.command(
    epilog="""\b
Examples:
  mutualchain witness new witness.toml --name witness.example.org
  mutualchain witness new witness.toml"""
)
@_config_argument
@click.option("--name", metavar="NAME", help="Write CONFIG too, for a witness of this name: a URL without its scheme.")
@_listen_option
@_passphrase_option
@lang_option
@json_option
@pass_app
def new(app: App, config: Path, name: str | None, listen: str | None, passphrase_file: Path | None) -> None:
    """Make the witness's key and its state, once, where CONFIG says.

    The key file is encrypted under the passphrase. The state remembers what was cosigned: never restore it from a
    backup, and never serve one key from two states.
    """
    from ..witness import config as configs
    from ..witness import server
    from ..witness.config_text import new_config
    from .files import write_file

    fresh = not config.exists()
    if fresh and name is None:
        raise UsageError("there is no such configuration", value=str(config), hint="Add --name NAME to write one.")
    if not fresh and (name, listen) != (None, None):
        raise FileExists(
            "the configuration is there already", value=str(config), hint="Change it there, or leave the option out."
        )
    if fresh:
        secret = "" if passphrase_file is None else str(passphrase_file.absolute())
        text = new_config(str(name), listen=listen or "127.0.0.1:8380", passphrase_file=secret)
        configs.parse(text.encode(), config.absolute().parent)
        write_file(config, text.encode())
    try:
        loaded = server.load(config, passphrase_file=passphrase_file)
        verifier = server.keygen_for(config, server.ask_passphrase(loaded, again=True))
    except BaseException:
        if fresh:
            with suppress(OSError):
                config.unlink()
        raise

    def show(screen: Screen) -> None:
        say = app.words.say
        screen.line(say("A witness's key, and a state for it."), "good")
        screen.raw(verifier.vkey, indent=2)
        screen.item("note", say("Whoever trusts this witness puts that line into a trust file."))
        text = "When the state is lost, the key is lost: make a new one. No backup brings a state back."
        screen.item("note", say(text))
        screen.commands(
            say("Next:"), [f"mutualchain witness add {config} ORIGIN VKEY", f"mutualchain witness serve {config}"]
        )

    app.result({"config": str(config), "vkey": verifier.vkey}, show)


@witness.command(
    epilog="""\b
Example:
  mutualchain witness key witness.toml --url https://witness.example.org/"""
)
@_config_argument
@click.option("--url", metavar="URL", help="Where the witness takes checkpoints, to stand in the line.")
@lang_option
@json_option
@pass_app
def key(app: App, config: Path, url: str | None) -> None:
    """Show the witness's public key, and the line for a trust file. No passphrase is asked for."""
    from ..tlog import trust
    from ..tlog.trust import TrustFile, Witness
    from ..witness import config as configs
    from ..witness.keyfile import read_public_key

    loaded = configs.load(config)
    if loaded.key_file is None:
        raise UsageError("the configuration names no key file", value=str(config))
    verifier = read_public_key(loaded.key_file)
    file = TrustFile((), (Witness(loaded.name, verifier, url),))
    assert trust.parse(file.format()) == file
    line = file.format().decode().partition("\n")[0]
    app.result({"name": loaded.name, "vkey": verifier.vkey, "trust_line": line}, lambda screen: screen.raw(line))


@witness.command(
    epilog="""\b
Example:
  mutualchain witness add witness.toml example.com/log \\
    example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"""
)
@_config_argument
@click.argument("origin", metavar="ORIGIN")
@click.argument("vkey", metavar="VKEY")
@lang_option
@json_option
@pass_app
def add(app: App, config: Path, origin: str, vkey: str) -> None:
    """Witness the log ORIGIN, whose key is VKEY; or take a further key of it, while the log changes its key.

    Have the key from its operator by a way that you trust. A running witness takes it over with SIGHUP
    (systemctl reload mutualchain-witness).
    """
    from ..witness.config_text import add_key

    verifier = _log_key(vkey)
    changed = _edit(config, lambda data, folder: add_key(data, folder, origin, verifier))
    _show_log(app, config, origin, changed)


@witness.command(
    epilog="""\b
Example:
  mutualchain witness remove witness.toml example.com/log"""
)
@_config_argument
@click.argument("origin", metavar="ORIGIN")
@click.argument("vkey", metavar="[VKEY]", required=False)
@lang_option
@json_option
@pass_app
def remove(app: App, config: Path, origin: str, vkey: str | None) -> None:
    """Witness the log ORIGIN no more; or take its key VKEY away, after the log has changed its key.

    What was cosigned stays in the state: added again, the log goes on where it was.
    """
    from ..witness.config_text import remove_key

    verifier = None if vkey is None else _log_key(vkey)
    changed = _edit(config, lambda data, folder: remove_key(data, folder, origin, verifier))
    _show_log(app, config, origin, changed)


def _log_key(vkey: str) -> Verifier:
    from ..tlog.note import Verifier

    return Verifier.from_vkey(vkey)


def _edit(config: Path, change: Any) -> bool:
    """Write the configuration as ``change`` makes it of its bytes; whether it changed."""
    from ..limits import MAX_WITNESS_CONFIG
    from .files import read_file, write_file

    data = read_file(config, "a witness's configuration", MAX_WITNESS_CONFIG)
    new: bytes = change(data, config.absolute().parent)
    if new != data:
        write_file(config, new, force=True, mode=config.stat().st_mode & 0o777)
    return new != data


def _show_log(app: App, config: Path, origin: str, changed: bool) -> None:
    from ..witness import config as configs

    logs = configs.load(config).logs
    keys = [key.vkey for key in logs[origin].keys] if origin in logs else []

    def show(screen: Screen) -> None:
        words = app.words
        screen.line(
            words.count("{file} has {count} log.", "{file} has {count} logs.", len(logs), file=str(config)), "good"
        )
        screen.pairs([(origin, vkey) for vkey in keys] or [(origin, words.say("is not among them"))])
        if changed:
            screen.item("note", words.say("A running witness reads the file again when it gets SIGHUP."))

    app.result({"config": str(config), "origin": origin, "keys": keys, "logs": len(logs), "changed": changed}, show)


@witness.command(
    epilog="""\b
Examples:
  mutualchain witness serve witness.toml
  mutualchain witness serve witness.toml --listen unix:/run/witness/socket

SIGTERM ends it when what is in flight is finished; SIGHUP reads logs and limits of CONFIG again."""
)
@_config_argument
@_listen_option
@_passphrase_option
@lang_option
@json_option
@pass_app
def serve(app: App, config: Path, listen: str | None, passphrase_file: Path | None) -> None:
    """Serve the witness until it is told to stop. Needs the extra: pip install 'mutualchain[witness]'.

    Put a reverse proxy with TLS in front of it; examples/witness has its configuration, and a systemd unit.
    """
    import logging
    import sys

    from ..witness import server

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)

    def announce(address: str) -> None:
        app.result(
            {"listening": address}, lambda screen: screen.raw(app.words.say("listening on {address}", address=address))
        )
        sys.stdout.flush()

    server.serve(config, announce=announce, listen=listen, passphrase_file=passphrase_file)


@witness.command(
    epilog="""\b
Examples:
  mutualchain witness status witness.toml
  mutualchain witness status witness.toml --max-age 2h

With --max-age the exit code is 3 when a log's newest cosignature is older, or there is none."""
)
@_config_argument
@click.option(
    "--max-age", type=AGE, metavar="AGE", help="Call a log late whose newest cosignature is older, e.g. 2h or 3d."
)
@lang_option
@json_option
@pass_app
def status(app: App, config: Path, max_age: int | None) -> int:
    """Show what the witness has cosigned of each log, from its state, while it may be serving."""
    from ..tlog.validity import format_time
    from ..witness import config as configs
    from ..witness.state import WitnessState

    loaded = configs.load(config)
    keys, seen = WitnessState.look(loaded.state)
    now = app.clock() // 1000
    rows: list[dict[str, Any]] = []
    for origin in [*loaded.logs, *sorted(set(seen) - set(loaded.logs))]:
        at = seen.get(origin)
        behind = origin in loaded.logs and max_age is not None and (at is None or now - at.time > max_age)
        rows.append(
            {
                "origin": origin,
                "known": origin in loaded.logs,
                "size": None if at is None else at.size,
                "root": None if at is None else at.root.hex(),
                "time": None if at is None else at.time,
                "late": behind,
            }
        )
    late = [row for row in rows if row["late"]]

    def show(screen: Screen) -> None:
        screen.line(loaded.name, "title")
        words = app.words
        screen.pairs([(words.say("key"), vkey) for vkey in keys])
        screen.line()
        if rows:
            header = [*(words.say(name) for name in ("log", "blocks", "cosigned")), ""]
            screen.table(header, [_row(row, format_time, words) for row in rows])
        else:
            screen.line(words.say("It knows no log yet."), indent=2)
        if late:
            screen.line()
            text = "{late} of {count} logs are late."
            screen.item("bad", words.say(text, late=len(late), count=len(loaded.logs)), "bad")

    app.result({"name": loaded.name, "keys": list(keys), "logs": rows, "late": len(late)}, show)
    return 3 if late else 0


def _row(row: dict[str, Any], time: Any, words: Words) -> list[str]:
    remark = words.say("late") if row["late"] else "" if row["known"] else words.say("no longer witnessed")
    if row["size"] is None:
        return [row["origin"], "-", words.say("never"), remark]
    return [row["origin"], f"{row['size']:,}", time(row["time"]), remark]
