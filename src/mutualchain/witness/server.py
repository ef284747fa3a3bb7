"""The witness as a process: its key, its state, its socket and its signals. ``mutualchain witness`` calls it.

SIGTERM and SIGINT stop it: nothing new is accepted, what is in flight is finished, and the exit code is 0. SIGHUP
reads the configuration again and takes over logs and limits; a file that is wrong changes nothing. Everything else
(name, key, state, address) needs a new start. When the state can no longer be written, the process ends with an
error: whatever supervises it starts it again, and opening shows what is durable.
"""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import signal
import socket
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ..errors import ExtraMissing, KeyFileError, MutualchainError, PassphraseError, WitnessConfigError
from ..tlog.cosignature import CosignatureSigner, CosignatureVerifier
from . import config as configs
from . import keyfile
from .config import WitnessConfig
from .metrics import Metrics
from .service import WitnessService
from .state import WitnessState

__all__ = ["PASSPHRASE", "ask_passphrase", "keygen", "keygen_for", "load", "serve"]

_log = logging.getLogger("mutualchain.witness")

PASSPHRASE: Final = "MUTUALCHAIN_WITNESS_PASSPHRASE"
"""The environment variable with the key file's passphrase."""
_SIGNING_THREADS: Final = 16
"""Signatures that are waited for at once when something else than a key in memory signs."""


def keygen(
    key_file: Path, state: Path, name: str, passphrase: bytes, *, cost: tuple[int, int] = keyfile.MODERATE
) -> CosignatureVerifier:
    """Make a witness: a new key called ``name`` in ``key_file``, and ``state`` for it; the public key.

    A state folder that exists is kept and serves the new key too. Raises as :func:`keyfile.generate`,
    and StoreExists for a folder with something else in it.
    """
    if (state / "store").is_dir():
        with WitnessState.open(state, ()):
            pass  # readable, and nobody's at the moment: asked before a key is made in vain
        verifier = keyfile.generate(key_file, name, passphrase, cost=cost)
        WitnessState.add_key(state, verifier)
        return verifier
    verifier = keyfile.generate(key_file, name, passphrase, cost=cost)
    try:
        WitnessState.create(state, verifier)
    except MutualchainError:
        key_file.unlink()
        raise
    return verifier


def keygen_for(path: Path, passphrase: bytes | None = None) -> CosignatureVerifier:
    """:func:`keygen` with the name, key file and state of the configuration in ``path``.

    Without ``passphrase`` as :func:`ask_passphrase`, asked twice at a prompt. Raises WitnessConfigError too.
    """
    config = configs.load(path)
    if config.key_file is None:
        raise WitnessConfigError("key_file is missing", place=str(path))
    if passphrase is None:
        passphrase = ask_passphrase(config, again=True)
    return keygen(config.key_file, config.state, config.name, passphrase)


def load(path: Path, *, listen: str | None = None, passphrase_file: Path | None = None) -> WitnessConfig:
    """The configuration in ``path``, with another address or passphrase file in place of its own if given.

    Raises FileMissing, WitnessConfigError.
    """
    config = configs.load(path)
    if listen is not None:
        config = replace(config, listen=configs.parse_listen(listen, Path.cwd()))
    return config if passphrase_file is None else replace(config, passphrase_file=passphrase_file)


def ask_passphrase(config: WitnessConfig, *, again: bool = False) -> bytes:
    """The passphrase from the configuration's file, the environment or, at a terminal, a prompt; in this order.

    One newline at the end of a file does not count. ``again``: asked twice at a prompt, for a new key. Raises
    PassphraseError, KeyFileError.
    """
    if config.passphrase_file is not None:
        forbidden = 0o037  # the group may read: credentials that systemd hands out look so
        data = keyfile.read_secret_file(config.passphrase_file, "the passphrase file", forbidden=forbidden)
        return data.removesuffix(b"\n")
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return os.fsencode(given)
    if not sys.stdin.isatty():
        raise PassphraseError(f"no passphrase for {config.key_file}")
    passphrase = getpass.getpass(f"Passphrase of {config.key_file}: ")
    if again and getpass.getpass("The same again: ") != passphrase:
        raise PassphraseError("the two passphrases differ")
    return passphrase.encode()


