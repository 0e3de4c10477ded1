"""The commands of `gan`, one per file."""
