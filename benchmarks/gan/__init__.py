"""Benchmarks of critics against exact distances, and of the quality and speed of training."""
