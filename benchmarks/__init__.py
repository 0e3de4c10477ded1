"""Measurements of this package beside its peers; each writes its numbers to `results`."""
