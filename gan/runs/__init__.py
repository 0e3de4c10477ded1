"""A run: its configuration, its folder, its metrics and figures, and several runs at once."""
