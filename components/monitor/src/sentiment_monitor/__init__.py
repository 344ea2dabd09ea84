"""Watches a model on live traffic: drift, quality, and what should follow."""
