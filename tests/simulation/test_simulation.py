"""200 seeds hold, a seed replays exactly, and every planted defect is found within 200."""

from __future__ import annotations

from collections import Counter

import pytest

from .__main__ import main
from .invariants import Broken
from .plants import PLANTS
from .world import World

SEEDS = 200
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds_in_every_world(part: int) -> None:
    deeds: Counter[str] = Counter()
    endorsed = 0
    for seed in range(part, SEEDS, PARTS):
        world = World(seed)
        try:
            world.live()
        except Broken as error:
            pytest.fail(f"seed {seed}: {error}\n" + "\n".join(world.clock.trace[-40:]))
        deeds.update(world.deeds)
        endorsed += len(world.truth.endorsed)
    assert endorsed > SEEDS / PARTS, "heads do get their quorum in these worlds"
    assert all(deeds[deed] for deed in ("enrol", "restart", "restore", "crash", "cut off", "fork", "came right"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_seed_replays_exactly(seed: int) -> None:
    first, second = World(seed).live(), World(seed).live()
    assert first.clock.trace == second.clock.trace
    assert first.house.data._state() == second.house.data._state()
    assert first.clock.trace != World(seed + 100).live().clock.trace


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_defect_is_found(plant: str) -> None:
    with PLANTS[plant]():
        for seed in range(SEEDS):
            try:
                World(seed).live()
            except Broken:
                break
        else:
            pytest.fail("nobody noticed")
    World(seed).live()


def test_the_command_says_which_seed_to_play_again(capsys: pytest.CaptureFixture[str]) -> None:
    plant = "a ledger signs after a restore"
    assert main(["--seeds", "40", "--processes", "1", "--plant", plant]) == 1
    said = capsys.readouterr().out.splitlines()
    again = said[-1].removeprefix("again: python -m tests.simulation ").split(" --plant")[0].split()
    assert main([*again, "--plant", plant]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == said[-2]
    assert main([*again]) == 0
    assert main(["--seeds", "2", "--processes", "1"]) == 0
    assert "2 seeds from 0" in capsys.readouterr().out
