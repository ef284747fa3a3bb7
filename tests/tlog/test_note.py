"""c2sp.org/signed-note: notes, their keys, and what is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import (
    KeyFormatError,
    LimitError,
    NoteError,
    NoteSignatureError,
    NoteUnverified,
    SignerFailed,
)
from mutualchain.limits import MAX_NOTE
from mutualchain.tlog import ed25519, note
from mutualchain.tlog.note import Note, Signature, Signer, UnverifiedNote, Verifier

from .examples import FOO, FOO_NOTE, FOO_VKEY, LOG, NEW_LOG, OTHER, block_of, only_own_errors_escape, refused

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="+"),
    min_size=1,
    max_size=60,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=0x20) | st.just("\n")).map(lambda t: t + "\n")
SIGNATURES = st.builds(Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=100))
TEXT = "text\n"


def signed_by(*signatures: Signature, text: str = TEXT) -> bytes:
    return note.format(text, signatures)


# --- opening ------------------------------------------------------------------------------------


def test_the_example_of_the_specification_opens() -> None:
    opened = note.open(FOO_NOTE, [FOO])
    assert opened.text == "This is an example message.\n"
    assert [line.name for line in opened.signatures] == ["example.com/foo"]
    assert opened.unverified == ()


def test_the_docstring_shows_that_note_and_its_key() -> None:
    assert block_of(note, 0).encode() == FOO_NOTE
    assert block_of(note, 1).strip() == FOO_VKEY


def test_a_note_signed_by_several_opens_under_each_of_their_keys() -> None:
    blob = note.sign("one\n\ntwo\n", [LOG, OTHER])
    both = note.open(blob, [OTHER.verifier, LOG.verifier])
    assert both.text == "one\n\ntwo\n"
    assert [line.name for line in both.signatures] == ["example.com/log", "example.com/other"]
    one = note.open(blob, [OTHER.verifier])
    assert one == Note(both.text, both.signatures[1:], both.signatures[:1])


def test_a_signature_of_an_unknown_key_means_nothing() -> None:
    junk = [
        Signature("somebody", b"1234", b"x"),
        Signature(LOG.name, b"1234", b"name known, ID not"),
        Signature("somebody", LOG.verifier.key_id, b"ID known, name not"),
    ]
    opened = note.open(note.add_signatures(note.sign(TEXT, [LOG]), junk), [LOG.verifier])
    assert opened.unverified == tuple(junk)
    with refused(NoteUnverified) as caught:
        note.open(signed_by(*junk), [LOG.verifier])
    assert caught.value.value == "signed by somebody, example.com/log"


def test_a_failing_signature_of_a_known_key_refuses_the_whole_note() -> None:
    good = OTHER.sign(TEXT)
    wrong = LOG.sign("other text\n")
    for lines in ([wrong], [good, wrong], [wrong, good], [LOG.sign(TEXT), wrong]):
        with refused(NoteSignatureError, "example.com/log"):
            note.open(signed_by(*lines), [LOG.verifier, OTHER.verifier])


@pytest.mark.parametrize("length", [1, 63, 65])
def test_a_signature_of_another_length_fails(length: int) -> None:
    line = Signature(LOG.name, LOG.verifier.key_id, bytes(length))
    with refused(NoteSignatureError, "64 bytes"):
        note.open(signed_by(line), [LOG.verifier])


def test_nothing_opens_without_known_keys() -> None:
    with refused(NoteUnverified):
        note.open(FOO_NOTE, [])


def test_a_repeated_line_counts_once() -> None:
    blob = note.sign(TEXT, [LOG])
    doubled = blob + blob[len(TEXT) + 1 :]
    assert len(note.parse(doubled).signatures) == 2
    assert len(note.open(doubled, [LOG.verifier, LOG.verifier]).signatures) == 1
    assert note.add_signatures(doubled, note.parse(blob).signatures) == blob


def test_two_keys_of_one_name_and_id_are_the_callers_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note, "key_id", lambda name, type_byte, key: b"same")
    with refused(KeyFormatError, "same name and key ID"):
        note.open(FOO_NOTE, [LOG.verifier, NEW_LOG.verifier])


# --- parsing ------------------------------------------------------------------------------------


@given(TEXTS, st.lists(SIGNATURES, min_size=1, max_size=4))
def test_what_is_formatted_parses_to_the_same(text: str, signatures: list[Signature]) -> None:
    assert note.parse(note.format(text, signatures)) == UnverifiedNote(text, tuple(signatures))


def test_what_parses_formats_to_the_same_and_only_own_errors_escape() -> None:
    def accept(data: bytes) -> None:
        parsed = note.parse(data)
        assert note.format(parsed.text, parsed.signatures) == data
        assert data == FOO_NOTE or note.open(data, [FOO]).text == "This is an example message.\n"

    accept(FOO_NOTE)
    only_own_errors_escape(FOO_NOTE, accept)


LINE = note.sign(TEXT, [LOG])[len(TEXT) + 1 :]
MALFORMED = {
    "nothing": b"",
    "no empty line": b"text\n" + LINE,
    "no signature": b"text\n\n",
    "no newline at the end": b"text\n\n" + LINE[:-1],
    "an empty line after the signatures": b"text\n\n" + LINE + b"\n",
    "an empty text": b"\n" + LINE,
    "a carriage return": b"text\r\n\n" + LINE,
    "a tab": b"te\txt\n\n" + LINE,
    "a zero byte": b"te\x00xt\n\n" + LINE,
    "text that is not UTF-8": b"te\xffxt\n\n" + LINE,
    "a surrogate": b"te\xed\xa0\x80xt\n\n" + LINE,
    "a hyphen for a dash": b"text\n\n" + LINE.replace("—".encode(), b"-"),
    "no space after the dash": b"text\n\n" + LINE.replace("— ".encode(), "—".encode()),
    "no base64": b"text\n\n" + LINE.split(b" ")[0] + b" example.com/log\n",
    "no name": b"text\n\n" + LINE.replace(b"example.com/log", b""),
    "a name with a plus": b"text\n\n" + LINE.replace(b"example.com", b"example+com"),
    "a name with a no-break space": b"text\n\n" + LINE.replace(b"example.com", "example\xa0com".encode()),
    "a name of 256 bytes": b"text\n\n" + LINE.replace(b"example.com/log", b"x" * 256),
    "a third word": b"text\n\n" + LINE[:-1] + b" x\n",
    "base64 without padding": b"text\n\n" + LINE.replace(b"=", b""),
    "base64 of the other alphabet": "text\n\n— x ____\n".encode(),
    "base64 with bits behind the end": "text\n\n— x AAAAAAB=\n".encode(),
    "base64 that is not ASCII": "text\n\n— x AAAA٣AAA\n".encode(),
    "a key ID without a signature": "text\n\n— x AAAAAA==\n".encode(),
    "101 signatures": b"text\n\n" + LINE * 101,
    "text for bytes": "text\n\n" + LINE.decode(),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_no_note_is(name: str) -> None:
    with refused(NoteError):
        note.parse(MALFORMED[name])  # type: ignore[arg-type]


def test_100_signatures_are_not_too_many() -> None:
    assert len(note.parse(b"text\n\n" + LINE * 100).signatures) == 100


def test_u_2028_does_not_end_a_line() -> None:
    text = "a\u2028b\x85c\n"
    assert note.open(note.sign(text, [LOG]), [LOG.verifier]).text == text


def test_a_note_above_the_limit_is_refused_unread() -> None:
    with refused(LimitError):
        note.parse(b"x" * (MAX_NOTE + 1))


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "lone \ud800 surrogate\n", b"bytes\n"])
def test_a_text_that_makes_no_note_is_not_signed(text: str) -> None:
    with refused(NoteError):
        note.sign(text, [LOG])


def test_nothing_is_formatted_that_would_divide_elsewhere() -> None:
    with refused(NoteError, "newline"):
        note.format(f"text\n\n{LOG.sign(TEXT).line}", [LOG.sign(TEXT)])
    with refused(NoteError, "signature"):
        note.sign(TEXT, [])
    with refused(NoteError, "UTF-8"):
        note.format("lone \ud800 surrogate\n", [LOG.sign(TEXT)])


# --- keys ---------------------------------------------------------------------------------------


@given(NAMES, st.binary(min_size=32, max_size=32))
def test_keys_in_text_are_the_same_keys(name: str, seed: bytes) -> None:
    signer = Signer.from_seed(name, seed)
    again = Signer.from_private_key(signer.private_key)
    assert again.private_key == signer.private_key
    assert Verifier.from_vkey(signer.vkey) == again.verifier == signer.verifier
    assert signer.verifier.vkey == signer.vkey


def test_only_a_key_that_was_copied_whole_parses() -> None:
    accepted = 0
    for text, parse in ((FOO_VKEY, Verifier.from_vkey), (LOG.private_key, Signer.from_private_key)):
        for at in range(len(text)):
            for wrong in (text[:at] + text[at + 1 :], text[:at] + "A" + text[at + 1 :], text[:at] + text[at:].upper()):
                try:
                    parse(wrong)
                except KeyFormatError:
                    continue
                assert wrong == text
                accepted += 1
    assert accepted < 20


def vkey_of(data: bytes, name: str = "name") -> str:
    identity = note.key_id(name, data[0] if data else 0, data[1:])
    return f"{name}+{identity.hex()}+{base64.b64encode(data).decode()}"


WRONG_KEYS = {
    "nothing": "",
    "no text": None,
    "a name alone": "name",
    "two parts": "name+01020304",
    "no name": FOO_VKEY.replace("example.com/foo", ""),
    "a name with a space": vkey_of(b"\x01" + LOG.public_key, "na me"),
    "an upper-case key ID": FOO_VKEY.replace("530d903a", "530D903A"),
    "another key ID": FOO_VKEY.replace("530d903a", "530d903b"),
    "no key": "name+01020304+",
    "base64 that is none": "name+01020304+????",
    "an unknown type": vkey_of(b"\x02" + LOG.public_key),
    "a witness's type": vkey_of(b"\x04" + LOG.public_key),
    "31 bytes": vkey_of(b"\x01" + LOG.public_key[:-1]),
    "33 bytes": vkey_of(b"\x01" + LOG.public_key + b"x"),
    "a key of small order": vkey_of(b"\x01" + bytes(32)),
    "a key that is not canonical": vkey_of(b"\x01" + b"\xff" * 32),
    "too long": vkey_of(b"\x01" + LOG.public_key, "x" * 600),
    "a space behind": FOO_VKEY + " ",
    "a newline behind": FOO_VKEY + "\n",
}


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_no_verifier_key_is(name: str) -> None:
    with refused(KeyFormatError):
        Verifier.from_vkey(WRONG_KEYS[name])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x00b", "a\u3000b", "x" * 256, "é" * 128, "\ud800", b"x"])
def test_no_key_is_named(name: str) -> None:
    with refused(KeyFormatError):
        Signer.from_seed(name, bytes(32))


def test_a_private_key_is_shown_in_no_error_and_no_repr() -> None:
    text = LOG.private_key
    secret = text.rpartition("+")[2]
    for wrong in (text[:-1], text[12:], text.replace("d455c521", "d455c522"), text + "A", text.replace("AQ", "Ag", 1)):
        with refused(KeyFormatError) as caught:
            Signer.from_private_key(wrong)
        assert secret[4:-4] not in caught.value.diagnostics()
    assert secret[4:-4] not in repr(LOG)
    assert bytes(range(32)).hex() not in repr(LOG)


def test_a_signer_elsewhere_signs_and_holds_no_private_key() -> None:
    device = Signer(LOG.name, LOG.public_key, LOG.sign_message)
    assert note.sign(TEXT, [device]) == note.sign(TEXT, [LOG])
    with refused(KeyFormatError, "does not hold"):
        _ = device.private_key


def fails(message: bytes) -> bytes:
    raise OSError("the device is gone")


@pytest.mark.parametrize(
    "answer",
    [fails, lambda message: b"", lambda message: ed25519.sign(bytes(32), message), lambda message: None],
    ids=["raises", "returns nothing", "signs with another key", "returns None"],
)
def test_a_signer_that_fails_signs_no_note(answer) -> None:
    with refused(SignerFailed, "example.com/log"):
        note.sign(TEXT, [Signer(LOG.name, LOG.public_key, answer)])
