"""Imports point downwards, who checks never runs the code of whom he checks, and the core is pure."""

from __future__ import annotations

import os
import subprocess
import sys
from fnmatch import fnmatch

import pytest

from tests.project.tree import ROOT, SOURCE
from tests.project.walker import Tree, sources

GROUND = {"errors", "limits"}
CORE = GROUND | {"canonical", "money", "toml_text"}
CHAIN = CORE | {"tlog", "sheet", "block", "covenant"}
READING = CHAIN | {"store", "archive"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "limits": set(),
    "explanations": GROUND,
    "canonical": GROUND,
    "money": GROUND,
    "toml_text": GROUND,
    "tlog": CORE,
    "sheet": CORE,
    "block": CORE | {"tlog", "sheet"},
    "covenant": CORE | {"tlog", "sheet", "block"},
    "catalogue": CHAIN,
    "simulate": CHAIN,
    "store": GROUND,
    "archive": CHAIN | {"store"},
    "record": READING,
    "disclosure": READING | {"record"},
    "audit": READING | {"record", "disclosure"},
    "evidence": READING | {"record", "disclosure"},
    "witness": READING | {"record", "evidence"},
    "ledger": READING | {"record", "witness"},  # the client's side: cosignatures are gathered where heads are signed
    "publish": READING,
    "giving": READING | {"ledger"},
    "vault": READING | {"record"},
    "web": READING | {"record", "disclosure"},
    "cli": {"*"},
    "__main__": {"*"},
}
"""What each part may import beside itself. A new part gets a line here, below whatever uses it."""

CHECKERS = ("record", "disclosure", "evidence", "audit", "witness")
WRITERS = ("ledger", "publish")

PURE = (
    "errors limits canonical money toml_text tlog tlog.* sheet sheet.* block block.* covenant covenant.* "
    "record.covenants record.keys record.logs record.notices record.refunds record.result record.rounds "
    "record.standing "
    "record.bundle record.facts record.frame record.history record.membership record.order record.passport record.pin "
    "record.pinfile record.receipt record.verify disclosure disclosure.bundle disclosure.facts disclosure.life "
    "disclosure.masking disclosure.opened disclosure.result disclosure.shown disclosure.verify evidence evidence.* "
    "witness.conversation witness.core witness.following witness.monitor witness.monitor_state witness.quorum "
    "ledger.endorsement ledger.errands"
).split()
"""Bytes and arguments in, values and verdicts out."""

TREE = Tree(sources(SOURCE))


def part_of(module: str) -> str:
    """``mutualchain.tlog.note`` -> ``tlog``; the package itself is the empty part."""
    return module.split(".")[1] if "." in module else ""


def is_pure(module: str) -> bool:
    inner = module.partition(".")[2]
    return any(fnmatch(inner, pattern) for pattern in PURE)


def upward_imports(tree: Tree) -> list[str]:
    wrong = []
    for module in tree.modules:
        here = part_of(module)
        allowed = MAY_IMPORT.get(here, set())
        for found in tree.imports(module):
            there = part_of(found.module)
            if here and there and tree.own(found.module) and there != here and not allowed & {there, "*"}:
                wrong.append(f"{module}:{found.line}: {here} imports {there}")
    return wrong


def checkers_reaching_writers(tree: Tree) -> list[str]:
    wrong = []
    for module in tree.modules:
        if part_of(module) in CHECKERS:
            ways = tree.reached(module, parents=True)
            wrong += [" -> ".join(way) for name, way in ways.items() if part_of(name) in WRITERS]
    return wrong


def impure_core(tree: Tree) -> list[str]:
    wrong = []
    for module in filter(is_pure, tree.modules):
        wrong += tree.impurities(module)
        for name, way in tree.reached(module, parents=False).items():
            own_package = module.startswith(name + ".")
            if not (is_pure(name) or own_package):
                wrong.append("impure by " + " -> ".join(way))
    return wrong


def test_every_part_has_its_place_in_the_order() -> None:
    parts = {part_of(module) for module in TREE.modules} - {""}
    assert parts <= set(MAY_IMPORT), f"give {parts - set(MAY_IMPORT)} a line in MAY_IMPORT"


def test_imports_point_downwards() -> None:
    assert upward_imports(TREE) == []


def test_who_checks_never_imports_what_writes() -> None:
    assert checkers_reaching_writers(TREE) == []


def test_the_core_is_pure() -> None:
    assert impure_core(TREE) == []


def test_the_order_has_no_circle() -> None:
    for part, allowed in MAY_IMPORT.items():
        for other in allowed - {"*"}:
            assert part not in MAY_IMPORT[other], f"{part} and {other} may import each other"


