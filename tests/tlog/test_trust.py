"""c2sp.org/tlog-policy: whom somebody trusts, and what a checkpoint needs under it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import (
    CheckpointError,
    CosignatureError,
    LimitError,
    NoteSignatureError,
    NoteUnverified,
    QuorumError,
    TrustFileError,
)
from mutualchain.limits import MAX_TRUST_FILE, MAX_TRUST_ITEMS
from mutualchain.tlog import note, trust, trust_rules
from mutualchain.tlog.checkpoint import sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Group, Log, TrustFile, Witness

from .examples import (
    CHECKPOINT,
    LOG,
    MIRROR_TIME,
    NEW_LOG,
    OTHER,
    SIGNED,
    TRUST,
    WITNESSES,
    block_of,
    cosigned,
    only_own_errors_escape,
    refused,
)

W1, W2 = (signer.vkey for signer in WITNESSES[:2])
ALONE = TrustFile((Log(LOG.verifier),))


# --- checkpoints under a trust file -------------------------------------------------------------


def test_a_checkpoint_with_its_quorum_opens_and_tells_who_saw_it_when() -> None:
    opened = TRUST.open_checkpoint(cosigned(5, 1, 2))
    assert opened.checkpoint == CHECKPOINT
    assert [line.name for line in opened.signatures] == ["example.com/log"]
    assert [(seen.witness.name, seen.timestamp - MIRROR_TIME) for seen in opened.cosignatures] == [
        ("w1", 1), ("w2", 2), ("w5", 5)
    ]  # fmt: skip


@pytest.mark.parametrize("numbers", [each for count in range(6) for each in combinations(range(1, 6), count)], ids=str)
def test_the_quorum_is_two_of_three_and_one_of_two(numbers: tuple[int, ...]) -> None:
    met = len({1, 2, 3} & {*numbers}) >= 2 and {4, 5} & {*numbers}
    if met:
        assert len(TRUST.open_checkpoint(cosigned(*numbers)).cosignatures) == len(numbers)
    else:
        with refused(QuorumError) as caught:
            TRUST.open_checkpoint(cosigned(*numbers))
        assert caught.value.value == f"cosigned by {', '.join(f'w{n}' for n in numbers) or 'no witness'}"


def test_two_cosignatures_of_one_witness_are_one_the_newest() -> None:
    line = WITNESSES[1].cosign(CHECKPOINT, MIRROR_TIME + 100)
    opened = TRUST.open_checkpoint(note.add_signatures(cosigned(1, 2, 4), [line]))
    assert [seen.timestamp - MIRROR_TIME for seen in opened.cosignatures] == [1, 100, 4]
    with refused(QuorumError):
        TRUST.open_checkpoint(note.add_signatures(cosigned(2, 4), [line]))


def test_without_a_quorum_the_log_alone_is_enough() -> None:
    assert ALONE.open_checkpoint(SIGNED).cosignatures == ()
    assert ALONE.open_checkpoint(cosigned(1)).cosignatures == ()


def test_the_quorum_may_be_one_witness() -> None:
    one = TrustFile(ALONE.logs, TRUST.witnesses, (), "w3")
    assert len(one.open_checkpoint(cosigned(3, 4)).cosignatures) == 2
    with refused(QuorumError):
        one.open_checkpoint(cosigned(1, 2, 4, 5))


def test_while_a_log_changes_its_key_either_will_do() -> None:
    for signers in ([LOG], [NEW_LOG], [LOG, NEW_LOG]):
        opened = replace(TRUST, quorum=None).open_checkpoint(sign_checkpoint(CHECKPOINT, signers))
        assert len(opened.signatures) == len(signers)


def test_cosignatures_without_the_logs_own_signature_are_not_enough() -> None:
    lines = [signer.cosign(CHECKPOINT, 1) for signer in WITNESSES]
    with refused(NoteUnverified, "log that it names"):
        TRUST.open_checkpoint(note.format(CHECKPOINT.text, lines))


def test_a_trusted_log_does_not_sign_for_another() -> None:
    both = TrustFile((Log(LOG.verifier), Log(OTHER.verifier)))
    with refused(NoteUnverified, "log that it names"):
        both.open_checkpoint(sign_checkpoint(CHECKPOINT, [OTHER]))
    other = replace(CHECKPOINT, origin="example.com/other")
    assert both.open_checkpoint(sign_checkpoint(other, [OTHER, LOG])).signatures[0].name == "example.com/other"


def test_the_origin_asked_for_must_be_the_one() -> None:
    assert ALONE.open_checkpoint(SIGNED, "example.com/log").origin == "example.com/log"
    with refused(CheckpointError, "another log"):
        ALONE.open_checkpoint(SIGNED, "example.com/other")


def test_a_forged_cosignature_or_log_signature_refuses_all() -> None:
    line = WITNESSES[2].cosign(replace(CHECKPOINT, size=4), 1)
    with refused(CosignatureError, "witness3"):
        TRUST.open_checkpoint(note.add_signatures(cosigned(1, 2, 4), [line]))
    with refused(NoteSignatureError):
        TRUST.open_checkpoint(cosigned(1, 2, 4).replace(b"\n3\n", b"\n4\n", 1))


def test_a_note_that_is_no_checkpoint_is_refused() -> None:
    with refused(CheckpointError):
        ALONE.open_checkpoint(note.sign("example.com/log\n", [LOG]))


# --- the file -----------------------------------------------------------------------------------


@st.composite
def trust_files(draw: st.DrawFn) -> TrustFile:
    urls = st.none() | st.sampled_from(["https://example.com/", "é", "#"])
    signers = draw(st.lists(st.integers(0, 50), unique=True, max_size=6))
    logs = tuple(Log(Signer.from_seed(f"log{n}", bytes([n]) * 32).verifier, draw(urls)) for n in signers[:2])
    names = draw(
        st.lists(
            st.binary(min_size=1, max_size=9)
            .map(lambda data: bytes(byte | 0x80 if byte <= 0x20 or byte == 0x7F else byte for byte in data))
            .map(lambda data: data.decode("utf-8", "surrogateescape"))
            .filter(lambda name: name != "none"),
            min_size=10, max_size=10, unique=True,
        )
    )  # fmt: skip
    witnesses = tuple(
        Witness(name, CosignatureSigner.from_seed("w", bytes([n]) * 32).verifier, draw(urls))
        for name, n in zip(names, signers, strict=False)
    )
    free, groups = [witness.name for witness in witnesses], []
    for name in names[6:]:
        count = draw(st.integers(0, len(free)))
        if count:
            members, free = tuple(free[:count]), [*free[count:], name]
            groups.append(Group(name, draw(st.integers(1, count)), members))
    quorum = draw(st.sampled_from([None, *names[: len(witnesses)], *(group.name for group in groups)]))
    return TrustFile(logs, witnesses, tuple(groups), quorum)


@given(trust_files())
def test_a_file_written_parses_to_the_same(file: TrustFile) -> None:
    data = file.format()
    assert trust.parse(data) == file
    assert trust.parse(data).format() == data


def test_only_own_errors_escape_and_what_parses_can_be_written() -> None:
    def accept(data: bytes) -> None:
        file = trust.parse(data)
        assert trust.parse(file.format()) == file

    accept(TRUST.format())
    only_own_errors_escape(TRUST.format(), accept)


def test_spacing_order_and_comments_are_free() -> None:
    text = (
        f" \t\n#comment\n\t # comment é \n witness\tw1  {W1}\t\nquorum w1 \n"
        f"log {LOG.vkey}  https://example.com/#x\nwitness w2 {W2} http://w2\ngroup none-of-them any w2\n"
    )
    assert trust.parse(text.encode()) == TrustFile(
        (Log(LOG.verifier, "https://example.com/#x"),),
        (Witness("w1", WITNESSES[0].verifier), Witness("w2", WITNESSES[1].verifier, "http://w2")),
        (Group("none-of-them", 1, ("w2",)),),
        "w1",
    )


def test_the_file_in_the_docstring_is_one() -> None:
    file = trust.parse(block_of(trust).encode())
    assert (len(file.logs), len(file.witnesses), file.quorum) == (1, 1, "others")


def test_all_any_and_a_number_are_thresholds() -> None:
    text = f"witness a {W1}\nwitness b {W2}\ngroup g {{}} a b\nquorum g\n"
    for word, threshold in (("all", 2), ("any", 1), ("1", 1), ("2", 2)):
        assert trust.parse(text.format(word).encode()).groups[0].threshold == threshold


ML_DSA = W1[:-44].rpartition("+")[0] + "+" + "BgAA"
WRONG = {  # the lines, and the line that is to be named
    "two quorums": ("quorum none\nquorum none\n", 2),
    "a quorum that is not defined": ("quorum w\n", 1),
    "a quorum that is defined later": (f"quorum w\nwitness w {W1}\n", 1),
    "a quorum of two": (f"witness w {W1}\nquorum w w\n", 2),
    "an unknown word": ("logs x\n", 1),
    "an upper-case word": (f"Log {LOG.vkey}\n", 1),
    "a log without a key": ("log\n", 1),
    "a log with a malformed key": (f"log {LOG.vkey[:-1]}\n", 1),
    "a log with a witness's key": (f"log {W1}\n", 1),
    "a log with three items": (f"log {LOG.vkey} url url\n", 1),
    "a log twice": (f"log {LOG.vkey}\nlog {LOG.vkey}\n", 2),
    "a log twice under two names": (f"log {LOG.vkey}\nlog {Signer.from_seed('x', bytes(range(32))).vkey}\n", 2),
    "a witness with a log's key": (f"witness w {LOG.vkey}\n", 1),
    "a witness with a key of an unknown type": (f"witness w {ML_DSA}\n", 1),
    "a witness without a key": ("witness w\n", 1),
    "a witness twice": (f"witness a {W1}\nwitness b {W1}\n", 2),
    "a name twice": (f"witness a {W1}\nwitness a {W2}\n", 2),
    "the name none": (f"witness none {W1}\n", 1),
    "a group named none": (f"witness a {W1}\ngroup none any a\n", 2),
    "a group without members": ("group g any\n", 1),
    "a group that asks for none": (f"witness a {W1}\ngroup g 0 a\n", 2),
    "a group that asks for too many": (f"witness a {W1}\ngroup g 2 a\n", 2),
    "a group that asks for 01": (f"witness a {W1}\ngroup g 01 a\n", 2),
    "a group that asks for some": (f"witness a {W1}\ngroup g some a\n", 2),
    "a group of itself": ("group g any g\n", 1),
    "a group with a name that comes later": (f"group g any a\nwitness a {W1}\n", 1),
    "a group of none": ("group g any none\n", 1),
    "a member twice in a group": (f"witness a {W1}\ngroup g any a a\n", 2),
    "a member in two groups": (f"witness a {W1}\ngroup g any a\ngroup h any a\n", 3),
    "a group with the name of a witness": (f"witness a {W1}\ngroup a any a\n", 2),
    "a carriage return": ("quorum none\r\n", 1),
    "a vertical tab": ("\x0bquorum none\n", 1),
    "a delete character in a comment": ("# \x7f\n", 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_no_trust_file_has(name: str) -> None:
    text, line = WRONG[name]
    with refused(TrustFileError) as caught:
        trust.parse(f"# first\n{text}".encode())
    assert caught.value.place == f"line {line + 1}"


def test_a_file_ends_with_a_newline_and_has_a_quorum() -> None:
    with refused(TrustFileError, "newline"):
        trust.parse(b"quorum none")
    with refused(TrustFileError, "quorum line is missing"):
        trust.parse(f"log {LOG.vkey}\n".encode())
    assert trust.parse(b"quorum none\n") == TrustFile(())


def test_a_file_above_its_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with refused(LimitError):
        trust.parse(b"#" * MAX_TRUST_FILE + b"\n")
    monkeypatch.setattr(trust_rules, "MAX_TRUST_ITEMS", 1)
    logs = f"log {LOG.vkey}\nlog {NEW_LOG.vkey}\n"
    groups = f"witness a {W1}\ngroup g any a\ngroup h any g\n"
    for text, line in ((logs, 2), (groups, 3)):
        with refused(LimitError) as caught:
            trust.parse(text.encode())
        assert caught.value.place == f"line {line}"
    assert MAX_TRUST_ITEMS >= 32


@pytest.mark.parametrize(
    "make",
    [
        lambda: TrustFile((Log(WITNESSES[0].verifier),)),
        lambda: TrustFile((), (Witness("w", LOG.verifier),)),  # type: ignore[arg-type]
        lambda: TrustFile((Log(LOG.verifier, ""),)),
        lambda: TrustFile((Log(LOG.verifier, "a b"),)),
        lambda: TrustFile((), (Witness("a\nb", WITNESSES[0].verifier),)),
        lambda: TrustFile((), (Witness("a\ud800b", WITNESSES[0].verifier),)),
        lambda: TrustFile((), (Witness("\udcc3\udca9", WITNESSES[0].verifier),)),
        lambda: TrustFile((), (Witness(b"w", WITNESSES[0].verifier),)),  # type: ignore[arg-type]
        lambda: TrustFile((), (), (Group("g", 1, ()),)),
        lambda: TrustFile((), TRUST.witnesses, (Group("g", True, ("w1",)),)),
        lambda: TrustFile((), (), (), "w"),
    ],
)
def test_no_trust_file_is_made_of(make) -> None:
    with refused(TrustFileError):
        make()
