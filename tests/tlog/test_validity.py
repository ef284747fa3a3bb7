"""What is ours in a trust file: when a log's key counts, and how old a checkpoint may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import KeyNotInForce, NoteUnverified, QuorumError, TooOld, TrustFileError
from mutualchain.limits import MAX_TRUST_AGE
from mutualchain.tlog import note, trust
from mutualchain.tlog.checkpoint import sign_checkpoint
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile, key_label
from mutualchain.tlog.validity import ALWAYS, Window, format_age, format_time, gaps, parse_age, parse_time

from .examples import (
    CHECKPOINT,
    LOG,
    MIRROR_TIME,
    NEW_LOG,
    PROOF,
    SIGNED,
    TRUST,
    WITNESSES,
    block_of,
    cosigned,
    refused,
)

T = MIRROR_TIME
"""Witness n of ``cosigned`` signs at T + n."""
DAY_MS = 86_400_000


def windows(old: Window = ALWAYS, new: Window = ALWAYS, file: TrustFile = TRUST) -> TrustFile:
    """TRUST (2 of w1 w2 w3, and 1 of w4 w5), with a window for each of the log's two keys."""
    return replace(file, logs=(Log(LOG.verifier, window=old), Log(NEW_LOG.verifier, window=new)))


def opens(file: TrustFile, data: bytes, now_ms: int | None = None) -> list[bytes]:
    """The IDs of the keys whose signatures counted."""
    return [line.key_id for line in file.open_checkpoint(data, now_ms=now_ms).signatures]


# --- windows: what the quorum cosigned within them ------------------------------------------------


@pytest.mark.parametrize(
    ("window", "counts"),
    [
        (ALWAYS, True),
        (Window(T, T + 9), True),
        (Window(None, T + 9), True),
        (Window(T, None), True),
        (Window(T + 1, T + 4), True),  # both ends included: w1, w2 and w4 lie within
        (Window(T + 2, T + 4), False),
        (Window(T + 1, T + 3), False),
        (Window(None, T), False),
        (Window(T + 9, None), False),
    ],
    ids=str,
)
def test_a_key_counts_for_what_the_quorum_cosigned_within_its_window(window: Window, counts: bool) -> None:
    file = windows(old=window)
    if counts:
        assert opens(file, cosigned(1, 2, 4)) == [LOG.verifier.key_id]
    else:
        with refused(KeyNotInForce, "witnesses' quorum"):
            opens(file, cosigned(1, 2, 4))


def test_the_readers_own_clock_has_no_say_where_witnesses_have() -> None:
    file = windows(old=Window(None, T + 9))
    for now_ms in (None, 0, (T + 10) * 1000, (T + 10**9) * 1000):
        assert opens(file, cosigned(1, 2, 4), now_ms) == [LOG.verifier.key_id], "an old record stays good"


def test_further_cosignatures_from_outside_the_window_do_no_harm() -> None:
    later = [WITNESSES[number].cosign(CHECKPOINT, T + 1_000) for number in range(5)]
    data = note.add_signatures(cosigned(1, 2, 4), later)
    assert opens(windows(old=Window(None, T + 9)), data) == [LOG.verifier.key_id]
    assert opens(windows(old=Window(T + 1_000, None)), data) == [LOG.verifier.key_id]
    with refused(KeyNotInForce):
        opens(windows(old=Window(T + 3, T + 999)), data)


def test_a_stolen_retired_key_signs_nothing_that_is_believed() -> None:
    rotated = windows(old=Window(None, T), new=Window(T, None))
    with refused(KeyNotInForce) as caught:
        opens(rotated, cosigned(1, 2, 3, 4, 5))
    assert key_label(LOG.verifier) in str(caught.value.value)
    assert format_time(T) in str(caught.value.value)
    assert opens(rotated, cosigned(1, 2, 4, by=NEW_LOG)) == [NEW_LOG.verifier.key_id]


