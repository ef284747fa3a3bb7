"""What a stranger may see of a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mutualchain.disclosure.masking import mask_city, mask_id, mask_name, mask_phone


@pytest.mark.parametrize(
    ("mask", "given", "shown"),
    [
        (mask_name, "李小明", "李*"),
        (mask_name, " 李小明 ", "李*"),
        (mask_name, "李*", "李*"),
        (mask_name, "欧阳娜娜", "欧*"),
        (mask_name, "李", "李"),
        (mask_name, "", ""),
        (mask_name, "Anna Li", "A*"),
        (mask_id, "11010119900101001X", "110***********001X"),
        (mask_id, "110************001X", "110************001X"),
        (mask_id, "123", "***"),
        (mask_phone, "13812345678", "138****5678"),
        (mask_phone, "1234567", "*******"),
        (mask_city, "浙江省杭州市西湖区文三路 1 号", "浙江省杭州市"),
        (mask_city, "杭州市", "杭州市"),
        (mask_city, "某市", "某市"),
        (mask_city, "Hangzhou", "Hangzhou"),
        (mask_city, "四川省凉山彝族自治州西昌市", "四川省凉山彝族自治州"),
        (mask_city, "西藏那曲地区安多县", "西藏那曲地区"),
        (mask_city, "", ""),
    ],
)
def test_a_stranger_sees_this_much(mask: Callable[[str], str], given: str, shown: str) -> None:
    assert mask(given) == shown
    assert mask(shown) == shown
