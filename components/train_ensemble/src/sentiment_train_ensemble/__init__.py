"""Blends the models that are worth their latency."""
