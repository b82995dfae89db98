"""The training loop: fit, its step, its learning curve, and how a run resumes."""
