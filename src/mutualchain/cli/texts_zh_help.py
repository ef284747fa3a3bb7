"""All help texts in Simplified Chinese: the key is the English paragraph, its white space made single.

Loaded for help in Chinese only. A test holds it complete, without a text that no help has.
"""

from __future__ import annotations

from .texts_zh_help_cases import HELP as CASES
from .texts_zh_help_ledger import HELP as LEDGER
from .texts_zh_help_member import HELP as MEMBER
from .texts_zh_help_people import HELP as PEOPLE
from .texts_zh_help_public import HELP as PUBLIC

__all__ = ["HELP"]

HELP: dict[str, str] = {**MEMBER, **PUBLIC, **LEDGER, **PEOPLE, **CASES}
