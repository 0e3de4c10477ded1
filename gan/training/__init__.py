"""The training loop: its state, its steps, the rollback of a failed step, and its devices."""
