"""Scores every candidate and the champion on the same rows and decides on a blessing."""
