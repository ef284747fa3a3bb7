"""`mutualchain trust`: files made, shown and checked, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.cli.trust import KEY_SENTENCES
from mutualchain.cli.trust_make import with_log, with_not_after, without_log
from mutualchain.tlog import trust
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import TrustFile, key_label
from mutualchain.tlog.validity import Window, parse_time
from mutualchain.witness.quorum import SENTENCES
from tests.cli.harness import START, Result, call, check, done, refused

LOG, NEW = (Signer.from_seed("example.org/aid", bytes([number]) * 32).verifier for number in (1, 2))
KEYS = [CosignatureSigner.from_seed(f"w{number}.example.net", bytes([number]) * 32).vkey for number in range(1, 7)]


def made(folder: Path, *words: object, name: str = "members.trust") -> TrustFile:
    file = folder / name
    value = done("trust", "make", file, *words, "--json").value
    check(value, "trust-make")
    return trust.parse(file.read_bytes())


def witnesses(count: int) -> list[object]:
    return [word for number in range(count) for word in ("--witness", f"w{number + 1} {KEYS[number]}")]


def judged(file: Path, *words: object) -> Result:
    result = call("trust", "check", file, *words, "--json", clock=lambda: START)
    check(result.value, "trust-check")
    assert result.code == result.value["exit_code"]
    return result


# --- make -----------------------------------------------------------------------------------------


def test_a_file_is_made_of_lines_as_they_stand_in_one(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        *("--log", f"{LOG.vkey} https://example.org/log/", "--log", NEW.vkey, *witnesses(4)),
        *("--group", "first 1 w1 w2", "--quorum", "all", "--max-age", "36h"),
        *("--not-after", key_label(LOG), "2026-07-01", "--not-before", NEW.key_id.hex(), "2026-04-01T12:00:00Z"),
        *("--not-after", NEW.vkey, "now"),
    )
    assert found.format().decode() == (
        f"log {LOG.vkey} https://example.org/log/\n"
        f"#mutualchain not-after {key_label(LOG)} 2026-07-01T00:00:00Z\n"
        f"log {NEW.vkey}\n"
        f"#mutualchain not-before {key_label(NEW)} 2026-04-01T12:00:00Z\n"
        f"#mutualchain not-after {key_label(NEW)} 2026-05-03T03:09:37Z\n"
        + "".join(f"witness w{number} {KEYS[number - 1]}\n" for number in range(1, 5))
        + "group first 1 w1 w2\ngroup seen 3 w3 w4 first\nquorum seen\n#mutualchain max-age 36h\n"
    )


def test_a_file_grows_from_another(tmp_path: Path) -> None:
    first = made(tmp_path, "--log", LOG.vkey, "--quorum", "none", "--max-age", "3d")
    second = made(tmp_path, "--from", tmp_path / "members.trust", *witnesses(4), "--quorum", 3, name="b")
    assert second == trust.parse(
        first.format().replace(b"quorum none\n", b"")
        + b"".join(f"witness w{n + 1} {KEYS[n]}\n".encode() for n in range(4))
        + b"group seen 3 w1 w2 w3 w4\nquorum seen\n"
    )
    third = made(tmp_path, "--from", tmp_path / "b", "--not-after", LOG.key_id.hex(), "2027-01-01", name="c")
    assert (third.quorum, third.max_age) == ("seen", 3 * 86_400)
    assert third.logs[0].window == Window(None, parse_time("2027-01-01T00:00:00Z"))
    fourth = made(tmp_path, "--from", tmp_path / "c", "--witness", f"seen-2 {KEYS[4]}", "--quorum", "2", name="d")
    assert [group.name for group in fourth.groups] == ["seen", "seen-3"]
    assert fourth.groups[1].members == ("seen-2", "seen")


def test_a_quorum_is_a_name_before_it_is_a_number(tmp_path: Path) -> None:
    assert made(tmp_path, "--log", LOG.vkey, "--witness", f"2 {KEYS[0]}", "--quorum", "2").quorum == "2"


def test_what_cannot_be_a_trust_file_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "x"
    log = ("trust", "make", file, "--log", LOG.vkey)
    apart = ("--group", "a 1 w1 w2", "--group", "b 1 w3 w4", "--group", "q any a b", "--quorum", "q")
    for words, code in [
        (log, "MC-002"),
        ((*log, "--quorum", "w"), "MC-028"),
        ((*log, "--quorum", "none", "--witness", "w1"), "MC-028"),
        ((*log, "--quorum", "none", "--witness", f"w1 {KEYS[0]}\nlog {NEW.vkey}"), "MC-002"),
        ((*log, "--quorum", "none", "--max-age", "3 days"), "MC-028"),
        ((*log, "--quorum", "none", "--not-after", "00000000", "2026-01-01"), "MC-002"),
        ((*log, "--quorum", "none", "--not-after", LOG.key_id.hex(), "tomorrow"), "MC-028"),
        ((*log, *witnesses(2), "--quorum", "1"), "MC-227"),
        ((*log, *witnesses(4), *apart), "MC-227"),
        ((*log, "--quorum", "none", "--from", tmp_path / "nothing"), "MC-003"),
    ]:
        refused(*words, code=code, exit_code=3 if code == "MC-003" else 2)
        assert not file.exists()


def test_a_file_is_written_over_only_when_that_is_said(tmp_path: Path) -> None:
    made(tmp_path, "--log", LOG.vkey, "--quorum", "none")
    words = ("trust", "make", tmp_path / "members.trust", "--log", NEW.vkey, "--quorum", "none")
    refused(*words, code="MC-004", exit_code=2)
    done(*words, "--force")


# --- show -----------------------------------------------------------------------------------------


def test_show_says_what_the_file_says(tmp_path: Path) -> None:
    made(
        tmp_path,
        *("--log", f"{LOG.vkey} https://x/", *witnesses(3), "--group", "g 2 w1 w2", "--quorum", "all"),
        *("--not-before", LOG.key_id.hex(), "2026-01-01", "--max-age", "2d"),
    )
    out = done("trust", "show", tmp_path / "members.trust").out
    for said in (
        LOG.vkey,
        "https://x/",
        "from 2026-01-01T00:00:00Z",
        "seen: 2 of 2",
        "    g: 2 of 2",
        KEYS[2],
        "2d old",
    ):
        assert said in out, said
    assert (
        "有效时间：自 2026-01-01T00:00:00Z 起" in done("trust", "show", tmp_path / "members.trust", "--lang", "zh").out
    )
    value = done("trust", "show", tmp_path / "members.trust", "--json").value
    check(value, "trust-show")
    assert value["groups"][1] == {"name": "seen", "threshold": 2, "members": ["w3", "g"]}
    assert value["logs"][0]["not_before"] == "2026-01-01T00:00:00Z"


def test_show_survives_names_that_are_no_text_and_groups_a_thousand_deep(tmp_path: Path) -> None:
    deep = [f"witness w {KEYS[0]}".encode(), b"group g0 any w"]
    deep += [b"group g%d any g%d" % (number, number - 1) for number in range(1, 1_000)]
    file = tmp_path / "deep"
    file.write_bytes(b"\n".join([*deep, b"group \xff any g999", b"quorum \xff", b""]))
    assert "w  " + KEYS[0] in done("trust", "show", file).out
    check(done("trust", "show", file, "--json").value, "trust-show")
    assert judged(file).value["quorum"] == "\ufffd"


# --- check ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "quorum", "lies", "verdict", "shared"),
    [
        (4, "3", 1, "holds", 2),
        (3, "2", 1, "doubtful", 1),
        (3, "2", 0, "holds", 1),
        (5, "4", 2, "holds", 3),
        (4, "3", 2, "doubtful", 2),
        (2, "all", 1, "doubtful", 2),
    ],
)
def test_check_computes_what_two_quorums_share(
    tmp_path: Path, count: int, quorum: str, lies: int, verdict: str, shared: int
) -> None:
    made(tmp_path, "--log", LOG.vkey, *witnesses(count), "--quorum", quorum, "--max-age", "3d")
    value = judged(tmp_path / "members.trust", "--lies", lies).value
    assert (value["verdict"], value["smallest_intersection"]) == (verdict, shared)
    assert len(set(value["weakest_pair"][0]) & set(value["weakest_pair"][1])) == shared
    strict = judged(tmp_path / "members.trust", "--lies", lies, "--strict")
    assert strict.code == (0 if verdict == "holds" else 2)


def test_check_refuses_two_histories_without_a_liar(tmp_path: Path) -> None:
    file = tmp_path / "apart"
    lines = [f"log {LOG.vkey}", *(f"witness w{number + 1} {KEYS[number]}" for number in range(4))]
    lines += ["group a 2 w1 w2", "group b 2 w3 w4", "group q any a b", "quorum q", ""]
    file.write_text("\n".join(lines))
    result = judged(file)
    assert (result.code, result.value["code"], result.value["lies_survived"]) == (2, "MC-227", -1)
    shown = call("trust", "check", file, clock=lambda: START)
    assert shown.code == 2
    assert shown.out.startswith("REFUSED\n")
    assert "w1, w2 on one side, w3, w4 on the other" in shown.out
    chinese = call("trust", "check", file, "--lang", "zh", clock=lambda: START).out
    assert chinese.startswith("不予接受\n")
    assert "一组为 w1, w2，另一组为 w3, w4" in chinese
    file.write_text(f"log {LOG.vkey}\nquorum none\n")
    assert judged(file).code == 2


DOUBTS = {
    "no-log": "",
    "no-key-now": f"log {LOG.vkey}\n#mutualchain not-after {key_label(LOG)} 2026-01-01T00:00:00Z\n",
    "key-ends": f"log {LOG.vkey}\n#mutualchain not-after {key_label(LOG)} 2026-05-20T00:00:00Z\n",
    "key-gap": f"log {LOG.vkey}\nlog {NEW.vkey}\n#mutualchain not-after {key_label(LOG)} 2026-12-01T00:00:00Z\n"
    f"#mutualchain not-before {key_label(NEW)} 2026-12-02T00:00:00Z\n",
    "no-age": f"log {LOG.vkey}\n",
    "age-without-quorum": f"log {LOG.vkey}\nquorum none\n",
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_check_doubts_keys_and_ages(tmp_path: Path, doubt: str) -> None:
    lines = [
        DOUBTS[doubt],
        *(f"witness w{number + 1} {KEYS[number]}\n" for number in range(4)),
        "group g 3 w1 w2 w3 w4\n",
    ]
    lines += [] if "quorum" in DOUBTS[doubt] else ["quorum g\n"]
    lines += [] if doubt == "no-age" else ["#mutualchain max-age 3d\n"]
    file = tmp_path / "file"
    file.write_text("".join(lines))
    found = [item["id"] for item in judged(file).value["doubts"]]
    if doubt == "age-without-quorum":
        assert found == ["disjoint-doubt", "unused-doubt", doubt]
    else:
        assert found == [doubt]
    shown = " ".join(call("trust", "check", file, clock=lambda: START).out.split())
    assert KEY_SENTENCES[doubt].partition("{")[0] in shown


def test_every_sentence_has_its_values() -> None:
    assert not set(SENTENCES) & set(KEY_SENTENCES)
    assert all(sentence.endswith(".") for sentence in (SENTENCES | KEY_SENTENCES).values())


# --- files changed as text ------------------------------------------------------------------------

WRITTEN = f"# ours\nlog {LOG.vkey}  https://x/\n\nquorum none # not a comment\n".replace(" # not a comment", "")


def test_a_log_key_is_added_ended_and_taken_away_with_all_else_left_alone() -> None:
    data = WRITTEN.encode()
    both = with_log(data, NEW)
    assert both == data + f"log {NEW.vkey} https://x/\n".encode()
    assert with_log(both, NEW) == both
    ended = with_not_after(both, LOG, 1_800_000_000)
    assert ended == both + f"#mutualchain not-after {key_label(LOG)} 2027-01-15T08:00:00Z\n".encode()
    assert with_not_after(ended, LOG, 1) == ended, "it has an end"
    assert with_not_after(data, NEW, 1) == data, "no key of the file"
    assert without_log(ended, NEW) == data + ended[len(both) :]
    assert without_log(data, NEW) == data
    assert without_log(with_not_after(both, NEW, 5), NEW) == data
