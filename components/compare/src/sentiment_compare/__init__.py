"""Judges an experiment on live traffic: from the request log to a verdict."""
