"""Adversarial training on known distributions, critics held against exact Wasserstein distance."""
