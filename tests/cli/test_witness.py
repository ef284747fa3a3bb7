"""`mutualchain witness`: from nothing to a witness that cosigns, and what its operator sees of it."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mutualchain.tlog import trust
from mutualchain.witness import config as configs
from mutualchain.witness import keyfile, server
from mutualchain.witness.config_text import add_key, new_config, remove_key
from mutualchain.witness.keyfile import WEAK_FOR_TESTS
from tests.cli.harness import call, check, done, refused
from tests.project.tree import ROOT
from tests.witness.logs import FakeLog
from tests.witness.running import running

NAME = "witness.example.net"
LOG, OTHER = FakeLog("example.com/log"), FakeLog("example.com/other")
NEXT_KEY = FakeLog("example.com/elsewhere").signer


@pytest.fixture(autouse=True)
def weak(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second and 256 MiB for every key are for those whom somebody attacks."""
    monkeypatch.setattr(server.keygen, "__kwdefaults__", {"cost": WEAK_FOR_TESTS})
    monkeypatch.setenv(server.PASSPHRASE, "correct horse")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "witness.toml"
    value = done("witness", "new", path, "--name", NAME, "--listen", "127.0.0.1:0", "--json").value
    check(value, "witness-new")
    assert keyfile.read_public_key(tmp_path / "witness.key").vkey == value["vkey"]
    return path


# --- keygen and key -------------------------------------------------------------------------------


def test_keygen_writes_a_configuration_a_key_and_a_state(config: Path) -> None:
    loaded = configs.load(config)
    assert (loaded.name, loaded.listen, loaded.logs) == (NAME, ("127.0.0.1", 0), {})
    assert stat.S_IMODE((config.parent / "witness.key").stat().st_mode) == 0o600
    assert (config.parent / "state" / "store").is_dir()


def test_keygen_goes_by_a_configuration_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    refused("witness", "new", path, code="MC-002", exit_code=2)
    path.write_text(new_config(NAME))
    refused("witness", "new", path, "--name", NAME, code="MC-004", exit_code=2)
    assert NAME in done("witness", "new", path).out
    refused("witness", "new", path, code="MC-004", exit_code=2)


