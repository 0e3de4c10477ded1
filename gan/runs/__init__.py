"""Runs: configuration, folder, metrics and figures of each, and several runs in parallel."""
