"""The command line: compare the samples in two files."""