def test_of_two_signatures_those_count_whose_key_does() -> None:
    lines = [signer.cosign(CHECKPOINT, T + 1) for signer in WITNESSES]
    both = note.add_signatures(sign_checkpoint(CHECKPOINT, [LOG, NEW_LOG]), lines)
    ids = [LOG.verifier.key_id, NEW_LOG.verifier.key_id]
    before, after = Window(None, T), Window(T, None)
    assert opens(windows(), both) == ids
    assert opens(windows(old=before), both) == ids[1:]
    assert opens(windows(new=before), both) == ids[:1]
    assert opens(windows(after, after), both) == ids
    with refused(KeyNotInForce):
        opens(windows(before, before), both)


def test_a_missing_quorum_is_said_before_a_window() -> None:
    with refused(QuorumError):
        opens(windows(old=Window(None, T)), cosigned(1, 2))
    with refused(NoteUnverified):
        opens(windows(old=Window(None, T)), note.format(CHECKPOINT.text, [WITNESSES[0].cosign(CHECKPOINT, T)]))


# --- windows without a quorum ---------------------------------------------------------------------


def test_without_a_quorum_the_readers_clock_decides() -> None:
    file = replace(windows(old=Window(T, T + 9)), quorum=None)
    for now in (T, T + 9):
        assert opens(file, SIGNED, now * 1000 + 999) == [LOG.verifier.key_id]
    for now in (T - 1, T + 10):
        with refused(KeyNotInForce, "does not count now"):
            opens(file, SIGNED, now * 1000)
    with refused(KeyNotInForce, "nobody|no witness"):
        opens(file, SIGNED)
    with refused(KeyNotInForce):
        opens(file, cosigned(1, 2, 3, 4, 5), (T + 10) * 1000)  # witnesses that the file asks nothing of
    assert opens(replace(file, logs=(Log(LOG.verifier),)), SIGNED) == [LOG.verifier.key_id]


def test_a_tlog_proof_is_opened_alike() -> None:
    file = replace(windows(old=Window(T, T + 9)), quorum=None)
    with refused(KeyNotInForce):
        PROOF.verify(bytes(32), file, now_ms=(T + 10) * 1000)


def test_unconditional_asks_nothing_but_a_signature() -> None:
    strict = replace(windows(Window(None, 1), Window(None, 1)), max_age=60)
    free = strict.unconditional()
    assert opens(free, SIGNED) == [LOG.verifier.key_id]
    assert (free.witnesses, free.groups, free.quorum, free.max_age) == (TRUST.witnesses, TRUST.groups, None, None)
    assert len(free.open_checkpoint(cosigned(1, 5)).cosignatures) == 2


# --- ages -----------------------------------------------------------------------------------------


def age(file: TrustFile, data: bytes, now: float, **more: int) -> None:
    file.check_age(file.open_checkpoint(data), int(now * 1000), **more)


def test_a_quorum_has_to_have_seen_it_recently() -> None:
    file = replace(TRUST, max_age=100)
    assert file.seen_at(file.open_checkpoint(cosigned(1, 2, 4))) == T + 1
    age(file, cosigned(1, 2, 4), T + 101)
    with refused(TooOld, "1 minutes ago"):
        age(file, cosigned(1, 2, 4), T + 101.001)
    age(TRUST, cosigned(1, 2, 4), T + 10**9)  # no age is asked for


def test_one_stale_cosignature_does_not_make_a_fresh_quorum_old() -> None:
    fresh = [WITNESSES[number].cosign(CHECKPOINT, T + 5_000) for number in (1, 2, 3)]
    file = replace(TRUST, max_age=100)
    data = note.add_signatures(cosigned(1, 2, 4), fresh)  # w1 was not heard of again
    assert file.seen_at(file.open_checkpoint(data)) == T + 5_000
    age(file, data, T + 5_100)
    with refused(TooOld):
        age(file, data, T + 5_101)


def test_one_witness_from_the_future_makes_nothing_fresh() -> None:
    line = WITNESSES[0].cosign(CHECKPOINT, T + 10**6)
    file = replace(TRUST, max_age=100)
    with refused(TooOld):
        age(file, note.add_signatures(cosigned(2, 4), [line]), T + 500)


