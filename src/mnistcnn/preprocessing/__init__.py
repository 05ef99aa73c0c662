"""Transformers and checks for arrays of raw pixels.

A name is imported at its first use, for scikit-learn takes a second to load, and not all need it.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
