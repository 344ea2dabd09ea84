"""Where a compiled pipeline runs. A backend never changes what a stage does."""
