"""Institutions on the chain: who they are, what they may vouch for, and which key is theirs.

One registry serves all plans of a chain. A name and a key are used once and never again; a key is not the chain's own
(block, recovery, log). Roles that judge one another stay apart in one institution: who keeps the money does nothing
else, who investigates neither treats nor counts votes. What an institution signed before it was revoked stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..block import fields
from ..block.entry import CHAIN, Entry
from ..block.genesis import Genesis
from ..block.keys import RECOVERY, ROTATION
from ..canonical import Value
from ..errors import EntryError, InstitutionRule, InstitutionUnknown, KeyFormatError, RoleRule
from ..limits import MAX_INSTITUTIONS
from ..tlog import ed25519
from ..tlog.note import Verifier
from .acts import Act, Registration, Replacement, Revocation

__all__ = ["APART", "Registered", "Registry"]

APART: tuple[tuple[str, str], ...] = (
    *(("custodian", role) for role in ("investigator", "hospital", "volunteers", "charity", "jury_office")),
    ("investigator", "hospital"),
    ("investigator", "jury_office"),
)
"""Pairs of roles that one institution cannot have both of."""


@dataclass(frozen=True, slots=True)
class Registered:
    """An institution as it stands: ``revoked`` is the reason, or empty."""

    id: str
    title: str
    key: bytes
    roles: tuple[str, ...]
    revoked: str = ""


@dataclass(slots=True)
class Registry:
    """All institutions of a chain by id, every key that any of them ever had, and the chain's own keys."""

    institutions: dict[str, Registered] = field(default_factory=dict)
    keys: set[bytes] = field(default_factory=set)
    reserved: set[bytes] = field(default_factory=set)

    def active(self, name: str) -> Registered:
        """The institution called ``name``. Raises InstitutionUnknown, also for a revoked one."""
        found = self.institutions.get(name)
        if found is None or found.revoked:
            raise InstitutionUnknown("no institution of this name is registered, or it was revoked", value=name)
        return found

    def in_role(self, name: str, *roles: str) -> Registered:
        """An institution that has one of ``roles``. Raises InstitutionUnknown, RoleRule."""
        found = self.active(name)
        if not set(roles) & set(found.roles):
            raise RoleRule(f"{name} is not registered as {' or '.join(roles)}", value=", ".join(found.roles))
        return found

    # --- entries of the chain ---------------------------------------------------------------

    def check(self, act: Act) -> None:
        """What the rules have against an act. Raises InstitutionRule, InstitutionUnknown."""
        if isinstance(act, Registration):
            if act.id in self.institutions:
                raise InstitutionRule("an institution of this name is, or was, registered", value=act.id)
            if len(self.institutions) >= MAX_INSTITUTIONS:
                raise InstitutionRule(f"a chain has at most {MAX_INSTITUTIONS} institutions")
            for one, other in APART:
                if one in act.roles and other in act.roles:
                    raise InstitutionRule(
                        f"nobody is {one} and {other} at once", value=act.id, clause="institutions.apart"
                    )
            self._fresh(act.key)
        elif isinstance(act, Revocation):
            self.active(act.id)
        elif isinstance(act, Replacement):
            self.active(act.id)
            self._fresh(act.new_key)

    def _fresh(self, key: bytes) -> None:
        if key in self.keys or key in self.reserved:
            raise InstitutionRule(
                "the key is in use: another institution's, an earlier one, or the chain's own",
                value=key,
                clause="institutions.apart",
            )
        try:
            ed25519.check_public_key(key)
        except KeyFormatError as error:
            raise InstitutionRule(f"the key is unusable: {error.message}", value=key) from None

    def apply(self, act: Act) -> None:
        """Put a recorded act in force, also one that ``check`` refuses: a replay goes on from what was recorded."""
        if isinstance(act, Registration):
            self.institutions.setdefault(act.id, Registered(act.id, act.title, act.key, act.roles))
            self.keys.add(act.key)
        elif isinstance(act, Revocation) and act.id in self.institutions:
            self.institutions[act.id] = replace(self.institutions[act.id], revoked=act.reason)
        elif isinstance(act, Replacement) and act.id in self.institutions:
            self.institutions[act.id] = replace(self.institutions[act.id], key=act.new_key)
            self.keys.add(act.new_key)

    def check_own(self, entry: Entry) -> None:
        """Raises InstitutionRule for an entry that makes an institution's key one of the chain's own."""
        for key in _own_keys(entry) & self.keys:
            raise InstitutionRule("the block key is an institution's", value=key, clause="institutions.apart")

    def reserve(self, entry: Entry) -> None:
        """Remember the chain's own keys: genesis's, and every block key named since."""
        self.reserved |= _own_keys(entry)

    # --- saved ------------------------------------------------------------------------------

    def to_value(self) -> list[Any]:
        """Everything, as canonical values."""
        known = [[item.id, item.title, item.key, list(item.roles), item.revoked] for item in self.institutions.values()]
        return [known, sorted(self.keys), sorted(self.reserved)]

    @classmethod
    def from_value(cls, value: Value) -> Registry:
        """What ``to_value`` gave."""
        saved: Any = value
        known, keys, reserved = saved
        found = {row[0]: Registered(row[0], row[1], row[2], tuple(row[3]), row[4]) for row in known}
        return cls(found, set(keys), set(reserved))


def _own_keys(entry: Entry) -> set[bytes]:
    """The keys that an entry names for the chain's own use. Raises GenesisError, EntryError."""
    if entry.plan == CHAIN and entry.kind == "genesis":
        genesis = Genesis.from_entry(entry)
        return {genesis.block_key, genesis.recovery_key, Verifier.from_vkey(genesis.log_key).public_key}
    if entry.plan == CHAIN and entry.kind in (ROTATION, RECOVERY):
        return {fields.blob(entry.body.get("new_key"), 32, "a block key", EntryError)}
    return set()
