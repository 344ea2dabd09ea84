"""Reads customer feedback, labels it and splits it into train, validation and test."""
