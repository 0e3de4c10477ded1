"""A critic against exact Wasserstein distance: its gap, what it certifies, and the exact value."""
