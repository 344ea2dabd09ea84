"""Describe in one line what train_ensemble does."""
