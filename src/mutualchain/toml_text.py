"""TOML that strangers write, read within bounds: covenants, disease catalogues, notice templates, configurations.

Python's reader raises RecursionError for what is nested deeply and ValueError for a number of thousands of digits, and
lets pass a hexadecimal one that nothing can print afterwards. Here all of them are one ValueError.
"""

from __future__ import annotations

import tomllib
from typing import Any, Final

__all__ = ["load"]

_MOST: Final = 2**63
"""TOML's integers are of 64 bits; Python's reader takes longer ones."""
_SHOWN: Final = 200


def load(data: str | bytes) -> dict[str, Any]:
    """The document's table. Raises ValueError, with a sentence of at most 200 characters, for what is none."""
    try:
        found = tomllib.loads(data if isinstance(data, str) else data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(str(error)[:_SHOWN]) from None
    todo: list[Any] = [found]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo += item.values()
        elif isinstance(item, list):
            todo += item
        elif isinstance(item, int) and not -_MOST <= item < _MOST:
            raise ValueError("an integer is longer than 64 bits")
    return found