def test_a_quorum_from_the_future_is_a_wrong_clock() -> None:
    file = replace(TRUST, max_age=100)
    age(file, cosigned(1, 2, 4), T + 1 - 86_400)
    with refused(TooOld, "after now"):
        age(file, cosigned(1, 2, 4), T - 86_400)


def test_the_stricter_of_two_wishes_holds() -> None:
    file = replace(TRUST, max_age=100)
    with refused(TooOld):
        age(file, cosigned(1, 2, 4), T + 51, max_age_ms=49_999)
    with refused(TooOld):
        age(file, cosigned(1, 2, 4), T + 102, max_age_ms=10 * DAY_MS)
    with refused(TooOld, "3 hours ago"):
        age(TRUST, cosigned(1, 2, 4), T + 3 * 3_600 + 1, max_age_ms=0)


def test_without_a_quorum_what_is_there_has_to_do() -> None:
    alone = TrustFile((Log(LOG.verifier),), max_age=100)
    some = replace(TRUST, quorum=None, max_age=100)
    with refused(TooOld, "nobody says"):
        age(alone, SIGNED, T)
    age(alone, SIGNED, T, stated_ms=(T - 100) * 1000)
    with refused(TooOld, "9 days ago"):
        age(alone, SIGNED, T, stated_ms=T * 1000 - 9 * DAY_MS)
    age(some, cosigned(1, 3), T + 101, stated_ms=0)  # the oldest cosignature, and not the operator's word
    with refused(TooOld):
        age(some, cosigned(1, 3), T + 102, stated_ms=(T + 102) * 1000)


# --- the file -------------------------------------------------------------------------------------

OLD, NEW = key_label(LOG.verifier), key_label(NEW_LOG.verifier)
LOGS = f"log {LOG.vkey}\nlog {NEW_LOG.vkey}\n"


def test_the_second_file_in_the_docstring_is_one() -> None:
    file = trust.parse(block_of(trust, 1).encode())
    assert [log.window for log in file.logs] == [
        Window(None, parse_time("2026-07-01T00:00:00Z")),
        Window(parse_time("2026-06-01T00:00:00Z"), None),
    ]
    assert file.max_age == 3 * 86_400


def test_our_lines_may_stand_anywhere() -> None:
    text = (
        f"#mutualchain max-age 36h\n \t#mutualchain  not-after\t{OLD} 2026-07-01T00:00:00Z\nquorum none\n"
        f"#mutualchain not-before {OLD} 2026-01-01T00:00:00Z\n{LOGS}"
    )
    file = trust.parse(text.encode())
    assert str(file.logs[0].window) == "from 2026-01-01T00:00:00Z to 2026-07-01T00:00:00Z"
    assert str(file.logs[1].window) == "at any time"
    assert file.max_age == 36 * 3_600


