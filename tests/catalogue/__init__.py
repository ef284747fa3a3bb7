"""The covenants of real plans that are shipped."""
