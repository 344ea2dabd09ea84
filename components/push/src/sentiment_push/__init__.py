"""Registers a blessed model in MLflow and moves the alias to it."""
