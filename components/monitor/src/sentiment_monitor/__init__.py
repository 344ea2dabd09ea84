"""Judges from the service's request log what goes on in production."""
