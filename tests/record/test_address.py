"""Addresses: bech32m as BIP 350 has it, and no mistyped one is taken for another."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import AddressError, UnsupportedVersion
from mutualchain.record.address import _expanded, _polymod, address_of, digest_of

KEYS = st.binary(min_size=32, max_size=32)
SYMBOLS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@given(KEYS)
def test_an_address_reads_back_in_either_case(key: bytes) -> None:
    address = address_of(key)
    assert len(address) == 46
    assert digest_of(address) == digest_of(address.upper())
    assert len(digest_of(address)) == 20


def test_a_known_address() -> None:
    assert address_of(bytes(32)) == "mutual1q4adv3z02la8dtn43c3nxcled3pr5605dxvq9dg"


@given(KEYS, st.data())
def test_up_to_four_wrong_characters_are_noticed(key: bytes, data: st.DataObject) -> None:
    address = address_of(key)
    places = data.draw(st.lists(st.integers(7, len(address) - 1), min_size=1, max_size=4, unique=True))
    changed = list(address)
    for place in places:
        changed[place] = data.draw(st.sampled_from([symbol for symbol in SYMBOLS if symbol != address[place]]))
    with pytest.raises(AddressError):
        digest_of("".join(changed))


@pytest.mark.parametrize(
    "wrong",
    ["", "mutual1", "mutual1" + "q" * 38, "mutual1" + "q" * 39, "bc1" + "q" * 43, "ｍutual1" + "q" * 39],
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(AddressError):
        digest_of(wrong)


def test_mixed_case_and_foreign_characters_are_refused() -> None:
    address = address_of(bytes(32))
    for wrong in (
        address[:-1] + address[-1].upper() if address[-1].isalpha() else address.replace("m", "M", 1),
        address[:-1] + "b",
        address[:-1] + "i",
        " " + address[1:],
    ):
        with pytest.raises(AddressError):
            digest_of(wrong)


def test_an_address_of_a_later_version_is_said_to_be_one() -> None:
    data = [1, *[0] * 32]
    check = _polymod([*_expanded(), *data, *[0] * 6]) ^ 0x2BC830A3
    data += [check >> 5 * (5 - at) & 31 for at in range(6)]
    with pytest.raises(UnsupportedVersion):
        digest_of("mutual1" + "".join(SYMBOLS[value] for value in data))


def test_the_checksum_is_that_of_bip_350() -> None:
    """A valid bech32m string of BIP 350's own vectors, through the same arithmetic."""
    text = "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx"
    prefix, _, rest = text.rpartition("1")
    codes = prefix.encode()
    values = [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes), *(SYMBOLS.find(item) for item in rest)]
    assert _polymod(values) == 0x2BC830A3
    assert set(rest) <= set(string.ascii_lowercase + string.digits)
