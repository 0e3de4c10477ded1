"""Accuracy and speed of divergences of probability vectors, compared with other packages."""
