"""Judges examples with TensorFlow Data Validation, and with what it cannot see."""
