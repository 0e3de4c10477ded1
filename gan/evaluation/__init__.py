"""Critics evaluated by exact Wasserstein distance: gap, certified bound and exact EMD."""
