"""Benchmarks of this package and its peers; each writes its results to `results`."""
