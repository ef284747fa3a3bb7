"""`mutualchain keys`: a log key changed end to end, with witnesses, a member, three trust files; block keys changed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from mutualchain.cli import keys as commands
from mutualchain.ledger.keys import read_key_file
from mutualchain.record.bundle import RecordBundle
from mutualchain.tlog import note as notes
from mutualchain.tlog import trust
from mutualchain.tlog.checkpoint import open_checkpoint, parse, sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.trust import TrustFile
from mutualchain.tlog.validity import parse_time
from mutualchain.witness.keyfile import WEAK_FOR_TESTS
from mutualchain.witness.server import keygen
from tests.cli import harness
from tests.cli.harness import LATER, ORIGIN, PLAN, Result, Small, check, refused, ticking
from tests.witness.running import NAME, SECRET, Running, running

ROTATE = ("keys", "rotate-log")
WEEK = 7 * 86_400_000
CONTINUED = "nothing in that was changed"


TICKING = ticking(LATER)


def clock() -> int:
    """The real one: witnesses have it too."""
    return time.time_ns() // 1_000_000


def call(*words: object, clock: Callable[[], int] = TICKING) -> Result:
    """As the harness's, with one clock for all."""
    return harness.call(*words, clock=clock)


def done(*words: object, clock: Callable[[], int] = TICKING) -> Result:
    """As the harness's, with one clock for all."""
    return harness.done(*words, clock=clock)


def signing(small: Small) -> list[str]:
    value = done("keys", "show", small.ledger, "--json").value
    check(value, "keys-show")
    return list(value["log"])


def checkpoint(small: Small) -> bytes:
    from mutualchain.cli.ledgers import reading

    with reading(small.ledger) as archive:
        return archive.checkpoint()


def folder(small: Small) -> Path:
    return small.folder / "ledger-keys"


def names(small: Small) -> set[str]:
    return {path.name for path in folder(small).iterdir()}


# --- a change without witnesses -------------------------------------------------------------------


def test_both_keys_sign_between_begin_and_finish(small: Small) -> None:
    old = signing(small)
    value = done(*ROTATE, "begin", small.ledger, "--json").value
    check(value, "keys-rotate-log-begin")
    assert signing(small) == [*old, value["new"]]
    assert value["old"] == old[0]
    trusted = trust.parse(small.trust.read_bytes())
    assert [log.key.vkey for log in trusted.logs] == [*old, value["new"]]
    signed = trusted.open_checkpoint(checkpoint(small))
    assert len(signed.signatures) == 2
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "while both sign")
    assert len(trusted.open_checkpoint(checkpoint(small)).signatures) == 2
    assert done("audit", small.ledger).out.startswith("VERIFIED")

    ended = done(*ROTATE, "finish", small.ledger, "--json").value
    check(ended, "keys-rotate-log-finish")
    assert signing(small) == [value["new"]]
    assert ended["not_after"] is None, "nobody says when something was signed"
    label = old[0].split("+")[1]
    assert names(small) == {"log.key", f"log-retired-{label}.key", "block.key", "recovery.key"}
    assert read_key_file(folder(small) / "log.key").vkey == value["new"]
    assert len(trusted.open_checkpoint(checkpoint(small)).signatures) == 1
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "with the new key")
    assert done("audit", small.ledger).out.startswith("VERIFIED")
    assert done("audit", small.ledger, "--trust", small.trust).out.startswith("VERIFIED")
    shown = done("keys", "show", small.ledger).out
    assert f"retired log key  {old[0]}" in shown
    copy = small.folder / "copy"
    done("backup", small.ledger, copy)
    assert done("keys", "show", copy, "--json").value["log"] == [value["new"]]


def test_a_record_from_before_is_continued_whichever_key_signed_it(small: Small) -> None:
    stranger = small.folder / "before.trust"
    stranger.write_bytes(small.trust.read_bytes())
    done(*ROTATE, "begin", small.ledger)
    done(*ROTATE, "finish", small.ledger)
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "later")
    new = small.folder / "new.mcr"
    done("record", small.ledger, PLAN, "--slot", 0, "--since", small.record, "-o", new)
    mine = ("--passport", small.passport)
    continued = done("verify-my-record", new, *mine, "--trust", small.trust, "--seen", small.record).out
    assert CONTINUED in " ".join(continued.split())
    assert done("verify-my-record", small.record, *mine, "--trust", small.trust).code == 0
    assert call("verify-my-record", new, *mine, "--trust", stranger).code == 3


