"""Three platforms, each the others' witness, two members, one auditor; and an operator who turns dishonest.

Run it with `.venv/bin/python examples/mutual/run.py`, after `make setup` (it needs the extra `witness`). Five times the
operator of one platform, who has all its keys and all its servers, tries what operators have tried. Each time it says
who notices, and with what evidence. Everything runs on loopback, in a temporary folder, in some seconds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from stage import COVENANT, PLAN, Platform, Stage, file_server

from mutualchain import Ledger, Passport, TrustFile, verify_record
from mutualchain.errors import MutualchainError
from mutualchain.evidence import Book, compare, verify_evidence
from mutualchain.evidence.books import book_of_file
from mutualchain.ledger.gathering import Witnesses
from mutualchain.publish import publish
from mutualchain.record.build import build_record
from mutualchain.record.pin import note_in
from mutualchain.witness.places import Place, open_book
from mutualchain.witness.watching import Watch

HOUR, DAY = 3_600, 86_400


@dataclass
class Scene:
    """An act: its platform as the honest operator left it, what each member keeps, and the auditor's monitor."""

    stage: Stage
    platform: Platform
    ann: Passport
    bo: Passport
    kept: dict[str, bytes]
    watch: Watch

    @classmethod
    def honest(cls, stage: Stage, name: str, stack: ExitStack) -> Scene:
        """Ann and Bo join, everything is cosigned and shown, and all of them look."""
        platform = stage.platform("kindred", name)
        ann, bo = Passport(os.urandom(32)), Passport(os.urandom(32))
        platform.enrol(ann, bo)
        shutil.copytree(platform.folder / "ledger", platform.folder / "backup")
        platform.ledger.credit(PLAN, 0, 50_00, reference="ann pays in")
        platform.publish()
        kept = {
            "ann": platform.record(0),
            "bo": platform.record(1),
            "receipt": platform.ledger.receipt(PLAN, "ann pays in").to_bytes(),
        }
        folder = platform.folder / "auditor"
        folder.mkdir()
        witnesses = [stage.houses[name].shown(platform.origin) for name in ("lotus", "harbour")]
        watch = Watch(
            [Place(place) for place in (platform.url, *witnesses)],
            platform.trust,
            folder / "state.json",
            folder=folder,
            max_age=3 * HOUR,
            clock=stage.clock.seconds,
        )
        first = stack.enter_context(watch).look()
        assert first.exit_code == 0, first.memory.alarms
        return cls(stage, platform, ann, bo, kept, watch)

    # --- what a dishonest operator can do: it has every key, and every disk ----------------------

    def from_backup(self, name: str = "hidden", witnesses: Witnesses | None = None) -> Ledger:
        """The book as it was before Ann paid in, open to be gone on with."""
        self.platform.ledger.close()
        place = self.platform.folder / name
        shutil.copytree(self.platform.folder / "backup", place)
        clock = self.stage.clock.milliseconds
        self.platform.ledger = Ledger.open(
            place, self.platform.keys, clock=clock, witnesses=witnesses, background=False
        )
        return self.platform.ledger

    def begun_anew(self) -> Ledger:
        """Another book under the same keys, of as many blocks."""
        self.platform.ledger.close()
        clock = self.stage.clock.milliseconds
        ledger = Ledger.create(self.platform.folder / "hidden", self.platform.keys, clock=clock)
        ledger.create_plan(PLAN, COVENANT, reference="plan")
        for passport in (self.ann, self.bo):
            key = passport.public_key(self.platform.origin, PLAN)
            ledger.enrol(PLAN, key, os.urandom(32), deposit=20_00, reference=key)
        self.platform.ledger = ledger
        self.credit_bo(ledger, 2)
        return ledger

    def credit_bo(self, ledger: Ledger, times: int) -> None:
        """So many blocks more."""
        for _ in range(times):
            ledger.credit(PLAN, 1, 1_00, reference=os.urandom(8))

    def show(self, ledger: Ledger, where: str = "public") -> None:
        """Put a book in the place of what was shown, without asking anybody."""
        folder = self.platform.folder / where
        for item in folder.iterdir() if folder.exists() else ():
            shutil.rmtree(item) if item.is_dir() else item.unlink()
        ledger.checkpoint()
        with ledger.read() as archive:
            publish(archive, folder)

    # --- who notices -----------------------------------------------------------------------------

    def member(self, name: str, record: bytes, *, trust: TrustFile | None = None, seen: str = "") -> None:
        """A member checks the record that she is given now, against what she kept."""
        person = self.ann if name == "ann" else self.bo
        kept = note_in(self.kept[seen or name])
        key = person.public_key(self.platform.origin, PLAN)
        now = self.stage.clock.milliseconds()
        try:
            verify_record(
                record, trust or self.platform.trust, public_key=key, seen=kept, now_ms=now, max_age_ms=DAY * 1000
            )
        except MutualchainError as error:
            say(f"{name.capitalize()}'s check: {error.code}, {error.message}")
        else:
            say(f"{name.capitalize()}'s check finds nothing wrong")

    def auditor(self) -> None:
        """The auditor's monitor looks once more, and a stranger checks the evidence that it wrote, if any."""
        look = self.watch.look()
        for alarm in look.memory.alarms:
            say(f"the auditor's monitor: {alarm.kind.value.upper()}: {alarm.text}")
        files = sorted({alarm.evidence for alarm in look.memory.alarms if alarm.evidence})
        for name in files:
            self.stranger((self.watch.folder / name).read_bytes())
        if not files:
            say("evidence: none. Nothing that was signed contradicts itself")

    def stranger(self, evidence: bytes | None) -> None:
        """Somebody who knows nothing but the keys checks evidence."""
        assert evidence is not None
        verdict = verify_evidence(evidence, self.platform.trust)
        say(f"evidence, {len(evidence):,} bytes: {verdict.sentence()}")

    def compare(self, who: str, first: Book, second: Book) -> None:
        """Two books are held against each other."""
        done = compare(first, second, self.platform.trust)
        say(f"{who}: {done.relation.value}")
        self.stranger(done.evidence)

    def file(self, name: str, data: bytes) -> Book:
        """A file that somebody kept, as a book to compare."""
        return book_of_file(name, data, self.platform.trust)


