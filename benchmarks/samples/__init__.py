"""Estimates from samples and permutation tests, compared with other libraries."""
