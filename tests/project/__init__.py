"""What holds for the whole repository: imports, words, locks, documents, errors, sizes."""