def record_of(ledger: Ledger, slot: int = 0) -> bytes:
    """A member's record, out of whichever book."""
    with ledger.read() as archive:
        return build_record(archive, PLAN, slot)


def say(text: str) -> None:
    print(f"  - {text}")


# --- five acts -----------------------------------------------------------------------------------


def rewrites(scene: Scene) -> None:
    """It begins its book anew, in which both members had prepaid a fifth of what they did."""
    ledger = scene.begun_anew()
    scene.show(ledger)
    scene.member("ann", record_of(ledger))
    say("even without asking for witnesses she would compare it with what she kept:")
    scene.member("ann", record_of(ledger), trust=scene.platform.trust.unconditional())
    scene.auditor()


def forks(scene: Scene) -> None:
    """It goes on showing Ann the book that was cosigned, and shows Bo another one, in which she never paid in."""
    ledger = scene.from_backup()
    scene.credit_bo(ledger, 2)
    scene.show(ledger, "for-bo")
    scene.member("bo", record_of(ledger, slot=1))
    records = scene.file("Ann's", scene.kept["ann"]), scene.file("Bo's", record_of(ledger, slot=1))
    scene.compare("Ann and Bo compare their records", *records)
    with file_server(scene.platform.folder / "for-bo") as url:
        places = [Place(scene.platform.url), Place(url)]
        with Watch(places, scene.platform.trust, folder=scene.watch.folder) as watch:
            kinds = {alarm.kind.value for alarm in watch.look().memory.alarms}
    say(f"the auditor's monitor, pointed at both places: {', '.join(sorted(kinds))}")


def truncates(scene: Scene) -> None:
    """It cuts off the block in which Ann paid in, and shows the book as it was before: every signature is true."""
    ledger = scene.from_backup()
    scene.show(ledger)
    scene.member("ann", record_of(ledger), trust=scene.platform.trust.unconditional())
    scene.auditor()
    say("then it goes on from there, with a block in the place of Ann's:")
    scene.credit_bo(ledger, 1)
    scene.show(ledger)
    with open_book(scene.platform.url, scene.platform.trust) as published:
        scene.compare("Ann compares her receipt", scene.file("receipt", scene.kept["receipt"]), published)
    say("and with as many as there were before:")
    scene.credit_bo(ledger, 2)
    scene.show(ledger)
    scene.auditor()


def freezes(scene: Scene) -> None:
    """It goes on, and its server shows the book of two days ago, for ever."""
    old = scene.platform.record(0)
    scene.stage.clock.wait(2 * DAY)
    scene.platform.ledger.credit(PLAN, 1, 1_00, reference="bo pays in")
    scene.platform.ledger.gather(everyone=True).require()
    scene.member("ann", old)
    scene.auditor()


def restores(scene: Scene) -> None:
    """Its disk breaks. It restores a backup of before Ann paid in."""
    restored = scene.from_backup("restored", witnesses=Witnesses(scene.platform.trust))
    try:
        restored.gather()
    except MutualchainError as error:
        say(f"its own software asks the witnesses first, and signs nothing: {error.code}, {error.message}")
    restored.close()
    say("so it leaves the witnesses out, and signs:")
    ledger = scene.from_backup()
    scene.credit_bo(ledger, 2)
    scene.show(ledger)
    scene.auditor()
    scene.member("ann", record_of(ledger), trust=scene.platform.trust.unconditional(), seen="receipt")


ACTS: dict[str, Callable[[Scene], None]] = {
    "rewrites": rewrites,
    "forks": forks,
    "truncates": truncates,
    "freezes": freezes,
    "restores": restores,
}


def main(wanted: list[str]) -> None:
    """All five acts, or those named."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stage = Stage(Path(folder), stack)
        print(f"Three platforms, each the others' witness: {', '.join(stage.NAMES)}.")
        for name in wanted or ACTS:
            act = ACTS[name]
            with ExitStack() as inner:
                scene = Scene.honest(stage, name, inner)
                print(f"\nKindred {name}. {act.__doc__}")
                act(scene)


if __name__ == "__main__":
    main(sys.argv[1:])
