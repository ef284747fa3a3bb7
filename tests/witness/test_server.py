"""The process: what it starts with, what it refuses to start with, signals, sockets, and a signer of one's own."""

from __future__ import annotations

import asyncio
import getpass
import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mutualchain.errors import ExtraMissing, FileMissing, PassphraseError, SignerFailed, StoreExists, WitnessConfigError
from mutualchain.limits import MAX_WITNESS_LOGS
from mutualchain.tlog import ed25519
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.witness import config as configs
from mutualchain.witness import server as servers
from mutualchain.witness.config import Limits
from mutualchain.witness.keyfile import WEAK_FOR_TESTS, generate, read_key_file
from mutualchain.witness.server import keygen
from mutualchain.witness.service import WitnessService
from mutualchain.witness.state import WitnessState

from .logs import WITNESS, FakeLog
from .running import NAME, SECRET, command, environment, refusal, running, write_config

LOG, OTHER = FakeLog("example.com/log"), FakeLog("example.com/other")


# --- configuration ------------------------------------------------------------------------------

GOOD = f"""
name = "{NAME}"
key_file = "witness.key"
state = "state"
listen = "127.0.0.1:8380"
[limits]
per_log = 7
[[log]]
origin = "{LOG.origin}"
keys = ["{LOG.signer.vkey}"]
"""


def test_a_configuration_is_read_with_its_paths_beside_it(tmp_path: Path) -> None:
    config = configs.parse(GOOD.encode(), tmp_path)
    assert (config.name, config.key_file, config.state) == (NAME, tmp_path / "witness.key", tmp_path / "state")
    assert config.listen == ("127.0.0.1", 8380)
    assert config.limits == Limits(per_log=7)
    assert config.logs == {LOG.origin: LOG.known}


def test_the_example_in_the_docstring_is_a_configuration(tmp_path: Path) -> None:
    text = "\n".join(line[4:] for line in (configs.__doc__ or "").splitlines() if line.startswith("    "))
    lines = [line.partition("     ")[0] for line in text.splitlines()]
    config = configs.parse("\n".join(lines).encode(), tmp_path)
    assert config.limits == Limits()
    assert list(config.logs) == ["example.com/log"]


