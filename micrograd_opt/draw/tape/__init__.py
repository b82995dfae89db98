"""A backward pass as a list of steps, and in words."""
