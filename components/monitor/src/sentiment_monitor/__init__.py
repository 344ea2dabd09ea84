"""Describe in one line what monitor does."""
