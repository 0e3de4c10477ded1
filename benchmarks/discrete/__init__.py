"""Accuracy and speed of the divergences of probability vectors, beside their peers."""
