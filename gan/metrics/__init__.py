"""Metrics of generated points and images other than the exact EMD."""
