"""The tests: one folder per package of ``mutualchain``, and ``project`` for what holds everywhere."""
