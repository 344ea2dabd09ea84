"""A steady load for a long time, and whether anything grows under it."""
