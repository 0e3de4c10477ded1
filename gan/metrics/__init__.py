"""Metrics of generated points and images, beside exact EMD."""
