"""Trains the baseline: logistic regression on TF-IDF of n-grams."""
