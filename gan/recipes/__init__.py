"""Adversarial training methods: losses, penalties, optimisers, recipes and their registry."""
