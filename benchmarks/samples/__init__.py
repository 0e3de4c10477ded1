"""Estimates from samples and permutation tests, beside their peers."""
