"""Covenants played forward."""
