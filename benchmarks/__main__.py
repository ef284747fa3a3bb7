"""``python -m benchmarks [NAME...] [--quick] [--full] [--json FILE]``: all benchmarks, or those that are named."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from .harness import add_common, run_all

NAMES = ("settle", "enrol", "events", "year", "audit", "proofs", "publish", "handout", "disclosures", "peers")


def main() -> int:
    """Run benchmarks with their usual sizes; each module has options of its own for others."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all if none is named")
    add_common(parser)
    modules = {name: import_module(f"benchmarks.{name}") for name in NAMES}
    for module in modules.values():
        module.add_options(parser.add_argument_group(module.__name__.split(".")[-1]))
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]!r}")
    run_all([(name, modules[name].run) for name in options.names or NAMES], options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