def test_another_reader_of_the_format_sees_comments_only() -> None:
    file = replace(windows(Window(1, 2), Window(3)), max_age=60)
    others = [line for line in file.format().decode().splitlines() if not line.startswith("#")]
    assert trust.parse("".join(f"{line}\n" for line in others).encode()) == replace(windows(), max_age=None)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("#mutualchain", 2),
        ("#mutualchain max-age", 2),
        ("#mutualchain max-age 3d 4d", 2),
        ("#mutualchain max-age 0d", 2),
        ("#mutualchain max-age 03d", 2),
        ("#mutualchain max-age 3w", 2),
        ("#mutualchain max-age 3", 2),
        ("#mutualchain max-age 9999999999d", 2),
        ("#mutualchain max-age 1d\n#mutualchain max-age 1d", 3),
        ("#mutualchain maxage 3d", 2),
        (f"#mutualchain not-after {OLD}", 2),
        (f"#mutualchain not-after {OLD} 2026-07-01", 2),
        (f"#mutualchain not-after {OLD} 2026-07-01T00:00:00+00:00", 2),
        (f"#mutualchain not-after {OLD} 2026-02-30T00:00:00Z", 2),
        (f"#mutualchain not-after {OLD} 2026-07-01T24:00:00Z", 2),
        (f"#mutualchain not-after {OLD} 1969-12-31T23:59:59Z", 2),
        (f"#mutualchain not-after {LOG.vkey} 2026-07-01T00:00:00Z", 2),
        ("#mutualchain not-before example.com/log+00000000 2026-07-01T00:00:00Z", 2),
        (f"#mutualchain not-after {OLD} 2026-07-01T00:00:00Z\n" * 2, 3),
        (f"#mutualchain not-before {OLD} 2026-07-01T00:00:01Z\n#mutualchain not-after {OLD} 2026-07-01T00:00:00Z", 3),
        (f"#mutualchain revoked {OLD} 2026-07-01T00:00:00Z", 2),
        (f"# mutualchain not-after {OLD} 2026-07-01T00:00:00Z", 2),
        ("## mutualchain max_age 3d", 2),
        ("#MutualChain max-age 3d", 2),
    ],
)
def test_what_nearly_is_a_line_of_ours_is_refused_and_not_skipped(line: str, place: int) -> None:
    with refused(TrustFileError) as caught:
        trust.parse(f"quorum none\n{line.rstrip()}\n{LOGS}".encode())
    assert caught.value.place == f"line {place}"


@pytest.mark.parametrize("line", ["# mutualchain", "#mutualchains not-after", "# the mutualchain max-age line", "#"])
def test_other_comments_are_comments(line: str) -> None:
    assert trust.parse(f"{line}\nquorum none\n".encode()) == TrustFile(())


@pytest.mark.parametrize(
    "make",
    [
        lambda: TrustFile((), max_age=0),
        lambda: TrustFile((), max_age=True),
        lambda: TrustFile((), max_age=MAX_TRUST_AGE + 1),
        lambda: Window(2, 1),
        lambda: Window(-1),
        lambda: Window(None, 253_402_300_800),
        lambda: Window(True),
        lambda: Window(1.5),  # type: ignore[arg-type]
    ],
)
def test_no_file_is_made_of(make: Callable[[], object]) -> None:
    with refused(TrustFileError):
        make()


moments = st.none() | st.integers(0, 253_402_300_799)


@given(moments, moments, st.none() | st.integers(1, MAX_TRUST_AGE))
def test_windows_and_ages_written_parse_to_the_same(before: int | None, after: int | None, limit: int | None) -> None:
    if before is not None and after is not None:
        before, after = sorted((before, after))
    file = replace(windows(Window(before, after)), max_age=limit)
    assert trust.parse(file.format()) == file


@given(st.integers(0, 253_402_300_799), st.integers(1, MAX_TRUST_AGE))
def test_times_and_ages_have_one_spelling(at: int, seconds: int) -> None:
    assert parse_time(format_time(at)) == at
    assert parse_age(format_age(seconds)) == seconds


def test_times_and_ages_in_words() -> None:
    assert format_time(T) == "2025-12-31T00:00:00Z"
    assert [format_age(seconds) for seconds in (59, 120, 7_200, 90_000, 172_800)] == ["59s", "2m", "2h", "25h", "2d"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], []),
        ([ALWAYS], []),
        ([Window(5, 9)], []),
        ([Window(5, 9), Window(10, 12)], []),
        ([Window(10, 12), Window(5, 8)], [Window(9, 9)]),
        ([Window(None, 4), Window(8, None), Window(20, 30)], [Window(5, 7)]),
        ([Window(1, 20), Window(2, 3), Window(30, 40), Window(50)], [Window(21, 29), Window(41, 49)]),
    ],
)
def test_gaps_are_where_no_window_is(given: list[Window], found: list[Window]) -> None:
    assert gaps(given) == found


def test_a_key_is_named_by_its_name_and_id() -> None:
    assert key_label(Signer.from_seed("example.com/log", bytes(range(32))).verifier) == "example.com/log+d455c521"
