"""What there is to learn: samplers, with exact densities where they are known."""
