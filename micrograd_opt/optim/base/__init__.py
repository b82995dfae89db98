"""What all optimizers share: blocks, hyperparameters, the step, its state."""
