"""Covenants of real plans as TOML files, read by :mod:`mutualchain.catalogue`."""
