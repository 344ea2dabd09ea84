"""Describe in one line what explore does."""
