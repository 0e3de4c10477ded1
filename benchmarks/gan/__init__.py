"""Critics against known distances, and training against what it learns."""
