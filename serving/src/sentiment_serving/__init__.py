"""The BentoML service around a pushed model."""
