"""Describe in one line what train_transfer does."""
