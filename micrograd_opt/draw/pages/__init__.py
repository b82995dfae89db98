"""Pages that move."""
