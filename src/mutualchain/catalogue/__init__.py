"""Covenants of real plans, ready to read, to compare and to begin a plan with.

    zhongtuobang  zhongtuobang-2022  xianghubao  xianghubao-2018  shuidi  ehuzhu  qingsong  meituan  kangai  chronic

Each is a TOML file (:mod:`mutualchain.covenant.toml`). What its sources left open, and what only one weak source says,
is marked there, and listed in its ``[about]``: such a value is somebody's choice, and an operator's own to make.

    plans     covenants and disease catalogues by name; files read with the rule of their time zone
    zones     the rule of a time zone, from the pinned database
"""

from .plans import diseases, load, names, read, source
from .zones import rule_of

__all__ = ["diseases", "load", "names", "read", "rule_of", "source"]
