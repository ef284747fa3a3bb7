"""Trust files put together from options, and changed as text, with all that people wrote in them left as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..errors import TrustFileError, UsageError
from ..tlog import trust as trust_files
from ..tlog.note import Verifier
from ..tlog.trust import TrustFile, key_label
from ..tlog.validity import format_time, parse_time

__all__ = ["find_key", "make", "time_of", "with_log", "with_not_after", "without_log"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_COUNT = re.compile(r"[1-9]\d{0,3}\Z", re.ASCII)


def make(
    base: TrustFile | None,
    *,
    logs: Sequence[str] = (),
    witnesses: Sequence[str] = (),
    groups: Sequence[str] = (),
    quorum: str | None = None,
    ends: Sequence[tuple[str, str, int]] = (),
    max_age: str | None = None,
) -> TrustFile:
    """The trust file of ``base`` and these lines, spelled as in a file but for the word that each begins with.

    ``quorum`` is a name, "none", or how many (a number, "all", "any") of all who are in no group yet; None: that of
    ``base``. ``ends`` are ("not-before" or "not-after", a key, seconds since 1970). Raises TrustFileError, UsageError.
    """
    lines = [] if base is None else _without_quorum(base)
    lines += [f"log {item}" for item in logs]
    lines += [f"witness {item}" for item in witnesses]
    lines += [f"group {item}" for item in groups]
    if quorum is None:
        if base is None:
            raise UsageError("which witnesses have to have seen a checkpoint?", hint="Add --quorum, or --quorum none.")
        quorum = "none" if base.quorum is None else base.quorum
    found = _parsed([*lines, "quorum none"])
    names = {witness.name for witness in found.witnesses} | {group.name for group in found.groups}
    if quorum not in names and (_COUNT.match(quorum) or quorum in ("all", "any")):
        members = {member for group in found.groups for member in group.members}
        free = [witness.name for witness in found.witnesses] + [group.name for group in found.groups]
        name = next(name for name in ("seen", *(f"seen-{number}" for number in range(2, 9_999))) if name not in names)
        lines.append(" ".join(["group", name, quorum, *(item for item in free if item not in members)]))
        quorum = name
    lines.append(f"quorum {quorum}")
    lines += [f"#mutualchain {end} {key_label(find_key(found, key))} {format_time(at)}" for end, key, at in ends]
    age = max_age or (None if base is None or base.max_age is None else f"{base.max_age}s")
    return _parsed([*lines, *([] if age is None else [f"#mutualchain max-age {age}"])])


def _without_quorum(base: TrustFile) -> list[str]:
    text = replace(base, quorum=None, max_age=None).format().decode("utf-8", "surrogateescape")
    return [line for line in text.splitlines() if line != "quorum none"]


def _parsed(lines: Sequence[str]) -> TrustFile:
    if any("\n" in line for line in lines):
        raise UsageError("an option's value is one line")
    try:
        return trust_files.parse("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    except TrustFileError as error:  # a place in lines that nobody has seen says nothing
        number = int((error.place or "line 0").partition(" ")[2])
        raise TrustFileError(
            error.message, value=error.value, place=lines[number - 1] if number else None, hint=error.hint
        ) from None


def find_key(trust: TrustFile, named: str) -> Verifier:
    """The log key that ``named`` means: its vkey, its name and key ID, or the key ID alone. Raises UsageError."""
    for log in trust.logs:
        if named in (log.key.vkey, key_label(log.key), log.key.key_id.hex()):
            return log.key
    known = ", ".join(key_label(log.key) for log in trust.logs)
    raise UsageError("the trust file has no such log key", value=named[:120], hint=f"It has: {known or 'none'}.")


def time_of(text: str, now: int) -> int:
    """Seconds since 1970 of "now", a day (its beginning, UTC) or a time as a trust file spells it."""
    if text == "now":
        return now
    return parse_time(f"{text}T00:00:00Z" if _DAY.match(text) else text)


def with_log(data: bytes, key: Verifier) -> bytes:
    """The trust file ``data`` with a further log key at its end, its URL that of the log's other keys."""
    trust = trust_files.parse(data)
    if key in [log.key for log in trust.logs]:
        return data
    urls = [log.url for log in trust.logs if log.key.name == key.name and log.url is not None]
    return _checked(data + " ".join(["log", key.vkey, *urls[:1]]).encode("utf-8", "surrogateescape") + b"\n", trust, 1)


def without_log(data: bytes, key: Verifier) -> bytes:
    """The trust file ``data`` without the lines that speak of a log key; as it is where there are none."""
    label = key_label(key)

    def speaks(line: bytes) -> bool:
        items = line.decode("utf-8", "surrogateescape").split()
        return items[:2] == ["log", key.vkey] or (items[:1] == ["#mutualchain"] and items[2:3] == [label])

    trust = trust_files.parse(data)
    left = b"".join(line + b"\n" for line in data[:-1].split(b"\n") if not speaks(line))
    return _checked(left, trust, -1 if key in [log.key for log in trust.logs] else 0)


def with_not_after(data: bytes, key: Verifier, at: int) -> bytes:
    """The trust file ``data`` with the end of a log key's time at its end; as it is where the key has one."""
    trust = trust_files.parse(data)
    found = [log for log in trust.logs if log.key == key]
    if not found or found[0].window.not_after is not None:
        return data
    return _checked(data + f"#mutualchain not-after {key_label(key)} {format_time(at)}\n".encode(), trust, 0)


def _checked(data: bytes, before: TrustFile, more: int) -> bytes:
    after = trust_files.parse(data)
    assert len(after.logs) == len(before.logs) + more
    assert (after.witnesses, after.groups, after.quorum) == (before.witnesses, before.groups, before.quorum)
    return data
