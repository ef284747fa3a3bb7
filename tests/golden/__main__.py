"""``python -m tests.golden`` writes the golden files again and says which changed."""

from __future__ import annotations

from tests.golden import TESTS, regenerators, write_all

changed = write_all()
for path in changed:
    print(f"{path.relative_to(TESTS.parent).as_posix()}: written")
print(f"{len(changed)} changed, from {len(regenerators())} modules")