@pytest.mark.parametrize(
    ("listen", "found"),
    [("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:443", ("::1", 443)), ("localhost:0", ("localhost", 0)), ("unix:w", None)],
)
def test_addresses(tmp_path: Path, listen: str, found: tuple[str, int] | None) -> None:
    config = configs.parse(GOOD.replace("127.0.0.1:8380", listen).encode(), tmp_path)
    assert config.listen == (found or tmp_path / "w")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (GOOD, "name = ", "not TOML"),
        (GOOD, "\xff", "name"),
        (f'name = "{NAME}"', "", "name is missing"),
        (NAME, "two words", "key name"),
        ("127.0.0.1:8380", "127.0.0.1", "host:port"),
        ("127.0.0.1:8380", "127.0.0.1:70000", "host:port"),
        ("[limits]", 'submission_prefix = "a/"\n[limits]', "path such as"),
        ("[limits]", 'submission_prefix = "/a/../{x}"\n[limits]', "path such as"),
        ("[limits]", "listens = 1\n[limits]", "means nothing"),
        ("per_log", "per_lgo", "means nothing"),
        ("per_log = 7", "per_log = -1", "whole number"),
        ("per_log = 7", "per_log = true", "whole number"),
        ("per_log = 7", "body_bytes = 1000000000", "whole number"),
        ("keys = [", "keys = [1, ", "list of texts"),
        ("+", "-", "verifier key"),
        (f'keys = ["{LOG.signer.vkey}"]', "keys = []", "one or more keys"),
        (f'keys = ["{LOG.signer.vkey}"]', f'keys = ["{WITNESS.vkey}"]', "type"),
        ("origin =", 'url = "x"\norigin =', "means nothing"),
        (f'origin = "{LOG.origin}"', 'origin = "a\\nb"', "origin"),
        ("[[log]]", "[log]", "list of tables"),
        ("keys =", f'keys = ["{LOG.signer.vkey}"]\n[[log]]\norigin = "{LOG.origin}"\nkeys =', "twice"),
        ("[[log]]", "[[log]]\norigin = 'x'\nkeys = ['y']\n" * (MAX_WITNESS_LOGS + 1) + "[[log]]", "at most"),
    ],
)
def test_a_wrong_configuration_is_refused_with_the_reason(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(WitnessConfigError) as raised:
        configs.parse(GOOD.replace(old, new).encode(), tmp_path)
    assert said in raised.value.diagnostics()


def test_a_configuration_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        configs.load(tmp_path / "nothing")
    with pytest.raises(WitnessConfigError):
        configs.parse(b"#" * (5 << 20), tmp_path)
    with pytest.raises(WitnessConfigError):
        configs.parse(b"\xff\xfe", tmp_path)


# --- starting -----------------------------------------------------------------------------------


def test_what_a_witness_refuses_to_start_with(tmp_path: Path) -> None:
    config = write_config(tmp_path, [LOG])
    text = config.read_text()

    def said(passphrase: str | None = SECRET, *, change: tuple[str, str] = ("", "")) -> str:
        config.write_text(text.replace(*change))
        code, err = refusal(config, passphrase)
        assert code == 2 or "MC-112" in err
        assert "Traceback" not in err
        return err.partition(":")[0]

    assert said(None) == "MC-223"
    assert said("wrong") == "MC-223"
    assert said(change=("127.0.0.1:0", "192.0.2.1:1")) == "MC-221"
    assert said(change=(f'name = "{NAME}"', 'name = "else.example"')) == "MC-135"
    assert said(change=('key_file = "witness.key"', "")) == "MC-221"
    assert said(change=('state = "state"', 'state = "elsewhere"')) == "MC-112", "a new state is not made silently"
    generate(tmp_path / "new.key", NAME, SECRET.encode(), cost=WEAK_FOR_TESTS)
    assert said(change=("witness.key", "new.key")) == "MC-222", "nor does a state serve a key it was not made for"
    config.write_text(text)
    with running(config):
        assert refusal(config)[1].startswith("MC-111"), "a second process"


def test_the_passphrase_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o440)  # as systemd hands out credentials
    config = write_config(tmp_path, [LOG], extra=['passphrase_file = "secret"'])
    with running(config) as server:
        assert server.ask("GET", "/healthz").status == 200
    secret.chmod(0o644)
    assert refusal(config)[1].startswith("MC-135")


def test_keygen_makes_a_key_and_a_state_and_adds_a_key_to_a_state(tmp_path: Path) -> None:
    first = keygen(tmp_path / "a.key", tmp_path / "state", NAME, b"x", cost=WEAK_FOR_TESTS)
    second = keygen(tmp_path / "b.key", tmp_path / "state", NAME, b"x", cost=WEAK_FOR_TESTS)
    WitnessState.open(tmp_path / "state", [first, second]).close()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(StoreExists):
        keygen(tmp_path / "c.key", tmp_path / "full", NAME, b"x", cost=WEAK_FOR_TESTS)
    assert not (tmp_path / "c.key").exists()


def test_keygen_by_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "witness.toml"
    path.write_text(GOOD)
    said = iter(["one", "two", "same", "same"])
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(said))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.delenv(servers.PASSPHRASE, raising=False)
    with pytest.raises(PassphraseError, match="differ"):
        servers.keygen_for(path)
    verifier = servers.keygen_for(path)
    assert read_key_file(tmp_path / "witness.key", b"same").verifier == verifier
    WitnessState.open(tmp_path / "state", [verifier]).close()
    path.write_text(GOOD.replace('key_file = "witness.key"', ""))
    with pytest.raises(WitnessConfigError):
        servers.keygen_for(path, b"x")


def test_without_the_extra_it_says_which_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        servers, "find_spec", lambda name: None if name == "uvicorn" else importlib.util.find_spec(name)
    )
    with pytest.raises(ExtraMissing) as raised:
        servers.serve(tmp_path / "witness.toml")
    assert "mutualchain[witness]" in raised.value.diagnostics()


