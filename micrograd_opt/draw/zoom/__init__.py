"""An op of Tensors, number by number."""
