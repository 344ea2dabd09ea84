"""Labels by people: which texts to ask about, what was said of them, and how far people agree."""
