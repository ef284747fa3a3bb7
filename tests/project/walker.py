"""Reads the imports and the impure names of a package from its source, without running it.

``Tree`` takes ``module name -> source``, so that a test can plant a violation and see it found.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PURE_STDLIB = frozenset(
    "__future__ abc base64 binascii bisect collections contextlib copy dataclasses datetime decimal enum fractions "
    "functools gzip hashlib heapq hmac itertools json math operator re reprlib string struct textwrap tomllib "
    "types typing "
    "unicodedata zlib".split()
)
"""Modules without a clock, randomness, files, network or processes; ``datetime`` only for values that came in."""

PURE_PACKAGES = frozenset({"numpy", "nacl", "msgpack"})
"""Installed packages that the core uses. ``cryptography`` and ``lmdb`` are not among them."""

IMPURE_MODULES = frozenset({"nacl.utils", "nacl.public", "numpy.random", "numpy.ctypeslib"})
"""Parts of them that draw random numbers or call foreign code."""

IMPURE_CALLS = frozenset({"breakpoint", "eval", "exec", "input", "open", "print", "__import__"})
"""Builtins that do more than compute."""

IMPURE_METHODS = frozenset({"now", "today", "utcnow", "fromtimestamp", "generate", "tofile"})
"""Called as ``something.name(...)``: a clock, a random key, a file."""

IMPURE_NUMPY = frozenset("fromfile genfromtxt load loadtxt memmap random save savetxt savez savez_compressed".split())
"""Of ``np``: files and randomness."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the module, as far as the name is one, of this tree or another's; ``eager`` at import time."""

    module: str
    line: int
    eager: bool


def sources(folder: Path) -> dict[str, str]:
    """``module name -> source`` of the package in ``folder``; a package's own name stands for its ``__init__``."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = path.read_text(encoding="utf-8")
    return found


def _for_types_only(node: ast.AST) -> bool:
    """Whether ``node`` is ``if TYPE_CHECKING:``, whose imports never run."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


class Tree:
    """The modules of one package, parsed."""

    def __init__(self, modules: Mapping[str, str], packages: frozenset[str] | None = None) -> None:
        self.modules = {name: ast.parse(text, filename=name) for name, text in modules.items()}
        parents = {name.rpartition(".")[0] for name in modules}
        self.packages = packages if packages is not None else frozenset(parents & set(modules))
        self._imports = {name: tuple(self._read(name)) for name in self.modules}

    @cached_property
    def root(self) -> str:
        return min(self.modules, key=len)

    def imports(self, module: str) -> tuple[Import, ...]:
        return self._imports[module]

    def _read(self, module: str) -> Iterator[Import]:
        tree = self.modules[module]
        lazy = {
            id(inner)
            for outer in ast.walk(tree)
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _for_types_only(outer)
            for inner in ast.walk(outer)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno, id(node) not in lazy)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(module, node)
                for alias in node.names:
                    whole = f"{base}.{alias.name}"
                    known = whole in self.modules or whole in IMPURE_MODULES
                    yield Import(whole if known else base, node.lineno, id(node) not in lazy)

    def _base(self, module: str, node: ast.ImportFrom) -> str:
        """The absolute name of what a ``from`` names: one dot is the module's own package."""
        if node.level == 0:
            return node.module or ""
        parts = module.split(".")
        up = node.level - 1 if module in self.packages else node.level
        kept = parts[: len(parts) - up]
        return ".".join([*kept, *([node.module] if node.module else [])])

    def own(self, name: str) -> bool:
        return name == self.root or name.startswith(self.root + ".")

    def reached(self, module: str, *, parents: bool) -> dict[str, tuple[str, ...]]:
        """Every module of the tree that ``module`` imports, with the way there.

        With ``parents`` the ``__init__`` of every package on the way counts too, as it does when Python imports;
        the root's own imports count only where they are eager.
        """
        ways: dict[str, tuple[str, ...]] = {module: (module,)}
        queue = [module]
        while queue:
            here = queue.pop(0)
            names = [
                found.module
                for found in self.imports(here)
                if self.own(found.module) and (found.eager or here != self.root)
            ]
            if parents:
                parts = here.split(".")
                names += [".".join(parts[:count]) for count in range(1, len(parts))]
            for name in names:
                if name in self.modules and name not in ways:
                    ways[name] = (*ways[here], name)
                    queue.append(name)
        return ways

    def impurities(self, module: str) -> list[str]:
        """What ``module`` itself imports or calls that is not pure, as ``module:line: what``."""
        return [f"{module}:{line}: {what}" for line, what in sorted(self._impurities(module))]

    def _impurities(self, module: str) -> Iterator[tuple[int, str]]:
        for found in self.imports(module):
            top = found.module.partition(".")[0]
            if found.module in IMPURE_MODULES or not (self.own(found.module) or top in PURE_STDLIB | PURE_PACKAGES):
                yield found.line, f"imports {found.module}"
        tree = self.modules[module]
        named_here = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                named_here |= {alias.asname or alias.name for alias in node.names}
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=attr) if attr in IMPURE_NUMPY:
                    yield node.lineno, f"uses numpy.{attr}"
                case ast.Call(func=ast.Name(id=name)) if name in IMPURE_CALLS - named_here:
                    yield node.lineno, f"calls {name}()"
                case ast.Call(func=ast.Attribute(attr=attr)) if attr in IMPURE_METHODS:
                    yield node.lineno, f"calls .{attr}()"
