"""``python -m mutualchain`` is the ``mutualchain`` command."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main()
