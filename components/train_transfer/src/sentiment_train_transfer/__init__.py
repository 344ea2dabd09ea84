"""Trains a head on a frozen sentence encoder."""