# --- running ------------------------------------------------------------------------------------


def test_a_hangup_takes_over_logs_and_limits_and_nothing_that_is_wrong(tmp_path: Path) -> None:
    config = write_config(tmp_path, [LOG])

    def until(status: int, body: bytes) -> None:
        for _ in range(100):
            if server.post(body).status == status:
                return
            time.sleep(0.05)
        raise AssertionError

    with running(config) as server:
        assert server.post(OTHER.request(0, 5)).status == 404
        good = write_config(tmp_path, [LOG, OTHER]).read_text()
        config.write_text("nonsense")
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        assert server.post(LOG.request(0, 5)).status == 200
        config.write_text(good.replace("state =", "# a comment\nstate ="))
        server.process.send_signal(signal.SIGHUP)
        until(409, OTHER.request(7, 9))
        config.write_text(write_config(tmp_path, [OTHER]).read_text().replace('"state"', '"elsewhere"'))
        server.process.send_signal(signal.SIGHUP)
        until(404, LOG.request(5, 9))
        code, err = server.stop()
    assert code == 0
    assert "the configuration stays as it is" in err
    assert "needs a new start" in err


def test_it_starts_again_where_it_was(tmp_path: Path) -> None:
    config = write_config(tmp_path, [LOG])
    with running(config) as server:
        answer = server.post(LOG.request(0, 5))
        assert server.stop()[0] == 0
    with running(config) as server:
        assert server.shown(LOG).body == LOG.note(5) + answer.body, "the very cosignature that was returned"
        assert server.post(LOG.request(0, 9)).body == b"5\n"
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 0


def test_a_unix_socket(tmp_path: Path) -> None:
    config = write_config(tmp_path, [LOG])
    config.write_text(config.read_text().replace("127.0.0.1:0", "unix:w.sock"))
    path = tmp_path / "w.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with subprocess.Popen(
        command(config), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening on unix:{path}\n"
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(path))
            body = LOG.request(0, 5)
            sock.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            response = http.client.HTTPResponse(sock)
            response.begin()
            assert response.status == 200
        process.terminate()
        assert process.wait(20) == 0
    assert not path.exists()


# --- a signer of one's own ----------------------------------------------------------------------


def service(folder: Path, signer: CosignatureSigner, **limits: int) -> tuple[WitnessState, WitnessService]:
    WitnessState.create(folder, signer.verifier)
    state = WitnessState.open(folder, [signer.verifier])
    return state, WitnessService(state, [signer], {LOG.origin: LOG.known}, Limits(**limits), signing_threads=2)


def test_a_slow_signer_in_a_thread_is_given_up_and_the_cosignature_is_had_later(tmp_path: Path) -> None:
    seed = bytes([5]) * 32
    slow = threading.Event()

    def hsm(message: bytes) -> bytes:
        slow.wait(3)
        return ed25519.sign(seed, message)

    signer = CosignatureSigner(NAME, ed25519.public_key_of(seed), hsm)
    state, witness = service(tmp_path / "s", signer, request_seconds=1)

    async def story() -> None:
        with pytest.raises(SignerFailed, match="in time"):
            await witness.add_checkpoint(LOG.request(0, 5))
        slow.set()
        assert (await witness.add_checkpoint(LOG.request(0, 5))).body == b"5\n"
        assert (await witness.add_checkpoint(LOG.request(5, 5))).status == 200

    asyncio.run(story())
    witness.close()
    state.close()


def test_a_signer_that_signs_wrongly_is_found_out_before_anybody_sees_it(tmp_path: Path) -> None:
    signer = CosignatureSigner(NAME, ed25519.public_key_of(bytes(32)), lambda message: os.urandom(64))
    state, witness = service(tmp_path / "s", signer)
    with pytest.raises(SignerFailed):
        asyncio.run(witness.add_checkpoint(LOG.request(0, 5)))
    witness.close()
    state.close()