def serve(
    path: Path,
    *,
    signers: Sequence[CosignatureSigner] | None = None,
    passphrase: Callable[[WitnessConfig], bytes] = ask_passphrase,
    announce: Callable[[str], None] = lambda address: None,
    listen: str | None = None,
    passphrase_file: Path | None = None,
) -> None:
    """Run the witness that the configuration in ``path`` describes until it is told to stop. From the main thread.

    ``signers`` take the key file's place (an HSM, say). ``announce`` is told the address once connections are
    taken. ``listen`` and ``passphrase_file`` take the place of the configuration's. Raises ExtraMissing,
    WitnessConfigError, KeyFileError, PassphraseError, WitnessKeyError, and what opening or writing the state raises.
    """
    for name in ("starlette", "uvicorn"):
        if find_spec(name) is None:
            raise ExtraMissing(f"serving a witness needs {name}, of the extra `witness`", value=name)
    again = partial(load, path, listen=listen, passphrase_file=passphrase_file)
    config = again()
    threads = 0 if signers is None else _SIGNING_THREADS
    if signers is None:
        if config.key_file is None:
            raise WitnessConfigError("key_file is missing, and no signer was given", place=str(path))
        signers = [keyfile.read_key_file(config.key_file, passphrase(config))]
    for signer in signers:
        if signer.name != config.name:
            raise KeyFileError(f"the key is called {signer.name}, the witness {config.name}", value=signer.vkey)
    metrics = Metrics()
    with ExitStack() as stack:
        keys = [signer.verifier for signer in signers]
        state = stack.enter_context(WitnessState.open(config.state, keys, on_commit=metrics.committed))
        service = WitnessService(state, signers, config.logs, config.limits, metrics=metrics, signing_threads=threads)
        stack.callback(service.close)
        listener, address = _listen(config)
        stack.callback(_close, listener, config.listen)
        failures = asyncio.run(_run(again, config, service, listener, lambda: announce(address)))
    if failures:
        raise failures[0]


async def _run(
    again: Callable[[], WitnessConfig],
    config: WitnessConfig,
    service: WitnessService,
    listener: socket.socket,
    announce: Callable[[], None],
) -> list[MutualchainError]:
    from .app import make_app
    from .protocol import make_server

    failures: list[MutualchainError] = []

    def stop() -> None:
        server.should_exit = True

    def fail(error: MutualchainError) -> None:
        failures.append(error)
        stop()

    app = make_app(
        service,
        submission_prefix=config.submission_prefix,
        monitoring_prefix=config.monitoring_prefix,
        on_failure=fail,
    )
    server = make_server(app, config.limits, config.proxies)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, _reload, again, config, service)
    announce()
    await server.serve(sockets=[listener])
    return failures


def _reload(again: Callable[[], WitnessConfig], config: WitnessConfig, service: WitnessService) -> None:
    try:
        fresh = again()
    except MutualchainError as error:
        _log.error("the configuration stays as it is: %s", error.diagnostics())
        return
    service.configure(fresh.logs, fresh.limits)
    if replace(fresh, logs=config.logs, limits=config.limits) != config:
        _log.warning("more than logs and limits has changed: that needs a new start")
    _log.info("%d logs", len(fresh.logs))


def _listen(config: WitnessConfig) -> tuple[socket.socket, str]:
    """A socket that takes connections, and how to name it."""
    try:
        if isinstance(config.listen, Path):
            return _listen_unix(config.listen), f"unix:{config.listen}"
        host, port = config.listen
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, number, _, address = found[0]
        listener = socket.socket(family, kind, number)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1_024)
        except BaseException:
            listener.close()
            raise
        return listener, f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    except OSError as error:
        raise WitnessConfigError(f"cannot listen: {error.strerror}", value=config.listen, place="listen") from None


def _listen_unix(path: Path) -> socket.socket:
    """A Unix socket for owner and group, in the place of one that a killed process left: the state's lock is held."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen(1_024)
    except BaseException:
        listener.close()
        raise
    return listener


def _close(listener: socket.socket, where: tuple[str, int] | Path) -> None:
    listener.close()
    if isinstance(where, Path):
        where.unlink(missing_ok=True)
