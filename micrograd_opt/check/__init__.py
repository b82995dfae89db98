"""x"""
from . import optimizer as _o
from .optimizer import optimizer
