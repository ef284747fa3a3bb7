"""Disease catalogues as TOML files, named by covenants through their hashes."""
