"""Training and eval mode of a whole model, which may also be a plain function without modules.

Read next: `nn/layers.py`.
"""

import contextlib

from .module import Module


def modules(model):
    """The model and every module in it; none where it is a plain function."""
    return [module for _, module in model.named_modules()] if isinstance(model, Module) else []


@contextlib.contextmanager
def in_mode(model, training):
    """Within it every module trains, or none does; afterwards each is in its own mode again."""
    before = [(module, module.training) for module in modules(model)]
    try:
        for module, _ in before:
            module.training = training
        yield
    finally:
        for module, mode in before:
            module.training = mode