def test_a_change_can_be_called_off(small: Small) -> None:
    old, before = signing(small), small.trust.read_bytes()
    new = done(*ROTATE, "begin", small.ledger, "--json").value["new"]
    value = done(*ROTATE, "cancel", small.ledger, "--json").value
    check(value, "keys-rotate-log-cancel")
    assert signing(small) == old
    assert small.trust.read_bytes() == before
    assert Path(value["cancelled"]).name in names(small)
    refused(*ROTATE, "cancel", small.ledger, code="MC-002", exit_code=2)
    refused(*ROTATE, "finish", small.ledger, code="MC-002", exit_code=2)
    os.rename(value["cancelled"], folder(small) / "log-new.key")
    refused(*ROTATE, "begin", small.ledger, code="MC-002", exit_code=2)  # out once, out for ever
    assert new not in signing(small)


def test_nothing_is_finished_that_was_not_begun(small: Small) -> None:
    new = notes.Signer.from_seed(ORIGIN, b"9" * 32)
    from mutualchain.ledger.keys import write_key_file

    write_key_file(folder(small) / "log-new.key", new)
    refused(*ROTATE, "finish", small.ledger, code="MC-002", exit_code=2)
    done(
        "credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "a key that lies there signs nothing"
    )
    assert len(signing(small)) == 1