@pytest.mark.parametrize("part", CHECKERS)
def test_importing_a_checker_loads_no_writer(part: str) -> None:
    modules = [name for name in TREE.modules if part_of(name) == part]
    if not modules:
        pytest.skip(f"mutualchain.{part} is not there")
    program = (
        f"import sys, {', '.join(modules)}\nprint(*sorted(m for m in sys.modules if m.startswith('mutualchain.')))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr
    assert [name for name in run.stdout.split() if part_of(name) in WRITERS] == []


# --- the walker itself, on planted violations ---------------------------------------------------


def planted(**modules: str) -> Tree:
    """A small package: ``tlog__note="..."`` is ``mutualchain.tlog.note``; packages come of themselves."""
    tree = {"mutualchain": ""}
    for name, text in modules.items():
        parts = ["mutualchain", *name.split("__")]
        for count in range(2, len(parts)):
            tree.setdefault(".".join(parts[:count]), "")
        tree[".".join(parts)] = text
    return Tree(tree)


@pytest.mark.parametrize(
    "text",
    [
        "from ..ledger import service",
        "from ..ledger.service import Service",
        "from .. import ledger",
        "import mutualchain.ledger.service",
        "from mutualchain.ledger import service",
        "def later():\n    from ..ledger import service",
        "if TYPE_CHECKING:\n    from ..ledger import service",
    ],
)
def test_a_planted_upward_import_is_found(text: str) -> None:
    tree = planted(block__header=text, ledger__service="")
    assert [line for line in upward_imports(tree) if "block imports ledger" in line]


def test_imports_inside_a_part_and_downwards_are_fine() -> None:
    tree = planted(block__header="from . import entry\nfrom ..tlog import merkle", block__entry="", tlog__merkle="")
    assert upward_imports(tree) == []


@pytest.mark.parametrize(
    "modules",
    [
        {"record__verify": "from ..archive import reading", "archive__reading": "from ..ledger import service"},
        {
            "record__verify": "from ..archive import reading",
            "archive__reading": "",
            "archive": "from ..ledger import service",
        },
        {"record": "from . import maker", "record__maker": "from ..ledger import service", "record__verify": ""},
        {"audit__replay": "def run():\n    from ..publish import service", "publish__service": ""},
    ],
    ids=["over another part", "over a package's __init__", "over its own __init__", "inside a function"],
)
def test_a_checker_that_reaches_a_writer_is_found(modules: dict[str, str]) -> None:
    assert checkers_reaching_writers(planted(**{"ledger__service": "", **modules}))


def test_an_eager_import_in_the_root_is_found_and_a_lazy_one_is_not() -> None:
    eager = {"mutualchain": "from .ledger import service"}
    lazy = {"mutualchain": "def __getattr__(name):\n    from .ledger import service\n    return service"}
    rest = {"mutualchain.ledger": "", "mutualchain.ledger.service": "", "mutualchain.record": ""}
    assert checkers_reaching_writers(Tree(eager | rest))
    assert checkers_reaching_writers(Tree(lazy | rest)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path",
        "from random import Random",
        "import secrets",
        "from pathlib import Path",
        "import socket",
        "import subprocess",
        "from concurrent import futures",
        "import threading",
        "import lmdb",
        "from nacl import utils",
        "from nacl.utils import random",
        "from numpy.random import default_rng",
        "import numpy as np\nx = np.random.default_rng()",
        "from datetime import datetime\ndef f():\n    return datetime.now()",
        "import datetime\nx = datetime.date.today()",
        "from nacl.signing import SigningKey\nk = SigningKey.generate()",
        "def f():\n    return open('x')",
        "def f():\n    print('x')",
        "import numpy as np\nx = np.fromfile('x')",
        "def f():\n    import os",
        "from ..store import memory",
    ],
)
def test_a_planted_impurity_is_found(text: str) -> None:
    assert impure_core(planted(covenant__machine=text, store__memory="import threading"))


def test_pure_code_is_not_accused() -> None:
    text = (
        "import hashlib, struct\nfrom datetime import date\nimport numpy as np\nfrom nacl.signing import VerifyKey\n"
        "from .. import errors\nfrom ..errors import ProofError\n"
        "def open(note, verifiers):\n    return note\ndef f(now):\n    return open(now, date(2019, 1, 1))\n"
    )
    assert impure_core(planted(tlog__note=text, errors="class ProofError(Exception): ...")) == []


@pytest.mark.parametrize("text", ["from . import files", "from .files import read", "from ..archive import Reader"])
def test_an_impurity_behind_another_module_is_found(text: str) -> None:
    tree = planted(
        record__verify=text, record__files="from pathlib import Path", archive="import os", archive__layout=""
    )
    assert [line for line in impure_core(tree) if line.startswith("impure by mutualchain.record.verify -> ")]
