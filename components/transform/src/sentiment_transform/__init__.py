"""Turns text into features: one TensorFlow Transform graph for training and serving."""
