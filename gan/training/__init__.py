"""The training loop: its state, its steps, undoing a step, and the devices it runs on."""
