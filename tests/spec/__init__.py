"""SPEC.md held to what the code does: its examples, its numbers, its vectors, and a second verifier written from it."""
