"""The guides and the examples: their commands run in their order, their figures are computed, their files are read."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mutualchain.tlog import trust as trust_files
from mutualchain.tlog.trust import Group
from mutualchain.witness import config, server
from mutualchain.witness.config import Limits
from mutualchain.witness.keyfile import WEAK_FOR_TESTS
from mutualchain.witness.quorum import examine
from tests.cli.harness import check, done
from tests.project.test_docs import FENCE, console_commands, unknown_part

from .running import running
from .test_quorum import trust

GUIDES = ("witness", "trust", "key-rotation")


def guide(root: Path, name: str) -> str:
    return (root / "docs" / f"{name}.md").read_text(encoding="utf-8")


def unindented(text: str) -> str:
    """Lists indent their fences."""
    return re.sub(r"^   (?=\S| )", "", text, flags=re.MULTILINE)


def fences(text: str, kind: str) -> list[str]:
    return [fence["body"] for fence in FENCE.finditer(unindented(text)) if fence["kind"].strip() == kind]


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_of_a_guide_exists(root: Path, name: str) -> None:
    commands = console_commands(unindented(guide(root, name)))
    assert len(commands) >= 3
    assert {" ".join(words): word for words in commands if (word := unknown_part(tuple(words)))} == {}


# --- a witness in ten minutes ---------------------------------------------------------------------


def test_the_witness_guide_leads_to_a_witness_that_answers(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(server.keygen, "__kwdefaults__", {"cost": WEAK_FOR_TESTS})
    secret = tmp_path / "passphrase"
    secret.touch(0o600)
    secret.write_text("what head and base64 made\n")
    said = []
    for words in console_commands(unindented(guide(root, "witness"))):
        if words[1] == "serve":
            path = tmp_path / "witness.toml"
            path.write_text(path.read_text().replace("127.0.0.1:8380", "127.0.0.1:0"))  # whatever else listens here
            with running(path) as serving:
                assert serving.ask("GET", "/healthz").status == 200
                assert serving.stop()[0] == 0
        else:
            said.append(done(*words).out)
    assert len(said) == 4
    line = next(text for text in said if text.startswith("witness witness.example.org witness.example.org+"))
    assert trust_files.parse(f"{line}quorum none\n".encode()).witnesses[0].url == "https://witness.example.org/"


def test_the_guides_configuration_is_all_there_is(root: Path, tmp_path: Path) -> None:
    [text] = fences(guide(root, "witness"), "toml")
    parsed = config.parse(text.encode(), tmp_path)
    assert parsed.limits == Limits(), "the limits shown are the default ones"
    assert list(parsed.logs) == ["example.com/log"]
    source = Path(config.__file__).read_text(encoding="utf-8")
    names = set(re.findall(r"top\.(?:text|texts|matching|table|tables)\(\"(\w+)\"", source))
    names |= set(re.findall(r"table\.(?:number|text|texts)\(\"(\w+)\"", source))
    shown = set(re.findall(r"^\[*(\w+)", text, re.MULTILINE))
    assert shown == names


# --- the example files ----------------------------------------------------------------------------


def test_the_examples_configuration_is_one_and_the_unit_names_it(root: Path) -> None:
    folder = root / "examples" / "witness"
    parsed = config.load(folder / "witness.toml")
    unit = (folder / "mutualchain-witness.service").read_text()
    assert "/bin/mutualchain witness serve /etc/mutualchain-witness/witness.toml" in unit
    assert str(parsed.passphrase_file).startswith("/run/credentials/mutualchain-witness.service/")
    assert parsed.listen == ("127.0.0.1", 8380)
    for proxy in ("Caddyfile", "nginx.conf"):
        text = (folder / proxy).read_text()
        assert "127.0.0.1:8380" in text
        pattern = re.search(r"\^/\(add-checkpoint\|\[0-9a-f\]\{64\}/checkpoint\)\$", text)
        assert pattern is not None
        assert re.match(pattern[0], "/add-checkpoint")
        assert re.match(pattern[0], f"/{'0f' * 32}/checkpoint")
        assert not re.match(pattern[0], "/metrics")
        assert text.count("{") == text.count("}")


def test_the_container_runs_the_commands_that_there_are(root: Path) -> None:
    text = (root / "examples" / "witness" / "Containerfile").read_text()
    assert 'ENTRYPOINT ["mutualchain", "witness"]' in text
    assert 'CMD ["serve"]' in text
    used = re.findall(r"^#   podman run .* mutualchain-witness (.*)$", text, re.MULTILINE)
    assert [words.split()[0] for words in used] == ["new", "add"]
    for words in used:
        assert unknown_part(("witness", *words.split())) is None, words


def test_the_unit_is_one_that_systemd_reads(root: Path, tmp_path: Path) -> None:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("no systemd-analyze here")
    unit = tmp_path / "mutualchain-witness.service"
    text = (root / "examples" / "witness" / unit.name).read_text()
    unit.write_text(text.replace("/opt/mutualchain/bin/mutualchain", "/bin/true"))
    done_ = subprocess.run([command, "verify", str(unit)], capture_output=True, text=True, timeout=30, check=False)
    assert "Unknown key" not in done_.stderr
    assert f"{unit.name}:" not in done_.stderr, done_.stderr


def test_the_proxys_configuration_is_one_that_nginx_reads(root: Path, tmp_path: Path, nginx: Path) -> None:
    site = (root / "examples" / "witness" / "nginx.conf").read_text()
    (tmp_path / "site.conf").write_text(re.sub(r"^ +ssl_.*$|(?<= )ssl(?=;)", "", site, flags=re.MULTILINE))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log off; include {tmp_path}/site.conf; }}\n")
    words = [str(nginx), "-t", "-c", str(whole), "-p", str(tmp_path), "-e", str(tmp_path / "log")]
    done_ = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert "syntax is ok" in done_.stderr, done_.stderr


# --- trust files ----------------------------------------------------------------------------------


def test_the_trust_guides_commands_run_and_its_file_is_one(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = guide(root, "trust")
    [shown] = fences(text, "text")
    file = trust_files.parse(shown.encode())
    assert examine(file).lies_survived == 1
    (tmp_path / "ledger.trust").write_bytes(trust_files.TrustFile(file.logs[:1]).format())
    outputs = [done(*words).out for words in console_commands(text)]
    made = trust_files.parse((tmp_path / "members.trust").read_bytes())
    assert (made.witnesses, made.groups, made.quorum, made.max_age) == (
        file.witnesses,
        file.groups,
        file.quorum,
        file.max_age,
    )
    assert "Only 2 witnesses that lie together" in outputs[-1]
    check(done("trust", "check", "members.trust", "--json").value, "trust-check")


def test_the_guides_table_is_what_the_arithmetic_gives(root: Path) -> None:
    shapes = {
        "all of two groups, each 2 of 3": trust([("a", 2, "w1 w2 w3"), ("b", 2, "w4 w5 w6"), ("q", 2, "a b")], "q"),
        "any of two groups, each 2 of 2": trust([("a", 2, "w1 w2"), ("b", 2, "w3 w4"), ("q", 1, "a b")], "q"),
    }
    rows = re.findall(r"^\| ([^|]+) \| (\d) \| ([^|]+) \| (\d) \|$", guide(root, "trust"), re.MULTILINE)
    assert len(rows) == 6
    for shape, shared, liars, absent in rows:
        if plain := re.match(r"(\d) of (\d)\Z", shape):
            names = tuple(f"w{number}" for number in range(1, int(plain[2]) + 1))
            file = trust([("g", int(plain[1]), " ".join(names))], "g")
            assert file.groups == (Group("g", int(plain[1]), names),)
        else:
            file = shapes[shape]
        report = examine(file)
        assert (report.smallest_intersection, report.absences_survived) == (int(shared), int(absent)), shape
        said = "none needed: refused" if report.lies_survived < 0 else str(report.lies_survived)
        assert liars.split(":")[0] == said.split(":")[0], shape
