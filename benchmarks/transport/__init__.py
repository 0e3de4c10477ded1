"""Exact EMD beside POT: agreement, then time and memory."""
