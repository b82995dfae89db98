"""Arrays: n-d arrays of floats, a flat list and a shape; no gradients."""