def test_the_trust_file_may_lie_elsewhere_or_nowhere(small: Small, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.trust"
    small.trust.rename(elsewhere)
    assert "There is no trust file" in done(*ROTATE, "begin", small.ledger).out
    done(*ROTATE, "begin", small.ledger, "--trust", elsewhere)
    assert len(trust.parse(elsewhere.read_bytes()).logs) == 2
    assert done(*ROTATE, "finish", small.ledger, "--json").value["trust"] is None
    assert not small.trust.exists()


def test_a_ledger_needs_both_keys_while_both_sign(small: Small) -> None:
    done(*ROTATE, "begin", small.ledger)
    (folder(small) / "log-new.key").rename(small.folder / "lost")
    result = refused(
        *("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "x"), code="MC-135", exit_code=2
    )
    assert signing(small)[1] in result.err


class Interrupted(BaseException):
    """The process was killed here."""


STEPS: dict[str, tuple[str, str]] = {
    "begin: the key file is written": ("begin", "_trust_file"),
    "begin: the ledger signs with both": ("begin", "_rewrite"),
    "finish: the ledger signs with the new key": ("finish", "_rewrite"),
    "finish: the trust file is written": ("finish", "_retire"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_change_goes_on_wherever_it_was_interrupted(small: Small, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    phase, where = STEPS[step]

    def run(name: str) -> None:
        if name == phase:
            interrupted(monkeypatch, where, *ROTATE, name, small.ledger)
        done(*ROTATE, name, small.ledger)

    for name in ("begin", "finish"):
        run(name)
    assert len(signing(small)) == 1
    assert read_key_file(folder(small) / "log.key").vkey == signing(small)[0]
    assert len(trust.parse(small.trust.read_bytes()).logs) == 2
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "after all")


def interrupted(monkeypatch: pytest.MonkeyPatch, where: str, *words: object) -> None:
    """Run a command that dies when it calls this function of the module, in a way that nothing catches."""
    from mutualchain.cli.app import App, mutualchain

    def killed(*_: object) -> None:
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(commands, where, killed)
        with pytest.raises(Interrupted):
            mutualchain.main(args=[str(word) for word in words], standalone_mode=False, obj=App(clock=TICKING))


def test_a_change_goes_on_between_its_two_file_names(small: Small) -> None:
    done(*ROTATE, "begin", small.ledger)
    label = signing(small)[0].split("+")[1]
    os.link(folder(small) / "log.key", folder(small) / f"log-retired-{label}.key")  # as far as it had come
    done(*ROTATE, "finish", small.ledger)
    assert names(small) == {"log.key", f"log-retired-{label}.key", "block.key", "recovery.key"}


# --- a change with witnesses ----------------------------------------------------------------------


@pytest.fixture
def witnesses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Running]]:
    """Three witnesses, each a process, that know no log yet."""
    monkeypatch.setenv("MUTUALCHAIN_WITNESS_PASSPHRASE", SECRET)
    with ExitStack() as stack:
        found = []
        for number in range(3):
            place = tmp_path / f"witness-{number}"
            place.mkdir()
            keygen(place / "witness.key", place / "state", NAME, SECRET.encode(), cost=WEAK_FOR_TESTS)
            lines = [f'name = "{NAME}"', 'key_file = "witness.key"', 'state = "state"', 'listen = "127.0.0.1:0"']
            (place / "witness.toml").write_text("\n".join([*lines, ""]))
            found.append(stack.enter_context(running(place / "witness.toml")))
        yield found


def know(witness: Running, *words: str) -> None:
    """``witness add`` or ``remove``, and the witness takes it over."""
    command, *rest = words
    done("witness", command, witness.folder / "witness.toml", ORIGIN, *rest)
    witness.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)


def cosigned_record(small: Small, file: Path, trusted: TrustFile, *since: Path) -> bytes:
    """The member's record, its checkpoint cosigned by the witnesses of ``trusted``, as a platform hands it out."""
    from mutualchain.block.chain import BLOCKS
    from mutualchain.cli.ledgers import reading
    from mutualchain.tlog.merkle import consistency_proof_from_nodes
    from mutualchain.witness.client import gather

    options = [word for path in since for word in ("--since", path)]
    done("record", small.ledger, PLAN, "--slot", 0, *options, "-o", file, clock=clock)
    bundle = RecordBundle.from_bytes(file.read_bytes())
    with reading(small.ledger) as archive:
        nodes, size = archive.nodes(BLOCKS), parse(notes.parse(bundle.checkpoint).text).size
        gathered = gather(
            bundle.checkpoint,
            lambda old: consistency_proof_from_nodes(nodes, old, size),
            trusted,
            everyone=True,
        )
    gathered.require()
    file.write_bytes(replace(bundle, checkpoint=gathered.note).to_bytes())
    return gathered.note


def verified(small: Small, file: Path, trusted: Path, *words: object) -> Result:
    words = ("--trust", trusted, "--no-pin", *words)
    result = call("verify-my-record", file, "--passport", small.passport, *words, clock=clock)
    assert result.code in (0, 3, 4), result.err + result.out
    return result


def test_a_log_key_is_changed_end_to_end(small: Small, witnesses: list[Running], tmp_path: Path) -> None:
    old = signing(small)[0]
    for witness in witnesses:
        know(witness, "add", old)
    lines = [f"w{number} {item.key.vkey} {item.url}" for number, item in enumerate(witnesses)]
    named = [word for line in lines for word in ("--witness", line)]
    done("trust", "make", small.trust, "--from", small.trust, *named, "--quorum", 2, "--max-age", "3d", "--force")
    trusts = {name: tmp_path / f"{name}.trust" for name in ("old", "both", "new")}
    records = {name: tmp_path / f"{name}.mcr" for name in ("old", "both", "new")}

    def hand_out(name: str) -> TrustFile:
        trusts[name].write_bytes(small.trust.read_bytes())
        return trust.parse(trusts[name].read_bytes())

    # before
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "before", clock=clock)
    cosigned_record(small, records["old"], hand_out("old"))
    assert verified(small, records["old"], trusts["old"]).code == 0

    # both keys sign
    new = done(*ROTATE, "begin", small.ledger, "--json", clock=clock).value["new"]
    cosigned_record(small, records["both"], hand_out("both"))
    for name in ("old", "both"):
        assert verified(small, records["both"], trusts[name]).code == 0, name
        assert verified(small, records["old"], trusts[name]).code == 0, name

    # the witnesses do not know the new key: nothing changes
    result = call(*ROTATE, "finish", small.ledger, "--timeout", 5, clock=clock)
    assert result.code == 3
    assert result.err.startswith("MC-029: 0 of 3 witnesses take the new key")
    assert signing(small) == [old, new]
    for witness in witnesses[:2]:
        know(witness, "add", new)

    # the new key alone
    ended = done(*ROTATE, "finish", small.ledger, "--json", clock=clock).value
    assert ended["not_after"] is not None
    trusted = hand_out("new")
    know(witnesses[2], "add", new)
    while clock() // 1_000 <= parse_time(ended["not_after"]):
        time.sleep(0.1)  # the window ends with a second
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "after", clock=clock)
    last = cosigned_record(small, records["new"], trusted, records["old"])
    assert [line.key_id for line in trusted.open_checkpoint(last).signatures] == [trusted.logs[1].key.key_id]
    wanted = {("old", "old"): 0, ("old", "both"): 0, ("old", "new"): 0, ("both", "new"): 0}
    wanted |= {("new", "old"): 3, ("new", "both"): 0, ("new", "new"): 0}
    for (record, file), code in wanted.items():
        assert verified(small, records[record], trusts[file]).code == code, (record, file)
    assert "MC-023" in verified(small, records["new"], trusts["old"]).out
    continued = verified(small, records["new"], trusts["new"], "--seen", records["old"])
    assert CONTINUED in " ".join(continued.out.split())
    for witness in witnesses:
        know(witness, "remove", old)

    # the retired key is stolen, and even a witness's lie about the time of it is of no use without a quorum's
    thief = read_key_file(Path(ended["retired"]))
    forged = sign_checkpoint(open_checkpoint(last, ORIGIN, [trusted.logs[1].key]).checkpoint, [thief])
    liar = CosignatureSigner.from_seed("liar.example", b"1" * 32)
    text = parse(notes.parse(last).text)
    lines_ = [line for line in notes.parse(last).signatures if line.name == NAME]
    stolen = notes.add_signatures(forged, [*lines_, liar.cosign(text, 1)])
    bundle = RecordBundle.from_bytes(records["new"].read_bytes())
    (tmp_path / "stolen.mcr").write_bytes(replace(bundle, checkpoint=stolen).to_bytes())
    assert "MC-032" in verified(small, tmp_path / "stolen.mcr", trusts["new"]).out
    assert verified(small, tmp_path / "stolen.mcr", trusts["both"]).code == 0, "which is why files are handed out again"


