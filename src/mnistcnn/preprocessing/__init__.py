"""Transformers and checks for arrays of raw pixels.

``__init__.pyi`` lists the names. Each is imported at its first use, since scikit-learn takes a
second to load, and not all names need it.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
