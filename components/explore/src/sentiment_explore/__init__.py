"""Shows what is in the feedback before anything is trained on it."""
