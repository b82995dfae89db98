"""A picture becomes DOT, and DOT an image."""
