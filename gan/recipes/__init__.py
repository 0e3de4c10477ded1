"""Adversarial methods as data: losses, penalties, optimizers, and the registry of recipes."""
