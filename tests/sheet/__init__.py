"""Tests of ``mutualchain.sheet``."""
