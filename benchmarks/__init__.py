"""Benchmarks: speed as a ratio, never as a timed test. README.md explains each; ``python -m benchmarks --help``."""