def test_witnesses_need_not_be_asked(small: Small, tmp_path: Path) -> None:
    key = CosignatureSigner.from_seed(NAME, b"4" * 32).vkey
    line = f"w {key} http://127.0.0.1:9/"
    done("trust", "make", small.trust, "--from", small.trust, "--witness", line, "--quorum", "w", "--force")
    insisting = (small.ledger, "--unconfirmed")
    done(*ROTATE, "begin", *insisting)
    assert call(*ROTATE, "finish", *insisting, "--timeout", 0.2).err.startswith("MC-029")
    assert done(*ROTATE, "finish", *insisting, "--unasked", "--json").value["not_after"] is not None
    assert trust.parse(small.trust.read_bytes()).logs[0].window.not_after is not None


# --- block keys -----------------------------------------------------------------------------------


def block_key(small: Small) -> bytes:
    return read_key_file(folder(small) / "block.key").public_key


def test_a_block_key_is_rotated(small: Small) -> None:
    old = block_key(small)
    value = done("keys", "rotate-block", small.ledger, "--json").value
    check(value, "keys-block")
    assert value["new"] == block_key(small).hex() != old.hex()
    assert done("keys", "show", small.ledger, "--json").value["block"] == value["new"]
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "signed by the new one")
    assert done("audit", small.ledger).code == 0


def test_a_rotation_of_the_block_key_goes_on_where_it_was_interrupted(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(monkeypatch, "_retire", "keys", "rotate-block", small.ledger)
    named = done("keys", "show", small.ledger, "--json").value["block"]
    assert done("keys", "rotate-block", small.ledger, "--json").value["new"] == named == block_key(small).hex()
    assert done("status", small.ledger, "--json").value["size"] > 0


def test_a_lost_block_key_is_recovered_after_the_delay(small: Small) -> None:
    recovery = small.folder / "safe.key"
    (folder(small) / "recovery.key").rename(recovery)
    (folder(small) / "block.key").unlink()
    words = ("keys", "recover-block", small.ledger, "--recovery-key")
    refused(*words, folder(small) / "log.key", code="MC-135", exit_code=2)
    later = ticking(clock() + 1_000_000_000)
    value = done(*words, recovery, "--json", clock=later).value
    check(value, "keys-block")
    assert value["from_ms"] >= later() + WEEK - 60_000
    refused(*words, recovery, code="MC-002", exit_code=2)  # it is under way: the delay does not begin again
    credit = ("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "r")
    assert call(*credit, clock=later).err.startswith("MC-066")
    done(*credit, clock=ticking(value["from_ms"] + WEEK))
    assert done("audit", small.ledger).code == 0
