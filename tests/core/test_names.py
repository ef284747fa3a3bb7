"""Names that others rely on: where they are, and what they are called with."""

from __future__ import annotations

import inspect

import pytest

import mutualchain
from mutualchain.covenant import apportion
from mutualchain.tlog import merkle, note


def test_the_share_is_computed_by_the_covenant_package() -> None:
    figures = apportion(30_000_000, 7_000_000, fee_bp=0, surplus=5_000_000)
    assert (figures.share, figures.fee, figures.due, figures.surplus) == (4, 0, 28_000_000, 3_000_000)
    assert mutualchain.apportion is apportion


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (merkle.leaf_hash, "data"),
        (merkle.node_hash, "left right"),
        (merkle.root, "leaf_hashes"),
        (merkle.inclusion_proof, "leaf_hashes index"),
        (merkle.consistency_proof, "leaf_hashes old_size"),
        (merkle.verify_inclusion, "leaf_hash index size proof root"),
        (merkle.verify_consistency, "old_size new_size proof old_root new_root"),
        (note.sign, "text signers"),
        (note.open, "note verifiers"),
    ],
)
def test_the_log_s_functions_take_their_arguments_in_this_order(function: object, names: str) -> None:
    assert list(inspect.signature(function).parameters) == names.split()  # type: ignore[arg-type]


def test_the_package_offers_its_public_names_and_no_others() -> None:
    for name in mutualchain.__all__:
        assert callable(getattr(mutualchain, name))
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        mutualchain.nothing_of_this_name  # noqa: B018
