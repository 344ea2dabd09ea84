"""Experiments on live traffic: who is answered by which variant, and what comes of it."""
