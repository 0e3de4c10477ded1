"""Calls of all public functions of `divergences` with hostile arguments."""
