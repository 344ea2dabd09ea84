"""Scores feedback by the million with a trained model."""
