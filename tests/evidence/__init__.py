"""Evidence: what convicts, and that nothing else ever does."""
