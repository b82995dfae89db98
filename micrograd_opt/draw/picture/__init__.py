"""A graph becomes boxes and arrows."""
