"""Every example runs, from a folder of its own, and says what its text promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = {
    "platform_backend.py": ["10 members share 60.00 yuan each", "VERIFIED: 1 round, balance 40.00 yuan"],
    "whole_plan.py": [
        "day 190: case.approve (cases.objection_days)",
        "day 190: round.open (calendar.kind)",
        "day 194: round.settle (calendar.deduction_days)",
        "day 194: case.pay (cases.payout_days)",
        "day 303: plan.statement (closing.request_days)",
        "held for members: 352.00 yuan, difference 0",
        "VERIFIED: 1 round, balance 35.20 yuan",
    ],
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_example_runs_and_prints_what_it_promises(name: str, root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(root / "examples" / name)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    for line in EXAMPLES[name]:
        assert line in done.stdout


def test_no_example_is_left_out(root: Path) -> None:
    assert {path.name for path in (root / "examples").glob("*.py")} == set(EXAMPLES)
