"""The engine: a graph of nodes, a rule table, and the walk back."""
