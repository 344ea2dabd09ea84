"""Describe in one line what batch_predict does."""
