"""The commands of `gan`, one a file."""
