"""Command line of the package: compare the samples in two files."""