def test_keygen_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(server.PASSPHRASE)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    refused("witness", "new", tmp_path / "w.toml", "--name", NAME, code="MC-223", exit_code=2)
    refused("witness", "new", tmp_path / "w.toml", "--name", "two words", code="MC-221", exit_code=2)
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_file_stands_in_the_configuration(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("another one\n")
    secret.chmod(0o600)
    done("witness", "new", tmp_path / "w.toml", "--name", NAME, "--passphrase-file", secret)
    assert configs.load(tmp_path / "w.toml").passphrase_file == secret
    assert keyfile.read_key_file(tmp_path / "witness.key", b"another one").name == NAME


def test_key_shows_the_line_for_a_trust_file(config: Path) -> None:
    line = done("witness", "key", config, "--url", "https://w.example/").out
    file = trust.parse(f"{line}quorum none\n".encode())
    assert (file.witnesses[0].name, file.witnesses[0].url) == (NAME, "https://w.example/")
    value = done("witness", "key", config, "--json").value
    check(value, "witness-key")
    assert value["trust_line"] == f"witness {NAME} {value['vkey']}"
    refused("witness", "key", config, "--url", "two words", code="MC-028", exit_code=2)


# --- add and remove -------------------------------------------------------------------------------


def test_logs_are_added_and_removed(config: Path) -> None:
    before = config.read_bytes()
    value = done("witness", "add", config, LOG.origin, LOG.signer.vkey, "--json").value
    check(value, "witness-log")
    assert (value["keys"], value["changed"]) == ([LOG.signer.vkey], True)
    again = done("witness", "add", config, LOG.origin, LOG.signer.vkey, "--json").value
    assert not again["changed"]
    done("witness", "add", config, LOG.origin, NEXT_KEY.vkey)
    assert configs.load(config).logs[LOG.origin].keys == (LOG.signer.verifier, NEXT_KEY.verifier)
    done("witness", "remove", config, LOG.origin, LOG.signer.vkey)
    assert configs.load(config).logs[LOG.origin].keys == (NEXT_KEY.verifier,)
    check(done("witness", "remove", config, LOG.origin, "--json").value, "witness-log")
    assert config.read_bytes().rstrip() == before.rstrip()
    refused("witness", "remove", config, LOG.origin, code="MC-221", exit_code=2)
    refused("witness", "add", config, LOG.origin, "nonsense", code="MC-024", exit_code=2)
    refused("witness", "add", config, "two\nlines", LOG.signer.vkey, code="MC-025", exit_code=3)


WRITTEN = f"""# mine
name = "{NAME}"
state = "state"   # on the fast disk
listen = "unix:w.sock"

[limits]
per_log = 7

# the neighbour's
[[log]]
keys = [
  "{LOG.signer.vkey}",  # since 2024
]
origin = "{LOG.origin}"  # [[log]]

# another
[[ log ]]  # here
origin = '{OTHER.origin}'
keys = ["{OTHER.signer.vkey}"]"""


def test_what_people_wrote_is_left_as_it_is(tmp_path: Path) -> None:
    data = WRITTEN.encode()
    added = add_key(data, tmp_path, LOG.origin, NEXT_KEY.verifier)
    listed = f'keys = ["{LOG.signer.vkey}", "{NEXT_KEY.vkey}"]'
    before, after = WRITTEN.split("keys = [\n")[0], WRITTEN.split("]\norigin")[1]
    assert added.decode() == f"{before}{listed}\norigin{after}"
    assert remove_key(data, tmp_path, OTHER.origin).decode() == WRITTEN[: WRITTEN.index("[[ log ]]")]
    gone = remove_key(data, tmp_path, LOG.origin).decode()
    table = WRITTEN[WRITTEN.index("[[log]]") : WRITTEN.index("\n\n# another") + 1]
    assert gone == WRITTEN.replace(table, "") + "\n"
    strange = add_key(data, tmp_path, 'a"b\\c 日志', NEXT_KEY.verifier)
    assert list(configs.parse(strange, tmp_path).logs) == [LOG.origin, OTHER.origin, 'a"b\\c 日志']


def test_a_file_written_in_another_way_is_not_touched(tmp_path: Path) -> None:
    inline = f'log = [{{ origin = "{LOG.origin}", keys = ["{LOG.signer.vkey}"] }}]\n'
    path = tmp_path / "w.toml"
    path.write_text(inline + new_config(NAME))
    before = path.read_bytes()
    for words in [("add", LOG.origin, NEXT_KEY.vkey), ("add", OTHER.origin, NEXT_KEY.vkey), ("remove", LOG.origin)]:
        refused("witness", words[0], path, *words[1:], code="MC-221", exit_code=2)
    assert path.read_bytes() == before


def test_the_file_keeps_its_mode(config: Path) -> None:
    config.chmod(0o640)
    done("witness", "add", config, LOG.origin, LOG.signer.vkey)
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


# --- serve and status -----------------------------------------------------------------------------


def test_a_witness_made_by_hand_cosigns_and_says_so_while_it_serves(config: Path) -> None:
    for log in (LOG, OTHER):
        done("witness", "add", config, log.origin, log.signer.vkey)
    early = call("witness", "status", config, "--max-age", "2h")
    assert early.code == 3
    assert "2 of 2 logs are late" in early.out
    with running(config) as serving:
        assert serving.post(LOG.request(0, 5)).status == 200
        shown = call("witness", "status", config, "--json", "--max-age", "2h", clock=lambda: time.time_ns() // 10**6)
        assert serving.stop()[0] == 0
    check(shown.value, "witness-status")
    assert shown.code == 3
    first, second = shown.value["logs"]
    assert (first["origin"], first["size"], first["root"], first["late"]) == (LOG.origin, 5, LOG.root(5).hex(), False)
    assert (second["size"], second["late"]) == (None, True)
    done("witness", "remove", config, LOG.origin)
    left = done("witness", "status", config).out
    assert "no longer witnessed" in left
    assert "never" in left
    assert "5" in left


def test_status_of_a_witness_without_logs_or_state(config: Path, tmp_path: Path) -> None:
    assert "no log yet" in done("witness", "status", config).out
    refused("witness", "status", config, "--max-age", "soon", code="MC-002", exit_code=2)
    config.write_text(config.read_text().replace('"state"', '"elsewhere"'))
    refused("witness", "status", config, code="MC-112", exit_code=3)


def test_address_and_passphrase_can_be_given_to_serve(config: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse")
    secret.chmod(0o600)
    environment = {name: value for name, value in os.environ.items() if name != server.PASSPHRASE}
    environment |= {
        "PYTHONPATH": str(ROOT / "src"),
        "MUTUALCHAIN_WITNESS_CONFIG": str(config),
        "MUTUALCHAIN_WITNESS_SERVE_LISTEN": f"unix:{tmp_path / 'w.sock'}",
        "MUTUALCHAIN_WITNESS_SERVE_PASSPHRASE_FILE": str(secret),
    }
    command = [sys.executable, "-m", "mutualchain", "witness", "serve", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "{\n"
        assert process.stdout.readline() == f'  "listening": "unix:{tmp_path / "w.sock"}"\n'
        process.terminate()
        assert process.wait(20) == 0


def test_serving_without_the_extra_is_one_clear_error(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    result = refused("witness", "serve", config, code="MC-220", exit_code=2)
    assert "pip install 'mutualchain[witness]'" in result.err


def test_a_wrong_address_is_a_wrong_configuration(config: Path) -> None:
    refused("witness", "serve", config, "--listen", "here", code="MC-221", exit_code=2)
