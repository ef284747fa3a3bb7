"""Go's golang.org/x/mod/sumdb reads what a witness shows: the log's signature, and the proof that was submitted.

It knows no cosignatures; those stand among the signatures it cannot verify, which is what the format asks for.
"""

from __future__ import annotations

import base64

from mutualchain.tlog import merkle
from mutualchain.witness.core import Seen, cosigned_note
from tests.interop.test_go import Ask, ask  # noqa: F401 - a fixture

from .logs import MOST, NOW, WITNESS, FakeLog, leaves
from .test_core import Bench

LOG = FakeLog("example.com/log")


def text(item: bytes) -> str:
    return base64.b64encode(item).decode()


def test_go_opens_what_monitors_are_shown(ask: Ask) -> None:  # noqa: F811
    bench = Bench(LOG)
    assert bench.post(LOG.request(0, 9)).status == 200
    seen: Seen = bench.states.get(LOG.origin)
    shown = cosigned_note(seen, [WITNESS.cosign(LOG.checkpoint(9), NOW)])
    [opened] = ask(open=[{"note": shown.decode(), "vkeys": [LOG.signer.vkey]}])["open"]
    assert opened["error"] == ""
    assert (opened["text"], opened["verified"]) == (LOG.checkpoint(9).text, [LOG.origin])
    assert opened["unverified"] == [WITNESS.name]


def test_go_and_the_witness_agree_on_every_step_of_a_small_log(ask: Ask) -> None:  # noqa: F811
    steps = [(old, new) for new in range(1, MOST + 1, 3) for old in range(1, new, 2)]
    asked = []
    for old, new in steps:
        proof = merkle.consistency_proof(leaves("", 0)[:new], old)
        bench = Bench(LOG)
        assert bench.post(LOG.request(0, old)).status == 200
        assert bench.post(LOG.request(old, new)).status == 200
        sides = {"old_size": old, "old_root": text(LOG.root(old)), "new_size": new, "new_root": text(LOG.root(new))}
        asked.append({"proof": [text(item) for item in proof], **sides})
    assert set(ask(consistency=asked)["consistency"]) == {""}
