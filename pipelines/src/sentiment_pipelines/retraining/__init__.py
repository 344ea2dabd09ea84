"""When to train anew, on what, and what came of it: one decision, made whenever somebody asks."""
