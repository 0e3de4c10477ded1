"""Exact EMD compared with POT: agreement, then time and memory."""
