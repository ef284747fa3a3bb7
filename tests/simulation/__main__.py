"""``python -m tests.simulation --seeds 10000``: that many worlds; ``--seed 17``: one, with its trace."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial

from .invariants import Broken
from .plants import PLANTS
from .world import World

_TRACE = 80
_CHUNK = 20


def play(seed: int, plant: str | None) -> tuple[int, Counter[str], str | None, list[str]]:
    """One world: its steps, what was done in it, what broke if something did, and then its trace."""
    world = World(seed)
    try:
        if plant is None:
            world.live()
        else:
            with PLANTS[plant]():
                world.live()
    except Broken as error:
        return world.clock.steps, Counter(world.deeds), str(error), world.clock.trace
    return world.clock.steps, Counter(world.deeds), None, []


def one(seed: int, plant: str | None) -> int:
    """Play a seed, and show all of it."""
    world = World(seed)
    broken = None
    try:
        with PLANTS[plant]() if plant else nullcontext():
            world.live()
    except Broken as error:
        broken = error
    print("\n".join(world.clock.trace))
    print(f"seed {seed}: {broken or 'every invariant held'}")
    return 1 if broken else 0


def many(first: int, count: int, processes: int, plant: str | None) -> int:
    """Play many seeds, on several processes; stop at the first that breaks something."""
    began, steps, deeds = time.perf_counter(), 0, Counter[str]()
    seeds = range(first, first + count)
    with ProcessPoolExecutor(processes) as pool:
        for seed, (some, done, broken, trace) in zip(
            seeds, pool.map(partial(play, plant=plant), seeds, chunksize=_CHUNK), strict=True
        ):
            steps, deeds = steps + some, deeds + done
            if broken is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                print("\n".join(trace[-_TRACE:]))
                print(f"seed {seed}: {broken}")
                print(f"again: python -m tests.simulation --seed {seed}" + (f" --plant '{plant}'" if plant else ""))
                return 1
    seconds = time.perf_counter() - began
    print(f"{count:,} seeds from {first}, {steps:,} steps in {seconds:,.0f} s: every invariant held")
    print(", ".join(f"{name} {number:,}" for name, number in sorted(deeds.items())))
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="play this one, and show its trace")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--plant", choices=PLANTS, help="with this defect, which should be found")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        return one(options.seed, options.plant)
    return many(options.first, options.seeds, options.processes, options.plant)


if __name__ == "__main__":
    sys.exit(main())
