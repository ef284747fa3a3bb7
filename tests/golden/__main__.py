"""``python -m tests.golden`` writes the golden files again and says which changed."""

from __future__ import annotations

from tests.golden import regenerators, write_all

changed = write_all()
for path in changed:
    print(f"tests/golden/{path.name}: written")
print(f"{len(changed)} changed, from {len(regenerators())} modules")
